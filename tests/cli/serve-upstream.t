#!/bin/sh
# stretto-serve's edge and its upstream servers: persistent connections with unrequested bytes, and loops of requests.
. ./tests/lib.sh
python3 -u "$root/tests/tools/stray.py" >stray.said 2>stray.err &
started="$started $!"
await_ready "$!" stray.said && origin=$url || exit
start stretto-serve "$origin" --workers 1 && edge=$url edge_pid=$pid
start stretto-serve "$edge" --workers 1 && outer=$url outer_pid=$pid

own() { python3 "$root/tests/tools/stray.py" "$1/$2" stray.said; }
ok 'a stray response is nobody'"'"'s' own "$edge" one
ok 'through two edges neither' own "$outer" two
once() { # URL NAME
    curl -fsS "$1/$2/warm" &&
        curl -sS -o got -w '%{http_code}' -d x "$1/$2/close" | grep -qx 502 &&
        test "$(grep -c "^POST /$2/close" stray.said)" -eq 1
}
ok 'a POST that is not answered is sent once: 502' once "$edge" a
ok 'through two edges too' once "$outer" b

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
round() { # URL: detected at once, not after a timeout
    curl -sS -m 5 -o got -w '%{http_code}' "$1/songs/x" | grep -qx 508 &&
        grep -q "a loop of edges" got &&
        curl -sS -m 5 -o got -w '%{http_code}' -d x "$1/other" | grep -qx 508
}
alone() {
    stretto-serve "http://127.0.0.1:$port" --listen "127.0.0.1:$port" >alone.said 2>&1 &
    mirror=$!
    started="$started $mirror"
    await_ready "$mirror" alone.said || return
    round "http://127.0.0.1:$port" && stop "$mirror"
}
ok 'an edge with itself as upstream: 508' alone
pair() {
    start stretto-serve "http://127.0.0.1:$port" || return 1
    first=$pid
    stretto-serve "$url" --listen "127.0.0.1:$port" >pair.said 2>&1 &
    second=$!
    started="$started $second"
    first_url=$url
    await_ready "$second" pair.said || return
    round "$first_url" && round "http://127.0.0.1:$port" && stop "$first" && stop "$second"
}
ok 'two edges with each other as upstream: 508' pair
# all upstream connections are in use: disconnected clients hold none, and some are reserved for songs
said() { grep -c "^$1" stray.said; }
holds() { test "$(said "GET /$1/")" -ge "$2"; }
crowd() { # NAME KIND: twenty clients, in the background; sets $crowd
    # shellcheck disable=SC2046
    curl -s --parallel --parallel-immediate --parallel-max 20 --limit-rate 1k --no-keepalive \
        $(seq -f "$url/$1/$2/%g" 20) >crowd &
    crowd=$! started="$started $!"
}
quick() { curl -fsS -m 40 "$url$1" -o got && grep -q "^$1 " got; }
left() {
    start stretto-serve "$origin" --workers 1 --upstream-connections 4 --upstream-timeout 600 || return 1
    crowd "l$1" hold && await 'requests upstream' holds "l$1/hold" 2 || return 1
    quick /names/song &&
        kill "$crowd" &&
        quick /other &&
        await 'upstream to hear of it' test "$(said "left /l$1/")" -ge 2 &&
        quick /another &&
        stop "$pid"
}
ok 'a client that disconnects while upstream is silent frees its connection and its waiting request' left a
same() { # all clients request the same path: the fetch continues while one of them waits
    start stretto-serve "$origin" --workers 2 --upstream-connections 4 --upstream-timeout 600 || return 1
    curl -s "$url/s/hold/1" >one &
    one=$! started="$started $!"
    curl -s "$url/s/hold/1" >two &
    two=$! started="$started $!"
    await 'the request upstream' holds s/hold 1 &&
        await 'both to wait' waits 2 &&
        kill "$one" &&
        quick /names/song &&
        test "$(said 'left /s/')" = 0 &&
        kill "$two" &&
        await 'upstream to hear of it' gave_up &&
        test "$(said 'GET /s/')" = 1 &&
        stop "$pid"
}
waits() { test "$(curl -s "$url/stats.json" | jq '.cache_misses_total')" -ge "$1"; }
gave_up() { test "$(said 'left /s/')" = 1; }
ok 'a shared request continues until its last client has disconnected' same
posts() {
    start stretto-serve "$origin" --workers 1 --upstream-connections 2 --upstream-timeout 600 || return 1
    curl -s -d x "$url/p/hold/1" >one & one=$! started="$started $!"
    await 'the request upstream' posted && kill "$one" && quick /other && stop "$pid"
}
posted() { test "$(said 'POST /p/hold')" = 1; }
ok 'a POST whose client has disconnected frees its connection' posts
slow() {
    start stretto-serve "$origin" --workers 1 --upstream-connections "$1" --upstream-timeout 600 || return 1
    crowd "f$1" flood && await 'requests upstream' holds "f$1/flood" "$2" || return 1
    quick /names/song && kill "$crowd" && quick /other && kill -KILL "$pid"
}
ok 'slow readers of responses that cannot be stored do not block songs' slow 4 2
ok 'with two connections too' slow 2 1
# the clock of the upstream server: freshness is computed from its Date
start stretto-serve "$origin" --workers 1 && clocked=$url clocked_pid=$pid clocked_err=$said.err
skewed() {
    curl -fsS "$clocked/c/clock/$1" -o got &&
        test "$(curl -fsS "$clocked/metrics" | sed -n 's/^stretto_troubles_total{kind="clock"} //p')" = "$2"
}
ok 'a small clock error is not reported' skewed 50 ''
ok 'the age of a response from an upstream cache is not a clock error' skewed -500/490 ''
ok 'a clock that is ahead is reported' skewed 7205 1
ok 'in a line of standard error' grep -Eq \
    "clock: '/c/clock/7205' from ${origin#http://}: the server's clock is 720[45] s ahead" "$clocked_err"
ok 'a clock that is behind is counted too' skewed -500/100 2
ok 'the next line is printed a minute later' test "$(grep -c clock: "$clocked_err")" -eq 1
ends() { stop "$clocked_pid" && stop "$outer_pid" && stop "$edge_pid"; }
ok 'both edges end with 0' ends
finish
