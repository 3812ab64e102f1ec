#!/bin/sh
# Pages that exchange chunks: with stretto-rtc, both ways, and with each other; what is heard against oggdec; peers that die and that lie.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"
command -v stretto-rtc >/dev/null || {
    skip 'pages as peers' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'
    finish
    exit
}

put() { # NAME TITLE ALBUM SECONDS
    sox -R -n -r 44100 -c 2 -b 16 "$1.wav" synth "$4" sine 200:5000 synth "$4" noise mix gain -20
    ffmpeg -v error -i "$1.wav" -metadata title="$2" -metadata artist=Ada -metadata album="$3" "$1.flac" &&
        stretto-encode --no-normalize -b 96 "$1.flac" | stretto-chunk -d 4 | stretto-publish --name "$1" store >/dev/null
}
put song Song B 24 && put other Other A 8
stretto-fetch --no-cache --store store --bitrate 96 -o song.ogg song && oggdec -Q -b 16 -R -o song-96.raw song.ogg
id=$(cat store/names/song)

start stretto-serve --workers 1 store
origin=$url
start stretto-track --origin "$origin"
tracker=$url
start stretto-serve --workers 1 --events events.jsonl --browser-peers "$tracker" store
page=$url
if ! curl -sf "$page/" | grep -q "load_core('/web/.*', '$tracker')"; then
    skip 'pages as peers' 'this build has no core: make web'
    finish
    exit
fi
policy() {
    curl -sfI "$page/" | grep -qi "^content-security-policy:.*connect-src 'self' $tracker;" && ! curl -sf "$origin/" | grep -q "$tracker"
}
ok 'the policy allows the configured tracker, and none without configuration' policy
have="{\"peer_id\": \"x\", \"port\": 8999, \"upload_kbps\": 100000, \"songs\": {\"$id\": {\"96\": [[0, 5]]}}}"
native() { # UPSTREAM: a peer with the song; sets $gate, $peer and $pid
    start stretto-rtc --tracker "$tracker" --upstream "$1" --address 127.0.0.1 || return
    gate=$url
    await 'the id of the peer' grep -q '^peer ' "$said" && peer=$(sed -n 's/^peer //p' "$said")
    await 'the word of the tracker' curl -sf -o /dev/null "$gate/healthz"
    await 'the peer in the list' listed "$peer"
}
listed() {
    curl -sf -o /dev/null -H 'Content-Type: application/json' -d "$have" "$gate/announce"
    named "$1"
}
named() {
    curl -sf -H 'Content-Type: application/json' -d "{\"song_id\": \"$id\", \"kbps\": 96, \"rtc\": true}" "$tracker/peers" |
        jq -e --arg url "rtc:$1" '.peers[] | select(.url == $url)' >/dev/null
}

start_browser || exit 1
at() { browser "$session" "$page" "$1"; }

ok 'sharing is off until the listener switches it on' at off_at_first
native "$origin"
echo "$pid" >peer.pid
ok 'a page downloads a song from a native peer' at takes
ok 'the page shows the sources of its bytes' at sources_add_up
page_id=$(cat page.id)
ok 'the tracker lists the page as a peer' await 'the page in the list' named "$page_id"
gives() { curl -sf -m 60 -o got "$gate/rtc/$page_id/songs/$id/96/chunk_$1.ogg" && cmp got "store/songs/$id/96/chunk_$1.ogg"; }
at used
ok 'a native peer downloads a chunk from the page' await 'a chunk of the page' gives 2
ok 'an upload does not count as playback' at used
part() { [ "$(curl -s -m 60 -r 1000-2999 -o got -w '%{http_code}' "$gate/rtc/$page_id/songs/$id/96/chunk_1.ogg")" = 206 ] &&
    tail -c +1001 "store/songs/$id/96/chunk_1.ogg" | head -c 2000 | cmp - got; }
ok 'a native peer downloads part of a chunk' await 'a part of the page' part
lacks() { [ "$(curl -s -m 60 -o got -w '%{http_code}' "$gate/rtc/$page_id/songs/$id/$1")" = 404 ]; }
ok 'the page does not upload anything but chunks' lacks manifest.json
ok 'the page refuses a chunk that it does not have' lacks 96/chunk_77.ogg
ok 'the peer id of a page persists, and a second page has its own' at tabs_differ
ok 'of two pages that open at the same time, one keeps the id' at one_keeps_the_key
ok 'an invalid STUN URL is ignored' at bad_stun
ok 'kill -9 of the uploading peer: playback continues' at dies
wait "$pid" 2>/dev/null
ok 'a second page downloads the song from the first' at another_browser

cp -r store false
for chunk in false/songs/"$id"/96/chunk_*.ogg; do printf x | dd of="$chunk" bs=1 seek=3000 conv=notrunc 2>/dev/null; done
start stretto-serve --workers 1 false
native "$url"
liar=$peer
ok 'wrong bytes of a peer are never played' at lies
native "$origin"  # the liar is shut out, whatever it asks for
right() { for k in 0 1 2 3 4 5; do gives $k || return; done; }
ok 'wrong bytes of a peer are never uploaded' await 'all chunks of the page' right
ok 'the page never uploads on a metered link' at metered
ok 'the listener leaves the page' at leaves
gone() { ! named "$page_id"; }
ok 'a closed page leaves the tracker'\''s list' await 'the end of the page' gone

# a listener to which natives connect over HTTP
start stretto-track --origin "$origin" --interval 3 --ttl 60
near=$url
start stretto-serve --workers 1 --browser-peers "$near" store
near_page=$url
STRETTO_RTC_ADDRESS=127.0.0.1 stretto-fetch --tracker "$near" --edge "$origin" --allow-local-peers --bitrate 96 --cache shared \
    --share forever -o shared.ogg song 2>shared.err &
sharer=$! started="$started $!"
await 'its file' test -s shared.ogg
page_asks="{\"song_id\": \"$id\", \"rtc\": true, \"http\": false}"
for_pages() { curl -sf -d "$page_asks" "$near/peers" | jq -er '.peers[].url' | grep '^rtc:'; }
ok 'a listener that HTTP reaches is named to pages' await 'its id' for_pages
ok 'a page downloads a song from it' browser "$session" "$near_page" takes_of_listener
kill "$sharer" && wait "$sharer" 2>/dev/null
told() { python3 "$root/tests/browser/peers.py" events events.jsonl "$liar"; }
ok 'the events report peers, uploads and wrong bytes' told
ok 'an invalid tracker URL: 64' exits 64 stretto-serve --browser-peers 'http://a/b"' store
ok '--browser-peers on an edge: 64, since the page comes from the origin' exits 64 stretto-serve --browser-peers "$tracker" "$origin"
finish
