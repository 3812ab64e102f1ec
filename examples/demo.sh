#!/bin/sh
# Real music through the whole pipe, step by step: encode, chunk, publish, fetch, and what other decoders say.
# SONG=file takes your own; else one of Debian's asc-music.
set -eu
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-demo-XXXXXX")
servers=
# shellcheck disable=SC2086 # pids
trap 'kill $servers 2>/dev/null || :; rm -rf "$work"' EXIT
song=${SONG:-$(find "${MUSIC:-build/music}" -name 'machine*.mp3' | head -1)}
[ -r "$song" ] || { echo "demo: no song: set SONG=file" >&2; exit 66; }
name=$(basename "$song" | sed 's/\.[^.]*$//' | tr 'A-Z_' 'a-z-' | tr -cd 'a-z0-9.-' | cut -c 1-64)
now() { date +%s.%N; }
size() { wc -c <"$1" | awk '{printf "%.1f MB", $1 / 1e6}'; }
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

printf 'stretto: %s (%s)\n' "$(basename "$song")" "$(size "$song")"
step "1  stretto-encode $(basename "$song") > song.ogg"
stretto-encode --stats "$work/stats" "$song" >"$work/song.ogg"
jq -r '"   \(.seconds | floor / 60 | floor) min \(.seconds | floor % 60) s, \(.format) \(.source_rate) Hz, \(.source_channels) channels -> \(.rate) Hz, \(.renditions | length) renditions",
       "   loudness \(.source_lufs) LUFS, true peak \(.source_true_peak) dBTP -> gain \(.gain_db) dB -> \(.lufs) LUFS, \(.true_peak) dBTP (limited by \(.limited_by))",
       "   \(.seconds / .elapsed_seconds | floor) x real time; \(.vorbis_cpu_seconds / .cpu_seconds * 100 | floor) % of the CPU is libvorbis itself",
       (.renditions[] | "   \(.kbps) kbit/s: \(.bytes / 1e5 | floor / 10) MB, on average \(.average_kbps) kbit/s  " + ("#" * (.average_kbps / 8 | floor)))' "$work/stats"
step '2  stretto-chunk < song.ogg > song.tar'
start=$(now)
stretto-chunk <"$work/song.ogg" >"$work/song.tar"
end=$(now)
tar tf "$work/song.tar" | awk -v s="$(size "$work/song.tar")" -v t="$(echo "$end $start" | awk '{print $1 - $2}')" '/chunk_/ {n++} END {printf "   %d chunks of 10 s in %s, %.2f s\n", n, s, t}'
step "3  stretto-publish --name $name store < song.tar"
start=$(now)
id=$(stretto-publish --name "$name" "$work/store" <"$work/song.tar")
end=$(now)
printf '   id %s: proves every byte; %s s, fsync and all\n' "$id" "$(echo "$end $start" | awk '{printf "%.2f", $1 - $2}')"
step '4  stretto-publish --list store'
stretto-publish --list "$work/store" | sed 's/^/   /'
step "5  stretto-fetch --store store $name -o song.ogg, and what others make of it"
good() { printf '   %-12s %s\n' "$1" "$2"; }
n=0
for kbps in 96 160 320; do
    stretto-fetch --store "$work/store" -b $kbps "$name" -o "$work/$kbps.ogg"
    oggz-validate "$work/$kbps.ogg" >/dev/null
    ogginfo "$work/$kbps.ogg" | grep -qi warn && { echo "demo: ogginfo warns" >&2; exit 1; }
    whole=$(ffmpeg -v error -i "$work/song.ogg" -map 0:a:$n -f md5 -)
    back=$(ffmpeg -v error -i "$work/$kbps.ogg" -f md5 -)
    [ "$whole" = "$back" ] || { echo "demo: $kbps kbit/s decodes differently" >&2; exit 1; }
    good "$kbps kbit/s" "$(size "$work/$kbps.ogg"), valid for oggz and ogginfo, decodes bit for bit as encoded (ffmpeg)"
    n=$((n + 1))
done
good loudness "$(ffmpeg -hide_banner -nostats -i "$work/320.ogg" -af ebur128=peak=true -f null - 2>&1 | awk '/^ *I:/ {i = $2} /Peak:/ {p = $2} END {print i " LUFS, true peak " p " dBTP, by ffmpeg"}')"
stretto-publish --verify "$work/store"
good store 'verified: every byte hashes to what the id promises'

step "6  stretto-serve store; stretto-serve http://origin --cache edge; stretto-play $name"
serve() { # sets $url
    stretto-serve --listen 127.0.0.1:0 "$@" >"$work/said" 2>>"$work/log" &
    servers="$servers $!"
    until url=$(sed -n 's/^listening on /http:\/\//p' "$work/said") && [ -n "$url" ]; do kill -0 $! && sleep 0.05; done
}
serve "$work/store"
serve "$url" --cache "$work/edge" --name eu-west
play() { stretto-play --edge "$url" --output null --unpaced --events "$work/events.jsonl" "$@"; }
for listener in anna ben; do play --cache "$work/$listener" --listener $listener "$name"; done
play --cache "$work/anna" --listener anna "$name"
good heard 'by anna and ben through an edge, by anna once more from her cache; as fast as it came, so a report counts no play'
step '7  stretto-report events.jsonl'
stretto-report "$work/events.jsonl" | sed 's/^/   /'
