"""What core.t looks at, one function a test: `core.py SESSION URL CHECK` exits 0 when it holds.

All that the page schedules is noted, and rendered again by an OfflineAudioContext: what a device would have played, whatever this machine was
busy with.
"""

import array
import base64
import json
import os
import sys
import time

from browser import Browser, call, open_browser

FIRST, SECOND, LONG = 0, 1, 2
RATE = 44100
NOTE = """(() => {
    if (window.noted) return;
    window.noted = [];
    const {start, stop} = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (when) {
        noted.push({node: this, when, end: Infinity, buffer: this.buffer});
        start.call(this, when);
    };
    AudioBufferSourceNode.prototype.stop = function () {
        const now = Math.ceil(this.context.currentTime * this.context.sampleRate) / this.context.sampleRate;
        for (const n of noted) if (n.node === this) n.end = Math.min(n.end, now);
        stop.call(this);
    };
})()"""
# 16 bit as oggdec has them, from the first frame that was scheduled
RENDER = """(async () => {
    const played = noted.filter(n => n.end > n.when);
    const begin = Math.min(...played.map(n => n.when));
    const end = Math.max(...played.map(n => Math.min(n.end, n.when + n.buffer.duration)));
    const offline = new OfflineAudioContext(2, Math.round((end - begin) * 44100), 44100);
    for (const n of played) {
        const source = offline.createBufferSource();
        source.buffer = n.buffer;
        source.connect(offline.destination);
        source.start(n.when - begin, 0);
        if (n.end < Infinity) source.stop(n.end - begin);
    }
    const made = await offline.startRendering(), out = new Int16Array(2 * made.length);
    for (let c = 0; c < 2; ++c) {
        const plane = made.getChannelData(c);
        for (let i = 0; i < plane.length; ++i) out[2 * i + c] = Math.max(-32768, Math.min(32767, Math.round(plane[i] * 32768)));
    }
    let text = '';
    const bytes = new Uint8Array(out.buffer);
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
})()"""


def samples(file):
    return array.array("h", open(file, "rb").read())


def same(heard, there, what):
    """At most 1 apart, in fewer than one of a thousand samples."""
    assert len(heard) == len(there), f"{what}: {len(heard)} samples in place of {len(there)}"
    far = [abs(a - b) for a, b in zip(heard, there) if a != b]
    assert max(far, default=0) <= 1, f"{what}: {max(far)} apart, {len(far)} of {len(heard)} samples differ"
    assert len(far) < len(heard) / 1000 + 1, f"{what}: {len(far)} of {len(heard)} samples differ"


def song(name):
    return open("store/names/" + name, encoding="ascii").read().strip()


def rate(kbps):
    with open("rate.new", "w", encoding="ascii") as file:
        file.write(str(kbps))
    os.rename("rate.new", "rate")


def heads():
    if not os.path.exists("heads"):
        return []
    return open("heads", encoding="latin-1", newline="").read().split("\r\n\r\n")[:-1]


def chunk_requests(since=0):
    return [h.split()[1] for h in heads()[since:] if ".ogg" in h.split()[1] or "/stream/" in h.split()[1]]


class Page(Browser):
    def open(self, url, wait=True):
        self.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": NOTE})
        self.go(url)
        self.wait("document.querySelectorAll('.song').length > 0")
        if wait:
            self.wait("core && (core.ready || core.broken)")
            assert self.js("core.ready"), self.log("browser")

    def choose(self, row, kbps=0):
        self.js("(document.getElementById('wish').value = arguments[0] || '', window.waits = 0, noted.length = 0)", kbps)
        self.click(f"#songs li:nth-child({row + 1}) .song")
        assert self.js("audio === core")
        self.js("!core.counts && (core.counts = true, core.addEventListener('waiting', () => { ++waits; }), 0)")

    def text(self, id):
        return self.js("document.getElementById(arguments[0]).textContent", id)

    def plays(self, title, beyond=0.5):
        self.wait("document.getElementById('title').textContent === arguments[0] && audio.readyState > 1 && !audio.paused"
                  " && audio.currentTime > arguments[1]", title, beyond, seconds=60)

    def ends(self, seconds=120):
        self.wait("audio.ended", seconds=seconds)

    def heard(self):
        return array.array("h", base64.b64decode(self.js(RENDER)))


def ready(page, url):
    page.open(url)
    ms = page.js("core.ready_ms")
    print(f"the core was ready {ms:.0f} ms after its worker began")
    assert not page.log("browser")


def gapless(page, url):
    page.open(url)
    page.choose(FIRST, 96)
    page.plays("First")
    assert page.text("kbps") == "96 kbit/s" and page.js("document.querySelectorAll('#chunks i').length") == 1
    page.plays("Second")
    assert page.js("document.title") == "Second – Ada" and page.js("navigator.mediaSession.metadata.title") == "Second"
    page.wait("audio.currentTime > 11")
    page.plays("Long")
    page.js("(audio.pause(), 0)")
    heard = page.heard()
    there = samples("first-96.raw") + samples("second-96.raw")
    assert len(heard) > len(there)
    same(heard[:len(there)], there, "two songs")
    same(heard[len(there):], samples("long-96.raw")[:len(heard) - len(there)], "the third")


def kept(page, url):
    page.open(url)
    before = len(heads())
    page.choose(SECOND, 96)
    page.plays("Second")
    page.wait("document.getElementById('cache').textContent === 'kept here'")
    page.js("(audio.currentTime = 10.5, 0)")
    page.plays("Long", 0)
    assert not [r for r in chunk_requests(before) if song("second") in r], chunk_requests(before)


def seeks(page, url):
    page.open(url)
    page.choose(LONG, 160)
    page.plays("Long")
    there = samples("long-160.raw")
    for wanted in (31, 2.5, 48.25):  # forward past what is in hand, back, into the last chunk
        page.js("(noted.length = 0, audio.currentTime = arguments[0], 0)", wanted)
        page.wait("noted.length > 2 && !audio.seeking && audio.currentTime > arguments[0] + 0.5 && audio.currentTime < arguments[0] + 9", wanted)
        heard = page.heard()
        begin = 2 * round(wanted * RATE)
        same(heard, there[begin:begin + len(heard)], f"from {wanted} s")
    page.choose(SECOND, 160)
    page.plays("Second")


def pauses(page, url):
    page.open(url)
    page.choose(FIRST, 96)
    page.plays("First", 2)
    page.press(" ")
    page.wait("audio.paused && core.context.state === 'suspended'")
    # it stands: the clock that all sound follows does
    stood = page.js("core.context.currentTime")
    assert page.js("document.getElementById('toggle').getAttribute('aria-label')") == "Play"
    page.press(" ")
    page.wait("core.context.currentTime > arguments[0] + 0.2", stood)
    page.plays("Second", 0)
    page.js("(audio.pause(), 0)")
    there = samples("first-96.raw")
    same(page.heard()[:len(there)], there, "a song with a pause")


def repeats(page, url):
    """One song follows itself without a gap; the volume is applied behind what is scheduled."""
    page.js("(queue.repeat = 'one', 0)")
    page.choose(FIRST, 96)
    page.plays("First")
    page.js("(v => { v.value = 0.5; v.dispatchEvent(new Event('input')) })(document.getElementById('volume'))")
    page.wait("Math.abs(core.gain.gain.value - 0.25) < 0.001")
    page.js("(noted.length = 0, audio.currentTime = 10, 0)")
    page.wait("!audio.seeking && audio.currentTime > 1 && audio.currentTime < 9 && document.getElementById('title').textContent === 'First'")
    page.js("(audio.pause(), queue.repeat = 'off', 0)")
    page.js("(v => { v.value = 1; v.dispatchEvent(new Event('input')) })(document.getElementById('volume'))")
    there = samples("first-96.raw")
    heard, tail = page.heard(), there[2 * 10 * RATE:]
    same(heard[:len(tail)], tail, "the end")
    same(heard[len(tail):], there[:len(heard) - len(tail)], "the beginning again")


def splices(page, url):
    """It begins on a slow link; once that is fast the rest of the chunk comes in another rendition."""
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    page.open(url)
    rate(200)
    page.choose(LONG)
    page.plays("Long", 1)
    rate(1500)
    page.wait("audio.kbps > 96", seconds=60)
    page.wait("audio.currentTime > 12", seconds=60)
    rate(100000)
    page.js("(audio.pause(), 0)")
    assert not page.js("waits"), "it stalled"
    heard = page.heard()
    renditions = [samples(f"long-{kbps}.raw") for kbps in (45, 96, 160, 320)]
    # frame by frame one of the renditions; where they differ, which one
    runs, now = [], None
    for i in range(0, len(heard), 2):
        fits = [r for r in range(len(renditions)) if abs(heard[i] - renditions[r][i]) <= 1 and abs(heard[i + 1] - renditions[r][i + 1]) <= 1]
        assert fits, f"at {i / 2 / RATE} s it is no rendition"
        if now not in fits:
            now = fits[0] if len(fits) < len(renditions) else now
            runs.append((i // 2, now))
    changes = [at for at, _ in runs[1:]]
    print("renditions, from frame:", runs)
    assert 1 <= len(changes) <= 6, runs
    assert any(at % (30 * RATE) for at in changes), f"all changes at chunks: {runs}"


def falls(page, url):
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    page.open(url)
    rate(3000)
    page.choose(LONG)
    page.plays("Long", 9)
    rate(100)
    page.wait("audio.currentTime > 45", seconds=120)
    stalls = page.js("waits")
    rate(100000)
    assert stalls == 0, f"{stalls} stalls"


def falls_back(page, url):
    page.js("(indexedDB.deleteDatabase('stretto'), 0)")
    with open("hold", "w", encoding="ascii") as file:
        file.write("core.wasm")
    # the core is kept for a year: not by this visit
    page.devtools("Network.enable", {})
    page.devtools("Network.clearBrowserCache", {})
    page.open(url, wait=False)
    before = len(heads())
    page.click(f"#songs li:nth-child({FIRST + 1}) .song")
    page.wait("audio === element && audio.currentTime > 0.5")
    os.remove("hold")
    page.wait("core?.ready")
    page.wait("audio === element && audio.currentTime > 10", seconds=60)
    page.plays("Second")
    assert page.js("audio === core")
    asked = chunk_requests(before)
    # the element has it from /stream; of the chunks only the first was asked about, by HEAD
    first = song("first")
    got = [h for h in heads()[before:] if h.startswith("GET") and f"/songs/{first}/" in h.split()[1] and ".ogg" in h.split()[1]]
    assert [r for r in asked if r.startswith("/stream/" + first)] and not got, asked


def media_keys(page, url):
    """What the browser shows and sends keys to: an element that plays as long as the sound does."""
    page.open(url)
    page.choose(FIRST, 96)
    page.plays("First")
    page.wait("!core.quiet.paused && core.quiet.currentTime > 0 && navigator.mediaSession.playbackState === 'playing'")
    assert abs(page.js("core.quiet.duration") - 6) < 0.01
    page.press(" ")
    page.wait("core.quiet.paused && navigator.mediaSession.playbackState === 'paused'")


def insecure(page, url):
    page.open(url.replace("127.0.0.1", "music.test"))
    assert not page.js("isSecureContext") and page.js("typeof crypto.subtle") == "undefined"
    page.choose(FIRST, 320)
    page.plays("First", 3)
    page.js("(audio.pause(), 0)")
    heard = page.heard()
    same(heard, samples("first-320.raw")[:len(heard)], "on plain http")


def silent_console(page, url):
    said = [line for line in page.log("browser") if "favicon" not in line["message"]]
    assert not said, said


def events(file):
    lines = [json.loads(line) for line in open(file, encoding="utf-8")]
    names = {line["event"] for line in lines}
    assert {"start", "playing", "chunk", "switch", "seek", "pause", "progress", "end"} <= names, names
    assert {line["source"] for line in lines if line["event"] == "chunk"} == {"edge", "cache"}
    assert {line["why"] for line in lines if line["event"] == "end"} >= {"finished", "skipped"}
    sessions = {kind: {line["session"] for line in lines if line["event"] == kind} for kind in ("playing", "end")}
    missing = sessions["playing"] - sessions["end"]
    assert len(missing) <= 1, f"a closed page tells the end of its song; only the last one is still there, not {missing}"
    assert len({line["listener"] for line in lines}) == 2, "one listener an origin"
    started = [line["startup_ms"] for line in lines if line["event"] == "playing"]
    print("startup_ms:", started)
    assert all(0 <= ms < 20000 for ms in started), started


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:]))
    elif sys.argv[1] == "close":
        call("DELETE", sys.argv[2])
    elif sys.argv[1] == "events":
        events(sys.argv[2])
    else:
        session, url, check = sys.argv[1:]
        globals()[check](Page(session), url)


if __name__ == "__main__":
    main()
