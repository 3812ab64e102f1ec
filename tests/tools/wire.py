"""HTTP/1.1 byte by byte, for tests: a client that shows every byte and relies on nothing but the framing."""

import os
import socket
import ssl
import time
import urllib.parse

PATIENCE = 60  # seconds: against hanging for ever, not a measurement


class Incomplete(Exception):
    """The connection ended before the message did."""


def address(url):
    """(host, port) of "http://host:port"."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port


def wait_for(true, what):
    """Until `true()` holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.01)


class Answer:
    def __init__(self, status, version, fields, body=b""):
        self.status, self.version, self.fields, self.body = status, version, fields, body

    def __getitem__(self, name):
        return ", ".join(value for key, value in self.fields if key == name.lower()) or None


class Wire:
    """One connection. With a small `buffer`, what we do not read soon stops the server."""

    def __init__(self, url, buffer=None):
        host, port = address(url)
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.startswith("https"):
            self.socket = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]).wrap_socket(self.socket, server_hostname=host)
        self.have = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def end(self):
        """Say that no more will be sent."""
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket = self.socket.unwrap()
        else:
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Go as one who pulls the plug: RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def get(self, path, method="GET", body=b"", **fields):
        self.ask(path, method, body, **fields)
        return self.answer(method)

    def ask(self, path, method="GET", body=b"", **fields):
        lines = [f"{method} {path} HTTP/1.1", "Host: x"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Incomplete(f"closed after {self.have[:200]!r}")
        self.have += data

    def take(self, n):
        if len(self.have) < n:
            parts, missing = [self.have], n - len(self.have)
            while missing > 0:
                data = self.socket.recv(min(missing, 1 << 20))
                if not data:
                    raise Incomplete(f"{missing} of {n} bytes are missing")
                parts.append(data)
                missing -= len(data)
            self.have = b"".join(parts)
        data, self.have = self.have[:n], self.have[n:]
        return data

    def line(self):
        while b"\r\n" not in self.have:
            self.more()
        line, self.have = self.have.split(b"\r\n", 1)
        return line.decode("latin-1")

    def head(self):
        version, status, _ = (self.line() + " ").split(" ", 2)
        assert version == "HTTP/1.1" and 100 <= int(status) <= 599, (version, status)
        fields = []
        while line := self.line():
            name, value = line.split(":", 1)
            assert name == name.strip() and name, line
            fields.append((name.lower(), value.strip()))
        return Answer(int(status), version, fields)

    def answer(self, method="GET"):
        """The final response whole, or Incomplete."""
        answer = self.head()
        while answer.status < 200:
            answer = self.head()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer["transfer-encoding"]:
            assert answer["transfer-encoding"] == "chunked" and not answer["content-length"]
            while size := int(self.line(), 16):
                answer.body += self.take(size)
                assert self.line() == ""
            assert self.line() == ""
        elif answer["content-length"] is not None:
            answer.body = self.take(int(answer["content-length"]))
        else:
            answer.body = self.rest()
        return answer

    def rest(self):
        """All until the server closes; ConnectionResetError when it does so rudely."""
        parts = [self.have]
        while data := self.socket.recv(1 << 18):
            parts.append(data)
        self.have = b""
        return b"".join(parts)

    def closed(self):
        """Whether the server ends the connection, in whatever way, without a byte more."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True


def get(url, path, method="GET", **fields):
    """One request on a connection of its own."""
    with Wire(url) as wire:
        return wire.get(path, method, **fields)
