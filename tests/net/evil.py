"""Peers that mean harm, for tests: evil.py TRACKER ADDRESS SONG_ID CHUNKS KIND...

One peer of each KIND, all at ADDRESS on free ports, tells the tracker again and again that it has the whole song at 320 kbit/s.
CHUNKS is the folder of the right ones. Asked for a chunk, a peer

    wrong   answers with one byte changed
    long    answers with more than was asked for
    half    stops after half of it, and says nothing more
    slow    gives a byte a second
    refuse  resets the connection
    vanish  gives half, and is gone for good
    lie     has it not
    busy    is always busy
    astray  sends its client elsewhere
    shift   answers with other bytes of the song, and says so
    claim   tells of pieces of every chunk, has none, and answers 404
    forge   tells of the same, and answers with one byte changed

Prints a line "KIND PORT" for each, then for each request "KIND asked PATH".
"""

import asyncio
import json
import os
import re
import socket
import struct
import sys
import urllib.request

tracker, address, song, folder, kinds = *sys.argv[1:5], sys.argv[5:]
count = len([name for name in os.listdir(folder) if name.startswith("chunk_")])


def say(*words):
    print(*words, flush=True)


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Peer:
    def __init__(self, kind):
        self.kind = kind

    async def listen(self):
        self.server = await asyncio.start_server(self.client, address, 0)
        self.port = self.server.sockets[0].getsockname()[1]
        say(self.kind, self.port)

    async def client(self, reader, writer):
        try:
            while await self.answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path = head.split(" ")[:2]
        if not path.startswith(f"/songs/{song}/320/"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        have = f"Stretto-Have: 0-{count - 1}\r\n"
        if self.kind in ("claim", "forge"):
            have = "Stretto-Parts: " + ", ".join(f"{k}/0-63" for k in range(count)) + "\r\n"
        if method == "HEAD":
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n{have}\r\n".encode())
            return True
        say(self.kind, "asked", path)
        try:
            with open(f"{folder}/{os.path.basename(path)}", "rb") as file:
                data = file.read()
        except FileNotFoundError:
            data = b"nothing"
        part = re.search(r"(?im)^range: *bytes=(\d+)-(\d+)", head)
        first, last = (int(part[1]), int(part[2])) if part else (0, len(data) - 1)
        body = bytearray(data[first : last + 1])
        status, more = "206 Partial Content" if part else "200 OK", have
        if self.kind in ("wrong", "forge"):
            body[len(body) * 2 // 3] ^= 1
        elif self.kind == "long":
            body += bytes(5000)
        elif self.kind == "shift" and part:
            first, last = first - 1, last - 1
            body = bytearray(data[first : last + 1])
        elif self.kind in ("lie", "claim"):
            status, body, part = "404 Not Found", b"", None
        elif self.kind == "busy":
            status, body, part = "503 Service Unavailable", b"", None
        elif self.kind == "astray":
            status, body, part, more = "302 Found", b"", None, f"Location: {tracker}/\r\n"
        if part:
            more += f"Content-Range: bytes {first}-{last}/{len(data)}\r\n"
        if self.kind == "refuse":
            reset(writer)
            return False
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode())
        if self.kind == "slow":
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        elif self.kind in ("half", "vanish"):
            writer.write(body[: len(body) // 2])
            await writer.drain()
            if self.kind == "half":
                await asyncio.sleep(3600)
            self.server.close()
            reset(writer)
            return False
        else:
            writer.write(body)
            await writer.drain()
        return True

    def announce(self):
        what = {"peer_id": f"evil-{self.kind}-{self.port}", "port": self.port, "location": "52.5,13.4", "upload_kbps": 50000,
                "songs": {song: {"320": [[0, count - 1]]}}}
        request = urllib.request.Request(f"{tracker}/announce", json.dumps(what).encode(), {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            pass


async def main():
    peers = [Peer(kind) for kind in kinds]
    for peer in peers:
        await peer.listen()
    while True:
        for peer in peers:
            await asyncio.to_thread(peer.announce)
        await asyncio.sleep(5)


asyncio.run(main())
