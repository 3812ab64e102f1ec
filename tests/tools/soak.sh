#!/bin/sh
# Minutes of mixed load, purges, reloads, publishing and abandoned requests on an edge and its origin: soak.sh SECONDS.
# The cache is far too small, so it evicts all the time.
. ./tests/lib.sh
duration=$1 # tone has seconds of its own
for name in one two three; do
    tone $name.wav 32
    stretto-encode -b 96,160 $name.wav | stretto-chunk | stretto-publish --name $name store >/dev/null
done
tone guest.wav 12
stretto-encode -b 96 guest.wav | stretto-chunk >guest.tar
start stretto-serve store --access-log origin.log || exit
origin=$pid
start stretto-serve "$url" --cache cache --cache-size 3M --memory 1M --admin "unix:$work/admin" --access-log edge.log ||
    exit
rows 'soak:' python3 "$root/tests/tools/soak.py" "$url" "$duration" store "$work/admin" "$pid" "$origin"
ok 'the edge ends well' stop "$pid"
ok 'the origin too' stop "$origin"
finish
