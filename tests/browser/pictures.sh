#!/bin/sh
# For `make pictures`: the pictures of README.md, in the folder given; of what `make demo` left in demo/, and of programs that run.
set -eu
folder=$1 demo=${2-demo}
here=$(dirname "$0")
. "$here/../../examples/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-pictures-XXXXXX")
export HOME="$work" PYTHONDONTWRITEBYTECODE=1
started='' session=''
finish() {
    [ -z "$session" ] || python3 "$here/page.py" close "$session" || :
    for pid in $started; do kill "$pid" 2>/dev/null || :; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
[ -r "$demo/report.html" ] || { echo 'pictures: run `make demo` first' >&2; exit 66; }
mkdir -p "$folder"
serve() { # TOOL [ARGS]: sets $url
    rm -f "$work/said"
    "$@" --listen 127.0.0.1:0 >"$work/said" 2>>"$work/log" &
    started="$started $!"
    await "the ready line of $1" $! ready "$work/said" || exit 69
    url=http://$(sed -n 's/^listening on //p' "$work/said")
}
# the songs of the demo as an album with a cover
mkdir "$work/music"
ffmpeg -v error -f lavfi -i gradients=size=600x600:seed=7:n=4:c0=0x20303c:c1=0xb3381b:c2=0xe8c07d:c3=0x41616b -frames:v 1 "$work/cover.png"
track=0
find "$demo/store/names" -type f -printf '%f\n' | sort >"$work/names"
while IFS= read -r name; do
    track=$((track + 1))
    stretto-fetch --store "$demo/store" -b 320 -o "$work/song.ogg" "$name"
    title=$(echo "$name" | tr - ' ' | sed 's/\b./\U&/g')
    ffmpeg -v error -i "$work/song.ogg" -i "$work/cover.png" -map 0:a -map 1:v -disposition:v attached_pic -metadata title="$title" \
        -metadata artist='A Demo' -metadata album='Two Minutes of Music' -metadata track=$track "$work/music/$name.flac" </dev/null
done <"$work/names"
stretto-publish "$work/music" "$work/store" >/dev/null
serve stretto-serve "$work/store"
page=$url
serve stretto-serve "$page" --name eu-west
page=$url
serve stretto-serve "$demo/store"
origin=$url
serve stretto-serve "$origin" --name eu-west
edge=$url
printf '[{"name": "eu-west", "url": "%s", "location": "50.1,8.7"}]' "$edge" >"$work/edges.json"
serve stretto-track --edges "$work/edges.json" --origin "$origin"
export STRETTO_TRACKER="$url" STRETTO_LOCATION=52.5,13.4

chromedriver --port=0 >"$work/driver" 2>&1 &
started="$started $!"
await 'chromedriver' $! grep -q 'started successfully on port' "$work/driver" || exit 69
port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$work/driver")
session=$(python3 "$here/page.py" open "http://127.0.0.1:$port" "$(command -v chromium)" "$work/profile")
python3 "$here/pictures.py" "$session" "$page" "$(cd "$demo" && pwd)/report.html" "$folder"

# somebody nearby has the first song, and shares it
songs=$(find "$demo/store/names" -type f -printf '%f\n' | sort | head -n 2)
first=$(echo "$songs" | head -n 1)
stretto-fetch --allow-local-peers --share forever -b 320 --cache "$work/friend" --json "$first" -o \
    "$work/friend.ogg" >"$work/friend.json" 2>>"$work/log" &
started="$started $!"
await 'the song of the friend' $! [ -s "$work/friend.json" ] || exit 69
id=$(cat "$demo/store/names/$first")
listed() { curl -s "$STRETTO_TRACKER/songs/$id?manifest=0" | jq -e '.peers | length > 0'; }
await 'the tracker to list the friend' $! listed || { cat "$work/log" >&2; exit 1; }
# shellcheck disable=SC2086 # a word a song
python3 "$here/terminal.py" "$folder/player.svg" 0.6 8 24 40 -- stretto-play --allow-local-peers --cache \
    "$work/mine" -O null $songs
PICTURE=$folder/page-sources.png sh "$here/../../examples/06-browsers.sh"
ls -l "$folder"
