#!/bin/bash
# The page in Chromium beside stretto-play: WINDOWS (10) of TRACES/scenarios.tsv, evenly spread, each played by both at the same time
# behind links of their own, which the emulator changes every second as recorded. Then first visits: a new browser opens the page over
# 1 Mbit/s and 40 ms round trip, and the first song is clicked as soon as it is listed. TRACES names a folder of recordings, without it
# there are the visits alone; SECONDS_OF_SONG (200) is how much of each window is heard, GROUP (5) how many windows are played side
# by side, VISITS (5) how many visits there are. 64 kB wait before a link, as in honest.sh.
#
# All of it has nice -10, where that is allowed, and not real-time priority as in startup.sh: Chromium's zygotes then wait in the kernel for
# locks of processes that get no turn (two cores stood still for ten minutes). On a busy machine the visits are slower than on an idle one.
set -u
cd "$(dirname "$0")/../.." || exit
if [ -z "${BENCH_FIRST:-}" ] && nice -n -10 true 2>/dev/null; then
    BENCH_FIRST=1 exec nice -n -10 bash "tests/bench/$(basename "$0")"
fi
[ -z "${TRACES:-}" ] || TRACES=$(cd "$TRACES" && pwd)
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
command -v chromedriver >/dev/null || { echo 'browser: skipped: there is no chromedriver'; exit 0; }
windows=${WINDOWS:-10} length=${SECONDS_OF_SONG:-200}
export HOME="$work"

sox -R -n -r 44100 -c 2 -b 16 song.wav synth "$length" pinknoise pinknoise gain -12 tremolo 0.3 60 &&
    stretto-encode song.wav | stretto-chunk | stretto-publish --name song store >id || exit
echo 'o 1 1000000 1000000 0 0' >lines
if [ -n "${TRACES:-}" ]; then
    total=$(($(grep -c . "$TRACES/scenarios.tsv") - 1))
    awk -v n="$windows" -v total="$total" \
        'NR == 1 { print; next } int((NR - 1) * n / total) > int((NR - 2) * n / total)' "$TRACES/scenarios.tsv" >windows.tsv
    tail -n +2 windows.tsv |
        awk -F'\t' '{ for (k = 1; k <= 2; ++k) print (k == 1 ? "p" : "t") NR, 100 * k + NR, 100000, 1000, $4 / 2, 0, 100, 64 }' >>lines
fi
for v in $(seq "${VISITS:-5}"); do echo "v$v $((10 + v)) 1000 1000 20 0" >>lines; done
lay <lines && start_on o stretto-serve --workers 1 --events pages.jsonl store || exit
on o curl -sf -o index.html "$url/" && grep -q "load_core('/web/" index.html ||
    { echo 'browser: skipped: this build has no core'; exit 0; }

visit() { # HOST
    echo | on "$1" python3 "$root/tests/bench/tab.py" "$url" visit | tail -n 1
}
for v in $(seq "${VISITS:-5}"); do visit "v$v"; done >visits
passed | awk '$1 == "o" && $2 ~ /^v/ { print $2, $3 }' >bytes
echo 'first visit, 1 Mbit/s and 40 ms: ms from the address to the list, to sound'
jq -r '"  listed \(.listed), sound \(.sound) by \(.by)"' visits
jq -es 'map(.sound) | sort | .[length / 2 | floor]' visits >middle || exit
echo "median $(cat middle) ms (promised: 1500); bytes to a visitor: $(awk '{ print $2 }' bytes | sort -n | tr '\n' ' ')"

if [ -n "${TRACES:-}" ]; then
    echo
    python3 "$root/tests/bench/pairs.py" "$prefix" "$url" "$TRACES" windows.tsv pages.jsonl "${GROUP:-5}" >&9 || exit
else
    echo 'recorded links: skipped: TRACES names no folder of recordings'
fi
end_all
