"""What peers.t looks at, one function a test: `peers.py SESSION URL CHECK` exits 0 when it holds.

`first` and `second` are tabs of one browser with two profiles of storage: 127.0.0.1 and music.test are two origins, so two peers.
"""

import json
import os
import subprocess
import sys

from browser import call, open_browser
from core import Page, same, samples

# peers on this machine alone: loopback, and addresses rather than names of mDNS
FLAGS = ["--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns"]
OTHER, SONG = 0, 1


class Peer(Page):
    def visit(self, url, share=True):
        self.open(url)
        self.wait("core.tracker !== ''")
        if share != self.js("document.getElementById('share').checked"):
            self.js("(document.getElementById('settings').open = true, 0)")
            self.click("#share")
            self.js("(document.getElementById('settings').open = false, 0)")
        if share:
            self.wait("core.sources?.goodbye")

    def sources(self):
        return self.js("core.sources")

    def listens(self, row, title, beyond, kbps=96):
        self.choose(row, kbps)
        self.plays(title, beyond)

    def tabs(self):
        return call("GET", f"{self.session}/window/handles")

    def new_tab(self):
        handle = self.post("window/new", {"type": "tab"})["handle"]
        self.post("window", {"handle": handle})

    def close_tab(self, then):
        call("DELETE", f"{self.session}/window")
        self.post("window", {"handle": then})


def note(name, value):
    with open(name, "w", encoding="ascii") as file:
        file.write(value)


def off_at_first(page, url):
    page.open(url)
    assert page.js("!document.getElementById('sharing').hidden") and not page.js("document.getElementById('share').checked")
    page.listens(OTHER, "Other", 0.5)
    sources = page.wait("core.sources?.server && core.sources")
    assert not sources["peer"] and not sources["peers"] and not sources["goodbye"], sources
    page.js("(core.stop(), 0)")


def takes(page, url):
    """The song comes from a native peer, and is what oggdec has."""
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    page.visit(url)
    note("page.id", page.js("core.sources.peer"))
    page.choose(SONG, 96)
    page.plays("Song", 1)
    page.wait("core.sources.peers > 100000", seconds=60)
    page.wait("document.getElementById('sources').textContent.includes('from listeners')")
    page.wait("[...document.querySelectorAll('#chunks i')].some(bar => bar.dataset.source === 'peer')")
    page.ends()
    heard = page.heard()
    same(heard, samples("song-96.raw"), "from peers")


def takes_of_listener(page, url):
    """The same on the page of another server, whose listeners are reached over HTTP too."""
    page.open(url)
    takes(page, url)


def sources_add_up(page, url):
    sources = page.sources()
    whole = sum(os.path.getsize(f"store/songs/{song('song')}/96/chunk_{k}.ogg") for k in range(6))
    print(sources, "of", whole)
    assert sources["peers"] + sources["server"] >= whole and sources["peers"] > sources["server"]


def song(name):
    return open("store/names/" + name, encoding="ascii").read().strip()


def another_browser(page, url):
    """Another page takes from the first, which the tracker names too, when no other peer is there."""
    first = page.tabs()[0]
    page.new_tab()
    page.visit(url.replace("127.0.0.1", "music.test"))
    note("second.id", page.js("core.sources.peer"))
    page.choose(SONG, 96)
    page.plays("Song", 1)
    page.wait("core.sources.peers > 100000", seconds=60)
    page.ends()
    same(page.heard(), samples("song-96.raw"), "from a browser")
    page.post("window", {"handle": first})
    page.wait("core.sources.given > 100000 && document.getElementById('sources').textContent.includes('given')")
    page.listens(OTHER, "Other", 0.5)  # a song's session tells what was given
    page.js("(core.stop(), 0)")
    page.post("window", {"handle": page.tabs()[1]})
    page.close_tab(first)


def tabs_differ(page, url):
    """The id of a browser lasts; a second page beside is another peer."""
    page.visit(url)
    kept = page.js("core.sources.peer")
    assert kept == open("page.id", encoding="ascii").read(), kept
    first = page.tabs()[0]
    page.new_tab()
    page.visit(url)
    other = page.js("core.sources.peer")
    page.close_tab(first)
    assert other != kept, "two pages with one id"


def one_keeps_the_key(page, url):
    """Pages that are opened at the same time have one kept key between them."""
    page.open(url.replace("127.0.0.1", "music.test"))
    page.js("""(Promise.all([1, 2, 3].map(async () => {
        const links = new Links(() => 0);
        await links.description();
        return links.keeps;
    })).then(all => { window.holders = all; }), 0)""")
    page.wait("window.holders")
    assert sorted(page.js("holders")) == [False, False, True], page.js("holders")


def bad_stun(page, url):
    """A tracker may name a STUN server that is none; links are made without."""
    page.visit(url)
    page.js("""(window.links = new Links((what, {sdp}) => { if (what === 'described') window.described = sdp; }), 0)""")
    page.js("(links.description().then(() => links.open(1, 'stun:', '')), 0)")
    page.wait("window.described?.includes('ice-ufrag')")


def used(page, url):
    """When the page last used a chunk, for others to compare."""
    page.visit(url)
    page.js("(window.used = 0, 0)")
    page.js(f"""(indexedDB.open('stretto').onsuccess = ({{target: {{result}}}}) => {{
        result.transaction('about').objectStore('about').get('songs/{song('song')}/96/chunk_2.ogg').onsuccess =
            ({{target}}) => {{ window.used = target.result.used; }};
    }}, 0)""")
    page.wait("window.used")
    value = str(page.js("used"))
    if os.path.exists("used"):
        assert open("used", encoding="ascii").read() == value, "a peer's reading counts"
    note("used", value)


def dies(page, url):
    """kill -9 of the peer while it gives: nothing is heard of it."""
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    page.visit(url)
    page.choose(SONG, 96)
    page.wait("core.sources.peers > 0", seconds=60)
    subprocess.run(["kill", "-9", open("peer.pid", encoding="ascii").read().strip()], check=True)
    page.ends()
    assert not page.js("waits"), "it stalled"
    same(page.heard(), samples("song-96.raw"), "without the peer")


def lies(page, url):
    """A peer whose bytes are wrong: none is heard or kept, and it is asked no more."""
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    page.visit(url)
    page.choose(SONG, 96)
    page.plays("Song", 1)
    page.ends()
    same(page.heard(), samples("song-96.raw"), "beside a liar")


def metered(page, url):
    """A link that costs: the core says no, whatever the switch says."""
    page.visit(url)
    page.js("(core.order('share', {wanted: true, save: true, network: '', sdp: ''}), 0)")
    page.wait("!core.sources.peer")
    page.js("(core.share(true), 0)")
    page.wait("core.sources.peer")
    page.js("""(core.links.description().then(sdp => core.order('share', {wanted: true, save: false, network: 'cellular', sdp})), 0)""")
    page.wait("!core.sources.peer")


def leaves(page, url):
    page.visit(url)
    page.wait("core.sources.goodbye")
    page.go("about:blank")


def events(file, liar):
    lines = [json.loads(line) for line in open(file, encoding="utf-8")]
    peers = [line for line in lines if line["event"] == "chunk" and line["source"] == "peer"]
    assert peers and all(len(line["from"]) == 26 and line["bytes"] > 0 for line in peers), peers[:3]
    uploads = [line for line in lines if line["event"] == "upload"]
    assert sum(line["bytes"] for line in uploads) > 100000, uploads
    rejects = {line["from"] for line in lines if line["event"] == "reject"}
    assert liar in rejects, (liar, rejects)


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:], *FLAGS))
    elif sys.argv[1] == "close":
        call("DELETE", sys.argv[2])
    elif sys.argv[1] == "events":
        events(*sys.argv[2:])
    else:
        session, url, check = sys.argv[1:]
        globals()[check](Peer(session), url)


if __name__ == "__main__":
    main()
