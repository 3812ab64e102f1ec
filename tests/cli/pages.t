#!/bin/sh
# The examples of man pages, as copied from a terminal of 80 columns: they are not wrapped or changed, and those without a server
# run.
. ./tests/lib.sh
ln -s "$root/examples" .

shown() {
    LC_ALL=C.UTF-8 MANWIDTH=80 MANPAGER=cat man -l "$1" 2>/dev/null |
        col -bx |
        awk '/^[A-Z]/ {on = /^EXAMPLES/} on'
}
written() { # the lines of examples in a page's source
    awk '/^\.Sh/ {on = /EXAMPLES/}
         /^\.Ed/ {literal = 0}
         on && literal {print}
         on && /^\.Bd -literal/ {literal = 1}
         on && sub(/^\.Dl /, "") {print}' "$1" |
        sed 's/\\e/\\/g; s/\\(ga/`/g; s/\\(dq/"/g; s/\\(aq/'\''/g; s/\\&//g; s/\\-/-/g; s/^ *//'
}
whole() { # PAGE: each example stands on one line, in 80 columns, as it was written
    written "$1" >wanted
    shown "$1" | tee rendered | sed 's/^ *//' >trimmed
    [ -s rendered ] || return
    ! LC_ALL=C.UTF-8 grep -E '^.{81}' rendered || return
    while IFS= read -r line; do
        grep -qxF -e "$line" trimmed || { echo "not in the rendered page: $line"; return 1; }
    done <wanted
}
for page in "$root"/man/*; do
    if grep -q '^.Sh EXAMPLES' "$page"; then ok "${page##*/}: examples can be copied" whole "$page"; fi
done

tone song.wav 12
ffmpeg -v error -i song.wav song.flac </dev/null
ffmpeg -v error -i song.wav -af volume=0.5 other.flac </dev/null
mkdir music && cp song.flac music
tone album.wav 24 && ffmpeg -v error -i album.wav album.flac </dev/null # twelve songs of 2 s
{
    echo 'FILE "album.flac" WAVE'
    for n in $(seq -w 12); do
        printf '  TRACK %s AUDIO\n    TITLE "Song %s"\n    INDEX 01 00:%02d:00\n' "$n" "$n" $((2 * (${n#0} - 1)))
    done
} >album.cue
paste_of() { # PAGE [WITHOUT]: run its examples as shown; readme.t runs those with a server or a network, bucket.t those of a bucket
    shown "$root/man/$1" |
        sed -n 's/^           //p' |
        grep -vE "${2:-^$}" |
        sed 's/ --listeners 500/ --listeners 40/; s/ --songs [0-9]*/ --songs 24/' >"$1.sh"
    test "$(wc -l <"$1.sh")" -ge "${3:-1}" &&
        bash -eu -o pipefail "$1.sh" </dev/null || { cat "$1.sh"; return 1; }
}
ok 'stretto-encode.1: examples run' paste_of stretto-encode.1 '^$' 5
ok 'stretto-chunk.1: examples run' paste_of stretto-chunk.1 '^$' 5
ok 'stretto-publish.1: examples run' paste_of stretto-publish.1 's3:' 4
ok 'stretto.1: examples run' paste_of stretto.1 '^$' 3
ok 'stretto-fetch.1: the example of a store runs' paste_of stretto-fetch.1 '127\.0\.0\.1|8480|share|52\.52|playlist'
ok 'stretto-simulate.1: examples run' paste_of stretto-simulate.1 '^$' 14
made() { oggz-validate low.ogg && oggz-validate other.ogg && oggz-validate song.ogg && stretto-publish --verify store; }
ok 'and their output is complete' made
finish
