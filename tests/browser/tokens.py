"""What tokens.t looks at, one function a test: `tokens.py SESSION URL CHECK` exits 0 when it holds.

`tokens.py shop FILE` serves the token of a file to pages, and says how often it was asked.
"""

import http.server
import sys

import peers
from browser import call, open_browser
from core import same, samples
from peers import Peer, note

SONG = 0


def text(file):
    return open(file, encoding="ascii").read().strip()


def visit(page, url, token=""):
    """A page that has nothing of an earlier one: no cookie, no chunk."""
    page.go("about:blank")
    page.devtools("Network.clearBrowserCookies", {})
    page.devtools("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    page.open(url + ("/#token=" + token if token else ""))


def refused(page, words):
    page.choose(SONG, 96)
    page.wait("audio.error !== null")
    assert words in page.text("trouble"), page.text("trouble")
    page.wait("document.getElementById('access')")
    assert words in page.text("access"), page.text("access")


def lacks(page, url):
    visit(page, url)
    refused(page, "This song needs an access token.")


def nonsense(page, url):
    page.type("#token", "nonsense")
    page.click("#access button")
    page.wait("document.getElementById('access').textContent.includes('not an access token')")
    page.js("(document.getElementById('token').value = '', 0)")


def typed(page, url):
    page.type("#token", text("premium"))
    page.click("#access button")
    page.wait("!document.getElementById('access')")
    page.listens(SONG, "Song", 0.5)
    page.open(url)  # a later visit
    page.listens(SONG, "Song", 0.5)
    page.js("(core.stop(), 0)")


def in_the_address(page, url):
    visit(page, url, text("free"))
    assert page.js("location.hash") == "" and "token" not in page.js("location.href"), page.js("location.href")
    page.listens(SONG, "Song", 1, 160)
    page.ends()
    same(page.heard(), samples("song-96.raw"), "with a token for 96")


def renews(page, url):
    visit(page, url)
    page.wait("access.shown.token === arguments[0]", text("premium"))
    asked = int(text("shop.asked"))
    page.listens(SONG, "Song", 0.5)
    page.js("access.renew()")
    assert int(text("shop.asked")) > asked
    page.js("(core.stop(), 0)")


def takes(page, url):
    visit(page, url, text("premium"))
    page.visit(url)
    note("page.id", page.js("core.sources.peer"))
    page.choose(SONG, 96)
    page.plays("Song", 1)
    page.wait("core.sources.peers > 30000", seconds=60)
    page.ends()
    same(page.heard(), samples("song-96.raw"), "from peers")


def insecure(page, url):
    url = url.replace("127.0.0.1", "music.test")
    first = page.tabs()[0]
    page.new_tab()
    page.open(url + "/#token=" + text("premium"))
    page.visit(url)
    assert not page.js("isSecureContext")
    note("insecure.id", page.js("core.sources.peer"))
    page.choose(SONG, 96)
    page.plays("Song", 1)
    page.wait("core.sources.peers > 0", seconds=60)
    page.ends()
    same(page.heard(), samples("song-96.raw"), "on plain http")
    page.close_tab(first)


def fails_over(page, url):
    visit(page, url, text("premium"))
    page.js("(core.share(false), 0)")
    page.choose(SONG, 96)
    page.plays("Song", 1)
    peers.subprocess.run(["kill", "-9", text("page.pid")], check=True)
    page.ends()
    assert not page.js("waits"), "it stalled"
    same(page.heard(), samples("song-96.raw"), "over two edges")


class Shop(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Shop.asked += 1
        note("shop.asked", str(Shop.asked))
        body = ('{"token": "%s"}' % text(sys.argv[2])).encode()
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
        self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:], *peers.FLAGS))
    elif sys.argv[1] == "close":
        call("DELETE", sys.argv[2])
    elif sys.argv[1] == "shop":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
    else:
        session, url, check = sys.argv[1:]
        globals()[check](Peer(session), url)


if __name__ == "__main__":
    main()
