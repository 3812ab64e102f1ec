"""Makes event files: sessions of listeners, with torn, duplicate and shuffled lines on request.

python3 tests/tools/events.py SESSIONS [--seed N] [--listeners N] [--songs N] [--mess] [--shuffle] [--interval MS]

--mess doubles one line in 20 and adds torn and foreign ones, one in 50 each; --shuffle brings the lines in any order.
"""
import argparse
import json
import random
import sys

LADDER = [96, 160, 320]
EDGES = ["eu-west", "us-east", "ap-south"]
PLACES = ["52.5,13.4", "39.0,-77.5", "1.3,103.8", ""]


def session(n, start, args, rng):
    song = int(args.songs * rng.random() ** 2)
    head = {"session": f"s{args.seed}-{n:08d}", "listener": f"listener {rng.randrange(args.listeners)}",
            "place": rng.choice(PLACES), "song": f"{song:032d}"}
    now, seq, heard, out = start, 0, 0, []

    def tell(event, **more):
        nonlocal seq
        out.append(json.dumps({"event": event, "seq": seq, "time_ms": now, **head, **more}, ensure_ascii=rng.random() < 0.5, separators=(",", ":")))
        seq += 1

    tell("start", title=f"Song \"{song}\" \u00e4", artist=f"Artist {song % 7}", network=rng.choice(["wifi", "4g"]))
    if rng.random() < 0.02:
        now += 4000
        if rng.random() < 0.5:
            tell("end", heard_ms=0, why=rng.choice(["failed", "skipped"]))
        return out
    wait = int(rng.lognormvariate(5.5, 0.8))
    now += wait
    tell("playing", startup_ms=wait, first_byte_ms=wait // 3)
    length = rng.choice([12000, 25000, 60000, 120000, 180000])
    wanted = length if rng.random() < 0.6 else rng.randrange(length)
    step, k, kbps = args.interval, 0, rng.choice(LADDER)
    claims = 1.0 if rng.random() < 0.95 else 3.0  # more than time that passed
    while heard < wanted:
        if heard >= k * 10000:
            source = rng.choice(["cache", "peer", "edge", "edge"])
            more = {"hit": rng.random() < 0.8} if source == "edge" else {}
            audio = min(10000, length - k * 10000)
            used = audio if rng.random() < 0.9 else audio // 3
            tell("chunk", index=k, kbps=kbps, bytes=audio * kbps // 8 + rng.randrange(5000), audio_ms=audio, used_ms=used, ms=rng.randrange(50, 3000),
                 first_byte_ms=rng.randrange(5, 400), source=source,
                 **{"from": rng.choice(EDGES) if source == "edge" else f"peer{rng.randrange(50)}"}, **more)
            k += 1
            if rng.random() < 0.05:
                old, kbps = kbps, rng.choice(LADDER)
                tell("switch", **{"from": old}, to=kbps, why="up")
            if rng.random() < 0.01:
                tell("reject", **{"from": f"peer{rng.randrange(50)}"}, index=k, why="hash")
            if rng.random() < 0.02:
                tell("upload", bytes=rng.randrange(200000))
            if rng.random() < 0.01:
                tell("stall")
                ms = rng.randrange(100, 4000)
                now += ms
                if rng.random() < 0.9:
                    tell("resume", ms=ms)
        now += step
        heard = min(heard + step, wanted)
        tell("progress", heard_ms=int(heard * claims), buffer_ms=rng.randrange(30000), kbps=kbps)
    if rng.random() < 0.97:
        tell("end", heard_ms=int(heard * claims), why="finished" if wanted == length else "skipped")
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sessions", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--songs", type=int, default=50)
    parser.add_argument("--interval", type=int, default=1000)
    parser.add_argument("--days", type=float, default=3)
    parser.add_argument("--mess", action="store_true")
    parser.add_argument("--shuffle", action="store_true")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    lines = []
    write = sys.stdout.write

    def flush():
        if args.shuffle:
            rng.shuffle(lines)
        for line in lines:
            write(line + "\n")
        lines.clear()

    for n in range(args.sessions):
        start = 1764000000000 + int(n * args.days * 86400000 / args.sessions)
        made = session(n, start, args, rng)
        if args.mess:
            for line in list(made):
                if rng.random() < 0.05:
                    made.append(line)
                if rng.random() < 0.02:
                    made.append(line[:rng.randrange(1, len(line))])
                if rng.random() < 0.02:
                    made.append(rng.choice(['{"level":"info"}', '127.0.0.0 - - [25/Nov/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 5', '{"event":"end"}', "[]"]))
        lines += made
        if not args.shuffle:
            flush()
    flush()


main()
