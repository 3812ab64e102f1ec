#!/bin/sh
# The comparisons and waits of tests/lib.sh. A comparison fails if a side is empty, because the command that fills it may have failed.
. ./tests/lib.sh
: >e1
: >e2
echo a >a
echo b >b
echo a >c
mkdir d1 d2
md5sum <e1 >m1
cp m1 m2
fails() { ! "$@"; }
ok 'cmp: two empty files are not the same' fails cmp e1 e2
ok 'nor are two checksums of nothing' fails cmp m1 m2
ok 'two equal files are the same' cmp a c
ok 'two others are not' fails cmp a b
ok 'diff: two empty folders are not the same' fails diff -r d1 d2
cp a d1
cp a d2
ok 'two equal folders are' diff -r d1 d2
ok 'equals: two equal texts' equals x x
ok 'two empty texts are refused' fails equals '' ''
ok 'two others are refused' fails equals a b
ok 'prints: what the file holds' prints a echo a
ok 'a command that fails is refused, whatever it printed' fails prints a sh -c 'echo a; exit 1'
ok 'silently: a command without a word' silently true
ok 'one that fails is refused' fails silently false
ok 'one that says something is refused' fails silently sh -c 'echo x >&2'
ok 'lacks: a file without a line like this' lacks x a
ok 'a file that is not there is refused' fails lacks x nowhere
ok 'a file with such a line is refused' fails lacks a a
ok 'differ: two files that differ' differ a b
ok 'two equal files are refused' fails differ a c
ok 'a missing file is refused' fails differ a nowhere
ok 'kept_right: a cache without a chunk is refused' fails kept_right d1 d2
mkdir -p k/songs/x/96 s/songs/x/96
echo 1 >k/songs/x/96/chunk_0.ogg
cp k/songs/x/96/* s/songs/x/96
ok 'one with the chunks of the store is right' kept_right k s
echo 2 >k/songs/x/96/chunk_0.ogg
ok 'one with other bytes is refused' fails kept_right k s
cmp_in() { printf a | cmp - e1; }
ok 'cmp: a pipe is not the same as an empty file' fails cmp_in
fifo() { echo a | cmp - a; }
ok 'a pipe is compared' fifo
ok 'and a part of a file' cmp a c -n 1
late() {
    sleep 600 &
    started="$started $!"
    await 'sleep to run' grep -q '^sleep' "/proc/$!/cmdline"
    patience=1 wait $! >said
    [ $? -eq 124 ] && grep -q 'process .* to end: sleep 600' said
}
ok 'a wait that is too long names the process' late
status() {
    sh -c 'exit 7' &
    exits 7 wait $!
}
ok 'and else gives its status' status
jq_nothing() { printf '' | jq -e .; }
ok 'jq -e: no input is a failure' fails jq_nothing
ok 'nor is an empty file an answer' fails jq -es 'all(. > 1)' e1
asks() { echo '[2]' | jq -e 'all(. > 1)'; }
ok 'an answer is one' asks
finish
