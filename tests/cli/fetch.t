#!/bin/sh
# stretto-fetch: from a directory and a web server, interrupted, and with wrong bytes.
. ./tests/lib.sh
tone song.wav 35
stretto-encode -b 96,160 song.wav >song.ogg
stretto-chunk song.ogg | stretto-publish --name song store >id
id=$(cat id)
serve store

local_file() { stretto-fetch --store store song -o a.ogg && oggz-validate a.ogg; }
ok 'fetches from a directory' local_file
remote() {
    stretto-fetch --store "$url" song -o b.ogg &&
        cmp a.ogg b.ogg &&
        prints a.ogg stretto-fetch --store "$url/" "$id"
}
ok 'the same from a web server, by name and id, to a file and a pipe' remote
best() {
    stretto-fetch --store store -b 100 song | ogginfo /dev/stdin | grep -q 'Nominal bitrate: 96' &&
        stretto-fetch --store store -b 10 song >low.ogg
}
ok '-b selects the highest bitrate up to it, or else the lowest' best
kept() {
    stretto-fetch --store "$url" --raw raw -b 160 song && (cd raw && find . -type f | sort | xargs cat | md5sum) >x &&
        (cd "store/songs/$id" && find 160 manifest.json -type f | sort | sed 's/^/.\//' | xargs cat | md5sum) |
        cmp - x
}
ok '--raw writes the chunks, the index and the manifest' kept
variable() { prints a.ogg env STRETTO_STORE=store stretto-fetch song; }
ok 'STRETTO_STORE names the store' variable

resumes() {
    part=c.ogg.part/songs/$id/160 &&
        mkdir -p "$part" &&
        cp "store/songs/$id/160/chunk_0.ogg" "$part" &&
        echo torn >"$part/chunk_1.ogg"
    stretto-fetch -v --store "$url" song -o c.ogg 2>said &&
        cmp a.ogg c.ogg &&
        grep -q '^stretto-fetch: chunk 0: cache' said &&
        grep -q '^stretto-fetch: chunk 1: edge' said &&
        test ! -e c.ogg.part
}
ok 'continues an interrupted fetch, and fetches an incomplete chunk again' resumes
broken() { # KIND STATUS
    exits "$2" stretto-fetch --store "$url/break/$1" "$id" -o d.ogg && test ! -e d.ogg
}
once() { prints a.ogg stretto-fetch --store "$url/break/once" "$id"; }
ok 'a request to a busy server is repeated' once
ok 'a server that is always busy: 75' broken always 75
ok 'a server that stops within a chunk: 75' broken short 75
ok 'a server that changes a byte: 65' broken flip 65
ok 'the output file does not exist then' test ! -e d.ogg
ok 'a song that no source has: 69' exits 69 stretto-fetch --store "$url" nobody -o e.ogg
ok 'a directory that is not a store: 66' exits 66 stretto-fetch --store nowhere song -o e.ogg
ok 'an invalid name: 64' exits 64 stretto-fetch --store store ../song -o e.ogg
liar() {
    cp -r store lies &&
        sed -i 's/"trim":[0-9]*/"trim":7/' "lies/songs/$id/manifest.json" &&
        stretto-fetch --store lies song -o e.ogg
}
ok 'a manifest that does not match its id: 65' exits 65 liar
full() { stretto-fetch --store store song >/dev/full; }
ok 'notices a full disk' exits 74 full
finish
