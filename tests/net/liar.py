"""A tracker that lies, for tests: liar.py ADDRESS STORE NAME URL...: every song has these peers and edges.

An URL that begins with `edge=` is an edge, others are peers that have it all. Prints "listening on ADDRESS:PORT".
"""

import http.server
import json
import sys

address, store, name, urls = *sys.argv[1:4], sys.argv[4:]
with open(f"{store}/names/{name}") as file:
    song = file.read().strip()
with open(f"{store}/songs/{song}/manifest.json") as file:
    manifest = json.load(file)
everything = {str(r["kbps"]): [[0, len(r["chunks"]) - 1]] for r in manifest["renditions"]}
peers, edges = [], []
for n, url in enumerate(urls):
    if url.startswith("edge="):
        edges.append({"name": f"edge{n}", "url": url.removeprefix("edge=")})
    else:
        peers.append({"peer_id": f"peer{n}", "url": url, "km": 1, "health": 1, "upload_kbps": 50000, "have": everything, "ticket": "x"})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        rates = [r["kbps"] for r in manifest["renditions"]]
        self.answer({"song_id": song, "available_bitrates": rates, "peers": peers, "edges": edges, "manifest": manifest})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"peers": peers} if self.path == "/peers" else {"interval": 60, "ttl": 150, "listed": True})


server = http.server.ThreadingHTTPServer((address, 0), Handler)
print(f"listening on {address}:{server.server_address[1]}", flush=True)
server.serve_forever()
