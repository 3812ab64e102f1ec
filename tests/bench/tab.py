"""A page in Chromium in a host of the emulator, beside other listeners: `tab.py URL [visit|listen|share]`, run in the host.

Opens the page, prints `ready`, and at the next line of its input plays the first song to its end. Then prints a line of JSON: who listened
(as in the events that the server keeps), and ms from the click to sound. With `visit` the page is opened at that line by a new browser, the
first song is clicked as soon as it is listed, and ms count from the address. With `share` it exchanges chunks with others.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "browser"))
from browser import Browser, open_browser

# by the page itself: this process would be late by what it takes to ask
CLICKS = """(() => {
    window.seen = {};
    const note = what => { seen[what] ??= performance.now(); };
    const watch = player => {
        player.addEventListener('playing', () => note('sound'));
        player.addEventListener('waiting', () => { seen.waits = (seen.waits || 0) + (seen.sound !== undefined); });
    };
    const click = () => {
        note('click');
        document.querySelector('#songs .song').click();
    };
    window.begin = () => {
        watch(core);
        click();
    };
    if (!VISIT) return;
    addEventListener('DOMContentLoaded', () => {
        watch(document.getElementById('audio'));
        const rows = new MutationObserver(() => {
            if (!document.querySelector('#songs .song')) return;
            rows.disconnect();
            note('listed');
            click();
        });
        rows.observe(document.getElementById('songs'), {childList: true});
    });
})()"""


class Driver:
    """chromedriver, which is gone when this is left."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tab-", dir=".")
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                break
        session = open_browser(f"http://127.0.0.1:{found[1]}", shutil.which("chromium"), os.path.abspath(self.folder) + "/profile")
        self.browser = Browser(session)
        return self.browser

    def __exit__(self, *_):
        self.browser.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def say(line):
    print(line, flush=True)
    return sys.stdin.readline()


def shares(page):
    page.js("document.getElementById('share').click()")
    page.wait("core.sources?.goodbye", seconds=60)


def listens(page, url, share=False):
    page.go(url)
    page.wait("document.querySelectorAll('.song').length > 0 && core && (core.ready || core.broken)", seconds=120)
    assert page.js("core.ready"), page.log("browser")
    if share:
        shares(page)
    say("ready")
    page.js("begin()")
    while not page.js("audio.ended || audio.error?.message || ''"):
        time.sleep(0.5)
    seen = page.js("seen")
    # the events of the end are posted a moment later
    time.sleep(2)
    return {"listener": page.js("localStorage.listener"), "sound_ms": seen["sound"] - seen["click"], "waits": seen.get("waits", 0),
            "error": page.js("audio.error?.message || ''"), "sources": page.js("core.sources")}


def visits(page, url):
    say("ready")
    page.go(url)
    page.wait("seen.sound", seconds=60)
    seen = page.js("seen")
    page.wait("core?.ready", seconds=60)
    return {**{name: round(seen[name]) for name in seen}, "by": page.js("audio === core ? 'the core' : '<audio>'")}


def main():
    url, *how = sys.argv[1:]
    with Driver() as page:
        page.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": CLICKS.replace("VISIT", "true" if how == ["visit"] else "false")})
        print(json.dumps(visits(page, url) if how == ["visit"] else listens(page, url, how == ["share"])), flush=True)


if __name__ == "__main__":
    main()
