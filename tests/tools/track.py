"""Peers and clients of a tracker, for track.t: each function of this file is a command, with the tracker's URL first.

Every 127.x.y.z is an address of this machine, so peers can listen in as many networks (/24) as a test needs.
"""

import http.client
import json
import os
import random
import resource
import signal
import socket
import sys
import time
import urllib.parse

HAVE = {"96": [[0, 2]], "160": [[0, 2]], "320": [[0, 2]]}
BERLIN, PARIS, SYDNEY, LIMA = "52.5,13.4", "48.9,2.4", "-33.9,151.2", "-12.0,-77.0"


class Tracker:
    def __init__(self, url, source=None):
        self.host = urllib.parse.urlsplit(url).netloc
        self.source = source
        self.line = None

    def ask(self, method, path, body=None, fields=None):
        """Status and body; JSON when it is that."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        for last in (False, True):
            if not self.line:
                source = (self.source, 0) if self.source else None
                self.line = http.client.HTTPConnection(self.host, timeout=30, source_address=source)
            try:
                self.line.request(method, path, body, fields or {})
                answer = self.line.getresponse()
                text = answer.read().decode()
                break
            except (http.client.HTTPException, OSError):
                self.line = None
                if last:
                    raise
        if text and "json" in (answer.getheader("Content-Type") or ""):
            return answer.status, json.loads(text)
        return answer.status, text

    def announce(self, song, port, have=None, fields=None, **more):
        said = {"peer_id": f"p{port}", "port": port, "upload_kbps": 5000, "songs": {song: HAVE if have is None else have}}
        said.update(more)
        return self.ask("POST", "/announce", said, fields)

    def peers(self, song, fields=None, **more):
        status, said = self.ask("POST", "/peers", {"song_id": song, **more}, fields)
        assert status == 200, (status, said)
        return said["peers"]

    def urls(self, song, **more):
        return [peer["url"] for peer in self.peers(song, **more)]

    def stats(self):
        return self.ask("GET", "/stats.json")[1]


class Peer:
    """Listens on an address of its own, and announces itself."""

    def __init__(self, url, ip, song, listens=True, **more):
        self.socket = socket.create_server((ip, 0))
        self.port = self.socket.getsockname()[1]
        if not listens:
            self.socket.close()
        self.ip, self.song, self.tracker = ip, song, Tracker(url, ip)
        self.url = f"http://{ip}:{self.port}"
        self.say(**more)

    def say(self, **more):
        status, said = self.tracker.announce(self.song, self.port, **more)
        assert status == 200, (status, said)
        self.answer = said

    def close(self):
        self.socket.close()


def until(what, holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def listed(url, song, *peers, fields=None):
    asker = Tracker(url, "127.0.200.1")
    urls = {peer.url for peer in peers}
    until(f"{urls} listed", lambda: urls <= set(asker.urls(song, want=64)))


def rows(*tests):
    for name, test in tests:
        try:
            test()
            print("ok", name, flush=True)
        except Exception as failure:  # pylint: disable=broad-except
            print("not ok", name, flush=True)
            print("#", type(failure).__name__, str(failure).replace("\n", "\n# "), flush=True)


def lists(url, song):
    """What peers say of themselves, and who is told of it."""
    me = Tracker(url)

    def appears():
        peer = Peer(url, "127.0.1.1", song, have={"320": [[0, 1]]}, location=PARIS)
        assert peer.answer["listed"] is False and 1 <= peer.answer["interval"] <= peer.answer["ttl"], peer.answer
        listed(url, song, peer)
        [one] = me.peers(song, location=BERLIN)
        ticket = one.pop("ticket")
        health = one.pop("health")
        assert len(ticket) == 32 and 0 < health <= 1
        km = one.pop("km")
        assert 850 < km < 900, km
        assert one == {"peer_id": f"p{peer.port}", "url": peer.url, "upload_kbps": 5000, "have": {"320": [[0, 1]]}}, one
        peer.say(have={"320": [[0, 1]]})
        assert peer.answer["listed"] is True

        def jitters():
            intervals = set()
            for _ in range(40):
                peer.say(have={"320": [[0, 1]]})
                intervals.add(peer.answer["interval"])
            return intervals
        seen = jitters()
        assert len(seen) > 10 and min(seen) >= 75 and max(seen) <= 125, seen
        assert me.urls(song, kbps=320, chunk_index=1) == [peer.url]
        assert me.urls(song, kbps=320, chunk_index=2) == [] and me.urls(song, kbps=160) == []
        assert me.urls("0" * 32) == []
        peer.say(songs={})
        assert me.urls(song) == []
        peer.say()
        assert me.urls(song) == [peer.url]
        peer.say(left=True)
        assert me.urls(song) == []
        peer.close()

    def itself():
        peers = [Peer(url, "127.0.1.1", song) for _ in range(2)]
        listed(url, song, *peers)
        asker = Tracker(url, "127.0.1.1")
        assert asker.urls(song, port=peers[0].port) == [peers[1].url]
        assert asker.urls(song, peer_id=f"p{peers[1].port}") == [peers[0].url]
        status, said = asker.ask("GET", f"/songs/{song}?manifest=0&port={peers[0].port}")
        assert status == 200 and [peer["url"] for peer in said["peers"]] == [peers[1].url], said
        for peer in peers:
            peer.say(left=True)
            peer.close()

    def unreachable():
        failed = lambda: me.stats()["peer_probes_total"]["failed"]
        before = failed()
        peer = Peer(url, "127.0.1.1", song, listens=False)
        until("the probe failed", lambda: failed() > before)
        assert me.urls(song) == []
        peer.say()
        assert peer.answer["listed"] is False and me.urls(song) == []
        peer.say(left=True)

    def low_port():
        status, said = me.announce(song, 22)
        assert status == 400 and "1024" in said, (status, said)

    def order():
        far = [Peer(url, f"127.0.{20 + i}.1", song, location=SYDNEY) for i in range(4)]
        near = [Peer(url, f"127.0.{30 + i}.1", song, location=PARIS) for i in range(4)]
        same = [Peer(url, f"127.0.200.{2 + i}", song, location=LIMA) for i in range(4)]
        listed(url, song, *far, *near, *same)
        asker = Tracker(url, "127.0.200.1")

        def kinds(place):
            found = asker.urls(song, location=place, want=12)
            return ["far" if u in [p.url for p in far] else "near" if u in [p.url for p in near] else "same" for u in found]
        # of the own network a quarter, while there are others
        assert kinds(BERLIN) == ["same"] * 3 + ["near"] * 4 + ["far"] * 4 + ["same"], kinds(BERLIN)
        elsewhere = Tracker(url, "127.0.201.1").peers(song, location=SYDNEY, want=4)
        assert {p["url"] for p in elsewhere} == {p.url for p in far} and all(p["km"] == 0 for p in elsewhere), elsewhere
        assert len(asker.urls(song)) == 12 and len(asker.urls(song, want=5)) == 5
        assert len(asker.urls(song, want=-1)) == 1 and len(asker.urls(song, want=10**18)) == 12
        by_field = asker.peers(song, my_location=BERLIN)
        assert by_field[0]["km"] is not None
        for peer in far + near + same:
            peer.say(left=True)
            peer.close()

    def reports():
        bad, good = Peer(url, "127.0.1.1", song, location=BERLIN), Peer(url, "127.0.2.1", song, location=PARIS)
        listed(url, song, bad, good)

        def report(network, **said):
            reporter = Tracker(url, f"127.0.{network}.1")
            ticket = next(p["ticket"] for p in reporter.peers(song) if p["url"] == bad.url)
            for field in ({"ok": False, "why": "hash", "ms": 5, "bytes": 100}, said):
                status, _ = reporter.ask("POST", "/report", {"ticket": ticket, **field})
                assert status == 204, status
            return ticket
        before = me.stats()
        ticket = report(51)
        until("a ticket counts once", lambda: me.stats()["reports_total"] == before["reports_total"] + 1)
        until("and is refused", lambda: me.stats()["reports_refused_total"] == before["reports_refused_total"] + 1)
        after = me.stats()
        assert Tracker(url, "127.0.52.1").ask("POST", "/report", {"ticket": ticket, "ok": False})[0] == 204
        assert me.stats()["reports_total"] == after["reports_total"], "of another network"
        for network in range(52, 75):
            report(network)
        until("it sinks", lambda: me.urls(song) == [good.url, bad.url])
        for peer in (bad, good):
            peer.say(left=True)
            peer.close()

    def flood():
        honest = [Peer(url, f"127.0.{60 + i}.1", song, location=SYDNEY) for i in range(6)]
        listed(url, song, *honest)
        counts, sources = {}, [Tracker(url, f"127.0.77.{i}") for i in range(1, 11)]
        listener = socket.create_server(("127.0.77.1", 0))
        for i in range(10000):
            source = sources[i % len(sources)]
            port = listener.getsockname()[1] if i == 0 else 2000 + i
            status, _ = source.announce(song, port, peer_id="flood", location=BERLIN)
            counts[status] = counts.get(status, 0) + 1
        assert set(counts) <= {200, 429}, counts
        # it is of the very network, and gets in as soon as its probe is one of the 64 under way
        beside, neighbour = Tracker(url, "127.0.77.200"), socket.create_server(("127.0.77.200", 0))

        def gets_in():
            status, said = beside.announce(song, neighbour.getsockname()[1], location=SYDNEY)
            return status == 200 and said["listed"]
        until("the neighbour is listed", gets_in, 60)
        late = Peer(url, "127.0.90.1", song, location=SYDNEY)
        listed(url, song, *honest, late)
        found = me.urls(song, location=BERLIN)
        assert {p.url for p in honest + [late]} <= set(found), found
        assert Tracker(url, "127.0.88.1").announce(song, 5000)[0] == 200
        listener.close()
        neighbour.close()
        for peer in honest + [late]:
            peer.say(left=True)
            peer.close()

    rows(("a peer that was reached is listed, while it says so and has it", appears), ("nobody is told of itself", itself),
         ("who cannot be reached is not listed", unreachable), ("ports below 1024 are refused", low_port),
         ("the own network first, then the nearest; want is kept within bounds", order),
         ("reports: a ticket counts once and for one network; a bad peer sinks, and no crowd puts it out", reports),
         ("10,000 announces of one network push nobody out", flood))


def starts(url, song, manifest, store):
    """GET /songs."""
    me = Tracker(url)
    with open(manifest, encoding="utf-8") as file:
        wanted = json.load(file)

    def one_round():
        for name in ("song", song):
            status, said = me.ask("GET", f"/songs/{name}?location={BERLIN}")
            assert status == 200 and said["song_id"] == song and said["available_bitrates"] == [96, 160, 320], said
            assert said["manifest"] == wanted and said["peers"] == []
            assert [edge["name"] for edge in said["edges"]] == ["eu", "us", "au"], said["edges"]
            assert 0 <= said["edges"][0]["km"] < 10
        status, said = me.ask("GET", "/songs/song?manifest=0")
        assert status == 200 and "manifest" not in said and said["edges"][0]["km"] is None

    def as_file():
        raw = urllib.parse.urlsplit(url)
        line = http.client.HTTPConnection(raw.netloc, timeout=30)
        line.request("GET", "/songs/song")
        text = line.getresponse().read().decode()
        with open(manifest, encoding="utf-8") as file:
            assert file.read().strip() in text

    def unknown():
        asked = lambda: me.stats()["origin_requests_total"]
        me.ask("GET", "/songs/nothing")
        before = asked()
        for _ in range(5):
            assert me.ask("GET", "/songs/nothing")[0] == 404
        assert asked() == before
        assert me.ask("GET", f"/songs/{'0' * 32}")[0] == 404
        for path in ("/songs/..%2f", "/songs/A", "/songs/", "/songs/a/b", "/nope", "/"):
            assert me.ask("GET", path)[0] in (400, 404), path
        for query in ("location=x", "location=91,0", "want=x", "want=-1", "port=70000", "kbps=0", "peer_id=a%20b"):
            status, why = me.ask("GET", f"/songs/song?{query}")
            assert status == 400 and why.strip(), (query, status)

    def announced_unknown():
        peer = socket.create_server(("127.0.1.1", 0))
        status, said = Tracker(url, "127.0.1.1").announce("z" * 32, peer.getsockname()[1])
        assert status == 200, said
        before = me.stats()["swarm_entries"]
        until("asked", lambda: me.stats()["peer_probes_waiting"] == 0)
        assert me.urls("z" * 32) == [] and me.stats()["swarm_entries"] == before
        peer.close()

    rows(("the start of a song in one round trip", one_round), ("the manifest is the origin's, byte for byte", as_file),
         ("what is not there is 404, and the origin is asked once", unknown),
         ("songs that the origin does not have are not tracked", announced_unknown))


def protocol(url, song):
    """Methods, CORS, and what is no request of ours."""
    me = Tracker(url)

    def bad_json():
        good = json.dumps({"peer_id": "p", "port": 5000, "location": BERLIN, "upload_kbps": 1, "songs": {song: HAVE}})
        for n in range(len(good)):
            status, why = me.ask("POST", "/announce", good[:n])
            assert status == 400 and why.strip(), (status, good[:n])
        for path in ("/announce", "/peers", "/report"):
            for body in ("", "null", "[]", "1", '"x"', "{}", "{" * 60000, "[" * 60000, '{"a":' * 10000, "\x00", "\xff\xfe", "{\"peer_id\":\"\\ud800\"}"):
                status, why = me.ask("POST", path, body.encode("latin-1"))
                assert status == 400 and why.strip(), (status, path, body[:20])
            status, why = me.ask("POST", path, "{" + " " * 70000 + "}")
            assert status == 413 and why.strip(), status
            me.line = None

    def edges_of_numbers():
        for number in ("1e400", "-1", "65536", "1.5", "18446744073709551616", "-9223372036854775809", "true", '"1"'):
            status, _ = me.ask("POST", "/announce", f'{{"peer_id":"p","port":{number},"songs":{{"{song}":{{"96":[[0,1]]}}}}}}')
            assert status == 400, (number, status)
        for number in ("1e300", "-5", "18446744073709551615", "0.5"):
            status, _ = me.ask("POST", "/peers", f'{{"song_id":"{song}","want":{number}}}')
            assert status == 200, (number, status)
        for chunks in ("[[1,0]]", "[[0,65536]]", "[[-1,0]]", "[[0]]", "[0]", "{}", "[[0,1e9]]"):
            status, _ = me.ask("POST", "/announce", f'{{"peer_id":"p","port":5000,"songs":{{"{song}":{{"96":{chunks}}}}}}}')
            assert status == 400, (chunks, status)

    def methods():
        for method, path in (("GET", "/announce"), ("PUT", "/announce"), ("DELETE", "/peers"), ("POST", "/edges"), ("POST", "/songs/song"), ("PATCH", "/x")):
            assert me.ask(method, path, "{}" if method != "GET" else None)[0] == 405, (method, path)
        for path in ("/nope", "/announce/", "/peers/x"):
            assert me.ask("POST", path, "{}")[0] == 404, path
        assert me.ask("HEAD", "/songs/song") == (200, "")

    def cors():
        line = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
        line.request("OPTIONS", "/announce", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"})
        answer = line.getresponse()
        answer.read()
        assert answer.status == 204 and "POST" in answer.getheader("Access-Control-Allow-Methods")
        assert answer.getheader("Access-Control-Allow-Origin") == "*" and answer.getheader("Access-Control-Allow-Headers") == "Authorization, Content-Type"
        for method, path, body in (("GET", "/songs/song", None), ("POST", "/peers", json.dumps({"song_id": song})), ("POST", "/peers", "{")):
            line.request(method, path, body)
            answer = line.getresponse()
            answer.read()
            assert answer.getheader("Access-Control-Allow-Origin") == "*", path
            assert answer.getheader("Cache-Control") == "no-store", path

    def noise():
        rng = random.Random(1)
        good = json.dumps({"peer_id": "p", "port": 5000, "songs": {song: HAVE}}).encode()
        for _ in range(2000):
            body = bytearray(good)
            for _ in range(rng.randrange(1, 5)):
                body[rng.randrange(len(body))] = rng.randrange(256)
            assert me.ask("POST", "/announce", bytes(body))[0] in (200, 400, 403)
        assert me.ask("GET", "/healthz") == (200, "ok\n")
        Tracker(url).ask("POST", "/announce", {"peer_id": "p", "port": 5000, "songs": {}})

    rows(("JSON cut short, deep, huge or none: 400 or 413, and why", bad_json), ("numbers at the edges", edges_of_numbers), ("methods and paths", methods),
         ("other pages may ask (CORS)", cors), ("2,000 announces with wrong bytes in them", noise))


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1000


def slow(url, pid, song):
    """800 clients who say nothing, or half of something: nobody else notices, and memory is bounded."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    host, port = urllib.parse.urlsplit(url).netloc.split(":")
    me, before = Tracker(url), resident(pid)
    assert me.ask("GET", "/healthz")[0] == 200
    body = b'{"peer_id":"' + b" " * 60000
    lines = []
    for i in range(800):
        line = socket.create_connection((host, int(port)))
        if i % 2:
            line.sendall(b"POST /announce HTTP/1.1\r\nHost: a\r\nContent-Length: 65000\r\n\r\n" + body)
        elif i % 4:
            line.sendall(b"POST /announce HT")
        lines.append(line)
    for _ in range(20):
        assert me.ask("GET", "/healthz") == (200, "ok\n")
        me.peers(song)
    grown = resident(pid) - before
    assert grown < 400 * 0.2 + 20, f"{grown} MB"
    for line in lines:
        line.close()


def expires(url, song):
    """With a TTL of a second or two."""
    peer = Peer(url, "127.0.1.1", song)
    me = Tracker(url)

    def seen():  # said again, since on a busy machine a second may pass before we look
        peer.say()
        return me.urls(song) == [peer.url]

    until("listed", seen)
    until("forgotten", lambda: me.urls(song) == [])
    until("removed", lambda: me.stats()["peers"] == 0)
    assert me.stats()["peers_expired_total"] >= 1
    until("shown to nobody", lambda: me.stats()["swarms"] == [])
    until("listed again", seen)


def fills(url, song, pid):
    """--max-peers."""
    listener = socket.create_server(("0.0.0.0", 0), backlog=512)
    port = listener.getsockname()[1]
    for i in range(150):
        status, said = Tracker(url, f"127.1.{i}.1").announce(song, port)
        assert status == (200 if i < 100 else 503), (i, status, said)
    assert Tracker(url).stats()["announces_refused_total"]["full"] == 50
    before = resident(pid)
    many = {f"{'0' * 26}{100000 + i}": HAVE for i in range(512)}
    for i in range(100):
        assert Tracker(url, f"127.1.{i}.1").announce(song, port, songs=many)[0] == 200
    assert resident(pid) - before < 60, resident(pid) - before
    listener.close()


def quotas(url, song):
    """--network-peers 3,5 --unproved-peers 2 --song-peers 2: 3 of an address, 5 of a /24, 2 of an address for one song."""
    listeners = [socket.create_server(("0.0.0.0", 0)) for _ in range(4)]
    ports = [one.getsockname()[1] for one in listeners]

    def join(ip, port):
        said = (0, "")

        def settled():
            nonlocal said
            said = Tracker(url, ip).announce(song, port)
            return said[0] == 429 or said[1]["listed"]
        until(f"{ip}:{port} is in or out", settled)
        return said[0]
    assert [join("127.3.1.1", port) for port in ports] == [200, 200, 200, 429]
    assert [join("127.3.1.2", port) for port in ports] == [200, 200, 429, 429], "two more of the /24"
    assert join("127.3.2.1", ports[0]) == 200, "another /24"
    found = Tracker(url, "127.9.9.9").urls(song, want=64)
    assert sum("//127.3.1.1:" in one for one in found) == 2 and len(found) == 5, found
    for one in listeners:
        one.close()


def edge_names(url, query=""):
    status, said = Tracker(url).ask("GET", "/edges" + query)
    assert status == 200, status
    return [edge["name"] for edge in said["edges"]]


def edges(url):
    for place, wanted in ((BERLIN, "eu"), ("40,-75", "us"), (SYDNEY, "au"), ("-12,-77", "us"), ("1.3,103.8", "au")):
        assert edge_names(url, f"?location={place}")[0] == wanted, (place, edge_names(url, f"?location={place}"))
    assert sorted(edge_names(url)) == ["au", "eu", "us"]
    assert Tracker(url).ask("GET", "/edges?location=x")[0] == 400


def redirected(url, target):
    """Where a GET of it is sent, and by which status."""
    line = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    line.request("GET", target)
    answer = line.getresponse()
    answer.read()
    return answer.status, answer.getheader("Location")


def nearest(url):
    """/nearest: the edge that /edges has first, with path and query as they were sent."""
    edges = {edge["name"]: edge["url"] for edge in Tracker(url).ask("GET", "/edges")[1]["edges"]}
    for place, name in ((BERLIN, "eu"), ("40,-75", "us"), (SYDNEY, "au")):
        for sent, wanted in (("/stream/song?kbps=96&", "/stream/song?kbps=96"), ("/a%2Db//c%20d?", "/a%2Db//c%20d"), ("/?x&", "/?x"), ("/songs?q=a%26b&", "/songs?q=a%26b")):
            assert redirected(url, f"/nearest{sent}location={place}") == (307, edges[name] + wanted), (place, sent)
    assert redirected(url, f"/nearest/a?my_location={BERLIN}&b=location") == (307, edges["eu"] + "/a?b=location")
    # without a place all of a song is at one edge
    assert len({redirected(url, f"/nearest/{path}")[1].split("/")[2] for path in ("stream/song", "songs/song/manifest.json", "songs/song/chunk_0.ogg")}) == 1
    assert redirected(url, "/nearest/a?location=x")[0] == 400 and redirected(url, "/nearest")[0] == 404
    assert Tracker(url).ask("POST", "/nearest/a", "{}")[0] == 405


def nearest_skips(url, pid):
    """One that is killed is named at most for one round of probes, which are 2 s apart."""
    from_berlin = lambda: redirected(url, f"/nearest/a?location={BERLIN}")
    before = from_berlin()
    os.kill(int(pid), signal.SIGKILL)
    began = time.monotonic()
    until("it is skipped", lambda: from_berlin() != before, 10)
    assert from_berlin()[0] == 307
    print(f"# after {time.monotonic() - began:.1f} s")


def edge_leaves(url, pid):
    """It leaves within 10 s, and those of its place get the next nearest."""
    assert edge_names(url, f"?location={BERLIN}")[0] == "eu"
    os.kill(int(pid), signal.SIGKILL)
    until("it left", lambda: edge_names(url, f"?location={BERLIN}") == ["us", "au"], 10)
    assert Tracker(url).stats()["edge_healthy"] == {"eu": 0, "us": 1, "au": 1}


def edge_stops(url, pid):
    """It takes connections and answers nothing."""
    os.kill(int(pid), signal.SIGSTOP)
    try:
        until("it left", lambda: "us" not in edge_names(url), 10)
    finally:
        os.kill(int(pid), signal.SIGCONT)
    until("it is back", lambda: "us" in edge_names(url), 10)


def edge_returns(url):
    until("it is back", lambda: edge_names(url, f"?location={BERLIN}")[0] == "eu", 10)


def proxy(url, song):
    """--trust-proxy 127.0.0.7"""
    through, direct = Tracker(url, "127.0.0.7"), Tracker(url, "127.0.8.1")
    peer = socket.create_server(("127.0.5.5", 0))
    port = peer.getsockname()[1]
    shown = lambda: Tracker(url, "127.0.200.1").urls(song)
    for fields in ({"X-Forwarded-For": "127.0.5.5"}, {"X-Forwarded-For": "6.6.6.6, 127.0.5.5"}, {"Forwarded": 'for=9.9.9.9, for="127.0.5.5:4711";proto=http'},
                   {"Forwarded": "proto=http;FOR=127.0.5.5", "X-Forwarded-For": "127.0.5.5:99"}):
        assert through.announce(song, port, fields=fields)[0] == 200
        until("listed", lambda: shown() == [f"http://127.0.5.5:{port}"])
        assert through.announce(song, port, fields=fields, left=True)[0] == 200
        assert shown() == []
    for fields in ({"X-Forwarded-For": "nobody"}, {"X-Forwarded-For": ""}, {"Forwarded": "for=unknown"}, {"Forwarded": "by=1.2.3.4"},
                   {"Forwarded": "for=1.2.3.4", "X-Forwarded-For": "127.0.5.5"}, {"Forwarded": 'for="[::1"'}):
        status, why = through.announce(song, port, fields=fields)
        assert status == 400 and why.strip(), (fields, status)
    # from anybody else it is hearsay
    own = socket.create_server(("127.0.8.1", 0))
    assert direct.announce(song, own.getsockname()[1], fields={"X-Forwarded-For": "127.0.5.5", "Forwarded": "for=1.1.1.1"})[0] == 200
    until("listed", lambda: shown() == [f"http://127.0.8.1:{own.getsockname()[1]}"])
    # the proxy itself, without a field
    assert through.ask("GET", "/healthz")[0] == 200


def places(url):
    """--geoip, and --trust-proxy 127.0.0.1 to come from anywhere."""
    first = lambda ip, query="": Tracker(url).ask("GET", f"/edges{query}", fields={"X-Forwarded-For": ip})[1]["edges"][0]
    assert first("81.2.69.1")["name"] == "eu" and first("2001:db8::9")["name"] == "au"
    assert 0 < first("81.2.69.1")["km"] < 1000
    assert first("81.2.69.1", f"?location={SYDNEY}")["name"] == "au"  # what the client says counts more
    for nowhere in ("9.9.9.9", "198.51.100.1", "2001:db9::1"):
        assert first(nowhere)["km"] is None


def limited(url):
    """--rate-limit 5 --trust-proxy 127.0.0.1: by the address behind the proxy."""
    me = Tracker(url)
    codes = [me.ask("GET", "/healthz", fields={"X-Forwarded-For": "1.2.3.4"})[0] for _ in range(30)]
    assert codes[0] == 200 and 429 in codes, codes
    assert me.ask("GET", "/healthz", fields={"X-Forwarded-For": "1.2.3.5"})[0] == 200
    assert me.ask("GET", "/healthz", fields={"X-Forwarded-For": "2001:db8::1"})[0] == 200


def allowed(url, song, other):
    me = Tracker(url)
    assert me.ask("GET", f"/songs/{song}?manifest=0")[0] == 200 and me.ask("GET", "/songs/song?manifest=0")[0] == 200
    for path in (f"/songs/{other}", "/songs/other"):
        assert me.ask("GET", path)[0] == 403, path
    assert me.announce(other, 5000)[0] == 403
    assert me.ask("POST", "/peers", {"song_id": other})[0] == 403
    peer = Peer(url, "127.0.1.1", song, songs={song: HAVE, other: HAVE})
    listed(url, song, peer)
    assert me.stats()["swarm_entries"] == 1


def without_origin(url, song, other):
    """The origin is gone: what is known is answered, and who has an id finds edges and peers."""
    me = Tracker(url)
    status, said = me.ask("GET", "/songs/song")
    assert status == 200 and said["manifest"]["id"] == song
    status, said = me.ask("GET", f"/songs/{other}")
    assert status == 200 and said["available_bitrates"] == [] and "manifest" not in said and said["edges"], said
    assert me.ask("GET", "/songs/unheard")[0] in (502, 504)


def drains(url, pid):
    """A request under way when SIGTERM comes is answered."""
    host, port = urllib.parse.urlsplit(url).netloc.split(":")
    line = socket.create_connection((host, int(port)))
    line.sendall(b"POST /peers HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
    until("it was read", lambda: Tracker(url).stats()["connections_open"] >= 2)
    os.kill(int(pid), signal.SIGTERM)
    line.sendall(b"}")
    assert line.recv(100).startswith(b"HTTP/1.1 400")


def number(url, name):
    return Tracker(url).stats()[name]


def shared(one, two, song):
    """Peers that announce themselves to one tracker or another, and are named by both."""
    peers = [Peer(two if i % 2 else one, f"127.0.{40 + i}.1", song, location=PARIS) for i in range(8)]
    listed(one, song, *peers)
    listed(two, song, *peers)
    assert number(two, "peer_probes_total")["reached"] == 4, "each was connected to once"
    peers[0].tracker = Tracker(two, peers[0].ip)
    peers[0].say()
    assert peers[0].answer["listed"] is True, peers[0].answer
    ticket = Tracker(one, "127.0.200.1").peers(song)[0]["ticket"]
    report = {"ticket": ticket, "ok": True, "ms": 10, "bytes": 10**6}
    total = lambda name: number(one, name) + number(two, name)
    counted, refused = total("reports_total"), total("reports_refused_total")
    for url in (two, one):
        assert Tracker(url, "127.0.200.1").ask("POST", "/report", report)[0] == 204
    until("one of them refuses it", lambda: total("reports_refused_total") == refused + 1)
    until("it counts at the other", lambda: total("reports_total") == counted + 1)
    for i, peer in enumerate(peers):
        peer.tracker = Tracker(one if i % 2 else two, peer.ip)
        peer.say(left=True)
    for url in (one, two):
        until("all have left", lambda: not {p.url for p in peers} & set(Tracker(url, "127.0.200.1").urls(song, want=64)))


def without_state(one, two, song, *command):
    """The command takes Redis away under load. Peers are named, and all requests are answered at once."""
    peers = [Peer(one, f"127.0.{40 + i}.1", song) for i in range(4)]
    urls = {peer.url for peer in peers}
    listed(one, song, *peers)
    listed(two, song, *peers)
    taken, slowest = False, 0.0
    clients = [Tracker(one, "127.0.200.1"), Tracker(two, "127.0.201.1")]
    for turn in range(120):
        if turn == 20:
            assert os.system(" ".join(command)) == 0
            taken = True
        begun = time.monotonic()
        client = clients[turn % 2]
        named = client.urls(song, want=64)
        assert urls <= set(named), (turn, urls, named)
        status, said = client.ask("GET", f"/songs/{song}?want=64")
        assert status == 200 and said["manifest"]["id"] == song, (turn, status, said)
        assert urls <= {peer["url"] for peer in said["peers"]}, (turn, urls, said["peers"])
        assert client.ask("GET", "/edges")[0] == 200
        peers[turn % 4].say()
        if taken:
            slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.01)
    until("it is known to be away", lambda: number(one, "state_servers_well") == 0)
    print(f"# slowest four requests {slowest:.2f} s", flush=True)
    assert slowest < 30, slowest
    for peer in peers:
        peer.close()


def loses_master(one, two, song, *command):
    """The command takes the master of the song away under load."""
    peers = [Peer(one, f"127.0.{40 + i}.1", song) for i in range(4)]
    urls = {peer.url for peer in peers}
    listed(one, song, *peers)
    listed(two, song, *peers)
    clients = [Tracker(one, "127.0.200.1"), Tracker(two, "127.0.201.1")]
    slowest = 0.0
    for turn in range(400):
        if turn == 20:
            assert os.system(" ".join(command)) == 0
        begun = time.monotonic()
        client = clients[turn % 2]
        named = set(client.urls(song, want=64))
        assert urls <= named, (turn, urls, named)
        assert client.ask("GET", f"/songs/{song}")[0] == 200
        assert client.ask("GET", "/edges")[0] == 200
        peers[turn % 4].say()
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.01)
    print(f"slowest four requests: {slowest:.2f} s")
    for peer in peers:
        peer.say(left=True)
        peer.close()


def shares_again(one, two, song):
    peers = [Peer(one, f"127.0.{60 + i}.1", song) for i in range(4)]

    def all_named():
        for peer in peers:
            peer.say()
        return {p.url for p in peers} <= set(Tracker(two, "127.0.202.1").urls(song, want=64))

    until("they are named", all_named)
    for peer in peers:
        peer.say(left=True)
        peer.close()


def with_state(one, two, song):
    """Redis is there again, perhaps with nothing in it."""
    for url in (one, two):
        until("it is known to be well", lambda: number(url, "state_servers_well") == 1)
    shares_again(one, two, song)


def full_state(one, two, song, *command):
    """The command leaves Redis no memory: nobody sees an error, and who was there stays named."""
    peers = [Peer(one, f"127.0.{40 + i}.1", song) for i in range(4)]
    listed(two, song, *peers)
    assert os.system(" ".join(command)) == 0
    more = [Peer(two, f"127.0.{50 + i}.1", song) for i in range(4)]
    for peer in peers + more:
        peer.say()
    assert {p.url for p in peers} <= set(Tracker(one, "127.0.203.1").urls(song, want=64))
    for peer in peers + more:
        peer.close()


if __name__ == "__main__":
    command = globals()[sys.argv[1]]
    command(*sys.argv[2:])
