#!/bin/bash
# What a tracker and Redis need for an announce of ten songs and for a list of 16 peers, and how many bytes an entry takes, with 1, 3 and
# 6 masters. Redis has no rival here: opentracker and our memory (swarm.sh) keep peers on one machine.
# PEERS (20000), SONGS (20000): as many entries a song as peers, ten each, give.
. ./tests/lib.sh
PEERS=${PEERS:-20000} SONGS=${SONGS:-20000}
engine() { sh "$root/tests/engines/redis.sh" "$@"; }
end_all() { engine down "$work/redis" && cleanup; }
trap end_all EXIT
cpu() { # of all servers, in microseconds
    cat "$work"/redis/*/pid | while read -r pid; do cat "/proc/$pid/schedstat"; done | awk '{ sum += $1 } END { printf "%.0f\n", sum / 1000 }'
}
memory() { for port in ${ports//,/ }; do redis-cli -p "$port" info memory; done | awk -F: '/^used_memory:/ { sum += $2 } END { printf "%.0f\n", sum }'; }
entries() { for port in ${ports//,/ }; do
    redis-cli -p "$port" --scan --pattern '{*}p*' | sed 's/^/hlen /' | redis-cli -p "$port"
done | awk '{ sum += $1 } END { print sum }'; }
printf '%-8s %-10s %10s %10s %10s %10s\n' masters what number 'tracker us' 'Redis us' failures
for masters in 1 3 6; do
    at=$(engine up "$work/redis" $masters 0 | sed -n 's/^listening on //p')
    ports=$(echo "$at" | sed 's/127.0.0.1://g') before=$(memory)
    for what in first again list; do
        command=announce number=$PEERS
        [ $what != list ] || command=list
        redis=$(cpu)
        row=$(redis "$at" $command "$number" "$SONGS") || exit
        redis=$(($(cpu) - redis))
        echo "$row" | awk -F'\t' -v m=$masters -v w=$what -v r=$redis '{ printf "%-8s %-10s %10d %10.1f %10.1f %10d\n", m, w, $2, $3, r / $2, $5 }'
    done
    echo "$(entries) $(memory) $before" | awk -v m=$masters '{ printf "%-8s bytes per entry: %.1f (%d entries)\n", m, ($2 - $3) / $1, $1 }'
    engine down "$work/redis"
done
