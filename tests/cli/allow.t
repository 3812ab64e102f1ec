#!/bin/sh
# --allow: the clients that servers answer, with and without a proxy.
. ./tests/lib.sh
id=$(tone song.wav 12 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
from() { from=$1 && shift && curl -sS --interface "$from" "$@"; }
status() { from "$1" -o /dev/null -w '%{http_code}' "$url/songs/$id/manifest.json" -H "X-Forwarded-For: ${2-}"; }
is() { test "$(status "$2" "${3-}")" = "$1"; }
# PREFACE: the status after the PROXY protocol
passed() {
    python3 - "${url##*:}" "$1" <<'EOF'
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 60, ('127.0.9.9', 0))
s.sendall(f'PROXY TCP4 {sys.argv[2]} 192.0.2.8 1234 80\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'.encode())
print(s.recv(12).decode()[9:])
EOF
}
check() { # TOOL OPTIONS
    tool=$1
    start "$@" --allow 127.0.7.0/24 --allow 192.0.2.7 --trust-proxy 127.0.9.9 || return
    ok "$tool: a client in the network" is 200 127.0.7.1
    ok "$tool: a client outside of it is refused" eval '! is 200 127.0.8.1 2>/dev/null && test "$(status 127.0.8.1 2>/dev/null)" = 000'
    ok "$tool: a client cannot claim another address" eval '! is 200 127.0.8.1 127.0.7.1 2>/dev/null'
    ok "$tool: a proxy may send requests for a client in the network" is 200 127.0.9.9 192.0.2.7
    ok "$tool: a proxy with a request for a client outside of it: 403" is 403 127.0.9.9 192.0.2.9
    ok "$tool: a proxy with its own request: 403" is 403 127.0.9.9
    ok "$tool: the PROXY protocol" test "$(passed 192.0.2.7)" = 200
    ok "$tool: the PROXY protocol for a client outside of it: 403" test "$(passed 192.0.2.9)" = 403
    stop "$pid"
}
check stretto-serve store
start stretto-serve store || exit
origin=$url origin_pid=$pid
status() { from "$1" -o /dev/null -w '%{http_code}' "$url/songs/$id?manifest=0" -H "X-Forwarded-For: ${2-}"; }
check stretto-track --origin "$origin"
stop "$origin_pid"
counted() {
    start stretto-serve --allow 127.0.0.1 store && ! from 127.0.8.1 "$url/songs" && curl -fsS "$url/metrics" |
        grep -qx 'stretto_not_allowed_total 1' && stop "$pid"
}
ok 'metrics count them' counted
ok 'an invalid network: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --allow 300.0.0.1 store
ok '--allow for a peer: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --allow 127.0.0.1 --announce http://127.0.0.1:1 cache
finish
