#!/bin/sh
# stretto-fetch from edges and its cache: the same bytes as from the store despite failures, and a line of JSON with the sources.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache"
seconds=32
for song in one two three; do
    tone $song.wav $seconds && seconds=$((seconds + 1))
    stretto-encode -b 96,320 $song.wav | stretto-chunk | stretto-publish --name $song store >$song.id
    stretto-fetch --store store $song -o $song.true
done
id=$(cat one.id)
start stretto-serve store || exit
origin=$url origin_pid=$pid
start stretto-serve "$origin" --name eu-west
edge=$url edge_pid=$pid
bytes() { jq -r "[.bytes.cache, .bytes.peer, .bytes.edge] | join(\" \")" "$1"; }
size() { jq '.renditions[] | select(.kbps == 320) | [.chunks[].bytes] | add' "store/songs/$id/manifest.json"; }

# patience takes half a minute: meanwhile the other tests run
serve store
silent=$url
stretto-fetch --edge "$silent/break/silent" --cache silent "$id" -o silent.ogg 2>silent.said &
silent_pid=$!

from_edge() {
    stretto-fetch --edge "$edge" --json one -o one.ogg >line &&
        cmp one.ogg one.true &&
        test "$(bytes line)" = "0 0 $(size)"
}
ok 'a song from an edge, every byte counted' from_edge
again() {
    stretto-fetch --edge "$edge" --json "$id" -o again.ogg >line &&
        cmp again.ogg one.true &&
        test "$(bytes line)" = "$(size) 0 0"
}
ok 'the second time from the cache' again
says_who() {
    rm -rf cache &&
        stretto-fetch -v --edge "$edge" one -o one.ogg 2>said &&
        grep -q 'edge .* HIT, [0-9]* bytes in' said
}
ok '-v prints the source of each part' says_who
to_stdout() { prints one.true stretto-fetch --edge "$edge" --json one 2>line && test "$(jq .exit line)" = 0; }
ok 'with -o -, the JSON line goes to standard error' to_stdout
lower() { stretto-fetch --edge "$edge" -b 100 one | ogginfo /dev/stdin | grep -q 'Nominal bitrate: 96'; }
ok '-b selects the highest bitrate up to it' lower

damaged() {
    chunk=cache/songs/$id/320/chunk_1.ogg
    head -c 1000 /dev/urandom | dd of="$chunk" bs=1 seek=5000 conv=notrunc 2>/dev/null
    stretto-fetch --edge "$edge" --json one -o d.ogg >line &&
        cmp d.ogg one.true &&
        cmp "$chunk" "store/songs/$id/320/chunk_1.ogg" &&
        test "$(jq .bytes.edge line)" -eq "$(wc -c <"$chunk")"
}
ok 'only a chunk that is damaged in the cache is fetched again' damaged
many() {
    rm -rf cache &&
        mkdir many &&
        printf 'one\ntwo\tsome\tcolumns\n%s\n' "$(cat three.id)" |
        stretto-fetch --edge "$edge" --playlist - --jobs 2 --json -o many >lines ||
        return
    cmp many/one.ogg one.true &&
        cmp many/two.ogg two.true &&
        cmp "many/$(cat three.id).ogg" three.true &&
        test "$(jq -s 'map(select(.exit == 0)) | length' lines)" -eq 3
}
ok '--playlist fetches many, --jobs at a time' many
some() { printf 'one\nnobody\n' | stretto-fetch --edge "$edge" --playlist - --json >lines; }
ok 'a missing song: 69, and the others are fetched' exits 69 some
told() { test "$(jq -s 'map(.exit) | sort | join(" ")' lines)" = '"0 69"'; }
ok 'and each song has its line' told
finds() {
    stretto-fetch --edge "$edge" --search '' | cut -f 2 | sort | paste -sd ' ' | grep -qx 'one three two' &&
        test "$(stretto-fetch --edge "$edge" --search two | wc -l)" -eq 1
}
ok '--search lists the songs of a server' finds
ok '--search finds nothing: 1' exits 1 stretto-fetch --edge "$edge" --search 'no such words'
deep() {
    mkdir deep &&
        python3 -c 'print("{\"songs\":[" + "[" * 500000 + "]" * 500000 + "]}")' >deep/songs &&
        serve deep ||
        return
    stretto-fetch --edge "$url" --search '' >list 2>said
    [ $? -eq 69 ] && ! [ -s list ] && grep -q "^stretto-fetch: " said
}
ok '--search survives a deeply nested list' deep

second() {
    rm -rf cache &&
        stop "$edge_pid" &&
        stretto-fetch --edge "$edge" --edge "$origin" --json one -o s.ogg >line &&
        cmp s.ogg one.true &&
        test "$(jq .retries line)" -ge 1
}
ok 'an unreachable edge: the next edge is used' second
liar() {
    rm -rf cache &&
        stretto-fetch --edge "$silent/break/flip" --edge "$origin" --json "$id" -o l.ogg >line &&
        cmp l.ogg one.true &&
        prints one.true stretto-fetch --edge "$silent/break/short" --edge "$origin" "$id"
}
ok 'an edge that sends wrong bytes or closes early: the next edge is used' liar
nothing_wrong() {
    kept_right cache store
}
ok 'and no wrong bytes are cached' nothing_wrong
lies() { rm -rf cache && stretto-fetch --edge "$silent/break/flip" "$id" -o no.ogg; }
ok 'only an edge that sends wrong bytes: 65' exits 65 lies
ok 'and there is no output file' test ! -e no.ogg
absent() { stretto-fetch --edge "$origin" nobody -o no.ogg; }
ok 'a song that no source has: 69' exits 69 absent
dead() { stretto-fetch --edge http://127.0.0.1:9 one -o no.ogg; }
ok 'no response: 75' exits 75 dead
untracked() { stretto-fetch --tracker http://127.0.0.1:9 one -o no.ogg; }
ok 'no tracker and no edge known: 75' exits 75 untracked
full() { stretto-fetch --edge "$origin" one >/dev/full; }
ok 'notices a full disk' exits 74 full
enough() {
    stretto-fetch --edge "$origin" one 2>said | head -c 1000 >got &&
        test ! -s said &&
        head -c 1000 one.true | cmp - got
}
ok 'a reader that closes its pipe causes no message' enough
tiny() {
    prints one.true stretto-fetch --edge "$origin" --cache tiny --cache-size 100000 one &&
        test "$(du -sb tiny/songs | cut -f 1)" -lt 120000
}
ok 'a cache that is far too small stays small and does not prevent the fetch' tiny

killed() { # resumes with the chunks in the cache
    rm -rf cache && i=0
    while [ $i -lt 20 ]; do
        stretto-fetch --edge "$origin" one -o k.ogg & fetch=$!
        until [ -n "$(find cache -name 'chunk_*' 2>/dev/null | head -1)" ] || ! kill -0 $fetch 2>/dev/null; do :; done
        kill -9 $fetch 2>/dev/null
        wait $fetch 2>/dev/null
        nothing_wrong || return
        i=$((i + 1))
    done
    stretto-fetch --edge "$origin" one -o k.ogg && cmp k.ogg one.true
}
ok 'killed twenty times, fetch continues from complete chunks' killed
together() {
    rm -rf cache && fetchers=
    for n in 1 2 3 4; do
        stretto-fetch --edge "$origin" two -o "t$n.ogg" &
        fetchers="$fetchers $!"
    done
    for fetch in $fetchers; do wait "$fetch" || return; done
    for n in 1 2 3 4; do cmp t$n.ogg two.true || return; done
}
ok 'four at the same time share one cache' together
quiet() { exits 75 wait $silent_pid && grep -q "cannot get '$id'" silent.said && test ! -e silent.ogg; }
ok 'an edge that accepts requests and stays silent: 75 after a while' quiet
stop "$origin_pid"
offline() {
    stretto-fetch --edge "$origin" --json "$(cat two.id)" -o o.ogg >line &&
        cmp o.ogg two.true &&
        test "$(jq .bytes.edge line)" = 0
}
ok 'without a network, a complete song in the cache is found by its id' offline
gone() { stretto-fetch --edge "$origin" "$(cat three.id)" -o g.ogg; }
ok 'and another song: 75' exits 75 gone
finish
