"""Pictures of the page and of a report: `pictures.py SESSION URL REPORT FOLDER` writes page.png, page-phone.png, report.png, report-phone.png."""

import sys

from browser import Browser


def dark(browser, on):
    browser.devtools("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})


def page(browser, url, folder):
    browser.resize(860, 680)
    dark(browser, False)
    browser.go(url + "/#/albums")
    browser.wait("document.querySelectorAll('#cards li').length === 1 && (!core || core.ready)")
    browser.click("#cards a")
    browser.wait("document.querySelectorAll('.song').length > 1")
    browser.click("#songs li:nth-child(2) .song")
    browser.click("#heart")
    # some of it was heard, some is there, and the cache has said where from
    browser.wait("audio.currentTime > 13 && document.getElementById('cache').textContent !== ''")
    browser.wait("document.getElementById('toast').textContent === '' && document.querySelector('#head img').complete")
    browser.js("(document.activeElement.blur(), 0)")
    browser.picture(f"{folder}/page.png")
    dark(browser, True)
    browser.resize(390, 780)
    browser.js("(location.hash = '/songs', 0)")
    browser.wait("shown.route.view === 'songs' && document.querySelectorAll('.song').length > 1")
    browser.wait("[...document.querySelectorAll('.song img')].every(img => img.complete)")
    browser.picture(f"{folder}/page-phone.png")


def report(browser, file, folder):
    browser.resize(1040, 1180)
    dark(browser, False)
    browser.go(f"file://{file}")
    browser.picture(f"{folder}/report.png")
    dark(browser, True)
    browser.resize(390, 700)
    browser.picture(f"{folder}/report-phone.png")


def main():
    session, url, file, folder = sys.argv[1:]
    browser = Browser(session)
    browser.devtools("Emulation.setScrollbarsHidden", {"hidden": True})
    page(browser, url, folder)
    report(browser, file, folder)


main()
