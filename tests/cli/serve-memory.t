#!/bin/sh
# stretto-serve --memory: its use of memory under any load.
. ./tests/lib.sh
heavy() { timeout 300 python3 "$root/tests/tools/heavy.py" "$@"; }
ok 'a body far larger than the memory, slow readers, ranges' heavy huge
ok 'the same before a disk' heavy huge_disk
ok '300 transfers at once whose clients do not read' heavy many
ok 'the same before a disk' heavy many --cache many
ok 'slow readers of dropped objects' heavy leavers
ok 'a body of unknown length' heavy unknown
ok '20,000 tiny objects' heavy tiny 20000
ok 'the same before a disk: at most 300 bytes each' heavy tiny 20000 --cache tiny
finish
