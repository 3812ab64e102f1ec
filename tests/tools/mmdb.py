"""Write a small MaxMind database (format 2.0): python3 mmdb.py OUT NETWORK=LAT,LON ..."""

import ipaddress
import struct
import sys


def value(v):
    """In the data section's encoding: maps, strings, doubles, unsigned integers, arrays."""
    if isinstance(v, dict):
        return bytes([7 << 5 | len(v)]) + b"".join(value(k) + value(x) for k, x in v.items())
    if isinstance(v, str):
        return bytes([2 << 5 | len(v)]) + v.encode()
    if isinstance(v, float):
        return bytes([3 << 5 | 8]) + struct.pack(">d", v)
    if isinstance(v, list):
        return bytes([len(v), 11 - 7]) + b"".join(value(x) for x in v)
    size, kind = v
    body = kind.to_bytes(size, "big")
    return {2: bytes([5 << 5 | 2]), 4: bytes([6 << 5 | 4]), 8: bytes([8, 9 - 7])}[size] + body


def bits(network):
    """The path of a network through a tree of IPv6, in which IPv4 lies below ::/96."""
    net = ipaddress.ip_network(network)
    number, length = int(net.network_address), net.prefixlen + (96 if net.version == 4 else 0)
    return [number >> (127 - i) & 1 for i in range(length)]


def database(places):
    nodes, data, empty = [[None, None]], b"", None
    for network, (lat, lon) in places.items():
        at, path = 0, bits(network)
        for bit in path[:-1]:
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][path[-1]] = ("data", len(data))
        data += value({"location": {"latitude": lat, "longitude": lon}} if lat is not None else {"country": "xx"})
    count = len(nodes)

    def record(r):
        return count if r is empty else r if isinstance(r, int) else count + 16 + r[1]

    tree = b"".join(record(left).to_bytes(3, "big") + record(right).to_bytes(3, "big") for left, right in nodes)
    about = {
        "binary_format_major_version": (2, 2), "binary_format_minor_version": (2, 0), "build_epoch": (8, 1),
        "database_type": "Test-City", "description": {"en": "for tests"}, "ip_version": (2, 6), "languages": ["en"],
        "node_count": (4, count), "record_size": (2, 24),
    }
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + value(about)


if __name__ == "__main__":
    wanted = {}
    for argument in sys.argv[2:]:
        net, place = argument.split("=")
        wanted[net] = tuple(map(float, place.split(","))) if place else (None, None)
    with open(sys.argv[1], "wb") as out:
        out.write(database(wanted))
