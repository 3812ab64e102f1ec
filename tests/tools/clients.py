"""Clients for serve.t whose behaviour no program has: each function is a command, with the server's URL first.

    python3 clients.py ranges URL PATH FILE COUNT SEED
"""

import os
import random
import select
import signal
import sys
import threading
import time

from wire import Incomplete, Wire, wait_for


def a_range(size, rng):
    """A Range field, and what RFC 9110 14 makes of it: (first, last), None for all, or "416"."""
    kind = rng.randrange(10)
    first = rng.randrange(size)
    if rng.random() < 0.2:  # around the ends
        first = rng.choice([0, 1, size - 1, max(0, size - 2)])
    length = rng.randrange(1, 1 + rng.choice([1, 100, 5000, 5000, 5000, size]))
    last = min(size - 1, first + length - 1)
    if kind < 5:
        return f"bytes={first}-{first + length - 1}", (first, last)
    if kind == 5:
        first = max(first, size - 20000)
        return f"bytes={first}-", (first, size - 1)
    if kind == 6:
        return f"bytes=-{length}", (max(0, size - length), size - 1)
    if kind == 7:
        beyond = rng.choice([f"{size}-", f"{size}-{size}", f"{size + first}-{size + last}", "18446744073709551615-", "-0"])
        return f"bytes={beyond}", "416"
    if kind == 8:
        return rng.choice([f"bytes={last + 1}-{first}", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=1 -2", "bytes=0x1-2"]), None
    return f"bytes={first}-{last},{last + 1}-{last + 10}", (first, min(size - 1, last + 10))


def ranges(url, path, file, count, seed):
    """Random ranges on one connection, with the file as oracle."""
    with open(file, "rb") as opened:
        oracle = opened.read()
    rng, size = random.Random(int(seed)), len(oracle)
    with Wire(url) as wire:
        tag = wire.get(path, "HEAD")["etag"]
        for i in range(int(count)):
            asked, wanted = a_range(size, rng)
            fields = {"Range": asked}
            if rng.random() < 0.2:
                fields["If-Range"] = rng.choice([tag, '"another"', "W/" + tag, "Thu, 01 Jan 1970 00:00:00 GMT"])
                if fields["If-Range"] != tag:
                    wanted = None
            answer = wire.get(path, **fields)
            told = (i, fields, answer.status, answer.fields)
            if wanted is None:
                assert answer.status == 200 and answer.body == oracle and not answer["content-range"], told
            elif wanted == "416":
                assert answer.status == 416 and answer["content-range"] == f"bytes */{size}", told
            else:
                first, last = wanted
                if answer.status == 200:  # allowed of any server; ours does it for ranges that do not touch
                    assert "," in asked and last - first < size - 1 and answer.body == oracle and first + 11 > size, told
                    continue
                assert answer.status == 206 and answer["content-range"] == f"bytes {first}-{last}/{size}", told
                assert answer.body == oracle[first : last + 1], told
            assert answer["etag"] == tag or answer.status == 416, told


def pipeline(url, path, file, count):
    """Requests sent at once, of three kinds, are answered in their order."""
    with open(file, "rb") as opened:
        oracle = opened.read()
    with Wire(url) as wire:
        wire.send(
            "".join(
                f"{('GET', 'HEAD')[i % 3 == 1]} {path if i % 3 < 2 else '/nothing'} HTTP/1.1\r\nHost: x\r\nRange: bytes={i}-{i + i % 50}\r\n\r\n"
                for i in range(int(count))
            )
        )
        for i in range(int(count)):
            answer = wire.answer(("GET", "HEAD")[i % 3 == 1])
            assert answer.status == (206, 200, 404)[i % 3], (i, answer.status)
            assert i % 3 or answer.body == oracle[i : i + i % 50 + 1], i
        wire.end()
        assert wire.closed()


def drain(url, path, file, pid):
    """SIGTERM while a slow reader is in the middle: nobody new, but he gets all of it, and so does who has asked already."""
    size = os.path.getsize(file)
    with Wire(url, buffer=65536) as slow, Wire(url) as idle, Wire(url) as half:
        assert idle.get("/healthz").status == 200
        half.send("GET /healthz HTTP/1.1\r\n")
        slow.ask(path)
        slow.ask("/healthz")  # asked before the end began
        answer = slow.head()
        assert int(answer["content-length"]) == size
        slow.take(100000)
        os.kill(int(pid), signal.SIGTERM)

        wait_for(lambda: refused(url), "the listening socket is still open")
        assert idle.closed()
        half.send("Host: x\r\n\r\n")
        last = half.answer()
        assert last.status == 503 and last["connection"] == "close" and half.closed()
        with open(file, "rb") as opened:
            opened.seek(100000)
            while block := opened.read(1 << 20):
                assert slow.take(len(block)) == block
        assert slow.answer()["connection"] == "close" and slow.closed()


def hold(url, path, pid):
    """Two SIGTERMs while a client does not read: he is cut off, visibly."""
    with Wire(url, buffer=65536) as slow:
        slow.ask(path)
        assert slow.head().status == 200
        os.kill(int(pid), signal.SIGTERM)
        wait_for(lambda: refused(url), "the listening socket is still open")
        os.kill(int(pid), signal.SIGTERM)
        wait_for(lambda: gone(pid), "it lives")
        try:
            assert len(slow.rest()) < 30000000
        except ConnectionResetError:
            pass


def hang(url, path, pid):
    """One SIGTERM and a client who does not read for as long as the server lives."""
    with Wire(url, buffer=65536) as slow:
        slow.ask(path)
        assert slow.head().status == 200
        os.kill(int(pid), signal.SIGTERM)
        wait_for(lambda: gone(pid), "it lives")


def pause(url, path, file, seconds):
    """A player that stops reading in the middle, as long as that, and goes on."""
    with open(file, "rb") as opened:
        oracle = opened.read()
    with Wire(url, buffer=65536) as slow:
        slow.ask(path)
        time.sleep(int(seconds))
        assert slow.answer().body == oracle


def crowd(url, most):
    """More clients than may connect: the surplus is served when others have gone."""
    busy = [Wire(url) for _ in range(int(most))]
    for wire in busy:
        wire.send("GET /healthz HTTP/1.1\r\n")  # not idle, so their places are theirs
    late = [Wire(url) for _ in range(8)]
    for wire in late:
        wire.ask("/healthz")
    ready, _, _ = select.select([wire.socket for wire in late], [], [], 0.5)
    assert not ready, "more connections than allowed"
    for wire in busy:
        wire.send("Host: x\r\n\r\n")
        assert wire.answer().status == 200
    # they are idle now, and give their places to those who wait
    for wire in late:
        assert wire.answer().status == 200
    for wire in busy + late:
        wire.close()


def log(url):
    """Requests whose log lines could do harm: three."""
    with Wire(url) as wire:
        wire.send(b"GET /a\"b\\ HTTP/1.1\r\nHost: x\r\nUser-Agent: evil\x9b2J\x80\r\n\r\n")
        assert wire.answer().status == 400
    with Wire(url) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nReferer: \x80\xff\"\\\r\n\r\n")
        wire.answer()
    with Wire(url) as wire:
        wire.send(b"\x1b[2J\r\n\r\n")
        wire.answer()


def raw(url):
    """Send standard input, print what comes until the server closes."""
    with Wire(url) as wire:
        wire.send(sys.stdin.buffer.read())
        sys.stdout.buffer.write(wire.rest())


def refused(url):
    try:
        with Wire(url):
            return False
    except ConnectionError:
        return True


def gone(pid):
    """Ended, whether or not its parent has noticed."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def burst(url, path, file, pid):
    """SIGTERM under load: each answer that has begun is whole; a connection ends between answers or before the first byte."""
    with open(file, "rb") as opened:
        oracle = opened.read()
    bad, done = [], [0] * 16

    def client(n):
        try:
            while True:
                with Wire(url) as wire:
                    for _ in range(50):
                        wire.ask(path)
                        try:
                            wire.more()
                        except (ConnectionError, Incomplete) as error:
                            if wire.have:
                                bad.append(error)
                            return
                        answer = wire.answer()
                        if answer.status != 200 or answer.body != oracle:
                            bad.append(answer.status)
                        done[n] += 1
                        if answer["connection"] == "close":
                            break
        except ConnectionError:
            return
        except Exception as error:
            bad.append(error)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(len(done))]
    for thread in threads:
        thread.start()
    wait_for(lambda: min(done) >= 20, f"no load: {done} {bad}")
    os.kill(int(pid), signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert not bad, bad[:5]


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
