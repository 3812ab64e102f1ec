"""Rewrites an M4A of ffmpeg as iTunes would write it: no edit list, whole packets, and the gaps in an iTunSMPB comment.
itunes.py DELAY SAMPLES <in.m4a >out.m4a"""

import struct
import sys


def boxes(data, at, end):
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        yield at, size, name
        at += size


def find(data, path):
    """Offsets of the boxes on the way to a path of names."""
    at, end, found = 0, len(data), []
    for name in path:
        at, size, _ = next(box for box in boxes(data, at, end) if box[2] == name)
        found.append(at)
        at, end = at + 8 + (4 if name == b"meta" else 0), at + size
    return found


def main(delay, samples):
    data = bytearray(sys.stdin.buffer.read())
    trak = find(data, [b"moov", b"trak"])[-1]
    edts = find(data, [b"moov", b"trak", b"edts"])[-1]
    data[edts + 4 : edts + 8] = b"free"
    stts = find(data, [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"])[-1]
    entries = struct.unpack(">I", data[stts + 12 : stts + 16])[0]
    whole = 0
    for i in range(entries):
        at = stts + 16 + 8 * i
        count = struct.unpack(">I", data[at : at + 4])[0]
        data[at + 4 : at + 8] = struct.pack(">I", 1024)
        whole += 1024 * count
    mdhd = find(data, [b"moov", b"trak", b"mdia", b"mdhd"])[-1]
    data[mdhd + 24 : mdhd + 28] = struct.pack(">I", whole)
    assert trak
    value = " 00000000 %08X %08X %016X" % (delay, whole - delay - samples, samples) + " 00000000" * 8

    def box(name, body):
        return struct.pack(">I", len(body) + 8) + name + body

    item = box(
        b"----",
        box(b"mean", bytes(4) + b"com.apple.iTunes")
        + box(b"name", bytes(4) + b"iTunSMPB")
        + box(b"data", struct.pack(">II", 1, 0) + value.encode()),
    )
    way = find(data, [b"moov", b"udta", b"meta", b"ilst"])
    end = way[-1] + struct.unpack(">I", data[way[-1] : way[-1] + 4])[0]
    for at in way:
        data[at : at + 4] = struct.pack(">I", struct.unpack(">I", data[at : at + 4])[0] + len(item))
    data[end:end] = item
    sys.stdout.buffer.write(data)


main(int(sys.argv[1]), int(sys.argv[2]))
