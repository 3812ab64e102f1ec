#!/bin/sh
# Checks the includes of the tree: the modules that a module may include, the only users of each library, and the headers that
# pure modules may not include. Prints each forbidden include.
# Called by `make lint`; takes another root for its own test.
# shellcheck disable=SC2013 # our paths contain no blanks
set -u
cd "${1:-.}" || exit 66

# Three rows: an arrow points down or to the right. Programs and drivers: sockets, clocks, threads; disks and codecs: files and
# threads, no sockets; pure: bytes, numbers, times and seeds in and out.
arrows='
sim     sim play gather abr cache events swarm song base
web     web peer rtc http play gather vorbis ogg song abr events swarm base
listen  listen peer play gather edge s3 http net audio vorbis ogg song store sign abr cache events swarm base
subsonic subsonic edge http net events song base
peer    peer edge http net song store sign gather swarm base
edge    edge s3 http net audio ogg song store sign abr cache events swarm base
track   track http net sign swarm song base
rtc     rtc http net swarm song base
s3      s3 http net song store base
clickhouse clickhouse http net report events song base
redis   redis net swarm base
http    http net sign base
net     net base

publish publish audio ogg vorbis song store base
report  report events song base
events  events base
store   store song base
sign    sign base
audio   audio base

gather  gather play swarm abr song ogg vorbis base
play    play swarm abr song ogg vorbis base
swarm   swarm base
abr     abr base
cache   cache base
song    song base
ogg     ogg vorbis base
vorbis  vorbis base
base    base
'
pure='gather play swarm abr cache song ogg vorbis'
# what of base they may include: values, and the one function behind which hashing is
values='bytes byte_set digest error json own split_mix text'
# what they may not include, as an extended expression
worldly='thread|jthread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|latch|barrier'
worldly=$worldly'|fstream|iostream|filesystem|cstdio|stdio\.h|csignal|signal\.h'
worldly=$worldly'|ctime|time\.h|unistd\.h|fcntl\.h|poll\.h|sys/[a-z]*\.h|netinet/.*'
worldly=$worldly'|openssl/.*|uv\.h|curl/.*|archive.*'
# nor say: a clock that they read themselves, chance that is not a seed
impure='(system|steady|high_resolution)_clock|random_device|getenv|once_flag'
# those of disks and codecs have files and threads, but no
dry='publish report events store sign audio'
sockets='uv\.h|curl/.*|sys/socket\.h|netinet/.*'  # arpa/inet.h only turns addresses into text and back
# a library's headers as an extended expression, then who may include them
libraries='
(libav|libsw)[a-z]*/|ebur128\.h     lib/audio/
vorbis/                                     lib/audio/ lib/vorbis/
SDL|sndfile                                 lib/audio/
uv\.h                                       lib/net/
hiredis/                                    lib/redis/
isa-l/                                      lib/ogg/crc. lib/rtc/crc32c.
openssl/                                    lib/base/sha256. lib/base/base64. lib/track/seal. lib/sign/ lib/http/ lib/rtc/
nice/|glib\.h|usrsctp\.h                     lib/rtc/
archive                                     lib/publish/bundle. lib/report/input. lib/report/erase.
curl/                                       lib/http/
boost/(beast|asio|system)                   lib/http/parser.
boost/intrusive/                            lib/cache/
boost/math/                                 lib/sim/confidence.
seccomp\.h                                  lib/base/confine.
CLI/                                        lib/base/program. lib/base/options. lib/base/help.
maxminddb\.h                                lib/track/geo.
simdjson\.h                 lib/base/json_value. lib/events/reader. lib/swarm/wrong. lib/song/manifest_read.
'
found=$(mktemp) || exit 73
trap 'rm -f "$found"' EXIT
wrong=0
tell() { echo "$1"; wrong=1; }

for folder in lib/*/; do
    module=${folder#lib/}
    module=${module%/}
    allowed=$(echo "$arrows" | sed -n "s/^$module  *//p")
    [ -n "$allowed" ] || tell "lib/$module: no arrow is drawn for it in tests/tools/layers.sh"
    for other in $(cat "$folder"*.?pp | sed -n 's/^ *# *include "\([a-z0-9]*\)\/.*/\1/p' | sort -u); do
        case " $allowed " in
            *" $other "*) ;;
            *) tell "lib/$module includes $other: $(grep -l "include \"$other/" "$folder"*.?pp | tr '\n' ' ')" ;;
        esac
    done
done

# no arrow points up or to the left
echo "$arrows" |
    awk 'NF { at[$1] = NR; row[NR] = $0 } END {
    for (i = 1; i <= NR; i++) { n = split(row[i], to); for (k = 2; k <= n; k++) if (at[to[k]] < i) {
        print "an arrow points up: " to[1] " to " to[k]; wrong = 1 } }
    exit wrong }' ||
    wrong=1

includes() { # HEADERS MODULE...: those files of the modules that include one
    headers=$1 && shift
    for module; do grep -HoE "^ *# *include <($headers)>" lib/"$module"/*.?pp 2>/dev/null; done |
        sed 's/: *# *include / includes /'
}
strays() { while read -r stray; do tell "$stray, $1"; done; }
# shellcheck disable=SC2086 # lists of modules
includes "$worldly" $pure >"$found"
strays 'and is pure' <"$found"
# shellcheck disable=SC2086
includes "$sockets" $dry >"$found"
strays 'and has no sockets' <"$found"
for module in $pure; do
    for file in lib/"$module"/*.?pp; do
        [ -r "$file" ] || continue
        for other in $(sed -n 's/^ *# *include "base\/\([a-z_]*\)\.hpp.*/\1/p' "$file"); do
            case " $values " in
                *" $other "*) ;;
                *) tell "$file includes base/$other, and is pure" ;;
            esac
        done
        for word in $(sed 's,//.*,,' "$file" | grep -oE "$impure" | sort -u); do
            tell "$file says $word, and is pure"
        done
    done
done

# Headers that take longer to compile than most files that would include them: for .cpp files alone, except
slow='CLI/|nlohmann/|simdjson\.h|boost/|regex>|iostream>|sstream>|fstream>'
may_be_slow=' lib/base/std.hpp lib/swarm/wrong.hpp lib/cache/eviction.hpp lib/swarm/announce.hpp lib/gather/have.hpp'
may_be_slow="$may_be_slow lib/swarm/inventory.hpp cmd/crowd_options.hpp cmd/listener_options.hpp "
for file in $(grep -lE "^ *# *include <($slow)" lib/*/*.hpp cmd/*.hpp 2>/dev/null); do
    case $may_be_slow in
        *" $file "*) ;;
        *) tell "$file includes $(grep -m 1 -oE "<($slow)[^>]*" "$file"), which is slow: only .cpp files do" ;;
    esac
done

set -f
echo "$libraries" |
    {
        while read -r headers places; do
            [ -n "$headers" ] || continue
            set +f
            for file in $(grep -lE "^ *# *include <($headers)" lib/*/*.?pp cmd/*.?pp 2>/dev/null); do
                allowed=no
                for place in $places; do case $file in "$place"*) allowed=yes ;; esac done
                [ $allowed = yes ] ||
                    tell "$file includes $(grep -m 1 -oE "<($headers)[^>]*>" "$file"), which is for $places"
            done
            set -f
        done
        exit $wrong
    } ||
    wrong=1
exit $wrong
