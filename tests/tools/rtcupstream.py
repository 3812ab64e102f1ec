#!/usr/bin/env python3
"""A server of odd songs, for stretto-rtc to pass on: /songs/big (30 MB, with ranges), /songs/STATUS, /songs/early (breaks off in the
middle), /songs/endless (no length), /songs/stuck (100 bytes a second). /given: bytes of big that were taken from it."""
import http.server
import threading
import time

BIG = bytes(range(251)) * 120000
given = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def begin(self, status, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def do_GET(self):
        global given
        what = self.path.rsplit("/", 1)[1]
        if what == "given":
            text = b"%d\n" % given
            self.begin(200, Content_Length=len(text))
            self.wfile.write(text)
        elif what == "big":
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            first, last = int(first), min(int(last), len(BIG) - 1)
            self.begin(206, Content_Length=last - first + 1, Content_Range="bytes %d-%d/%d" % (first, last, len(BIG)))
            for at in range(first, last + 1, 16384):
                self.wfile.write(BIG[at : min(at + 16384, last + 1)])
                given += 16384
        elif what.isdigit():
            self.begin(int(what), Content_Length=5, Retry_After=7)
            self.wfile.write(b"page\n")
        elif what == "early":
            self.begin(206, Content_Length=1000, Content_Range="bytes 0-999/1000")
            self.wfile.write(b"x" * 500)
            self.close_connection = True
        elif what == "endless":
            self.begin(200, Connection="close")
            self.wfile.write(b"x" * 500)
            self.close_connection = True
        elif what == "stuck":
            self.begin(206, Content_Length=100000, Content_Range="bytes 0-99999/100000")
            for _ in range(300):
                self.wfile.write(b"x" * 100)
                time.sleep(1)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever).start()
