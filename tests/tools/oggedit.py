"""Makes valid but unusual Ogg files by editing pages: oggedit.py EDIT [ARGUMENT] <in.ogg >out.ogg. It corrects CRCs and page numbers.

  end DELTA       the last granule position is DELTA more
  shift DELTA     every granule position of audio is DELTA more
  empty           an empty packet before the first of audio
  noise           a packet that is no audio (its first bit is set) before the first of audio
  split           the headers one byte a page body (255 at most) over many pages
  comment BYTES   a comment of so many bytes, in pages of 65,025 at most
  nil             an empty last page carries the end of the stream
  gap             page numbers jump between headers and audio
  from NUMBER     page numbers begin there
  unended         the last page does not end the stream
  junk            bytes that are no Ogg behind the end
  id3             an ID3v2 tag in front
  unmark          the last page, which ends the stream, has no granule position
"""

import struct
import sys



def crc(page):
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ TABLE[(value >> 24) ^ byte]
    return value


def entry(i):
    value = i << 24
    for _ in range(8):
        value = ((value << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value


TABLE = [entry(i) for i in range(256)]


class Page:
    def __init__(self, flags, granule, serial, number, lacing, body):
        self.flags, self.granule, self.serial, self.number, self.lacing, self.body = flags, granule, serial, number, lacing, body

    def bytes(self):
        head = b"OggS\0" + struct.pack("<BqIII", self.flags, self.granule, self.serial, self.number, 0)
        page = head + bytes([len(self.lacing)]) + bytes(self.lacing) + self.body
        return page[:22] + struct.pack("<I", crc(page)) + page[26:]


def read(data):
    at, pages = 0, []
    while at < len(data):
        flags, granule, serial, number, _, n = struct.unpack("<BqIIIB", data[at + 5 : at + 27])
        lacing = list(data[at + 27 : at + 27 + n])
        begin = at + 27 + n
        at = begin + sum(lacing)
        pages.append(Page(flags, granule, serial, number, lacing, data[begin:at]))
    return pages


def lacing_of(packet):
    return [255] * (len(packet) // 255) + [len(packet) % 255]


def paged(packets, like, most):
    """Pages of at most so many segments; granule -1 where no packet ends, else that of the headers: 0."""
    lacing = [(value, i) for i, packet in enumerate(packets) for value in lacing_of(packet)]
    data, at, pages, open_packet = b"".join(packets), 0, [], False
    for first in range(0, len(lacing), most):
        some = [value for value, _ in lacing[first : first + most]]
        size = sum(some)
        ends = any(value < 255 for value in some)
        pages.append(Page(1 if open_packet else 0, 0 if ends else -1, like.serial, 0, some, data[at : at + size]))
        at += size
        open_packet = some[-1] == 255
    return pages


def packets_of(pages):
    packets, current = [], b""
    for page in pages:
        at = 0
        for value in page.lacing:
            current += page.body[at : at + value]
            at += value
            if value < 255:
                packets.append(current)
                current = b""
    return packets


def main(edit, argument=None):
    pages = read(sys.stdin.buffer.read())
    # a single stream, whose headers end on a page's end
    opus = pages[0].body.startswith(b"OpusHead")
    count = next(i for i in range(1, len(pages)) if len(packets_of(pages[: i + 1])) >= (2 if opus else 3)) + 1
    head, audio = pages[:count], pages[count:]
    headers = packets_of(head)
    before, after, renumber = b"", b"", True
    if edit == "end":
        audio[-1].granule += int(argument)
    elif edit == "shift":
        for page in audio:
            page.granule += int(argument) if page.granule >= 0 else 0
    elif edit in ("empty", "noise"):
        packet = b"" if edit == "empty" else b"\x01stretto"
        audio[0].lacing = lacing_of(packet) + audio[0].lacing
        audio[0].body = packet + audio[0].body
        assert len(audio[0].lacing) <= 255
    elif edit == "split":
        head = head[:1] + paged(headers[1:], head[0], 1)
    elif edit == "comment":
        old = headers[1]
        begin = 8 if opus else 7
        at = begin + 4 + struct.unpack("<I", old[begin : begin + 4])[0]
        n = struct.unpack("<I", old[at : at + 4])[0]
        mine = b"METADATA_BLOCK_PICTURE=" + b"A" * int(argument)
        new = old[:at] + struct.pack("<II", n + 1, len(mine)) + mine + old[at + 4 :]
        head = head[:1] + paged([new] + headers[2:], head[0], 255)
    elif edit == "nil":
        audio[-1].flags &= ~4
        audio.append(Page(4, audio[-1].granule, audio[-1].serial, 0, [], b""))
    elif edit == "unended":
        audio[-1].flags &= ~4
    elif edit == "unmark":
        audio[-1].granule = -1
    elif edit == "junk":
        after = b"TAG" + b"junk" * 40
    elif edit == "id3":
        before = b"ID3\x03\0\0\0\0\0\x14" + b"\0" * 20
    else:
        assert edit in ("gap", "from", "same")
    for number, page in enumerate(head + audio):
        page.number = number + (int(argument) if edit == "from" else 0) + (5 if edit == "gap" and number >= len(head) else 0)
    sys.stdout.buffer.write(before + b"".join(page.bytes() for page in head + audio) + after)


main(*sys.argv[1:])
