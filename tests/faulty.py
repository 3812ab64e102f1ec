"""An origin that misbehaves on command, in front of a real one, and edges behind it: for faults.py, herd.py and crashes.py."""

import asyncio
import collections
import dataclasses
import gzip
import hashlib
import os
import random
import socket
import struct
import zlib

PATIENCE = 60  # seconds: against hanging for ever, not a measurement
MOST_HEAD = 1 << 17


@dataclasses.dataclass
class Message:
    """A response as it came. `status` is None when there was no head; `complete` is what its framing proves."""

    status: int = None
    fields: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def __str__(self):
        return f"{self.status} with {len(self.body)} of {self['content-length']} bytes, {self['cache-status']}"


def parse_head(head):
    start, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    return start, [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


async def read_response(reader, method="GET", progress=lambda message: None):
    """A response, as much of it as came."""
    message = Message()
    try:
        start, message.fields = parse_head(await reader.readuntil(b"\r\n\r\n"))
        message.status = int(start.split(" ")[1])
        if method == "HEAD" or message.status in (204, 304):
            message.complete = True
        elif message["transfer-encoding"]:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await read_exactly(reader, size, message, progress)
                await reader.readexactly(2)
            await reader.readexactly(2)
            message.complete = True
        else:
            await read_exactly(reader, int(message["content-length"]), message, progress)
            message.complete = True
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    return message


async def read_exactly(reader, size, message, progress):
    parts = []
    try:
        while size > 0:
            piece = await reader.read(min(size, 1 << 18))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size)
            parts.append(piece)
            size -= len(piece)
            progress(piece)
    finally:
        message.body += b"".join(parts)


async def get(port, path, *fields, method="GET", progress=lambda piece: None, patience=PATIENCE):
    """One request on a connection of its own."""

    async def ask():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MOST_HEAD)
        except ConnectionError:
            return Message()
        try:
            writer.write("\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *fields, "", "")).encode())
            return await read_response(reader, method, progress)
        finally:
            writer.transport.abort()

    try:
        return await asyncio.wait_for(ask(), patience)
    except asyncio.TimeoutError:
        raise TimeoutError(f"{path} {fields}") from None


async def metric(port, name):
    """A counter of a server of ours."""
    lines = (await get(port, "/metrics")).body.decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"stretto_{name} ")).split(" ")[1])


async def soon(true, what):
    """Until `true()` holds."""
    for _ in range(PATIENCE * 50):
        if await true():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(what)


class Store:
    """The files of a store, as the right answers to their paths."""

    def __init__(self, folder=None, files=()):
        self.files = dict(files)
        for place, _, names in os.walk(folder) if folder else ():
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as opened:
                    self.files[path[len(folder) :]] = opened.read()
        for path, body in list(self.files.items()):
            if path.startswith("/names/"):
                song = f"/songs/{body.decode().strip()}/manifest.json"
                self.files[f"/songs/{path[7:]}/manifest.json"] = self.files[song]
        self.by_hash = {hashlib.sha256(path.encode()).hexdigest()[:32]: path for path in self.files}

    def wrong_in(self, cache):
        """What in an edge's folder is not what the store has: reasons, one a file."""
        bad = []
        for name, body in stored_in(cache):
            path = self.by_hash.get(name.split("-")[0])
            if body is None or path is None:
                bad.append(f"{name} of {path} is not whole")
            elif body != self.files[path] and unzipped(body) != self.files[path]:
                bad.append(f"{path} is damaged")
        return bad


def unzipped(body):
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None


def stored_in(cache):
    """(name, body) of every file that has its final name in an edge's folder; body is None when the file is not whole."""
    for place, _, names in os.walk(cache):
        for name in names:
            if place == cache:  # drafts, the lock
                continue
            with open(os.path.join(place, name), "rb") as opened:
                data = opened.read()
            length = int.from_bytes(data[-16:-12], "little")
            whole = data.endswith(b"STRETTO2") and length + 16 <= len(data)
            yield name, data[: len(data) - 16 - length] if whole else None


class Edge:
    """A stretto-serve in front of a port."""

    started = []

    def __init__(self, process, port):
        self.process, self.port = process, port
        self.started.append(self)

    @classmethod
    def kill_all(cls):
        """Those that a failed test has left."""
        for edge in cls.started:
            if edge.alive():
                edge.process.kill()

    @classmethod
    async def start(cls, upstream, *options):
        process = await asyncio.create_subprocess_exec(
            *("stretto-serve", "--listen", "127.0.0.1:0", "--workers", "2", f"http://127.0.0.1:{upstream}", *options),
            stdout=asyncio.subprocess.PIPE,
        )
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        assert line.startswith(b"listening on 127.0.0.1:"), line
        return cls(process, int(line.rsplit(b":", 1)[1]))

    def alive(self):
        return self.process.returncode is None

    async def stop(self):
        assert self.alive(), f"it had ended with {self.process.returncode}"
        self.process.terminate()
        status = await asyncio.wait_for(self.process.wait(), PATIENCE)
        assert status == 0, f"it ended with {status}"

    async def kill(self):
        self.process.kill()
        await self.process.wait()


class Peer:
    """A connection to the origin."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        writer.transport.set_write_buffer_limits(0)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def reset(self):
        no_linger = struct.pack("ii", 1, 0)  # RST, not FIN
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.writer.transport.abort()


class Origin:
    """Answers with what the real origin says, as `behave` has it; counts what it is asked."""

    def __init__(self, real=None):
        self.real = real  # port
        self.asked = collections.Counter()
        self.behave = send  # async (origin, peer, path, response, n-th request of it) -> goes the connection on?
        self.peers = set()
        self.port = 0

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=1000, limit=MOST_HEAD)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def die(self):
        """Nobody listens any more, and all connections end."""
        self.server.close()
        for peer in list(self.peers):
            peer.writer.transport.abort()

    async def serve(self, reader, writer):
        peer = Peer(reader, writer)
        self.peers.add(peer)
        try:
            while await self.answer(await reader.readuntil(b"\r\n\r\n"), peer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the last when the test is over
        finally:
            self.peers.discard(peer)
            writer.close()

    async def answer(self, head, peer):
        method, path = head.decode("latin-1").split(" ")[:2]
        self.asked[path] += 1
        n = self.asked[path]
        return await self.behave(self, peer, path, await self.response(head, method, path), n)

    async def response(self, head, method, path):
        """What a good origin says; without a real one, `make` says it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.real, limit=MOST_HEAD)
        writer.write(head)
        response = await read_response(reader, method)
        writer.transport.abort()
        assert response.complete, path
        return response


class Made(Origin):
    """One whose objects are made up: a path has always the same bytes."""

    def __init__(self, count, sizes=(1, 100), seed=1):
        super().__init__()
        rng = random.Random(seed)
        self.files = {f"/made/{i}": rng.randbytes(rng.randint(*sizes)) for i in range(count)}

    async def response(self, head, method, path):
        fields = [("Cache-Control", "max-age=100000"), ("ETag", f'"{path}"')]
        return Message(200, fields, self.files[path], True)


def print_head(response, length=None):
    fields = [(n, v) for n, v in response.fields if n.lower() not in ("content-length", "connection")]
    fields.append(("Content-Length", len(response.body) if length is None else length))
    return (f"HTTP/1.1 {response.status} Whatever\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n").encode("latin-1")


# ------------------------------------------------------------------------------------------------------- ways to answer


async def send(_, peer, _path, response, _n):
    """As it should be."""
    await peer.send(print_head(response) + response.body)
    return True


async def close_early(*_):
    """No byte of an answer."""
    return False


async def half(peer, response):
    await peer.send(print_head(response) + response.body[: len(response.body) // 2])


async def close_midway(_, peer, _path, response, _n):
    await half(peer, response)
    return False


async def reset_midway(_, peer, _path, response, _n):
    await half(peer, response)
    peer.reset()
    return False


async def stall_early(_, peer, *_rest):
    await until_left(peer)
    return False


async def stall_midway(_, peer, _path, response, _n):
    await half(peer, response)
    await until_left(peer)
    return False


async def until_left(peer):
    """Until the other side has had enough."""
    await peer.reader.read(1)


async def shorten(origin, peer, path, response, n):
    """Half of it, which says that it is all."""
    return await send(origin, peer, path, dataclasses.replace(response, body=response.body[: len(response.body) // 2]), n)


def refuse(status):
    async def answer(_, peer, *_rest):
        await peer.send(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\nno" % status)
        return True

    return answer


def flip(at):
    """One bit of the body changes. `at`: how far into it, 0 to 1, or the bytes behind which the bit lies."""

    async def answer(origin, peer, path, response, n):
        body = bytearray(response.body)
        if body:
            where = int(at * (len(body) - 1)) if isinstance(at, float) else body.find(at) + len(at)
            body[min(where, len(body) - 1)] ^= 1
        return await send(origin, peer, path, dataclasses.replace(response, body=bytes(body)), n)

    return answer
