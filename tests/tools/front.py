"""A proxy or portal in front of a server: front.py KIND TARGET [CERTIFICATE KEY] listens on a free port and prints a line for each request:
method, target, Host and Authorization.

`pass` hands on to TARGET, `proxy` is a forward proxy for every host that there may be, `redirect` answers 302 with the same path at TARGET (/healthz it hands on),
`login` answers 401 to whoever is not ann with the password s3cret, `portal` a web page to everything. With a certificate it speaks TLS.
"""

import base64
import http.client
import http.server
import ssl
import sys
import urllib.parse

kind, target = sys.argv[1], urllib.parse.urlsplit(sys.argv[2])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, fields, body=b""):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        # in one write: threads tell at the same time
        print(f"{self.command} {self.path} {self.headers['Host']} {self.headers['Authorization']}\n", end="", flush=True)
        if kind == "portal":
            return self.answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Please log in</h1>")
        if kind == "login" and self.headers["Authorization"] != "Basic " + base64.b64encode(b"ann:s3cret").decode():
            return self.answer(401, {"WWW-Authenticate": 'Basic realm="music"'}, b"no")
        if kind == "redirect" and self.path != "/healthz":
            return self.answer(302, {"Location": target.geturl() + self.path})
        path = urllib.parse.urlsplit(self.path)._replace(scheme="", netloc="").geturl() if kind == "proxy" else self.path
        server = http.client.HTTPConnection(target.netloc)
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        server.request(self.command, path, body, {"Range": self.headers["Range"]} if self.headers["Range"] else {})
        answer = server.getresponse()
        fields = {name: answer.headers[name] for name in ("Content-Type", "Content-Range", "ETag") if answer.headers[name]}
        return self.answer(answer.status, fields, answer.read())

    do_POST = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
