#!/bin/sh
# --trust-proxy: behind nginx and haproxy, the client's address is used instead of theirs in logs, limits, events and bitrates, and
# is sent upstream.
. ./tests/lib.sh
PATH=$PATH:/usr/sbin
id=$(tone song.wav 12 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
proxy() { # NAME PORT COMMAND...: start it, and wait until it accepts connections
    proxied=http://127.0.0.1:$2 front_name=$1
    shift 2
    "$@" >"$front_name.log" 2>&1 &
    front=$!
    started="$started $front"
    await "$front_name" curl -s -o /dev/null "$proxied/healthz" || { cat "$front_name.log"; return 1; }
}
# HOW: haproxy in front of $url; "http" names the client in a field, the others in the PROXY protocol
haproxy_for() {
    port=$(free_port)
    case $1 in
    http) front_mode=http extra='option forwardfor' how='' ;;
    v1) front_mode=tcp extra='' how='send-proxy' ;;
    v2) front_mode=tcp extra='' how='send-proxy-v2' ;;
    esac
    {
        printf 'defaults\n mode %s\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n%s\n' \
            "$front_mode" "${extra:+ $extra}"
        printf 'frontend f\n bind 127.0.0.1:%s\n default_backend b\n' "$port"
        printf 'backend b\n server s %s %s\n' "${url#http://}" "$how"
    } >haproxy.cfg
    proxy haproxy "$port" haproxy -q -db -f haproxy.cfg
}
nginx_for() {
    port=$(free_port)
    {
        [ "$(id -u)" -ne 0 ] || echo 'user root;'
        echo 'daemon off; pid nginx.pid; error_log error.log; events {} http { access_log off;'
        echo 'client_body_temp_path b; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;'
        echo "server { listen 127.0.0.1:$port; location / { proxy_pass $url; $1 } }"
        echo '}'
    } >nginx.conf
    proxy nginx "$port" nginx -p "$work" -c nginx.conf -e error.log
}
from() { from=$1 && shift && curl -sS --interface "$from" "$@"; }
lines() { grep -c "^$1 .*$2" access.log; }
logged() { await "a line of $1 with $2" lines "$1" "$2"; }

for how in http v1 v2; do
    names() {
        start stretto-serve --trust-proxy 127.0.0.1 --access-log access.log --log-addresses store &&
            haproxy_for $how &&
            from 127.0.5.5 -f -o got "$proxied/songs/$id/160/chunk_0.ogg?$how" &&
            cmp got "store/songs/$id/160/chunk_0.ogg" &&
            from 127.0.5.6 -f -H 'X-Forwarded-For: 6.6.6.6' -o got "$proxied/songs?$how" &&
            logged 127.0.5.5 "chunk_0.ogg?$how" &&
            logged 127.0.5.6 "songs?$how" &&
            ! lines 6.6.6.6 '' &&
            stop "$pid"
        gave=$?
        kill "$front" && wait "$front"
        return $gave
    }
    ok "haproxy, $how: the log names the client" names
done

limited() {
    start stretto-serve --trust-proxy 127.0.0.0/29 --rate-limit 5 store &&
        nginx_for 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;' ||
        return
    # in one process: forty of curl take longer than the limit's eight seconds on a busy machine
    from 127.0.5.5 -w '\n%{http_code}\n' -H 'X-Forwarded-For: 1.2.3.4' "$proxied/songs?limit=[1-40]" >codes
    grep -qx 429 codes &&
        test "$(from 127.0.5.6 -o /dev/null -w '%{http_code}' "$proxied/songs")" = 200 &&
        stop "$pid"
    gave=$?
    stop "$front"
    return $gave
}
ok 'nginx: the limit applies per client, and clients cannot claim another address' limited

event() {
    printf '{"event":"progress","seq":1,"time_ms":1764000000000,"session":"%s","listener":"l","place":"","song":"%s"}\n' \
        "$1" 1gcyaec7dh22va24fyjpv1qwv1rfkps2
}
events() { # 3 listeners behind one proxy and one edge
    start stretto-serve --trust-proxy 127.0.0.1 --events events.jsonl --log-addresses --events-rate 1 store &&
        origin=$pid &&
        start stretto-serve --trust-proxy 127.0.0.1 "$url" &&
        edge=$pid &&
        nginx_for 'proxy_set_header X-Forwarded-For ""; proxy_set_header Forwarded "for=$remote_addr;proto=https";' ||
        return
    for n in 1 2 3; do
        event $n >event$n &&
            from 127.0.6.$n -f --data-binary @event$n -H 'X-Forwarded-For: 6.6.6.6' "$proxied/events" ||
            return
    done
    jq -r .address events.jsonl | sort >addresses
    printf '127.0.6.%s\n' 1 2 3 | cmp - addresses && stop "$edge" && stop "$origin"
    gave=$?
    stop "$front"
    return $gave
}
ok 'two servers behind nginx: events carry the addresses of listeners, and their rate is by these' events

streams() { # a client keeps its bitrate, and is identified by the address behind the proxy
    start stretto-serve --trust-proxy 127.0.0.1 store && haproxy_for http || return
    from 127.0.7.1 -o /dev/null -H 'Downlink: 10' -w '%{redirect_url}\n' "$proxied/stream/song" |
        grep -q 'kbps=320' &&
        from 127.0.7.2 -o /dev/null -H 'Downlink: 0.1' -w '%{redirect_url}\n' "$proxied/stream/song" |
        grep -q 'kbps=45' &&
        from 127.0.7.1 -o /dev/null -w '%{redirect_url}\n' "$proxied/stream/song" | grep -q 'kbps=320' &&
        from 127.0.7.2 -o /dev/null -w '%{redirect_url}\n' "$proxied/stream/song" | grep -q 'kbps=45' &&
        stop "$pid"
    gave=$?
    kill "$front" && wait "$front"
    return $gave
}
ok '/stream remembers by the address behind the proxy' streams

refused() {
    start stretto-serve --trust-proxy 127.0.0.0/8 store || return
    for field in 'X-Forwarded-For: nobody' 'X-Forwarded-For;' 'Forwarded: for=_x' 'Forwarded: by=1.1.1.1'; do
        test "$(curl -sS -o body -w '%{http_code}' -H "$field" "$url/songs")" = 400 &&
            grep -q 'contains no address' body || { echo "$field"; return 1; }
    done
    test "$(curl -sS -o body -w '%{http_code}' -H 'Forwarded: for=1.1.1.1' -H 'X-Forwarded-For: 1.1.1.2' "$url/songs")" = 400 &&
        grep -q disagree body &&
        curl -sSf -o body --haproxy-protocol "$url/songs" &&
        curl -sSf -o body "$url/songs" &&
        stop "$pid"
}
ok 'an invalid field of a proxy is refused; without a field, the proxy is the client' refused
split() { # each byte in its own segment, and an invalid header
    start stretto-serve --trust-proxy 127.0.0.1 --access-log access.log --log-addresses store &&
        python3 - "${url##*:}" <<'PY' && logged 127.0.9.9 'split' && logged 127.0.9.9 'again' && stop "$pid"
import socket, sys, time
def connect():
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s
s = connect()
for byte in b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\x7f\0\x09\x09\x7f\0\0\1\0\1\0\2\x04\0\0GET /songs?split HTTP/1.1\r\nHost: a\r\n\r\n":
    s.sendall(bytes([byte]))
assert s.recv(12) == b"HTTP/1.1 200"
while b"\r\n\r\n" not in s.recv(65536): pass
s.sendall(b"GET /songs?again HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
while s.recv(65536): pass
for bad in b"PROXY TCP4 nobody 1.1.1.1 1 2\r\nGET / HTTP/1.1\r\n\r\n", b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12):
    s = connect()
    s.sendall(bad)
    assert s.recv(1) == b"", bad
PY
}
ok 'a PROXY header in pieces is read; an invalid one gets no response' split
stranger() {
    start stretto-serve --trust-proxy 192.0.2.0/24 store &&
        test "$(curl -sS --haproxy-protocol -o body -w '%{http_code}' "$url/songs")" = 400 &&
        stop "$pid"
}
ok 'the PROXY protocol of an untrusted client is refused' stranger
usage() {
    for bad in localhost 127.0.0.1/8 127.0.0.1/33 ::1/129; do
        exits 64 stretto-serve --listen 127.0.0.1:0 --trust-proxy $bad store || return
    done
}
ok 'an invalid network: 64' usage
finish
