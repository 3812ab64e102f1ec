#!/bin/sh
# Common to all tools: help, exit statuses, man pages, completion.
. ./tests/lib.sh
tools='stretto stretto-encode stretto-chunk stretto-publish stretto-fetch stretto-serve
    stretto-track stretto-play stretto-simulate stretto-report stretto-sign stretto-subsonic'
command -v stretto-rtc >/dev/null && tools="$tools stretto-rtc" # where its libraries are
closed() { "$1" --help >&-; }
full() { "$1" --help >/dev/full; }
quiet() {
    test -z "$("$1" --help 2>&1 >/dev/null | head -1)" && "$1" --help 2>said | head -1 >/dev/null
    test ! -s said
}
helps() { "$1" --help >help && grep -q '^Examples:' help; }
documented() { # every long option of --help is in the man page
    "$1" --help | grep -E '^ +-' | grep -oE '(^|,| )--[a-z][a-z-]*' | tr -d ', ' | sort -u >options
    while read -r option; do
        grep -q -- "Fl -${option#--}" "$root/man/$1.1" || echo "$option"
    done <options >missing
    cat missing
    test -s options && test ! -s missing
}
for tool in $tools; do
    ok "$tool --help shows examples" helps $tool
    ok "$tool --help >/dev/full fails" exits 74 full $tool
    ok "and says why" says 'No space left on device' full $tool
    ok "$tool --help >&- fails" exits 74 closed $tool
    ok "$tool --help | head -1 does not complain" quiet $tool
    ok "$tool: an unknown option is wrong usage" exits 64 $tool --no-such-option
    ok "$tool: every option is in its man page" documented $tool
done
for page in "$root"/man/*; do
    lint() { mandoc -T lint -W warning "$page" >said; test ! -s said || { cat said; return 1; }; }
    ok "man page ${page##*/} is clean" lint
done
completes() { # WORDS...: the completions of bash for the last word
    bash -c \
        '. "$1/cmd/stretto.bash"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _stretto "$1"; printf "%s\n" "${COMPREPLY[@]}"' - \
        "$root" "$@"
}
offers() { wanted=$1; shift; completes "$@" | grep -qx -e "$wanted"; }
ok 'completes a tool' offers publish stretto pub
ok 'completes an option' offers --verify stretto-publish --ver
ok 'completes an option through stretto' offers --keep-going stretto encode --keep
finish
