#!/bin/sh
# For `make pictures`: the pictures of README.md, in the folder given; of what `make demo` left in demo/, and of programs that run.
set -eu
folder=$1 demo=${2-demo}
here=$(dirname "$0")
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
    until grep -qs '^listening on ' "$work/said"; do kill -0 $! || exit 69; sleep 0.05; done
    url=http://$(sed -n 's/^listening on //p' "$work/said")
}
serve stretto-serve "$demo/store"
origin=$url
serve stretto-serve "$origin" --name eu-west
edge=$url
printf '[{"name": "eu-west", "url": "%s", "location": "50.1,8.7"}]' "$edge" >"$work/edges.json"
serve stretto-track --edges "$work/edges.json" --origin "$origin"
export STRETTO_TRACKER="$url" STRETTO_LOCATION=52.5,13.4

chromedriver --port=0 >"$work/driver" 2>&1 &
started="$started $!"
until port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$work/driver") && [ -n "$port" ]; do
    kill -0 $! || exit 69
    sleep 0.05
done
session=$(python3 "$here/page.py" open "http://127.0.0.1:$port" "$(command -v chromium)" "$work/profile")
python3 "$here/pictures.py" "$session" "$edge" "$(cd "$demo" && pwd)/report.html" "$folder"

# somebody nearby has the first song, and shares it
songs=$(find "$demo/store/names" -type f -printf '%f\n' | sort | head -n 2)
first=$(echo "$songs" | head -n 1)
stretto-fetch --allow-local-peers --share forever -b 320 --cache "$work/friend" --json "$first" -o \
    "$work/friend.ogg" >"$work/friend.json" 2>>"$work/log" &
started="$started $!"
until [ -s "$work/friend.json" ]; do kill -0 $! || exit 69; sleep 0.1; done
id=$(cat "$demo/store/names/$first")
tries=0
until curl -s "$STRETTO_TRACKER/songs/$id?manifest=0" | jq -e '.peers | length > 0' >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
# shellcheck disable=SC2086 # a word a song
python3 "$here/terminal.py" "$folder/player.svg" 0.6 8 24 40 -- stretto-play --allow-local-peers --cache \
    "$work/mine" -O null $songs
ls -l "$folder"
