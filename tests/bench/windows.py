"""Cuts windows from a folder of recordings for stretto-simulate --scenarios: windows.py TRACES [kept] >scenarios.tsv

A window is 330 s of a recording from some second on, times a multiplier, so that a song of 210 s is played at a mean of that
kind of network. Kinds follow from where the recording was made (the first folder of its name) and how fast and how steady it is:

    2g             any recording, brought to a mean of 50 to 100 kbit/s
    3g             hsdpa*, 110 to 700 kbit/s
    lte            lte*, brought to 110 to 700 kbit/s
    wifi           oboe*, brought to 110 to 700 kbit/s
    home-calm      all others whose seconds deviate by at most a quarter of their mean, brought to 110 to 700 kbit/s
    home-variable  all others, brought to 110 to 250 kbit/s
    fast           what has more than 3000 kbit/s, as it is

With "kept" only windows of those recordings on which the rule was not tuned: a third of them, by a hash of their names.
"""
import hashlib
import math
import os
import random
import sys

LENGTH, HEARD, STEP = 330, 210, 165
RTT_MS = {"hsdpa3g": 100, "lte4g": 60, "oboe": 40}
random.seed(14)  # the same windows each time


def recordings(folder):
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith((".md", ".tsv")):
                continue
            path = os.path.join(place, name)
            with open(path, encoding="utf-8") as file:
                rates = [float(line.split()[1]) for line in file if line.strip() and not line.startswith("#")]
            if rates:
                yield os.path.relpath(path, folder), rates


def statistics(rates, offset):
    heard = [rates[(offset + i) % len(rates)] for i in range(HEARD)]
    mean = sum(heard) / HEARD
    return mean, math.sqrt(sum((r - mean) ** 2 for r in heard) / HEARD) / mean if mean > 0 else 0


def home(source, varies):
    if source.startswith("hsdpa"):
        return "3g", 110, 700
    if source.startswith("lte"):
        return "lte", 110, 700
    if source.startswith("oboe"):
        return "wifi", 110, 700
    return ("home-calm", 110, 700) if varies <= 0.25 else ("home-variable", 110, 250)


def kept(name):
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % 3 == 2


def main():
    only_kept = sys.argv[2:] == ["kept"]
    print("file\toffset_s\tmultiplier\trtt_ms\tkind")
    for name, rates in recordings(sys.argv[1]):
        source = name.split("/")[0]
        rtt = RTT_MS.get(source, 30)
        offsets = range(0, max(1, len(rates) - LENGTH // 2), STEP)
        for offset in offsets:
            mean, varies = statistics(rates, offset)
            if mean <= 0:
                continue
            kind, low, high = home(source, varies)
            wanted = [(kind, low, high)]
            if not kind.startswith("3g"):
                wanted.append((kind, low, high))
            wanted.append(("2g", 50, 100))
            for what, least, most in wanted:
                aim = math.exp(random.uniform(math.log(least), math.log(most)))
                multiplier = 1 if what == "3g" and least <= mean <= most else aim / mean
                if only_kept and not kept(name):
                    continue
                print(f"{name}\t{offset}\t{multiplier:.4g}\t{300 if what == '2g' else rtt}\t{what}")
            if mean > 3000 and (kept(name) or not only_kept):
                print(f"{name}\t{offset}\t1\t{rtt}\tfast")


main()
