"""Two caches, one before the other, as run.py starts one: tiers.py ORIGIN COMMAND... with {origin} in the command.

Prints the `listening on` line of the outer one; SIGTERM ends both, and the status is the worse of theirs.
"""

import signal
import subprocess
import sys


def start(command, origin):
    process = subprocess.Popen([word.replace("{before}", origin) for word in command], stdout=subprocess.PIPE, text=True)
    line = next((line for line in process.stdout if line.startswith("listening on ")), None)
    if line is None:
        sys.exit(process.wait() or 1)
    return process, line.split()[2]


inner, address = start(sys.argv[2:], sys.argv[1])
outer, address = start(sys.argv[2:], f"http://{address}")
signal.signal(signal.SIGTERM, lambda *_: (outer.terminate(), inner.terminate()))
print(f"listening on {address}", flush=True)
sys.exit(max(abs(outer.wait()), abs(inner.wait())))
