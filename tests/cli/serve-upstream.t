#!/bin/sh
# stretto-serve's edge and the servers behind it: kept connections that hold bytes that nobody asked for, requests that go round in circles.
. ./tests/lib.sh
python3 -u "$root/tests/tools/stray.py" >stray.said 2>stray.err &
started="$started $!"
until origin=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' stray.said) && [ -n "$origin" ]; do kill -0 "$!" || exit 1; sleep 0.02; done
start stretto-serve "$origin" --workers 1 && edge=$url edge_pid=$pid
start stretto-serve "$edge" --workers 1 && outer=$url outer_pid=$pid

own() { python3 "$root/tests/tools/stray.py" "$1/$2" stray.said; }
ok 'a stray response is nobody'"'"'s' own "$edge" one
ok 'through two edges neither' own "$outer" two
once() { # URL NAME
    curl -fsS "$1/$2/warm" && curl -sS -o got -w '%{http_code}' -d x "$1/$2/close" | grep -qx 502 && test "$(grep -c "^POST /$2/close" stray.said)" -eq 1
}
ok 'a POST that is not answered is sent once: 502' once "$edge" a
ok 'through two edges too' once "$outer" b

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
round() { # URL: at once, not when somebody has lost patience
    curl -sS -m 5 -o got -w '%{http_code}' "$1/songs/x" | grep -qx 508 && grep -q circles got && curl -sS -m 5 -o got -w '%{http_code}' -d x "$1/other" | grep -qx 508
}
alone() {
    stretto-serve "http://127.0.0.1:$port" --listen "127.0.0.1:$port" >alone.said 2>&1 &
    mirror=$!
    started="$started $mirror"
    until grep -q '^listening' alone.said; do kill -0 "$mirror" || return 1; sleep 0.02; done
    round "http://127.0.0.1:$port" && stop "$mirror"
}
ok 'an edge before itself: 508' alone
pair() {
    start stretto-serve "http://127.0.0.1:$port" || return 1
    first=$pid
    stretto-serve "$url" --listen "127.0.0.1:$port" >pair.said 2>&1 &
    second=$!
    started="$started $second"
    until grep -q '^listening' pair.said; do kill -0 "$second" || return 1; sleep 0.02; done
    round "$url" && round "http://127.0.0.1:$port" && stop "$first" && stop "$second"
}
ok 'two edges before each other: 508' pair
ends() { stop "$outer_pid" && stop "$edge_pid"; }
ok 'both edges end well' ends
finish
