#!/bin/sh
# stretto-play over links: what is heard is what was published when the edge dies in the middle and when the link falls off a cliff.
# Bytes and order are asserted, no times: these differ from machine to machine.
. ./tests/net/lib.sh
tone one.wav 30 || exit
stretto-encode -b 96,160,320 one.wav | stretto-chunk | stretto-publish --name one store >id || exit
id=$(cat id)
lay <<HOSTS
o 1 100000 100000 5 0
e 2 100000 100000 5 0
p1 11 640 640 20 0 200
p2 12 2000 2000 20 0 200
p3 13 400 400 30 0 500
HOSTS
start_on o stretto-serve --workers 1 store || exit
origin=$url
start_on e stretto-serve --workers 1 "$origin" || exit
edge=$url edge_pid=$pid

play() { # HOST ARGS...: into HOST.wav, HOST.jsonl
    host=$1
    shift
    on "$host" timeout 80 stretto-play -q --cache "$host.cache" --events "$host.jsonl" -O "wav:$host.wav" "$@"
}
events() { jq -c "select(.event == \"$2\")" "$1.jsonl"; }
until_has() { # FILE TEXT
    tries=0
    until grep -qs "$2" "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || return
        sleep 0.05
    done
}
# oggdec rounds to 16 bits, which is as far as two may differ
same() { # HEARD TRUE
    test "$(soxi -s "$1")" -eq "$(soxi -s "$2")" &&
        sox -V1 -m -v 1 "$1" -v -1 "$2" -n stats 2>stats &&
        awk '/^Max level/ {if ($3 > 0.00004) exit 1} /^Min level/ {if ($3 < -0.00004) exit 1}' stats ||
        { cat stats; soxi "$1" "$2"; return 1; }
}
decode() { stretto-fetch --store store -b "$1" one | oggdec -Q -b 16 -o "one.$1.wav" -; }
decode 96 && decode 160 || exit

steady() { play p3 --abr 96 --edge "$edge" one && same p3.wav one.96.wav; }
killed() {
    play p1 --abr 160 --edge "$edge" --edge "$origin" "$id" &
    player=$!
    until_has p1.jsonl '"index":0' && kill -9 "$edge_pid" && wait "$player"
}
whole() { same p1.wav one.160.wav && events p1 end | jq -e '.why == "finished" and .heard_ms == 30000'; }
both() { test "$(events p1 chunk | jq -r .from | sort -u | wc -l)" -eq 2; }
quiet() { test "$(events p1 stall | wc -l)" -eq 0; }
cliff() { # 2 Mbit/s, then 64 kbit/s, then nothing for 10 s, then back; beside the others
    play p2 --edge "$origin" "$id" &
    player=$!
    until_has p2.jsonl '"playing"' &&
        sleep 2 &&
        change p2 12 64 64 20 0 200 &&
        sleep 5 &&
        change p2 12 0 0 20 0 200 &&
        sleep 10 &&
        change p2 12 2000 2000 20 0 200 &&
        wait "$player"
}
resumes() {
    events p2 end | jq -e '.why == "finished" and .heard_ms == 30000' &&
        test "$(soxi -s p2.wav)" -eq "$(soxi -s one.96.wav)"
}
once() { test "$(events p2 stall | wc -l)" -le 1; }
in_order() { jq -s -e '[.[].seq] == [range(length)] and .[0].event == "start" and .[-1].event == "end"' p2.jsonl; }

cliff >cliff.said 2>&1 &
falling=$!
ok 'over a steady link, the sound equals the decoded song' steady
ok 'playback goes on when the edge is killed in the middle' killed
ok 'after the kill, the song is played to its end, sample for sample' whole
ok 'chunks came from the edge, then from the origin' both
ok 'playback did not stall' quiet
ok 'playback ends over a link of 2 Mbit/s, 64 kbit/s, 10 s of nothing, and 2 Mbit/s' wait $falling
ok 'the song is played to its end' resumes
ok 'playback stalled once at most' once
ok 'the events are complete and in order' in_order
finish
