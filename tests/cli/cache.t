#!/bin/sh
# stretto-serve as a shared cache: every row of tests/cache/rows.py, with the cache in memory and on disk;
# the rows that separate users also through two servers.
. ./tests/lib.sh
serve="stretto-serve --listen 127.0.0.1:0 --name edge"
run() {
    timeout 120 python3 "$root/tests/cache/run.py" "$@" >said
    gave=$?
    sed -n 's/^\(ok\|not ok\) [0-9]* - /\1 /p; /^#/p; /^Bail out/p' said
    return $gave
}
# shellcheck disable=SC2086 # a list of words
rows cache: run memory $serve '{origin}' -- disk $serve '{origin}' --cache disk
# shellcheck disable=SC2086
rows cache: run --only '7\.3|many at once' tiers python3 "$root/tests/cache/tiers.py" '{origin}' $serve '{before}'
finish
