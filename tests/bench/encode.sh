#!/bin/bash
# The whole job against what people run today, in one run: CPU and wall seconds, and the ratios that we promise.
#   (a) ffmpeg loudnorm to measure, then one ffmpeg with loudnorm applied and three libvorbis outputs
#   (b) ffmpeg ebur128 to measure, then volume and three outputs: the leanest rival we know
set -eu
TIMEFORMAT='%R %U %S'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
outputs() {
    for q in 2 5 9; do
        printf ' -ar 44100 -map 0:a -c:a libvorbis -q:a %s %s -f ogg o%s.ogg' "$q" "$1" $q
    done
}
rival_a() {
    local json
    json=$(ffmpeg -hide_banner -nostats -y -i "$1" -af loudnorm=I=-14:TP=-1:print_format=json -f null - 2>&1 | sed -n '/^{/,/^}/p')
    local filter
    filter=$(jq -r '"loudnorm=I=-14:TP=-1:linear=true:measured_I=\(.input_i):measured_TP=\(.input_tp)" +
        ":measured_LRA=\(.input_lra):measured_thresh=\(.input_thresh)"' <<<"$json")
    # shellcheck disable=SC2046 # words
    ffmpeg -v error -y -i "$1" $(outputs "-af $filter")
}
rival_b() {
    local gain
    gain=$(ffmpeg -hide_banner -nostats -i "$1" -af ebur128=peak=true -f null - 2>&1 |
        awk '/^ *I:/ {i = $2} /Peak:/ {p = $2} END {g = -14 - i; print g < -1 - p ? g : -1 - p}')
    # shellcheck disable=SC2046 # words
    ffmpeg -v error -y -i "$1" $(outputs "-af volume=${gain}dB")
}
ours() { stretto-encode -b 96,160,320 --stats stats "$1" | stretto-chunk | stretto-publish store >/dev/null; }
spent() { { time "$@" 2>/dev/null >/dev/null; } 2>&1 | tail -1; } # wall, user, system seconds

songs=("$MUSIC"/*.mp3)
ffmpeg -v error -y -i "${songs[0]}" -ar 44100 -c:a flac 44100.flac
songs+=("$work/44100.flac")
# on a machine with other work, the least of several ROUNDS says more than one
least() { # COMMAND...: wall and CPU seconds, each the least of the rounds
    for _ in $(seq "${ROUNDS:-1}"); do spent "$@"; done |
        awk '{c = $2 + $3; if (NR == 1 || $1 < w) w = $1; if (NR == 1 || c < cpu) cpu = c} END {print w, cpu}'
}
printf '%-22s %18s %18s %18s %7s %7s %7s %7s %11s\n' song 'ours wall/CPU' '(a) wall/CPU' '(b) wall/CPU' CPU/a \
    wall/a CPU/b wall/b 'not vorbis'
for song in "${songs[@]}"; do
    read -r w c < <(least ours "$song")
    read -r aw ac < <(least rival_a "$song")
    read -r bw bc < <(least rival_b "$song")
    share=$(jq -r '(1 - .vorbis_cpu_seconds / .cpu_seconds) * 100 | round' stats)
    awk -v n="$(basename "$song")" -v w="$w" -v c="$c" -v aw="$aw" -v ac="$ac" -v bw="$bw" -v bc="$bc" -v \
        share="$share" 'BEGIN {
        printf "%-22s %9.2f %8.2f %9.2f %8.2f %9.2f %8.2f %7.2f %7.2f %7.2f %7.2f %10d%%\n", n, w, c, aw, ac,
            bw, bc, c / ac, w / aw, c / bc, w / bw, share}'
done
echo 'wanted: CPU <= 0.30 (a) and 0.70 (b); wall <= 0.20 (a) and 0.45 (b); at most 20 % of the CPU outside libvorbis'

# The same bytes merely unpacked by tar and synced is what the disk can do.
store() { rm -rf store && stretto-chunk "$1" | stretto-publish store; }
unpacked() { rm -rf unpacked && mkdir unpacked && tar xf "$1" -C unpacked && sync -f unpacked; }
echo
stretto-encode "${songs[0]}" >song.ogg
# ten times the first song as one
for _ in 1 2 3 4 5 6 7 8 9 10; do echo "file '$work/44100.flac'"; done >list
ffmpeg -v error -f concat -safe 0 -i list -c copy long.flac
stretto-encode long.flac >long.ogg
for stream in song.ogg long.ogg; do
    stretto-chunk $stream >bundle.tar
    for _ in 1 2 3; do
        read -r w _ < <(spent store $stream)
        read -r t _ < <(spent unpacked bundle.tar)
        awk -v w="$w" -v t="$t" -v b="$(wc -c <$stream)" 'BEGIN {
            printf "chunk | publish: %4.0f MB in %5.2f s, %4.0f MB/s; tar x and sync: %5.2f s, %4.0f MB/s; %.1f times as long\n",
                b / 1e6, w, b / 1e6 / w, t, b / 1e6 / t, w / t}'
    done
done
echo 'wanted: 200 MB/s for chunk | publish'
