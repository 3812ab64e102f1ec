#!/bin/sh
# Players and apps that people already have: mpv and VLC by playlists, phone apps by the Subsonic API.
# The idea: a server needs no app of its own. A playlist is a list of addresses. stretto-subsonic translates for apps and keeps no
# data; what they scrobble are events, so the report counts these plays, too.
#
#   examples/08-apps.sh       half a minute of three songs of the demo as an album with a cover
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-apps-XXXXXX")
pids=
finish() {
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
say() { printf '\n%s\n' "$*"; }
serve() { # PROGRAM [OPTION...]: start a server on a free port; set url and pid
    rm -f "$work/said"
    "$@" --listen 127.0.0.1:0 >"$work/said" &
    pid=$!
    pids="$pids $pid"
    await "the ready line of $1" "$pid" ready "$work/said" || exit 69
    url=http://$(sed -n 's/^listening on //p' "$work/said")
}

say '1  an album of three songs with a cover, an origin that takes events, and an edge'
mkdir "$work/music"
ffmpeg -v error -f lavfi -i gradients=size=600x600:seed=7 -frames:v 1 "$work/cover.png"
find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -3 >"$work/files"
track=0
while read -r file; do
    track=$((track + 1))
    ffmpeg -v error -ss 30 -t 31 -i "$file" -i "$work/cover.png" -map 0:a:0 -map 1:v -disposition:v attached_pic \
        -metadata track=$track -metadata title="$(basename "$file" .mp3)" -metadata artist=Anna \
        -metadata album='Half a Minute' "$work/music/$track.flac" </dev/null
done <"$work/files"
stretto-publish -b 96,160 "$work/music" "$work/store" >/dev/null
serve stretto-serve "$work/store" --events "$work/events.jsonl"
origin=$url
serve stretto-serve "$origin" --name edge
edge=$url
album=$(curl -sf "$edge/songs?list=albums" | jq -r '.albums[0].id')

say "2  its playlist, $edge/albums/$album.m3u8"
curl -sf "$edge/albums/$album.m3u8" | sed 's/^/   /'
echo '   it opens in VLC, in mpv, and in stretto-play'
if command -v mpv >/dev/null; then
    # into a file: as fast as the songs come
    mpv --no-config --really-quiet --no-video --gapless-audio=yes --ao=pcm --ao-pcm-file="$work/mpv.wav" \
        "$edge/albums/$album.m3u8" </dev/null
    echo "   mpv played $(ffprobe -v error -show_entries format=duration -of csv=p=0 "$work/mpv.wav" | cut -d. -f1) seconds"
fi

say '3  an app: it needs the address of stretto-subsonic, and a key'
key=$(stretto-subsonic --keys "$work/keys" --generate anna)
serve stretto-subsonic --keys "$work/keys" --upstream "$edge"
echo "   $url, and as the password of anna: $key"
rest() { # METHOD [curl arguments]: what an app sends, here by curl
    method=$1
    shift
    curl -sf -G "$url/rest/$method" -d f=json -d u=anna -d "p=$key" -d v=1.16.1 -d c=example "$@"
}
# shellcheck disable=SC2329 # by await
listed() { rest getAlbumList2 -d type=newest | jq -e '."subsonic-response".albumList2.album | length > 0'; }
await 'the list of songs' "$pid" listed || exit 69
id=$(rest getAlbumList2 -d type=newest | jq -r '."subsonic-response".albumList2.album[0].id')
rest getAlbum -d "id=$id" >"$work/album"
jq -r '."subsonic-response".album | "   \(.name) by \(.artist), \(.songCount) songs", (.song[] | "   \(.track)  \(.title)")' "$work/album"
rest getCoverArt -d "id=$id" -o "$work/cover.jpg"
echo "   its cover: $(ffprobe -v error -show_entries stream=width,height -of csv=p=0:s=x "$work/cover.jpg") pixels"

say '4  it plays the album at 96 kbit/s, begins one song in the middle, and scrobbles'
jq -r '."subsonic-response".album.song[].id' "$work/album" >"$work/ids"
while read -r song; do
    rest stream -d "id=$song" -d maxBitRate=96 -o "$work/song.ogg"
    seconds=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$work/song.ogg" | cut -d. -f1)
    echo "   $(wc -c <"$work/song.ogg") bytes, $seconds s"
    rest scrobble -d "id=$song" >/dev/null
    last=$song
done <"$work/ids"
half=$(($(wc -c <"$work/song.ogg") / 2))
rest stream -d "id=$last" -d maxBitRate=96 -r "$half-" -o "$work/half"
tail -c +$((half + 1)) "$work/song.ogg" | cmp - "$work/half"
echo "   the second half alone: $(wc -c <"$work/half") bytes, the same"

say '5  the report'
stretto-report --json "$work/events.jsonl" | jq -r '"   \(.totals.plays) plays, \(.totals.listeners) listener"'
