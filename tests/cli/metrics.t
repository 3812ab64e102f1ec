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

# the check itself notices
notices() { # PATTERN REPLACEMENT WORDS
    sed "s/$1/$2/" "$root/examples/grafana.json" >wrong.json &&
        ! cmp -s wrong.json "$root/examples/grafana.json" &&
        ! dashboard wrong.json origin edge tracker >said &&
        grep -qF "$3" said || { cat said; return 1; }
}
ok 'not a metric that no server tells' notices stretto_cache_hits_total stretto_hits_total \
    'no server tells stretto_hits_total'
ok 'not a label that it lacks' notices 'by (class)' 'by (status)' 'no label status'
ok 'not a counter as it is' notices 'rate(\(stretto_requests_total{[^}]*}\)\[[^]]*\])' '(\1)' 'a counter as it is'
ok 'not a rate of a gauge' notices 'sum(\(stretto_peers{[^}]*}\))' 'sum(rate(\1[$__rate_interval]))' 'rate of a gauge'
ok 'not two panels in one place' notices '"x": 8, "y": 6' '"x": 0, "y": 6' 'no place'
finish
