#!/bin/sh
# The page with its core: the rules of stretto-play in WebAssembly. What is heard, sample by sample, against oggdec, through song changes,
# seeks, splices and a link that breaks down; what is kept; what is told.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"

# one sound, cut where no page ends: a gap or a step at the joint would be heard
sox -R -n -r 44100 -c 2 -b 16 whole.wav synth 24.5 sine 200:5000 synth 24.5 noise mix gain -20
sox whole.wav first.wav trim 0 12.3
sox whole.wav second.wav trim 12.3
sox -R -n -r 44100 -c 2 -b 16 long.wav synth 60 sine 200:5000 synth 60 noise mix gain -20
put() { # FILE TITLE ALBUM [CHUNK SECONDS]
    ffmpeg -v error -i "$1.wav" -metadata title="$2" -metadata artist=Ada -metadata album="$3" "$1.flac" &&
        stretto-encode --no-normalize "$1.flac" | stretto-chunk -d "${4-10}" | stretto-publish --name "$1" store >/dev/null
}
put first First A && put second Second B && put long Long C 30
for song in first second long; do
    for kbps in 45 96 160 320; do
        stretto-fetch --no-cache --store store --bitrate $kbps -o "$song-$kbps.ogg" $song &&
            oggdec -Q -b 16 -R -o "$song-$kbps.raw" "$song-$kbps.ogg"
    done
done

start stretto-serve --name here --events events.jsonl store
server=$url
if ! curl -sf "$server/" | grep -q "load_core('/web/"; then
    skip 'the page with its core' 'this build has no core: make web'
    finish
    exit
fi
start stretto-serve --name near "$server"
near=$url
echo 100000 >rate
python3 "$root/tests/browser/slow.py" "$server" >slow.said &
started="$started $!"
linked() { grep -q listening slow.said; }
await 'the link' linked || exit 1
url=http://$(sed -n 's/listening on //p' slow.said)

start_browser || exit 1
at() { browser "$session" "$url" "$1"; }

web=$(curl -s "$url/" | sed -n "s/.*load_core('\([^']*\)'.*/\1/p")
served() { # the core: small, unchanging, and the same bytes with and without compression
    curl -sfD head --compressed -o core.wasm "$url${web}core.wasm" && grep -qi '^content-encoding: gzip' head &&
        grep -qi '^cache-control:.*immutable' head &&
        grep -qi '^content-type: application/wasm' head && curl -sf -o plain.wasm "$url${web}core.wasm" && cmp core.wasm plain.wasm &&
        [ "$(sed -n 's/^content-length: \([0-9]*\).*/\1/Ip' head)" -lt 220000 ] &&
        [ "$(curl -so /dev/null -w '%{http_code}' "$url/web/0/core.wasm")" = 404 ]
}
ok 'the core is small, and its path never changes' served
by_edge() { # twice: as the origin gives it, then from the edge
    curl -s "$near/" | grep -qF "load_core('$web'" || return
    for cache in MISS HIT; do
        curl -sfD head --compressed -o near.wasm "$near${web}core.wasm" && cmp core.wasm near.wasm && grep -qi "^x-cache: $cache" head &&
            grep -qi '^content-type: application/wasm' head && grep -qi '^content-encoding: gzip' head || return
    done
}
ok 'an edge serves the page and, from its cache, the core' by_edge
ok 'the core becomes ready' at ready
ok 'two songs play as one, without a missing or an extra sample' at gapless
ok 'the page keeps the chunks it has played and does not request them again' at kept
ok 'after a seek, the samples are those of the new position' at seeks
ok 'playback resumes at the sample where it was paused' at pauses
ok 'a song repeats without a gap, also at a lower volume' at repeats
ok 'a higher bitrate follows inside a chunk without a step in the samples' at splices
ok 'the link falls to 100 kbit/s and playback does not stall' at falls
ok '<audio> plays a song that starts before the core is ready to its end, and nothing is downloaded twice' at falls_back
ok 'media keys reach an element of the page' at media_keys
ok 'requests carry the state of the player (CMCD)' grep -q '^CMCD-Request: bl=' heads
ok 'nothing failed: the console is empty' at silent_console
ok 'the page also plays on plain http' at insecure
told() { python3 "$root/tests/browser/core.py" events events.jsonl; }
ok 'the events report all of this' told
finish
