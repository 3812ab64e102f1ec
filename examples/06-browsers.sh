#!/bin/sh
# Pages in a browser exchange a song with each other and with a native peer, over WebRTC.
# The idea: nobody here accepts a connection from the others. The tracker only passes a few addresses on, once for each pair.
# The first page takes most of the song from the native peer. Then this peer is killed, and a second page takes it from the
# first page. All verify what they get.
#
#   examples/06-browsers.sh [STORE SONG]   without arguments: a song of the demo
#
# PICTURE=FILE saves a picture of the first page.
# Without Chromium and chromedriver, a second native peer takes the place of the pages. `make web all` builds the page's player.
set -eu
. "$(dirname "$0")/await.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-browsers-XXXXXX")
pids='' session=''
finish() {
    [ -z "$session" ] || curl -s -X DELETE "$session" >/dev/null || true
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
say() { printf '\n%s\n' "$*"; }

# serve NAME PROGRAM [OPTION...]: start a server on a free port; set url and pid
serve() {
    name=$1 program=$2
    shift 2
    "$program" --listen 127.0.0.1:0 "$@" >"$work/$name.said" &
    pid=$!
    pids="$pids $pid"
    await "the ready line of $name" "$pid" ready "$work/$name.said" || exit 69
    url=http://$(sed -n 's/^listening on //p' "$work/$name.said")
    printf '   %-8s %s\n' "$name" "$url"
}
command -v stretto-rtc >/dev/null || { echo 'not here: this needs stretto-rtc (libnice, usrsctp, GLib)'; exit 0; }

store=${1-$work/store} song=${2-song}
if [ $# -eq 0 ]; then
    music=$(find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -1)
    stretto-encode "$music" | stretto-chunk | stretto-publish --name song "$store" >/dev/null
fi
id=$(cat "$store/names/$song")
have=$(jq -c --arg id "$id" '{($id): [.renditions[] | {(.kbps | tostring): [[0, (.chunks | length) - 1]]}] | add}' "$store/songs/$id/manifest.json")

say '1  an origin whose page may share, a tracker, and a native peer'
serve origin stretto-serve "$store"
origin=$url
serve tracker stretto-track --origin "$origin"
tracker=$url
serve page stretto-serve "$store" --browser-peers "$tracker"
page=$url
# loopback, for all of this is on one machine
serve native stretto-rtc --tracker "$tracker" --upstream "$origin" --address 127.0.0.1
native=$url native_pid=$pid
peer=$(sed -n 's/^peer //p' "$work/native.said")
announce() { curl -sf -H 'Content-Type: application/json' -d "{\"peer_id\": \"x\", \"port\": 8999, \"upload_kbps\": 20000, \"songs\": $have}" "$native/announce"; }
named() { # PEER
    curl -sf -H 'Content-Type: application/json' -d "{\"song_id\": \"$id\", \"rtc\": true}" "$tracker/peers" |
        jq -e --arg url "rtc:$1" '.peers[] | select(.url == $url)'
}
here() { announce && named "$peer"; }
await 'the native peer at the tracker' "$native_pid" here || exit 69
echo "   the tracker names it rtc:$peer: its key proves this name"

page_works() { curl -sf "$page/" | grep -q "load_core('/web/"; }
if ! command -v chromedriver >/dev/null || ! command -v chromium >/dev/null || ! page_works; then
    say '2  not here: pages need chromium, chromedriver and make web all. A second native peer takes a chunk from the first'
    serve second stretto-rtc --tracker "$tracker" --upstream "$origin" --address 127.0.0.1
    chunk=songs/$id/$(jq -r '.renditions[0].kbps' "$store/songs/$id/manifest.json")/chunk_0.ogg
    takes() { curl -sf -m 30 -o "$work/chunk" "$url/rtc/$peer/$chunk"; }
    await 'a chunk over WebRTC' "$pid" takes || exit 69
    cmp "$work/chunk" "$store/$chunk"
    echo "   $(wc -c <"$work/chunk") bytes over WebRTC: right, byte for byte"
    exit 0
fi

# WebDriver (W3C) by curl; two origins of one machine are two browsers with storages of their own
driver() { # PATH JSON
    curl -s -H 'Content-Type: application/json' -d "$2" "$session/$1"
}
value_of() { driver execute/sync "$(jq -n --arg s "return ($1)" '{script: $s, args: []}')" | jq -c .value; }
true_in_page() { [ "$(value_of "Boolean($1)")" = true ]; }
chromedriver --port=0 >"$work/driver" 2>&1 &
driver_pid=$!
pids="$pids $driver_pid"
await chromedriver $driver_pid grep -q 'started successfully on port' "$work/driver" || exit 69
chromedriver=http://127.0.0.1:$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$work/driver")
flags='"--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,800", "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns", "--host-resolver-rules=MAP music.test 127.0.0.1"'
browser=$(curl -s -H 'Content-Type: application/json' -d '{"capabilities": {"alwaysMatch": {"browserName": "chrome",
    "goog:chromeOptions": {"args": ['"$flags"', "--user-data-dir='"$work/profile"'"]}}}}' "$chromedriver/session" | jq -r .value.sessionId)
session=$chromedriver/session/$browser

takes_most() { true_in_page 'core.sources && core.sources.peers > 2 * core.sources.server && core.sources.peers > 300000'; }
listen() { # URL: a page that shares and plays the song
    driver url "$(jq -n --arg url "$1" '{url: $url}')" >/dev/null
    await 'the page' $driver_pid true_in_page 'core && core.ready && document.querySelector(".song")' || exit 69
    value_of "document.getElementById('share').click()" >/dev/null
    await 'the page at the tracker' $driver_pid true_in_page 'core.sources && core.sources.goodbye' || exit 69
    value_of "[...document.querySelectorAll('.song')][0].click()" >/dev/null
    await 'bytes of peers' $driver_pid takes_most || { value_of core.sources >&2; exit 69; }
    value_of core.sources | jq -r '"   from other listeners \(.peers) bytes, from the server \(.server)"'
}
say '2  the first page takes the song from the native peer'
listen "$page"
first=$(value_of core.sources.peer | jq -r .)
await 'the first page among the peers' $driver_pid named "$first" || exit 69
[ -z "${PICTURE:-}" ] || curl -s "$session/screenshot" | jq -r .value | base64 -d >"$PICTURE"
echo "   the page says: $(value_of "document.getElementById('sources').textContent" | jq -r .)"

say '3  the native peer is killed with -9, and a second page takes the song from the first'
kill -9 "$native_pid"
handle=$(curl -s "$session/window" | jq -c '{handle: .value}')
driver window "$(driver window/new '{"type": "tab"}' | jq -c '{handle: .value.handle}')" >/dev/null
listen "http://music.test:${page##*:}"
driver window "$handle" >/dev/null
await 'what the first page gave' $driver_pid true_in_page 'core.sources.given > 300000' || exit 69
value_of core.sources | jq -r '"   the first page gave \(.given) bytes: right, for each page verifies what it plays"'
