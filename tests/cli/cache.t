#!/bin/sh
# stretto-serve as a shared cache: every row of tests/cache/rows.py, with the cache in memory and on disk.
. ./tests/lib.sh
serve="stretto-serve --listen 127.0.0.1:0 --name edge"
# shellcheck disable=SC2086 # a list of words
timeout 120 python3 "$root/tests/cache/run.py" memory $serve '{origin}' -- disk $serve '{origin}' --cache disk
