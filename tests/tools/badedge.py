"""A malicious edge in front of a correct one: badedge.py GOOD WAY [PART]. Prints "listening on ADDRESS".

What it answers is right, but comes in this WAY:

    drip    a byte every 1.8 s
    tail    all but its last 1500 bytes at once, these like drip
    endless with a gigabyte behind it
    head    a line of its head every 1.8 s, for ever

where the path holds PART; elsewhere it is a good edge.
"""

import asyncio
import sys
import urllib.error
import urllib.request

good, way = sys.argv[1:3]
part = sys.argv[3] if len(sys.argv) > 3 else "/"
PASSED_ON = ("content-type", "content-range", "etag", "cache-control", "x-bitrate")


def fetch(method, path, fields):
    wanted = {name: value for name, value in fields.items() if name.lower() in ("range", "x-user-bitrate")}
    try:
        with urllib.request.urlopen(urllib.request.Request(good + path, headers=wanted, method=method), timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError:
        return 502, {}, b""


async def drip(writer, data):
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1.8)


async def client(reader, writer):
    try:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path = lines[0].split(" ")[:2]
            fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            status, told, body = await asyncio.to_thread(fetch, method, path, fields)
            bad = part in path
            head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(f"{n}: {v}\r\n" for n, v in told.items() if n.lower() in PASSED_ON)
            if bad and way == "head":
                writer.write(head.encode())
                while True:
                    writer.write(b"X-More: more\r")
                    await drip(writer, b"\n")
            length = len(body) + (1 << 30 if bad and way == "endless" else 0)
            framing = "Connection: close\r\n\r\n" if bad and way == "endless" else f"Content-Length: {length}\r\n\r\n"
            writer.write((head + framing).encode())
            if method == "HEAD":
                continue
            fast = len(body) if not bad or way == "endless" else max(0, len(body) - 1500) if way == "tail" else 0
            writer.write(body[:fast])
            await writer.drain()
            await drip(writer, body[fast:])
            if bad and way == "endless":
                for _ in range(1 << 14):
                    writer.write(bytes(1 << 16))
                    await writer.drain()
                return
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(client, "127.0.0.1", 0)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
