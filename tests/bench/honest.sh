#!/bin/bash
# Is the simulator honest? WINDOWS (20) of TRACES/scenarios.tsv, evenly spread, played by stretto-play in hosts whose links the
# emulator changes every second as recorded, and by stretto-simulate; then an edge is killed in the middle of 10 songs.
# TRACES names a folder of recordings; SECONDS_OF_SONG (80) is how much of each window is heard. 64 kB wait before a link, also while
# nothing passes, as they do before those of phones.
set -u
if [ -z "${TRACES:-}" ]; then
    echo 'honest: skipped: TRACES names no folder of recordings'
    exit 0
fi
TRACES=$(cd "$TRACES" && pwd)
. ./tests/net/lib.sh
windows=${WINDOWS:-20} length=${SECONDS_OF_SONG:-80}

sox -R -n -r 44100 -c 2 -b 16 song.wav synth "$length" pinknoise pinknoise gain -12 tremolo 0.3 60 &&
    stretto-encode -b 96,160,320 song.wav | stretto-chunk | stretto-publish --name song store >id || exit
total=$(($(grep -c . "$TRACES/scenarios.tsv") - 1))
awk -v n="$windows" -v total="$total" 'NR == 1 { print; next } int((NR - 1) * n / total) > int((NR - 2) * n / total)' \
    "$TRACES/scenarios.tsv" >windows.tsv
stretto-simulate --traces "$TRACES" --scenarios windows.tsv --manifest "store/songs/$(cat id)/manifest.json" \
    --abr stretto --json |
    jq -c 'select(.plays)' >simulated.jsonl
{
    echo 'o 1 1000000 1000000 0 0'
    tail -n +2 windows.tsv | awk -F'\t' '{ print "p" NR, 10 + NR, 1000, 1000, $4 / 2, 0, 100, 64 }'
} >lines
lay <lines && start_on o stretto-serve --workers 1 store || exit
python3 "$root/tests/bench/honest.py" "$prefix" "$url" "$TRACES" windows.tsv simulated.jsonl "$length" >&9
end_all
[ "${KILLED:-10}" -gt 0 ] || exit

echo
echo 'an edge killed in the middle of 10 songs, links of 640 kbit/s'
{
    for n in $(seq 10); do echo "e$n $((50 + n)) 100000 100000 5 0"; done
    echo 'o 1 100000 100000 5 0'
    for n in $(seq 10); do echo "p$n $((100 + n)) 640 640 20 0"; done
} >lines
lay <lines && start_on o stretto-serve --workers 1 store || exit
origin=$url
for n in $(seq 10); do
    start_on "e$n" stretto-serve --workers 1 --name "e$n" "$origin" || exit
    eval "edge${n}_pid=$pid"
    spawn "p$n" stretto-play --edge "$url" --edge "$origin" --cache "c$n" -O null --events "killed$n.jsonl" "$(cat id)"
    eval "player$n=$pid"
done
for n in $(seq 10); do
    sleep 3.7
    eval "kill -9 \$edge${n}_pid; wait \$edge${n}_pid" 2>/dev/null
done
for n in $(seq 10); do eval "wait \$player$n"; done
for n in $(seq 10); do
    jq -s --arg n "$n" -r \
        '"song " + $n + ": " + (map(select(.event == "stall")) | length | tostring) + " stalls, heard " +
        (map(select(.event == "end")) | .[0].heard_ms / 1000 | tostring) + " s, from " +
        (map(select(.event == "chunk").from) | group_by(.) | map(.[0] + " " + (length | tostring)) | join(", "))' \
        "killed$n.jsonl"
done
