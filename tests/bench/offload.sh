#!/bin/bash
# How much of what pages play comes from peers: one native peer holds the song, then PEERS (50) stretto-play and PAGES (2 a core, at
# most 10) pages in Chromium arrive evenly within ARRIVE (60) seconds, and all play it at once. Each host uploads at most 1 Mbit/s and
# takes 8; a third each is of another network, for a tracker lets one make 30 offers a minute. Then the same without peers.
# SECONDS_OF_SONG (90) is its length.
# stretto-play is where the tracker cannot connect to it, as behind a NAT, unless REACHED is set.
#
# Counted are the pages that came after the fourth arrival, and chunk 0 is not.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
command -v chromedriver >/dev/null && command -v stretto-rtc >/dev/null ||
    { echo 'offload: skipped: there is no chromedriver, or no stretto-rtc'; exit 0; }
peers=${PEERS:-50} pages=${PAGES:-$(($(nproc) > 4 ? 10 : 2 * $(nproc)))} arrive=${ARRIVE:-60} length=${SECONDS_OF_SONG:-90}
export HOME="$work"
where=(--listen 127.0.0.1:0)
[ -z "${REACHED:-}" ] || where=()
all=$((peers + pages))

sox -R -n -r 44100 -c 2 -b 16 song.wav synth "$length" pinknoise pinknoise gain -12 tremolo 0.3 60 &&
    stretto-encode -b 96,160,320 song.wav | stretto-chunk | stretto-publish --name song store >id || exit
{
    echo 'o 1 100000 100000 10 0'
    echo 't 2 100000 100000 10 0'
    echo 's 3 1000 8000 10 0 300 64'
    for n in $(seq "$all"); do echo "h$n $(net "$n").$((20 + n)) 1000 8000 $((5 + n % 4 * 5)) 0 300 64"; done
} >lines
lay <lines || exit

# pages stand evenly between the others
is_page() { [ $(($1 * pages / all)) -gt $((($1 - 1) * pages / all)) ]; }
play_all() { # HOW PAGE: everybody comes, and plays to the end
    how=$1 page=$2 playing=()
    for n in $(seq "$all"); do
        if is_page "$n"; then
            (echo | on "h$n" python3 "$root/tests/bench/tab.py" "$page" "$how" >"$how.page$n" 2>"$how.err$n") &
        elif [ "$how" = share ]; then
            on "h$n" stretto-play -q --tracker "$tracker" --allow-local-peers --cache "$how.cache$n" --output null \
                "${where[@]}" --events "$how.peer$n.jsonl" --upload-limit 125000 --share "$length" song 2>"$how.err$n" &
        else
            on "h$n" stretto-play -q --edge "$origin" --cache "$how.cache$n" --output null --events "$how.peer$n.jsonl" \
                song 2>"$how.err$n" &
        fi
        playing+=("$!")
        sleep "$(awk -v a="$arrive" -v n="$all" 'BEGIN {print a / n}')"
    done
    wait "${playing[@]}"
}
tell() { # HOW EVENTS
    echo "$1: $(jq -s '[.[] | select(.event == "stall")] | length' "$2") stalls of pages," \
        "$(cat "$1".peer*.jsonl | jq -s '[.[] | select(.event == "stall")] | length') of others;" \
        "$(jq -s '[.[] | select(.event == "end" and .why == "finished")] | length' "$2") of $pages pages played to the end"
}

start_on o stretto-serve --workers 1 store && origin=$url || exit
jq -n --arg url "$origin" '[{name: "o", url: $url}]' >edges.json
start_on t stretto-track --unproved-peers 1000,1000,1000,1000 --edges edges.json --origin "$origin" && tracker=$url || exit
start_on o stretto-serve --workers 1 --events shared.jsonl --browser-peers "$tracker" store && with=$url || exit
start_on o stretto-serve --workers 1 --events alone.jsonl store && without=$url || exit
spawn s stretto-fetch --tracker "$tracker" --allow-local-peers --cache held "${where[@]}" --upload-limit 125000 \
    --share forever -b 320 song -o held.ogg
await 'the peer that holds the song' test -s held.ogg

play_all listen "$without"
play_all share "$with"

tell listen alone.jsonl
tell share shared.jsonl
for n in $(seq 5 "$all"); do is_page "$n" && tail -n 1 "share.page$n"; done | jq -r .listener >counted
jq -s --rawfile counted counted '($counted | split("\n")) as $who |
    [.[] | select(.event == "chunk" and .index > 0 and (.listener as $l | $who | index($l)))] |
    {pages: ([.[].listener] | unique | length), peers: (map(select(.source == "peer").bytes) | add // 0),
     edges: (map(select(.source == "edge").bytes) | add // 0), kept: (map(select(.source == "cache").bytes) | add // 0)}' shared.jsonl >sum
jq -r '"of \(.pages) pages, chunk 0 aside: \(100 * .peers / ([1, .peers + .edges] | max) | round) % from peers (goal 80), " +
    "\(.peers) bytes of peers and \(.edges) of edges"' sum
for one in share.page*; do tail -n 1 "$one"; done | jq -c '.sources | {server, peers, given, links}'
[ -z "${KEEP:-}" ] || cp -r ./*.jsonl share.page* share.err* lines "$KEEP"
end_all
