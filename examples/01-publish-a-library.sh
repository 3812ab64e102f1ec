#!/bin/sh
# A directory tree of music into a store, on all cores: names come from file names, songs that are there already cost little,
# bad files are passed over and told at the end (then the exit status is 1).
#
#   examples/01-publish-a-library.sh ~/Music store
set -u
[ $# -eq 2 ] || { echo "usage: $0 MUSIC STORE" >&2; exit 64; }
failed=$(mktemp)
done_list=$2.published
trap 'rm -f "$failed"' EXIT
touch "$done_list"
export failed done_list store="$2"
find "$1" -type f \( -iname '*.flac' -o -iname '*.mp3' -o -iname '*.ogg' -o -iname '*.opus' -o -iname '*.wav' -o -iname '*.m4a' -o -iname '*.aiff' \) -print0 |
    xargs -0 -r -n 1 -P "$(nproc)" sh -c '
        grep -qxF -- "$1" "$done_list" && exit 0
        name=$(basename "$1" | sed "s/\.[^.]*$//" | tr "A-Z _" "a-z--" | tr -cd "a-z0-9.-" | sed "s/\.\.*/./g; s/^[.-]*//" | cut -c 1-64)
        if id=$(stretto-encode -j 1 "$1" | stretto-chunk 2>/dev/null | stretto-publish --name "${name:-song}" "$store" 2>/dev/null); then
            printf "%s\t%s\n" "$id" "$1"
            printf "%s\n" "$1" >>"$done_list"
        else
            printf "%s\n" "$1" >>"$failed"
        fi' -
[ -s "$failed" ] || exit 0
{ echo 'not published:'; sort "$failed"; } >&2
exit 1
