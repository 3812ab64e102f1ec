#!/bin/bash
# From the command to the first sample on a pipe, over a link of 10 Mbit/s and 40 ms round trip: stretto-play with nothing in its
# cache (an edge is named, or only a tracker), and again when the song is kept; beside them mpv and ffplay of the same song from the
# same edge, at the bitrate that stretto-play begins with. All three also over TLS 1.3: stretto-play with HTTP/2. Emulated links: needs
# root.
#   BENCH_ROUNDS   each of them once a round (15)
# Everything runs before all other programs of the machine (SCHED_FIFO), or a busy one would be measured.
#
# Fair? All are whole programs of the same machine, timed by the same reader of their standard output (startup.py), which takes
# silence for no sample. The song begins with noise. mpv writes as soon as it has decoded (ao=pcm has no clock, so no buffer to
# fill first); it reads no configuration and looks for no video. ffplay has no such output: it plays to SDL's driver that writes a
# file, whose clock is set to 1 ms, so that it waits for no period of a device. Both demand an Ogg file from the server, which joins
# it from chunks; stretto-play asks for chunks. All three get the same bytes of sound.
set -u
cd "$(dirname "$0")/../.." || exit
if [ -z "${BENCH_FIRST:-}" ] && chrt -f 10 true 2>/dev/null; then
    BENCH_FIRST=1 exec chrt -f 10 bash "tests/bench/$(basename "$0")"
fi
rounds=${BENCH_ROUNDS:-15}
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
one_song || exit
unset STRETTO_TRACKER STRETTO_EDGE STRETTO_CACHE STRETTO_STORE STRETTO_LOCATION
export HOME="$work"
lay <<EOF
s 1 10000 100000 20 0
c 2 100000 10000 0 0
EOF
start_on s stretto-serve --workers 1 "$store" || exit
edge=$url
start_on s stretto-serve --workers 1 --tls-self-signed "$work/own.pem" "$store" || exit
secure=https://${url#http://}
jq -n --arg url "$edge" '[{name: "s", url: $url}]' >edges.json
start_on s stretto-track --edges edges.json --origin "$edge" || exit
tracker=$url
until on c curl -s -m 5 "$tracker/songs/song" | jq -e '.edges | length == 1' >/dev/null; do sleep 0.1; done
on c stretto-play --edge "$edge" --cache kept --abr 320 --unpaced --quiet -O null song || exit

once() { # NAME COMMAND...: a line "NAME ms CPU-ms"
    name=$1
    shift
    rm -rf cold
    took=$(on c python3 "$root/tests/bench/startup.py" "$@") && echo "$name $took" || exit
}
for _ in $(seq "$rounds"); do
    once cold stretto-play --edge "$edge" --cache cold -O raw:- song
    once mpv mpv --no-config --no-video --really-quiet --ao=pcm --ao-pcm-waveheader=no \
        --ao-pcm-file=/dev/stdout "$edge/stream/song?kbps=96"
    once ffplay env SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE=/dev/stdout SDL_DISKAUDIODELAY=1 \
        ffplay -nodisp -autoexit -loglevel error "$edge/stream/song?kbps=96"
    once secure stretto-play --cacert "$work/own.pem" --edge "$secure" --cache cold -O raw:- song
    once mpv-secure mpv --no-config --no-video --really-quiet --ao=pcm --ao-pcm-waveheader=no --tls-verify=yes \
        --tls-ca-file="$work/own.pem" --ao-pcm-file=/dev/stdout "$secure/stream/song?kbps=96"
    once ffplay-secure env SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE=/dev/stdout SDL_DISKAUDIODELAY=1 \
        ffplay -nodisp -autoexit -loglevel error -tls_verify 1 -ca_file "$work/own.pem" "$secure/stream/song?kbps=96"
    once tracked stretto-play --tracker "$tracker" --cache cold -O raw:- song
    once kept stretto-play --edge "$edge" --cache kept -O raw:- song
done >took
awk '
    function median(list, n,   i, j, t) {
        for (i = 2; i <= n; ++i) for (j = i; j > 1 && list[j] < list[j - 1]; --j) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
        return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function row(name, what, promised,   i, mine, busy, ratio, most, ours) {
        ours = name ~ /secure/ ? "secure" : "cold"
        for (i = 1; i <= n; ++i) { mine[i] = ms[name, i]; busy[i] = cpu[name, i]; ratio[i] = ms[ours,
            i] / ms[name, i]; if (mine[i] > most) most = mine[i] }
        printf "%-44s %8.0f %8.0f %8.0f %12.2f   %s\n", what, median(mine, n), most, median(busy, n), median(ratio, n), promised
    }
    { n = ++count[$1]; ms[$1, n] = $2; cpu[$1, n] = $3 }
    END {
        printf "%-44s %8s %8s %8s %12s   %s\n", "command to first sample, ms", "median", "most", "CPU", "cold to it", "promised"
        row("cold", "stretto-play, nothing kept, edge named", "200: 3 round trips and 80 ms")
        row("tracked", "stretto-play, nothing kept, tracker named", "300: 2.5 round trips more")
        row("kept", "stretto-play, song kept", "60")
        row("mpv", "mpv", "stretto-play is ahead")
        row("ffplay", "ffplay", "stretto-play is ahead")
        row("secure", "stretto-play, nothing kept, https", "200: 3 round trips and 80 ms")
        row("mpv-secure", "mpv, https", "stretto-play is ahead")
        row("ffplay-secure", "ffplay, https", "stretto-play is ahead")
    }' took
end_all
