"""An edge's folder through kill -9, a full disk, too many objects and restarts: each function of this file is a command.

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
    unstored = await metric(edge.port, "cache_unstored_total")
    assert unstored >= 28, unstored
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in paths[:10])))

    os.unlink(f"{folder}/ballast")
    assert all(await asyncio.gather(*(right(origin, edge.port, path) for path in paths[40:])))
    await edge.stop()
    origin.die()
    edge = await Edge.start(origin.port, "--cache", cache)
    assert all(await asyncio.gather(*(right(origin, edge.port, path, "hit") for path in paths[:10] + paths[40:])))
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
