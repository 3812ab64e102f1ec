#!/bin/bash
# A crowd of 20 listeners within 10 s, each 10 Mbit/s down and 5 up, three edges of 4 Mbit/s each, a song of 318 kbit/s: with peers,
# and from the edges alone. Then one listener, whom 0, 25, 50 and 100 % evil peers are offered. Emulated links: needs root.
#   BENCH_LISTENERS   (20)
set -u
cd "$(dirname "$0")/../.." || exit
listeners=${BENCH_LISTENERS:-20}
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
one_song || exit
all=$(seq "$listeners")

# times N...: median and 95th percentile, ms, and what came from peers
times() {
    for n in "$@"; do cat "$n.json"; done |
        jq -rs '(map(.total_ms) | sort) as $t | (map(.first_byte_ms) | sort) as $f |
        (map(.bytes.peer) | add) as $peer | (map(.bytes.edge) | add) as $edge |
        "\($t[length / 2 | floor]) \($t[length * 0.95 | floor]) \($f[length / 2 | floor]) \(1000 * $peer / ($peer + $edge) | round / 10)"'
}
# crowd NAME [ARGS]: sets result
crowd() {
    name=$1
    shift
    lay_swarm "$listeners" && start_swarm || exit
    rm -rf ./*.cache ./*.json
    for n in $all; do
        listen "$n" "$@"
        sleep 0.45
    done
    # shellcheck disable=SC2086
    all_heard 300 $all && all_right $all || exit
    # shellcheck disable=SC2086
    result=$(times $all)
    printf '%-24s %8d %8d %12d %8s\n' "$name" $result
    end_all
}
echo "$listeners listeners        p50 ms   p95 ms  first byte   peers %"
crowd 'with peers'
with=$result
crowd 'edges alone' --no-peers --no-share
echo "$with $result" |
    awk '{ printf "p50 %.2f, p95 %.2f of the time of edges alone; promised at most 0.50\n", $1 / $5, $2 / $6 }'

# one NAME HONEST EVIL...: a listener and 8 peers
one() {
    name=$1 honest=$2
    shift 2
    lay_swarm 12 && start_swarm || exit
    rm -rf ./*.cache ./*.json
    for n in $(seq "$honest"); do
        mkdir -p "$n.cache/songs"
        cp -r "$store/songs/$id" "$n.cache/songs/"
        listen "$n"
    done
    [ $# -eq 0 ] ||
        spawn p12 python3 "$root/tests/net/evil.py" "$tracker" "$(address p12)" "$id" "$chunks" "$@" >evil 2>&1
    for _ in $(seq 300); do
        [ "$(on t curl -s -m 5 "$tracker/songs/song?manifest=0" | jq '.peers | length')" -ge $((honest + $#)) ] &&
            break
        sleep 0.1
    done
    listen 10 $more
    all_heard 120 10 && all_right 10 || exit
    ms=$(jq .total_ms 10.json)
    printf '%-24s %8d   %s\n' "$name" "$ms" "$(jq -c '[.bytes.peer, .bytes.edge, .bans]' 10.json)"
    end_all
}
echo
echo 'one listener                  ms   bytes from peers, from edges, bans'
more='--no-peers --no-share' one 'edge alone' 0
alone=$ms
more=
promised() {
    awk "BEGIN {
        printf \"  %.2f of edge alone; promised at most 1.1 and a second: %s\n\",
            $ms / $alone, $ms <= 1.1 * $alone + 1000 ? \"held\" : \"BROKEN\" }"
}
one '0 % evil' 8 && promised
one '25 % evil' 6 wrong slow && promised
one '50 % evil' 4 wrong half vanish lie && promised
one '100 % evil' 0 wrong half slow refuse vanish lie long busy && promised
