#!/bin/sh
# Stretto-Parts: a listener passes on the pieces of a chunk that it has not received whole.
. ./tests/lib.sh
export SDL_AUDIODRIVER=dummy
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 35 pinknoise pinknoise gain -12
stretto-encode -b 320 song.wav | stretto-chunk | stretto-publish --name song store >id || exit
id=$(cat id) chunk=store/songs/$id/320/chunk_2.ogg
start stretto-serve store && good=$url || exit
start stretto-track --origin "$good" && tracker=$url || exit
# it never sends the end of chunk 2
python3 "$root/tests/tools/badedge.py" "$good" tail 320/chunk_2 >bad 2>&1 &
started="$started $!"
await_ready $! bad && bad=$url || exit

timeout 300 stretto-fetch --edge "$bad" --tracker "$tracker" --allow-local-peers --cache first --share forever \
    -o first.ogg song >first.said 2>&1 &
first=$! started="$started $!"
has() { [ -s "$1/songs/$id/320/chunk_$2.ogg" ]; }
others() { has first 0 && has first 1 && has first 3; }
ok 'the first listener gets all chunks but one' soon others
peer() { curl -s "$tracker/songs/song?manifest=0" | jq -er '.peers[0].url' >peer; }
ok 'and is listed' soon peer
# the headers alone are not a piece
parts() { curl -sI "$(cat peer)/songs/$id/320/index" | tr -d '\r' | grep '^Stretto-Parts: 2/0-[1-9]' >parts; }
ok 'it tells of the pieces of the other' soon parts

timeout 100 stretto-play --edge "$good" --tracker "$tracker" --allow-local-peers --cache second --abr 320 --lead 10 \
    --no-share -O null --events second.jsonl song >second.said 2>&1 &
second=$! started="$started $!"
whole() { has second 2; }
ok 'the second listener gets this chunk' soon whole
lacks_it() { kill -0 "$first" && ! has first 2; }
ok 'while the first one still lacks its end' lacks_it
kill -TERM "$second"
wait "$second" 2>/dev/null # it writes its last events
bytes() { jq "select(.event == \"chunk\" and .index == 2 and .source == \"$1\").bytes" second.jsonl | paste -sd + | bc; }
most_of_it() { # the first listener lacks one piece or two of some 40 kB
    of_peer=$(bytes peer) of_edge=$(bytes edge)
    jq -c 'select(.event == "chunk") | [.index, .source, .bytes]' second.jsonl
    [ "$((of_peer + of_edge))" -eq "$(wc -c <"$chunk")" ] && [ "$of_peer" -gt $((3 * of_edge)) ]
}
ok 'most of this chunk came from the first listener, its end from the edge' most_of_it
ok 'what was received is right' kept_right second store
ok 'without a stall' lacks '"stall"' second.jsonl
finish
