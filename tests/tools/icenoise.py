"""Datagrams of a stranger for the UDP sockets of a process: `icenoise.py PID SEED N`.

A seventh each of noise, STUN with broken attributes, STUN cut short, DTLS with broken records, ChannelData of TURN, RTP, and nothing at all.
"""

import os
import random
import re
import socket
import struct
import sys

COOKIE = 0x2112A442


def ports(pid):
    """Of its IPv4 sockets."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
        if found:
            inodes.add(found[1])
    rows = [line.split() for line in open(f"/proc/{pid}/net/udp", encoding="ascii").readlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if row[9] in inodes]


def stun(chance):
    body = b""
    for _ in range(chance.randrange(8)):
        kind = chance.choice([1, 6, 8, 9, 0x14, 0x15, 0x20, 0x24, 0x25, 0x8022, 0x8028, 0x8029, 0x802A, chance.randrange(65536)])
        value = chance.randbytes(chance.choice([0, 1, 4, 8, 20, chance.randrange(300)]))
        length = len(value) if chance.random() < 0.7 else chance.randrange(65536)
        body += struct.pack(">HH", kind, length) + value + bytes(-len(value) % 4)
    kind = chance.choice([0x0001, 0x0011, 0x0101, 0x0111, chance.randrange(0x4000)])
    length = len(body) if chance.random() < 0.8 else chance.randrange(65536)
    return struct.pack(">HHI", kind, length, COOKIE if chance.random() < 0.8 else chance.randrange(1 << 32)) + chance.randbytes(12) + body


def datagram(chance):
    which = chance.randrange(7)
    some = chance.randbytes(chance.randrange(1400))
    if which == 1:
        return stun(chance)
    if which == 2:
        whole = stun(chance)
        return whole[: chance.randrange(len(whole))]
    if which == 3:
        length = len(some) if chance.random() < 0.7 else chance.randrange(65536)
        version = chance.choice([0xFEFF, 0xFEFD])
        return struct.pack(">BHHHIH", chance.randrange(20, 64), version, chance.randrange(3), 0, chance.randrange(9), length) + some
    if which == 4:
        return struct.pack(">HH", chance.randrange(0x4000, 0x8000), chance.randrange(2000)) + some
    if which == 5:
        return bytes([chance.randrange(128, 192)]) + some
    return b"" if which == 6 else some


def main():
    pid, seed, count = map(int, sys.argv[1:])
    chance = random.Random(seed)
    where = ports(pid)
    assert where, "it has no UDP socket"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(datagram(chance), ("127.0.0.1", chance.choice(where)))


if __name__ == "__main__":
    main()
