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
sourced() { # every measured figure of the capacity table is on a page with that value, and its bench is there
    python3 - "$root" <<'PY'
import os, re, sys
sys.path.insert(0, sys.argv[1] + "/tests/bench")
import capacity
pages = "".join(open(f"{sys.argv[1]}/{page}").read() for page in ("tests/bench/README.md", "man/stretto-scaling.7"))
assert len(capacity.MEASURED) > 9
for name, (value, unit, bench, words) in capacity.MEASURED.items():
    assert os.path.exists(f"{sys.argv[1]}/tests/bench/{bench}"), bench
    assert words in pages, f"{name}: no page says {words}"
crowd = {"heard_s": 1000, "songs": 5, "bytes": {"cache": 0, "peer": 30_000_000, "edge": 10_000_000}}
given = {name: row[0] for name, row in capacity.ASSUMED.items()}
alone, shared = (capacity.needs(10**6, crowd, given, peers) for peers in (False, True))
assert abs(alone["gbits"] - 320) < 1e-6 and abs(shared["gbits"] - 80) < 1e-6
# 40 kB/s and 10 Gbit/s of which 60 % are used: 53.3 machines, and a quarter of them
assert alone["edges"] == 54 and shared["edges"] == 14, (alone, shared)
PY
}
ok 'the capacity table takes its figures from pages that say them' sourced
finish
