#!/bin/sh
# The demo's story, asserted: twelve listeners play one song, which they pass on to each other, while an edge, the tracker and one of
# them are killed. Each hears the song to the sample and without a stall, and the report is the sum of what they wrote down.
. ./tests/net/lib.sh
listeners=$(seq 12) victim=3
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 70 pinknoise pinknoise gain -12
store=$work/store
stretto-encode song.wav | stretto-chunk | stretto-publish --name song store >id || exit
rates='45 96 160 320'
for kbps in $rates; do
    stretto-play --store store --no-cache --quiet --unpaced --abr $kbps -O wav:$kbps.wav "$(cat id)" &&
        stretto-fetch --store store -b $kbps song | oggdec -Q -b 16 -o dec.$kbps.wav - || exit
done
# the references themselves, which oggdec rounds to 16 bits
decoded() {
    for kbps in $rates; do
        sox -V1 -m -v 1 $kbps.wav -v -1 dec.$kbps.wav -n stats 2>stats &&
            awk '/^M(ax|in) level/ { if ($3 > 0.00004 || $3 < -0.00004) exit 1 }' stats || { cat stats; return 1; }
    done
}
ok 'oggdec decodes the four renditions as we do' decoded
{
    echo 't 1 100000 100000 10 0'
    echo 'o 2 100000 100000 10 0'
    for e in 1 2; do echo "e$e 1$e 8000 100000 5 0"; done
    # the slowest still carries 96 kbit/s, whatever is lost
    for n in $listeners; do
        echo "p$n $(net "$n").$((100 + n)) $((1500 + n % 4 * 2000)) $((1500 + n % 5 * 3000)) $((5 + n % 4 * 8)) $((n % 3))"
    done
} >lines
lay <lines || exit
start_on o stretto-serve --workers 1 store && origin=$url || exit
for e in 1 2; do
    start_on e$e stretto-serve --workers 1 --name e$e "$origin" || exit
    eval "edge$e=$url pid_e$e=$pid"
done
jq -n --arg e1 "$edge1" --arg e2 "$edge2" \
    '[{name: "e1", url: $e1, location: "52.5,13.4"}, {name: "e2", url: $e2, location: "40.7,-74.0"}]' >edges.json
start_on t stretto-track --edges edges.json --origin "$origin" --interval 10 && tracker=$url tracker_pid=$pid || exit

plays() { # N: in the background; when it ended with 0, N.done is there
    spawn "p$1" stretto-play --quiet --tracker "$tracker" --location "$(place "$1")" -O "wav:$1.wav" \
        --listener "p$1" --cache "$1.cache" \
        --events "$1.jsonl" song </dev/null >"$1.said" 2>&1
    eval "pid$1=$pid"
}
heard_ms() { cat "$1.jsonl" 2>/dev/null | jq -Rn '[inputs | fromjson? // empty | .heard_ms // 0] | max // 0'; }
heard_or_gone() { [ "$(heard_ms "$1")" -ge "$2" ] || ! kill -0 "$(eval "echo \$pid$1")" 2>/dev/null; }
until_heard() { # N MS
    patience=120 await "$2 ms heard by $1" heard_or_gone "$1" "$2" && [ "$(heard_ms "$1")" -ge "$2" ]
}
for n in $listeners; do
    plays "$n"
    until_heard "$n" 1000
    sleep 1.5 # one after the other
done
kill -9 "$(eval "echo \$pid_e1")"
until_heard 1 40000
kill -9 "$tracker_pid"
until_heard 1 50000
kill -9 "$(eval "echo \$pid$victim")"
others=$(for n in $listeners; do [ "$n" -eq $victim ] || echo "$n"; done)
ended() {
    for n in $others; do wait "$(eval "echo \$pid$n")" || { echo "listener $n: $?"; cat "$n.said"; return 1; }; done
}
ok 'all listeners but the killed ones exit with 0' ended

events() { jq -R 'fromjson? // empty' "$@"; }
right() {
    for n in $others; do
        python3 "$root/tests/net/heard.py" "$n.wav" \
            "$(events "$n.jsonl" | jq -s 'map(select(.event == "switch")) | length')" 45.wav 96.wav 160.wav 320.wav ||
            { echo "listener $n"; return 1; }
    done
}
ok "each listener got the song's samples" right
stalls() { events ./*.jsonl | jq -c 'select(.event == "stall")' | tee stalls; test ! -s stalls; }
ok 'no listener stalled' stalls
clean() {
    find ./*.cache -name 'chunk_*' >kept && test -s kept || return
    while read -r file; do cmp "$file" "store/${file#*.cache/}" || return; done <kept
}
ok 'all kept chunks are right' clean
died() {
    events ./*.jsonl |
        jq -se \
            '([.[] | select(.event == "end")] | length) == 11 and ([.[] | select(.event == "chunk" and .from == "e2")] | length) > 0'
}
ok 'the kills came in the middle: eleven sessions ended, and the other edge was asked' died

stretto-report --json ./*.jsonl >report.json
sums() { # the same by other means
    events ./*.jsonl |
        jq -s '
        def of(source): [.[] | select(.event == "chunk" and source) | .bytes] | add // 0;
        def sessions: group_by(.session) | map({heard: ([.[].heard_ms // 0] | max), wall: ([.[].time_ms] | max - min)});
        {sessions: (sessions | length), heard: ([sessions[] | [.heard, .wall] | min] | add), stalls: ([.[] |
            select(.event == "stall")] | length),
         switches: ([.[] | select(.event == "switch")] | length), plays: ([sessions[] | select(([.heard, .wall] | min) >= 30000)] | length),
         listeners: (map(.listener) | unique | length), cache: of(.source == "cache"), peer: of(.source == "peer"),
         hit: of(.source == "edge" and .hit == true), miss: of(.source == "edge" and
             .hit != true), given: ([.[] | select(.event == "upload").bytes] | add // 0)}' \
            >sums
    jq '{sessions: .totals.sessions, heard: .totals.heard_ms, stalls: .experience.stalls,
        switches: .experience.switches, plays: .totals.plays,
         listeners: .totals.listeners, cache: .bytes.cache, peer: .bytes.peer,
             hit: .bytes.edge_hit, miss: .bytes.edge_miss, given: .bytes.uploaded}' \
        report.json >reported
    diff sums reported
}
ok "the report is the sum of all listeners' events" sums
offload() { jq -e '.bytes | (.cache + .peer) / .all | ., . >= 0.7' report.json >share; cat share; grep -q true share; }
ok 'at least 70 % of the bytes came from peers and caches' offload
agrees() { # what the edges' links carried is little more than what listeners say came from there
    passed |
        awk -v told="$(jq '.bytes | .edge_hit + .edge_miss' report.json)" \
            '$1 ~ /^e/ && $2 ~ /^p/ { edge += $3 } $1 ~ /^p/ && $2 ~ /^p/ { peer += $3 } END { print edge,
                told, peer; exit !(edge > told && edge < 1.3 * told + 1000000) }'
}
ok 'the emulator counted the same share' agrees
finish
