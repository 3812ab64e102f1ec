"""HTTP/2 frame by frame, for tests: python3 h2.py COMMAND URL ARGS. Prints "ok NAME" lines for `rows` of lib.sh.

Nothing here is of nghttp2, which the server uses: frames are written by hand, field sections are decoded by Debian's python3-hpack.
"""

import os
import select
import socket
import ssl
import struct
import sys
import traceback

import hpack
from wire import PATIENCE, address

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
ACK = END_STREAM = 1
END_HEADERS, PADDED, PRIORITISED = 4, 8, 32
ERRORS = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL "
    "COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)


def u32(n):
    return struct.pack(">I", n)


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    n = len(payload) if length is None else length
    return struct.pack(">I", n)[1:] + bytes([kind, flags]) + u32(stream) + payload


def setting(*pairs):
    return b"".join(struct.pack(">HI", key, value) for key, value in pairs)


def number(value, bits, first):
    """An integer of RFC 7541 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes([*out, value])


def literal(name, value):
    """A field that is not indexed, in plain text (RFC 7541 6.2.2)."""
    name, value = (x.encode("latin-1") if isinstance(x, str) else x for x in (name, value))
    return b"\0" + number(len(name), 7, 0) + name + number(len(value), 7, 0) + value


def head(path="/healthz", method="GET", *more, scheme="https", authority="localhost"):
    pairs = [(":method", method), (":scheme", scheme), (":path", path), (":authority", authority), *more]
    return b"".join(literal(*pair) for pair in pairs if pair[1] is not None)


class Answer:
    def __init__(self):
        self.interim, self.fields, self.body, self.reset, self.whole = [], None, b"", None, False

    @property
    def status(self):
        return int(self[":status"])

    def __getitem__(self, name):
        return next((value for key, value in self.fields if key == name), None)


class Gone(Exception):
    """The server has ended the connection, with this error code; None: without a word."""

    def __init__(self, code):
        super().__init__("without GOAWAY" if code is None else ERRORS[code])
        self.code = code


class H2:
    """One connection. `credit`: give the server more window for each byte that it sends."""

    def __init__(self, url, settings=(), greet=True, credit=True, buffer=None, alpn=("h2",)):
        host, port = address(url)
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.startswith("https"):
            context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
            context.set_alpn_protocols(alpn)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == alpn[0]
        self.scheme = url.split(":")[0]
        self.credit, self.have, self.next, self.answers, self.frames = credit, b"", 1, {}, []
        self.settings, self.acked, self.code, self.pongs, self.last = None, 0, None, [], None
        self.decoder = hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        if greet:
            self.send(PREFACE + frame(SETTINGS, payload=setting(*settings)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *data):
        try:
            self.socket.sendall(b"".join(data))
        except OSError:  # what it has said before is still to be read
            pass

    def ask(self, path="/healthz", method="GET", *fields, end=True, flags=END_HEADERS):
        stream, self.next = self.next, self.next + 2
        self.send(frame(HEADERS, flags | (END_STREAM if end else 0), stream, head(path, method, *fields)))
        return stream

    def read(self):
        """The next frame, as (kind, flags, stream, payload)."""

        def take(n):
            while len(self.have) < n:
                try:
                    data = self.socket.recv(1 << 18)
                except (ConnectionError, ssl.SSLError):
                    data = b""
                if not data:
                    raise Gone(self.code)
                self.have += data
            data, self.have = self.have[:n], self.have[n:]
            return data

        length = int.from_bytes(take(3), "big")
        kind, flags, stream = struct.unpack(">BBI", take(6))
        payload = take(length)
        assert length <= 16384 and stream < 1 << 31
        self.note(kind, flags, stream, payload)
        return kind, flags, stream, payload

    def note(self, kind, flags, stream, payload):
        answer = self.answers.setdefault(stream, Answer())
        if kind == HEADERS:
            assert flags & END_HEADERS, "it needs no CONTINUATION"
            fields = [(str(name), str(value)) for name, value in self.decoder.decode(payload)]
            assert all(name == name.lower() for name, _ in fields)
            assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & {name for name, _ in fields}
            if fields[0][1].startswith("1"):
                answer.interim.append(fields)
            else:
                assert answer.fields is None
                answer.fields = fields
        elif kind == DATA:
            assert not answer.whole and answer.fields
            answer.body += payload
            if self.credit and payload:
                self.send(frame(WINDOW_UPDATE, payload=u32(len(payload))), frame(WINDOW_UPDATE, 0, stream, u32(len(payload))))
        elif kind == RST_STREAM:
            answer.reset = struct.unpack(">I", payload)[0]
        elif kind == GOAWAY:
            self.last, self.code = struct.unpack(">II", payload[:8])
        elif kind == PING:
            if flags & ACK:
                self.pongs.append(payload)
            else:
                self.send(frame(PING, ACK, 0, payload))
        elif kind == SETTINGS:
            if flags & ACK:
                self.acked += 1
            else:
                self.settings = dict(struct.unpack(">HI", payload[i : i + 6]) for i in range(0, len(payload), 6))
                self.send(frame(SETTINGS, ACK))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            answer.whole = True

    def until(self, true):
        while not true():
            self.read()

    def answer(self, stream):
        """The whole response, or what there is of one when the stream is reset."""
        answer = self.answers.setdefault(stream, Answer())
        self.until(lambda: answer.whole or answer.reset is not None)
        return answer

    def get(self, path, *args, **more):
        return self.answer(self.ask(path, *args, **more))

    def alive(self):
        """It still answers, after all that was sent."""
        self.send(frame(PING, payload=b"are you?"))
        self.until(lambda: b"are you?" in self.pongs)
        self.pongs.clear()

    def press(self, data, most):
        """Send it again and again, until the server says GOAWAY: then it is read, and not lost in a reset."""
        for _ in range(most):
            if self.code is not None:
                return
            self.send(data)
            try:
                while self.code is None and select.select([self.socket], [], [], 0)[0]:
                    self.read()
            except Gone:
                return

    def ended(self, *codes):
        """The connection ends, with one of these."""
        try:
            while True:
                self.read()
        except Gone as gone:
            said = "no GOAWAY" if gone.code is None else ERRORS[gone.code]
            assert said in codes, f"{said}, not {' or '.join(codes)}"

    def reset(self, stream, *codes):
        """The stream ends with one of these, or the connection does."""
        answer = self.answers.setdefault(stream, Answer())
        try:
            self.until(lambda: answer.reset is not None)
        except Gone as gone:
            assert gone.code is not None and ERRORS[gone.code] in codes, gone
            return
        assert ERRORS[answer.reset] in codes, ERRORS[answer.reset]
        self.alive()


def report(name, test, *args):
    try:
        test(*args)
        print("ok", name, flush=True)
    except Exception:
        print("not ok", name)
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()[-6:]), end="", flush=True)


# ---- conformance: (name, settings, what is sent, what has to follow). The sections are those of RFC 9113 and RFC 7541. Where a frame
# comes for a stream that is closed by a reset, the RFC lets a server ignore it; a window that SETTINGS make too large ends all of the
# connection by the RFC, and in nghttp2 1.52 the stream.


def connection(*codes):
    def check(h2):
        h2.ended(*codes)

    return check


def stream(*codes):
    return lambda h2: h2.reset(1, *codes)


def status(*wanted, stream=1):
    def check(h2):
        answer = h2.answer(stream)
        assert answer.status in wanted, answer.status
        h2.alive()

    return check


def alive(h2):
    h2.alive()
    assert h2.get_later().status == 200


def get_later(h2):
    h2.next = 101
    return h2.get("/healthz")


H2.get_later = get_later
PROTOCOL, SIZE, FLOW, COMPRESSION = "PROTOCOL_ERROR", "FRAME_SIZE_ERROR", "FLOW_CONTROL_ERROR", "COMPRESSION_ERROR"
CLOSED = "STREAM_CLOSED"
OPEN, WHOLE = END_HEADERS, END_HEADERS | END_STREAM


def headers(block=None, flags=WHOLE, stream=1):
    return frame(HEADERS, flags, stream, head() if block is None else block)


def post(*fields, flags=OPEN, path="/songs"):
    return headers(head(path, "POST", *fields), flags)


def without(*names):
    pairs = [(":method", "GET"), (":scheme", "https"), (":path", "/healthz"), (":authority", "localhost")]
    return b"".join(literal(*pair) for pair in pairs if pair[0] not in names)


DONE = headers()  # a whole request
RST = frame(RST_STREAM, 0, 1, u32(8))
CASES = [
    ("3.4 no SETTINGS after the preface", None, [PREFACE, frame(PING, payload=b"12345678")], connection(PROTOCOL)),
    ("3.4 a preface that is none", None, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], connection(PROTOCOL, "no GOAWAY")),
    ("4.1 a frame of an unknown kind", [], [frame(0xBE, 0xFF, 0, b"abc"), DONE], status(200)),
    ("4.1 flags that mean nothing", [], [frame(PING, 0xFE, 0, b"are you!"), DONE], status(200)),
    ("4.1 a reserved bit that is set", [], [frame(PING, 0, 1 << 31, b"are you!"), frame(HEADERS, WHOLE, 1 << 31 | 1, head())], status(200)),
    ("4.2 DATA of the largest size", [], [post(("content-length", "16384")), frame(DATA, END_STREAM, 1, bytes(16384))], status(405)),
    ("4.2 DATA that is too long", [], [post(), frame(DATA, END_STREAM, 1, bytes(16385))], stream(SIZE)),
    ("4.2 HEADERS that are too long", [], [headers(head() + literal("a", "b" * 16384))], connection(SIZE)),
    ("4.2 SETTINGS that are too long", [], [frame(SETTINGS, payload=setting((3, 1)) * 2731)], connection(SIZE)),
    ("4.2 a frame of 16 MB", [], [frame(0xBE, length=0xFFFFFF)], connection(SIZE)),
    ("4.3 a field section that is no HPACK", [], [headers(b"\xff\xff\xff\xff\xff\xff")], connection(COMPRESSION)),
    ("4.3 HEADERS within a field section", [], [headers(head(), END_STREAM), headers(head(), WHOLE, 3)], connection(PROTOCOL)),
    ("4.3 PRIORITY within a field section", [], [headers(head(), END_STREAM), frame(PRIORITY, 0, 1, u32(0) + b"\1")], connection(PROTOCOL)),
    ("4.3 an unknown frame within a field section", [], [headers(head(), END_STREAM), frame(0xBE)], connection(PROTOCOL)),
    ("4.3 another stream's CONTINUATION", [], [headers(head(), END_STREAM), frame(CONTINUATION, END_HEADERS, 3)], connection(PROTOCOL)),
    ("5.1 idle: DATA", [], [frame(DATA, END_STREAM, 1, b"a")], connection(PROTOCOL, CLOSED)),
    ("5.1 idle: RST_STREAM", [], [RST], connection(PROTOCOL)),
    ("5.1 idle: WINDOW_UPDATE", [], [frame(WINDOW_UPDATE, 0, 1, u32(1))], connection(PROTOCOL)),
    ("5.1 idle: CONTINUATION", [], [frame(CONTINUATION, END_HEADERS, 1, head())], connection(PROTOCOL)),
    ("5.1 half closed: DATA", [], [DONE, frame(DATA, END_STREAM, 1, b"a")], connection(CLOSED)),
    ("5.1 half closed: HEADERS", [], [DONE, DONE], connection(CLOSED, PROTOCOL)),
    ("5.1 half closed: CONTINUATION", [], [DONE, frame(CONTINUATION, END_HEADERS, 1, head())], connection(CLOSED, PROTOCOL)),
    ("5.1 closed by a reset: DATA", [], [post(), RST, frame(DATA, END_STREAM, 1, b"a")], alive),
    ("5.1 closed by a reset: HEADERS", [], [post(), RST, DONE], alive),
    ("5.1 closed: WINDOW_UPDATE and RST_STREAM", [], [post(), RST, frame(WINDOW_UPDATE, 0, 1, u32(1)), RST], alive),
    ("5.1.1 an even stream", [], [headers(stream=2)], connection(PROTOCOL)),
    ("5.1.1 a stream below the last", [], [headers(stream=5), headers(stream=3)], connection(PROTOCOL, CLOSED)),
    ("5.1.1 HEADERS of no stream", [], [headers(stream=0)], connection(PROTOCOL)),
    ("5.4.1 after an error nothing is answered", [], [frame(DATA, 0, 0, b"a"), DONE], connection(PROTOCOL)),
    ("5.5 an unknown frame of a stream", [], [post(), frame(0xBE, 0, 1, b"abc"), frame(DATA, END_STREAM, 1)], status(405)),
    ("6.1 DATA of no stream", [], [frame(DATA, 0, 0, b"a")], connection(PROTOCOL)),
    ("6.1 padding", [], [post(("content-length", "2")), frame(DATA, END_STREAM | PADDED, 1, b"\3ab\0\0\0")], status(405)),
    ("6.1 padding longer than its frame", [], [post(), frame(DATA, END_STREAM | PADDED, 1, b"\6ab\0\0\0")], connection(PROTOCOL)),
    ("6.1 padding in a frame without bytes", [], [post(), frame(DATA, END_STREAM | PADDED, 1)], connection(SIZE, PROTOCOL)),
    ("6.2 padding", [], [headers(b"\3" + head() + bytes(3), WHOLE | PADDED)], status(200)),
    ("6.2 padding longer than its frame", [], [headers(b"\xff" + head(), WHOLE | PADDED)], connection(PROTOCOL)),
    ("6.2 a priority", [], [headers(u32(0) + b"\x0f" + head(), WHOLE | PRIORITISED)], status(200)),
    ("6.2 a priority that is cut short", [], [frame(HEADERS, WHOLE | PRIORITISED, 1, b"\0\0")], connection(SIZE, PROTOCOL)),
    ("6.3 PRIORITY of no stream", [], [frame(PRIORITY, 0, 0, u32(0) + b"\1")], connection(PROTOCOL)),
    ("6.3 PRIORITY of 4 bytes", [], [DONE, frame(PRIORITY, 0, 1, u32(0))], stream(SIZE)),
    ("6.3 PRIORITY of any stream", [], [frame(PRIORITY, 0, 7, u32(3) + b"\1"), DONE], status(200)),
    ("6.4 RST_STREAM of no stream", [], [frame(RST_STREAM, 0, 0, u32(8))], connection(PROTOCOL)),
    ("6.4 RST_STREAM of 3 bytes", [], [post(), frame(RST_STREAM, 0, 1, b"\0\0\0")], connection(SIZE)),
    ("6.5 SETTINGS of a stream", [], [frame(SETTINGS, 0, 1, setting((3, 100)))], connection(PROTOCOL)),
    ("6.5 SETTINGS of 5 bytes", [], [frame(SETTINGS, 0, 0, b"\0\3\0\0\0")], connection(SIZE)),
    ("6.5 an acknowledgement with settings", [], [frame(SETTINGS, ACK, 0, setting((3, 100)))], connection(SIZE)),
    ("6.5.2 ENABLE_PUSH of 2", [], [frame(SETTINGS, payload=setting((2, 2)))], connection(PROTOCOL)),
    ("6.5.2 a window beyond 2^31", [], [frame(SETTINGS, payload=setting((4, 1 << 31)))], connection(FLOW)),
    ("6.5.2 frames below 16384", [], [frame(SETTINGS, payload=setting((5, 16383)))], connection(PROTOCOL)),
    ("6.5.2 frames above 2^24 - 1", [], [frame(SETTINGS, payload=setting((5, 1 << 24)))], connection(PROTOCOL)),
    ("6.5.2 an unknown setting", [], [frame(SETTINGS, payload=setting((0xFEFE, 7))), DONE], status(200)),
    ("6.5.3 SETTINGS are acknowledged", [], [frame(SETTINGS, payload=setting((3, 1), (3, 2)))], lambda h2: h2.until(lambda: h2.acked == 2)),
    ("6.6 PUSH_PROMISE of a client", [], [DONE, frame(PUSH_PROMISE, END_HEADERS, 1, u32(2) + head())], connection(PROTOCOL)),
    ("6.7 PING is answered", [], [], alive),
    ("6.7 an answer to no PING", [], [frame(PING, ACK, 0, b"12345678"), DONE], status(200)),
    ("6.7 PING of a stream", [], [frame(PING, 0, 1, b"12345678")], connection(PROTOCOL)),
    ("6.7 PING of 7 bytes", [], [frame(PING, 0, 0, b"1234567")], connection(SIZE)),
    ("6.8 GOAWAY of a stream", [], [frame(GOAWAY, 0, 1, bytes(8))], connection(PROTOCOL)),
    ("6.8 GOAWAY: what was asked is answered", [], [DONE, frame(GOAWAY, 0, 0, bytes(8))], lambda h2: (status_of(h2, 200), h2.ended("NO_ERROR", "no GOAWAY"))),
    ("6.9 WINDOW_UPDATE of 0", [], [frame(WINDOW_UPDATE, 0, 0, u32(0))], connection(PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 0 of a stream", [], [post(), frame(WINDOW_UPDATE, 0, 1, u32(0))], stream(PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 3 bytes", [], [frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")], connection(SIZE)),
    ("6.9.1 a window beyond 2^31", [], [frame(WINDOW_UPDATE, 0, 0, u32(0x7FFFFFFF))], connection(FLOW)),
    ("6.9.1 a window beyond 2^31 of a stream", [], [post(), frame(WINDOW_UPDATE, 0, 1, u32(0x7FFFFFFF))], stream(FLOW)),
    ("6.9.2 a window beyond 2^31 by SETTINGS", [], [post(), frame(WINDOW_UPDATE, 0, 1, u32(0x7FFF0000)), frame(SETTINGS, payload=setting((4, 0x7FFFFFFF)))], stream(FLOW)),
    ("6.10 a field section in three frames", [], [headers(head()[:9], END_STREAM), frame(CONTINUATION, 0, 1, head()[9:20]), frame(CONTINUATION, 4, 1, head()[20:])], status(200)),
    ("6.10 CONTINUATION after the end", [], [DONE, frame(CONTINUATION, 4, 1, head())], connection(PROTOCOL, CLOSED)),
    ("6.10 CONTINUATION of no stream", [], [headers(head(), END_STREAM), frame(CONTINUATION, 4, 0)], connection(PROTOCOL)),
    ("6.10 DATA before CONTINUATION", [], [headers(head(), 0), frame(DATA, 0, 1, b"a")], connection(PROTOCOL)),
    ("8.1 trailers", [], [post(), frame(DATA, 0, 1, b"a"), headers(literal("a", "b"))], status(405)),
    ("8.1 trailers that do not end the request", [], [post(), frame(DATA, 0, 1, b"a"), headers(literal("a", "b"), OPEN)], stream(PROTOCOL)),
    ("8.1 pseudo-fields in trailers", [], [post(), frame(DATA, 0, 1, b"a"), headers(literal(":path", "/"))], stream(PROTOCOL)),
    ("8.1.1 a length that is too short", [], [post(("content-length", "1")), frame(DATA, END_STREAM, 1, b"ab")], stream(PROTOCOL)),
    ("8.1.1 a length that is too long", [], [post(("content-length", "3")), frame(DATA, END_STREAM, 1, b"ab")], stream(PROTOCOL)),
    ("8.1.1 two lengths", [], [post(("content-length", "2"), ("content-length", "2")), frame(DATA, END_STREAM, 1, b"ab")], stream(PROTOCOL)),
    ("8.1.1 a length with a sign", [], [post(("content-length", "+2")), frame(DATA, END_STREAM, 1, b"ab")], stream(PROTOCOL)),
    ("8.2 a field in capitals", [], [headers(head() + literal("Accept", "*/*"))], stream(PROTOCOL)),
    ("8.2.1 NUL in a value", [], [headers(head() + literal("a", "b\0c"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 a line's end in a value", [], [headers(head() + literal("a", "b\r\nc: d"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 a blank before a value", [], [headers(head() + literal("a", " b"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 a blank in a name", [], [headers(head() + literal("a b", "c"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 a colon in a name", [], [headers(head() + literal("a:b", "c"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 an empty name", [], [headers(head() + literal("", "c"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.2.1 an empty value", [], [headers(head() + literal("a", ""))], status(200)),
    ("8.2.2 Connection", [], [headers(head() + literal("connection", "keep-alive"))], stream(PROTOCOL)),
    ("8.2.2 Transfer-Encoding", [], [headers(head() + literal("transfer-encoding", "chunked"))], stream(PROTOCOL)),
    ("8.2.2 Upgrade", [], [headers(head() + literal("upgrade", "h2c"))], stream(PROTOCOL)),
    ("8.2.2 TE other than trailers", [], [headers(head() + literal("te", "trailers, deflate"))], stream(PROTOCOL)),
    ("8.2.2 TE: trailers", [], [headers(head() + literal("te", "trailers"))], status(200)),
    ("8.3 an unknown pseudo-field", [], [headers(head() + literal(":test", "a"))], stream(PROTOCOL)),
    ("8.3 a pseudo-field of responses", [], [headers(head() + literal(":status", "200"))], stream(PROTOCOL)),
    ("8.3 a pseudo-field after others", [], [headers(literal("a", "b") + head())], stream(PROTOCOL)),
    ("8.3.1 an empty :path", [], [headers(head(""))], stream(PROTOCOL)),
    ("8.3.1 no :path", [], [headers(without(":path"))], stream(PROTOCOL)),
    ("8.3.1 no :method", [], [headers(without(":method"))], stream(PROTOCOL)),
    ("8.3.1 no :scheme", [], [headers(without(":scheme"))], stream(PROTOCOL)),
    ("8.3.1 two :path", [], [headers(head() + literal(":path", "/"))], stream(PROTOCOL)),
    ("8.3.1 two :method", [], [headers(literal(":method", "GET") + head())], stream(PROTOCOL)),
    ("8.3.1 no :authority and no Host", [], [headers(without(":authority"))], lambda h2: refused(h2)),
    ("8.3.1 Host in place of :authority", [], [headers(without(":authority") + literal("host", "localhost"))], status(200)),
    ("8.3.1 Host like :authority", [], [headers(head() + literal("host", "localhost"))], status(200)),
    ("8.3.1 Host other than :authority", [], [headers(head() + literal("host", "elsewhere"))], status(400)),
    ("8.3.1 a user in :authority", [], [headers(head(authority="a@localhost"))], lambda h2: refused(h2)),
    ("8.3.1 a :path without a slash", [], [headers(head("healthz"))], lambda h2: refused(h2)),
    ("8.3.1 an absolute :path", [], [headers(head("https://localhost/healthz"))], lambda h2: refused(h2)),
    ("8.3.1 a star for GET", [], [headers(head("*"))], lambda h2: refused(h2)),
    ("8.3.1 a star for OPTIONS", [], [headers(head("*", "OPTIONS"))], status(204)),
    ("8.3.1 a fragment", [], [headers(head("/healthz#a"))], lambda h2: refused(h2)),
    ("8.3.1 a blank in :path", [], [headers(head("/a b"))], lambda h2: refused(h2)),
    ("8.3.1 bytes above 0x7e in :path", [], [headers(head(b"/\xc3\xa9"))], lambda h2: refused(h2)),
    ("8.3.1 a method that is none", [], [headers(head("/", "GE T"))], stream(PROTOCOL, "INTERNAL_ERROR")),
    ("8.5 CONNECT", [], [headers(literal(":method", "CONNECT") + literal(":authority", "localhost:80"), OPEN)], lambda h2: refused(h2)),
    ("8.5 CONNECT with a :path", [], [headers(head("/", "CONNECT"))], lambda h2: refused(h2)),
    ("9.1.1 a :path of 9,000 bytes", [], [headers(head("/" + "a" * 9000))], status(414)),
    ("10.5.1 a head beyond MAX_HEADER_LIST_SIZE", [], [headers(head() + literal("a", "b" * 16000), END_STREAM), frame(CONTINUATION, 4, 1, literal("c", "d" * 999))], status(431)),
    ("10.5.1 101 fields", [], [headers(head() + literal("a", "b") * 101)], status(431)),
    ("7541 2.1 an index beyond the tables", [], [headers(b"\xc8")], connection(COMPRESSION)),
    ("7541 2.3.3 an index beyond them for a name", [], [headers(b"\x7f\x63\1a")], connection(COMPRESSION)),
    ("7541 4.2 a table larger than was allowed", [], [headers(b"\x3f\xe2\x1f" + head())], connection(COMPRESSION)),
    ("7541 4.2 a table's size after a field", [], [headers(head() + b"\x20")], connection(COMPRESSION)),
    ("7541 4.2 a table of no bytes, and of all again", [], [headers(b"\x20\x3f\xe1\x1f" + head())], status(200)),
    ("7541 5.1 an integer without end", [], [headers(b"\xff" + b"\x80" * 20 + b"\1")], connection(COMPRESSION)),
    ("7541 5.2 padding of 8 bits", [], [headers(head() + b"\0\1a\x82\x1f\xff")], connection(COMPRESSION)),
    ("7541 5.2 padding that is not ones", [], [headers(head() + b"\0\1a\x81\x18")], connection(COMPRESSION)),
    ("7541 5.2 the end of strings in a string", [], [headers(head() + b"\0\1a\x84\xff\xff\xff\xff")], connection(COMPRESSION)),
    ("7541 6.1 index 0", [], [headers(b"\x80")], connection(COMPRESSION)),
    ("7541 6.1 indexed fields", [], [headers(b"\x82\x87" + literal(":path", "/healthz") + literal(":authority", "localhost"))], status(200)),
    ("7541 6.2 a field cut short", [], [headers(head() + b"\0\1")], connection(COMPRESSION)),
]  # fmt: skip


def status_of(h2, wanted):
    assert h2.answer(1).status == wanted


def refused(h2):
    """By a status or a reset: RFC 9113 8.1.1 allows both."""
    answer = h2.answer(1)
    assert answer.reset in (1, 2) or 400 <= answer.status <= 499, answer.status
    h2.alive()


def conforms(url):
    def run(settings, sent, check):
        with H2(url, settings or (), greet=settings is not None) as h2:
            h2.send(*sent)
            check(h2)

    for name, settings, sent, check in CASES:
        report(name, run, settings, sent, check)


# ---- what a server has to do for everybody


def serves(url, chunk, sound):
    """@param chunk  its path  @param sound  its file"""
    with open(sound, "rb") as file:
        whole = file.read()

    def get_whole():
        with H2(url) as h2:
            answer = h2.get(chunk)
            assert answer.status == 200 and answer.body == whole and answer["content-length"] == str(len(whole))
            assert answer["date"] and answer["etag"]

    def many():
        with H2(url) as h2:
            streams = [h2.ask(chunk) for _ in range(100)]
            assert all(h2.answer(one).body == whole for one in streams)
            h2.alive()

    def one_too_many():
        with H2(url, [(INITIAL_WINDOW_SIZE, 0)]) as h2:
            h2.until(lambda: h2.settings and h2.acked)
            assert h2.settings[MAX_CONCURRENT_STREAMS] == 100 and h2.settings[9] == 1
            for _ in range(100):
                h2.ask(chunk)
            h2.reset(h2.ask(chunk), "REFUSED_STREAM", PROTOCOL)

    def parts():
        with H2(url) as h2:
            answer = h2.get(chunk, "GET", ("range", "bytes=1000-20999"))
            assert answer.status == 206 and answer.body == whole[1000:21000]
            assert answer["content-range"] == f"bytes 1000-20999/{len(whole)}"
            assert h2.get(chunk, "GET", ("range", f"bytes={len(whole)}-")).status == 416
            etag = h2.get(chunk, "HEAD")["etag"]
            answer = h2.get(chunk, "GET", ("if-none-match", etag))
            assert answer.status == 304 and answer.body == b"" and answer["etag"] == etag
            assert h2.get(chunk, "GET", ("if-match", '"other"')).status == 412
            head = h2.get(chunk, "HEAD")
            assert head.status == 200 and head.body == b"" and head["content-length"] == str(len(whole))

    def windows():
        """The server keeps to the windows: of the stream, of the connection, also when they become less than nothing."""
        with H2(url, [(INITIAL_WINDOW_SIZE, 1000)], credit=False) as h2:
            one = h2.ask(chunk)
            answer = h2.answers.setdefault(one, Answer())
            h2.until(lambda: len(answer.body) == 1000)
            h2.send(frame(WINDOW_UPDATE, 0, one, u32(1)))
            h2.until(lambda: len(answer.body) == 1001)
            h2.send(frame(SETTINGS, payload=setting((INITIAL_WINDOW_SIZE, 10))), frame(WINDOW_UPDATE, 0, one, u32(990)))
            h2.alive()
            assert len(answer.body) == 1001
            h2.send(frame(WINDOW_UPDATE, 0, one, u32(2)))
            h2.until(lambda: len(answer.body) == 1003)
            h2.send(frame(WINDOW_UPDATE, 0, one, u32(1 << 24)))
            h2.until(lambda: len(answer.body) == 65535)  # the connection's
            h2.alive()
            assert len(answer.body) == 65535
            h2.send(frame(WINDOW_UPDATE, 0, 0, u32(1 << 24)))
            assert h2.answer(one).body == whole

    def unhurried():
        """A request that takes none of its response keeps no other from its own."""
        with H2(url, [(INITIAL_WINDOW_SIZE, 0)], credit=False) as h2:
            slow = h2.ask(chunk)
            h2.send(frame(SETTINGS, payload=setting((INITIAL_WINDOW_SIZE, 1 << 20))), frame(WINDOW_UPDATE, 0, 0, u32(1 << 24)))
            h2.answer(slow)
            h2.send(frame(SETTINGS, payload=setting((INITIAL_WINDOW_SIZE, 0))))
            slow = h2.ask(chunk)
            quick = h2.ask(chunk)
            h2.send(frame(WINDOW_UPDATE, 0, quick, u32(1 << 24)))
            assert h2.answer(quick).body == whole and h2.answers[slow].body == b""

    def cancelled():
        with H2(url) as h2:
            for _ in range(50):
                one = h2.ask(chunk)
                h2.send(frame(RST_STREAM, 0, one, u32(8)))
            assert h2.get(chunk).body == whole

    def expects():
        with H2(url) as h2:
            one = h2.ask("/songs", "POST", ("expect", "100-continue"), ("content-length", "3"), end=False)
            answer = h2.answers.setdefault(one, Answer())
            h2.until(lambda: answer.interim)
            assert answer.interim == [[(":status", "100")]]
            h2.send(frame(DATA, END_STREAM, one, b"abc"))
            assert h2.answer(one).status == 405
            assert h2.get("/songs", "POST", ("expect", "else"), end=False).status == 417

    def large():
        """A body beyond the limit: answered before its end, and the client is told to stop."""
        with H2(url) as h2:
            answer = h2.get("/songs", "POST", ("content-length", "2000000"), end=False)
            assert answer.status == 413
            h2.until(lambda: answer.reset is not None)
            assert answer.reset == 0
            one = h2.ask("/songs", "POST", end=False)
            for _ in range(70):
                h2.send(frame(DATA, 0, one, bytes(16384)))
            assert h2.answer(one).status == 413
            h2.alive()

    for test in (get_whole, many, one_too_many, parts, windows, unhurried, cancelled, expects, large):
        report(test.__name__.replace("_", " "), test)


def cookies(url, chunk, token):
    """The crumbs of a cookie are one again, in which the token is found (RFC 9113 8.2.3)."""

    def crumbs():
        with H2(url) as h2:
            assert h2.get(chunk).status == 401
            assert h2.get(chunk, "GET", ("cookie", "a=b"), ("cookie", f"URISigningPackage={token}"), ("cookie", "c=d")).status == 200
            assert h2.get(chunk, "GET", ("cookie", "a=b"), ("cookie", f"URISigningPackage=x{token}")).status == 401

    report("a token in one of several fields", crumbs)


# ---- attacks: each ends with ENHANCE_YOUR_CALM, or costs the server nothing


def attacks(url, chunk, pid):
    """@param pid  of the server, whose memory is watched"""

    def memory():
        with open(f"/proc/{pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def flood(*frames, most=200_000):
        """Until the server has enough: within `most` of them it has to."""
        with H2(url, credit=False) as h2:
            h2.until(lambda: h2.settings)
            h2.press(b"".join(frames) * 500, most // 500)
            h2.ended("ENHANCE_YOUR_CALM")

    def resets():
        """CVE-2023-44487."""
        with H2(url) as h2:
            for _ in range(3000):
                one = h2.ask(chunk)
                h2.send(frame(RST_STREAM, 0, one, u32(8)))
            h2.ended("ENHANCE_YOUR_CALM")

    def made_resets():
        """CVE-2025-8671: the server is made to reset streams."""
        with H2(url) as h2:
            try:
                for _ in range(100):
                    for _ in range(50):
                        one = h2.ask("/songs", "POST", end=False)
                        h2.send(frame(WINDOW_UPDATE, 0, one, u32(0x7FFFFFFF)))
                    h2.alive()
            except Gone as gone:
                check(gone.code == ERRORS.index("ENHANCE_YOUR_CALM"))
            else:
                raise AssertionError("it goes on")

    def refused_streams():
        with H2(url, [(INITIAL_WINDOW_SIZE, 0)], credit=False) as h2:
            h2.until(lambda: h2.settings)
            for _ in range(6000):
                h2.ask(chunk)
            h2.ended("ENHANCE_YOUR_CALM", PROTOCOL)

    def continuations():
        """CVE-2024-27316 and others: a field section without end."""
        with H2(url) as h2:
            h2.send(headers(head(), END_STREAM))
            h2.press(frame(CONTINUATION, 0, 1, literal("a", "b" * 1000)), 3000)
            h2.ended("ENHANCE_YOUR_CALM", "INTERNAL_ERROR", "PROTOCOL_ERROR")

    def empty_continuations():
        with H2(url) as h2:
            h2.send(headers(head(), END_STREAM))
            h2.press(frame(CONTINUATION, 0, 1) * 10, 3000)
            h2.ended("ENHANCE_YOUR_CALM", "INTERNAL_ERROR", "PROTOCOL_ERROR")

    def bomb():
        """A byte that stands for 4 kB (CVE-2016-6581)."""
        with H2(url) as h2:
            h2.send(headers(head() + b"\x40" + number(1, 7, 0) + b"a" + number(4000, 7, 0) + b"b" * 4000 + b"\xbe" * 12000))
            h2.ended("ENHANCE_YOUR_CALM")

    def windows_of_one():
        """CVE-2019-9511: a response byte by byte."""
        with H2(url, [(INITIAL_WINDOW_SIZE, 0)], credit=False) as h2:
            one = h2.ask(chunk)
            for _ in range(6000):
                h2.send(frame(WINDOW_UPDATE, 0, one, u32(1)))
            h2.ended("ENHANCE_YOUR_CALM")

    def deaf():
        """CVE-2019-9517: windows that are wide open, and nobody who reads."""
        before = memory()
        held = []
        for _ in range(20):
            h2 = H2(url, [(INITIAL_WINDOW_SIZE, 0x7FFFFFFF)], credit=False, buffer=4096)
            h2.send(frame(WINDOW_UPDATE, 0, 0, u32(0x7FFF0000)))
            for _ in range(100):
                h2.ask(chunk)
            held.append(h2)
        assert get_free(url) == 200
        grown = memory() - before
        for h2 in held:
            h2.socket.close()
        assert grown < 20 * 1024, f"{grown} kB for 20 connections"

    def uploads():
        """100 bodies of 1 MB at a time, none of which ends."""
        before = memory()
        with H2(url) as h2:
            streams = [h2.ask("/songs", "POST", end=False) for _ in range(90)]
            for _ in range(60):
                for one in streams:
                    if one not in h2.answers or h2.answers[one].fields is None:
                        h2.send(frame(DATA, 0, one, bytes(700)))
                h2.alive()
            answers = [h2.answers[one] for one in streams if one in h2.answers and h2.answers[one].fields]
            assert answers and all(answer.status == 503 for answer in answers), "all were kept"
        grown = memory() - before
        assert grown < 16 * 1024, f"{grown} kB"

    def get_free(url):
        with H2(url) as h2:
            return h2.get("/healthz").status

    floods = {
        "PING": [frame(PING, payload=b"12345678")],
        "SETTINGS": [frame(SETTINGS)],
        "SETTINGS with a new window each": [frame(SETTINGS, payload=setting((4, 1))), frame(SETTINGS, payload=setting((4, 2)))],
        "PRIORITY": [frame(PRIORITY, 0, 7, u32(3) + b"\1")],
        "WINDOW_UPDATE": [frame(WINDOW_UPDATE, 0, 0, u32(1))],
    }
    for name, frames in floods.items():
        report(f"a flood of {name}", lambda frames=frames: flood(*frames))

    def unknown_frames():
        with H2(url) as h2:
            for _ in range(100):
                h2.send(frame(0xBE))
            h2.alive()
            h2.press(frame(0xBE) * 500, 200)
            h2.ended("ENHANCE_YOUR_CALM")

    def data_of_a_stream_that_is_over():
        with H2(url) as h2:
            one = h2.ask("/songs", "POST", end=False)
            h2.send(frame(RST_STREAM, 0, one, u32(8)))
            h2.press(frame(DATA, END_STREAM, one) * 500, 200)
            h2.ended("ENHANCE_YOUR_CALM")

    def padding():
        with H2(url) as h2:
            one = h2.ask("/songs", "POST", end=False)
            h2.press(frame(DATA, PADDED, one, b"\xff" + bytes(255)) * 50, 2000)
            h2.ended("ENHANCE_YOUR_CALM")

    def empty_data():
        with H2(url) as h2:
            one = h2.ask("/songs", "POST", end=False)
            for _ in range(3000):
                h2.send(frame(DATA, 0, one))
            h2.ended("ENHANCE_YOUR_CALM")

    for test in (resets, made_resets, refused_streams, continuations, empty_continuations, bomb, windows_of_one, empty_data, padding, data_of_a_stream_that_is_over, unknown_frames, deaf, uploads):
        report(test.__name__.replace("_", " "), test)
        report("and others are served", lambda: check(get_free(url) == 200))


def check(true):
    assert true


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
