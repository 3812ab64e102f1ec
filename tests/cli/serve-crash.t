#!/bin/sh
# stretto-serve's cache on disk: whole objects after kill -9, a full disk, its size, and many objects over a restart.
. ./tests/lib.sh
crashes() { timeout 300 python3 "$root/tests/crashes.py" "$@"; }
ok 'kill -9, 100 times during fills: only whole objects, and all served right in the end' crashes kills 100
ok '10,000 objects are there after a restart, and after kill -9' crashes many 10000

on_a_disk_of() { # SIZE NAME COMMAND...: in $disk, which has no more room than that
    size=$1 name=$2
    shift 2
    mkdir -p disk
    if mount -t tmpfs -o "size=$size" tmpfs disk 2>/dev/null; then
        ok "$name" "$@"
        umount disk
    else
        skip "$name" 'only root may mount a small tmpfs'
    fi
}
on_a_disk_of 6M 'a full disk: serves on, and stores again when there is room' crashes full disk
on_a_disk_of 4000000 'a disk that is just as large as the cache may be never fills up' crashes small 4000000 disk
under() { crashes small 4000000 . && test "$(du -sb cache | cut -f1)" -le 4000000; }
ok '--cache-size is what du -sb says, at most' under
ok '--cache-size less than the empty folder takes: 64' exits 64 stretto-serve --listen 127.0.0.1:0 http://127.0.0.1:1 --cache tiny --cache-size 10k
finish
