#!/bin/sh
# HTTP/2: conformance, what clients get, what bad clients can do, and the end of a server.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache"
PATH=$PATH:/usr/sbin
id=$(tone song.wav 25 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
chunk=/songs/$id/320/chunk_0.ogg sound=store/songs/$id/320/chunk_0.ogg
h2() { command=$1 && shift && rows "${1%%:*}, $command:" /usr/bin/python3 "$root/tests/tools/h2.py" "$command" "$@"; }
secure() { start stretto-serve --tls-self-signed own.pem "$@" && port=${url##*:} && url=https://localhost:$port; }
export SSL_CERT_FILE=own.pem

secure --listen http://127.0.0.1:0 --access-log log.txt store || exit
plain=http://127.0.0.1:$(sed -n 's/^listening on .*://p' "$said" | grep -v "^$port\$")
h2 conforms "$url"
h2 serves "$url" "$chunk" "$sound"
h2 serves "$plain" "$chunk" "$sound"
h2 attacks "$plain" "$chunk" "$pid"

gets() { rm -f got && "$@" && cmp got "$sound"; }
ok 'curl' gets curl -fsS --cacert own.pem --http2 -o got "$url$chunk"
version() { equals 2 "$(curl -fsS --cacert own.pem -o got -w '%{http_version}' "$@")"; }
ok 'speaks HTTP/2 by ALPN' version "$url$chunk"
ok 'and by prior knowledge without TLS' version --http2-prior-knowledge "$plain$chunk"
ok 'HTTP/1.1 beside it' gets curl -fsS --cacert own.pem --http1.1 -o got "$url$chunk"
ok 'parts' gets sh -c "for part in 0-9999 10000-29999 30000-; do
    curl -fsS --cacert own.pem --http2 -r \$part '$url$chunk' || exit; done >got"
seen() { nghttp -nv --no-verify-peer "$url$chunk" "$url/songs/$id/manifest.json" >seen && grep -c ':status: 200' seen | grep -qx 2; }
ok 'nghttp: two requests on one connection' seen
loaded() { h2load -n 2000 -c 4 -m 100 "$1/songs/$id/manifest.json" "$1$chunk" >load && grep -q '2000 succeeded, 0 failed, 0 errored' load; }
ok 'h2load: 100 streams each' loaded "$url"
ok 'and without TLS' loaded "$plain"
logged() { grep -F "\"GET $chunk HTTP/2.0\" 200 $(stat -c %s "$sound") " log.txt; }
ok 'the log has the protocol' soon logged
ok 'and of HTTP/1.1' soon grep -qF "\"GET $chunk HTTP/1.1\" 200" log.txt
ok 'and requests that could not be read' soon grep -qF '"-" 431 ' log.txt
counted() { curl -fsS "$plain/metrics" | grep '^stretto_http2_connections_total [1-9]'; }
ok 'metrics count connections' counted

# COMMAND...: our listeners, on one connection for all that they ask for
count() { curl -fsS "$plain/metrics" | sed -n 's/^stretto_http2_connections_total //p'; }
on_one() { before=$(count) && "$@" && equals $((before + 1)) "$(count)"; }
ok 'stretto-fetch has one connection' on_one stretto-fetch --cacert own.pem --edge "$url" song -o got.ogg
same() { stretto-fetch --store store song -o true.ogg && cmp got.ogg true.ogg; }
ok 'and the song' same
ok 'so has stretto-play' on_one stretto-play --cacert own.pem --cache cold --unpaced -O null --edge "$url" song

# the end: what is asked for is sent
slow() { curl -fsS --cacert own.pem --http2 --limit-rate 200k -o got "$url$chunk"; }
begun() { test -s got; }
ends() {
    rm -f got
    slow &
    await 'its first bytes' begun && stop "$pid" && wait $! && cmp got "$sound"
}
ok 'a server that ends finishes its responses' ends

# tokens
stretto-sign --generate key.pem && stretto-sign --jwks --key key.pem >keys.json || exit
secure --token-keys keys.json store || exit
h2 cookies "$url" "$chunk" "$(stretto-sign --token "$url/songs/song" --id "$id" --key key.pem)"
stop "$pid"

# who asks too much, and proxies before a server
secure --listen http://127.0.0.1:0 --trust-proxy 127.0.0.1 --rate-limit 3 --allow 127.0.0.0/24 --access-log log.txt \
    --log-addresses store || exit
plain=127.0.0.1:$(sed -n 's/^listening on .*://p' "$said" | grep -v "^$port\$")
limited() { h2load -n 50 -c 1 -m 50 "http://$plain/healthz" >load; grep -Eq '^status codes: [1-9][0-9]? 2xx, 0 3xx, [1-9][0-9]? 4xx' load; }
ok 'a client that asks too often gets 429, a request each' limited
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# HOW: haproxy speaks HTTP/2 with its clients and with the server
front=$(free_port)
behind() {
    case $1 in http) extra='option forwardfor' how='' ;; *) extra='' how=send-proxy-v2 ;; esac
    printf 'defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n %s\n' "$extra" >haproxy.cfg
    printf 'frontend f\n bind 127.0.0.1:%s proto h2\n default_backend b\n' "$front" >>haproxy.cfg
    printf 'backend b\n server s %s proto h2 %s\n' "$plain" "$how" >>haproxy.cfg
    haproxy -q -db -f haproxy.cfg >haproxy.log 2>&1 &
    haproxy=$!
    started="$started $haproxy"
    from() { curl -sS --http2-prior-knowledge --interface "127.0.$1" "http://127.0.0.1:$front$2" "${3--f}" -o got; }
    await haproxy from 0.1 /healthz && from "0.$2" "$chunk" && cmp got "$sound" && from 7.7 /healthz -i && grep -q '^HTTP/2 403' got &&
        soon grep -q "^127.0.0.$2 .*GET $chunk HTTP/2.0" log.txt
    gave=$?
    kill "$haproxy" && wait "$haproxy"
    return $gave
}
ok 'behind haproxy: the client of each request' behind http 5
ok 'and of the PROXY protocol' behind proxy 6
stop "$pid"

# an edge, and events
start stretto-serve --events events.jsonl store && origin=$url
secure "$origin" || exit
ok 'an edge: a miss' gets curl -fsS --cacert own.pem --http2 -o got "$url$chunk"
ok 'and a hit' gets curl -fsS --cacert own.pem --http2 -o got "$url$chunk"
posted() {
    printf '{"event":"progress","seq":1,"time_ms":1764000000000,"session":"s","listener":"l","place":"","song":"%s"}\n' "$id" |
        curl -fsS --cacert own.pem --http2 --data-binary @- "$url/events" && soon grep -q '"session":"s"' events.jsonl
}
ok 'POST /events' posted
finish
