#!/bin/bash
# An origin of a bucket beside signed curl: all chunks of a song once, from the same gateway of Ceph in one run, the origin's cache
# empty each time. Needs radosgw, ceph-mon and ceph-osd (make deps DEPS=test-engines).
#   BENCH_ROUNDS    measurements of each, in turn (9)
#   BENCH_PARALLEL  requests at a time (8)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${BENCH_ROUNDS:-9} parallel=${BENCH_PARALLEL:-8}
if ! command -v radosgw >/dev/null; then
    echo 'bucket: radosgw is not installed'
    exit 0
fi
work=$(mktemp -d)
served=
finish() {
    [ -z "$served" ] || kill "$served" 2>/dev/null || true
    sh "$here/../engines/ceph.sh" down "$work/ceph"
    rm -rf "$work"
}
trap finish EXIT
cd "$work"

gateway=$(sh "$here/../engines/ceph.sh" up "$work/ceph" | sed -n 's/^listening on //p')
export AWS_ENDPOINT_URL=http://$gateway AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret AWS_REGION=us-east-1
signed() {
    curl -fsS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"
}
signed -X PUT "http://$gateway/music"
# 420 kB a chunk at 320 kbit/s
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 3000 pinknoise vol 0.3 synth 3000 sine mix 100-8000 2>/dev/null
stretto-encode -b 320 song.wav | stretto-chunk -d 15.3 >song.tar
id=$(stretto-publish s3://music/store song.tar)
chunks=$(stretto-publish --list s3://music/store | wc -l)
[ "$chunks" -eq 1 ]
chunks=$(tar -tf song.tar | grep -c 'chunk_[0-9]*\.ogg$')

# BASE: curl's list of all chunks
urls() {
    local chunk
    for ((chunk = 0; chunk < chunks; chunk++)); do
        printf 'url = "%s/songs/%s/320/chunk_%d.ogg"\noutput = "/dev/null"\n' "$1" "$id" "$chunk"
    done
}
# SECONDS-FILE COMMAND...: adds the time that it took
timed() {
    local began=$EPOCHREALTIME file=$1
    shift
    "$@"
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}' >>"$file"
}
median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
through_origin() {
    rm -rf cache origin # or the address of the one before would be read
    stretto-serve --listen 127.0.0.1:0 --cache cache --access-log none.log s3://music/store >origin 2>origin.err &
    served=$!
    until address=$(sed -n "s/^listening on //p" origin 2>/dev/null | grep .); do
        kill -0 "$served"
        sleep 0.05
    done
    urls "http://$address" >origin.urls
    curl -fsS -o manifest.json "http://$address/songs/$id/manifest.json" || { cat origin.err origin; exit 1; }
    timed origin.s curl -fsSZ --no-progress-meter --parallel-max "$parallel" -K origin.urls
    kill "$served"
    wait "$served"
    served=
}

urls "http://$gateway/music/store" >gateway.urls
signed -Z --no-progress-meter --parallel-max "$parallel" -K gateway.urls # warms the gateway
for ((round = 0; round < rounds; round++)); do
    timed curl.s signed -Z --no-progress-meter --parallel-max "$parallel" -K gateway.urls
    through_origin
done
bytes=$(stat -c %s song.tar)
awk -v c="$(median curl.s)" -v o="$(median origin.s)" -v b="$bytes" -v n="$chunks" 'BEGIN {
    printf "%d chunks, %.0f MB\n", n, b / 1e6
    printf "signed curl              %7.2f s %6.0f MB/s\n", c, b / 1e6 / c
    printf "origin, its cache empty  %7.2f s %6.0f MB/s\n", o, b / 1e6 / o
    printf "origin / curl            %7.2f\n", c / o }'
