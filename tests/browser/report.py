"""What report.t looks at, one function a test: `report.py SESSION FILE CHECK` exits 0 when it holds; `open` and `close` as page.py's."""

import sys

from browser import Browser, open_browser

# (WCAG 2.2, 1.4.3) of each text with its own background, the lowest
CONTRAST = """(() => {
const parse = c => { const m = c.match(/[0-9.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
let worst = [99, ''];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || !e.checkVisibility() || e.closest('script,style')) continue;
    const style = getComputedStyle(e), a = light(parse(e.closest('svg') ? style.fill : style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, text, style.color];
}
return worst; })()"""
# what sticks out to the right, where nothing scrolls
WIDE = """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.scroll > *') && e.getBoundingClientRect().right > innerWidth + 0.5)
    .slice(0, 3).map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40))"""


class Report(Browser):
    def show(self, file, width, height=844, dark=False, media=""):
        self.resize(width, height)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.devtools("Emulation.setEmulatedMedia", {"media": media, "features": features})
        self.go(file)
        self.wait("document.readyState === 'complete' && document.querySelectorAll('table').length > 5")

    def shown(self, title):
        """The rows of a table that can be seen, as texts of their cells."""
        return self.js("""[...[...document.querySelectorAll('section')].find(s => s.querySelector('h2').textContent === arguments[0]).querySelectorAll('tbody tr')]
            .filter(r => r.checkVisibility()).map(r => [...r.cells].map(c => c.textContent))""", title)


def phone(page, file):
    for width in (390, 320):
        page.show(file, width)
        assert page.js("document.documentElement.scrollWidth") <= width and page.js(WIDE) == [], (width, page.js("document.documentElement.scrollWidth"), page.js(WIDE))
        plays = page.js("""[...document.querySelectorAll('.scroll')].map(s => [...s.querySelectorAll('th')].find(h => h.textContent === 'plays')).filter(Boolean)
            .map(h => [h.closest('section').querySelector('h2').textContent, h.getBoundingClientRect().right])""")
        assert len(plays) >= 4 and all(right <= width for _, right in plays), (width, plays)


def dates(page, file):
    """They are in one line."""
    page.show(file, 320)
    broken = page.js("""[...document.querySelectorAll('td.date, .day')].filter(e => e.checkVisibility() && e.getClientRects().length > 0)
        .filter(e => { const r = document.createRange(); r.selectNodeContents(e); return new Set([...r.getClientRects()].map(c => Math.round(c.top))).size > 1; }).map(e => e.textContent)""")
    assert page.js("document.querySelectorAll('td.date, .day').length") > 3 and broken == [], broken


def order(page, file):
    """Songs come before what is technical."""
    page.show(file, 1000)
    titles = page.js("[...document.querySelectorAll('h2')].map(h => h.textContent)")
    assert titles.index("Songs") < titles.index("Edges") and titles.index("Songs") < titles.index("Input"), titles


def readable(page, file):
    for dark in (False, True):
        for media in ("", "print"):
            page.show(file, 1000, dark=dark, media=media)
            ratio, *text = page.js(CONTRAST)
            assert ratio >= 4.5, (dark, media, ratio, text)
            light = page.js("getComputedStyle(document.body).backgroundColor")
            assert (light == "rgb(255, 255, 255)") if media else (light == "rgb(20, 23, 26)") == dark, (dark, media, light)


def paper(page, file):
    for width in (718, 740):  # A4 and letter, upright, with Chromium's margins
        page.show(file, width, 1000, media="print")
        wide = page.js("[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('td.id *') && e.getBoundingClientRect().right > innerWidth + 0.5).slice(0, 3).map(e => e.tagName + ' ' + e.textContent.slice(0, 60))")
        assert page.js("document.documentElement.scrollWidth") <= width and wide == [], (width, page.js("document.documentElement.scrollWidth"), wide)
        assert page.js("[...document.querySelectorAll('input, .tools button')].every(e => !e.checkVisibility())")
    printed = page.devtools("Page.printToPDF", {"printBackground": True})["data"]
    assert printed.startswith("JVBERi0")  # %PDF-


def sorts(page, file):
    page.show(file, 1000)
    number = lambda text: int(text.replace("\u202f", "").replace(",", "").replace(" ", ""))
    heads = page.js("[...[...document.querySelectorAll('section')].find(s => s.querySelector('h2').textContent === 'Songs').querySelectorAll('th')].map(h => h.textContent)")
    at = heads.index("plays")
    button = f"""[...document.querySelectorAll('section')].find(s => s.querySelector('h2').textContent === 'Songs').querySelectorAll('th button')[{at}]"""
    page.js(f"{button}.focus()")
    page.press("enter")
    falling = [number(row[at]) for row in page.shown("Songs")]
    page.press("enter")
    rising = [number(row[at]) for row in page.shown("Songs")]
    assert falling == sorted(falling, reverse=True) and rising == sorted(rising) and falling[0] > falling[-1] and rising[0] < falling[-1] + 1, (falling[:5], rising[:5])
    assert page.js(f"{button}.closest('th').getAttribute('aria-sort')") == "ascending"


def filters(page, file):
    page.show(file, 1000)
    assert len(page.shown("Songs")) == 50
    page.js("[...document.querySelectorAll('section')].find(s => s.querySelector('h2').textContent === 'Songs').querySelector('input').focus()")
    for letter in "hacked":
        page.press(letter)
    rows = page.shown("Songs")
    assert rows and all("hacked" in "".join(row) for row in rows), rows
    page.js("document.activeElement.select()")
    page.press("\ue003")  # backspace
    assert len(page.shown("Songs")) == 50
    page.js("[...document.querySelectorAll('section')].find(s => s.querySelector('h2').textContent === 'Songs').querySelector('.tools button').click()")
    assert len(page.shown("Songs")) > 50


def hostile(page, file):
    page.show(file, 1000)
    assert page.js("window.hacked === undefined && document.querySelector('img') === null")
    said = [entry for entry in page.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert said == [], said


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:]))
    elif sys.argv[1] == "close":
        Browser(sys.argv[2]).close()
    else:
        session, file, check = sys.argv[1:]
        globals()[check](Report(session), file)


main()
