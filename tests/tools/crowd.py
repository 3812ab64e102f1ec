"""Makes events of crowds with known truth: honest listeners, invented listeners, wrong clocks, false claims.

    python3 crowd.py catalogue                     the songs and who made them, as JSON
    python3 crowd.py honest [--layout L] [--listeners N] [--plays N] [--days D]
        apart: households of one to four; office: 200 of these listeners on one address; cgnat: 2,000 of them; mobile: all on five
    python3 crowd.py farm [--ids N] [--networks N] [--plays N] [--kind K] [--within ADDRESS]
        short: 30.5 s of each song; jitter: 31 to 44 s; even: 95 s; own: whole songs of two artists that nobody else plays; many: of ten
    python3 crowd.py lie --kind K --sessions N
        theft: nothing heard, another artist; future, past: the clock says 2090, 1970; jump: it is set in the middle of the song;
        claim: twenty hours heard in a minute; none: the same sessions, honest

--seed N chooses the crowd, --alone leaves off what a server adds. A listener is the same in all layouts of a seed.
"""
import argparse
import json
import random
import sys

NOW = 1795000000000  # 2026-11-18
DAY = 86400000
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ARTISTS, SONGS = 300, 4  # and as many of the farms


def song_id(n):
    return "".join(ALPHABET[(n * 7919 + i * 31 + n // 32 ** (i % 4)) % 32] for i in range(28)) + "".join(ALPHABET[n // 32**i % 32] for i in range(4))


def length_ms(n):
    return 150000 + n * 7717 % 110000


def artist(n):
    return f"Artist {n // SONGS}" if n < ARTISTS * SONGS else f"Farmer {n // SONGS - ARTISTS}"


class Writer:
    def __init__(self, args):
        self.args, self.number = args, 0

    def session(self, listener, address, at, song, heard, why, *, clock=lambda t: t, claims=None, said=None, startup=200):
        """@param at  real time; clock: what the listener's clock says then"""
        self.number += 1
        name = f"{self.args.command}{self.args.seed}-{self.number}"
        lines = [("start", 0, {"title": f"Song {song}", "artist": said or artist(song), "network": "wifi"}),
                 ("chunk", 100, {"index": 0, "kbps": 160, "bytes": 200000, "audio_ms": 10000, "used_ms": 10000, "ms": 90, "first_byte_ms": 40, "source": "edge", "from": "eu-west", "hit": True}),
                 ("playing", startup, {"startup_ms": startup, "first_byte_ms": 40})]
        step = 10000 if self.args.command == "lie" else 60000  # posted every ten seconds
        for t in range(step, heard, step):
            lines.append(("progress", startup + t, {"heard_ms": t, "buffer_ms": 9000, "kbps": 160}))
        lines.append(("end", startup + heard, {"heard_ms": heard if claims is None else claims, "why": why}))
        for seq, (event, after, more) in enumerate(lines):
            line = {"event": event, "seq": seq, "time_ms": int(clock(at + after)), "session": name, "listener": listener, "place": "52.5,13.4", "song": song_id(song), **more}
            if not self.args.alone:
                line |= {"received_ms": int(at + after + 1060), "sent_ms": int(clock(at + after + 1000)), "address": address}
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def network(n):
    return f"{20 + n // 65536}.{n // 256 % 256}.{n % 256}.0"


def honest(args, write):
    rng = random.Random(f"honest {args.seed}")
    weights = [1 / (n + 8) for n in range(ARTISTS)]
    home, left = -1, 0
    for n in range(args.listeners):
        own = random.Random(f"listener {args.seed} {n}")
        if left == 0:
            home, left = home + 1, rng.choice([1, 1, 2, 2, 3, 4])
        left -= 1
        address = network(home)
        if args.layout == "office" and n < 200 or args.layout == "cgnat" and n < 2000:
            address = "9.9.9.0"
        if args.layout == "mobile":
            address = f"9.9.{n % 5}.0"
        favourites = own.choices(range(ARTISTS), weights, k=6)
        at = NOW - args.days * DAY + own.randrange(DAY // 2)
        for _ in range(max(1, int(own.lognormvariate(0, 0.7) * args.plays))):
            who = own.choice(favourites) if own.random() < 0.4 else own.choices(range(ARTISTS), weights)[0]
            song = who * SONGS + int(SONGS * own.random() ** 2)
            whole = length_ms(song)
            luck = own.random()
            # most is heard to the end, a quarter is left in the first half minute, the rest anywhere
            heard = whole if luck < 0.65 else int(min(own.expovariate(1 / 9000), 29000)) if luck < 0.9 else int(own.uniform(29000, whole))
            write.session(f"listener-{args.seed}-{n}", address, at, song, heard, "finished" if heard == whole else "skipped", startup=int(own.lognormvariate(5.3, 0.6)))
            at += heard + int(own.expovariate(1 / 600000)) + 2000


def farm(args, write):
    rng = random.Random(f"farm {args.seed}")
    first = ARTISTS * SONGS + rng.randrange(4) * 40
    for n in range(args.ids):
        address = args.within or f"203.0.{n % args.networks}.0"
        at = NOW - 2 * DAY + rng.randrange(DAY // 2)
        for _ in range(args.plays):
            song = first + rng.randrange({"own": 2, "many": 10}.get(args.kind, 1) * SONGS)
            whole = length_ms(song)
            heard = {"short": 30500, "jitter": rng.randrange(31000, 44000), "even": 95000 + rng.randrange(900)}.get(args.kind, whole)
            write.session(f"invented-{args.seed}-{n}", address, at, song, heard, "finished" if heard == whole else "skipped", startup=rng.randrange(100, 300))
            at += heard + 2000 + rng.randrange(60000)


def lie(args, write):
    rng = random.Random(f"lie {args.seed}")
    for n in range(args.sessions):
        at = NOW - rng.randrange(DAY)
        who, where = f"liar-{args.seed}-{n}", network(60000 + n)
        song = rng.randrange(ARTISTS * SONGS)
        heard = 60000 + rng.randrange(60000)
        if args.kind == "theft":
            write.session(who, where, at + 5 * DAY, 0, 0, "skipped", said="Mallory")
        elif args.kind == "future":
            write.session(who, where, at, song, heard, "skipped", clock=lambda t: t + 64 * 365 * DAY)
        elif args.kind == "past":
            write.session(who, where, at, song, heard, "skipped", clock=lambda t: t - NOW + 3 * DAY)
        elif args.kind == "jump":
            write.session(who, where, at, song, heard, "skipped", clock=lambda t: t - NOW + 3 * DAY if t < at + heard // 2 else t)
        elif args.kind == "claim":
            write.session(who, where, at, song, heard, "skipped", claims=72000000)
        else:
            write.session(who, where, at, song, heard, "skipped")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["catalogue", "honest", "farm", "lie"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--layout", default="apart", choices=["apart", "office", "cgnat", "mobile"])
    parser.add_argument("--listeners", type=int, default=3000)
    parser.add_argument("--plays", type=int, default=9)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--ids", type=int, default=500)
    parser.add_argument("--networks", type=int, default=1)
    parser.add_argument("--within")
    parser.add_argument("--kind", default="short")
    parser.add_argument("--sessions", type=int, default=1)
    args = parser.parse_args()
    if args.command == "catalogue":
        songs = [{"id": song_id(n), "title": f"Song {n}", "artist": artist(n)} for n in range(2 * ARTISTS * SONGS)]
        assert len({song["id"] for song in songs}) == len(songs)
        json.dump({"songs": songs, "next": None}, sys.stdout)
    else:
        globals()[args.command](args, Writer(args))


main()
