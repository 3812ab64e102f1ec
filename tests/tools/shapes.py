"""Makes events in orders that are fast or slow for a report: shapes.py SHAPE MB

own: the sessions one after the other; interleaved: 5,000 of them at once; listeners: the same, a listener for each session;
long: the same with ids of 60 bytes, and with what a server adds to each line.
"""

import random
import sys

shape, limit = sys.argv[1], int(sys.argv[2]) * 1_000_000
at_once = 1 if shape == "own" else 5000
rng = random.Random(7)
number = 0


def session():
    global number
    number += 1
    me, song, t = number, int(5000 * rng.random() ** 2), 1795000000000 + number * 37
    name, listener = f"s1-{me:08d}", f"listener {me if shape == 'listeners' else rng.randrange(2000)}"
    if shape == "long":
        name, listener = f"{me:08x}-" + "abcdefghij" * 5, f"listener-{rng.randrange(100000):08d}-" + "x" * 40
    head = f'"session":"{name}","listener":"{listener}","place":"52.5,13.4","song":"{song:032d}"'
    seq = 0

    def line(event, after, more):
        nonlocal seq
        at = t + after
        told = f',"received_ms":{at + 1060},"sent_ms":{at + 1000},"address":"20.1.{me % 250}.0"' if shape == "long" else ""
        seq += 1
        return f'{{"event":"{event}","seq":{seq - 1},"time_ms":{at},{head},{more}{told}}}\n'

    yield line("start", 0, f'"title":"Song {song}","artist":"Artist {song % 99}","network":"wifi"')
    yield line("playing", 200, '"startup_ms":200,"first_byte_ms":50')
    heard, length, kbps = 0, rng.choice([60, 120, 180]), rng.choice([96, 160, 320])
    while heard < length:
        if heard % 10 == 0:
            source = rng.choice(['"cache"', '"peer","from":"peer7"', '"edge","from":"eu-west","hit":true', '"edge","from":"us-east","hit":false'])
            yield line("chunk", 200 + heard * 1000, f'"index":{heard // 10},"kbps":{kbps},"bytes":{kbps * 1250 + 17},"audio_ms":10000,"used_ms":10000,"ms":300,'
                       f'"first_byte_ms":{rng.randrange(5, 400)},"source":{source}')
        heard += 1 if rng.random() < 0.9 else 2
        yield line("progress", 200 + heard * 1000, f'"heard_ms":{heard * 1000},"buffer_ms":{rng.randrange(30000)},"kbps":{kbps}')
    yield line("end", 200 + heard * 1000, f'"heard_ms":{heard * 1000},"why":"finished"')


live, made = [session() for _ in range(at_once)], 0
with open(1, "w", buffering=1 << 20) as out:
    while made < limit:
        i = rng.randrange(at_once)
        text = next(live[i], None)
        if text is None:
            live[i] = session()
            continue
        out.write(text)
        made += len(text)
