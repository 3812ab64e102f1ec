#!/usr/bin/env python3
"""Asks a STUN server for the address it sees, as RFC 8489 has it or, with --old, as RFC 3489: prints it and the one that is true.
With --noise it sends what is no request first: the first answer must be that to the request."""
import ipaddress
import os
import socket
import struct
import sys

COOKIE = 0x2112A442


def ask(host, port, old, noise):
    sock = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(20)
    sock.connect((host, port))
    if noise:
        for junk in (b'', b'x', os.urandom(400), struct.pack('>HH', 0x101, 0) + bytes(16), struct.pack('>HH', 1, 8) + bytes(16), bytes(1400)):
            sock.send(junk)
    transaction = os.urandom(16) if old else struct.pack('>I', COOKIE) + os.urandom(12)
    sock.send(struct.pack('>HH', 1, 0) + transaction)
    answer = sock.recv(1500)
    kind, length = struct.unpack('>HH', answer[:4])
    assert kind == 0x101 and length == len(answer) - 20 and answer[4:20] == transaction, answer.hex()
    kind, length, _, family, said_port = struct.unpack('>HHBBH', answer[20:28])
    address = answer[28:24 + length]
    assert kind == (1 if old else 0x20), kind
    if not old:
        said_port ^= COOKIE >> 16
        address = bytes(a ^ b for a, b in zip(address, transaction))
    assert len(address) == {1: 4, 2: 16}[family]
    print(ipaddress.ip_address(address), said_port, *sock.getsockname()[:2])


def main():
    args = [arg for arg in sys.argv[1:] if not arg.startswith('--')]
    ask(args[0], int(args[1]), '--old' in sys.argv, '--noise' in sys.argv)


main()
