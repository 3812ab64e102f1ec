"""A server that speaks ClickHouse's HTTP interface as far as stretto-report does, and fails as it is told.

It keeps what is inserted, and answers SELECTs about files from it; a SELECT of sessions gets one session. Faults are set by a POST to
/_faults, as JSON: {"refuse": [code, text, times], "drop": times, "garbage": true}; the answer is what was asked since, as JSON.
"""
import json
import socketserver
import struct
import urllib.parse
from http.server import BaseHTTPRequestHandler

NONE = 2**63 - 1
faults, said, tables = {}, [], {}


def take_text(body, at):
    size, shift = 0, 0
    while True:
        byte = body[at]
        at, size, shift = at + 1, size | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return body[at:at + size], at + size


def events(body):
    """The session, number, listener and kind of each row of `events`; it must end where the body does."""
    at, rows = 0, []
    while at < len(body):
        at += 2
        session, at = take_text(body, at)
        seq = struct.unpack_from("<q", body, at)[0]
        listener, at = take_text(body, at + 8)
        _, at = take_text(body, at)
        kind = body[at + 8]
        at += 8 + 1 + 8
        for _ in range(5):
            _, at = take_text(body, at)
        _, at = take_text(body, at + 1)
        at += 12 * 8
        for _ in range(2):
            _, at = take_text(body, at)
        rows.append([session.decode(), seq, listener.decode(), kind])
    assert at == len(body)
    return rows


def loads(body):
    at, rows = 0, []
    while at < len(body):
        begin = at
        file, at = take_text(body, at)
        for _ in range(2):
            _, at = take_text(body, at)
        at += 7 * 8
        rows.append((file, body[begin:at]))
    assert at == len(body)
    return rows


def text(value):
    return bytes([len(value)]) + value.encode()


def numbers(*values):
    return b"".join(struct.pack("<q", value) for value in values)


def session():
    row = b"".join(map(text, ["s1", "anna", "g2vtcyqp8tkj4pfe0jbawe76ra32k600", "here", "10.1.2.3", "Title", "Artist", "finished"]))
    row += b"\0" + numbers(9, 31000, 1764000001000, 200, 0, 0, 0, 0, 0, 0, 8, -1, NONE, -1)
    row += b"\1" + numbers(1764000000000, 1764000040000, 9, NONE, NONE)
    row += b"\1" + numbers(5, 1764000000500) + b"\3" + text("eu-west") + numbers(96, 1000, 31000, -1, 40)
    return row + b"\0"


def answer(statement, body):
    if statement.startswith("INSERT INTO"):
        table = statement.split()[2].split(".")[1]
        if table == "events":
            tables.setdefault("events", []).extend(events(body))
        elif table == "loads":
            tables.setdefault("loads", []).extend(loads(body))
        elif table == "shards":
            number, of = statement[statement.rindex("(") + 1:-1].split(", ")
            tables["shards"] = struct.pack("<HH", int(number), int(of))
        return b""
    if statement.startswith("CREATE"):
        return b""
    assert statement.startswith("SELECT"), statement
    if ".shards" in statement:
        return tables.get("shards", b"")
    if "file = '" in statement:
        file = statement.split("file = '")[1].split("'")[0].encode()
        return b"".join(row for name, row in reversed(tables.get("loads", [])) if name == file)
    if ".loads" in statement:
        return numbers(1, 100, 9, 0, 0, 0)
    if "GROUP BY part" in statement:
        return struct.pack("<HQ", 7, 9)
    return b"\5garb" if faults.get("garbage") else session()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/_faults":
            self.reply(200, json.dumps({"said": said, "events": tables.get("events", []), "loads": len(tables.get("loads", []))}).encode())
            faults.clear()
            said.clear()
            faults.update(json.loads(body))
            return
        query = urllib.parse.parse_qs(url.query)
        statement = query["query"][0] if "query" in query else body.decode()
        said.append(" ".join(statement.split()[:3]))
        if faults.get("drop", 0) > 0:
            faults["drop"] -= 1
            self.close_connection = True
            return
        refuse = faults.get("refuse")
        if refuse and refuse[2] > 0:
            refuse[2] -= 1
            self.reply(500, f"Code: {refuse[0]}, e.displayText() = DB::Exception: {refuse[1]}, e.what() = DB::Exception".encode())
        elif ".shards" in statement and statement.startswith("SELECT") and "shards" not in tables:
            self.reply(404, b"Code: 81, e.displayText() = DB::Exception: Database music doesn't exist, e.what() = DB::Exception")
        else:
            self.reply(200, answer(statement, body))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
