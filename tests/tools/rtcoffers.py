#!/usr/bin/env python3
"""rtcoffers.py TRACKER PEER N: N strangers offer a link to the peer, which they never open. Prints what each is told: answer or no."""
import hashlib
import json
import sys
import urllib.request

tracker, peer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def ask(path, body=None):
    with urllib.request.urlopen(tracker + path, body and json.dumps(body).encode(), timeout=60) as answer:
        return json.loads(answer.read() or b"[]")


def peer_id(digest):
    bits = int.from_bytes(digest, "big") >> (8 * len(digest) - 130)
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[bits >> 5 * i & 31] for i in reversed(range(26)))


for n in range(count):
    digest = hashlib.sha256(f"{peer} {n}".encode()).digest()
    own = peer_id(digest)
    token = ask("/announce", {"peer_id": own, "rtc": True, "songs": {}})["token"]
    ask("/signal", {"from": own, "token": token, "to": peer, "kind": "offer", "session": f"s{n}", "u": "ufra", "p": "x" * 22,
                    "f": digest.hex(), "s": "actpass", "c": []})
    kinds = []
    while not kinds:
        kinds = [signal["kind"] for signal in ask(f"/signals?peer={own}&token={token}&wait=25")]
    print(kinds[0])
