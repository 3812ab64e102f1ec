#!/bin/sh
# stretto-serve --memory: limits of memory under all kinds of load.
. ./tests/lib.sh
heavy() { timeout 300 python3 "$root/tests/tools/heavy.py" "$@"; }
ok 'a body far larger than the memory, slow readers, ranges' heavy huge
ok 'the same before a disk' heavy huge_disk
ok '300 transfers at once whose clients do not read' heavy many
ok 'the same before a disk' heavy many --cache many
ok 'slow readers of evicted objects' heavy leavers
ok 'a body of unknown length' heavy unknown
ok '20,000 tiny objects' heavy tiny 20000
ok 'the same before a disk: at most 300 bytes each' heavy tiny 20000 --cache tiny
# The kernel's part is not measured. nginx takes 390 bytes.
parked() {
    stretto-publish --list store >/dev/null 2>&1 || { tone park.wav 2 &&
        stretto-encode -b 96 park.wav | stretto-chunk | stretto-publish --name park store; } || return
    start stretto-serve --workers 2 store &&
        took=$(python3 "$root/tests/bench/idle.py" "$url/songs/park/manifest.json" 900 "$pid") &&
        echo "$took bytes" && test "$took" -le 800 && stop "$pid"
}
ok 'a connection between requests: at most 800 bytes' parked
finish
