#!/bin/sh
# stretto-publish --remove: the song disappears from the origin, and within a minute from edges, trackers and peers.
. ./tests/lib.sh
patience=120
sing() { # NAME FREQUENCY
    sox -R -n -r 44100 -c 2 -b 16 "$1.wav" synth 16 sine "$2" &&
        stretto-encode -b 96,160 "$1.wav" | stretto-chunk >"$1.bundle" &&
        stretto-publish --name "$1" store "$1.bundle"
}
id=$(sing song 440) && other=$(sing other 550) || exit
chunk=/songs/$id/160/chunk_0.ogg last=/songs/$id/160/chunk_1.ogg # a song of two chunks: both must disappear
code() { curl -sS -m 60 -o got -w '%{http_code}' "$@"; }
answers() { test "$(code "$2")" = "$1"; }

nothing() { start stretto-serve store && origin=$url && answers 404 "$origin/removed"; }
ok 'an origin that has removed nothing has no log' nothing
start stretto-serve "$origin" --cache inner && inner=$url || exit
start stretto-serve "$inner" --cache outer && outer=$url || exit
start stretto-serve "$origin" --cache away && away=$url away_pid=$pid || exit
start stretto-track --origin "$outer" --interval 1 && tracker=$url || exit
stretto-fetch --tracker "$tracker" --edge "$outer" --cache kept --no-share --bitrate 160 -o got.ogg "$id" || exit
start stretto-serve --announce "$tracker" kept && peer=$url || exit
has_peer() { curl -sS -m 60 "$tracker/songs/$id?manifest=0" | jq -e '.peers | length == 1'; }
shared() { await 'the peer to be listed' has_peer; }
everywhere() {
    for at in "$origin" "$inner" "$outer" "$away" "$peer"; do
        answers 200 "$at$chunk" && answers 200 "$at$last" || { echo "$at"; return 1; }
    done
}
ok 'the tracker names the peer' shared
ok 'the song is available from every server' eval 'soon answers 200 "$peer$chunk" && everywhere'

remove() { stop "$away_pid" && stretto-publish --remove song store && exits 66 stretto-publish --remove song store; }
ok 'it is removed while an edge is away' remove
log() {
    await 'the origin to see it' answers 200 "$origin/removed" &&
        grep -Eqx "[0-9]{13} $id" got &&
        test "$(wc -l <got)" = 1 &&
        cmp got store/removed &&
        curl -sSI -m 60 "$origin/removed" | grep -qi '^cache-control: public, max-age=5'
}
ok 'the origin lists it in its removal log' log
gone() { await "$1 to have no such song" answers 404 "$1$chunk" && answers 404 "$1$last"; }
ok 'the inner edge removes it' gone "$inner"
ok 'and so does the outer one' gone "$outer"
stays() { gone "$inner" && answers 404 "$inner$chunk" && answers 404 "$outer$chunk"; }
ok 'and it stays removed' stays
untracked() {
    await 'the tracker to refuse it' answers 404 "$tracker/songs/$id" &&
        curl -sS -m 60 --json "{\"song_id\":\"$id\"}" "$tracker/peers" | jq -e '.peers == []'
}
ok 'the tracker names no peer' untracked
ok 'the peer does not upload it' gone "$peer"
returns() { start stretto-serve "$origin" --cache away && away=$url && gone "$away"; }
ok 'an edge that was down removes it after its start' returns
rest() {
    for at in "$origin" "$inner" "$outer"; do answers 200 "$at/songs/$other/160/chunk_0.ogg" || return 1; done &&
        answers 200 "$tracker/songs/$other"
}
ok 'the other song is still available' rest

again() {
    equals "$(stretto-publish --name song store song.bundle)" "$id" &&
        test ! -s store/removed &&
        await 'the outer edge to have it' answers 200 "$outer$chunk" &&
        cmp got "store$chunk" &&
        await 'the tracker to have it' answers 200 "$tracker/songs/$id" &&
        await 'the peer to give it' answers 200 "$peer$chunk" &&
        shared
}
ok 'a song that is published again is available everywhere' again
torn() {
    echo nonsense >>store/removed &&
        exits 65 stretto-publish --remove other store &&
        answers 200 "$outer/songs/$other/160/chunk_0.ogg" &&
        test -d "store/songs/$other"
}
ok 'a damaged log is reported, and nothing is removed' torn
finish
