"""sound.py RECORDED EVENTS SONG... checks that a recording of stretto-play equals the songs, one after the other.

RECORDED holds 32-bit float samples, two channels. SONG.96.ogg and so on are the renditions of a song, which libvorbisfile decodes
here, each as a whole. Every frame that is no silence has to be, bit for bit, the song's at that place in one of its renditions; these
have to follow one another as the switch events of EVENTS say, those aside of which nothing came in time; and no frame may be missing
or come twice. Silence, which the songs have none of, is what a device writes when it waits. Prints how often the bitrate changed and
how much silence was left out."""

import array
import ctypes
import json
import sys

FRAME = 8  # bytes
KBPS = (45, 96, 160, 320)
vorbis = ctypes.CDLL("libvorbisfile.so.3")


def decode(path):
    file = ctypes.create_string_buffer(8192)  # an OggVorbis_File is smaller
    if vorbis.ov_fopen(path.encode(), file) != 0:
        sys.exit(f"{path} is no Vorbis")
    pcm = ctypes.POINTER(ctypes.POINTER(ctypes.c_float))()
    part = ctypes.c_int()
    both = array.array("f")
    while (got := vorbis.ov_read_float(file, ctypes.byref(pcm), 4096, ctypes.byref(part))) > 0:
        frames = array.array("f", bytes(got * FRAME))
        frames[0::2] = array.array("f", pcm[0][:got])
        frames[1::2] = array.array("f", pcm[1][:got])
        both += frames
    vorbis.ov_clear(file)
    if got < 0:
        sys.exit(f"{path}: {got}")
    return both.tobytes()


def alike(heard, song, at):
    """Frames from `at` on that are the same."""
    low, high = 0, min(len(heard), len(song)) - at
    while low < high:
        middle = (low + high + 1) // 2
        if heard[at + low : at + middle] == song[at + low : at + middle]:
            low = middle
        else:
            high = middle - 1
    return low


def bitrates(heard, name):
    """Those that were heard of a song, in order, and the frames after it."""
    renditions = {kbps: array.array("Q", decode(f"{name}.{kbps}.ogg")) for kbps in KBPS}
    lengths = {len(r) for r in renditions.values()}
    if len(lengths) != 1 or any(0 in r for r in renditions.values()):
        sys.exit(f"{name}: renditions of {lengths} frames, or with silence")
    at, order = 0, []
    while at < max(lengths):
        runs = {kbps: alike(heard, r, at) for kbps, r in renditions.items()}
        best = max(runs, key=runs.get)
        if runs[best] == 0:
            sys.exit(f"{name}: frame {at} of {max(lengths)} is none of the song's, after {order}")
        order.append(best)
        at += runs[best]
    return order, heard[at:]


def told(events):
    """The same by song's title, as the events say."""
    order = {}
    for event in events:
        if event["event"] == "start":
            title = event["title"]
        elif event["event"] == "chunk" and event["used_ms"] > 0:
            order.setdefault(title, [event["kbps"]])
        elif event["event"] == "switch":
            order[title] = order.get(title, [event["from"]]) + [event["to"]]
    return order


recorded, events, *songs = sys.argv[1:]
with open(events) as file:
    said = told(map(json.loads, file))
with open(recorded, "rb") as file:
    raw = file.read()
frames = array.array("Q", raw[: len(raw) // FRAME * FRAME])
heard = array.array("Q", filter(None, frames))
changes = 0
for name in songs:
    order, heard = bitrates(heard, name)
    after = iter(said[name])
    if not all(kbps in after for kbps in order):
        sys.exit(f"{name}: heard {order}, the events say {said[name]}")
    changes += len(order) - 1
if heard:
    sys.exit(f"{len(heard)} frames too many")
print(f"{changes} changes of bitrate, {len(frames) - sum(1 for f in frames if f)} silent frames")
