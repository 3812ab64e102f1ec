"""A web server for tests: the directory given, on a free port, with faults on demand.

A path under /break/KIND/ answers as the rest of the path would, but broken: `short` closes in the middle, `flip` changes a byte,
`once` answers 503 the first time, `always` 503 every time, `silent` takes requests for chunks and says nothing.
"""

import http.server
import sys

seen = set()


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=sys.argv[1])

    def log_message(self, *args):
        pass

    def do_GET(self):
        if not self.path.startswith("/break/"):
            return super().do_GET()
        _, _, kind, path = self.path.split("/", 3)
        first = self.path not in seen
        seen.add(self.path)
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
        if kind == "flip" and chunk:
            body[len(body) // 2] ^= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "short" and chunk else body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
