"""An origin that answers each row's requests with what its script says, and keeps what it received."""

import asyncio
import collections
import dataclasses
import socket
import struct
import time

import script
import wire

PATIENCE = 10  # seconds that a held answer waits for clients who are never served


@dataclasses.dataclass
class Sent:
    """An answer as it left: fields filled in, body known."""

    answer: script.Answer
    request: wire.Message
    fields: list
    body: bytes

    def lines(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Play:
    """One row's part of the origin: the answers still to give, and what was asked and sent."""

    def __init__(self, known):
        self.known = known  # values of {path} and {edge}
        self.answers = collections.deque()
        self.received = []
        self.sent = []
        self.bodies = 0
        self.served = asyncio.Event()  # set when all clients of the step have what they wait for
        self.late = False  # they had not before the origin lost patience
        self.asked = asyncio.Condition()
        self.all_sent = asyncio.Event()  # set when all clients of the step have sent their requests

    def expect(self, answers):
        self.answers = collections.deque(answers)
        self.received, self.sent = [], []
        self.served = asyncio.Event()
        self.all_sent = asyncio.Event()
        self.late = False

    def next(self, request):
        self.received.append(request)
        if not self.answers:
            return script.answer(500, "Cache-Control: no-store", body="the origin should not have been asked")
        first = self.answers[0]
        answer = first.choose(request) if isinstance(first, script.Either) else first
        # whoever tries again after a failure meets it again
        if not (answer.fails and len(self.answers) == 1):
            self.answers.popleft()
        return answer

    def render(self, answer, request):
        fields = [script.split_field(script.fill_in(line, self.known)) for line in answer.fields]
        body = answer.body
        if body is None:
            self.bodies += 1
            body = f"body {self.bodies} of {self.known['path']}"
        body = script.fill_in(body, {**self.known, "cookie": request.value("Cookie") or ""}).encode()
        names = {name.lower() for name, _ in fields}
        if answer.dated and "date" not in names:
            fields.append(("Date", time.strftime(script.HTTP_DATE, time.gmtime())))
        if answer.status not in (204, 304) and answer.framing == "length" and "content-length" not in names:
            fields.append(("Content-Length", str(len(body) if answer.claims is None else answer.claims)))
        if answer.framing == "chunked":
            fields.append(("Transfer-Encoding", "chunked"))
        self.sent.append(Sent(answer, request, fields, body))
        return self.sent[-1]

    async def wait_until_asked(self, times):
        """Until the step's requests are so many; told to all who wait as each comes."""
        async with self.asked:
            self.asked.notify_all()
            try:
                await asyncio.wait_for(self.asked.wait_for(lambda: len(self.received) >= times), PATIENCE)
            except asyncio.TimeoutError:
                self.late = True

    async def wait_until_served(self):
        try:
            await asyncio.wait_for(self.served.wait(), PATIENCE)
        except asyncio.TimeoutError:
            self.late = True


class Origin:
    def __init__(self):
        self.plays = {}  # by path

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1000)
        self.port = self.server.sockets[0].getsockname()[1]
        self.writers = set()

    def close(self):
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while request := await wire.read_head(reader):
                if not await self.answer(reader, writer, request):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    def play_of(self, target):
        target = target.split("?")[0]
        return next((play for path, play in self.plays.items() if target.startswith(path)), None)

    async def answer(self, reader, writer, request):
        """Answer one request; false when the connection ends with it."""
        if (request.value("Expect") or "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await wire.read_body(reader, request)
        play = self.play_of(request.target)
        if play is None:  # a health check, or a path made up by the cache
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        answer = play.next(request)
        if answer.delay:  # which is to find all of them at the cache
            await play.all_sent.wait()
        await asyncio.sleep(answer.delay)
        await play.wait_until_asked(answer.gather)
        if answer.hold == "head":
            await play.wait_until_served()
        for interim in answer.interim:
            writer.write(interim.replace("\n", "\r\n").encode("latin-1") + b"\r\n")
        if answer.raw is not None or answer.gone:
            play.sent.append(Sent(answer, request, [], b""))
            writer.write((answer.raw or "").encode("latin-1"))
        else:
            await self.send(writer, play, play.render(answer, request))
        if answer.reset:
            await asyncio.sleep(0.05)  # RST overtakes what is not yet read; the head should arrive
            no_linger = struct.pack("ii", 1, 0)  # without it close() sends FIN, which is a clean end
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            writer.transport.abort()
        return not (answer.fails or answer.framing == "close")

    async def send(self, writer, play, sent):
        answer, body = sent.answer, sent.body
        version = "HTTP/1.0" if answer.framing == "close" else "HTTP/1.1"
        head = f"{version} {answer.status} Whatever\r\n" + "".join(f"{n}: {v}\r\n" for n, v in sent.fields) + "\r\n"
        writer.write(head.encode("latin-1"))
        if sent.request.method == "HEAD" or answer.status in (204, 304):
            return
        chunked = answer.framing == "chunked"
        stop = len(body) if answer.cut is None else answer.cut
        held = isinstance(answer.hold, int)
        half = answer.hold if held else len(body) // 2

        async def write(piece):
            if piece:
                size = b"%x%b\r\n" % (len(piece), answer.chunk_extension)
                writer.write(size + piece + b"\r\n" if chunked else piece)
                await writer.drain()

        await write(body[: min(half, stop)])
        await asyncio.sleep(answer.slow)
        if held:
            await play.wait_until_served()
        await write(body[half:stop])
        if chunked and answer.cut is None:
            writer.write(b"0\r\n" + "".join(f"{line}\r\n" for line in answer.trailers).encode() + b"\r\n")
