"""A web server for tests: webserver.py DIR [ADDRESS [PORT [KIND]]], by default on a free port of 127.0.0.1, with faults on demand. Prints a line for each GET: the path, and the Range if there is one.

With KIND every path, and else a path under /break/KIND/, answers as the rest of the path would, but broken: `short` closes in the middle, `flip` changes a byte, `flip1` only in chunks 1,
`once` answers 503 the first time, `always` 503 every time, a number that status every time, `silent` takes requests for chunks and says nothing,
`drip` sends chunks at 20 kB/s and `crawl` at 1 kB/s, `outage` refuses all while there is a file `outage` in the working directory. These know Range.
"""

import http.server
import os
import re
import socket
import struct
import sys
import time

seen = set()


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=sys.argv[1])

    def log_message(self, *args):
        pass

    def do_GET(self):
        # in one write: threads tell at the same time
        print(f"GET {self.path} {self.headers.get('Range', '')}\n", end="", flush=True)
        if len(sys.argv) > 4:
            kind, path = sys.argv[4], self.path[1:]
        elif self.path.startswith("/break/"):
            _, _, kind, path = self.path.split("/", 3)
        else:
            return super().do_GET()
        first = self.path not in seen
        seen.add(self.path)
        if kind == "outage" and os.path.exists("outage"):
            no_linger = struct.pack("ii", 1, 0)  # RST, not FIN
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self.close_connection = True
            return self.connection.close()
        if kind.isdigit():
            return self.send_error(int(kind))
        if kind == "always" or (kind == "once" and first):
            return self.send_error(503)
        if kind == "silent" and path.endswith(".ogg"):
            self.rfile.read(1)  # until the client has gone
            return None
        try:
            with open(f"{sys.argv[1]}/{path}", "rb") as file:
                body = bytearray(file.read())
        except OSError:
            return self.send_error(404)
        chunk = path.endswith(".ogg")
        if chunk and (kind == "flip" or (kind == "flip1" and path.endswith("/chunk_1.ogg"))):
            body[len(body) // 2] ^= 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            begin, end = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{end}/{len(body)}")
            body = body[begin : end + 1]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "drip" and chunk:
            return self.slowly(body, 2000)
        if kind == "crawl" and chunk:
            return self.slowly(body, 100)
        return self.wfile.write(body[: len(body) // 2] if kind == "short" and chunk else body)

    def slowly(self, body, step):
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            time.sleep(0.1)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass  # who asked has gone


address, port = (sys.argv[2:] + ["127.0.0.1"])[0], int((sys.argv[3:] + [0])[0])
server = Server((address, port), Handler)
print(f"listening on {address}:{server.server_port}", flush=True)
server.serve_forever()
