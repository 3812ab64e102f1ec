"""Presses keys in a stretto-play that plays two songs on its own terminal. Each key waits for the matching status line."""

import os
import pty
import sys

STORY = ((b"Song one", b"n"), (b"Song two", b" "), ("\u23f8".encode(), b"\x1b[C"), (b"", b"+-"), (b"", b"q"))


def main(command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(COLUMNS="100", LC_ALL="C.UTF-8")
        os.execvp(command[0], command)
    shown = b""
    for wanted, keys in STORY:
        while wanted not in shown:
            shown += os.read(terminal, 4096)
        shown = b""
        os.write(terminal, keys)
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the terminal's other end is closed
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0, status


main(sys.argv[1:])
