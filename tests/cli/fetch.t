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
        mkdir -p "$part" c.ogg.part/.incoming &&
        cp "store/songs/$id/160/chunk_0.ogg" "$part" &&
        echo torn >"$part/chunk_1.ogg"
    stretto-fetch -v --store "$url" song -o c.ogg 2>said &&
        cmp a.ogg c.ogg &&
        grep -q '^stretto-fetch: chunk 0: cache' said &&
        grep -q '^stretto-fetch: chunk 1: edge' said &&
        test ! -e c.ogg.part
}
ok 'continues an interrupted fetch, and fetches an incomplete chunk again' resumes
foreign_part() {
    echo mine >f.ogg.part && says "f.ogg.part' was not left by an interrupted fetch: nothing is kept" \
        stretto-fetch --store store song -o f.ogg && cmp a.ogg f.ogg && grep -q mine f.ogg.part &&
        mkdir -p g.ogg.part/songs && echo mine >g.ogg.part/songs/mine.txt &&
        stretto-fetch --store store song -o g.ogg && cmp a.ogg g.ogg && grep -q mine g.ogg.part/songs/mine.txt
}
ok 'a FILE.part that no fetch left, a file or a folder, stays' foreign_part
added_to_part() {
    mkdir -p h.ogg.part/.incoming && echo mine >h.ogg.part/mine.txt && stretto-fetch --store store song -o h.ogg &&
        equals "$(find h.ogg.part -type f)" h.ogg.part/mine.txt
}
ok 'a file that was added to a FILE.part stays' added_to_part
at_once() {
    mkdir -p i.ogg.part/.incoming && ends_saying 75 "another program writes to 'i.ogg.part'" \
        flock i.ogg.part stretto-fetch --store store song -o i.ogg && test ! -e i.ogg &&
        stretto-fetch --store store song -o i.ogg && cmp a.ogg i.ogg && test ! -e i.ogg.part
}
ok 'a FILE.part that another fetch uses: 75' at_once
crowd() {
    for n in 1 2 3 4 5 6; do
        (stretto-fetch --store store song -o j.ogg 2>"j.$n.err"; echo $? >"j.$n") &
        pids="${pids-} $!"
    done
    # shellcheck disable=SC2086
    wait $pids
    cmp a.ogg j.ogg && test ! -e j.ogg.part && grep -qx 0 j.[1-6] && ! grep -vx '0\|75' j.[1-6]
}
ok 'six fetches to one file at once: each succeeds or says 75, and the file is right' crowd
no_part() {
    mkfifo fifo && ln -s fifo link && mkdir out || return
    for output in fifo link; do
        timeout 60 cat fifo >piped &
        reader=$!
        stretto-fetch --store store song -o $output && wait $reader && cmp a.ogg piped && test ! -e $output.part || return
    done
    ends_saying 73 "'out': Is a directory" stretto-fetch --store store song -o out && test ! -e out.part
}
ok 'no FILE.part beside a FIFO, a link to one, or a folder' no_part
raw_stays() {
    mkdir -p rw/160 && echo mine >rw/160/mine.txt && echo mine >rw/mine.txt &&
        stretto-fetch --store store --raw rw song && grep -q mine rw/160/mine.txt && grep -q mine rw/mine.txt &&
        test -s rw/160/chunk_0.ogg && test -s rw/160/index && test ! -e rw/complete && test ! -e rw/.part &&
        stretto-fetch --store store --raw rw -b 96 song && test -s rw/96/index && test -s rw/160/index
}
ok '--raw: files of others stay, and only files of the store appear' raw_stays
raw_mix() {
    tone other.wav 5 && stretto-encode -b 160 other.wav | stretto-chunk | stretto-publish --name other store >other.id &&
        mkdir -p rw2/.part/.incoming rw2/.part/songs && cp -r "store/songs/$id" rw2/.part/songs/ &&
        stretto-fetch --store store --raw rw2 other && diff -r rw2 "store/songs/$(cat other.id)" &&
        ends_saying 73 'is not of this song' stretto-fetch --store store --raw rw2 song &&
        rm -r rw2/.part && diff -r rw2 "store/songs/$(cat other.id)"
}
ok '--raw never mixes two songs' raw_mix
ok '--raw with -o: 64' ends_saying 64 'exclude' stretto-fetch --store store --raw rw3 -o x.ogg song
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
