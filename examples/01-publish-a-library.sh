#!/bin/sh
# Publish a directory tree of music, on all cores. A song's name is its file name, with the folder in front if two songs
# have the same file name. A second run skips published songs. At the end the script lists bad files and exits with 1.
#
#   examples/01-publish-a-library.sh ~/Music store
set -u
[ $# -eq 2 ] || { echo "usage: $0 MUSIC STORE" >&2; exit 64; }
failed=$(mktemp)
done_list=$2.published
claims=$(mktemp -d)
trap 'rm -rf "$failed" "$claims"' EXIT
touch "$done_list"
export failed claims done_list store="$2"
find "$1" -type f \( -iname '*.flac' -o -iname '*.mp3' -o -iname '*.ogg' -o -iname '*.opus' -o -iname '*.wav' -o -iname '*.m4a' -o -iname '*.aiff' \) -print0 |
    xargs -0 -r -n 1 -P "$(nproc)" sh -c '
        grep -qxF -- "$1" "$done_list" && exit 0
        name_of() { printf %s "$1" | tr "A-Z _" "a-z--" | tr -cd "a-z0-9.-" | sed "s/\.\.*/./g; s/^[.-]*//" | cut -c 1-64; }
        free() { [ -n "$name" ] && [ ! -e "$store/names/$name" ] && mkdir "$claims/$name" 2>/dev/null; }
        file=${1##*/} folder=$(basename "$(dirname "$1")")
        name=$(name_of "${file%.*}")
        free || { name=$(name_of "$folder-${file%.*}") && free; } || name=
        if [ -n "$name" ] && id=$(stretto-encode -j 1 "$1" | stretto-chunk 2>/dev/null | stretto-publish --name "$name" "$store" 2>/dev/null); then
            printf "%s\t%s\n" "$id" "$1"
            printf "%s\n" "$1" >>"$done_list"
        else
            printf "%s\n" "$1" >>"$failed"
        fi' -
[ -s "$failed" ] || exit 0
{ echo 'not published:'; sort "$failed"; } >&2
exit 1
