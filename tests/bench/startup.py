"""startup.py COMMAND...: the ms from starting it to the first sample on its standard output that is no silence, and the CPU ms it
used until then, on one line. It is killed there. Exit 1 and what it said when it ends without a sample."""

import os
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryFile() as said:
    began = time.monotonic_ns()
    player = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, bufsize=0)
    took = None
    while samples := os.read(player.stdout.fileno(), 65536):
        if samples.strip(b"\0"):
            took = time.monotonic_ns() - began
            break
    player.kill()
    used = os.wait4(player.pid, 0)[2]
    if took is None:
        said.seek(0)
        sys.exit(said.read().decode(errors="replace"))
print(f"{took / 1e6:.1f} {(used.ru_utime + used.ru_stime) * 1e3:.1f}")
