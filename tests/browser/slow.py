"""A link: forwards HTTP to a server at `rate` kbit/s in the direction of the browser, all connections together.

`slow.py SERVER_URL` prints `listening on 127.0.0.1:PORT`. In its folder: the file `rate` is read ten times a second; the file `heads` gets the
head of each request; while the file `hold` is there, requests whose path contains its text wait.
"""

import contextlib
import os
import socket
import sys
import threading
import time
import urllib.parse

lock = threading.Lock()
allowed, refilled, rate_read, rate = 0.0, time.monotonic(), 0.0, 1e6


def take(want):
    """So many bytes may go now, at least one."""
    global allowed, refilled, rate_read, rate
    while True:
        with lock:
            now = time.monotonic()
            if now - rate_read > 0.1:
                with contextlib.suppress(OSError, ValueError), open("rate", encoding="ascii") as file:
                    rate = float(file.read()) * 125
                rate_read = now
            # a queue of 50 ms
            allowed = min(allowed + (now - refilled) * rate, max(1500.0, rate * 0.05))
            refilled = now
            part = min(want, int(allowed))
            if part > 0:
                allowed -= part
                return part
        time.sleep(0.005)


def down(server, client):
    with contextlib.suppress(OSError):
        while data := server.recv(65536):
            while data:
                part = take(len(data))
                client.sendall(data[:part])
                data = data[part:]
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)


def held(head):
    with contextlib.suppress(OSError), open("hold", encoding="ascii") as file:
        return file.read().strip().encode() in head.split(b"\r\n")[0]
    return False


def serve(client, address):
    server = socket.create_connection(address)
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=down, args=(server, client), daemon=True).start()
    with contextlib.suppress(OSError):
        while data := client.recv(65536):
            if data.split(b" ", 1)[0] in (b"GET", b"HEAD", b"POST", b"OPTIONS"):
                with lock, open("heads", "ab") as heads:
                    heads.write(data.split(b"\r\n\r\n")[0] + b"\r\n\r\n")
                while held(data):
                    time.sleep(0.02)
            server.sendall(data)
    for end in (client, server):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
            end.close()


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0))
    # narrow, or what left this process in a moment would be a second of music on its way
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, (url.hostname, url.port)), daemon=True).start()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
    os._exit(0)
