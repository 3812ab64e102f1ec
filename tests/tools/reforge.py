"""Makes songs that no correct tool would publish: reforge.py STORE ID CHUNK [FILE] takes the bytes of a file as that chunk in every rendition, or, without one, writes a
hash into the manifest that no bytes have. All is stored under the id that this manifest has (stretto-store(5)), which is printed: it proves what it names.
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


def main(store, song, chunk, file=None):
    with open(f"{store}/songs/{song}/manifest.json") as opened:
        manifest = json.load(opened)
    assert song_id(manifest) == song, "formats have changed"
    for r in manifest["renditions"]:
        row = r["chunks"][int(chunk)]
        row["sha256"] = "0" * 64
        if file:
            with open(file, "rb") as opened:
                data = opened.read()
            row.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), body_bytes=len(data) - r["header_bytes"])
    manifest["id"] = song_id(manifest)
    shutil.copytree(f"{store}/songs/{song}", f"{store}/songs/{manifest['id']}")
    if file:
        for r in manifest["renditions"]:
            shutil.copy(file, f"{store}/songs/{manifest['id']}/{r['kbps']}/chunk_{chunk}.ogg")
    with open(f"{store}/songs/{manifest['id']}/manifest.json", "w") as opened:
        json.dump(manifest, opened)
    print(manifest["id"])


main(*sys.argv[1:])
