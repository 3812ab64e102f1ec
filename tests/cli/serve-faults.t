#!/bin/sh
# stretto-serve in front of an upstream that fails in every way: correct bytes or a visible failure, and nothing damaged is stored.
. ./tests/lib.sh
sing() { # NAME SECONDS
    tone "$1.wav" "$2"
    ffmpeg -v error -i "$1.wav" -metadata "title=Song $1" "$1.flac" </dev/null
    stretto-encode -b 96,160 "$1.flac" | stretto-chunk -d 5 | stretto-publish --name "$1" store
}
a=$(sing a 16) b=$(sing b 17) c=$(sing c 18)
for kbps in 96 160; do stretto-fetch --store store -b $kbps b >b-$kbps.ogg; done
start stretto-serve store || exit
rows 'upstream' timeout 300 python3 "$root/tests/tools/faults.py" "${url##*:}" store "$a" "$b" "$c"
finish
