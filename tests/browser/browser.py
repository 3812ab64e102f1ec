"""Chromium, driven over WebDriver (W3C) with nothing but the standard library.

`open_browser(driver, profile)` starts one behind a chromedriver and returns its session's URL; `Browser(session)` is a handle to it, so
that each check of a shell test can be a process of its own while the browser stays.
"""

import base64
import json
import time
import urllib.error
import urllib.request

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --autoplay-policy=no-user-gesture-required --window-size=1000,800""".split()
# an origin that is no localhost, so an insecure context over plain http, though no packet leaves this machine
FLAGS.append("--host-resolver-rules=MAP music.test 127.0.0.1")
KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "enter": "\ue007", "escape": "\ue00c", "tab": "\ue004"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver 12: the key of an element's reference


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(json.load(error)["value"]["message"]) from None


def open_browser(driver, chromium, profile, *flags):
    options = {"binary": chromium, "args": [*FLAGS, *flags, f"--user-data-dir={profile}"]}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
    value = call("POST", f"{driver}/session", {"capabilities": {"alwaysMatch": wanted}})
    return f"{driver}/session/{value['sessionId']}"


class Browser:
    def __init__(self, session):
        self.session = session

    def post(self, path, body=None):
        return call("POST", f"{self.session}/{path}", body or {})

    def close(self):
        call("DELETE", self.session)

    def go(self, url):
        self.post("url", {"url": url})

    def js(self, expression, *arguments):
        """The value of an expression in the page; it may be a promise, and finds `arguments` under that name."""
        return self.post("execute/sync", {"script": f"return ({expression})", "args": list(arguments)})

    def wait(self, expression, *arguments, seconds=30):
        """Until an expression is true; its value. What the page shows then is in the failure."""
        end = time.monotonic() + seconds
        while not (value := self.js(expression, *arguments)):
            if time.monotonic() > end:
                shown = " | ".join(self.js("document.body.innerText").split("\n")[-20:])
                raise AssertionError(f"never true: {expression} {arguments}; the page ends with {shown}")
            time.sleep(0.03)
        return value

    def find(self, css):
        return self.post("element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        """Once it rests: what still scrolls, as after the space bar, moves away under the pointer, and something else is clicked."""
        found = self.find(css)
        self.js("(delete window.rested, 0)")
        self.wait("(e => { const was = window.rested, r = e.getBoundingClientRect(); window.rested = r.x + ' ' + r.y; return was === window.rested;"
                  " })(document.querySelector(arguments[0]))", css)
        self.post(f"element/{found}/click")

    def type(self, css, text):
        self.post(f"element/{self.find(css)}/value", {"text": text})

    def press(self, key):
        """One key, to whatever has the focus."""
        key = KEYS.get(key, key)
        strokes = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.post("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def resize(self, width, height):
        """The size of the page, which a window's may not be: it has a least width."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def devtools(self, command, parameters):
        return self.post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, file):
        with open(file, "wb") as out:
            out.write(base64.b64decode(call("GET", f"{self.session}/screenshot")))

    def log(self, kind):
        """`browser`: what the console said; `performance`: DevTools events. Each call tells what is new."""
        entries = self.post("se/log", {"type": kind})
        if kind == "browser":
            return entries
        return [json.loads(entry["message"])["message"] for entry in entries]
