"""Plays windows of recordings for real, side by side, and compares what was heard with what the simulator says.

honest.py PREFIX URL TRACES WINDOWS SIMULATED SECONDS: called by honest.sh, which has laid the network; lines for the emulator
go to standard output, the comparison to standard error. Startup agrees within 50 ms or 15 %, stalled time within 0.5 s or
15 %, mean bitrate within 5 %.
"""
import json
import os
import subprocess
import sys
import time

prefix, url, traces, windows, simulated, seconds = sys.argv[1:]
PACKET = 1500 / 1448  # a recording counts what arrives, the emulator whole packets


def recording(name):
    with open(os.path.join(traces, name), encoding="utf-8") as file:
        return [float(line.split()[1]) for line in file if line.strip() and not line.startswith("#")]


class Player:
    def __init__(self, number, line):
        name, offset, multiplier, rtt = line.split("\t")
        rates = recording(name)
        self.kbps = [float(multiplier) * rates[(int(offset) + i) % len(rates)] * PACKET for i in range(len(rates))]
        self.number, self.name, self.rtt = number, name, float(rtt)
        self.second, self.process = 0, None

    def set_rate(self):
        down = round(self.kbps[self.second % len(self.kbps)])
        self.second += 1
        print(f"p{self.number} 198.51.100.{10 + self.number} 100000 {down} {self.rtt / 2} 0 100 64", flush=True)

    def start(self):
        self.set_rate()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{prefix}-p{self.number}", "stretto-play", "-q", "--edge", url, "--cache",
             f"cache{self.number}", "--output", "null", "--events", f"events{self.number}.jsonl", "song"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def heard(self):
        startup = stalled = weighed = weight = 0
        stall = None
        with open(f"events{self.number}.jsonl", encoding="utf-8") as file:
            for event in map(json.loads, file):
                if event["event"] == "playing":
                    startup = event["startup_ms"] / 1000
                if event["event"] == "resume":
                    stalled += event["ms"] / 1000
                if event["event"] == "chunk":
                    weighed += event["kbps"] * event["used_ms"]
                    weight += event["used_ms"]
        return startup, stalled, weighed / max(weight, 1)


def near(real, said, absolute, share):
    return abs(real - said) <= max(absolute, share * abs(real))


with open(windows, encoding="utf-8") as lines:
    players = [Player(n + 1, line.rstrip("\n")) for n, line in enumerate(list(lines)[1:])]
waiting, playing = list(players), []
limit = time.monotonic() + 5 * float(seconds) + 60
while (waiting or playing) and time.monotonic() < limit:
    now = time.monotonic()
    if waiting and (not playing or now - playing[-1].began > 0.5):
        waiting[0].start()
        playing.append(waiting.pop(0))
    for player in playing:
        if now - player.began >= player.second:
            player.set_rate()
    playing = [player for player in playing if player.process.poll() is None]
    time.sleep(0.005)
for player in playing:
    player.process.kill()

agree = 0
print("window                                    startup s     stalled s      kbit/s   (real, simulated)", file=sys.stderr)
with open(simulated, encoding="utf-8") as lines:
    for player, line in zip(players, lines):
        said = json.loads(line)["plays"][0]
        startup, stalled, kbps = player.heard()
        checks = (near(startup, said["sound_s"], 0.05, 0.15), near(stalled, said["stalled_s"], 0.5, 0.15),
                  near(kbps, said["kbps"], 0, 0.05))
        agree += all(checks)
        marks = ["" if check else "!" for check in checks]
        print(f"{player.name[-38:]:38} {startup:7.2f} {said['sound_s']:6.2f}{marks[0]:1} {stalled:7.2f} {said['stalled_s']:6.2f}"
              f"{marks[1]:1} {kbps:6.1f} {said['kbps']:6.1f}{marks[2]:1}", file=sys.stderr)
print(f"{agree} of {len(players)} agree", file=sys.stderr)
