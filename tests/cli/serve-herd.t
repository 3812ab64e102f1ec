#!/bin/sh
# stretto-serve in front of a slow upstream, with 200 clients of one object: one request, and clients read while it arrives.
. ./tests/lib.sh
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 32 pinknoise vol 0.3
id=$(stretto-encode -b 96,160 song.wav | stretto-chunk | stretto-publish --name song store)
stretto-fetch --store store -b 160 song >song-160.ogg
start stretto-serve store || exit
rows 'herd:' timeout 300 python3 "$root/tests/tools/herd.py" "${url##*:}" store "$id"
finish
