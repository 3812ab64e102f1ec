#!/bin/sh
# The arrows of the tree: which module includes which, and which alone knows a library. Prints each include that is no arrow.
# Called by `make lint`; takes another root for its own test.
# shellcheck disable=SC2013 # paths of ours hold no blanks
set -u
cd "${1:-.}" || exit 66

arrows='
audio   audio base
ogg     ogg base
song    song base
store   store base
abr     abr base
cache   cache base
events  events base
report  report events base
swarm   swarm base
track   track http net swarm song base
base    base
net     net base
http    http net base
edge    edge http net audio ogg song store abr cache events swarm base
vorbis  vorbis ogg base
gather  gather play swarm abr song ogg vorbis base
play    play swarm abr song ogg vorbis base
publish publish audio ogg song store base
peer    peer edge http net song store swarm base
listen  listen peer play gather edge http net audio vorbis ogg song store abr cache events swarm base
sim     sim play gather abr cache events swarm song base
'
# a library's headers as an extended expression, then who may include them
libraries='
(libav|libsw)[a-z]*/|ebur128\.h     lib/audio/
vorbis/                                     lib/audio/ lib/vorbis/
SDL|sndfile                                 lib/audio/
uv\.h                                       lib/net/
isa-l/                                      lib/ogg/
curl/                                       lib/http/
boost/(beast|asio|system)                   lib/http/parser.
boost/intrusive/                            lib/cache/
CLI/                                        lib/base/program. lib/base/options. cmd/
maxminddb\.h                                lib/swarm/geo.
simdjson\.h                                 lib/base/json_value. lib/events/reader. lib/swarm/announce. lib/song/manifest_read.
'
wrong=0
tell() { echo "$1"; wrong=1; }

for folder in lib/*/; do
    module=${folder#lib/}
    module=${module%/}
    allowed=$(echo "$arrows" | sed -n "s/^$module  *//p")
    [ -n "$allowed" ] || tell "lib/$module: no arrow is drawn for it in tests/tools/layers.sh"
    for other in $(cat "$folder"*.?pp | sed -n 's/^ *# *include "\([a-z]*\)\/.*/\1/p' | sort -u); do
        case " $allowed " in
            *" $other "*) ;;
            *) tell "lib/$module includes $other: $(grep -l "include \"$other/" "$folder"*.?pp | tr '\n' ' ')" ;;
        esac
    done
done

set -f
echo "$libraries" | {
    while read -r headers places; do
        [ -n "$headers" ] || continue
        set +f
        for file in $(grep -lE "^ *# *include <($headers)" lib/*/*.?pp cmd/*.?pp 2>/dev/null); do
            allowed=no
            for place in $places; do case $file in "$place"*) allowed=yes ;; esac; done
            [ $allowed = yes ] || tell "$file includes $(grep -m 1 -oE "<($headers)[^>]*>" "$file"), which is for $places"
        done
        set -f
    done
    exit $wrong
} || wrong=1
exit $wrong
