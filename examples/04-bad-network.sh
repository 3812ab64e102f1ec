#!/bin/sh
# Links become slow, break and recover, and players select bitrates by different rules.
# The idea: constant 320 kbit/s rebuffers on a slow link, and constant 96 kbit/s wastes a fast link. The adaptive rule stays
# close to the optimum, which knows the link's future. The first part uses the simulator, which plays a song in a millisecond.
# The second part runs two real players on links that break, if this machine has network namespaces.
#
#   examples/04-bad-network.sh [STORE SONG]      without arguments: a song of the demo
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-bad-XXXXXX")
here=$(dirname "$0")
# shellcheck disable=SC2034 # for hosts.sh
emulator=${EMULATOR:-build/net/emulator}
if [ -r "$here/../tests/net/hosts.sh" ]; then
    . "$here/../tests/net/hosts.sh"
else # an installed copy
    net_lacks() { echo 'the emulator'; }
    unlay() { :; }
    end_all() { :; }
fi
finish() {
    end_all
    unlay
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
say() { printf '\n%s\n' "$*"; }

store=${1-$work/store} song=${2-song}
if [ $# -eq 0 ]; then
    music=$(find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -1)
    say "no store given: publishing a minute of $(basename "$music")"
    ffmpeg -v error -ss 30 -t 60 -i "$music" -map 0:a:0 -f flac - </dev/null | stretto-encode - | stretto-chunk | stretto-publish --name "$song" "$store" >/dev/null
fi

say '1  four links, in kbit/s for each second; they repeat'
mkdir -p "$work/good" "$work/slow" "$work/gaps" "$work/cliff"
awk 'BEGIN {for (s = 0; s < 60; ++s) print s, 8000}' >"$work/good/link"
awk 'BEGIN {srand(1); for (s = 0; s < 300; ++s) print s, int(220 * exp(0.6 * (rand() + rand() + rand() - 1.5)))}' >"$work/slow/link"
awk 'BEGIN {for (s = 0; s < 60; ++s) print s, s < 50 ? 300 : 0}' >"$work/gaps/link"
awk 'BEGIN {for (s = 0; s < 60; ++s) print s, s < 30 ? 600 : s < 40 ? 64 : s < 45 ? 0 : 600}' >"$work/cliff/link"
echo '   good: 8000    slow: around 220, varying    gaps: 300, but 0 for 10 s in each minute'
echo '   cliff: 600, but 64 for 10 s and then 0 for 5 s in each minute'

say "2  stretto-simulate --traces LINK --abr stretto,seed,96,320 --songs 20 --optimum"
for link in good slow gaps cliff; do
    printf '\n   %s\n' "$link"
    stretto-simulate --traces "$work/$link" --abr stretto,seed,96,320 --songs 20 --optimum --table | sed -E '1d; /^$/,$d; /^best/!s/^(.{62}).*/\1/; s/^/   /'
done

say '3  real players on a cliff: stretto-play --abr stretto and --abr seed, each on its own link'
if lacks=$(net_lacks); then
    echo "   not here: this needs $lacks"
    exit 0
fi
lay <<HOSTS
edge 1 100000 100000 10 0
stretto 101 1000 900 20 0
seed 102 1000 900 20 0
HOSTS
spawn edge stretto-serve --listen "$(address edge):0" "$store" >"$work/said" 2>"$work/log"
await 'the ready line of the edge' "$pid" ready "$work/said" || exit 69
url=http://$(sed -n 's/^listening on //p' "$work/said")
links() { for host in stretto seed; do change "$host" 0 1000 "$1" 20 0; done; }
players=
for rule in stretto seed; do
    spawn $rule stretto-play --quiet --edge "$url" --output null --abr $rule --cache "$work/cache-$rule" --events "$work/$rule.jsonl" "$song" </dev/null 2>>"$work/log"
    players="$players $pid"
done
echo '   9 s of 900 kbit/s, 9 s of 64, 9 s of 0, then 900 again; both players end after 36 s'
sleep 9; links 64; sleep 9; links 0; sleep 9; links 900; sleep 9
# shellcheck disable=SC2086 # pids
kill $players 2>/dev/null || : # a song may have ended already
for pid in $players; do wait "$pid" || :; done

# every 3 s: the bitrate of the playback, and a # per second of buffer level
picture='
    map(select(.event == "start" or .event == "progress" or .event == "stall" or .event == "resume")) | sort_by(.time_ms) | .[0].time_ms as $t
    | [range(3; 37; 3)] | map(. as $s | [$in[] | select(.time_ms <= $t + 1000 * $s)]
        | {stalled: ([.[] | select(.event == "stall" or .event == "resume")] | last.event? == "stall"), now: ([.[] | select(.event == "progress")] | last)}
        | if .stalled then "silence" elif .now then "\(.now.kbps) " + "#" * ([.now.buffer_ms / 1000, 24] | min | floor) else "" end) | .[]'
for rule in stretto seed; do
    jq -Rn '[inputs | fromjson? // empty]' "$work/$rule.jsonl" | jq -r ". as \$in | $picture" >"$work/$rule.column"
done
printf '\n         %-32s %s\n' 'stretto: kbit/s, buffer level' 'seed'
paste "$work/stretto.column" "$work/seed.column" | awk -F '\t' '{t = NR * 3; printf "   %2d s  %-32s %-30s %s\n", t, $1, $2, t == 12 ? "<- 64 kbit/s" : t == 21 ? "<- 0 kbit/s" : t == 30 ? "<- 900 kbit/s" : ""}'
for rule in stretto seed; do
    stretto-report --json "$work/$rule.jsonl" | jq -r --arg rule $rule '.experience | "   \($rule): \(.mean_kbps | round) kbit/s, \(.stalls) stalls, \(.stalled_ms / 1000) s of silence"'
done
