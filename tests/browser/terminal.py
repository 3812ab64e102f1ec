"""What a program shows on a terminal, as a picture: `terminal.py FILE.svg SECONDS... -- COMMAND [ARGS]` runs the command on a terminal of its
own, takes the line it shows so many seconds after the start, ends it after the last, and writes these lines, one below the other.

It knows what the tools write there: text, carriage return, and the erasing of the rest of a line.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from html import escape

COLUMNS, WIDE, TALL, EDGE = 92, 8.43, 20, 14  # of 14 px DejaVu Sans Mono and those like it


class Line:
    """The line on which the cursor stands."""

    def __init__(self):
        self.cells, self.at = [], 0

    def write(self, text):
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.", text, re.S):
            if part == "\r":
                self.at = 0
            elif part == "\n":
                self.__init__()
            elif part == "\x1b[K":
                del self.cells[self.at :]
            elif part[0] != "\x1b":
                self.cells[self.at : self.at + 1] = part
                self.at += 1

    def __str__(self):
        return "".join(self.cells).rstrip()


def run(moments, command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(LC_ALL="C.UTF-8", TERM="xterm")
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    began, line, rest, shown = time.monotonic(), Line(), b"", []
    while len(shown) < len(moments):
        wait = began + moments[len(shown)] - time.monotonic()
        if wait <= 0:
            shown.append(str(line))
        elif select.select([terminal], [], [], wait)[0]:
            rest += os.read(terminal, 4096)
            text = rest.decode(errors="ignore")  # a character cut in two waits for its end
            rest = rest[len(text.encode()) :]
            line.write(text)
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return shown


def picture(rows):
    wide, tall = COLUMNS * WIDE + 2 * EDGE, len(rows) * TALL + 2 * EDGE
    text = "".join(
        f'<text x="{EDGE}" y="{EDGE + TALL * (i + 0.72):.1f}" textLength="{len(row) * WIDE:.1f}" class="{kind}">{escape(row)}</text>\n'
        for i, (kind, row) in enumerate(rows)
        if row
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" width="{wide:.0f}">\n'
        "<style>text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre;fill:#e6e1d8}"
        ".soft{fill:#9a938a}</style>\n"
        f'<rect width="{wide:.0f}" height="{tall:.0f}" rx="8" fill="#1b1a18"/>\n{text}</svg>\n'
    )


def main():
    split = sys.argv.index("--")
    moments, command = [float(s) for s in sys.argv[2:split]], sys.argv[split + 1 :]
    rows = []
    for moment, shown in zip(moments, run(moments, command)):
        rows += [("soft", f"after {moment:g} s"), ("line", shown), ("soft", "")]
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(picture(rows[:-1]))


main()
