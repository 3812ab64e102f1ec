#!/bin/sh
# examples/grafana.json uses only metrics that an origin, an edge and a tracker have.
. ./tests/lib.sh
mkdir -p store/songs store/names taken
metrics() { curl -sSf "$url/metrics" >"$1"; }
dashboard() { python3 "$root/tests/tools/dashboard.py" "$@"; }

start stretto-serve --events taken/events.jsonl store && origin=$url && metrics origin || exit
start stretto-serve --cache cache --name eu "$origin" && metrics edge || exit
echo "[{\"name\": \"eu\", \"url\": \"$url\", \"location\": \"52.5,13.4\"}]" >edges.json
start stretto-track --origin "$origin" --edges edges.json && metrics tracker || exit
ok 'each expression, with its labels' dashboard "$root/examples/grafana.json" origin edge tracker

# the check itself detects errors
notices() { # PATTERN REPLACEMENT WORDS
    sed "s/$1/$2/" "$root/examples/grafana.json" >wrong.json &&
        differ wrong.json "$root/examples/grafana.json" &&
        ! dashboard wrong.json origin edge tracker >said &&
        grep -qF "$3" said || { cat said; return 1; }
}
ok 'a metric that no server has is found' notices stretto_cache_hits_total stretto_hits_total \
    'no server tells stretto_hits_total'
ok 'a label that a metric lacks is found' notices 'by (class)' 'by (status)' 'no label status'
ok 'a counter without rate() is found' notices 'rate(\(stretto_requests_total{[^}]*}\)\[[^]]*\])' '(\1)' 'a counter as it is'
ok 'rate() of a gauge is found' notices 'sum(\(stretto_peers{[^}]*}\))' 'sum(rate(\1[$__rate_interval]))' 'rate of a gauge'
ok 'two panels at one place are found' notices '"x": 8, "y": 6' '"x": 0, "y": 6' 'no place'
finish
