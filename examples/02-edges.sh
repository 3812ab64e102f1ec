#!/bin/sh
# An origin and two edges in two places; one of them is killed while a client streams, and the client goes on at the other.
# What to see: a song is fetched from the origin once for each edge, edges answer for an origin that is gone, and since all servers
# make the same bytes and the same ETag of a song, a transfer that broke off at one is finished by another.
#
#   examples/02-edges.sh [STORE SONG]      without them, a song of the demo
set -eu
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-edges-XXXXXX")
servers=
finish() {
    for pid in $servers; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# serve NAME SOURCE [OPTION...]: on a free port; sets url and pid
serve() {
    name=$1 source=$2
    shift 2
    # with their numbers on the same listener: elsewhere they have one of their own, see --admin
    stretto-serve --listen 127.0.0.1:0 --name "$name" --public-metrics "$@" "$source" >"$work/$name.said" &
    pid=$!
    servers="$servers $pid"
    until grep -q '^listening on ' "$work/$name.said"; do
        kill -0 "$pid" || exit 69
        sleep 0.05
    done
    url=http://$(sed -n 's/^listening on //p' "$work/$name.said")
    printf '   %-8s %s  <- %s\n' "$name" "$url" "$source"
}
say() { printf '\n%s\n' "$*"; }
asked() { curl -sS "$1/metrics" | sed -n 's/^stretto_upstream_requests_total //p'; }

store=${1-$work/store} song=${2-song}
if [ $# -eq 0 ]; then
    music=$(find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -1)
    say "no store was named, so $(basename "$music") is published first"
    stretto-encode "$music" | stretto-chunk | stretto-publish --name song "$store"
fi

say '1  an origin, and two edges before it'
serve origin "$store"
origin=$url origin_pid=$pid
serve eu-west "$origin" --cache "$work/eu-west.cache"
west=$url west_pid=$pid
serve us-east "$origin" --cache "$work/us-east.cache"
east=$url

say '2  the same chunk three times'
for place in "$west" "$west" "$east"; do
    curl -sS -o /dev/null -D - -H 'X-User-Bitrate: 160' "$place/songs/$song/chunk_0.ogg" | tr -d '\r' | sed -n 's/^\(X-Cache\|Cache-Status\): /   /p' | paste -sd ' '
done

say '3  a client streams from eu-west, which is killed in the middle'
# it pauses after 300 kB until the edge is dead, so that the whole song is not in the sockets' buffers before
{ curl -sS "$west/stream/$song?kbps=320" 2>"$work/curl" || printf '   curl: %s\n' "$(sed 's/^curl: //' "$work/curl")" >&2; } | {
    head -c 300000 >"$work/song.ogg"
    kill -9 $west_pid
    cat >>"$work/song.ogg"
}
printf '   %s bytes are here, and curl -C - asks us-east for the rest\n' "$(wc -c <"$work/song.ogg")"
curl -sS -C - -o "$work/song.ogg" "$east/stream/$song?kbps=320"
printf '   %s bytes; us-east asked the origin %s times, once for each chunk that it had not\n' "$(wc -c <"$work/song.ogg")" "$(asked "$east")"

say '4  somebody listens to all of it at us-east; then the origin is killed too, and us-east has the song'
curl -sS -o "$work/whole.ogg" "$east/stream/$song?kbps=320"
kill -9 $origin_pid
curl -sS -o "$work/again.ogg" -w '   %{http_code}, %{size_download} bytes in %{time_total} s\n' "$east/stream/$song?kbps=320"

say '5  all of these are the song'
stretto-fetch --store "$store" -b 320 "$song" -o "$work/true.ogg"
for file in song whole again; do
    cmp "$work/$file.ogg" "$work/true.ogg" && printf '   %s.ogg: the same %s bytes as from the store\n' "$file" "$(wc -c <"$work/true.ogg")"
done
oggz-validate "$work/song.ogg" && echo '   oggz-validate is content'
