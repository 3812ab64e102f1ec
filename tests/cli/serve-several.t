#!/bin/sh
# stretto-serve in front of several servers: in order or by path, without failed ones; and requests of load balancers.
. ./tests/lib.sh
server() { # NAME KIND; sets $url, $pid
    python3 -u "$root/tests/tools/several.py" "$1" "$2" >"said.$1" 2>&1 &
    pid=$! started="$started $!"
    await_ready "$pid" "said.$1"
}
server a good && a=$url a_pid=$pid && server b good && b=$url b_pid=$pid && server c good && c=$url || exit
server cuts cuts && cuts=$url && server fails fails && fails=$url && server silent silent && silent=$url || exit
closed=http://127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
asked() { grep -c "^$2" "said.$1"; }
from() { curl -fsS -m 50 "$url$2" -o got && grep -q "^$1 " got; }

in_order() { start stretto-serve "$a" "$b" && from a /one && from a /two && test "$(asked b GET)" = 0 && stop "$pid"; }
ok 'the first of several servers is asked' in_order
around() { # FIRST NAME...: the first fails, without an effect on clients
    start stretto-serve "$1" "$b" --upstream-timeout 1 &&
        from b "/around/$2" &&
        from b "/around/$2/again" &&
        stop "$pid"
}
ok 'the next one if the first is unreachable' around "$closed" closed
ok 'the next one if the first responds 503' around "$fails" fails
ok 'the next one if the first is silent' around "$silent" silent
once() { test "$(asked silent GET)" = 1; }
ok 'a silent server is not asked for each request' once
last() {
    start stretto-serve "$closed" "$fails" &&
        curl -sS -o got -w '%{http_code}' "$url/x" | grep -qx 503 &&
        grep -qx busy got &&
        stop "$pid"
}
ok 'if no server works, the response is that of the last' last
none() {
    start stretto-serve "$closed" "$closed/b" &&
        curl -sS -o got -w '%{http_code}' "$url/x" | grep -qx 502 &&
        stop "$pid"
}
ok 'or 502' none
post() {
    start stretto-serve "$closed" "$b" &&
        curl -fsS -d x "$url/posted" -o got &&
        grep -q '^b ' got &&
        stop "$pid"
}
ok 'a POST is sent to the next server if no byte of it was sent' post
not_twice() {
    start stretto-serve "$silent" "$b" --upstream-timeout 1 &&
        curl -sS -d x -o got -w '%{http_code}' "$url/once" | grep -qx 504 &&
        test "$(asked b 'POST /once')" = 0 &&
        stop "$pid"
}
ok 'but not if it may have arrived' not_twice
goes_on() {
    start stretto-serve "$cuts" "$b" &&
        curl -fsS "$url/same/500000" -o got &&
        curl -fsS "$b/same/500000" -o right &&
        cmp got right &&
        test "$(asked cuts 'GET /same')" -ge 1 &&
        curl -sS "$url/stats.json" | jq -e '.upstream_resumed_total >= 1' &&
        stop "$pid"
}
ok 'an incomplete body is continued from the next server' goes_on

back() { # a server is asked again after its recovery
    stop "$a_pid"
    port=${a##*:}
    start stretto-serve "$a" "$b" && from b /down && from b /still || return 1
    stretto-serve "$c" --listen "127.0.0.1:$port" >again 2>&1 &
    again=$! started="$started $!"
    await 'the server to be back' grep -q '^listening' again &&
        await 'its first request' from c /back &&
        from c /there &&
        stop "$pid" &&
        kill -KILL "$again"
}
ok 'a server that works again is asked again' back

each() { # FILE: the server that answers each of a hundred paths
    # shellcheck disable=SC2046
    curl -fsS $(seq -f "$url/path/%g" 100) >"$1" && test "$(wc -l <"$1")" = 100
}
by_path() {
    start stretto-serve --balance hash "$b" "$c" "$cuts" &&
        each first &&
        stop "$pid" &&
        start stretto-serve --balance hash "$cuts" "$c" "$b" &&
        each second &&
        stop "$pid" &&
        cmp first second ||
        return 1
    for name in b c cuts; do test "$(grep -c "^$name " first)" -ge 15 || return 1; done
    stop "$b_pid"
    start stretto-serve --balance hash "$cuts" "$c" "$b" &&
        each third &&
        stop "$pid" &&
        lacks '^b ' third &&
        grep -v '^b ' first >stay &&
        grep -vxFf stay third >moved &&
        equals "$(wc -l <moved)" "$(grep -c '^b ' first)" &&
        grep -q '^c ' moved &&
        grep -q '^cuts ' moved
}
ok 'by hash each path has its server in any order of arguments, and only paths of a failed server move' by_path
up() {
    start stretto-serve "$closed" "$c" &&
        from c /up &&
        curl -fsS "$url/metrics" >metrics &&
        grep -qF "stretto_upstream_up{server=\"${closed#http://}\"} 0" metrics &&
        grep -qF "stretto_upstream_up{server=\"${c#http://}\"} 1" metrics &&
        stop "$pid"
}
ok 'the metrics show which servers work' up
by_variable() { STRETTO_SERVE_SOURCE="$closed $c" start stretto-serve && from c /variable && stop "$pid"; }
ok 'the environment variable contains several servers, separated by blanks' by_variable
ok 'several stores are wrong usage' exits 64 stretto-serve --listen 127.0.0.1:0 here there
ok 'and so are a store and a server' exits 64 stretto-serve --listen 127.0.0.1:0 "$c" there

raw() { # WANTED LINE...: the first line of the response to a request without Host, as sent by load balancers
    wanted=$1
    shift
    printf '%s\r\n' "$@" '' | python3 "$root/tests/tools/clients.py" raw "$url" >got &&
        head -n 1 got | tr -d '\r' | grep -Eqx "HTTP/1.1 $wanted .*"
}
mkdir -p store/songs
start stretto-serve store && origin_pid=$pid
checks() {
    raw 200 'GET /healthz HTTP/1.0' &&
        grep -qx ok got &&
        raw 200 'HEAD /healthz HTTP/1.0' &&
        raw 200 'GET /healthz HTTP/1.1' 'Host: x' 'Connection: close' &&
        raw 20[04] 'OPTIONS * HTTP/1.0' &&
        raw 20[04] 'OPTIONS * HTTP/1.1' 'Host: x' 'Connection: close' &&
        raw 20[04] 'OPTIONS / HTTP/1.0'
}
ok 'an origin answers the checks of load balancers' checks
start stretto-serve "$url"
ok 'an edge too' checks
ends() { stop "$pid" && stop "$origin_pid"; }
ok 'both servers end with 0' ends
finish
