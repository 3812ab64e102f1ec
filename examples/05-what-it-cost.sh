#!/bin/sh
# The accounts of a day, from players' events alone: plays, royalties, sources of bytes, and costs.
# The idea: royalties for the same plays can be divided by plays or by listeners, and no cent is lost. Bytes from the
# listeners' own caches cost nothing. A report can be computed in parts, on any number of machines.
#
#   examples/05-what-it-cost.sh [EVENTS...]      without arguments: half a minute of four listeners and two songs of the demo
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-cost-XXXXXX")
pids=
finish() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
say() { printf '\n%s\n' "$*"; }
table() { sed 's/^/   /'; }

if [ $# -eq 0 ]; then
    say '1  two songs of ten seconds: a fan plays one three times, three listeners play the other once'
    find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -2 >"$work/music"
    n=0
    while read -r music; do
        title=$(basename "$music" .mp3)
        ffmpeg -v error -ss 30 -t 10 -i "$music" -map 0:a:0 -metadata title="$title" -metadata artist="The $title band" -f flac - </dev/null |
            stretto-encode - | stretto-chunk | stretto-publish --name song$n "$work/store" >/dev/null
        n=$((n + 1))
    done <"$work/music"
    serve() { # SOURCE [OPTION...]: start a server on a free port; set url
        rm -f "$work/said"
        stretto-serve --listen 127.0.0.1:0 "$@" >"$work/said" &
        pids="$pids $!"
        await 'the ready line of a server' $! ready "$work/said" || exit 69
        url=http://$(sed -n 's/^listening on //p' "$work/said")
    }
    serve "$work/store"
    serve "$url" --name here
    listen() { # WHO SONG...
        who=$1
        shift
        stretto-play --quiet --edge "$url" --output null --listener "$who" --cache "$work/$who" --events "$work/$who.jsonl" "$@" </dev/null &
        pids="$pids $!" playing="$playing $!"
    }
    playing=
    listen fan song0 song0 song0
    listen ann song1
    await 'the first chunk of ann' $! grep -q '"chunk"' "$work/ann.jsonl" || exit 1 # from now on the edge has the song
    listen bob song1
    listen cay song1
    for pid in $playing; do wait "$pid"; done
    set -- "$work"/*.jsonl
fi

say '2  plays, and sources of bytes'
stretto-report --json "$@" >"$work/all.json"
jq -r '.songs[] | "   \(.title): \(.plays) plays, \(.listeners) listeners"' "$work/all.json"
jq -r '.bytes | "   bytes: \(.cache) from own caches, \(.peer) from peers, \(.edge_hit + .edge_miss) from edges, \(.edge_miss) of these from the origin"' "$work/all.json"

say '3  100.00 divided by plays, and divided by listeners in equal parts'
for how in '' --user-centric; do
    # shellcheck disable=SC2086 # an option or nothing
    stretto-report --json --pool 100.00 --min-plays 0 $how "$@" >"$work/paid.json"
    jq -r --arg how "${how:---pro-rata, the default}" '"   \($how):", (.royalties[] | "      \(.title): \(.amount_cents / 100)"),
        "      together: \([.royalties[].amount_cents] | add / 100)"' "$work/paid.json"
done

say '4  the cost of the bytes; prices are per 10^9 bytes and per 10^6 requests'
echo '{"currency": "EUR", "edge_gb": 0.02, "origin_gb": 0.08, "million_requests": 0.6}' | tee "$work/prices.json" | table
stretto-report --json --prices "$work/prices.json" "$@" | jq -r '.cost[] | "   \(.way): \(.amount * 1e6 | round) millionths, or \(.listener_year * 100 | round / 100) per listener and year"'

say '5  one partial report per file; merged, they give the same report'
for file; do stretto-report --partial "$file" >"$work/$(basename "$file").part"; done
stretto-report --json "$work"/*.part | jq -S 'del(.input)' >"$work/merged.json"
jq -S 'del(.input)' "$work/all.json" | cmp - "$work/merged.json" && echo "   $# parts, one result"
