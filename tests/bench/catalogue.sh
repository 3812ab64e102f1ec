#!/bin/bash
# The list of a large store: from a start with nothing and from a warm one until /songs answers; how long a publish takes to
# show, and what /healthz takes meanwhile.
#   CATALOGUE_SONGS    100000 (1.7 GB under TMPDIR)
#   CATALOGUE_STORE    a store that `catalogue.py make` made earlier; publishing adds to it (default: a new one)
#   CATALOGUE_SECONDS  of publishing (20)
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
songs=${CATALOGUE_SONGS:-100000} seconds=${CATALOGUE_SECONDS:-20}
if [ -n "${CATALOGUE_STORE:-}" ]; then
    ln -s "$(realpath "$CATALOGUE_STORE")" store
    songs=$(find store/songs/ -mindepth 1 -maxdepth 1 | wc -l)
else
    python3 "$here/catalogue.py" make store "$songs"
fi
for start in cold warm; do
    began=$(date +%s%N) # with the start of the program
    begin serve stretto-serve --listen 127.0.0.1:0 --state state store
    until curl -sf -o page "$url/songs?limit=1"; do sleep 0.02; done
    took=$((($(date +%s%N) - began) / 1000000))
    python3 "$here/catalogue.py" watch "$url" store "$seconds" |
        awk -v start=$start -v songs="$songs" -v took=$took '
        {printf "%d songs, %s: /songs after %d ms%s; %d publishes, shown after at most %d ms%s; ", songs, start, took,
         (start == "warm" && took > 2000 ? " !" : ""), $1, $2, ($2 > 1000 ? " !" : "")
         printf "/healthz p50 %s, p99 %s, longest %s ms%s\n", $4, $5, $6, ($5 > 5 ? " !" : "")}'
    kill "$pid" && wait "$pid"
done
