"""What secure.t looks at: `secure.py SESSION URL CHECK [ARGUMENT]` exits 0 when it holds."""

import sys

from browser import Browser, call, open_browser


def opened(page, url):
    page.go(url)
    page.wait("document.querySelectorAll('.song').length === 1")


def by(page, url, protocol):
    opened(page, url)
    page.wait("performance.getEntriesByType('resource').some(one => one.name.includes('/songs?'))")
    seen = page.js("[...performance.getEntries()].filter(one => one.nextHopProtocol).map(one => [one.name, one.nextHopProtocol])")
    assert len(seen) > 1 and all(one == protocol for _, one in seen), seen


def plays(page, url):
    opened(page, url)
    assert page.js("isSecureContext && location.protocol === 'https:'")
    page.click(".song")
    page.wait("document.getElementById('toggle').getAttribute('aria-label') === 'Pause'")
    page.wait("/0:0[1-9]/.test(document.getElementById('now').textContent)")


def refused(page, url):
    try:
        page.go(url)
    except AssertionError as failure:
        assert "ERR_CERT" in str(failure), failure
    else:
        assert "ERR_CERT" in page.js("document.body.innerText") and page.js("document.querySelector('.song') === null")


def main():
    if sys.argv[1] == "open":
        print(open_browser(*sys.argv[2:]))
    elif sys.argv[1] == "close":
        call("DELETE", sys.argv[2])
    else:
        session, url, check, *arguments = sys.argv[1:]
        globals()[check](Browser(session), url, *arguments)


if __name__ == "__main__":
    main()
