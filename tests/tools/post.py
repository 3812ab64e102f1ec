"""Honest and dishonest players that post events, for tests/cli/events.t and tests/bench/events.sh. Each function is a command.

    python3 post.py strangers URL
"""

import atexit
import collections
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

PATIENCE = 60  # seconds: against hanging for ever, not a measurement


def line(session, seq, **more):
    return json.dumps({"event": "progress", "seq": seq, "time_ms": 1764000000000 + seq, "session": session, "listener": "anna", "place": "52.5,13.4",
                       "song": "1gcyaec7dh22va24fyjpv1qwv1rfkps2", "heard_ms": seq * 1000, "buffer_ms": 9000, "kbps": 160, **more}, separators=(",", ":"))


def lines(session, seqs):
    return "".join(line(session, seq) + "\n" for seq in seqs).encode()


class Poster:
    """One kept-alive connection."""

    def __init__(self, url):
        self.to = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.to, timeout=PATIENCE)

    def ask(self, body, method="POST", path="/events", **fields):
        self.connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        return answer, text

    def status(self, *args, **fields):
        return self.ask(*args, **fields)[0].status


def metric(url, name):
    text = Poster(url).ask(None, "GET", "/metrics")[1]
    return float(next(row for row in text.splitlines() if row.startswith(f"stretto_{name} ")).split(" ")[1])


def stored(folder):
    """(session, seq) of each line of all files in a folder, counted; every byte of them must be whole lines of JSON."""
    seen = collections.Counter()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl"):
            continue
        with open(f"{folder}/{name}", "rb") as file:
            body = file.read()
        assert not body or body.endswith(b"\n"), f"{name} ends in {body[-60:]}"
        for row in body.splitlines():
            event = json.loads(row)
            assert event["received_ms"] > 1764000000000 and event["address"] == "127.0.0.0", event
            seen[event["session"], event["seq"]] += 1
    return seen


class Server:
    def __init__(self, *args):
        self.process = subprocess.Popen(["stretto-serve", "--listen", "127.0.0.1:0", *args], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        atexit.register(self.process.kill)  # also where an assertion ends us
        assert ready.startswith("listening on "), ready
        self.url = "http://" + ready.split()[-1]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def say(name, holds, what=""):
    print(f"{'ok' if holds else 'not ok'} {name}" + (f"\n# {what}" if what and not holds else ""), flush=True)


def strangers(url):
    """What is no event is refused, whole requests at a time, and nothing of it is stored."""
    poster, good = Poster(url), line("s", 1)
    before = metric(url, "events_total")
    cases = {
        "nothing": (b"", 400), "empty lines": (b"\n\r\n\n", 400), "text": (b"hello\n", 400), "an array": (b"[]\n", 400), "a number": (b"7", 400),
        "an object without what events have": (b'{"event":"end"}\n', 400),
        "a torn line": (good[:50].encode(), 400),
        "a torn line behind a good one": (good.encode() + b"\n" + good[:50].encode(), 400),
        "two objects on a line": ((good + good).encode(), 400),
        "no UTF-8": (good.replace("anna", "an\udcff").encode(errors="surrogateescape"), 400),
        "a NUL": (good.replace("anna", "an\0").encode(), 400),
        "numbers beyond reason": (line("s", 10**16).encode(), 400), "negative ones": (line("s", -1).encode(), 400),
        "a seq that is a text": (line("s", 1).replace('"seq":1', '"seq":"1"').encode(), 400),
        "a session of 65 bytes": (line("s" * 65, 1).encode(), 400),
        "depth": (line("s", 1)[:-1].encode() + b',"x":' + b"[" * 100000 + b"]" * 100000 + b"}", 400),
        "a line of 70 kB": (line("s", 1, why="x" * 70000).encode(), 400),
        "when it was received": (line("s", 1, received_ms=5).encode(), 400), "and from where": (line("s", 1, address="192.0.2.1").encode(), 400),
        "when it was sent": (line("s", 1, sent_ms=5).encode(), 400), "a token": (line("s", 1, token="t").encode(), 400),
        "a session that is no id": (line("s <b>", 1).encode(), 400), "a song that is none": (line("s", 1).replace("1gcyaec7", "x").encode(), 400),
        "1,001 lines": (lines("s", range(1001)), 413), "more than 1 MB": (b"\n" * ((1 << 20) + 1), 413),
    }
    for name, (body, status) in cases.items():
        try:
            got = poster.status(body)
        except (ConnectionError, http.client.HTTPException) as error:
            got = repr(error)
        if status == 413:
            poster = Poster(url)
        say(f"refuses {name}", got == status, f"{got} in place of {status}")
    say("refuses what is packed", poster.status(good.encode(), Content_Encoding="gzip") == 415)
    answer, text = poster.ask(good.encode() + b"\n{}\n")
    say("and names the line", text == "line 2: a required key is missing or invalid\n", text)
    say("nothing of all this is stored", metric(url, "events_total") == before and not stored("taken"))
    answer, _ = poster.ask(None, "GET")
    say("other methods are 405", answer.status == 405 and answer.headers["Allow"] == "POST, OPTIONS")
    say("1,000 lines are taken", poster.status(lines("many", range(1000))) == 202 and sum(stored("taken").values()) == 1000)
    say("in any media type, also by chunks", poster.status(iter([good.encode(), b"\n"]), Content_Type="text/plain") == 202 and stored("taken")["s", 1] == 1)


def browser(url):
    """What a page of another origin needs."""
    poster = Poster(url)
    answer, _ = poster.ask(None, "OPTIONS", Origin="https://elsewhere.example", Access_Control_Request_Method="POST", Access_Control_Request_Headers="content-type")
    headers = answer.headers
    say("preflight lets a page of any origin post", answer.status == 204 and headers["Access-Control-Allow-Origin"] == "*" and "POST" in headers["Access-Control-Allow-Methods"] and
        "content-type" in headers["Access-Control-Allow-Headers"].lower(), str(headers))
    for name, body, status in ("taken", lines("page", [0]), 202), ("refused", b"{}", 400):
        answer, _ = poster.ask(body, Origin="https://elsewhere.example", Content_Type="application/x-ndjson")
        say(f"and read that its events were {name}", answer.status == status and answer.headers["Access-Control-Allow-Origin"] == "*")


def many(url, clients, requests, size):
    """Clients at once; each event that was answered is there once."""
    wrong = []

    def client(number):
        poster = Poster(url)
        for request in range(int(requests)):
            seqs = range(request * int(size), (request + 1) * int(size))
            if (status := poster.status(lines(f"many{number}", seqs))) != 202:
                wrong.append(status)

    run([threading.Thread(target=client, args=(number,)) for number in range(int(clients))])
    assert not wrong, collections.Counter(wrong)
    seen = stored("taken")
    wanted = int(clients) * int(requests) * int(size)
    assert len(seen) == wanted and set(seen.values()) == {1}, len(seen)
    commits = metric(url, "events_commits_total")
    print(f"# {commits:.0f} commits for {int(clients) * int(requests)} requests")
    assert commits < int(clients) * int(requests), commits


def run(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def kills(rounds):
    """Killed in the middle of posts, started again: what was answered 202 is there once and whole, and so is all else."""
    os.mkdir("killed")
    answered, rng = set(), random.Random(1)
    for number in range(int(rounds)):
        server = Server("--workers", "2", "--events-rate", "0", "--events", "killed/events.jsonl", "--events-size", "200k", "store")
        stored("killed")  # healed
        due = time.monotonic() + rng.uniform(0.01, 0.06)

        def client(who):
            poster = Poster(server.url)
            try:
                for request in range(10**6):
                    seqs = range(request * 40, request * 40 + rng.randrange(1, 40))
                    session = f"{number}-{who}"
                    if poster.status(lines(session, seqs)) == 202:
                        if time.monotonic() > due:  # at once, before anything more can happen to these
                            server.process.kill()
                        answered.update((session, seq) for seq in seqs)
            except (OSError, http.client.HTTPException):
                pass  # killed: nobody knows what became of these

        clients = [threading.Thread(target=client, args=(who,)) for who in range(4)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        server.process.wait(PATIENCE)
        if number % 3 == 0:  # a kernel that stops in the middle of an append, as kill -9 seldom does
            with open("killed/events.jsonl", "ab") as file:
                file.write(line("torn", 0)[: rng.randrange(1, 90)].encode())
    Server("--events", "killed/events.jsonl", "store").end()
    seen = stored("killed")
    lost = [event for event in answered if seen[event] != 1]
    print(f"# {len(answered)} events answered 202, {len(seen)} stored, {len(os.listdir('killed'))} files")
    assert not lost and len(answered) > 1000, lost[:5]
    assert len(os.listdir("killed")) > 2 and not any(session == "torn" for session, _ in seen)


def hangups(rounds):
    """logrotate's way: moved away and SIGHUP, again and again, under posts."""
    os.mkdir("hung")
    server = Server("--events-rate", "0", "--events", "hung/events.jsonl", "store")
    answered, over = set(), threading.Event()

    def client(who):
        poster = Poster(server.url)
        for request in range(10**6):
            if over.is_set():
                return
            seqs = range(request * 10, request * 10 + 10)
            if poster.status(lines(who, seqs)) == 202:
                answered.update((who, seq) for seq in seqs)

    clients = [threading.Thread(target=client, args=(str(who),)) for who in range(4)]
    for thread in clients:
        thread.start()
    for number in range(int(rounds)):
        seen = len(answered)
        while len(answered) < seen + 100:
            time.sleep(0.002)
        os.rename("hung/events.jsonl", f"hung/moved-{number}.jsonl")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while not os.path.exists("hung/events.jsonl"):
            assert time.monotonic() < deadline
            time.sleep(0.002)
    over.set()
    for thread in clients:
        thread.join()
    assert server.end() == 0
    seen = stored("hung")
    assert set(seen) == answered and set(seen.values()) == {1}, (len(seen), len(answered))


def full(folder):
    """A disk without room: 507, nothing of it stored; and on it goes when there is room again."""
    os.mkdir(f"{folder}/events")
    server = Server("--events-rate", "0", "--events", f"{folder}/events/events.jsonl", "store")
    poster, answered, refused, number = Poster(server.url), set(), 0, 0
    while refused < 20:
        seqs = range(number, number + 500)
        answer, text = poster.ask(lines("full", seqs))
        if answer.status == 202:
            assert not refused, "taken after it was refused"
            answered.update(("full", seq) for seq in seqs)
        else:
            assert (answer.status, text, answer.headers["Retry-After"]) == (507, "the disk is full\n", "1"), (answer.status, text)
            refused += 1
        number += 500
        seen = stored(f"{folder}/events")
        assert set(seen) == answered, (len(seen), len(answered))
    os.unlink(f"{folder}/ballast")
    assert poster.status(lines("again", range(500))) == 202
    seen = stored(f"{folder}/events")
    assert len(seen) == len(answered) + 500 and set(seen.values()) == {1}
    assert metric(server.url, "events_failed_commits_total") == 20
    assert server.end() == 0


def deaf(address):
    """A server that hangs up on who posts, once."""
    host, port = address.split(":")
    with socket.create_server((host, int(port))) as server:
        server.settimeout(PATIENCE)
        client, _ = server.accept()
        assert client.recv(100).startswith(b"POST /events?sent_ms=")
        client.close()


def slow(url):
    """One who sends a body byte by byte, and one who goes away in the middle, hinder nobody."""
    to = urllib.parse.urlsplit(url)
    body = lines("slow", range(50))
    sockets = [socket.create_connection((to.hostname, to.port)) for _ in range(20)]
    for number, one in enumerate(sockets):
        one.sendall(f"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: 100 + number])
    assert Poster(url).status(lines("quick", range(50))) == 202
    for one in sockets[1:]:
        one.close()
    sockets[0].sendall(body[100:])
    assert sockets[0].recv(100).startswith(b"HTTP/1.1 202 ")
    seen = stored("taken")
    assert sum(session == "slow" for session, _ in seen) == 50 and sum(session == "quick" for session, _ in seen) == 50


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
