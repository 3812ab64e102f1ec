#!/bin/bash
# One song of 210 s at 318 kbit/s over a link of 100 Mbit/s and 20 ms round trip: stretto-fetch from an edge, without and with a
# tracker that knows nobody else, against curl and aria2c (one connection, and four ranges) of the same song from the same server.
# Whole processes, from start to end. Emulated links: needs root.
#   BENCH_ROUNDS   each of them once a round (15)
set -u
cd "$(dirname "$0")/../.." || exit
rounds=${BENCH_ROUNDS:-15}
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
one_song || exit
unset STRETTO_TRACKER STRETTO_EDGE STRETTO_CACHE
lay <<EOF
s 1 100000 100000 10 0
c 2 100000 100000 0 0
EOF
start_on s stretto-serve --workers 1 "$store" || exit
server=$url
jq -n --arg url "$server" '[{name: "s", url: $url}]' >edges.json
start_on s stretto-track --edges edges.json --origin "$server" || exit
tracker=$url
until on c curl -s -m 5 "$tracker/edges" | jq -e '.edges | length == 1' >/dev/null; do sleep 0.1; done

ours() { on c stretto-fetch "$@" --cache cache -b 320 --no-share song -o out; }
once() { # NAME COMMAND...: a line "NAME ms"
    name=$1
    shift
    rm -rf cache out
    began=${EPOCHREALTIME/./}
    "$@" >said 2>&1 || { cat said; exit 1; }
    ended=${EPOCHREALTIME/./}
    cmp out song.ogg || exit
    echo "$name $(((ended - began) / 100))"
}
for _ in $(seq "$rounds"); do
    once ours ours --edge "$server"
    once curl on c curl -s -o out "$server/stream/song?kbps=320"
    once aria2c on c aria2c -q --no-conf -o out "$server/stream/song?kbps=320"
    once aria2c-4 on c aria2c -q --no-conf -x 4 -s 4 -k 1M -o out "$server/stream/song?kbps=320"
    once tracked ours --tracker "$tracker"
done >took.ms
# ratios within a round: a slow moment of the machine is in both
awk '
    function median(list, n,   i, j, t) {
        for (i = 2; i <= n; ++i) for (j = i; j > 1 && list[j] < list[j - 1]; --j) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
        return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function row(name, what,   i, least) {
        for (i = 1; i <= n; ++i) { mine[i] = ms[name, i]; ratio[i] = ms["ours", i] / ms[name, i]; if (i == 1 ||
            mine[i] < least) least = mine[i] }
        printf "%-34s %8.0f %8.0f %10.2f\n", what, least / 10, median(mine, n) / 10, median(ratio, n)
    }
    { n = ++count[$1]; ms[$1, n] = $2 }
    END {
        printf "%-34s %8s %8s %10s\n", "whole process", "least ms", "median", "ours to it"
        row("ours", "stretto-fetch --edge")
        row("curl", "curl")
        row("aria2c", "aria2c")
        row("aria2c-4", "aria2c, four ranges")
        row("tracked", "stretto-fetch --tracker, alone")
        print "promised: at most 1.05 of curl and aria2c"
    }' took.ms
end_all
