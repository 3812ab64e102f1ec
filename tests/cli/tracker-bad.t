#!/bin/sh
# A malicious tracker (tests/tools/badtracker.py) does not delay a song for a listener that knows an edge.
. ./tests/lib.sh
export SDL_AUDIODRIVER=dummy
tone song.wav 16 # two chunks, so that the tracker is also asked while the song plays
stretto-encode -b 320 song.wav >song.ogg
stretto-chunk song.ogg | stretto-publish --name song store >id
start stretto-serve store || exit
edge=$url
stretto-fetch --edge "$edge" song -o right.ogg || exit
bad() { # WAY: a tracker that is bad in this way; sets $url
    python3 "$root/tests/tools/badtracker.py" "$1" >"said.$1" 2>&1 &
    started="$started $!"
    await_ready "$!" "said.$1"
}
fetched() {
    timeout 60 stretto-fetch --tracker "$url" --edge "$edge" --cache "kept.$1" song -o "$1.ogg" &&
        cmp "$1.ogg" right.ogg
}
heard() { # all of it: 16 s, in two chunks
    timeout 60 stretto-play --tracker "$url" --edge "$edge" --cache "played.$1" -O null --events "$1.jsonl" song &&
        jq -s -e 'any(.event == "end" and .heard_ms == 16000) and (map(select(.event == "chunk").index) | unique | length == 2)' \
            "$1.jsonl" || { cat "$1.jsonl"; return 1; }
}
# with nothing but this tracker there is no song: it ends by itself
alone() {
    timeout 200 stretto-fetch --patience 10 --tracker "$url" --cache "none.$1" song -o none.ogg
    status=$?
    [ $status -eq 75 ] || [ $status -eq 69 ] || { echo "exit $status"; return 1; }
}
sent() {
    await 'what it sent' grep -q '^sent' said.flood
    awk '/^sent/ && $2 > most {most = $2} END {print most; exit !(most <= 8000000)}' said.flood
}
for way in drip head flood; do
    ok "a tracker that is $way" bad $way
    ok "$way: the song is fetched from the edge" fetched $way
    ok "$way: and played to its end" heard $way
    [ $way = flood ] && ok 'flood: no response is read for long while an edge is known' sent
    ok "$way: without an edge it ends" alone $way
done
finish
