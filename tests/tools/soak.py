"""Mixed load with clients that disconnect, for soak.sh: python3 soak.py URL SECONDS STORE ADMIN PID...

Meanwhile an operator purges songs and paths at the edge, whose admin listener is the Unix socket ADMIN, sends SIGHUP
to each PID, and publishes and removes the song of the bundle `guest.tar`. A quarter of the time to warm up, a look at each process, the rest of the load, another look: memory and descriptors must not
have grown. Every answer that an honest client gets must be right.
"""

import glob
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from wire import Incomplete, Wire

URL, SECONDS, STORE, ADMIN, PIDS = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
CLIENTS = 8
FILES = {}
for name in glob.glob(f"{STORE}/songs/*/*/*"):
    with open(name, "rb") as opened:
        FILES[name[len(STORE) :]] = opened.read()
SONGS = sorted({path.split("/")[2] for path in FILES})
counts, wrong, stop = {}, [], threading.Event()


def chunk(rng):
    return rng.choice(list(FILES))


def whole(wire, rng):
    path = chunk(rng)
    answer = wire.get(path)
    assert answer.status == 200 and answer.body == FILES[path], (path, answer.status)


def part(wire, rng):
    path = chunk(rng)
    first = rng.randrange(len(FILES[path]))
    last = first + rng.randrange(20000)
    answer = wire.get(path, Range=f"bytes={first}-{last}")
    assert answer.status == 206 and answer.body == FILES[path][first : last + 1], (path, answer.status)


def stream(wire, rng):
    answer = wire.get(f"/stream/{rng.choice(SONGS)}?kbps={rng.choice((96, 160))}", Range=f"bytes={rng.randrange(100000)}-")
    assert answer.status == 206, answer.status


def small(wire, rng):
    path = rng.choice((f"/songs/{rng.choice(SONGS)}/manifest.json", "/songs", "/healthz", "/metrics", f"/songs/{rng.choice(SONGS)}/chunk_0.ogg"))
    assert wire.get(path, Accept_Encoding=rng.choice(("gzip", "br"))).status == 200, path


def nothing(wire, rng):  # keys without end for a cache
    assert wire.get(f"/nothing/{rng.random()}?{rng.random()}").status == 404


def upload(wire, rng):
    assert wire.get("/songs", "POST", body=b"x" * rng.randrange(1, 100000)).status == 405


def many(wire, rng):
    paths = [chunk(rng) for _ in range(20)]
    for path in paths:
        wire.ask(path)
    for path in paths:
        assert wire.answer().body == FILES[path], path


def reload(wire, rng):
    path = chunk(rng)
    answer = wire.get(path, Cache_Control=rng.choice(("no-cache", "max-age=0")))
    assert answer.status == 200 and answer.body == FILES[path], (path, answer.status)


def slow(wire, rng):
    path, body = chunk(rng), b""
    wire.ask(path)
    head = wire.head()
    assert head.status == 200 and int(head["content-length"]) == len(FILES[path]), (path, head.status)
    while len(body) < len(FILES[path]):
        body += wire.take(min(8192, len(FILES[path]) - len(body)))
        if not stop.is_set():
            time.sleep(0.02)
    assert body == FILES[path], path


def purge(rng):
    what = rng.choice((rng.choice(SONGS), chunk(rng), "/nothing/x"))
    body = json.dumps({"purge": [what], "hard": rng.random() < 0.5})
    with socket.socket(socket.AF_UNIX) as admin:
        admin.settimeout(60)
        admin.connect(ADMIN)
        admin.sendall(
            f"POST /purge HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = b""
        while data := admin.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]


def leave(wire, rng):
    wire.ask(rng.choice((chunk(rng), f"/stream/{rng.choice(SONGS)}?kbps=160")))
    if rng.random() < 0.7:
        wire.more()
    wire.reset() if rng.random() < 0.5 else wire.close()


def leave_early(wire, rng):
    wire.send(f"GET {chunk(rng)} HTTP/1.1\r\nHost"[: rng.randrange(1, 80)])
    wire.reset() if rng.random() < 0.5 else wire.close()


def leave_upload(wire, rng):
    wire.send(f"POST /songs HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{'x' * rng.randrange(50000)}")
    wire.close()


def turn_away(wire, rng):  # says all, then hears nothing more
    wire.ask(chunk(rng))
    wire.socket.shutdown(socket.SHUT_WR)
    wire.answer()


def nonsense(wire, rng):
    wire.send(bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))) + b"\r\n\r\n")
    wire.socket.shutdown(socket.SHUT_WR)
    try:
        wire.rest()
    except ConnectionResetError:
        pass


STAY = [whole] * 4 + [part] * 6 + [stream, small, small, small, nothing, upload, many, reload, reload, slow]
GO = [leave, leave, leave, leave_early, leave_upload, turn_away, nonsense]


def client(seed):
    rng, act = random.Random(seed), client
    while not stop.is_set():
        try:
            with Wire(URL, buffer=rng.choice((None, None, 4096))) as wire:
                for _ in range(rng.randrange(30)):
                    act = rng.choice(STAY)
                    act(wire, rng)
                    count(act.__name__)
                act = rng.choice(GO)
                act(wire, rng)
                count(act.__name__)
        except (AssertionError, Incomplete, OSError) as error:
            wrong.append(f"{act.__name__}: {error!r}")
            stop.set()


def count(name):
    counts[name] = counts.get(name, 0) + 1


def operate(seed):
    """Purges, logs that are moved away, a song that comes and goes."""
    rng = random.Random(seed)
    while not stop.wait(0.2):
        try:
            purge(rng)
            count("purge")
            if rng.random() < 0.05:
                for log in glob.glob("*.log"):
                    os.replace(log, log + ".old")
                for pid in PIDS:
                    os.kill(int(pid), signal.SIGHUP)
                count("hangup")
            if rng.random() < 0.02:
                subprocess.run(["stretto-publish", "--name", "guest", STORE, "guest.tar"], check=True, stdout=subprocess.DEVNULL)
                subprocess.run(["stretto-publish", "--remove", "guest", STORE], check=True, stdout=subprocess.DEVNULL)
                count("remove")
        except (AssertionError, OSError, subprocess.CalledProcessError) as error:
            wrong.append(f"operator: {error!r}")
            stop.set()


def load(seconds, seed):
    stop.clear()
    threads = [threading.Thread(target=client, args=(seed + n,)) for n in range(CLIENTS)]
    threads.append(threading.Thread(target=operate, args=(seed,)))
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()


def look(pid):
    """(kB of memory with its files in memory, descriptors)."""
    with open(f"/proc/{pid}/status") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def settled(pid):
    """After those who left have been noticed: the least of some looks."""
    looks = []
    for _ in range(10):
        time.sleep(0.5)
        looks.append(look(pid))
    return statistics.median(rss for rss, _ in looks), min(fds for _, fds in looks)


load(SECONDS / 4, 0)
before = [settled(pid) for pid in PIDS]
load(SECONDS * 3 / 4, 1000)
after = [settled(pid) for pid in PIDS]
print("#", sum(counts.values()), "acts:", ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))
print("not ok" if wrong else "ok", "every answer is right")
for line in wrong[:5]:
    print("#", line)
for pid, (rss, fds), (rss_now, fds_now) in zip(PIDS, before, after):
    print(f"# process {pid}: {rss / 1024:.1f} -> {rss_now / 1024:.1f} MB, {fds} -> {fds_now} descriptors")
    print("ok" if rss_now < 1.1 * rss + 4096 else "not ok", "memory is flat")
    # how many objects fit and how many connections upstream are kept varies; thousands have left meanwhile
    print("ok" if fds_now <= fds + 40 else "not ok", "descriptors are flat")
