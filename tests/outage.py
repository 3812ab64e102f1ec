"""Plays a song whose edge has an outage of six seconds, on a terminal: outage.py pause|play|forever COMMAND...

The edge refuses all while there is a file `outage`. It begins once 8 s of audio are in hand, which last to its end, and with `pause` after a pause.
When chunks come again, "q" is pressed. `forever`: it does not end, and the player has to.
"""

import json
import os
import pty
import select
import sys
import time

kind, command = sys.argv[1], sys.argv[2:]


class Player:
    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def watch(self, seconds):
        """What it shows has to be read. False: it has ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    if not os.read(self.terminal, 4096):
                        return False
                except OSError:
                    return False
        return True

    def press(self, key):
        os.write(self.terminal, key)

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def events(kind):
    try:
        with open("events.jsonl") as file:
            return [event for line in file if (event := json.loads(line))["event"] == kind]
    except (OSError, ValueError):
        return []


player = Player()
while not events("progress") or events("progress")[-1]["buffer_ms"] < 8000:
    assert player.watch(0.1), "it ended before the outage"
if kind == "pause":
    player.press(b" ")
    assert player.watch(3)
    told = len(events("progress"))
    assert player.watch(4)
    assert len(events("progress")) == told, "progress is told of while it is paused"
open("outage", "w").close()
if kind == "pause":
    player.press(b" ")
before = len(events("chunk"))
if kind == "forever":
    while player.watch(1):
        pass
    assert player.status() == 75
    sys.exit()
assert player.watch(6), "it gave up"
os.remove("outage")
while len(events("chunk")) < before + 2:
    assert player.watch(0.1), "it gave up"
player.press(b"q")
while player.watch(1):
    pass
assert player.status() == 0
