#!/bin/sh
# stretto-serve's cache on disk: complete objects after kill -9, a full disk, its size, and many objects over a restart.
. ./tests/lib.sh
crashes() { timeout 300 python3 "$root/tests/tools/crashes.py" "$@"; }
ok 'kill -9, 100 times during fills: only complete objects are stored, and all are served correctly at the end' crashes kills 100
ok '10,000 objects are there after a restart, and after kill -9' crashes many 10000

full_test='a full disk: serves on, and stores again when there is room'
mkdir disk
if mount -t tmpfs -o size=6M tmpfs disk 2>/dev/null; then
    ok "$full_test" crashes full disk
    umount disk
else
    skip "$full_test" 'only root may mount a small tmpfs'
fi
small_disk() { # COMMAND OPTIONS ARGUMENTS...
    command=$1 options=$2
    shift 2
    mount -t tmpfs -o "$options" tmpfs disk && crashes "$command" disk "$@"
    set -- $?
    umount disk
    return "$1"
}
for test in 'tight size=6M:a disk smaller than --cache-size:bytes' \
    'tight nr_inodes=500:a disk with few inodes:inodes' \
    'degraded size=6M:/healthz tells of a full disk:'; do
    what=${test#*:} how=${test%%:*}
    # shellcheck disable=SC2086 # a word or none
    if [ "$(id -u)" = 0 ]; then
        ok "${what%:*}" small_disk "${how% *}" "${how#* }" ${what##*:}
    else
        skip "${what%:*}" 'only root may mount a small tmpfs'
    fi
done
ok 'a flipped bit in each file is detected before a byte of the file is sent' crashes flipped
ok 'in a large file: one visibly incomplete response' crashes flipped_large
ok 'and by --scrub, without a request' crashes scrubbed
ok 'rm -rf of the folder: stored again' crashes swept
ok '--cache-size: du -sb never shows more' crashes small 4000000
ok '--cache-size less than the empty folder takes: 64' exits 64 stretto-serve --listen 127.0.0.1:0 \
    http://127.0.0.1:1 --cache tiny --cache-size 10k
finish
