#!/bin/sh
# A store in a bucket of Ceph: the first part of tests/cli/bucket.t, which is the same for all stores.
set -u
folder=$(mktemp -d "${TMPDIR:-/tmp}/stretto-ceph-XXXXXX")
end() { sh tests/engines/ceph.sh down "$folder/ceph" && rm -rf "$folder"; }
trap end EXIT
trap 'exit 1' INT TERM HUP
address=$(sh tests/engines/ceph.sh up "$folder/ceph" | sed -n 's/^listening on //p')
[ -n "$address" ] || exit 1
curl -fsS --aws-sigv4 aws:amz:us-east-1:s3 --user testkey:testsecret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
    -X PUT "http://$address/music" || exit 1
S3_ENDPOINT=http://$address S3_KEY=testkey S3_SECRET=testsecret sh tests/cli/bucket.t
