"""Changes a byte of audio in an Ogg file, and the CRC of its page so that no decoder notices (RFC 3533)."""

import sys


def crc(page):
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


def pages(data):
    at = 0
    while at < len(data):
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        size = 27 + len(lacing) + sum(lacing)
        yield at, size
        at += size


def main(path):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    at, size = list(pages(data))[-2]
    data[at + size - 20] ^= 1
    data[at + 22 : at + 26] = bytes(4)
    data[at + 22 : at + 26] = crc(data[at : at + size]).to_bytes(4, "little")
    with open(path, "wb") as file:
        file.write(data)


main(sys.argv[1])
