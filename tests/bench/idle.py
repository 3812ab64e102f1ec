"""For serve.sh and tls.sh: `idle.py URL COUNT PID...` (h2+https://... is with HTTP/2) opens COUNT connections, asks for URL once on each, leaves
them open, and prints by how many bytes a connection the memory (RSS) of the processes grew."""
import os
import socket
import ssl
import sys
import urllib.parse

http2 = sys.argv[1].startswith("h2+")
url, count, pids = urllib.parse.urlsplit(sys.argv[1].removeprefix("h2+")), int(sys.argv[2]), sys.argv[3:]
context = ssl.create_default_context()
if http2:
    context.set_alpn_protocols(["h2"])
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def rss():
    pages = 0
    for pid in pids:
        with open(f"/proc/{pid}/statm") as statm:
            pages += int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def ask_http2(client):
    def frame(kind, flags, stream, payload=b""):
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    fields = ((":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", url.path))
    head = b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields)
    client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 5, 1, head))
    wire = client.makefile("rb")
    while True:
        first = wire.read(9)
        wire.read(int.from_bytes(first[:3], "big"))
        if first[3] == 4 and not first[4]:
            client.sendall(frame(4, 1, 0))
        if first[3] in (0, 1) and first[4] & 1:
            return client


def connect():
    client = socket.create_connection((url.hostname, url.port))
    if url.scheme == "https":
        client = context.wrap_socket(client, server_hostname=url.hostname)
    if http2:
        return ask_http2(client)
    client.sendall(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left > 0:
        left -= len(client.recv(left))
    return client


# a server takes memory for its first clients that it does not give back: that is not per connection
for client in [connect() for _ in range(100)]:
    client.close()
before = rss()
clients = [connect() for _ in range(count)]
print(round((rss() - before) / count))
