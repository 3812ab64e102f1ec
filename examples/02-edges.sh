#!/bin/sh
# An origin and two edges. An edge is killed while a client streams, and the client continues on the other edge.
# The idea: each edge fetches a song from the origin once. Edges serve songs without the origin. All servers send the same
# bytes and the same ETag for a song, so a client can resume on one server a transfer that broke off on another.
#
#   examples/02-edges.sh [STORE SONG]      without arguments: a song of the demo
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-edges-XXXXXX")
servers=
finish() {
    for pid in $servers; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# serve NAME SOURCE [OPTION...]: start a server on a free port; set url and pid
serve() {
    name=$1 source=$2
    shift 2
    # --public-metrics puts /metrics on the same listener. A real server has a separate listener for it, see --admin.
    stretto-serve --listen 127.0.0.1:0 --name "$name" --public-metrics "$@" "$source" >"$work/$name.said" &
    pid=$!
    servers="$servers $pid"
    await "the ready line of $name" "$pid" ready "$work/$name.said" || exit 69
    url=http://$(sed -n 's/^listening on //p' "$work/$name.said")
    printf '   %-8s %s  <- %s\n' "$name" "$url" "$source"
}
say() { printf '\n%s\n' "$*"; }
asked() { curl -sS "$1/metrics" | sed -n 's/^stretto_upstream_requests_total //p'; }

store=${1-$work/store} song=${2-song}
if [ $# -eq 0 ]; then
    music=$(find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -1)
    say "no store given: publishing $(basename "$music")"
    stretto-encode "$music" | stretto-chunk | stretto-publish --name song "$store"
fi

say '1  an origin and two edges'
serve origin "$store"
origin=$url origin_pid=$pid
serve eu-west "$origin" --cache "$work/eu-west.cache"
west=$url west_pid=$pid
serve us-east "$origin" --cache "$work/us-east.cache"
east=$url

say '2  three requests for the same chunk'
for place in "$west" "$west" "$east"; do
    curl -sS -o /dev/null -D - -H 'X-User-Bitrate: 160' "$place/songs/$song/chunk_0.ogg" | tr -d '\r' | sed -n 's/^\(X-Cache\|Cache-Status\): /   /p' | paste -sd ' '
done

say '3  eu-west is killed while a client streams from it'
# The client pauses after 300 kB until the edge is dead. Otherwise the sockets' buffers could hold the whole song.
{ curl -sS "$west/stream/$song?kbps=320" 2>"$work/curl" || printf '   curl: %s\n' "$(sed 's/^curl: //' "$work/curl")" >&2; } | {
    head -c 300000 >"$work/song.ogg"
    kill -9 $west_pid
    cat >>"$work/song.ogg"
}
printf '   %s bytes have arrived; curl -C - requests the rest from us-east\n' "$(wc -c <"$work/song.ogg")"
curl -sS -C - -o "$work/song.ogg" "$east/stream/$song?kbps=320"
printf '   %s bytes; us-east sent %s requests to the origin, one per missing chunk\n' "$(wc -c <"$work/song.ogg")" "$(asked "$east")"

say '4  a client streams the whole song from us-east; the origin is killed; us-east still has the song'
curl -sS -o "$work/whole.ogg" "$east/stream/$song?kbps=320"
kill -9 $origin_pid
curl -sS -o "$work/again.ogg" -w '   %{http_code}, %{size_download} bytes in %{time_total} s\n' "$east/stream/$song?kbps=320"

say '5  all copies equal the song'
stretto-fetch --store "$store" -b 320 "$song" -o "$work/true.ogg"
for file in song whole again; do
    cmp "$work/$file.ogg" "$work/true.ogg" && printf '   %s.ogg: the same %s bytes as from the store\n' "$file" "$(wc -c <"$work/true.ogg")"
done
oggz-validate "$work/song.ogg" && echo '   oggz-validate is content'
