"""One of several upstream servers of an edge. several.py NAME KIND responds with its NAME, except to /same/SIZE, which is the same on all servers.

KIND is what it does with GET: good answers; cuts breaks off in the middle of /same; fails says 503; silent says nothing.
Prints a line for each request.
"""

import asyncio
import re
import sys

NAME, KIND = sys.argv[1:]


async def serve(reader, writer):
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            method, path = head.split()[:2]
            print(method, path, flush=True)
            if KIND == "silent":
                await reader.read()
                break
            if KIND == "fails":
                writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nbusy\n")
                continue
            body, fields, status, begin = f"{NAME} {path}\n".encode(), "Cache-Control: no-store\r\n", "200 OK", 0
            if path.startswith("/same/"):
                size = int(path.split("/")[2])
                body = (b"%08d" * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
                fields = 'Cache-Control: max-age=60\r\nETag: "same"\r\n'
                if wanted := re.search("Range: bytes=([0-9]+)-", head):
                    begin, status = int(wanted[1]), "206 Partial Content"
                    fields += f"Content-Range: bytes {begin}-{size - 1}/{size}\r\n"
            body = body[begin:]
            writer.write(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode())
            if KIND == "cuts" and path.startswith("/same/"):
                writer.write(body[: len(body) // 2])
                break
            writer.write(body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
