#!/bin/sh
# examples/01-publish-a-library.sh: a tree of music, bad files among it, twice.
. ./tests/lib.sh
mkdir -p 'music/An Album'
tone 'music/An Album/01 First Song.wav' 3
ffmpeg -v error -i 'music/An Album/01 First Song.wav' -af volume=0.5 'music/An Album/02 Second.flac'
mkdir 'music/Another One'
tone 'music/Another One/01 First Song.wav' 4
head -c 5000 'music/An Album/02 Second.flac' >music/broken.flac
library() { sh "$root/examples/01-publish-a-library.sh" music store >published 2>told; }
ok 'a bad file: 1' exits 1 library
ok 'which is reported' grep -qx music/broken.flac told
named() {
    ls store/names | tr '\n' ' ' | grep -qxE '01-first-song 02-second (an-album|another-one)-01-first-song ' &&
        stretto-publish --verify store
}
ok 'the others are there, under names made from theirs' named
again() { library; test ! -s published; }
ok 'a second time nothing is published again' again
finish
