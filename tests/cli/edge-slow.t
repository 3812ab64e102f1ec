#!/bin/sh
# The nearest edge is malicious (tests/tools/badedge.py), and another is known: play and fetch soon continue with that one.
. ./tests/lib.sh
export SDL_AUDIODRIVER=dummy
tone song.wav 15
stretto-encode -b 320 song.wav >song.ogg
stretto-chunk song.ogg | stretto-publish --name song store >id
start stretto-serve store || exit
good=$url
stretto-fetch --edge "$good" song -o right.ogg || exit
bad() { # WAY PART: an edge that is bad in this way; sets $url
    python3 "$root/tests/tools/badedge.py" "$good" "$@" >"said.$1.$2" 2>&1 &
    started="$started $!"
    await_ready "$!" "said.$1.$2"
}
# All at the same time, because they mostly wait. The timeouts only end programs that would never end.
begin() { # WAY PART
    bad "$@" || return
    timeout 100 stretto-fetch --edge "$url" --edge "$good" --cache "kept.fetch.$1.$2" song -o "fetched.$1.$2" -v \
        >"fetch.$1.$2" 2>&1 &
    echo $! >"fetch.$1.$2.pid"
    timeout 100 stretto-play --edge "$url" --edge "$good" --cache "kept.play.$1.$2" -O null --events \
        "played.$1.$2" song >"play.$1.$2" 2>&1 &
    echo $! >"play.$1.$2.pid"
}
ended() { wait "$(cat "$1.$2.$3.pid")" || { cat "$1.$2.$3"; return 1; }; }
fetched() { ended fetch "$1" "$2" && cmp "fetched.$1.$2" right.ogg; }
lean() {
    test "$(jq 'select(.event == "chunk").bytes' "played.$1.$2" | paste -sd + | bc)" -le 6000000 ||
        { jq -c '[.event, .source, .bytes]' "played.$1.$2"; return 1; }
}
ways='drip tail endless head' parts='songs manifest chunk_ chunk_0 index'
for way in $ways; do
    for part in $parts; do ok "an edge that is $way for $part starts" begin "$way" "$part"; done
done
for way in $ways; do
    for part in $parts; do
        ok "$way, $part: the song is fetched" fetched "$way" "$part"
        ok "$way, $part: the song is played to its end" ended play "$way" "$part"
        ok "$way, $part: with few wasted bytes" lean "$way" "$part"
    done
done
finish
