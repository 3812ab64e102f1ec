"""What page.t looks at, one function a test: `page.py SESSION URL CHECK` exits 0 when it holds.

The songs are those that page.t publishes, in the order of the list: Sweep (240 s, its pitch tells the position), Short (4 s), Middle (25 s),
Hostile, and last the fifty that fill pages.
"""

import sys
import time
import urllib.error
import urllib.request

from browser import Browser, call, open_browser

SWEEP, SHORT, MIDDLE, HOSTILE, FILLERS = 0, 1, 2, 3, 50
HOSTILE_TITLE = open("title", encoding="utf-8").read() if len(sys.argv) == 4 else ""


class Page(Browser):
    def open(self, url):
        # without workers it is the page of a server that has no core: it plays through <audio> (core.t has the other one)
        self.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.Worker"})
        self.go(url)
        self.wait("document.querySelectorAll('.song').length > 0 || !document.getElementById('none').hidden")

    def choose(self, row):
        # as a person would: not where the player at the foot of the window covers the row
        self.js("document.querySelectorAll('#songs li')[arguments[0]].scrollIntoView({block: 'center'})", row)
        self.click(f"#songs li:nth-child({row + 1}) .song")

    def titles(self):
        return self.js("[...document.querySelectorAll('.song b')].map(b => b.textContent)")

    def plays(self, title):
        """Sound comes out: the position moves on from where it is."""
        self.wait("document.getElementById('title').textContent === arguments[0] && audio.readyState > 1 && !audio.paused", title)
        self.wait("audio.currentTime > arguments[0] + 0.2", self.js("audio.currentTime"))

    def text(self, id):
        return self.js("document.getElementById(arguments[0]).textContent", id)

    def stop(self):
        self.js("audio.pause()")
        self.wait("document.getElementById('toggle').getAttribute('aria-label') === 'Play'")

    def requests(self):
        return [m["params"] for m in self.log("performance") if m["method"] == "Network.requestWillBeSent"]


def status(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def lists(page, url):
    page.open(url)
    assert page.titles()[:4] == ["Sweep", "Short", "Middle", HOSTILE_TITLE], page.titles()[:4]
    page.wait("document.querySelector('.song').innerText === 'Sweep\\nAda, First\\n4:00'")
    assert len(page.titles()) == 50 and page.text("count") == "50 songs, and more", page.text("count")
    page.click("#more")
    page.wait("document.querySelectorAll('.song').length === arguments[0]", 4 + FILLERS)
    assert len(set(page.titles())) == 4 + FILLERS and page.js("document.getElementById('more').hidden")


def searches(page, url):
    page.type("#q", "ada short")
    page.wait("document.querySelectorAll('.song').length === 1")
    assert page.titles() == ["Short"] and page.text("count") == "1 song"
    page.type("#q", "ly not")
    page.wait("document.querySelectorAll('.song').length === 0")
    assert "ada shortly not" in page.text("count") and page.js("document.getElementById('none').hidden")
    page.js("(q.value = '', q.dispatchEvent(new Event('input')))")
    page.wait("document.querySelectorAll('.song').length === 50")


def plays(page, url):
    page.choose(MIDDLE)
    page.plays("Middle")
    assert page.text("artist") == "Ada" and page.text("length") == "0:25"
    assert page.js("document.title") == "Middle – Ada"
    assert page.text("say") == "Playing Middle by Ada"
    assert page.js("document.querySelector('[aria-current] b').textContent") == "Middle"
    assert abs(page.js("audio.duration") - 25) < 0.01
    assert page.js("document.querySelectorAll('#chunks i').length") == 3


def covers(page, url):
    page.open(url)
    page.wait("document.querySelectorAll('#songs li')[1].querySelector('img')?.naturalWidth === 96")
    assert page.js("document.querySelectorAll('#songs img').length") == 1
    lefts = page.js("[...document.querySelectorAll('.song b')].map(b => Math.round(b.getBoundingClientRect().left))")
    assert len(set(lefts)) == 1, "titles do not begin below each other"
    page.choose(SHORT)
    page.wait("document.querySelector('#art img')?.naturalWidth === 600 && document.getElementById('art').checkVisibility()")
    art = page.js("navigator.mediaSession.metadata.artwork.map(a => a.sizes)")
    assert sorted(art) == ["600x600", "96x96"], art
    page.choose(MIDDLE)
    page.wait("document.getElementById('title').textContent === 'Middle'")
    assert page.js("document.getElementById('art').hidden")
    page.stop()


def tells_how(page, url):
    assert page.text("kbps") == "160 kbit/s" and page.js("audio.src").endswith("?kbps=160")
    page.wait("document.getElementById('cache').textContent === 'from the origin'")
    before = page.js("audio.currentTime")
    page.js("(document.getElementById('wish').value = '320', document.getElementById('wish').onchange())")
    page.wait("document.getElementById('kbps').textContent === '320 kbit/s'")
    page.plays("Middle")
    assert page.js("audio.src").endswith("?kbps=320") and page.js("audio.currentTime") >= before
    page.js("(document.getElementById('wish').value = '', 0)")


def hears_hz(page):
    """The loudest frequency of what plays now, and the position in that moment."""
    page.js("!!window.ear || (ear = new AnalyserNode(window.desk = new AudioContext, {fftSize: 16384, smoothingTimeConstant: 0}),"
            " desk.createMediaElementSource(audio).connect(ear).connect(desk.destination), 0)")
    return page.js("(() => { const a = new Float32Array(8192); ear.getFloatFrequencyData(a);"
                   " return [a.indexOf(Math.max(...a)) * desk.sampleRate / 16384, audio.currentTime] })()")


def seeks(page, url):
    page.log("performance")
    page.choose(SWEEP)
    page.plays("Sweep")
    for wanted in (200.25, 30.5, 121):  # forward past what was sent, back, into the middle
        page.js("(s => { s.value = arguments[0]; s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change')) })"
                "(document.getElementById('seek'))", wanted)
        at = page.js("audio.currentTime")
        assert abs(at - wanted) < 0.1 or at > wanted, (at, wanted)
        page.wait("!audio.seeking && audio.readyState > 2")
        page.wait("audio.currentTime > arguments[0] + 0.5", wanted)

        # the pitch rises by 20 Hz a second, from 200 Hz
        def error_s():
            hz, now = hears_hz(page)
            return abs((hz - 200) / 20 - now)

        errors = [error_s()]
        while errors[-1] > 0.7:  # the analyser's window is still filling
            assert len(errors) < 100, (wanted, errors)
            errors.append(error_s())
    page.wait("document.getElementById('now').textContent === clock(audio.currentTime)")


def by_range(page, url):
    asked = []
    for m in page.log("performance"):
        headers = m["params"].get("request", m["params"]).get("headers", {})
        if m["method"].startswith("Network.requestWillBeSent") and "Range" in headers:
            asked.append(headers["Range"])
    starts = {int(a.removeprefix("bytes=").split("-")[0]) for a in asked}
    assert 0 in starts and max(starts) > 2_000_000, sorted(starts)


def goes_on(page, url):
    page.choose(SHORT)
    page.plays("Short")
    page.plays("Middle")
    page.js("seek(24)")
    page.plays(HOSTILE_TITLE)


def ends(page, url):
    page.type("#q", "middle")
    page.wait("document.querySelectorAll('.song').length === 1")
    page.press("enter")
    page.plays("Middle")
    page.js("seek(24.5)")
    page.wait("audio.ended && document.getElementById('toggle').getAttribute('aria-label') === 'Play'")
    assert page.text("title") == "Middle" and page.text("now") == page.text("length")
    page.js("(q.value = '', q.dispatchEvent(new Event('input')))")
    page.wait("document.querySelectorAll('.song').length === 50")


def keys(page, url):
    page.js("document.activeElement.blur()")
    page.choose(MIDDLE)
    page.plays("Middle")
    page.press(" ")
    page.wait("audio.paused")
    assert page.js("document.getElementById('toggle').getAttribute('aria-label')") == "Play"
    at = page.js("audio.currentTime")
    page.press("right")
    page.wait("Math.abs(audio.currentTime - arguments[0] - 10) < 0.01", at)
    page.press("left")
    page.wait("Math.abs(audio.currentTime - arguments[0]) < 0.01", at)
    page.press("left")
    page.wait("audio.currentTime === 0")
    page.press(" ")
    page.plays("Middle")
    page.press("p")
    page.plays("Short")
    page.press("n")
    page.plays("Middle")


def keys_in_the_list(page, url):
    page.press("/")
    assert page.js("document.activeElement.id") == "q"
    for key in "n p":  # letters now, no commands
        page.press(key)
    assert page.js("q.value") == "n p" and page.text("title") == "Middle" and not page.js("audio.paused")
    for _ in range(3):
        page.press("\ue003")
    page.wait("shown.text === ''")
    page.press("down")
    page.press("down")
    page.press("up")
    assert page.js("document.activeElement.querySelector('b').textContent") == "Sweep"
    page.press("down")
    page.press("enter")
    page.plays("Short")
    page.press(" ")
    page.wait("audio.paused")
    assert page.text("title") == "Short"


def focus_is_seen(page, url):
    page.open(url)
    page.choose(SHORT)
    page.plays("Short")
    page.stop()
    page.js("document.activeElement.blur()")
    seen = []
    for _ in range(120):
        page.press("tab")
        here = page.js("(e => [e.id || e.className, e.id === 'seek' ? e.parentNode : e].map((x, i) =>"
                       " i ? getComputedStyle(x).outlineStyle + getComputedStyle(x).boxShadow : x))(document.activeElement)")
        if here[0] not in ("",) and here[0] not in seen:
            seen.append(here[0])
            assert here[1] not in ("nonenone",), here
        if {"q", "song", "more", "previous", "toggle", "next", "seek", "wish"} <= set(seen):
            return
    raise AssertionError(seen)


def named(page, url):
    """Everything that takes the focus has a name for those who do not see it."""
    page.devtools("Accessibility.enable", {})
    tree = page.devtools("Accessibility.getFullAXTree", {})["nodes"]
    for node in tree:
        role, name = (node.get(k, {}).get("value", "") for k in ("role", "name"))
        if role in ("button", "slider", "searchbox", "combobox"):
            assert name, node
    assert page.js("document.getElementById('seek').getAttribute('aria-valuetext')") == page.text("now") + " of 0:04"


def hostile(page, url):
    page.choose(HOSTILE)
    page.plays(HOSTILE_TITLE)
    page.stop()
    assert page.titles()[HOSTILE] == HOSTILE_TITLE and len(HOSTILE_TITLE) > 300
    assert page.js("document.querySelectorAll('img:not(.art img), script:not(:last-of-type), iframe').length") == 0
    assert page.js("window.hacked === undefined")
    for width in (1000, 320):
        page.resize(width, 640)
        assert page.js("document.documentElement.scrollWidth") <= width
        assert page.js("document.querySelector('#controls').getBoundingClientRect().right") <= width
    page.resize(1000, 800)


def stays_here(page, url):
    """Nothing was asked of another server, and the console is empty: the policy found nothing to forbid, no script failed."""
    assert page.js("performance.getEntriesByType('resource').every(e => e.name.startsWith(location.origin + '/'))")
    other = [r["request"]["url"] for r in page.requests()]
    assert not [u for u in other if not u.startswith((url + "/", "data:"))], other
    said = page.log("browser")
    assert not said, said


def gone_song(page, url):
    row = page.titles().index("filler-30")  # which the browser has not in its own cache
    end = time.monotonic() + 30
    while status(f"{url}/stream/{page.js('shown.songs[arguments[0]].id', row)}?kbps=160") != 404:
        assert time.monotonic() < end, "the server never notices"
        time.sleep(0.05)
    page.choose(row)
    page.wait("document.getElementById('trouble').textContent === 'This song is no longer here.'")
    page.choose(MIDDLE)
    page.plays("Middle")
    assert page.text("trouble") == ""


def gone_server(page, url):
    page.choose(page.titles().index("filler-31"))
    page.wait("document.getElementById('title').textContent === 'filler-31' &&"
              " document.getElementById('trouble').textContent === 'The server does not answer.'")
    page.type("#q", "x")
    page.wait("document.getElementById('count').textContent === 'The server does not answer.'")
    assert page.text("more") == "Try again" and not page.js("document.getElementById('more').hidden")


def empty(page, url):
    page.open(url)
    assert "stretto-publish" in page.js("document.getElementById('none').innerText")
    page.press(" ")
    page.press("n")
    assert page.js("document.getElementById('player').hidden")


def through_an_edge(page, url):
    page.open(url)
    page.choose(MIDDLE)
    page.plays("Middle")
    # the sound and the question race to the edge: where the sound was first, it is a hit already
    page.wait("/^cache (miss|hit) at eu-west$/.test(document.getElementById('cache').textContent)")
    page.choose(MIDDLE)
    page.wait("document.getElementById('cache').textContent === 'cache hit at eu-west'")
    page.plays("Middle")
    page.stop()


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:]))
    elif sys.argv[1] == "close":
        call("DELETE", sys.argv[2])
    else:
        session, url, check = sys.argv[1:]
        globals()[check](Page(session), url)


if __name__ == "__main__":
    main()
