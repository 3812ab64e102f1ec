#!/bin/bash
# The whole job against what people run today, in one run: CPU and wall seconds, and the ratios that we promise.
#   (a) ffmpeg loudnorm to measure, then one ffmpeg with loudnorm applied and three libvorbis outputs
#   (b) ffmpeg ebur128 to measure, then volume and three outputs: the leanest rival we know
set -eu
TIMEFORMAT='%R %U %S'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
outputs() { for q in 2 5 9; do printf ' -ar 44100 -map 0:a -c:a libvorbis -q:a %s %s -f ogg o%s.ogg' "$q" "$1" $q; done; }
rival_a() {
    local json
    json=$(ffmpeg -hide_banner -nostats -y -i "$1" -af loudnorm=I=-14:TP=-1:print_format=json -f null - 2>&1 | sed -n '/^{/,/^}/p')
    local filter
    filter=$(jq -r '"loudnorm=I=-14:TP=-1:linear=true:measured_I=\(.input_i):measured_TP=\(.input_tp):measured_LRA=\(.input_lra):measured_thresh=\(.input_thresh)"' <<<"$json")
    # shellcheck disable=SC2046 # words
    ffmpeg -v error -y -i "$1" $(outputs "-af $filter")
}
rival_b() {
    local gain
    gain=$(ffmpeg -hide_banner -nostats -i "$1" -af ebur128=peak=true -f null - 2>&1 | awk '/^ *I:/ {i = $2} /Peak:/ {p = $2} END {g = -14 - i; print g < -1 - p ? g : -1 - p}')
    # shellcheck disable=SC2046 # words
    ffmpeg -v error -y -i "$1" $(outputs "-af volume=${gain}dB")
}
ours() { stretto-encode --stats stats "$1" | stretto-chunk | stretto-publish store >/dev/null; }
spent() { { time "$@" 2>/dev/null >/dev/null; } 2>&1 | tail -1; }

songs=("$MUSIC"/*.mp3)
ffmpeg -v error -y -i "${songs[0]}" -ar 44100 -c:a flac 44100.flac
songs+=("$work/44100.flac")
printf '%-22s %18s %18s %18s %7s %7s %7s %7s %9s\n' song 'ours wall/CPU' '(a) wall/CPU' '(b) wall/CPU' CPU/a wall/a CPU/b wall/b 'not vorbis'
for song in "${songs[@]}"; do
    read -r w u s < <(spent ours "$song")
    read -r aw au as < <(spent rival_a "$song")
    read -r bw bu bs < <(spent rival_b "$song")
    share=$(jq -r '(1 - .vorbis_cpu_seconds / .cpu_seconds) * 100 | round' stats)
    awk -v n="$(basename "$song")" -v w="$w" -v c="$(echo "$u $s" | awk '{print $1 + $2}')" -v aw="$aw" -v ac="$(echo "$au $as" | awk '{print $1 + $2}')" \
        -v bw="$bw" -v bc="$(echo "$bu $bs" | awk '{print $1 + $2}')" -v share="$share" 'BEGIN {
        printf "%-22s %9.2f %8.2f %9.2f %8.2f %9.2f %8.2f %7.2f %7.2f %7.2f %7.2f %8d%%\n", n, w, c, aw, ac, bw, bc, c / ac, w / aw, c / bc, w / bw, share}'
done
echo 'promised: CPU <= 0.5 (a) and 1.0 (b); wall <= 0.4 (a) and 0.65 (b); at most 20 % of the CPU outside libvorbis'

echo
stretto-encode "${songs[0]}" >one.ogg
for _ in 1 2 3; do
    rm -rf store
    read -r w _ < <(spent sh -c 'stretto-chunk one.ogg | stretto-publish store')
    awk -v w="$w" -v b="$(wc -c <one.ogg)" 'BEGIN {printf "chunk | publish: %.0f MB/s (promised: 200)\n", b / 1e6 / w}'
done
