#!/bin/bash
# How many rows of tests/cache/rows.py pass: ours beside the caches that people run today, as many of them as are installed.
# Each is set up as its users would for a CDN edge: one upstream, caching on, validation and background updates on.
set -eu
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# started by run.py with the origin's URL: `launch NAME ORIGIN` runs start_NAME HOST PORT ORIGIN in front until it is told to end
launch() {
    local port name=$1 origin=${2#http://}
    port=$(port)
    folder=$(mktemp -d "$work/$name-XXXXXX")
    chmod 755 "$work" "$folder"
    "start_$name" "$port" "$origin" >"$folder/said" 2>&1 &
    child=$!
    trap 'kill $child; wait $child; exit 0' TERM
    for _ in $(seq 100); do
        if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "listening on 127.0.0.1:$port"
            wait "$child"
        fi
        kill -0 "$child" 2>/dev/null || break
        sleep 0.1
    done
    cat "$folder/said" >&2
    exit 69
}

start_nginx() {
    cat >"$folder/nginx.conf" <<CONF
daemon off; worker_processes 2; pid $folder/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off; client_body_temp_path $folder/a; fastcgi_temp_path $folder/b; uwsgi_temp_path $folder/c; scgi_temp_path $folder/d;
    proxy_temp_path $folder/t;
    proxy_cache_path $folder/cache keys_zone=z:8m max_size=1g;
    upstream up { server $2; keepalive 16; }
    server {
        listen 127.0.0.1:$1 backlog=1000;
        location / {
            proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host \$http_host;
            proxy_cache z; proxy_cache_key \$uri\$is_args\$args; proxy_cache_revalidate on; proxy_cache_background_update on;
        }
    }
}
CONF
    exec nginx -p "$folder" -c "$folder/nginx.conf"
}

start_varnish() {
    cat >"$folder/default.vcl" <<CONF
vcl 4.1;
backend up { .host = "${2%:*}"; .port = "${2#*:}"; }
CONF
    exec varnishd -F -n "$folder/n" -a "127.0.0.1:$1" -f "$folder/default.vcl" -s malloc,64m -p \
        default_grace=0 -p default_keep=3600
}

start_squid() {
    cat >"$folder/squid.conf" <<CONF
http_port 127.0.0.1:$1 accel no-vhost defaultsite=127.0.0.1:$1
cache_peer ${2%:*} parent ${2#*:} 0 no-query originserver
http_access allow all
pid_filename $folder/pid
access_log none
cache_log $folder/log
coredump_dir $folder
cache_mem 64 MB
shutdown_lifetime 1 seconds
logfile_rotate 0
pinger_enable off
CONF
    exec squid -N -f "$folder/squid.conf"
}

if [ "${1:-}" = launch ]; then
    shift
    launch "$@"
fi

caches=()
add() { caches+=(-- "$@"); }
if command -v stretto-serve >/dev/null; then
    add 'stretto-serve, memory' stretto-serve --listen 127.0.0.1:0 --name edge '{origin}'
    add 'stretto-serve, disk' stretto-serve --listen 127.0.0.1:0 --name edge --cache "$work/stretto" '{origin}'
fi
for name in nginx varnish squid; do
    if command -v "$name" >/dev/null || command -v "${name}d" >/dev/null; then
        add "$name" bash "$root/tests/bench/rfc9111.sh" launch "$name" '{origin}'
    fi
done
timeout 300 python3 "$root/tests/cache/run.py" --summary "${caches[@]:1}" || true
