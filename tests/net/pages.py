"""Pages of nat.t, each in a browser of its own: `pages.py SESSION URL CHECK` exits 0 when it holds."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "browser"))
from browser import call, open_browser
from core import same, samples
from peers import Peer, note

SONG = 0


def browsers(profile):
    """The main process of the browser with this profile."""
    found = subprocess.run(["pgrep", "-f", "--", f"--user-data-dir={profile}"], capture_output=True, text=True, check=True)
    return [int(pid) for pid in found.stdout.split()]


def fresh(page, url):
    page.go("about:blank")
    page.devtools("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    page.visit(url)
    note("page.id", page.js("core.sources.peer"))
    page.choose(SONG, 320)


def heard(page):
    page.ends()
    same(page.heard(), samples("song.raw"), "the song")
    return page.sources()


def listens(page, url):
    """The whole song, from wherever it comes."""
    fresh(page, url)
    heard(page)


def takes(page, url):
    fresh(page, url)
    sources = heard(page)
    assert sources["peers"] > 100000 and not page.js("waits"), sources


def survives(page, url):
    """kill -9 of the other browser while it gives."""
    fresh(page, url)
    page.wait("core.sources.peers > 0", seconds=60)
    for pid in browsers(os.path.abspath("h1.profile")):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended with its parent
    sources = heard(page)
    assert not page.js("waits"), "it stalled"
    assert sources["server"] > 0, sources


def alone(page, url):
    """No way to any peer: all comes from the server, and no later."""
    fresh(page, url)
    sources = heard(page)
    assert sources["peers"] == 0 and not page.js("waits"), sources


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:]))
    elif sys.argv[3] == "close":
        call("DELETE", sys.argv[1])
    else:
        session, url, check = sys.argv[1:]
        globals()[check](Peer(session), url)


if __name__ == "__main__":
    main()
