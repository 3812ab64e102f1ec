"""What track.sh needs beside the servers: each function of this file is a command.

    python3 track.py store DIR SONGS            an origin's folder: manifests alone, and their ids on standard output
    python3 track.py fill URL PEERS IDS         PEERS peers of each of the songs announce themselves, and are listed
    python3 track.py requests WHAT CLOSE PEERS IDS    requests of them all, for the load: a JSON string a line
"""

import base64
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
import urllib.parse

CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")
KBPS, CHUNKS, SAMPLES = (96, 160, 320), 21, 441000


def manifest(number):
    """A song of 210 s, whose hashes are made up; the id is theirs. See stretto-manifest(5)."""
    import hashlib

    sha = lambda *words: hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()
    lines = ["stretto-song 1", f"44100 2 {CHUNKS * SAMPLES} {SAMPLES}"]
    renditions = []
    for kbps in KBPS:
        index = sha("index", number, kbps)
        lines.append(f"{kbps} 4000 {index} {CHUNKS}")
        chunks = []
        for k in range(CHUNKS):
            row = {"sha256": sha("chunk", number, kbps, k), "bytes": kbps * 1250, "samples": SAMPLES, "trim": 100, "body_bytes": kbps * 1200, "body_pages": 20}
            lines.append(" ".join(map(str, row.values())))
            chunks.append(row)
        renditions.append({"kbps": kbps, "average_kbps": kbps, "header_bytes": 4000, "index_sha256": index, "chunks": chunks})
    digest = hashlib.sha256(("\n".join(lines) + "\n").encode()).digest()
    song = base64.b32encode(digest[:20]).translate(CROCKFORD).decode()
    return song, {"format": "stretto-manifest/1", "id": song, "tags": {}, "rate": 44100, "channels": 2, "samples": CHUNKS * SAMPLES,
                  "chunk_samples": SAMPLES, "loudness": None, "renditions": renditions}


def store(folder, songs):
    for number in range(int(songs)):
        song, text = manifest(number)
        path = os.path.join(folder, "songs", song)
        os.makedirs(path)
        with open(os.path.join(path, "manifest.json"), "w", encoding="ascii") as out:
            json.dump(text, out)
        print(song)
    os.makedirs(os.path.join(folder, "names"))


def address(number):
    """Of peer `number`: in a /24 of its own, and on this machine, so that the tracker can connect to it."""
    return f"127.{number // 250}.{number % 250}.1"


def body(song, number):
    place = f"{number % 120 - 50}.5,{number * 7 % 359 - 179}.5"
    return json.dumps({"peer_id": f"peer{number}", "port": 8500, "location": place, "upload_kbps": 5000,
                       "songs": {song: {"160": [[0, 20]], "320": [[0, 9]]}}}, separators=(",", ":"))


def listen():
    listener = socket.create_server(("0.0.0.0", 8500), backlog=4096)

    def accept():
        while True:
            listener.accept()[0].close()
    threading.Thread(target=accept, daemon=True).start()


def read_ids(path):
    with open(path, encoding="ascii") as file:
        return file.read().split()


def fill(url, peers, ids):
    listen()
    host, names = urllib.parse.urlsplit(url).netloc, read_ids(ids)
    line = http.client.HTTPConnection(host)
    wanted = len(names) * int(peers)
    for number in range(wanted):
        line.request("POST", "/announce", body(names[number % len(names)], number), {"X-Forwarded-For": address(number)})
        answer = line.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    while True:
        line.request("GET", "/stats.json")
        stats = json.loads(line.getresponse().read())
        if stats["peers_listed"] >= wanted and stats["swarm_entries"] >= wanted:
            return
        if stats["peer_probes_waiting"] == 0 and stats["peer_probes_total"]["failed"]:
            sys.exit(f"{stats['peer_probes_total']}")
        time.sleep(0.1)


def ours(path, number, text, close):
    return (f"POST {path} HTTP/1.1\r\nHost: tracker\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
            f"X-Forwarded-For: {address(number)}\r\n{'Connection: close' + chr(13) + chr(10) if close else ''}\r\n{text}")


def announce(number, song, _, close):
    return ours("/announce", number, body(song, number), close)


def peers_of(number, song, _, close):
    place = f"{number % 120 - 50}.5,{number * 7 % 359 - 179}.5"
    query = {"song_id": song, "kbps": 320, "chunk_index": 3, "location": place, "want": 16}
    return ours("/peers", number, json.dumps(query, separators=(",", ":")), close)


def opentracker(number, song, songs, _):
    """An announce that is answered with 16 peers; `song` is an info hash in hexadecimal."""
    info_hash = "".join("%" + song[i:i + 2] for i in range(0, 40, 2))
    return (f"GET /announce?info_hash={info_hash}&peer_id=-ST0001-{number:012}&port={10000 + number // songs}&uploaded=0&downloaded=0"
            "&left=1&compact=1&numwant=16 HTTP/1.1\r\nHost: tracker\r\n\r\n")


def requests(what, close, peers, ids):
    names = read_ids(ids)
    make = {"announce": announce, "peers": peers_of, "opentracker": opentracker}[what]
    numbers = list(range(len(names) * int(peers)))
    random.Random(1).shuffle(numbers)  # in no order that a cache would like
    for number in numbers:
        print(json.dumps(make(number, names[number % len(names)], len(names), close == "close")))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
