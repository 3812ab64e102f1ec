#!/bin/sh
# examples/01-publish-a-library.sh: publishes a tree of music with bad files, twice.
. ./tests/lib.sh
mkdir -p 'music/An Album'
tone 'music/An Album/01 First Song.wav' 3
ffmpeg -v error -i 'music/An Album/01 First Song.wav' -af volume=0.5 'music/An Album/02 Second.flac'
mkdir 'music/Another One'
tone 'music/Another One/01 First Song.wav' 4
head -c 5000 'music/An Album/02 Second.flac' >music/broken.flac
library() { sh "$root/examples/01-publish-a-library.sh" music store >published 2>told; }
ok 'with a bad file the status is 1' exits 1 library
ok 'the bad file is reported' grep -qx music/broken.flac told
named() {
    ls store/names | tr '\n' ' ' | grep -qxE '01-first-song 02-second (an-album|another-one)-01-first-song ' &&
        stretto-publish --verify store
}
ok 'the others are published, under names made from the file names' named
again() { exits 1 library && test ! -s published && grep -qx music/broken.flac told; }
ok 'a second run publishes nothing' again
full() { # JOBS: nor is anything published
    exits 74 env TMPDIR="$work/small" stretto-publish -j "$1" -b 96 music other >list 2>err && grep -q 'temporary file' err &&
        ! grep -E 'failed|First Song' err list && test -z "$(ls other/names)"
}
full_test='with a full TMPDIR, the status is 74 and no file is blamed'
if mkdir small && mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
    for jobs in 1 2; do
        ok "$full_test ($jobs)" full "$jobs"
    done
    umount small
else
    skip "$full_test" 'only root may mount a small tmpfs'
fi
finish
