#!/bin/sh
# The emulated network itself: what tests/net stands on. Bounds hold by construction: nothing is faster than its link.
. ./tests/net/lib.sh
mkdir files
head -c 1000000 /dev/urandom >files/million
lay <<HOSTS
a 1 100000 100000 20 0
b 2 100000 2000 30 0
c 3 100000 100000 0 200
HOSTS
spawn a python3 -m http.server --bind "$(address a)" -d files 8000 >log 2>&1
url=http://$(address a):8000
# it says nothing when it is there
await 'an answer of the web server' on b curl -s -o ready "$url/"

curl_time() { on "$1" curl -s -o got -w "%{$2}" --retry 9 "$url/$3"; }
at_least() { awk "BEGIN { exit !($1 >= $2) }" || { echo "$1 < $2"; return 1; }; }
ok "a connection takes the sum of both hosts' delays, there and back" at_least "$(curl_time b time_connect '')" 0.1
ok 'a million bytes arrive unchanged' sh -c "nsenter --net=/run/netns/$prefix-b curl -s $url/million | cmp - files/million"
ok 'a link of 2 Mbit/s takes 4 s for a million bytes' at_least "$(curl_time b time_total million)" 4
change b 2 100000 4000 30 0
ok 'a link of twice the rate takes half the time' at_least "$(curl_time b time_total million)" 2
ok 'bytes are counted for each pair of hosts, headers included' at_least \
    "$(passed | awk '$1 == "a" && $2 == "b" { print $3 }')" 3000000
refused() { on a curl -s -m 5 "http://$(address b):1/"; }
ok 'a closed port refuses a connection at once' exits 7 refused
change b 2 0 0 30 0
timed_out() { on a curl -s -m 1 "http://$(address b):1/"; }
ok 'a link of rate 0 passes nothing' exits 28 timed_out
change b 2 100000 4000 30 0
ok 'a link passes bytes again when its rate is back' exits 7 refused
# what waits goes on at the rate of the moment, and stays where that is 0
holes() (
    change b 2 100000 8000 30 0 100 64
    on b curl -s -m 60 -o whole "$url/million" &
    reader=$!
    await 'bytes on their way' test -s whole
    change b 2 100000 0 30 0 100 64
    to_b() { passed | awk '$1 == "a" && $2 == "b" { print $3 }'; }
    before=$(to_b)
    timed_out # a second
    same=$(to_b)
    change b 2 100000 8000 30 0 100 64
    wait "$reader" &&
        cmp whole files/million &&
        [ -n "$before" ] &&
        [ "$before" = "$same" ] || { echo "$before bytes, then $same"; return 1; }
)
ok 'nothing passes during a hole, and queued packets pass after it' holes
# nobody sends a datagram again: what arrives after the hole was kept
kept() ( # WORDS QUEUE_KB: of three sent during a hole, these arrive after it, and the one that ends the waiting
    change b 2 100000 8000 30 0 100 "$2"
    on b python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.2", 4000))
s.settimeout(60)
print("there", flush=True)
print(*iter(lambda: s.recv(100).decode(), "end"))' >kept &
    receiver=$!
    send() {
        on a python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for word in sys.argv[1:]: s.sendto(word.encode(), ("198.51.100.2", 4000))' "$@"
    }
    await 'the receiver' grep -q there kept || return
    change b 2 100000 0 30 0 100 "$2"
    send a b c
    timed_out # a second: they are at the link by now
    change b 2 100000 8000 30 0 100 "$2"
    send end
    wait "$receiver" && [ "$(tail -n 1 kept)" = "$1" ]
)
ok 'with QUEUE_KB, packets that arrive during a hole pass after it' kept 'a b c' 64
ok 'without QUEUE_KB, packets that arrive during a hole are lost' kept '' 0
# 200 datagrams from a to c, a fifth of which is lost by chance
datagrams() {
    on c python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.3", 4000))
s.settimeout(20)
print("there", flush=True)
n = 0
while s.recv(100) != b"end": n += 1
print(n)' >arrived &
    receiver=$!
    await 'the receiver' grep -q there arrived || return
    on a python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(1000):
    s.sendto(b"x", ("198.51.100.3", 4000))
    if i % 20 == 0: time.sleep(0.01)  # a device holds 500 packets
for i in range(50): s.sendto(b"end", ("198.51.100.3", 4000))'
    wait $receiver
    n=$(tail -n 1 arrived)
    echo "$n of 1000"
    [ "$n" -gt 700 ] && [ "$n" -lt 900 ]
}
ok 'the measured loss is the requested loss' datagrams
hosts=$laid
unlay
gone() { for host in $hosts; do test ! -e "/run/netns/$prefix-$host" || return 1; done; }
ok 'no namespace or link is left at the end' gone
finish
