"""A malicious tracker: badtracker.py WAY. Prints "listening on ADDRESS", then a line for each request, and "sent BYTES".

    drip    answers everything with JSON that never ends, 50 bytes a second
    flood   answers everything with 200 MB of JSON
    head    sends its head a byte a second
"""

import asyncio
import sys

way = sys.argv[1]


async def flood(writer):
    sent = 0
    try:
        for _ in range(2000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000
    finally:
        print("sent", sent, flush=True)


async def client(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            print(*head.split(" ")[:2], flush=True)
            start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            if way == "head":
                for byte in start + b"X: y\r\n" * 1000:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(1)
            writer.write(start + b'Connection: close\r\n\r\n{"edges":[],"more":"')
            if way == "drip":
                while True:
                    writer.write(b"x" * 5)
                    await writer.drain()
                    await asyncio.sleep(0.1)
            await flood(writer)
            writer.write(b'"}')
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
