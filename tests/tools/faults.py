"""Tests an edge whose upstream server fails in every way: python3 faults.py ORIGIN-PORT STORE SONG-A SONG-B SONG-C

For each fault, once and until it is repaired, through one edge and through two: every client gets the right bytes or sees a
failure; after the repair everything is right; nothing wrong is stored. The songs are named a, b and c; b-KBPS.ogg holds a whole one.
"""

import asyncio
import os
import shutil
import sys

import faulty
from faulty import Edge, Origin, Store, get

PORT, STORE, (A, B, C) = int(sys.argv[1]), Store(sys.argv[2]), sys.argv[3:6]
AT_A_TIME = 8  # rows


def is_chunk(path):
    return path.endswith(".ogg")


def is_index(path):
    return path.endswith("/index")


def is_manifest(path):
    return path.endswith("/manifest.json")


def is_name(path):
    return path.startswith("/names/")


def any_path(_):
    return True


# name, how, which paths; what takes its time comes first
FAULTS = [
    ("stalls early", faulty.stall_early, any_path),
    ("stalls midway", faulty.stall_midway, any_path),
    ("closes early", faulty.close_early, any_path),
    ("closes midway", faulty.close_midway, any_path),
    ("resets midway", faulty.reset_midway, any_path),
    ("shortens", faulty.shorten, any_path),
    ("answers 500", faulty.refuse(500), any_path),
    ("answers 503", faulty.refuse(503), any_path),
    ("flips a bit of everything", faulty.flip(0.3), any_path),
    ("flips the first bit of chunks", faulty.flip(0.0), is_chunk),
    ("flips a bit of chunks", faulty.flip(0.3), is_chunk),
    ("flips the last bit of chunks", faulty.flip(1.0), is_chunk),
    ("flips a bit of indexes", faulty.flip(0.5), is_index),
    ("flips a bit of manifests", faulty.flip(0.5), is_manifest),
    ("flips a bit of tags", faulty.flip(b'"TITLE":["S'), is_manifest),
    ("flips a bit of names", faulty.flip(0.5), is_name),
]


def file_of(path):
    with open(path, "rb") as opened:
        return opened.read()


def part(body, first, last):
    return f"Range: bytes={first}-{last}", body[first : last + 1]


def requests():
    """(path, fields, right status, right body): no two are for the same object but the manifests' sake."""
    chunk = STORE.files[f"/songs/{A}/160/chunk_1.ogg"]
    middle, middle_body = part(chunk, len(chunk) // 4, len(chunk) // 3)
    short = STORE.files[f"/songs/{A}/96/chunk_0.ogg"]
    few, few_body = part(short, 0, 99)
    last = STORE.files[f"/songs/{A}/96/chunk_2.ogg"]
    song, low = file_of("b-160.ogg"), file_of("b-96.ogg")
    return [
        (f"/songs/{A}/160/chunk_0.ogg", [], 200, STORE.files[f"/songs/{A}/160/chunk_0.ogg"]),
        (f"/songs/{A}/160/chunk_1.ogg", [middle], 206, middle_body),
        (f"/songs/{A}/96/chunk_0.ogg", [few], 206, few_body),
        (f"/songs/{A}/96/chunk_2.ogg", ["Range: bytes=-1000"], 206, last[-1000:]),
        ("/songs/a/chunk_1.ogg", ["X-User-Bitrate: 100"], 200, STORE.files[f"/songs/{A}/96/chunk_1.ogg"]),
        (f"/stream/{B}?kbps=160", [], 200, song),
        (f"/stream/{B}?kbps=96", ["Range: bytes=-30000"], 206, low[-30000:]),
        (f"/songs/{C}/160/index", [], 200, STORE.files[f"/songs/{C}/160/index"]),
        (f"/songs/{C}/96/index", ["Range: bytes=8-15"], 206, STORE.files[f"/songs/{C}/96/index"][8:16]),
        (f"/songs/{C}/manifest.json", [], 200, STORE.files[f"/songs/{C}/manifest.json"]),
        (f"/songs/{B}/manifest.json", ["Accept-Encoding: gzip"], 200, STORE.files[f"/songs/{B}/manifest.json"]),
        ("/names/c", [], 200, STORE.files["/names/c"]),
        ("/songs/b/manifest.json", [], 200, STORE.files[f"/songs/{B}/manifest.json"]),
    ]


def is_right(got, status, body):
    have = faulty.unzipped(got.body) if got["content-encoding"] == "gzip" else got.body
    return got.complete and got.status == status and have == body


def is_visible(got):
    return got.status is None or got.status >= 500 or not got.complete


async def ask_all(port, where):
    """Reasons why an answer is neither right nor a visible failure; and those that were not right."""
    asked = requests()
    answers = await asyncio.gather(*(get(port, path, *fields) for path, fields, *_ in asked))
    bad, failed = [], []
    for (path, fields, *wanted), got in zip(asked, answers):
        if not is_right(got, *wanted):
            (failed if is_visible(got) else bad).append(f"{where}: {path} {fields} got {got}")
    return bad, failed


class Row:
    def __init__(self, name, fault, concerns, always, tiers):
        self.fault, self.concerns, self.always, self.tiers = fault, concerns, always, tiers
        self.folder = f"cache-{name}-{always}-{tiers}".replace(" ", "-")
        self.name = f"{name}, {'until repaired' if always else 'once'}, through {'an edge' if tiers == 1 else 'two edges'}"

    async def behave(self, origin, peer, path, response, n):
        how = self.fault if self.concerns(path) and not self.repaired and (self.always or n == 1) else faulty.send
        return await how(origin, peer, path, response, n)

    async def start_edges(self):
        """Behind each other, the one that clients ask last."""
        edges, upstream = [], self.origin.port
        for tier in range(self.tiers):
            kept = ["--cache", f"{self.folder}-{tier}"] if tier or self.tiers == 1 else []
            edges.append(await Edge.start(edges[-1].port if edges else upstream, "--upstream-timeout", "2", *kept))
        return edges

    def folders(self):
        return [f"{self.folder}-{tier}" for tier in range(self.tiers) if os.path.exists(f"{self.folder}-{tier}")]

    async def wrong_in_folders(self, when):
        """Not on this thread: edges wait for their origin, which is here."""
        found = [await asyncio.to_thread(STORE.wrong_in, folder) for folder in self.folders()]
        return [f"{when}: {reason}" for reasons in found for reason in reasons]

    async def begin(self):
        """The edges are there; nobody has asked."""

    async def repair(self):
        self.repaired = True

    async def run(self):
        self.origin = await Origin(PORT).listen()
        self.origin.behave = self.behave
        try:
            return await self.reasons()
        finally:
            self.origin.die()

    async def reasons(self):
        self.repaired = False
        edges = await self.start_edges()
        await self.begin()
        bad, _ = await ask_all(edges[-1].port, "while it fails")
        bad += await self.wrong_in_folders("while it fails")
        await self.repair()
        bad += await self.ask_again(edges[-1], "after the repair")
        for edge in reversed(edges):
            await edge.stop()
        bad += await self.wrong_in_folders("in the end")
        bad += await self.alone()
        for folder in self.folders():
            await asyncio.to_thread(shutil.rmtree, folder)
        return bad

    async def ask_again(self, edge, when):
        bad, failed = await ask_all(edge.port, when)
        return bad + failed

    async def alone(self):
        """The edge is started again, and there is nobody behind it: it serves what it has on its disk."""
        self.origin.die()
        edges = await self.start_edges()
        bad = await self.ask_again(edges[-1], "alone")
        for edge in reversed(edges):
            await edge.stop()
        return bad


class Dead(Row):
    """Nobody listens, and then again."""

    def __init__(self, tiers):
        super().__init__("is dead", faulty.send, any_path, True, tiers)

    async def begin(self):
        self.origin.die()

    async def repair(self):
        await self.origin.listen()


class Dies(Row):
    """In the middle of everything, and comes back."""

    def __init__(self, tiers):
        super().__init__("dies midway", self.die, is_chunk, True, tiers)

    async def die(self, origin, peer, _path, response, _n):
        await faulty.half(peer, response)
        origin.die()
        return False

    async def repair(self):
        await super().repair()
        await self.origin.listen()


async def main():
    gate = asyncio.Semaphore(AT_A_TIME)

    async def run(row):
        async with gate:
            try:
                return row, await row.run()
            except Exception as error:
                return row, [repr(error)]

    rows = [Row(*fault, always, tiers) for fault in FAULTS for always in (False, True) for tiers in (1, 2)]
    rows += [kind(tiers) for kind in (Dead, Dies) for tiers in (1, 2)]
    rows = [row for row in rows if os.environ.get("ROWS", "") in row.name]  # by hand: those that hold these words
    for row, bad in await asyncio.gather(*(run(row) for row in rows)):
        print("not ok" if bad else "ok", row.name)
        for reason in bad[:8]:
            print("#  ", reason)


try:
    asyncio.run(main())
finally:
    Edge.kill_all()
