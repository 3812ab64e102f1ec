"""Tests an edge's folder with kill -9, a full disk, too many objects and restarts: each function is a command.

    python3 crashes.py kills ROUNDS
"""

import asyncio
import os
import random
import signal
import sys
import time

import faulty
from faulty import Edge, Made, Store, get, metric


async def paced(_, peer, _path, response, _n):
    """Byte by byte, nearly, so that whatever happens happens in the middle of some."""
    await peer.send(faulty.print_head(response))
    for at in range(0, len(response.body), 16384):
        await peer.send(response.body[at : at + 16384])
        await asyncio.sleep(0.002)
    return True


def drafts(folder):
    return [name for name in os.listdir(folder) if name.startswith("new-")]


async def right(origin, port, path, *hits):
    """Whether the answer is right, and a hit where that is asked for."""
    got = await get(port, path)
    return got.complete and got.status == 200 and got.body == origin.files[path] and (not hits or got["x-cache"] == "HIT")


async def kills(rounds):
    """Killed in the middle of fills, started again: whole objects are found, and nothing else."""
    origin, rng = await Made(300, (1, 200000)).listen(), random.Random(3)
    origin.behave = paced
    store, paths, bad, midway, asked = Store(files=origin.files), list(origin.files), [], 0, 0
    for _ in range(int(rounds)):
        # too small for all, so that the end may also meet an object that makes room
        edge = await Edge.start(origin.port, "--cache", "killed", "--cache-size", "12M")
        bad += [f"{name} outlived a restart" for name in drafts("killed")]

        bytes_come = asyncio.Event()

        async def client():
            while edge.alive():
                path = rng.choice(paths)
                got = await get(edge.port, path, progress=lambda _: bytes_come.set())
                if got.complete and got.body != origin.files[path]:
                    bad.append(f"{path} got {got}")

        clients = [asyncio.create_task(client()) for _ in range(8)]
        await asyncio.wait_for(bytes_come.wait(), faulty.PATIENCE)
        await asyncio.sleep(rng.uniform(0, 0.08))
        await edge.kill()
        await asyncio.gather(*clients)
        midway += bool(drafts("killed"))
        bad += await asyncio.to_thread(store.wrong_in, "killed")
    print(f"# {midway} of {rounds} in the middle of a fill, {sum(origin.asked.values())} requests to the origin")
    assert not bad, bad[:5]
    assert midway >= int(rounds) / 4, midway

    kept = {store.by_hash[name.split("-")[0]] for name, _ in faulty.stored_in("killed")}
    origin.behave = faulty.send
    asked = sum(origin.asked.values())
    edge = await Edge.start(origin.port, "--cache", "killed", "--cache-size", "100M")
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in kept)))
    assert asked == sum(origin.asked.values()) and len(kept) > 20, len(kept)
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths)))
    await edge.stop()
    bad = store.wrong_in("killed")
    assert not bad and len(list(faulty.stored_in("killed"))) == len(paths)


def fill_up(folder, leave):
    """Take all room of a disk but so many bytes."""
    with open(f"{folder}/ballast", "ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass
    os.truncate(f"{folder}/ballast", os.path.getsize(f"{folder}/ballast") - leave)


async def full(folder):
    """A disk that fills up under the cache, from before a body's first byte to its last: it serves on, and stores again later."""
    origin = await Made(60, (60000, 100000)).listen()
    store, paths, cache = Store(files=origin.files), list(origin.files), f"{folder}/cache"
    edge = await Edge.start(origin.port, "--cache", cache)
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths[:10])))
    assert len(list(faulty.stored_in(cache))) == 10
    for left, some in (100 << 10, paths[10:20]), (30000, paths[20:30]), (0, paths[30:40]):
        fill_up(folder, left)
        assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in some))), left
        assert not store.wrong_in(cache) and not drafts(cache), (left, store.wrong_in(cache), drafts(cache))
    made_room = await metric(edge.port, "cache_evicted_total") + await metric(edge.port, "cache_unstored_total")
    assert made_room >= 20, made_room
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths[:10])))

    os.unlink(f"{folder}/ballast")
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths[40:])))
    await edge.stop()
    origin.die()
    edge = await Edge.start(origin.port, "--cache", cache)
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in paths[40:])))
    await edge.stop()


async def soon(holds, what):
    """Until it holds; not for ever."""
    end = time.monotonic() + faulty.PATIENCE
    while not await holds():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


def flip(folder, rng):
    """A bit of each file, somewhere in its body or in what is known of it."""
    files = [os.path.join(place, name) for place, _, names in os.walk(folder) if place != folder for name in names]
    for file in files:
        with open(file, "r+b") as opened:
            at = rng.randrange(os.path.getsize(file) - 8)
            opened.seek(at)
            byte = opened.read(1)[0] ^ 1 << rng.randrange(8)
            opened.seek(at)
            opened.write(bytes([byte]))
    return len(files)


async def flipped():
    """Damage on the disk is seen when a file is first read after a restart, before a byte of it leaves."""
    origin, rng = await Made(60, (1, 300000)).listen(), random.Random(6)
    edge = await Edge.start(origin.port, "--cache", "flipped")
    paths = list(origin.files)
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths)))
    await edge.stop()
    assert flip("flipped", rng) == len(paths)
    origin.asked.clear()
    edge = await Edge.start(origin.port, "--cache", "flipped", "--scrub", "0")
    got = await asyncio.gather(*(right(origin, edge.port, path) for path in paths))
    assert all(got), f"{got.count(False)} of {len(got)} are wrong"
    assert sum(origin.asked.values()) == len(paths), origin.asked
    assert await metric(edge.port, "cache_damaged_total") == len(paths)
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in paths)))
    await edge.stop()


async def flipped_large():
    """An object of many blocks: what comes before the damage is right, then the answer breaks off, and the next one is right."""
    origin, rng = await Made(1, (20 << 20, 20 << 20)).listen(), random.Random(7)
    path, body = next(iter(origin.files.items()))
    edge = await Edge.start(origin.port, "--cache", "large")
    assert await right(origin, edge.port, path)
    await edge.stop()
    flip("large", rng)
    edge = await Edge.start(origin.port, "--cache", "large", "--scrub", "0")
    got = await get(edge.port, path)
    assert (got.body == body) == got.complete and body.startswith(got.body), (got.complete, len(got.body))
    assert await right(origin, edge.port, path) and await right(origin, edge.port, path, "hit")
    await edge.stop()


async def scrubbed():
    """Nobody asks: a slow look at all files finds it while the edge runs, and removes it."""
    origin, rng = await Made(60, (1, 300000)).listen(), random.Random(8)
    edge = await Edge.start(origin.port, "--cache", "scrubbed", "--scrub", "1G")
    paths = list(origin.files)
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths)))
    count = flip("scrubbed", rng)

    async def found():
        return await metric(edge.port, "cache_damaged_total") >= count

    await soon(found, "it is not found")
    assert not list(faulty.stored_in("scrubbed"))
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths)))
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in paths)))
    assert await metric(edge.port, "cache_damaged_total") == count
    await edge.stop()


async def swept():
    """Somebody takes all of the folder away: what comes is stored again, and nothing is called stored that is not. The folder itself is
    for the next run to make: a running server may write nowhere else."""
    origin = await Made(60, (1, 100000)).listen()
    edge, paths = await Edge.start(origin.port, "--cache", "swept"), list(origin.files)
    for some, remove in (paths[:20], "rm -rf swept/*"), (paths[20:40], "rm -rf swept"), (paths[40:], "true"):
        assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in some)))
        assert len(list(faulty.stored_in("swept"))) == len(some)
        assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in some)))
        assert os.system(remove) == 0
        assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in some)))
        if remove == "rm -rf swept":
            await edge.stop()
            edge = await Edge.start(origin.port, "--cache", "swept")
    await edge.stop()


async def tight(folder, what):
    """A disk with less room, or fewer inodes, than --cache-size: objects make room, what is called stored is, and some room stays free."""
    origin = await Made(600, (1, 100) if what == "inodes" else (50000, 100000)).listen()
    cache, paths, rng = f"{folder}/cache", list(origin.files), random.Random(9)
    edge = await Edge.start(origin.port, "--cache", cache, "--memory", "1k")
    for path in paths:
        got = await get(edge.port, path)
        assert got.complete and got.body == origin.files[path]
        if "stored" in got["cache-status"]:
            again = await get(edge.port, path)
            assert again["x-cache"] == "HIT", (path, got["cache-status"], again["cache-status"])
    assert await metric(edge.port, "cache_evicted_total") > 100
    assert await metric(edge.port, "cache_unstored_total") < 10
    stat = os.statvfs(folder)
    assert stat.f_ffree > 0 and stat.f_bavail > 0, stat
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in rng.sample(paths, 100))))
    await edge.stop()


async def degraded(folder):
    """When nothing can be stored, /healthz says so, nothing is called stored, and one line is logged; it says ok when it can again."""
    origin = await Made(60, (1000, 2000)).listen()
    edge, paths = await Edge.start(origin.port, "--cache", f"{folder}/cache"), list(origin.files)
    fill_up(folder, 0)
    for path in paths[:30]:
        got = await get(edge.port, path)
        assert got.complete and got.body == origin.files[path] and "stored" not in got["cache-status"], got["cache-status"]
    assert b"degraded" in (await get(edge.port, "/healthz")).body
    os.unlink(f"{folder}/ballast")

    async def well():
        await get(edge.port, paths.pop())
        return (await get(edge.port, "/healthz")).body == b"ok\n"

    await soon(well, "it stays degraded")
    await edge.stop()


def size_of(folder):
    """What du -sb says."""
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(folder) for name in (*names, "."))


async def stopped_size(edge, folder):
    """The same while the edge stands still: a walk through folders that change would count some files twice."""
    pid = edge.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            while open(f"/proc/{pid}/task/{task}/stat").read().rsplit(")", 1)[1].split()[0] != "T":
                await asyncio.sleep(0.001)
        return size_of(folder)
    finally:
        os.kill(pid, signal.SIGCONT)


async def small(size):
    """Many clients want much more than the folder may hold; it is never larger, with all that is on its way."""
    origin, rng = await Made(300, (1, 150000)).listen(), random.Random(4)
    origin.behave = paced
    edge = await Edge.start(origin.port, "--cache", "small", "--cache-size", size)
    wrong, sizes = [], []

    async def client():
        for path in rng.choices(list(origin.files), k=40):
            if not await right(origin, edge.port, path):
                wrong.append(path)

    clients = asyncio.gather(*(client() for _ in range(25)))
    while not clients.done():
        sizes.append(await stopped_size(edge, "small"))
        await asyncio.wait([clients], timeout=0.02)
    await clients
    sizes.append(size_of("small"))
    assert not wrong, wrong[:5]
    hits, evicted = await metric(edge.port, "cache_hits_total"), await metric(edge.port, "cache_evicted_total")
    print(f"# {evicted:.0f} made room, {hits:.0f} hits, at most {max(sizes)} bytes in {len(sizes)} looks")
    assert max(sizes) <= int(size) and max(sizes) > int(size) * 0.8, max(sizes)
    assert evicted > 100, evicted
    await edge.stop()


async def load(origin, folder):
    """An edge that has each object of an origin, and has ended."""
    edge = await Edge.start(origin.port, "--cache", folder)
    with open("urls", "w") as urls:
        urls.writelines(f"http://127.0.0.1:{edge.port}{path}\n" for path in origin.files)
    command = "h2load", "--h1", "-n", str(len(origin.files)), "-c", "1", "-i", "urls"
    client = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said = (await client.communicate())[0].decode()
    assert f"{len(origin.files)} succeeded, 0 failed, 0 errored" in said, said
    return edge


async def many(count):
    """So many objects are there after a restart, and after a kill."""
    origin = await Made(int(count)).listen()
    edge, rng = await load(origin, "many"), random.Random(5)
    origin.die()
    for end in Edge.kill, Edge.stop:
        await end(edge)
        edge = await Edge.start(origin.port, "--cache", "many")
        assert await metric(edge.port, "cache_objects") == int(count)
        assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in rng.sample(list(origin.files), 200))))
    await edge.stop()


async def restarts(count, rounds):
    """For tests/bench/restart.sh: seconds from exec to the ready line with so many objects on the disk, a line each."""
    origin = await Made(int(count)).listen()
    edge = await load(origin, "many")
    for _ in range(int(rounds)):
        await edge.kill()
        began = time.monotonic()
        edge = await Edge.start(origin.port, "--cache", "many")
        print(f"{time.monotonic() - began:.3f}")
        assert await metric(edge.port, "cache_objects") == int(count)
    await edge.stop()
    origin.die()


try:
    asyncio.run(globals()[sys.argv[1]](*sys.argv[2:]))
finally:
    Edge.kill_all()
