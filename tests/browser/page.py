"""What page.t looks at, one function a test: `page.py SESSION URL CHECK` exits 0 when it holds.

The songs are those that page.t publishes, in the order of the list: Sweep (240 s, its pitch tells the position), Short (12 s), Middle (25 s),
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

    @property
    def short(self):
        """The id of a song."""
        with open("short", encoding="ascii") as file:
            return file.read().strip()

    def stop(self):
        self.js("audio.pause()")
        self.wait("document.getElementById('toggle').getAttribute('aria-label') === 'Play'")

    def menu(self, row, item):
        """What the menu of a row has."""
        self.js("(document.querySelectorAll('.about')[arguments[0]].click(), 0)", row)
        self.js("([...document.querySelectorAll('#menu button')].find(b => b.textContent === arguments[0]).click(), 0)", item)
        self.wait("!document.getElementById('menu').open")

    def dark(self, on):
        features = [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]
        self.devtools("Emulation.setEmulatedMedia", {"features": features})

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
    assert len(page.titles()) == 50 and page.text("count") == "54 songs", page.text("count")
    page.js("(scrollTo(0, 1e6), 0)")
    page.wait("document.querySelectorAll('.song').length === arguments[0]", 4 + FILLERS)
    assert len(set(page.titles())) == 4 + FILLERS and page.js("document.getElementById('more').hidden")
    page.wait("document.getElementById('views').innerText.replace(/\\s/g, '').startsWith('Songs54Albums4Artists2')")
    page.js("(scrollTo(0, 0), 0)")


def searches(page, url):
    page.type("#q", "ada short")
    page.wait("document.querySelectorAll('.song').length === 1")
    assert page.titles() == ["Short"] and page.text("count") == "1 song"
    page.wait("document.getElementById('views').innerText.replace(/\\s/g, '').startsWith('Songs1Albums0Artists0')")
    page.type("#q", "ly not")
    page.wait("document.querySelectorAll('.song').length === 0")
    assert "ada shortly not" in page.text("count") and page.js("document.getElementById('none').hidden")
    page.js("(q.value = '', q.dispatchEvent(new Event('input')))")
    page.wait("document.querySelectorAll('.song').length === 50")
    page.type("#q", "zoe")  # more than a part has
    page.wait("document.getElementById('count').textContent === '50 songs'")
    page.click("#views a:nth-child(3)")
    page.wait("document.getElementById('count').textContent === '1 artist'")
    page.js("(q.value = '', q.dispatchEvent(new Event('input')))")
    page.wait("document.querySelectorAll('#cards li').length === 2")
    page.js("(location.hash = '/songs', 0)")
    page.wait("document.querySelectorAll('.song').length === 50")


def albums(page, url):
    """By cards to an album, its songs and its artist, and back."""
    page.click("#views a:nth-child(2)")
    page.wait("document.querySelectorAll('#cards li').length === 4 && document.getElementById('songs').hidden")
    assert page.js("document.querySelector('#views [aria-current]').textContent.startsWith('Albums')")
    names = page.js("[...document.querySelectorAll('#cards b')].map(b => b.textContent)")
    assert names == ["First", "Second", "Third", "Zuletzt"], names
    page.wait("document.querySelectorAll('#cards li')[1].querySelector('img')?.naturalWidth === 600")
    page.click("#cards li:nth-child(2) a")
    page.wait("document.querySelector('#head h2')?.textContent === 'Second' && document.querySelectorAll('.song').length === 1")
    assert page.js("document.querySelector('#head p').textContent") == "Ada · 1 song, 0:12"
    playlist = page.js("document.querySelector('#head .acts a').href")
    with urllib.request.urlopen(playlist, timeout=10) as answer:
        assert answer.read().startswith(b"#EXTM3U\n")
    page.click("#head .acts button")
    page.plays("Short")
    page.stop()
    page.click("#head p a")
    page.wait("document.querySelector('#head h2')?.textContent === 'Ada' && document.querySelectorAll('#cards li').length === 4")
    assert page.titles()[:3] == ["Sweep", "Short", "Middle"]
    page.js("(history.back(), 0)")
    page.wait("document.querySelector('#head h2')?.textContent === 'Second' && document.getElementById('cards').hidden")
    page.js("(location.hash = '/songs', 0)")
    page.wait("document.querySelectorAll('.song').length === 50")


# the rules of the queue, without sound
QUEUE = """(() => {
    const songs = n => Array.from({length: n}, (_, i) => ({id: 'song ' + i}));
    const ids = queue => queue.entries.map(entry => entry.song.id.replace('song ', '')).join(' '), out = [];
    const list = {songs: songs(4)}, queue = new Queue;
    out.push(queue.following(true));
    queue.start(list, 1);
    queue.add({id: 'x'}), queue.add({id: 'y'});
    out.push(ids(queue), queue.following(true));
    list.songs = songs(6);
    queue.take();
    out.push(ids(queue));
    queue.shuffle(true);
    out.push(ids(queue).split(' ').sort().join(' '), queue.entries[0].song.id, queue.at);
    queue.at = 7;
    out.push(queue.following(false));
    queue.repeat = 'all';
    out.push(queue.following(false));
    queue.repeat = 'one';
    out.push(queue.following(true), queue.following(false));
    queue.at = 0;
    queue.shuffle(false);
    out.push(ids(queue), queue.at);
    queue.remove(0);
    out.push(ids(queue), queue.at, queue.song.id);
    const orders = new Set(Array.from({length: 50}, () => Queue.mixed([1, 2, 3]).join()));
    return [...out, orders.size];
})()"""


def queues(page, url):
    assert page.js(QUEUE) == [
        -1, "0 1 x y 2 3", 2, "0 1 x y 2 3 4 5", "0 1 2 3 4 5 x y", "song 1", 0, -1, 0, 7, -1, "0 1 x y 2 3 4 5", 1, "1 x y 2 3 4 5", 0, "song 1",
        6], page.js(QUEUE)  # fmt: skip
    page.choose(SHORT)
    page.plays("Short")
    page.menu(SWEEP, "Add to the queue")
    page.js("(location.hash = '/queue', 0)")
    page.wait("shown.route.view === 'queue' && document.querySelectorAll('.song').length > 5")
    assert page.titles()[:4] == ["Sweep", "Short", "Sweep", "Middle"], page.titles()[:4]
    assert page.js("[...document.querySelectorAll('.song')].findIndex(row => row.ariaCurrent)") == 1
    page.press("n")
    page.plays("Sweep")
    page.menu(0, "Remove from the queue")
    page.wait("document.querySelectorAll('.song b')[1].textContent === 'Sweep'")
    page.click("#repeat")
    page.click("#repeat")
    assert page.js("document.getElementById('repeat').ariaLabel") == "Repeat: this song"
    page.choose(0)
    page.plays("Short")
    page.js("seek(11.9)")
    page.wait("audio.currentTime < 3 && !audio.paused && audio.readyState > 1")
    assert page.text("title") == "Short"
    page.click("#repeat")
    page.click("#shuffle")
    page.wait("document.getElementById('shuffle').ariaPressed === 'true'")  # the rest of the list is asked for first
    page.wait("document.querySelector('.song').ariaCurrent")
    # all of the list is mixed, not what was shown of it
    page.wait("document.querySelectorAll('.song').length === arguments[0]", 4 + FILLERS)
    page.click("#shuffle")
    page.stop()
    page.js("(location.hash = '/songs', 0)")
    page.wait("shown.route.view === 'songs' && document.querySelectorAll('.song').length >= 50")


def volume(page, url):
    page.js("(v => { v.value = 0.5; v.dispatchEvent(new Event('input')) })(document.getElementById('volume'))")
    assert page.js("element.volume") == 0.25
    page.press("m")
    assert page.js("element.volume") == 0 and page.js("document.getElementById('mute').ariaPressed") == "true"
    page.open(url)
    assert page.js("element.volume") == 0.25, "it was not kept"
    page.js("(v => { v.value = 1; v.dispatchEvent(new Event('input')) })(document.getElementById('volume'))")


def keeps(page, url):
    """Favourites and playlists outlive the visit."""
    page.menu(MIDDLE, "Add to Favourites")
    page.js("(document.querySelectorAll('.about')[0].click(), 0)")
    page.type("#menu input", "Evening <b>")
    page.press("enter")
    page.wait("!document.getElementById('menu').open")
    page.menu(SHORT, "Add to Evening <b>")
    page.open(url)
    assert page.js("[...document.querySelectorAll('.liked b')].map(b => b.textContent)") == ["Middle"]
    page.click("#views a:nth-child(4)")
    page.wait("document.querySelectorAll('#cards li').length === 2")
    cards = page.js("[...document.querySelectorAll('#cards a')].map(a => a.querySelector('b').textContent + ': ' + a.querySelector('i').textContent)")
    assert cards == ["Favourites: 1 song", "Evening <b>: 2 songs"], cards
    page.click("#cards li:nth-child(2) a")
    page.wait("document.querySelectorAll('.song').length === 2")
    assert page.titles() == ["Sweep", "Short"]
    page.choose(1)
    page.plays("Short")
    page.click("#heart")
    assert len(page.js("kept.list('Favourites').songs")) == 2
    page.stop()
    page.click("#head .acts button:last-child")
    page.wait("document.querySelectorAll('#cards li').length === 1")
    page.js("(localStorage['page.lists'] = '[1, {\"name\": 2}', location.hash = '/songs', 0)")  # another version's, or damaged
    page.open(url)
    assert page.js("kept.lists()") == [{"name": "Favourites", "songs": []}]


def links(page, url):
    """A link to a song and a time: ready to play from there, and silent before."""
    id = page.js("shown.songs[arguments[0]].id", MIDDLE)
    page.js("(navigator.clipboard.writeText = async text => { window.copied = text; }, 0)")
    page.choose(MIDDLE)
    page.plays("Middle")
    page.js("seek(12.5)")
    page.stop()
    page.js("(document.getElementById('about').click(), 0)")
    page.js("([...document.querySelectorAll('#menu button')].find(b => b.textContent === 'Copy the link to 0:12').click(), 0)")
    page.wait("window.copied")
    copied = page.js("copied")
    assert copied == f"{url}/#/song={id}&t=12", copied
    page.go("about:blank")
    page.open(copied)
    page.wait("document.getElementById('title').textContent === 'Middle' && document.getElementById('now').textContent === '0:12'")
    assert page.js("audio.paused && !audio.src") and page.text("length") == "0:25"
    assert page.titles() == ["Middle"] and page.js("document.querySelector('#head h2').textContent") == "Middle"
    page.press(" ")
    page.plays("Middle")
    assert 12 <= page.js("audio.currentTime") < 20
    page.stop()
    page.go("about:blank")
    page.go(f"{url}/#/song=0123&t=x")
    page.wait("document.querySelector('#head h2')?.textContent === 'This song is no longer here.'")


DESKTOP = """(() => {
    window.desktop = {positions: []};
    const {setActionHandler, setPositionState} = MediaSession.prototype;
    MediaSession.prototype.setActionHandler = function (name, act) { desktop[name] = act; setActionHandler.call(this, name, act); };
    MediaSession.prototype.setPositionState = function (state) { desktop.positions.push(state); setPositionState.call(this, state); };
})()"""


def desktop(page, url):
    """Media keys act, and the desktop knows the position."""
    script = page.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": DESKTOP})
    page.open(url)
    page.choose(MIDDLE)
    page.plays("Middle")
    page.js("(desktop.seekto({seekTime: 7.5}), desktop.seekforward({}), 0)")
    page.wait("audio.currentTime >= 17.5 && desktop.positions.at(-1).position >= 17.5")
    last = page.js("desktop.positions.at(-1)")
    assert abs(last["duration"] - 25) < 0.01, last
    page.js("(desktop.play(), 0)")
    assert not page.js("audio.paused"), "play pauses"
    page.js("(desktop.pause(), 0)")
    page.wait("audio.paused && navigator.mediaSession.playbackState === 'paused'")
    page.js("(desktop.seekbackward({seekOffset: 30}), 0)")
    page.wait("desktop.positions.at(-1).position === 0")
    page.devtools("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})


def plays(page, url):
    page.choose(MIDDLE)
    page.plays("Middle")
    assert page.text("artist") == "Ada" and page.text("length") == "0:25"
    assert page.js("document.title") == "Middle – Ada"
    assert page.text("say") == "Playing Middle by Ada"
    assert page.js("document.querySelector('[aria-current] b').textContent") == "Middle"
    assert abs(page.js("length()") - 25) < 0.01
    page.wait("document.querySelectorAll('#chunks i').length === 3")
    assert page.js("navigator.mediaSession.playbackState") == "playing"


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
    # known a request after the song began; 160, or more once the server has measured the connection
    page.wait("['160 kbit/s', '320 kbit/s'].includes(document.getElementById('kbps').textContent)")
    assert page.js("audio.src").endswith("?ranges=no")
    page.wait("document.getElementById('cache').textContent === 'from the origin'")
    before = page.js("audio.currentTime")
    page.js("(document.getElementById('wish').value = '96', document.getElementById('wish').onchange())")
    page.wait("document.getElementById('kbps').textContent === '96 kbit/s'")
    page.plays("Middle")
    assert page.js("audio.src").endswith("?kbps=96") and page.js("audio.currentTime") >= before
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
        at = page.js("position()")
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
    page.js("seek(11)")
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
    page.wait("document.getElementById('toggle').getAttribute('aria-label') === 'Play'")
    at = page.js("audio.currentTime")
    page.press("right")
    page.wait("Math.abs(audio.currentTime - arguments[0] - 10) < 0.01", at)
    page.press("left")
    page.wait("Math.abs(audio.currentTime - arguments[0]) < 0.01", at)
    page.press("left")
    page.wait("audio.currentTime === 0")
    page.press(" ")
    page.plays("Middle")
    page.js("(seek(0), 0)")  # after three seconds, p would begin this song again
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
    page.wait("shown.route.q === 'n p'")  # or it would come after the next, and take the focus away
    for _ in range(3):
        page.press("\ue003")
    page.wait("shown.route.q === ''")
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


def letters_off(page, url):
    """WCAG 2.1.4: keys of one letter can be switched off, those of the list go on."""
    page.js("(document.getElementById('settings').open = true, 0)")
    page.click("#letters")
    page.js("(document.activeElement.blur(), 0)")
    for key in ("n", "/", " ", "right", "m"):
        page.press(key)
    assert page.text("title") == "Short" and page.js("audio.paused && document.activeElement === document.body && !muted")
    page.press("down")
    assert page.js("document.activeElement.className") == "song"
    page.click("#letters")
    page.js("(document.getElementById('settings').open = false, document.activeElement.blur(), 0)")
    page.press("m")
    assert page.js("muted")
    page.press("m")


def focus_is_seen(page, url):
    """From a link to a song, so that there are few rows to walk over."""
    page.go("about:blank")
    page.open(url + "/#/song=" + page.short)
    page.wait("document.getElementById('title').textContent === 'Short'")
    wanted = {"q", "a", "summary", "song", "about", "heart", "shuffle", "previous", "toggle", "next", "repeat", "seek", "wish", "mute", "volume"}
    seen = []
    for _ in range(60):
        page.press("tab")
        here = page.js("(e => [e.id || e.className || e.localName, e.id === 'seek' ? e.parentNode : e].map((x, i) =>"
                       " i ? getComputedStyle(x).outlineStyle + getComputedStyle(x).boxShadow : x))(document.activeElement)")
        if here[0] != "body" and here[0] not in seen:
            seen.append(here[0])
            assert here[1] != "nonenone", here
        if here[0] == "to-player":
            assert page.js("document.activeElement.getBoundingClientRect().top >= 0"), "the link is not seen"
        if wanted <= set(seen):
            break
    assert wanted <= set(seen) and seen[:2] == ["to-list", "to-player"], seen
    page.js("(document.getElementById('to-player').focus(), 0)")
    page.press("enter")
    assert page.js("document.activeElement.id") == "toggle" and page.js("location.hash").startswith("#/song="), "nothing was skipped"


CONTRAST = """(() => {
    const light = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const probe = document.body.appendChild(document.createElement('i'));
    const color = name => (probe.style.color = 'var(--' + name + ')', light(getComputedStyle(probe).color));
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const all = ['rest', 'accent', 'soft', 'ink', 'ahead'].map(name => [name, ratio(color(name), color('raised')), ratio(color(name), color('paper'))]);
    probe.remove();
    return all;
})()"""


def contrast(page, url):
    """The bar of chunks and the edges of controls 3 : 1, text 4.5 : 1 (WCAG 1.4.11, 1.4.3)."""
    for dark in (False, True):
        page.dark(dark)
        for name, *ratios in page.js(CONTRAST):
            least = 3 if name in ("rest", "ahead") else 4.5
            assert min(ratios) >= least, (dark, name, ratios)
    page.dark(False)


MANY = """(() => {
    const real = window.fetch, titles = ['Plain', 'שלום', '\u202eesrever', 'مرحبا \u2069\u202e', '🎷 👩‍👩‍👧', 'W'.repeat(200)];
    window.fetch = (url, how) => {
        const query = new URL(url, location).searchParams;
        if (!String(url).startsWith('/songs?') || query.has('list')) return real(url, how);
        const from = +(query.get('after') || 0), to = Math.min(500, from + +query.get('limit'));
        const songs = Array.from({length: to - from}, (_, i) => ({id: 'x' + (from + i), title: titles[(from + i) % 6], artist: titles[(from + i) % 5],
            album: 'Album \u202e', seconds: 200, covers: {}}));
        return Promise.resolve(new Response(JSON.stringify({songs, next: to < 500 ? String(to) : null, ...(!from && {total: 500})})));
    };
})()"""


def many(page, url):
    """500 songs on a small screen in the dark; the direction of a title is its own."""
    script = page.devtools("Page.addScriptToEvaluateOnNewDocument", {"source": MANY})
    page.dark(True)
    page.resize(320, 640)
    page.open(url)
    assert page.text("count") == "500 songs"
    asked = 0
    while page.js("document.querySelectorAll('.song').length") < 500:
        asked += 1
        assert asked < 100
        before = page.js("document.querySelectorAll('.song').length")
        page.js("(scrollTo(0, 1e6), 0)")
        page.wait("document.querySelectorAll('.song').length > arguments[0]", before)
    assert page.js("document.documentElement.scrollWidth") <= 320
    page.js("(scrollTo(0, 0), 0)")
    rows = page.js("[...document.querySelectorAll('#songs li')].slice(0, 6).map(li => [...li.querySelectorAll('b, bdi')].map(e =>"
                   " getComputedStyle(e).unicodeBidi).concat(li.querySelector('time').textContent, li.querySelector('time').getBoundingClientRect().left))")
    assert {tuple(row[:-1]) for row in rows} == {("isolate",) * 3 + ("3:20",)} and len({row[-1] for row in rows}) == 1, rows
    page.js("(introduce(shown.songs[3], false), 0)")
    assert page.js("document.title") == "\u2068مرحبا \u2069 – \u2068مرحبا \u2069", page.js("JSON.stringify(document.title)")
    page.devtools("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})
    page.dark(False)
    page.resize(1000, 800)


def named(page, url):
    """Everything that takes the focus has a name for those who do not see it."""
    page.devtools("Accessibility.enable", {})
    tree = page.devtools("Accessibility.getFullAXTree", {})["nodes"]
    for node in tree:
        role, name = (node.get(k, {}).get("value", "") for k in ("role", "name"))
        if role in ("button", "slider", "searchbox", "combobox", "checkbox", "link"):
            assert name, node
    assert page.js("document.getElementById('seek').getAttribute('aria-valuetext')") == page.text("now") + " of 0:12"


def hostile(page, url):
    page.open(url + "/#/songs")
    page.wait("shown.route.view === 'songs'")
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


def refuses(page, url):
    """Markup that a mistake of ours would let in does nothing: the policy allows the page's own style and script alone."""
    page.js(
        """(() => {
            window.refused = [];
            addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
            document.body.insertAdjacentHTML('beforeend', '<p id=in style="position: fixed"><img src=x onerror="hacked = 2"></p>');
            document.body.append(Object.assign(document.createElement('script'), {text: 'hacked = 3'}));
            document.body.append(Object.assign(document.createElement('style'), {textContent: '#in {display: none}'}));
        })()"""
    )
    page.wait("new Set(refused).size >= 4")  # one may be told twice
    wanted = ["script-src-attr", "script-src-elem", "style-src-attr", "style-src-elem"]
    assert sorted(set(page.js("refused"))) == wanted, page.js("refused")
    assert page.js("window.hacked === undefined")
    assert page.js("(style => style.position + ' ' + style.display)(getComputedStyle(document.getElementById('in')))") == "static block"
    page.log("browser")


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
    page.type("#q", "qqq")
    page.wait("document.getElementById('count').textContent === 'The server does not answer.'")
    assert page.text("more") == "Try again" and not page.js("document.getElementById('more').hidden")


def back_again(page, url):
    page.wait("document.getElementById('count').textContent === 'Nothing here is called “qqq”.' && document.getElementById('more').hidden")


def empty(page, url):
    page.open(url)
    assert "stretto-publish" in page.js("document.getElementById('none').innerText")
    page.press(" ")
    page.press("n")
    assert page.js("document.getElementById('player').hidden")
    page.resize(320, 640)
    assert page.js("(pre => pre.scrollWidth <= pre.clientWidth && document.documentElement.scrollWidth <= 320)(document.querySelector('pre'))")
    page.resize(1000, 800)


def no_longer_empty(page, url):
    page.wait("document.querySelectorAll('.song').length === 1 && document.getElementById('none').hidden", seconds=60)


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
