"""Many clients request one uncached object: python3 herd.py ORIGIN-PORT STORE SONG. There must be one origin request, correct bytes, and no client that waits for the end.

The origin sends half and keeps the rest until every client has told of its first bytes, so no clock is needed to know that they
came before the fill ended.
"""

import asyncio
import random
import sys

import faulty
from faulty import Edge, Made, Origin, Store, get, metric, soon

PORT, STORE, SONG = int(sys.argv[1]), Store(sys.argv[2]), sys.argv[3]
HERD = 200
CHUNK = f"/songs/{SONG}/160/chunk_1.ogg"
RIGHT = STORE.files[CHUNK]
MANIFEST = f"/songs/{SONG}/manifest.json"


class Held(Origin):
    """Sends half of a chunk, and the rest when `rest` is set."""

    def __init__(self, path=CHUNK):
        super().__init__(PORT)
        self.path, self.rest, self.late = path, asyncio.Event(), False
        self.behave = self.hold

    async def hold(self, _, peer, path, response, _n):
        if path != self.path:
            return await faulty.send(self, peer, path, response, _n)
        await faulty.half(peer, response)
        try:
            await asyncio.wait_for(self.rest.wait(), 30)
        except asyncio.TimeoutError:
            self.late = True
        await peer.send(response.body[len(response.body) // 2 :])
        return True

    def reasons(self):
        # edges look at the removal log again and again
        asked = {path: n for path, n in self.asked.items() if n > 1 and path != "/removed"}
        return [f"the origin was asked {asked}"] * bool(asked) + ["first bytes did not come before the end"] * self.late


class Firsts:
    """Sets an event when so many clients have had a byte."""

    def __init__(self, event, count):
        self.event, self.left = event, count

    def client(self):
        told = False

        def progress(_):
            nonlocal told
            if not told:
                self.left -= 1
                if self.left == 0:
                    self.event.set()
            told = True

        return progress


def wrong(answers, right=RIGHT):
    bad = [str(got) for got in answers if not (got.complete and got.status == 200 and got.body == right)]
    return [f"{len(bad)} wrong answers, {bad[0]}"] if bad else []


async def herd(port, origin, count=HERD, path=CHUNK):
    firsts = Firsts(origin.rest, count)
    return await asyncio.gather(*(get(port, path, progress=firsts.client()) for _ in range(count)))


async def one_tier(origin):
    edge = await Edge.start(origin.port)
    return wrong(await herd(edge.port, origin))


async def on_disk(origin):
    edge = await Edge.start(origin.port, "--cache", "herd")
    bad = wrong(await herd(edge.port, origin))
    return bad + wrong([await get(edge.port, CHUNK)])


async def two_tiers(origin):
    first = await Edge.start(origin.port)
    edges = [await Edge.start(first.port), await Edge.start(first.port)]
    firsts = Firsts(origin.rest, HERD)
    ports = [edges[i % 2].port for i in range(HERD)]
    return wrong(await asyncio.gather(*(get(port, CHUNK, progress=firsts.client()) for port in ports)))


async def first_leaves(origin, tiers=1):
    edge = await Edge.start(origin.port)
    for _ in range(tiers - 1):
        edge = await Edge.start(edge.port)
    came = asyncio.Event()
    first = asyncio.create_task(get(edge.port, CHUNK, progress=lambda _: came.set()))
    await came.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    return wrong(await herd(edge.port, origin))


async def first_leaves_two(origin):
    return await first_leaves(origin, 2)


async def first_sleeps(origin):
    """A client who reads nothing holds up nobody."""
    edge = await Edge.start(origin.port)
    _, writer = await asyncio.open_connection("127.0.0.1", edge.port, limit=1)
    writer.write(f"GET {CHUNK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await soon(lambda: asked(origin, CHUNK), "no request")
    bad = wrong(await herd(edge.port, origin))
    writer.transport.abort()
    return bad


async def asked(origin, path):
    return origin.asked[path] > 0


async def ranges(origin, tiers=1):
    """Half of the herd wants parts: of what is there already, and of what is still to come."""
    edge = await Edge.start(origin.port)
    for _ in range(tiers - 1):
        edge = await Edge.start(edge.port)
    rng, size, bad = random.Random(1), len(RIGHT), []
    firsts = Firsts(origin.rest, HERD // 2 + HERD // 4)

    async def part(at_once):
        first = rng.randrange(size // 4 if at_once else size)
        last = min(size - 1, first + rng.randrange(2, size // 4))
        progress = firsts.client() if at_once else lambda _: None
        got = await get(edge.port, CHUNK, f"Range: bytes={first}-{last}", progress=progress)
        if not (got.complete and got.status == 206 and got.body == RIGHT[first : last + 1]):
            bad.append(f"{first}-{last} got {got}")

    wholes = [get(edge.port, CHUNK, progress=firsts.client()) for _ in range(HERD // 2)]
    answers, *_ = await asyncio.gather(asyncio.gather(*wholes), *(part(i % 2 == 0) for i in range(HERD // 2)))
    return wrong(answers) + bad[:3]


async def ranges_two(origin):
    return await ranges(origin, 2)


async def streams(origin):
    """Whole songs: each object once, however many hear it."""
    origin.rest.set()
    edge = await Edge.start(origin.port)
    with open("song-160.ogg", "rb") as opened:
        return wrong(await herd(edge.port, origin, path=f"/stream/{SONG}?kbps=160"), opened.read())


async def by_bitrate(origin):
    edge = await Edge.start(origin.port)
    firsts = Firsts(origin.rest, HERD)
    fields = ["X-User-Bitrate: 200", "X-User-Bitrate: 160"]
    paths = ["/songs/song/chunk_1.ogg", f"/songs/{SONG}/chunk_1.ogg"]
    return wrong(
        await asyncio.gather(*(get(edge.port, paths[i % 2], fields[i // 2 % 2], progress=firsts.client()) for i in range(HERD)))
    )


async def variants(origin):
    """A manifest, compressed and not: once each."""
    edge = await Edge.start(origin.port)
    origin.path = MANIFEST
    fields = [["Accept-Encoding: gzip"], []]
    herds = asyncio.gather(*(get(edge.port, MANIFEST, *fields[i % 2]) for i in range(HERD)))

    async def all_wait():
        return await metric(edge.port, "cache_collapsed_total") >= HERD - 1

    await soon(all_wait, "they do not wait for each other")
    origin.rest.set()
    answers = await herds
    for got in answers:
        if got["content-encoding"] == "gzip":
            got.body = faulty.unzipped(got.body)
    asked = origin.asked.pop(MANIFEST)
    return wrong(answers, STORE.files[MANIFEST]) + [f"{asked} requests for two variants"] * (asked > 2)


async def failing(origin, tiers=1):
    """What fails for one fails for all who wait, and is not tried for each of them."""
    edge = await Edge.start(origin.port)
    for _ in range(tiers - 1):
        edge = await Edge.start(edge.port)

    async def fail(_, peer, path, response, n):
        if path != CHUNK:
            return await faulty.send(origin, peer, path, response, n)
        await origin.rest.wait()
        return False

    origin.behave = fail
    herds = asyncio.gather(*(get(edge.port, CHUNK) for _ in range(HERD)))

    async def all_wait():
        return await metric(edge.port, "cache_collapsed_total") >= HERD - 1

    await soon(all_wait, "they do not wait for each other")
    origin.rest.set()
    answers = await herds
    bad = [f"got {got}" for got in answers if got.status != 502][:1]
    asked = origin.asked.pop(CHUNK)
    # those who came while the first was under way try once more together; and a kept connection may break, twice
    return bad + [f"{asked} requests for what fails"] * (asked > 4)


async def failing_two(origin):
    return await failing(origin, 2)


async def breaking(origin):
    """The same when it breaks off at once, in the middle of what cannot be gone on with."""
    edge = await Edge.start(origin.port)

    async def cut(_, peer, _path, _response, n):
        if n == 1:
            await origin.rest.wait()
        await faulty.half(peer, faulty.Message(200, [("Cache-Control", "max-age=1000")], b"x" * 1000))
        return False

    async def response(head, method, path):
        return None

    origin.behave, origin.response = cut, response
    herds = asyncio.gather(*(get(edge.port, "/thing") for _ in range(HERD)))

    async def all_wait():
        return await metric(edge.port, "cache_collapsed_total") >= HERD - 1

    await soon(all_wait, "they do not wait for each other")
    origin.rest.set()
    bad = [f"got {got}" for got in await herds if got.complete and got.status < 500][:1]
    asked = origin.asked.pop("/thing")
    return bad + [f"{asked} requests for what breaks off"] * (asked > 4)


async def reloads(origin):
    """All reload one stored object at once: one revalidation answers them."""
    edge = await Edge.start(origin.port)
    fields = [("Cache-Control", "max-age=1000"), ("ETag", '"one"')]

    async def serve(_, peer, path, _response, n):
        if n > 1:
            await origin.rest.wait()
        await peer.send(faulty.print_head(faulty.Message(200, fields, b"thing")) + b"thing")
        return True

    async def response(head, method, path):
        return None

    origin.behave, origin.response = serve, response
    bad = wrong([await get(edge.port, "/thing")], b"thing")
    herds = asyncio.gather(*(get(edge.port, "/thing", "Cache-Control: no-cache") for _ in range(HERD)))

    async def all_wait():
        return await metric(edge.port, "cache_collapsed_total") >= HERD - 1

    await soon(all_wait, "they do not wait for each other")
    origin.rest.set()
    bad += wrong(await herds, b"thing")
    asked = origin.asked.pop("/thing")
    return bad + [f"{asked - 1} revalidations"] * (asked != 2)


async def changed(origin):
    """A PUT that succeeds while the old object comes: who asks later gets the new one, and the old one is not kept."""
    edge, version, began = await Edge.start(origin.port), b"old", asyncio.Event()

    async def serve(_, peer, path, _response, _n):
        now = version
        whole = faulty.Message(200, [("Cache-Control", "max-age=1000")], now * 20000)
        await faulty.half(peer, whole)
        if now == b"old":
            began.set()
            await origin.rest.wait()
        await peer.send(whole.body[len(whole.body) // 2 :])
        return True

    async def response(head, method, path):
        return None

    origin.behave, origin.response = serve, response
    old = asyncio.create_task(get(edge.port, "/thing"))
    await began.wait()
    version = b"new"
    put = await get(edge.port, "/thing", method="PUT")
    new = await get(edge.port, "/thing")
    origin.rest.set()
    got = await old
    again = await get(edge.port, "/thing")
    bodies = [message.body[:3] for message in (got, put, new, again)]
    asked = origin.asked.pop("/thing")
    return [] if bodies == [b"old", b"new", b"new", b"new"] and asked == 3 else [f"{bodies} in {asked} requests"]


async def rush(_):
    """A crowd runs through 2,000 objects side by side: there is always somebody who comes just as one has been stored."""
    origin = await Made(2000).listen()
    edge = await Edge.start(origin.port)
    with open("urls", "w") as urls:
        urls.writelines(f"http://127.0.0.1:{edge.port}/made/{i}\n" for i in range(2000))
    command = "h2load", "--h1", "-n", "48000", "-c", "24", "-t", "2", "-i", "urls"
    load = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said = (await load.communicate())[0].decode()
    origin.die()
    bad = [] if "48000 succeeded, 0 failed, 0 errored" in said else [said]
    asked = [path for path, n in origin.asked.items() if n > 1 and path != "/removed"]
    return bad + [f"{len(asked)} of {len(origin.asked)} were fetched more than once"] * bool(asked)


ROWS = [
    ("200 clients, one slow origin", one_tier),
    ("the same with a cache on disk", on_disk),
    ("the same through two tiers", two_tiers),
    ("the first one leaves in the middle", first_leaves),
    ("the first one leaves, two tiers", first_leaves_two),
    ("the first one sleeps", first_sleeps),
    ("parts among wholes", ranges),
    ("parts among wholes, two tiers", ranges_two),
    ("a song as one file", streams),
    ("by bitrate, by name and by id", by_bitrate),
    ("a manifest, compressed and not", variants),
    ("a chunk that fails", failing),
    ("a chunk that fails, two tiers", failing_two),
    ("what breaks off at once", breaking),
    ("a stored object that all reload", reloads),
    ("an object that changes as it comes", changed),
    ("a crowd that comes and goes", rush),
]


async def main():
    for name, row in ROWS:
        origin = await Held().listen()
        try:
            bad = await row(origin) + origin.reasons()
        except Exception as error:
            bad = [repr(error)]
        print("not ok" if bad else "ok", name)
        for reason in bad:
            print("#  ", reason)
        origin.die()
        for edge in reversed(Edge.started):
            await edge.stop()
        Edge.started.clear()


try:
    asyncio.run(main())
finally:
    Edge.kill_all()
