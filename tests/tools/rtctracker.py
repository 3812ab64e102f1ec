#!/usr/bin/env python3
"""A tracker that only passes signals between WebRTC peers, as stretto-protocol(7) has it. Loopback addresses pass.

rtctracker.py [drop|stray]   drop: signals vanish, and 202 is answered; stray: answers have another peer's fingerprint
"""
import http.server
import json
import sys
import threading
import urllib.parse

how = sys.argv[1] if len(sys.argv) > 1 else ""
lock = threading.Condition()
boxes, polls, announces = {}, {}, []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock:
            if self.path == "/announce":
                boxes.setdefault(said["peer_id"], [])
                announces.append(said)
                return self.say(200, {"interval": 60, "ttl": 150, "listed": True, "token": "t" + said["peer_id"]})
            to = said.pop("to")
            if said.pop("token") != "t" + said["from"]:
                return self.say(403)
            if to not in boxes:
                return self.say(404)
            if how == "stray" and said["kind"] == "answer":
                said["f"] = said["f"][::-1]
            if how != "drop":
                boxes[to].append(said)
            lock.notify_all()
        self.say(202)

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path == "/announces":
            return self.say(200, announces)
        asked = {key: values[0] for key, values in urllib.parse.parse_qs(url.query).items()}
        peer = asked.get("peer")
        with lock:
            if asked.get("token") != "t" + peer or peer not in boxes:
                return self.say(403)
            polls[peer] = mine = polls.get(peer, 0) + 1
            lock.notify_all()
            lock.wait_for(lambda: boxes[peer] or polls[peer] != mine, timeout=int(asked.get("wait", 25)))
            if polls[peer] != mine or not boxes[peer]:
                return self.say(204)
            signals, boxes[peer] = boxes[peer], []
        self.say(200, signals)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
