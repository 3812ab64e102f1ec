#!/bin/sh
# redis.sh up DIR [MASTERS] [REPLICAS] | master DIR KEY | pid DIR PORT | down DIR: a Redis Cluster on loopback, 3 masters with a
# replica each by default. Prints "listening on 127.0.0.1:PORT,..."; `master` prints the port of the server that has a key.
# Needs redis-server.
set -eu
what=$1 dir=$(realpath -m "$2")
free_ports() { # COUNT: each with a free port 10000 above it, for the bus
    python3 -c 'import random, socket, sys
found = []
while len(found) < int(sys.argv[1]):
    port, held = random.randrange(20000, 50000), []
    try:
        for p in (port, port + 10000):
            held.append(socket.socket())
            held[-1].bind(("127.0.0.1", p))
        found += [port] if port not in found else []
    except OSError:
        pass
    for s in held: s.close()
print(*found)' "$1"
}
any() { ls "$dir" | grep -E '^[0-9]+$' | while read -r port; do
    if timeout 2 redis-cli -p "$port" ping >/dev/null 2>&1; then echo "$port" && break; fi
done; }
case $what in
up)
    masters=${3-3} replicas=${4-1} all=
    rm -rf "$dir" && mkdir -p "$dir"
    for port in $(free_ports $((masters * (1 + replicas)))); do
        mkdir "$dir/$port"
        redis-server --port "$port" --bind 127.0.0.1 --dir "$dir/$port" --save '' --appendonly no --cluster-enabled yes \
            --cluster-node-timeout 1500 --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0 \
            --hash-max-listpack-entries 512 --hash-max-listpack-value 96 >"$dir/$port/log" 2>&1 &
        echo $! >"$dir/$port/pid"
        all="$all 127.0.0.1:$port"
    done
    for server in $all; do
        for _ in $(seq 300); do
            [ "$(redis-cli -p "${server#*:}" ping 2>&1)" != PONG ] || break
            sleep 0.1
        done
    done
    if [ "$masters" -lt 3 ]; then
        first=${all# } first=${first%% *}
        redis-cli -p "${first#*:}" cluster addslotsrange 0 16383 >"$dir/create.log"
    else
        # shellcheck disable=SC2086 # a list
        redis-cli --cluster create $all --cluster-replicas "$replicas" --cluster-yes >"$dir/create.log" 2>&1 ||
            { cat "$dir/create.log" >&2; exit 1; }
    fi
    for server in $all; do
        for _ in $(seq 300); do
            ! redis-cli -p "${server#*:}" cluster info | grep -q cluster_state:ok || ! redis-cli -p "${server#*:}" info replication |
                grep -qE 'role:master|master_link_status:up' || break
            sleep 0.1
        done
    done
    echo "listening on$(echo "$all" | sed 's/ 127/,127/g; s/^,/ /')"
    ;;
master)
    port=$(any)
    slot=$(redis-cli -p "$port" cluster keyslot "$3")
    redis-cli -p "$port" cluster nodes | awk -v s="$slot" '$3 ~ /master/ && $3 !~ /fail/ { for (i = 9; i <= NF; i++) {
        split($i, r, "-"); if (s >= r[1] + 0 && s <= (r[2] == "" ? r[1] : r[2]) + 0) { split($2, a, /[:@]/); print a[2] } } }'
    ;;
pid) cat "$dir/$3/pid" ;;
down)
    for file in "$dir"/*/pid; do
        [ ! -f "$file" ] || kill -KILL "$(cat "$file")" 2>/dev/null || true
    done
    ;;
esac
