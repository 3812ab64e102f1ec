#!/bin/bash
# stretto-serve against nginx, tuned as its users would, in one run: the same objects, workers, access log and client (wrk).
#   BENCH_SECONDS   of one measurement (1)
#   BENCH_ROUNDS    measurements of each, ours and nginx in turn (5)
#   BENCH_WORKERS   of both servers, and threads of wrk (a worker a core)
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
seconds=${BENCH_SECONDS:-1} rounds=${BENCH_ROUNDS:-5} workers=${BENCH_WORKERS:-$(nproc)}

# Noise of one loudness gives chunks of one size: 15.3 s of it make 190 kB at 160 kbit/s and 420 kB at 320.
make_store() {
    sox -R -n -r 44100 -c 2 -b 16 song.wav synth 290 pinknoise vol 0.3 synth 290 sine mix 100-8000 2>/dev/null
    stretto-encode song.wav | stretto-chunk -d 15.3 | stretto-publish store >id
}

# start_ours NAME SOURCE [OPTION...]: sets address and pids
start_ours() {
    local name=$1 source=$2
    shift 2
    begin "$name" stretto-serve --listen 127.0.0.1:0 --workers "$workers" --access-log "$name.log" "$@" "$source"
    pids=$pid
}

# start_nginx NAME SERVER-LINES HTTP-LINES: the same for nginx, which cannot say which port it took
start_nginx() {
    local port
    port=$(free_port)
    address=127.0.0.1:$port
    mkdir "$1"
    cat >"$1/nginx.conf" <<CONF
$([ "$(id -u)" -ne 0 ] || echo 'user root;')
daemon off;
worker_processes $workers;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log error.log;
events { worker_connections 10000; }
http {
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10000 inactive=60s;
    open_file_cache_valid 1s;
    keepalive_requests 1000000000;
    log_format ours '\$remote_addr - - [\$time_local] "\$request" \$status \$body_bytes_sent '
        '"\$http_referer" "\$http_user_agent" \$upstream_cache_status \$request_time';
    access_log access.log ours buffer=64k flush=1s;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    types { application/json json; audio/ogg ogg; }
    $3
    server {
        listen 127.0.0.1:$port reuseport;
        $2
    }
}
CONF
    nginx -p "$PWD/$1" -c nginx.conf -e error.log &
    local master=$!
    servers+=("$master")
    until curl -sfo /dev/null "http://$address/songs/$id/manifest.json"; do
        kill -0 "$master" || return 1
        sleep 0.05
    done
    # the workers; the cache's loader ends by itself
    pids="$master $(pgrep -d ' ' -P "$master" -f 'worker process')"
}

# measure URL CONNECTIONS PID...: requests/s, CPU microseconds a request, p50 and p99 in microseconds
measure() {
    local url=$1 connections=$2 before after
    shift 2
    before=$(ticks "$@")
    wrk -t "$workers" -c "$connections" -d "${seconds}s" --timeout 10s -s "$here/serve.lua" "$url" >wrk.out
    after=$(ticks "$@")
    awk -v cpu=$(((after - before) * 1000)) '$1 == "result" {
        if ($6 > 0) print "wrk saw " $6 " errors" > "/dev/stderr"
        printf "%.0f %.2f %d %d\n", $2 / $3 * 1e6, cpu / $2, $4, $5}' wrk.out
}

# Medians of the rounds; ratios are taken within a round first, so that a slow minute of the machine is in both.
compare() {
    local what=$1 path=$2 connections=$3 promised=$4 round i
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        # shellcheck disable=SC2086 # words
        if ((round % 2)); then
            theirs=$(measure "http://$nginx$path" "$connections" $nginx_pids)
            ours=$(measure "http://$our$path" "$connections" $our_pids)
        else
            ours=$(measure "http://$our$path" "$connections" $our_pids)
            theirs=$(measure "http://$nginx$path" "$connections" $nginx_pids)
        fi
        echo "$ours $theirs" | awk '{print $0, $1 / $5, $2 / $6, $3 / $7, $4 / $8}' >>rows
    done
    { for i in {1..12}; do median "$i" <rows; done; cut -d ' ' -f 9 rows | sort -g | sed -n '1p;$p'; } |
        paste -sd ' ' |
        awk -v what="$what" -v c="$connections" -v p="$promised" '
        function mark(bad) {return bad ? "!" : " "}
        {printf "%-22s %5d %8.0f %8.0f %6.2f%s (%.1f) %4.2f-%4.2f %7.1f %7.1f %6.2f%s %7.2f %7.2f %7.2f %7.2f %6.2f%s\n",
            what, c, $1, $5, $9,
            mark($9 < p), p, $13, $14, $2, $6, $10, mark($10 > 1), $3 / 1000, $7 / 1000, $4 / 1000, $8 / 1000, $12, mark($12 > 1)}'
}

# idle WHAT: memory that a connection takes which waits for its next request
idle() {
    local ours theirs
    # shellcheck disable=SC2086 # words
    ours=$(python3 "$here/idle.py" "http://$our$manifest" 4000 $our_pids)
    # shellcheck disable=SC2086
    theirs=$(python3 "$here/idle.py" "http://$nginx$manifest" 4000 $nginx_pids)
    printf '%-22s idle connection: %d B, nginx %d B, %+d B\n' "$1" "$ours" "$theirs" "$((ours - theirs))"
}

table() {
    local connections
    for connections in 64 1000; do
        compare "$1 manifest" "$manifest" "$connections" 1.2
        compare "$1 chunk $((small_bytes / 1000)) kB" "$small" "$connections" 1.0
        compare "$1 chunk $((large_bytes / 1000)) kB" "$large" "$connections" 1.0
    done
    idle "$1"
}

make_store
read -r id <id
manifest=/songs/$id/manifest.json small=/songs/$id/160/chunk_7.ogg large=/songs/$id/320/chunk_7.ogg
small_bytes=$(stat -c %s "store$small") large_bytes=$(stat -c %s "store$large")

# what ours says of a chunk too
fields='add_header Cache-Control "public, max-age=31536000, immutable"; add_header X-Content-Type-Options nosniff;
    add_header Access-Control-Allow-Origin *;
    add_header Access-Control-Expose-Headers "Age, Cache-Status, Content-Length, Content-Range, ETag, X-Cache";'

echo "$workers workers each, wrk -t$workers, $rounds rounds of $seconds s; a manifest of $(stat -c %s "store$manifest") bytes"
printf '%-22s %5s %17s %14s %9s %15s %7s %15s %15s %7s\n' '' '' 'requests/s' 'ratio' 'spread' 'CPU us/request' ratio \
    'p50 ms' 'p99 ms' ratio
printf '%-22s %5s %8s %8s %13s %10s %8s %7s %7s %8s %7s %7s %7s\n' '' conns ours nginx '(promised)' '' ours nginx '' \
    ours nginx ours nginx
start_ours origin store
our=$address our_pids=$pids
start_nginx static "root $PWD/store; $fields" ''
nginx=$address nginx_pids=$pids
table origin
kill $nginx_pids 2>/dev/null

# the edge: each before the same origin of ours, everything in its cache
source=$our
start_ours edge "http://$source" --cache cache
our=$address our_pids=$pids
start_nginx proxy "location / {
        proxy_pass http://source;
        proxy_http_version 1.1;
        proxy_set_header Connection '';
        proxy_cache songs;
        proxy_cache_lock on;
        proxy_cache_use_stale updating error timeout;
        proxy_cache_background_update on;
        add_header X-Cache-Status \$upstream_cache_status;
    }" "upstream source { server $source; keepalive 16; }
    proxy_cache_path songs levels=1:2 keys_zone=songs:10m max_size=10g inactive=1d use_temp_path=off;"
nginx=$address nginx_pids=$pids
for path in "$manifest" "$small" "$large"; do
    curl -sfo /dev/null "http://$our$path"
    curl -sfo /dev/null "http://$nginx$path"
done
table edge
echo 'promised: CPU and p99 at most 1.0, an idle connection at most 600 B; ! marks what is missed'
