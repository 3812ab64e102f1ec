#!/bin/sh
# Addresses of servers: those that no request could reach are refused at once, with 64.
. ./tests/lib.sh
tone song.wav 5
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song store >/dev/null || exit
export STRETTO_CACHE="$work/cache"
refused() { # COMMAND... ADDRESS, which is each of the wrong ones
    for address in http:// 'http://[::1' http://127.0.0.1:99999 http://127.0.0.1:0 'http://a b' HTTP://:80; do
        ends_saying 64 'is not an http:// address' timeout 60 "$@" "$address" || { echo "$address"; return 1; }
    done
    ends_saying 64 'no query' timeout 60 "$@" 'http://127.0.0.1:9?x=1'
}
ok 'fetch --edge' refused stretto-fetch song -o x.ogg --edge
ok 'fetch --tracker' refused stretto-fetch song -o x.ogg --tracker
ok 'fetch --store' refused stretto-fetch song -o x.ogg --store
ok 'fetch --list --store' refused stretto-fetch --list --store
ok 'play --edge' refused stretto-play -O null song --edge
ok 'play --tracker' refused stretto-play -O null song --tracker
ok 'play --store' refused stretto-play -O null song --store
ok 'an edge that is no http URL: 64' ends_saying 64 'is not an http:// address' \
    stretto-fetch song -o x.ogg --edge ftp://127.0.0.1
for address in http:///list.m3u8 'http://[::1/list.m3u8' HTTP://127.0.0.1:99999/list.m3u8 'http://127.0.0.1:0/list.m3u8?x'; do
    ok "play $address: 64" ends_saying 64 'is not an http:// address' timeout 60 stretto-play -O null "$address"
done

start stretto-serve store || exit
upper=HTTP${url#http}
any_case() {
    stretto-fetch --store store song -o true.ogg &&
        stretto-fetch --edge "$upper" song -o edge.ogg && cmp edge.ogg true.ogg &&
        stretto-fetch --store "$upper" song -o store.ogg && cmp store.ogg true.ogg &&
        stretto-play -q -O null --unpaced --no-cache --store "$upper" song &&
        stretto-play -q -O null --unpaced --no-cache "$upper/songs.m3u8"
}
ok 'the scheme of an address may have any case' any_case
serve store
lists() { stretto-fetch --list --store "$url"; }
ok 'fetch --list from a web server that only serves files: 69' ends_saying 69 'cannot search at' lists
page() { mkdir -p www && echo '<html>' >www/songs && serve www && stretto-fetch --list --store "$url"; }
ok 'a page in place of the list: 69' ends_saying 69 'not a list of songs' page
finish
