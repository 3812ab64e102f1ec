"""A service manager in small, for servers of ours: passes sockets (LISTEN_FDS) and reads messages (NOTIFY_SOCKET).

    activate.py PATH NAME TOOL [ARGUMENTS]

GET PATH is asked of each server. NAME is that of a second socket, which need not be used: "admin" or another. Prints TAP lines.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 120  # s, for anything that should come


def opened():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    return listener


class Manager:
    def __init__(self, command, names, watchdog_us=None):
        self.command, self.names = command, names
        self.sockets = [opened() for _ in names]
        self.messages = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.messages.bind("\0stretto-test-%d" % os.getpid() if watchdog_us else "notify-%d" % os.getpid())
        self.messages.settimeout(PATIENCE)
        self.watchdog_us, self.process, self.log = watchdog_us, None, []

    def port(self, name):
        return self.sockets[self.names.index(name)].getsockname()[1]

    def pass_sockets(self):
        held = [os.dup(one.fileno()) for one in self.sockets]  # above 3, wherever the first ones are
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(held)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)

    def start(self):
        name = self.messages.getsockname()
        environment = dict(os.environ, LISTEN_FDS=str(len(self.names)), LISTEN_FDNAMES=":".join(self.names),
                           NOTIFY_SOCKET="@" + name[1:].decode() if isinstance(name, bytes) else name)
        if self.watchdog_us:
            environment["WATCHDOG_USEC"] = str(self.watchdog_us)
        said = open("said", "ab")
        self.process = subprocess.Popen(["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", *self.command], env=environment, stdout=said,
                                        stderr=said, close_fds=False, preexec_fn=self.pass_sockets)
        said.close()
        return self.await_message("READY=1")

    def await_message(self, wanted):
        """What came up to the message that begins so."""
        came = []
        while not came or not came[-1].startswith(wanted):
            came.append(self.messages.recv(4096).decode())
        self.log += came
        return came

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.await_message("STOPPING=1")
        return self.process.wait(PATIENCE)


def ask(port, path, pause=0.0):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    line.connect()
    time.sleep(pause)
    line.request("GET", path)
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, body


class Load:
    """Clients with a connection for each request; some think before they ask."""

    def __init__(self, port, path, expected):
        self.port, self.path, self.expected = port, path, expected
        self.asked, self.failed, self.over = 0, [], False
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(8)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        while not self.over:
            try:
                answer = ask(self.port, self.path, 0.02 * (number % 4))
                if answer != (200, self.expected):
                    self.failed.append(answer[0])
            except (OSError, http.client.HTTPException) as why:
                self.failed.append(repr(why))
            self.asked += 1

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def row(good, name, *why):
    print("ok" if good else "not ok", name, flush=True)
    if not good:
        print("#", *why)


def main():
    path, second, *command = sys.argv[1:]
    open("said", "wb").close()
    manager = Manager(command, ["http", second])
    port = manager.port("http")
    came = manager.start()
    row(came[-1].startswith("READY=1\n"), "says READY", came)
    said = open("said").read()
    row(f"listening on 127.0.0.1:{port}\n" in said, "uses the socket that was passed", said)
    before = ask(port, path)
    row(before[0] == 200, "answers there", before[0])
    extra = ask(manager.port(second), "/healthz" if second == "admin" else path)
    row(extra[0] == 200 and ("admin on" in said) == (second == "admin"), f"answers at the socket {second}", extra[0], said)

    manager.process.send_signal(signal.SIGHUP)
    came = manager.await_message("READY=1")
    told = len(came) == 2 and came[0].startswith("RELOADING=1\nMONOTONIC_USEC=") and "STATUS=reloaded: access log" in came[1]
    row(told, "says RELOADING, then READY, on SIGHUP", came)

    early = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    early.connect()
    ask(port, path)  # accepted later than `early`
    manager.process.send_signal(signal.SIGTERM)
    manager.await_message("STOPPING=1")
    time.sleep(0.3)
    early.request("GET", path)
    answer = early.getresponse()
    row((answer.status, answer.read()) == before, "answers a client that had connected before SIGTERM and asks after it")
    row(manager.process.wait(PATIENCE) == 0, "says STOPPING, and ends with 0")

    waiting = []
    thread = threading.Thread(target=lambda: waiting.append(ask(port, path)))
    thread.start()
    time.sleep(0.3)  # it connects to a port without a server
    manager.start()
    thread.join()
    row(waiting == [before], "a client that came between two servers is answered by the next", waiting)

    load = Load(port, path, before[1])
    ended = []
    for _ in range(5):
        seen = load.asked
        deadline = time.monotonic() + PATIENCE
        while load.asked < seen + 50 and time.monotonic() < deadline:
            time.sleep(0.01)
        ended.append(manager.stop())
        manager.start()
    load.end()
    row(not load.failed and ended == [0] * 5, "no request fails across five restarts",
        load.asked, "requests,", len(load.failed), "failed:", load.failed[:3], ended)
    manager.stop()

    guarded = Manager(command, ["http"], watchdog_us=200_000)
    guarded.start()
    for _ in range(3):
        guarded.await_message("WATCHDOG=1")
    row(True, "says WATCHDOG again and again, to an abstract socket too")
    row(guarded.stop() == 0, "and ends")


if __name__ == "__main__":
    main()
