"""/songs of a large store: catalogue.py make STORE N writes N songs of four minutes (manifests alone: nothing else is listed);
catalogue.py watch URL STORE SECONDS publishes a manifest every second and asks /healthz all the time.

watch prints: publishes, the longest time until one was listed, requests of /healthz, their 50 %, 99 % and longest, all in ms.
"""

import hashlib
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

SAMPLES, CHUNKS = 441000, 24


def sha(*words):
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


def manifest(number):
    lines, renditions = ["stretto-song 1", f"44100 2 {SAMPLES * CHUNKS} {SAMPLES}"], []
    for kbps in (96, 160, 320):
        chunks = []
        lines.append(f"{kbps} 4000 {sha('index', number, kbps)} {CHUNKS}")
        for k in range(CHUNKS):
            row = {"sha256": sha("chunk", number, kbps, k), "bytes": kbps * 1250, "samples": SAMPLES, "trim": 100, "body_bytes": kbps * 1200, "body_pages": 20}
            lines.append(f"{row['sha256']} {row['bytes']} {row['samples']} {row['trim']} {row['body_bytes']} {row['body_pages']}")
            chunks.append(row)
        renditions.append({"kbps": kbps, "average_kbps": kbps, "header_bytes": 4000, "index_sha256": sha("index", number, kbps), "chunks": chunks})
    digest = hashlib.sha256(("\n".join(lines) + "\n").encode()).digest()
    bits = int.from_bytes(digest, "big") >> (256 - 160)
    song = "".join("0123456789abcdefghjkmnpqrstvwxyz"[bits >> shift & 31] for shift in range(155, -1, -5))
    tags = {"TITLE": [f"Title {number}"], "ARTIST": [f"Artist {number % 5000}"], "ALBUM": [f"Album {number % 12000}"]}
    return song, json.dumps({"format": "stretto-manifest/1", "id": song, "tags": tags, "rate": 44100, "channels": 2, "samples": SAMPLES * CHUNKS,
                             "chunk_samples": SAMPLES, "loudness": None, "renditions": renditions})


def write(store, number):
    song, text = manifest(number)
    folder = f"{store}/.staging/{song}"
    os.makedirs(folder)
    with open(f"{folder}/manifest.json", "w") as file:
        file.write(text)
    return song, folder


def make(store, count):
    for part in ("songs", "names", ".staging"):
        os.makedirs(f"{store}/{part}", exist_ok=True)
    for number in range(int(count)):
        song, folder = write(store, number)
        os.rename(folder, f"{store}/songs/{song}")


def watch(url, store, seconds):
    host = urllib.parse.urlsplit(url).netloc
    took, end = [], time.monotonic() + float(seconds)

    def ask():
        lines = [http.client.HTTPConnection(host) for _ in range(8)]  # so that each worker has some
        while time.monotonic() < end:
            lines.append(lines.pop(0))
            began = time.monotonic()
            lines[0].request("GET", "/healthz")
            lines[0].getresponse().read()
            took.append(time.monotonic() - began)
            time.sleep(0.002)

    asker = threading.Thread(target=ask)
    asker.start()
    shown, number = [], int(time.time() * 1000)
    line = http.client.HTTPConnection(host)
    while time.monotonic() < end - 2:
        number += 1
        song, folder = write(store, number)
        began = time.monotonic()
        os.rename(folder, f"{store}/songs/{song}")
        with open(f"{store}/changes", "a") as log:
            log.write(f"{int(time.time() * 1000)} song {song}\n")
        while True:
            line.request("GET", f"/songs?limit=1&q={song}")
            answer = line.getresponse()
            body = answer.read()
            if answer.status == 200 and json.loads(body)["songs"]:
                break
            assert time.monotonic() - began < 120, "never listed"
            time.sleep(0.01)
        shown.append(time.monotonic() - began)
        time.sleep(max(0, 1 - shown[-1]))
    asker.join()
    took.sort()
    print(len(shown), round(max(shown) * 1000), len(took), *(round(took[int(len(took) * share)] * 1000, 2) for share in (0.5, 0.99)), round(took[-1] * 1000, 2))


if __name__ == "__main__":
    {"make": make, "watch": watch}[sys.argv[1]](*sys.argv[2:])
