"""Is what was heard the song? `heard.py HEARD.wav SWITCHES REFERENCE.wav...` exits 0 when every sample of HEARD is that of a reference, at
the same place: block by block of one reference, but in as many blocks at most as the player told switches, of one and then another.

All are files of 32-bit float samples, as stretto-play writes them, and must be the same to the bit.
"""

import sys

FRAME, BLOCK = 8, 8 * 4096  # bytes: two channels; a tenth of a second


def samples(file):
    """The chunk `data` of a WAV file."""
    whole = open(file, "rb").read()
    at = 12
    while whole[at : at + 4] != b"data":
        at += 8 + int.from_bytes(whole[at + 4 : at + 8], "little")
    return whole[at + 8 : at + 8 + int.from_bytes(whole[at + 4 : at + 8], "little")]


def same_from_the_left(one, other):
    """How many bytes of whole frames are the same."""
    n = 0
    while n < len(one) and one[n : n + FRAME] == other[n : n + FRAME]:
        n += FRAME
    return n


def one_and_then_another(block, references):
    before = max(same_from_the_left(block, r) for r in references)
    return any(block[before:] == r[before:] for r in references)


def main():
    heard, *references = [samples(file) for file in (sys.argv[1], *sys.argv[3:])]
    if any(len(r) != len(heard) for r in references):
        sys.exit(f"{len(heard) // FRAME} samples, not {[len(r) // FRAME for r in references]}")
    mixed = 0
    for at in range(0, len(heard), BLOCK):
        block = heard[at : at + BLOCK]
        parts = [r[at : at + BLOCK] for r in references]
        if block in parts:
            continue
        mixed += 1
        if not one_and_then_another(block, parts):
            sys.exit(f"wrong at {at // FRAME}")
    if mixed > int(sys.argv[2]):
        sys.exit(f"{mixed} blocks of two bitrates, but {sys.argv[2]} switches")


main()
