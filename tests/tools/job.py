"""Runs a command on its own terminal, as a shell with job control would, and prints its output.

    job.py foreground COMMAND...     it has the terminal
    job.py background COMMAND...     another process group has it, as after `COMMAND &`
    job.py stopped COMMAND...        it has the terminal until it has drawn a line, is stopped by Ctrl-Z and goes on in the background, where
                                     somebody types at the shell's prompt: a job that reads then is stopped by the kernel

The exit status is the command's; 99 if it was stopped when it should not be.
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import threading

DEADLINE = 120


def job(mode, command, ready):
    """The shell: leader of the terminal's session, parent of the command."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        if mode != "background":
            os.tcsetpgrp(2, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.environ.update(LC_ALL="C.UTF-8", TERM="xterm")
        os.execvp(command[0], command)
    if mode == "stopped":
        status = os.waitpid(pid, os.WUNTRACED)[1]
        if not os.WIFSTOPPED(status):
            return 98
        os.tcsetpgrp(2, os.getpgrp())
        os.write(ready, b"s")
        os.killpg(pid, signal.SIGCONT)
    status = os.waitpid(pid, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return 99
    return os.waitstatus_to_exitcode(status)


def main(mode, *command):
    told, ready = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os._exit(job(mode, command, ready) & 255)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    threading.Timer(DEADLINE, lambda: (print("waited for", *command, file=sys.stderr), os._exit(97))).start()
    typed = mode != "stopped"
    while True:
        try:
            shown = os.read(terminal, 4096)
        except OSError:  # the terminal's other end is closed
            break
        if not shown:
            break
        sys.stdout.buffer.write(shown)
        if not typed and b"\r" in shown:
            os.write(terminal, b"\x1a")
            typed = True
            os.read(told, 1)
            sys.stdout.buffer.write(b"<stopped>")
            os.write(terminal, b"typed at the prompt\n")
    sys.stdout.flush()
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main(*sys.argv[1:])
