"""Attacks on a server: python3 abuse.py COMMAND URL ARGS. Each function that takes a URL first is a command for serve-abuse.t.

Those that print "ok NAME" lines are for `rows` of lib.sh.
"""

import json
import os
import select
import socket
import sys
import time
import traceback

from wire import Incomplete, Wire, get, wait_for

HOST = b"Host: x\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def post(*fields, body=b""):
    return b"POST /songs HTTP/1.1\r\n" + HOST + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


def fields(count):
    return b"".join(b"F%d: x\r\n" % i for i in range(count))


# what two readers might understand in two ways, or what nobody needs: refused and closed
SHAPES = {
    "Content-Length and Transfer-Encoding": post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "the same the other way round": post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n"),
    "two Content-Lengths": post(b"Content-Length: 1", b"Content-Length: 2", body=b"ab"),
    "two Content-Lengths that agree": post(b"Content-Length: 1", b"Content-Length: 1", body=b"a"),
    "a list of lengths": post(b"Content-Length: 1, 1", body=b"a"),
    "a length with a sign": post(b"Content-Length: +1", body=b"a"),
    "a negative length": post(b"Content-Length: -1", body=b"a"),
    "a length in hexadecimal": post(b"Content-Length: 0x1", body=b"a"),
    "a length with a fraction": post(b"Content-Length: 1.0", body=b"a"),
    "an empty length": post(b"Content-Length:", body=b"a"),
    "a length beyond 64 bits": post(b"Content-Length: 18446744073709551617", body=b"a"),
    "a length with a blank in it": post(b"Content-Length: 1 1", body=b"a"),
    "a length with a letter behind": post(b"Content-Length: 1a", body=b"a"),
    "a blank before the colon": post(b"Content-Length : 1", body=b"a"),
    "a tab before the colon": post(b"Content-Length\t: 1", body=b"a"),
    "a coding that is not known": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked, chunked": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "two Transfer-Encodings": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "an empty Transfer-Encoding": post(b"Transfer-Encoding:", b"Content-Length: 0"),
    "quoted chunked": post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "chunked behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "a blank before the colon of Transfer-Encoding": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "Transfer-Encoding in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare LF after the request line": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "bare LF after a field": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "bare LF all over": b"GET / HTTP/1.1\nHost: x\n\n",
    "bare LF at the end": b"GET / HTTP/1.1\r\nHost: x\r\n\n",
    "bare CR in a field": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
    "bare CR after a field": b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "CR CR LF": b"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
    "a folded field": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a folded field with a tab": b"GET / HTTP/1.1\r\nHost: x\r\nA:\r\n\tb\r\n\r\n",
    "a folded Content-Length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 5\r\n\r\nabcde",
    "a fold before the first field": b"GET / HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
    "no name before the colon": b"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n",
    "a blank in a field's name": b"GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
    "NUL in a field's name": b"GET / HTTP/1.1\r\nHost: x\r\nA\0: c\r\n\r\n",
    "NUL in a field": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
    "an escape in a field": b"GET / HTTP/1.1\r\nHost: x\r\nA: \x1b[2J\r\n\r\n",
    "DEL in a field": b"GET / HTTP/1.1\r\nHost: x\r\nA: \x7f\r\n\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the method": b"GE\0T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "two blanks before the target": b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "two blanks before the version": b"GET /  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank after the version": b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    "a tab in the request line": b"GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank before the method": b" GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no method": b"/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "no version": b"GET /\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/1.10": b"GET / HTTP/1.10\r\nHost: x\r\n\r\n",
    "HTTP/1": b"GET / HTTP/1\r\nHost: x\r\n\r\n",
    "http/1.1": b"GET / http/1.1\r\nHost: x\r\n\r\n",
    "HTTP/+1.1": b"GET / HTTP/+1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "an empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "a Host with a path": b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "a Host with a user": b"GET / HTTP/1.1\r\nHost: a@x\r\n\r\n",
    "a Host with a blank": b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
    "CONNECT": b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n",
    "a star for GET": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target without a slash": b"GET songs HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target of another scheme": b"GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target without a host": b"GET http:///songs HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target with a user": b"GET http://a@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a fragment": b"GET /#a HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes above 0x7e in the target": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target of 9,000 bytes": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target without end": b"GET /" + b"a" * 20000,
    "a head of 20,000 bytes": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20000 + b"\r\n\r\n",
    "101 fields": b"GET / HTTP/1.1\r\nHost: x\r\n" + fields(100) + b"\r\n",
    "3,000 fields": b"GET / HTTP/1.1\r\nHost: x\r\n" + fields(3000) + b"\r\n",
    "blank lines for ever": b"\r\n" * 50,
    "an expectation that is not known": post(b"Expect: 200-maybe", b"Content-Length: 1", body=b"a"),
    "a chunk's size with a sign": chunked(b"+1\r\na\r\n0\r\n\r\n"),
    "in hexadecimal with a prefix": chunked(b"0x1\r\na\r\n0\r\n\r\n"),
    "a negative one": chunked(b"-1\r\na\r\n0\r\n\r\n"),
    "none": chunked(b"\r\na\r\n0\r\n\r\n"),
    "one with a letter": chunked(b"1g\r\na\r\n0\r\n\r\n"),
    "one with a blank before": chunked(b" 1\r\na\r\n0\r\n\r\n"),
    "one with a blank behind": chunked(b"1 \r\na\r\n0\r\n\r\n"),
    "one of 17 digits": chunked(b"00000000000000001\r\na\r\n0\r\n\r\n"),
    "one beyond 64 bits": chunked(b"10000000000000001\r\na\r\n0\r\n\r\n"),
    "one that makes the sum wrap": chunked(b"1\r\na\r\nffffffffffffffff\r\na\r\n0\r\n\r\n"),
    "a chunk that ends in bare LF": chunked(b"1\na\n0\n\n"),
    "a chunk that ends in LF": chunked(b"1\r\na\n0\r\n\r\n"),
    "a chunk longer than it says": chunked(b"1\r\nab\r\n0\r\n\r\n"),
    "a chunk shorter than it says": chunked(b"3\r\na\r\n0\r\n\r\n"),
    "an extension with a bare LF": chunked(b"1;a\nb\r\na\r\n0\r\n\r\n"),
    "an extension of 9,000 bytes": chunked(b"1;" + b"a" * 9000 + b"\r\na\r\n0\r\n\r\n"),
    "extensions without end": chunked((b"1;" + b"a" * 500 + b"\r\na\r\n") * 40 + b"0\r\n\r\n"),
    "a trailer with a bare LF": chunked(b"0\r\nA: b\nC: d\r\n\r\n"),
    "a length in the trailers": chunked(b"0\r\nContent-Length: 7\r\n\r\n"),
    "a folded trailer": chunked(b"0\r\nA: b\r\n c\r\n\r\n"),
    "trailers of 20,000 bytes": chunked(b"0\r\n" + b"A: b\r\n" * 4000 + b"\r\n"),
}  # fmt: skip

# odd, and allowed: (request, status), and the connection goes on
ALLOWED = {
    "an absolute target": (b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    "two blank lines before": (b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    "no blank after a colon, many behind": (b"GET /healthz HTTP/1.1\r\nhOST:x   \t \r\nA:\r\n\r\n", 200),
    "a star for OPTIONS": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 204),
    "100 fields": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + fields(99) + b"\r\n", 200),
    "a target of 8,000 bytes": (b"GET /healthz?" + b"a" * 8000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    "a GET with a body": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", 200),
    "a body of no bytes": (post(b"Content-Length: 0"), 405),
    "a body in chunks": (chunked(b"1\r\na\r\n00A\r\n0123456789\r\n0\r\n\r\n"), 405),
    "extensions and trailers": (chunked(b'1;a=b;c="d"\r\na\r\n0;e\r\nA: b\r\n\r\n'), 405),
    "CHUNKED": (post(b"Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n"), 405),
    "a method of its own": (b"BREW /songs HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "an upgrade that we do not know": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n", 200),
}  # fmt: skip

PATHS = [
    prefix + up * depth + "marker"
    for prefix in ("/", "/songs/", "/names/")
    for depth in (1, 2, 3)
    for up in (
        "../", "..%2f", "..%2F", "%2e%2e/", "%2e%2e%2f", "%2E%2E%2F", ".%2e/", "%2e./", "..%5c", "..\\", "%5c..%5c", "..%252f", "%252e%252e/",
        "%252e%252e%252f", "%25252e%25252e/", "..%c0%af", "%c0%ae%c0%ae/", "%e0%80%ae%e0%80%ae/", "..%ef%bc%8f", "%uff0e%uff0e/", "%u002e%u002e/",
        ".../", "..../", "....//", "..;/", "..;a=b/", "..%00/", "..%20/", "..%09/", "./../", "//../", "..//", "..%0d%0a/", "%2e%2e;/", "..?/../", "..#/../",
    )
] + ["/../../../../../../etc/passwd", "//etc/passwd", "/etc/passwd", "file:///etc/passwd", "/names//etc/passwd", "/songs/%2fetc%2fpasswd"]  # fmt: skip


def report(name, test, *args):
    try:
        test(*args)
        print("ok", name, flush=True)
    except Exception:
        print("not ok", name)
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()[-5:]), end="", flush=True)


def requests(url):
    return json.loads(get(url, "/stats.json").body)["requests_total"]


def refused(url, data):
    with Wire(url) as wire:
        wire.send(data + NEXT)
        answer = wire.answer()
        assert 400 <= answer.status <= 599, answer.status
        assert answer["connection"] == "close"
        assert wire.closed(), "it went on"


def shapes(url, behind=None):
    """@param behind  the server behind this one, which must not see any of them"""
    before = behind and requests(behind)
    for name, data in SHAPES.items():
        report(f"{name}: refused", refused, url, data)
    if behind:
        report("none of them is passed on", lambda: check(requests(behind) == before + 1))


def check(true):
    assert true


def in_sync(url, data, status):
    with Wire(url) as wire:
        for _ in range(2):
            wire.send(data)
            answer = wire.answer()
            assert answer.status == status, answer.status
        assert wire.get("/healthz").body == b"ok\n"


def allowed(url):
    for name, (data, status) in ALLOWED.items():
        report(f"{name}: {status}", in_sync, url, data, status)


def blank_lines_of_others(url):
    """What one client sends before its request is not held against another."""
    clients = [Wire(url) for _ in range(10)]
    for wire in clients:
        wire.send("\r\n")
    time.sleep(0.05)  # for them to be read one by one; no harm when they are not
    for wire in clients:
        assert wire.get("/healthz").status == 200
        wire.close()


def traversal(url, marker, *links):
    """No way out of the store: by path, or through links in it (paths that must be 404)."""
    for path in PATHS:
        with Wire(url) as wire:
            wire.ask(path)
            answer = wire.answer()
        assert answer.status in (400, 404), (path, answer.status)
        assert marker.encode() not in answer.body and b"root:" not in answer.body, path
    for path in links:
        answer = get(url, path)
        assert answer.status == 404 and marker.encode() not in answer.body, (path, answer.status)


def bodies(url):
    """Uploads: as large as allowed, too large, asked for first; answered rightly and in step."""
    with Wire(url) as wire:
        wire.send(post(b"Expect: 100-continue", b"Content-Length: 5"))
        assert wire.head().status == 100
        wire.send(b"abcde")
        assert wire.answer().status == 405
        wire.send(post(b"Expect: 100-Continue", b"Transfer-Encoding: chunked"))
        assert wire.head().status == 100
        wire.send(b"3\r\nabc\r\n0\r\n\r\n")
        assert wire.answer().status == 405
        assert wire.get("/songs", "PUT", body=b"x" * (1 << 20)).status == 405
        for byte in chunked(b"3\r\nabc\r\n0\r\nA: b\r\n\r\n"):  # byte by byte
            wire.send(bytes([byte]))
        assert wire.answer().status == 405
        assert wire.get("/healthz").body == b"ok\n"
    for data in (post(b"Content-Length: 1048577"), post(b"Content-Length: 1048577", b"Expect: 100-continue"), chunked(b"100001\r\n" + b"x" * 0x100001 + b"\r\n0\r\n\r\n")):  # fmt: skip
        with Wire(url) as wire:
            wire.send(data)
            answer = wire.answer()
            assert answer.status == 413 and answer["connection"] == "close" and wire.closed(), answer.status


def honest(url, path, file, times):
    """Every one of these must succeed; ten on each connection."""
    assert times % 10 == 0 and times > 0
    with open(file, "rb") as opened:
        oracle = opened.read()
    for i in range(times // 10):
        with Wire(url) as wire:
            for _ in range(10):
                answer = wire.get(path)
                assert answer.status == 200 and answer.body == oracle, (i, answer.status)


def slow(url, path, file):
    """300 connections of the slow kinds; 500 requests of others beside them."""
    crowd = []
    for i in range(300):
        wire = Wire(url, buffer=4096 if i % 4 == 2 else None)
        if i % 4 == 0:
            wire.send("G")
        elif i % 4 == 1:
            wire.send(post(b"Content-Length: 1000"))
        elif i % 4 == 2:
            wire.ask(path)  # and never reads
        else:
            wire.ask("/healthz")
            wire.socket.shutdown(socket.SHUT_WR)
        crowd.append(wire)
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for turn in range(10):
        honest(url, path, file, 50)
        for i, wire in enumerate(crowd):
            if i % 4 == 0:
                wire.send(head[turn + 1 : turn + 2])
            elif i % 4 == 1:
                wire.send(b"x")
    for i, wire in enumerate(crowd):  # and all of them were well served
        if i % 4 == 0:
            wire.send(head[11:])
            assert wire.answer().status == 200, i
        elif i % 4 == 1:
            wire.send(b"x" * 990)
            assert wire.answer().status == 405, i
        elif i % 4 == 2:
            answer = wire.answer()
            assert answer.status == 200 and len(answer.body) == os.path.getsize(file), i
        else:
            assert wire.answer().status == 200 and wire.closed(), i
        wire.close()


def late(url):
    """A head that does not come in time is 408, in whatever crumbs it comes; so is a body."""
    head, body = Wire(url), Wire(url)
    head.send("GET / HTTP/1.1\r\nHost: x\r\nA: ")
    body.send(post(b"Content-Length: 1000"))
    over = set()
    end = time.monotonic() + 60
    while len(over) < 2 and time.monotonic() < end:
        for wire in (head, body):
            if wire not in over:
                try:
                    wire.send("x")
                except ConnectionError:
                    pass
        ready, _, _ = select.select([w.socket for w in (head, body) if w not in over], [], [], 0.2)
        for wire in (head, body):
            if wire.socket in ready:
                answer = wire.answer()
                assert answer.status == 408 and answer["connection"] == "close", answer.status
                over.add(wire)
    assert len(over) == 2


def cpu(pid):
    with open(f"/proc/{pid}/stat") as stat:
        numbers = stat.read().rsplit(")", 1)[1].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def outcome(wire):
    """A status, or "broken" for an answer that visibly is not whole: a server without a place to spare closes connections."""
    try:
        return wire.answer().status
    except (Incomplete, ConnectionResetError):
        return "broken"


def full(url, path, file, pid):
    """More connections than descriptors: alive, waiting quietly, and as before when they have gone."""
    # from now on an edge has it, and needs no descriptor to ask for it. UBSan, too, has seen the types that this takes: the first time it
    # opens a pipe to read a vptr through, and without descriptors it calls a good object a bad one
    honest(url, path, file, 10)
    crowd = []
    for _ in range(60):
        wire = Wire(url)
        wire.send(f"GET {path} HTTP/1.1\r\n")
        crowd.append(wire)
    before = cpu(pid)
    time.sleep(1)
    spent = cpu(pid) - before
    assert spent < 0.2, f"{spent} s of work in a second of waiting"
    # in their turn each is answered, though there may be no descriptor for a file (503), or to ask upstream (502), just then
    for wire in crowd:
        wire.send("Host: x\r\nConnection: close\r\n\r\n")
    statuses = [outcome(wire) for wire in crowd]
    assert set(statuses) <= {200, 502, 503, "broken"} and statuses.count(200) >= 40, statuses
    for wire in crowd:
        wire.close()
    honest(url, path, file, 50)
    # idle ones give their places
    idle = []
    for _ in range(45):
        wire = Wire(url)
        assert wire.get("/healthz").status == 200
        idle.append(wire)
    honest(url, path, file, 10)
    for wire in idle:
        wire.close()


def aborts(url, path, pid, times):
    """Clients that go in the middle of an answer, in both ways, leave nothing behind."""
    for kind in ("get", "idle"):  # so that files and the like are open
        get(url, path)
    before = descriptors(pid)
    for i in range(int(times)):
        wire = Wire(url, buffer=4096)
        wire.ask(path)
        if i % 3:
            wire.take(1000)
        if i % 2:
            wire.reset()
        else:
            wire.close()
    wait_for(lambda: descriptors(pid) <= before, f"{descriptors(pid)} descriptors, {before} before")
    wait_for(lambda: json.loads(get(url, "/stats.json").body)["connections_open"] == 1, "connections are left")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
