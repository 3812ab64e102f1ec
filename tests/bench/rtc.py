"""rtc.py URL PID PEERS: so many WebRTC peers wait at a tracker, as proxies name them; prints what each costs it, and the time from
the POST of a signal to its arrival at the peer."""

import http.client
import json
import random
import selectors
import socket
import sys
import time

url, pid, peers = sys.argv[1], sys.argv[2], int(sys.argv[3])
host, port = url.removeprefix("http://").split(":")
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
SIGNALS, EACH_S = 2000, 0.002


def kilobytes():
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def name(number):
    digits = ""
    for _ in range(26):
        digits += ALPHABET[number % 32]
        number //= 32
    return digits


def address(number):
    return f"{11 + number // 60000}.{number // 250 % 240}.{number % 250}.7"


tracker = http.client.HTTPConnection(host, int(port))


def post(path, said, number):
    tracker.request("POST", path, json.dumps(said), {"X-Forwarded-For": address(number), "Content-Type": "application/json"})
    answer = tracker.getresponse()
    return answer.status, answer.read()


tokens = []
for i in range(peers):
    status, body = post("/announce", {"peer_id": name(i), "rtc": True, "songs": {}}, i)
    assert status == 200, (i, status, body)
    tokens.append(json.loads(body)["token"])
before = kilobytes()
waits = []
ready = selectors.DefaultSelector()


def wait(number):
    waits[number].sendall(f"GET /signals?peer={name(number)}&token={tokens[number]}&wait=25 HTTP/1.1\r\nHost: t\r\n"
                          f"X-Forwarded-For: {address(number)}\r\n\r\n".encode())


def read(number):
    """The signals of an answer; False: there was none in time."""
    text = waits[number].recv(65536)
    status = int(text.split(b" ", 2)[1])
    wait(number)
    assert status in (200, 204), text
    return status == 200


for i in range(peers):
    one = socket.socket()
    one.bind((f"127.0.{1 + i // 20000}.1", 0))
    one.connect((host, int(port)))
    waits.append(one)
    ready.register(one, selectors.EVENT_READ, i)
    wait(i)
    if i % 100 == 0:
        for key, _ in ready.select(0):
            read(key.data)
time.sleep(0.5)
cost = (kilobytes() - before) / peers

random.seed(1)
took = []
for turn in range(SIGNALS):
    due = time.monotonic() + EACH_S
    to, sender = random.sample(range(peers), 2)
    signal = {"from": name(sender), "token": tokens[sender], "to": name(to), "kind": "no", "session": str(turn)}
    begun = time.monotonic()
    status, body = post("/signal", signal, sender)
    assert status == 202, (status, body)
    came = False
    while not came:
        for key, _ in ready.select(10):
            if read(key.data):
                came = True
                took.append(time.monotonic() - begun)
    time.sleep(max(0.0, due - time.monotonic()))
took.sort()
print(f"{peers} waiting peers: {cost:.2f} kB each (goal 1.2); a signal arrives in p50 {took[len(took) // 2] * 1e3:.1f} ms, "
      f"p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms (goal 20), {SIGNALS} signals")
