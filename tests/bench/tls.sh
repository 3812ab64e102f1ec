#!/bin/bash
# stretto-serve against nginx with the same certificate and ciphers, in one run: requests/s and CPU per request of chunks and
# manifests on kept connections, with HTTP/1.1 and with HTTP/2 (100 streams a connection); full handshakes; memory of an idle
# connection.
#   BENCH_SECONDS   of one measurement (2)
#   BENCH_ROUNDS    measurements of each, ours and nginx in turn (5); ratios are medians of ratios within a round
#   BENCH_IDLE      idle connections (2000)
# Mozilla's intermediate settings
ciphers=ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:
ciphers+=ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5} idle=${BENCH_IDLE:-2000}

sox -R -n -r 44100 -c 2 -b 16 song.wav synth 60 pinknoise vol 0.3 synth 60 sine mix 100-8000 2>/dev/null
stretto-encode song.wav | stretto-chunk -d 15.3 | stretto-publish store >id
id=$(cat id)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null

begin ours stretto-serve --listen 127.0.0.1:0 --workers 1 --access-log ours.log --tls-cert cert.pem --tls-key key.pem store
ours=$pid ours_url=https://$address

port=$(free_port)
mkdir nginx
cat >nginx/nginx.conf <<CONF
$([ "$(id -u)" -ne 0 ] || echo 'user root;')
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log error.log;
events { worker_connections 10000; }
http {
    sendfile on;
    open_file_cache max=10000 inactive=60s;
    open_file_cache_valid 1s;
    keepalive_requests 1000000000;
    access_log access.log combined buffer=64k flush=1s;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    types { application/json json; audio/ogg ogg; }
    server {
        listen 127.0.0.1:$port ssl http2;
        root $work/store;
        ssl_certificate $work/cert.pem;
        ssl_certificate_key $work/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers $ciphers;
        ssl_prefer_server_ciphers off;
        ssl_ecdh_curve X25519:prime256v1:secp384r1;
    }
}
CONF
nginx -p "$PWD/nginx" -c nginx.conf -e error.log &
master=$!
servers+=("$master")
nginx_url=https://127.0.0.1:$port
until curl -sfo /dev/null --cacert cert.pem "$nginx_url/songs/$id/manifest.json"; do
    kill -0 $master
    sleep 0.05
done
nginx=$(pgrep -P $master -f 'worker process')

# URL PID: requests/s and CPU microseconds per request of kept connections
kept() { load "$2" --h1 -c 16 -D "$seconds" --connection-active-timeout=60 "$1"; }
many() { load "$2" -c 4 -m 100 -D "$seconds" --connection-active-timeout=60 "$1"; }
few() { load "$2" -c 4 -m 4 -D "$seconds" --connection-active-timeout=60 "$1"; }
# each request on a connection of its own; the client resumes no session
fresh() { load "$2" --h1 -n 1000 -c 1000 "$1"; }
# PID H2LOAD-ARGUMENTS
load() {
    local before after pid=$1
    shift
    before=$(spent "$pid")
    h2load "$@" >h2load.out 2>&1
    after=$(spent "$pid")
    awk -v cpu=$((after - before)) '/^requests:/ {done = $8; failed = $10 + $12} /^finished in/ {rate = $4}
        END {if (failed > 0) print failed " requests failed" > "/dev/stderr"; printf "%s %.2f\n", rate, cpu / 1e3 / done}' h2load.out
}
# WHAT FUNCTION PATH: ours and nginx in turn
compare() {
    local round
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        echo "$("$2" "$ours_url$3" $ours) $("$2" "$nginx_url$3" "$nginx")" >>rows
    done
    printf '%-30s %8.0f/s %8.0f/s  %5.2f    %8.1f us %8.1f us  %5.2f\n' "$1" \
        "$(awk '{print $1}' rows | median)" "$(awk '{print $3}' rows | median)" "$(awk '{print $1 / $3}' rows | median)" \
        "$(awk '{print $2}' rows | median)" "$(awk '{print $4}' rows | median)" "$(awk '{print $2 / $4}' rows | median)"
}

printf '%-30s %10s %10s  %5s    %11s %11s  %5s\n' "TLS 1.3, one worker each" ours nginx ratio CPU nginx ratio
compare "chunk, $(stat -c %s "store/songs/$id/320/chunk_1.ogg") bytes" kept "/songs/$id/320/chunk_1.ogg"
compare "chunk, $(stat -c %s "store/songs/$id/160/chunk_1.ogg") bytes" kept "/songs/$id/160/chunk_1.ogg"
compare "manifest, $(stat -c %s "store/songs/$id/manifest.json") bytes" kept "/songs/$id/manifest.json"
compare "HTTP/2: chunk, $(stat -c %s "store/songs/$id/320/chunk_1.ogg") bytes" few "/songs/$id/320/chunk_1.ogg"
compare "HTTP/2: manifest, $(stat -c %s "store/songs/$id/manifest.json") bytes" many "/songs/$id/manifest.json"
a=$(python3 "$here/idle.py" "$ours_url/songs/$id/manifest.json" "$idle" $ours)
b=$(python3 "$here/idle.py" "$nginx_url/songs/$id/manifest.json" "$idle" "$nginx")
printf '%-30s %8d B  %8d B   %5.2f\n' 'an idle connection' "$a" "$b" "$(echo "$a / $b" | bc -l)"
# a server with memory of those that have left would need none
stop_one() { kill "$1" && wait "$1" || true; }
stop_one $ours
stretto-serve --listen "${ours_url#https://}" --workers 1 --tls-cert cert.pem --tls-key key.pem store >ours.out &
ours=$!
stop_one $master
nginx -p "$PWD/nginx" -c nginx.conf -e error.log &
master=$!
servers+=("$ours" "$master")
for url in "$ours_url" "$nginx_url"; do
    until curl -sfo /dev/null --cacert cert.pem "$url/songs/$id/manifest.json"; do
        kill -0 $ours $master
        sleep 0.05
    done
done
nginx=$(pgrep -P $master -f 'worker process')
a=$(python3 "$here/idle.py" "h2+$ours_url/songs/$id/manifest.json" "$idle" $ours)
b=$(python3 "$here/idle.py" "h2+$nginx_url/songs/$id/manifest.json" "$idle" "$nginx")
printf '%-30s %8d B  %8d B   %5.2f\n' 'with HTTP/2' "$a" "$b" "$(echo "$a / $b" | bc -l)"
# last: a thousand connections at once leave memory for those that come
compare 'full handshake' fresh "/songs/$id/manifest.json"
