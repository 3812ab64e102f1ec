"""Tests an edge with little memory: large objects, many at once, and slow readers. Each function is a command.

    python3 heavy.py huge
"""

import asyncio
import os
import sys

import faulty
from faulty import Edge, Message, Origin, get, metric

MEMORY = 64 << 20
EACH = 200 << 10  # for a client to whom something passes through: buffers of its own
BLOCK = bytes(range(256)) * 256  # 64 kB: byte i of an object is i % 256


class Wide(Origin):
    """Objects of any size: /SIZE, with freshness; /plain/SIZE without a length; ranges too. Counts the bytes that it could send."""

    def __init__(self):
        super().__init__()
        self.behave, self.sent = self.stream, 0

    async def response(self, head, method, path):
        fields = faulty.parse_head(head)[1]
        return next((value for name, value in fields if name.lower() == "range"), None)

    async def stream(self, _, peer, path, asked, n):
        size = int(path.split("?")[0].rsplit("/", 1)[1])
        first, last, status = 0, size - 1, 200
        if asked and "plain" not in path:
            first, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
            status = 206
        fields = [("Cache-Control", "max-age=1000"), ("ETag", '"a"')]
        if status == 206:
            fields.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        head = faulty.print_head(Message(status, fields), last + 1 - first).decode()
        chunked = "plain" in path
        if chunked:
            head = head.replace(f"Content-Length: {size}", "Transfer-Encoding: chunked")
        await peer.send(head.encode())
        at = first
        while at <= last:
            piece = BLOCK[at % 256 :][: min(len(BLOCK) - 256, last + 1 - at)]
            await peer.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            at += len(piece)
            self.sent += len(piece)
        if chunked:
            await peer.send(b"0\r\n\r\n")
        return True


def memory(pid):
    """Bytes of main memory that are this process's own: its pages, and files that live in memory only."""
    with open(f"/proc/{pid}/status") as status:
        pages = next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))
    files = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("/memfd:"):
                files += os.stat(f"/proc/{pid}/fd/{fd}").st_blocks * 512
        except FileNotFoundError:
            pass
    return pages + files


class Watch:
    """The most memory that an edge took while something happened."""

    def __init__(self, edge):
        self.edge, self.most = edge, 0

    async def __aenter__(self):
        self.before = memory(self.edge.process.pid)
        self.task = asyncio.create_task(self.look())
        return self

    async def look(self):
        while True:
            self.most = max(self.most, memory(self.edge.process.pid) - self.before)
            await asyncio.sleep(0.01)

    async def __aexit__(self, *_):
        self.task.cancel()


async def begin(port, path, *fields):
    """A client that reads the head and no further."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 14)
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", "Host: x", *fields, "", "")).encode())
    status = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
    assert status in (b"200", b"206"), status
    return writer


async def drain(port, path, size):
    """A client that reads all and keeps nothing; whether it got all of it, right."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head and b"chunked" not in head, head
    at = 0
    while piece := await reader.read(1 << 18):
        assert piece[0] == at % 256 and piece[-1] == (at + len(piece) - 1) % 256, at
        at += len(piece)
    writer.close()
    return at == size


async def huge(*options):
    """A body far larger than the memory, with a slow reader, one that leaves, and a fast one."""
    origin, size = await Wide().listen(), 600 << 20
    edge = await Edge.start(origin.port, "--memory", "64M", *options)
    async with Watch(edge) as watch:
        slow = await begin(edge.port, f"/{size}")
        gone = await begin(edge.port, f"/{size}")
        gone.transport.abort()
        assert await drain(edge.port, f"/{size}", size)
        sent = origin.sent
        await asyncio.sleep(0.5)
        # nobody reads: upstream waits
        assert origin.sent - sent < 32 << 20, origin.sent - sent
        slow.transport.abort()
        part = await get(edge.port, f"/{size}", f"Range: bytes={size - 1000}-{size - 1}")
        assert part.status == 206 and len(part.body) == 1000 and part.complete, part
        assert origin.sent - sent < 100 << 20, "all of it was fetched for a range"
    print(f"# {watch.most >> 20} MB")
    assert watch.most < MEMORY * 1.25, watch.most
    await edge.stop()


async def huge_disk():
    await huge("--cache", "huge", "--cache-size", "1G")


async def many(*options):
    """300 fills at once, whose readers do not read, and leave."""
    origin = await Wide().listen()
    edge = await Edge.start(origin.port, "--memory", "64M", *options)
    async with Watch(edge) as watch:
        for _ in range(3):
            slow = await asyncio.gather(*(begin(edge.port, f"/{4 << 20}?{i}") for i in range(300)))
            filling = await metric(edge.port, "cache_filling_bytes")
            for writer in slow:
                writer.transport.abort()
        assert await drain(edge.port, f"/{1 << 20}", 1 << 20)
    print(f"# {watch.most >> 20} MB, {filling / (1 << 20):.0f} MB on the way")
    assert watch.most < MEMORY + 300 * EACH, watch.most
    await edge.stop()


async def leavers():
    """Slow readers of many small objects in a small memory, which drops them while they are being sent."""
    origin = await Wide().listen()
    edge = await Edge.start(origin.port, "--memory", "64M")
    slow = []
    async with Watch(edge) as watch:
        for i in range(400):
            slow.append(await begin(edge.port, f"/{7 << 20}?{i}"))
    print(f"# {watch.most >> 20} MB")
    assert watch.most < MEMORY + 400 * EACH, watch.most
    for writer in slow:
        writer.transport.abort()
    await edge.stop()


async def unknown():
    """One whose length nobody tells grows beyond what may be kept: it breaks off visibly at most once, and passes through then."""
    origin, size = await Wide().listen(), 200 << 20
    edge = await Edge.start(origin.port, "--memory", "64M")

    async def curl():
        """Its exit status and the bytes that it got."""
        words = "curl", "-sS", "-o", "curl.out", f"http://127.0.0.1:{edge.port}/plain/{size}"
        client = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
        return await client.wait(), os.path.getsize("curl.out")

    async with Watch(edge) as watch:
        status, got = await curl()
        assert (status == 0) == (got == size), (status, got)
        assert await curl() == (0, size)
    print(f"# {watch.most >> 20} MB")
    assert watch.most < MEMORY * 1.25, watch.most
    await edge.stop()


async def tiny(count, *options):
    """Very many tiny objects: what they take counts as memory, and on the disk they cost little of it."""
    origin, most = await Wide().listen(), 16 << 20
    edge = await Edge.start(origin.port, "--memory", "16M", *options)
    before = memory(edge.process.pid)
    with open("urls", "w") as urls:
        urls.writelines(f"http://127.0.0.1:{edge.port}/100?{i}\n" for i in range(int(count)))
    command = "h2load", "--h1", "-n", count, "-c", "1", "-i", "urls"
    client = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said = (await client.communicate())[0].decode()
    assert f"{count} succeeded, 0 failed, 0 errored" in said, said
    took = memory(edge.process.pid) - before
    print(f"# {took >> 20} MB")
    assert took < most * 1.25, took
    objects = await metric(edge.port, "cache_objects")
    await edge.stop()
    if not options:
        return
    assert objects == int(count), objects
    edge = await Edge.start(origin.port, "--memory", "16M", *options)
    each = (memory(edge.process.pid) - before) / int(count)
    print(f"# {each:.0f} bytes an object that was not asked for since the start")
    assert each <= 300, each
    assert (await get(edge.port, "/100?7"))["x-cache"] == "HIT"
    await edge.stop()


try:
    asyncio.run(globals()[sys.argv[1]](*sys.argv[2:]))
finally:
    Edge.kill_all()
