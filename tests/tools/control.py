"""control.py SOCKET: sends each line of standard input to a control socket, and prints the answer to it as one sorted object, without
its request_id (which must be the one that was sent). Lines "await NAME VALUE" wait until an observed property has this value (JSON);
"event NAME" until this event has come."""

import json
import socket
import sys

client = socket.socket(socket.AF_UNIX)
client.settimeout(60)
client.connect(sys.argv[1])
lines = client.makefile("r", encoding="utf-8")
events = []


def read():
    line = lines.readline()
    if not line:
        raise SystemExit("the player has closed the connection")
    return json.loads(line)


def until(wanted):
    for event in events:
        if wanted(event):
            events.remove(event)
            return event
    while True:
        message = read()
        if "event" in message and wanted(message):
            return message


number = 0
for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    if word == "await":
        name, _, value = rest.partition(" ")
        until(lambda e: e.get("name") == name and json.dumps(e.get("data")) == json.dumps(json.loads(value)))
        continue
    if word == "event":
        until(lambda e: e["event"] == rest)
        continue
    number += 1
    client.sendall((json.dumps({"command": json.loads(line), "request_id": number}) + "\n").encode())
    while True:
        message = read()
        if "event" not in message:
            break
        events.append(message)
    assert message.pop("request_id") == number, message
    print(json.dumps(message, sort_keys=True))
