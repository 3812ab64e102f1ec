#!/bin/sh
# stretto-chunk: foreign Ogg, several files, and refused input.
. ./tests/lib.sh
tone song.wav 25
for q in 2 5; do oggenc -Q -q $q -t Song -o q$q.ogg song.wav; done
ffmpeg -v error -i song.wav -c:a libvorbis -q:a 8 -metadata title=Song q8.ogg

several() {
    stretto-chunk -o out q2.ogg q5.ogg q8.ogg &&
        test "$(cd out && echo */chunk_*)" = \
            "$(for kbps in 160 256 96; do echo $kbps/chunk_0.ogg $kbps/chunk_1.ogg $kbps/chunk_2.ogg; done | paste -sd ' ')"
}
ok 'files of other encoders become renditions' several
not_empty() {
    cp -a out before && exits 73 stretto-chunk -o out q2.ogg 2>err && grep -q 'not empty' err && diff -r before out &&
        mkdir bare && stretto-chunk -o bare q2.ogg && test -f bare/manifest.json
}
ok 'a folder that is not empty is refused: 73' not_empty
tags() { jq -e '.tags.TITLE == ["Song"] and .samples == 1102500 and (.renditions | length) == 3' out/manifest.json; }
ok 'with their tags and length in the manifest' tags
order() {
    stretto-chunk q2.ogg q5.ogg |
        tar t |
        tr '\n' ' ' |
        grep -qx \
            '96/chunk_0.ogg 160/chunk_0.ogg 96/chunk_1.ogg 160/chunk_1.ogg 96/chunk_2.ogg 160/chunk_2.ogg 96/index 160/index manifest.json '
}
ok 'a bundle is in order, the manifest last' order
same() { mkdir t && stretto-chunk q2.ogg q5.ogg q8.ogg | tar x -C t && diff -r t out; }
ok 'the tar and the folder have the same content' same
short() { stretto-chunk -d 4 q2.ogg | tar t | grep -c chunk_ | grep -qx 6; }
ok '-d sets the duration: 25 s in chunks of 4 s are six chunks, with the rest in the last' short
tells() {
    stretto-chunk -v -o verbose q2.ogg 2>said &&
        grep -c '^stretto-chunk: cut 96/chunk_[012].ogg, [0-9]* bytes$' said | grep -qx 3
}
ok '-v reports each chunk' tells
explains() {
    stretto-chunk --explain out/96 >e &&
        grep -q 'primes the decoder' e &&
        grep -c ' bytes, 44100 Hz' e | grep -qx 3
}
ok '--explain shows pages, trims and pieces of all in a folder' explains
ok '--explain refuses a file that is not a chunk' exits 65 stretto-chunk --explain q2.ogg

refuses() { stretto-chunk "$@" >bundle; status=$?; ! tar tf bundle 2>/dev/null | grep -q manifest && return $status; }
oggenc -Q -q 5 -b 160 -o twin.ogg song.wav 2>/dev/null || cp q5.ogg twin.ogg
sox song.wav part.wav trim 0 24
oggenc -Q -q 9 -o part.ogg part.wav
cat q2.ogg q5.ogg >chained.ogg
ffmpeg -v error -i song.wav -c:a libopus opus.ogg
head -c 100000 q2.ogg >cut.ogg
cp q2.ogg flip.ogg
printf 'xxxx' | dd of=flip.ogg bs=1 seek=50000 conv=notrunc 2>/dev/null
(head -c 60000 q2.ogg; tail -c +60100 q2.ogg) >gap.ogg
: >empty
ok 'two files of one bitrate: 65' exits 65 refuses q5.ogg q5.ogg
ok 'renditions of different lengths: 65' exits 65 refuses q2.ogg part.ogg
ok 'and says which differ' says '96 has 1102500 samples, 320 has 1058400' stretto-chunk q2.ogg part.ogg
for bad in chained cut flip gap opus; do ok "$bad.ogg: 65" exits 65 refuses $bad.ogg; done
ok 'a chained stream is refused with advice' says 're-encode it with stretto-encode' stretto-chunk chained.ogg
ok 'another codec is named' says 'Opus' stretto-chunk opus.ogg
ok 'an empty file: 65' exits 65 refuses empty
ok 'a missing file: 66' exits 66 refuses missing.ogg
dies() { stretto-encode song.wav | head -c 300000 | stretto-chunk | stretto-publish store; }
ok 'encode killed in the pipe publishes nothing' exits 65 dies
ok 'and leaves an empty store' test -z "$(find store/songs store/.staging -mindepth 1)"
full() { stretto-chunk q2.ogg >/dev/full; }
ok 'notices a full disk' exits 74 full
ok 'and says so' says 'No space left on device' full
finish
