#!/bin/sh
# examples/07-cluster.sh, asserted: while an edge, an origin, a tracker, a master of Redis and a shard of ClickHouse are killed, thirty
# listeners hear every sample of two songs without a stall, no event is lost, and the report of ClickHouse is that of the files.
. ./tests/lib.sh
export EMULATOR="${EMULATOR:-$root/build/net/emulator}" LISTENERS="${LISTENERS:-30}"
listeners=$(seq "$LISTENERS") rates='45 96 160 320'
for n in 1 2; do sox -R -n -r 44100 -c 2 -b 16 $n.wav synth 40 pinknoise pinknoise gain -1$n || exit; done
OUT=$work/out sh "$root/examples/07-cluster.sh" "$work/1.wav" "$work/2.wav" >said 2>said.err
status=$?
if lacks=$(grep '^   not here: ' said); then
    skip 'a cluster' "${lacks#   }"
    finish
fi
ends() { [ $status -eq 0 ] || { tail -n 5 said; cat said.err; return 1; }; }
ok 'the example comes to its end' ends
killed() {
    for one in edge1 origin1 tracker1 'a master'; do grep -qxE "   $one +killed" said || { echo "$one lives"; return 1; }; done
    grep -qE '^   a shard +killed while' said
}
ok 'one of each is killed' killed

# the same bytes in a directory
for n in 1 2; do stretto-encode $n.wav | stretto-chunk | stretto-publish --name song$n store >id$n || exit; done
for kbps in $rates; do
    stretto-play --store store --no-cache --quiet --unpaced --abr $kbps -O wav:odd.$kbps.wav song1 song2 &&
        stretto-play --store store --no-cache --quiet --unpaced --abr $kbps -O wav:even.$kbps.wav song2 song1 || exit
done
jq -R 'fromjson? // empty' out/events/*.jsonl | jq -s 'unique_by(.session, .seq)' >events
exact() {
    for n in $listeners; do
        turn=even
        [ $((n % 2)) -eq 0 ] || turn=odd
        # the next song may begin with another bitrate
        python3 "$root/tests/net/heard.py" "out/p$n.wav" \
            "$(jq --arg n "p$n" 'map(select(.listener == $n and .event == "switch")) | length + 1' events)" \
            $turn.45.wav $turn.96.wav $turn.160.wav $turn.320.wav || { echo "listener $n"; return 1; }
    done
}
ok 'each listener heard every sample of both songs' exact
stalls() { jq -e 'length > 1000 and all(.event != "stall")' events || { jq -c '.[] | select(.event == "stall")' events; return 1; }; }
ok 'none stalled' stalls
whole() { # 40 s were heard of each song
    jq -e --argjson n "$LISTENERS" --rawfile one id1 --rawfile two id2 '
        group_by(.session) | length == 2 * $n
        and all(map(.seq) == [range(length)] and .[-1].event == "end" and .[-1].why == "finished" and (.[-1].heard_ms - 40000 | fabs) < 100)
        and (map("\(.[0].listener) \(.[0].song)") | unique | length) == 2 * $n
        and (map(.[0].song + "\n") | unique) == ([$one, $two] | sort)' events
}
ok 'no event is lost' whole
shared() { # who was killed had served, and others went on
    for n in 1 2 3; do jq -e --arg e edge$n 'any(.event == "chunk" and .from == $e)' events || return; done
    jq -e 'any(.event == "chunk" and .source == "peer")' events || return
    for n in 1 2; do jq -R 'fromjson? // empty | .time_ms' out/events/origin$n.jsonl | sort -n | sed -n '1p; $p' >origin$n; done
    [ "$(tail -n 1 origin1)" -gt "$(head -n 1 origin2)" ] && [ "$(tail -n 1 origin1)" -lt "$(($(tail -n 1 origin2) - 10000))" ]
}
ok 'all edges and both origins served, and peers' shared
ok 'the report of ClickHouse is that of the files, byte for byte' cmp out/files.json out/clickhouse.json
sums() {
    stretto-report --json out/events | cmp - out/clickhouse.json && jq -e --argjson n "$LISTENERS" --slurpfile events events '
        def of(what): [$events[0][] | select(what) | .bytes] | add // 0;
        .totals.sessions == 2 * $n and .totals.listeners == $n and .totals.plays == 2 * $n and .experience.stalls == 0
        and .bytes.peer == of(.event == "chunk" and .source == "peer") and .bytes.cache == of(.event == "chunk" and .source == "cache")
        and .bytes.edge_hit + .bytes.edge_miss == of(.event == "chunk" and .source == "edge")' out/clickhouse.json
}
ok 'and the sum of the events' sums
alone() { exits 1 pgrep -f 'stretto-cluster-' || { ps -eo pid=,args= | grep stretto-cluster-; return 1; }; }
ok 'nothing is left running' alone
finish
