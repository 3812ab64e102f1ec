"""An origin that sends a second response behind each: with its body, in the next segment, or a millisecond later, as the path says:
/NAME/with|next|later/SIZE/N. /NAME/close takes the request and closes; /NAME/hold/N takes it and says nothing until who asked goes, which it
tells too ("left PATH"); /NAME/clock/SECONDS[/AGE] has a clock that is so far ahead; /NAME/flood/N sends a body that may not be stored, without end. Prints a line for each request, and one for each stray response.

stray.py URL SAID is a client of it, through what is at the URL: each body must be that of its own path. It asks for the next when the
origin, whose lines are in SAID, has sent the stray response: before that nobody could tell what a response answers.
"""

import asyncio
import email.utils
import sys
import time
import urllib.request

STRAY = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nstray"


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split("\r\n")[0].split(" ")
            print(method, path, flush=True)
            if path.endswith("/close"):
                break
            if "/hold/" in path:
                await reader.read()
                print("left", path, flush=True)
                break
            if "/flood/" in path:
                writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n")
                while True:
                    writer.write(bytes(65536))
                    await writer.drain()
            parts = path.split("/")
            fields = ""
            if "/clock/" in path:
                fields = f"Date: {email.utils.formatdate(time.time() + int(parts[3]), usegmt=True)}\r\n"
                fields += f"Age: {parts[4]}\r\n" if len(parts) > 4 else ""
                parts = []
            when, size = (parts[2], int(parts[3])) if len(parts) > 4 else ("never", 10)
            body = f"{path} ".encode().ljust(size, b"x")
            writer.write(f"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body + STRAY if when == "with" else body)
            await writer.drain()
            if when == "later":
                await asyncio.sleep(0.001)
            if when in ("next", "later"):
                writer.write(STRAY)
            print("strayed", path, flush=True)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def check(url, said):
    name = "/" + url.rsplit("/", 1)[1]
    with open(said) as lines:
        seen = ""
        for when in ("with", "next", "later"):
            for size in (10, 16384, 300000):
                for n in range(100):
                    path = f"{name}/{when}/{size}/{n}"
                    with urllib.request.urlopen(url.removesuffix(name) + path, timeout=30) as response:
                        body = response.read()
                    if body != f"{path} ".encode().ljust(size, b"x"):
                        sys.exit(f"{path}: {body[:80]}")
                    while f"strayed {path}\n" not in seen:
                        time.sleep(0.0005)
                        seen = seen[-1000:] + lines.read()


if len(sys.argv) > 1:
    check(*sys.argv[1:])
else:
    asyncio.run(main())
