"""Plays windows of recordings twice at the same time: by stretto-play, and by the page in Chromium, each behind a link of its own.

pairs.py PREFIX URL TRACES WINDOWS EVENTS GROUP: called by browser.sh, which has laid the network: hosts pN and tN for the window of
line N. GROUP windows are played side by side. Lines for the emulator go to standard output, the table to standard error. EVENTS is the
file in which the server keeps what the pages tell. `!` marks a page that is worse than promised: mean bitrate within 5 %, stalls within
one. Startup within 150 ms is a median, for one of a busy machine's is by chance.
"""
import json
import os
import statistics
import subprocess
import sys
import time

prefix, url, traces, windows, events, group = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
PACKET = 1500 / 1448  # a recording counts what arrives, the emulator whole packets


def recording(name):
    with open(os.path.join(traces, name), encoding="utf-8") as file:
        return [float(line.split()[1]) for line in file if line.strip() and not line.startswith("#")]


def link(host, number, kbps, rtt):
    print(f"{host} 198.51.100.{number} 100000 {kbps} {rtt / 2} 0 100 64", flush=True)


class Window:
    def __init__(self, number, line):
        name, offset, multiplier, rtt = line.split("\t")
        rates = recording(name)
        self.kbps = [float(multiplier) * rates[(int(offset) + i) % len(rates)] * PACKET for i in range(len(rates))]
        self.number, self.name, self.rtt = number, name, float(rtt)
        self.second = 0

    def set_rate(self):
        for host, number in ((f"p{self.number}", 100 + self.number), (f"t{self.number}", 200 + self.number)):
            link(host, number, round(self.kbps[self.second % len(self.kbps)]), self.rtt)
        self.second += 1

    def run(self, kind, *command):
        return subprocess.Popen(["nsenter", f"--net=/run/netns/{prefix}-{kind}{self.number}", *command],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def open_page(self):
        self.tab = self.run("t", sys.executable, os.path.join(here, "tab.py"), url)

    def start(self):
        self.set_rate()
        self.began = time.monotonic()
        self.tab.stdin.write("\n")
        self.tab.stdin.flush()
        self.player = self.run("p", "stretto-play", "-q", "--edge", url, "--cache", f"cache{self.number}", "--output", "null",
                               "--events", f"events{self.number}.jsonl", "song")

    def follow(self):
        if time.monotonic() - self.began >= self.second:
            self.set_rate()
        return self.tab.poll() is None or self.player.poll() is None

    def finish(self):
        self.page = json.loads(self.tab.communicate()[0].splitlines()[-1])
        for process in (self.tab, self.player):
            process.communicate()
            assert process.returncode == 0, f"{self.name}: {process.args} gave {process.returncode}"

    def row(self):
        native = heard(f"events{self.number}.jsonl", lambda event: True)
        page = heard(events, lambda event: event["listener"] == self.page["listener"])
        assert page["ended"] == native["ended"] == "finished", (self.name, page, native, self.page)
        return native, page


def heard(file, ours):
    seen = {"stalls": 0, "stalled_s": 0.0, "bytes": 0}
    weighed = weight = 0
    with open(file, encoding="utf-8") as lines:
        for event in filter(ours, map(json.loads, lines)):
            if event["event"] == "playing":
                seen["startup_ms"] = event["startup_ms"]
            elif event["event"] == "resume":
                seen["stalled_s"] += event["ms"] / 1000
            elif event["event"] == "stall":
                seen["stalls"] += 1
            elif event["event"] == "end":
                seen["ended"] = event["why"]
            elif event["event"] == "chunk":
                seen["bytes"] += event["bytes"]
                weighed += event["kbps"] * event["used_ms"]
                weight += event["used_ms"]
    seen["kbps"] = weighed / max(weight, 1)
    return seen


def play(together):
    for window in together:
        # the page is there before the song, over the same link: TCP remembers what a faster one carried, and its first burst is lost
        link(f"t{window.number}", 200 + window.number, round(statistics.mean(window.kbps)), window.rtt)
        window.open_page()
    for window in together:
        assert window.tab.stdout.readline() == "ready\n", window.name
    for window in together:
        window.start()
    while any([window.follow() for window in together]):
        time.sleep(0.005)
    for window in together:
        window.finish()


with open(windows, encoding="utf-8") as lines:
    all_windows = [Window(n + 1, line.rstrip("\n")) for n, line in enumerate(list(lines)[1:])]
for first in range(0, len(all_windows), int(group)):
    play(all_windows[first:first + int(group)])

print(f"{'window':38}  startup ms      stalls     stalled s      kbit/s    (stretto-play, page)", file=sys.stderr)
worse, late = [], []
for window in all_windows:
    native, page = window.row()
    bad = (page["kbps"] < 0.95 * native["kbps"], page["stalls"] > native["stalls"] + 1)
    late.append(page["startup_ms"] - native["startup_ms"])
    worse += [window.name] if any(bad) else []
    marks = ["!" if b else " " for b in bad]
    print(f"{window.name[-38:]:38} {native['startup_ms']:6d} {page['startup_ms']:6d}  {native['stalls']:3d} {page['stalls']:3d}{marks[1]}"
          f"  {native['stalled_s']:6.1f} {page['stalled_s']:6.1f}  {native['kbps']:6.1f} {page['kbps']:6.1f}{marks[0]}", file=sys.stderr)
middle = statistics.median(late)
print(f"startup of the page less that of stretto-play: median {middle:.0f} ms, {min(late)} to {max(late)} (promised: 150)", file=sys.stderr)
print(f"{len(all_windows) - len(worse)} of {len(all_windows)} within 5 % of the bitrate and one stall", file=sys.stderr)
