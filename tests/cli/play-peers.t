#!/bin/sh
# stretto-play and peers: peers may only help.
# Chunks come from listeners of the same song, wrong bytes are never played, and an edge is always there.
. ./tests/lib.sh
export SDL_AUDIODRIVER=dummy STRETTO_LOCATION=52.5,13.4
tone song.wav 41
stretto-encode song.wav | stretto-chunk | stretto-publish --name song store >id
for kbps in 45 96 160 320; do stretto-fetch --store store -b $kbps song | oggdec -Q -b 16 -o song.$kbps.wav -; done
id=$(cat id)
start stretto-serve store || exit
edge=$url
printf '[{"name": "here", "url": "%s", "location": "52.5,13.4"}]' "$edge" >edges.json
track() { start stretto-track --edges edges.json --origin "$edge"; }
track && friends=$url friends_pid=$pid
track && enemies=$url
track && both=$url
samples() { soxi -s "$1"; }
# oggdec rounds to 16 bits, so samples may differ by this rounding
same() { # HEARD TRUE
    test "$(samples "$1")" -eq "$(samples "$2")" &&
        sox -V1 -m -v 1 "$1" -v -1 "$2" -n stats 2>stats &&
        awk '/^Max level/ {if ($3 > 0.00004) exit 1} /^Min level/ {if ($3 < -0.00004) exit 1}' stats ||
        { cat stats; soxi "$1" "$2"; return 1; }
}
listen() { # WHO TRACKER...: in real time
    who=$1 tracker=$2
    shift 2
    timeout 120 stretto-play --tracker "$tracker" --allow-local-peers --cache "$who.cache" --abr 320 --lead 30 -O \
        "wav:$who.wav" --events "$who.jsonl" "$@" song >"$who.said" 2>&1 &
    echo $! >"$who.pid"
}
alive() { kill -0 "$(cat "$1.pid")"; }
bytes() { jq "select(.event == \"chunk\" and .source == \"$2\").bytes" "$1.jsonl" | paste -sd + | sed 's/^$/0/' | bc; }
clean() { # WHO...
    for who in "$@"; do
        kept_right "$who.cache" store || return
    done
}
# a seeder with the whole song, known to two of the trackers
stretto-fetch --edge "$edge" --cache seed -b 320 song -o fetched.ogg
seed() {
    stretto-serve --announce "$1" --listen 127.0.0.1:0 --location 52.5,13.4 seed >"$2" 2>&1 &
    seeders="$seeders $!"
}
listed() { # TRACKER N: peers that it names
    tries=0
    until [ "$(curl -s "$1/songs/$id?location=52.5,13.4" | jq '.peers | length')" -ge "$2" ]; do
        tries=$((tries + 1)) && test $tries -lt 300 || return
        sleep 0.1
    done
}
seeders=
trap 'kill $seeders $mean 2>/dev/null; cleanup' EXIT
seed "$friends" seed.1 && seed "$both" seed.2
kinds='wrong long half slow refuse vanish lie busy astray shift claim forge'
mean=
for tracker in "$enemies" "$both"; do
    # shellcheck disable=SC2086 # words
    python3 "$root/tests/net/evil.py" "$tracker" 127.0.0.1 "$id" "store/songs/$id/320" $kinds \
        >"evil.${tracker##*:}" 2>&1 &
    mean="$mean $!"
done
ok 'the tracker names the seeder' listed "$friends" 1
ok 'and hostile peers elsewhere' listed "$enemies" 5
ok 'and another tracker names both' listed "$both" 6

listen anna "$friends"
listen bad "$enemies"
listen mixed "$both"
listen alone "$friends" --no-peers
listen lost "$friends"
track && pair=$url
listen carl "$pair" --share 90
wrote() { grep -qs "$2" "$1.jsonl" || ! alive "$1"; }
ok 'a player reaches its next song' await 'the second song of carl' wrote carl '"index":1'
ok 'the tracker soon knows a listener' listed "$pair" 1
listen dora "$pair"
ok 'a listener that will lose its tracker takes chunks from peers' await 'a chunk of a peer' wrote lost '"source":"peer"'
ok 'an unreachable tracker' stop "$friends_pid"
for who in anna bad mixed alone lost dora; do
    ended() { wait "$(cat "$who.pid")"; }
    ok "$who: played to its end" ended
done
for who in anna bad mixed alone lost carl dora; do ok "$who: heard what was published" same $who.wav song.320.wav; done
for who in anna bad mixed alone lost carl dora; do
    ok "$who: without a stall" test "$(jq -r 'select(.event == "stall").event' $who.jsonl | wc -l)" -eq 0
done
ok 'no wrong bytes are cached' clean anna bad mixed alone lost carl dora
from_peers() {
    test "$(bytes anna peer)" -eq "$(cat store/songs/"$id"/320/chunk_[1-9].ogg | wc -c)" &&
        test "$(bytes anna edge)" -eq "$(wc -c <store/songs/"$id"/320/chunk_0.ogg)"
}
ok 'with a peer that has the song, only the first chunk comes from the edge' from_peers
ok 'peers continue after the tracker is gone' test "$(bytes lost peer)" -gt 0
ok 'with --no-peers no bytes come from peers' test "$(bytes alone peer)" -eq 0
caught() {
    for kind in wrong long shift forge; do
        grep -q "^$kind asked" evil.* || continue
        grep -h '"reject"' bad.jsonl mixed.jsonl | jq -e '.why == "hash"' >/dev/null || return
    done
}
ok 'peers that sent wrong bytes are reported' caught
pkill -TERM -P "$(cat carl.pid)"
wait "$(cat carl.pid)"
given() {
    test "$(jq 'select(.event == "upload").bytes' carl.jsonl | paste -sd + | bc)" -ge "$(bytes dora peer)" &&
        test "$(bytes dora peer)" -gt 0
}
ok 'a song is uploaded while it is played, and the events contain the bytes' given
kept() {
    test "$(find anna.cache -name 'chunk_*' | wc -l)" -eq "$(find store/songs/"$id"/320 -name 'chunk_*' | wc -l)"
}
ok 'chunks from peers are cached too' kept
finish
