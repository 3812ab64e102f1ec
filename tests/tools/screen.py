"""Runs a program on a terminal: screen.py ROWS COLUMNS COMMAND [ARGS] prints the whole screen after each change.

It knows text, line feeds, and the escapes for home (H), erasing the rest of a line (K) and the rest of the screen (J). SIGTERM goes to the command.
Ends with the command's status, with 2 when the screen was scrolled, 3 when something else was sent to it.
"""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
screen, row, at, pending = [""] * rows, 0, 0, ""


def fail(status, why):
    print(why, flush=True)
    os.kill(child, signal.SIGKILL)
    sys.exit(status)


while True:
    try:
        got = os.read(terminal, 65536)
    except InterruptedError:
        continue
    except OSError:  # EIO: the command has ended
        break
    if not got:
        break
    pending += got.decode("utf-8", "replace")
    cut = re.search(r"\x1b(\[[0-9;?]*)?$", pending)
    now, pending = (pending[: cut.start()], pending[cut.start() :]) if cut else (pending, "")
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[^\x1b\r\n]+|.", now, re.S):
        if part == "\r":
            at = 0
        elif part == "\n":
            row, at = row + 1, 0
            if row >= rows:
                fail(2, "scrolled")
        elif part == "\x1b[H":
            row = at = 0
        elif part == "\x1b[K":
            screen[row] = screen[row][:at]
        elif part == "\x1b[J":
            screen[row] = screen[row][:at]
            screen[row + 1 :] = [""] * (rows - row - 1)
        elif re.fullmatch(r"\x1b\[[0-9;]*m", part):
            pass
        elif part[0] == "\x1b":
            fail(3, f"unknown: {part!r}")
        else:
            screen[row] = screen[row][:at].ljust(at) + part + screen[row][at + len(part) :]
            at += len(part)
            if at > columns:
                fail(2, f"too wide: {screen[row]!r}")
    print("\n".join(screen), flush=True)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
