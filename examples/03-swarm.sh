#!/bin/sh
# Listeners exchange a song: a tracker, an origin, an edge, and five listeners one after the other.
# The idea: the first listener takes all bytes from the edge. The others take more and more bytes from each other. Then the
# edge and the tracker are killed, and the last listener still gets the verified song.
#
#   examples/03-swarm.sh [STORE SONG]      without arguments: a song of the demo
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-swarm-XXXXXX")
pids=
finish() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# serve NAME PROGRAM [OPTION...]: start a server on a free port; set url and pid
serve() {
    name=$1 program=$2
    shift 2
    "$program" --listen 127.0.0.1:0 "$@" >"$work/$name.said" &
    pid=$!
    pids="$pids $pid"
    await "the ready line of $name" "$pid" ready "$work/$name.said" || exit 69
    url=http://$(sed -n 's/^listening on //p' "$work/$name.said")
    printf '   %-8s %s\n' "$name" "$url"
}
listed() { [ "$(curl -sS "$tracker/songs/$song?manifest=0" | jq '.peers | length')" -ge "$1" ]; }
say() { printf '\n%s\n' "$*"; }
# Show a listener's line of JSON, with a bar of the sources of its bytes: # peers, . edge
show() {
    jq -r --arg who "$1" '.bytes as {$peer, $edge} | ($peer + $edge + .bytes.cache) as $all | ($peer * 40 / ([$all, 1] | max) | round) as $n |
        "   \($who)  [\([range(40)] | map(if . < $n then "#" else "." end) | add)]  \($peer * 100 / ([$all, 1] | max) | round) % from peers, \(.total_ms) ms"' "$2"
}

store=${1-$work/store} song=${2-song}
if [ $# -eq 0 ]; then
    music=$(find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -1)
    say "no store given: publishing $(basename "$music")"
    stretto-encode "$music" | stretto-chunk | stretto-publish --name song "$store" >/dev/null
fi

say '1  an origin, an edge, and a tracker that lists the edge'
serve origin stretto-serve "$store"
origin=$url
stretto-fetch --store "$store" -b 320 "$song" -o "$work/true.ogg"
serve edge stretto-serve "$origin" --name here
edge=$url edge_pid=$pid
printf '[{"name": "here", "url": "%s", "location": "52.5,13.4"}]' "$edge" >"$work/edges.json"
serve tracker stretto-track --edges "$work/edges.json" --origin "$origin"
tracker=$url tracker_pid=$pid
export STRETTO_TRACKER="$tracker"

say '2  five listeners, one after the other; each keeps uploading'
for n in 1 2 3 4 5; do
    # An edge on the same machine is faster than any peer. --peers-first spares it while peers are fast enough for playback.
    stretto-fetch --allow-local-peers --peers-first --cache "$work/cache$n" --share 600 --json -b 320 "$song" -o "$work/$n.ogg" >"$work/$n.json" &
    pids="$pids $!"
    fetch=$!
    await "the song at listener $n" $fetch [ -s "$work/$n.json" ] || exit 1
    show "listener $n" "$work/$n.json"
    # wait until the tracker has connected to the listener and lists it
    await "the tracker to list listener $n" $fetch listed "$n" || exit 1
done

say '3  the data of the tracker'
stretto-track --dump "$tracker" | sed 's/^/   /'

say '4  the edge is killed; a sixth listener has only peers'
kill -9 $edge_pid
stretto-fetch --allow-local-peers --cache "$work/cache6" --json -b 320 "$song" -o "$work/6.ogg" >"$work/6.json"
show 'listener 6' "$work/6.json"

say '5  the tracker is killed too; the cache has the song by its id'
kill -9 $tracker_pid
stretto-fetch --edge "$edge" --cache "$work/cache6" --json -b 320 "$(jq -r .id "$work/6.json")" -o "$work/7.ogg" >"$work/7.json"
jq -r '"   \(.bytes.cache) bytes from the cache in \(.total_ms) ms"' "$work/7.json"

say '6  all listeners have the song'
for n in 1 2 3 4 5 6 7; do cmp "$work/$n.ogg" "$work/true.ogg" && printf '   %s.ogg: right, byte for byte\n' "$n"; done
