#!/bin/sh
# stretto-track --peers-first: a fetch spares the edge, fast though it is, where peers have the song.
. ./tests/lib.sh
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 100 pinknoise gain -12
stretto-encode -b 320 song.wav | stretto-chunk -d 4 | stretto-publish --name song store >id || exit
id=$(cat id)
start stretto-serve store && edge=$url || exit
printf '[{"name": "here", "url": "%s"}]' "$edge" >edges.json
start stretto-track --edges edges.json --origin "$edge" && fast=$url || exit
start stretto-track --edges edges.json --origin "$edge" --peers-first && sparing=$url || exit
ok 'the answer says so' sh -c "curl -s $sparing/songs/song?manifest=0 | jq -e '.peers_first == true'"
ok 'and says nothing otherwise' sh -c "curl -s $fast/songs/song | jq -e 'has(\"peers_first\") | not'"

stretto-fetch --edge "$edge" --cache seed song -o fetched.ogg
seeders=
trap 'kill $seeders 2>/dev/null; cleanup' EXIT
for n in 1 2; do
    cp -r seed "seed$n"
    stretto-serve --announce "$sparing" --listen 127.0.0.1:0 "seed$n" >"seed$n.out" 2>&1 &
    seeders="$seeders $!"
done
listed() { curl -s "$sparing/songs/$id" | jq -e '.peers | length == 2'; }
ok 'two seeders are listed' soon listed
fetch() { rm -rf cache && stretto-fetch --tracker "$1" --allow-local-peers --cache cache --json -o got.ogg song >got.json; }
# on a busy machine a peer may be late by chance: one of five, where without the option none takes so much
spared() {
    for _ in 1 2 3 4 5; do
        fetch "$sparing" && cmp got.ogg fetched.ogg || return
        jq -e '.bytes.peer > 4 * .bytes.edge' got.json && return
        cat got.json
    done
    return 1
}
ok 'a fetch takes more than 80 % from them' spared
finish
