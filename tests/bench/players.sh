#!/bin/bash
# 20 players on one song of 210 s, one every 5 s, each 10 Mbit/s down and 5 up, three edges of 4 Mbit/s: with peers, and from the
# edges alone. What they felt, and where the bytes came from, beside Spotify's figures of 2010. Emulated links: needs root. The two
# runs take 11 minutes, in which the machine is mostly idle.
#   BENCH_PLAYERS (20)   BENCH_GAP (5) seconds between two
set -u
cd "$(dirname "$0")/../.." || exit
players=${BENCH_PLAYERS:-20} gap=${BENCH_GAP:-5}
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
one_song || exit
all=$(seq "$players")

play() { # N [ARGS]
    n=$1
    shift
    spawn "p$n" stretto-play --tracker "$tracker" --location "$(place "$n")" --allow-local-peers --cache "$n.cache" \
        --listener "l$n" -O null --events "$events/$n.jsonl" --share 600 "$@" song >"$n.out" 2>"$n.err"
}
ended() { cat "$events"/*.jsonl 2>/dev/null | grep -c '"event":"end"'; }
run() { # NAME [ARGS]
    name=$1
    shift
    lay_swarm "$players" && start_swarm || exit
    rm -rf ./*.cache
    events=$work/events.$name
    mkdir "$events"
    for n in $all; do
        play "$n" "$@"
        sleep "$gap"
    done
    until [ "$(ended)" -ge "$players" ]; do sleep 1; done
    end_all
    stretto-report --json "$events" >"$name.report"
    cat "$events"/*.jsonl |
        jq -rs --arg name "$name" '
        ([.[] | select(.event == "playing").startup_ms] | sort) as $t |
        ([.[] | select(.event == "stall")] | length) as $stalls |
        ([.[] | select(.event == "stall").session] | unique | length) as $stalled |
        ([.[] | select(.event == "chunk")]) as $c |
        ($c | map(.bytes) | add) as $all | def part($s): ($c | map(select(.source == $s).bytes) | add // 0) * 1000 / $all | round / 10;
        (($c | map(.kbps * .audio_ms) | add) / ($c | map(.audio_ms) | add)) as $kbps |
        def at($p): $t[($t | length) * $p | floor];
        [$name, ($t | length), at(0.5), at(0.75), at(0.9), $stalls, $stalled, ($kbps | round),
         part("edge"), part("peer"), part("cache")] | @tsv'
}
printf 'run\tplays\tp50 ms\tp75\tp90\tstalls\tstalled\tkbit/s\tedge %%\tpeer %%\tcache %%\n' >table
run peers >>table || exit
run edges --no-peers --no-share >>table || exit
printf 'Spotify 2010\t\t265\t\t\t\t1 %%\t\t8.8\t35.8\t55.4\n' >>table
column -t -s "$(printf '\t')" table
