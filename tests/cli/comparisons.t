#!/bin/sh
# The comparisons and waits of tests/lib.sh. A comparison fails if a side is empty: what should have filled it may have failed.
. ./tests/lib.sh
: >e1; : >e2; echo a >a; echo b >b; echo a >c; mkdir d1 d2; md5sum <e1 >m1; cp m1 m2
fails() { ! "$@"; }
ok 'cmp empty' fails cmp e1 e2
ok 'cmp sums of nothing' fails cmp m1 m2
ok 'cmp' cmp a c
ok 'cmp differs' fails cmp a b
ok 'diff -r empty' fails diff -r d1 d2
cp a d1; cp a d2
ok 'diff -r' diff -r d1 d2
ok 'equals' equals x x
ok 'equals empty' fails equals '' ''
ok 'equals other' fails equals a b
ok 'prints' prints a echo a
ok 'prints, failing' fails prints a sh -c 'echo a; exit 1'
ok 'silently' silently true
ok 'silently fails' fails silently false
ok 'silently talks' fails silently sh -c 'echo x >&2'
ok 'lacks' lacks x a
ok 'lacks missing' fails lacks x nowhere
ok 'lacks has' fails lacks a a
ok 'differ' differ a b
ok 'differ same' fails differ a c
ok 'differ missing' fails differ a nowhere
ok 'kept none' fails kept_right d1 d2
mkdir -p k/songs/x/96 s/songs/x/96; echo 1 >k/songs/x/96/chunk_0.ogg; cp k/songs/x/96/* s/songs/x/96
ok 'kept' kept_right k s
echo 2 >k/songs/x/96/chunk_0.ogg
ok 'kept wrong' fails kept_right k s
cmp_in() { printf a | cmp - e1; }
ok 'pipe' fails cmp_in
fifo() { echo a | cmp - a; }
ok 'pipe good' fifo
ok 'n' cmp a c -n 1
late() {
    sleep 600 &
    started="$started $!"
    patience=1 wait $! >said
    [ $? -eq 124 ] && grep -q 'process .* to end: sleep 600' said
}
ok 'a wait that is too long names the process' late
status() {
    sh -c 'exit 7' &
    exits 7 wait $!
}
ok 'and else gives its status' status
finish
