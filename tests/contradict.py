"""A song whose manifest contradicts its index: contradict.py STORE ID CHUNK changes the hash of a chunk in every rendition's manifest rows, and stores all
under the id that this manifest has (stretto-store(5)), which is printed. Pieces are as the index says, and no bytes are as the manifest says.
"""

import hashlib
import json
import shutil
import sys


def song_id(m):
    lines = ["stretto-song 1", f"{m['rate']} {m['channels']} {m['samples']} {m['chunk_samples']}"]
    for r in m["renditions"]:
        lines.append(f"{r['kbps']} {r['header_bytes']} {r['index_sha256']} {len(r['chunks'])}")
        for c in r["chunks"]:
            lines.append(f"{c['sha256']} {c['bytes']} {c['samples']} {c['trim']} {c['body_bytes']} {c['body_pages']}")
    digest = hashlib.sha256("".join(line + "\n" for line in lines).encode()).digest()
    bits = int.from_bytes(digest, "big") >> (256 - 160)
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[bits >> shift & 31] for shift in range(155, -1, -5))


def main(store, song, chunk):
    with open(f"{store}/songs/{song}/manifest.json") as file:
        manifest = json.load(file)
    assert song_id(manifest) == song, "formats have changed"
    for r in manifest["renditions"]:
        r["chunks"][chunk]["sha256"] = "0" * 64
    manifest["id"] = song_id(manifest)
    shutil.copytree(f"{store}/songs/{song}", f"{store}/songs/{manifest['id']}")
    with open(f"{store}/songs/{manifest['id']}/manifest.json", "w") as file:
        json.dump(manifest, file)
    print(manifest["id"])


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
