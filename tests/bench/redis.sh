#!/bin/bash
# What a tracker and Redis need for an announce of ten songs and for a list of 16 peers, and how many bytes an entry takes, with 1, 3 and
# 6 masters. Redis has no rival here: opentracker and our memory (swarm.sh) keep peers on one machine.
# PEERS (20000), SONGS (2000): of ten songs each, so 100 peers a song.
. ./tests/lib.sh
PEERS=${PEERS:-20000} SONGS=${SONGS:-2000}
engine() { sh "$root/tests/engines/redis.sh" "$@"; }
end_all() { engine down "$work/redis" && cleanup; }
trap end_all EXIT
cpu() { # of all servers, in microseconds
    cat "$work"/redis/*/pid | while read -r pid; do cat "/proc/$pid/schedstat"; done |
        awk '{ sum += $1 } END { printf "%.0f\n", sum / 1000 }'
}
each() { for port in ${ports//,/ }; do "$@" "$port"; done; }
used() { redis-cli -p "$1" info memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }
members() { redis-cli -p "$1" --scan --pattern '{*}p*' | sed 's/^/hlen /' | redis-cli -p "$1"; }
sum() { awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }
printf '%-8s %-10s %10s %10s %10s %10s\n' masters what number 'tracker us' 'Redis us' failures
for masters in 1 3 6; do
    at=$(engine up "$work/redis" $masters 0 | sed -n 's/^listening on //p')
    ports=$(echo "$at" | sed 's/127.0.0.1://g') before=$(each used | sum)
    for what in first again list; do
        command=announce number=$PEERS
        [ $what != list ] || command=list
        redis=$(cpu)
        row=$(redis "$at" $command "$number" "$SONGS") || exit
        redis=$(($(cpu) - redis))
        echo "$row" | awk -F'\t' -v m=$masters -v w=$what -v r=$redis '{
            printf "%-8s %-10s %10d %10.1f %10.1f %10d\n", m, w, $2, $3, r / $2, $5 }'
    done
    echo "$(each members | sum) $(each used | sum) $before" | awk -v m=$masters '{
        printf "%-8s bytes per entry: %.1f (%d entries)\n", m, ($2 - $3) / $1, $1 }'
    engine down "$work/redis"
done
