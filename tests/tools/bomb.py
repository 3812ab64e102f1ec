"""Writes a small Ogg Vorbis file that decodes to hours: bomb.py CHUNK TIMES OUT repeats the audio packet of a chunk of silence."""

import struct
import sys


def table():
    for n in range(256):
        value = n << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
        yield value


TABLE = list(table())


def page(serial, number, granule, packets, flags=0):
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    data = bytearray(b"OggS\0" + struct.pack("<BqIIIB", flags, granule, serial, number, 0, len(lacing)) + lacing + b"".join(packets))
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ TABLE[crc >> 24 ^ byte]
    data[22:26] = struct.pack("<I", crc)
    return bytes(data)


def pages(data):
    at = 0
    while at < len(data):
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        size = 27 + len(lacing) + sum(lacing)
        yield data[at : at + size], lacing
        at += size


def main(chunk, times, out):
    with open(chunk, "rb") as file:
        all_pages = list(pages(file.read()))
    serial = struct.unpack("<I", all_pages[0][0][14:18])[0]
    body, lacing = all_pages[-2]
    granules = [struct.unpack("<q", data[6:14])[0] for data, _ in all_pages]
    block = (granules[-2] - granules[-3]) // len(lacing)  # samples of a packet
    assert block * len(lacing) == granules[-2] - granules[-3], "packets of different lengths"
    packet = body[27 + len(lacing) : 27 + len(lacing) + lacing[0]]  # a short one, of silence
    assert len(packet) < 100, len(packet)
    with open(out, "wb") as file:
        for data, _ in all_pages[:2]:
            file.write(data)
        number = 2
        for at in range(0, times, 250):
            file.write(page(serial, number, block * (at + 249), [packet] * 250, 4 if at + 250 >= times else 0))
            number += 1


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
