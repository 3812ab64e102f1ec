#!/bin/bash
# What access tokens cost stretto-serve: the same origin with --token-keys, and a token in each request, against itself without,
# in turn, with h2load over HTTP/1.1: requests/s and CPU per request.
#   BENCH_SECONDS   of one measurement (2)
#   BENCH_ROUNDS    measurements of each (5); ratios are medians of ratios within a round
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5}
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 60 pinknoise vol 0.3 2>/dev/null
id=$(stretto-encode song.wav | stretto-chunk -d 15.3 | stretto-publish store)
stretto-sign --generate key.pem
stretto-sign --jwks --key key.pem >keys.json
token=$(stretto-sign --token "http://h.example/songs/$id" --key key.pem)

begin open stretto-serve --listen 127.0.0.1:0 --workers 1 store && open=$pid open_url=$url
begin gated stretto-serve --listen 127.0.0.1:0 --workers 1 --token-keys keys.json store && gated=$pid gated_url=$url

# PID URL H2LOAD-ARGUMENTS...: requests/s and CPU microseconds per request
load() {
    local before after
    before=$(spent "$1")
    h2load --h1 -c 16 -D "$seconds" --connection-active-timeout=60 "${@:3}" "$2" >h2load.out 2>&1
    after=$(spent "$1")
    # a refusal is an answer, too
    awk -v cpu=$((after - before)) '/^requests:/ {done = $8; failed = $10 + $12} /^finished in/ {rate = $4}
        /^status codes:/ {good = $3}
        END {if (failed > 0 || good == 0) {print "requests failed" > "/dev/stderr"; exit 1}
            printf "%s %.2f\n", rate, cpu / 1e3 / done}' h2load.out
}
compare() { # WHAT PATH
    local round
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        echo "$(load "$gated" "$gated_url$2" -H "Authorization: Bearer $token") $(load "$open" "$open_url$2")" >>rows
    done
    printf '%-30s %8.0f/s %8.0f/s  %5.2f    %8.1f us %8.1f us  %5.2f\n' "$1" \
        "$(awk '{print $1}' rows | median)" "$(awk '{print $3}' rows | median)" "$(awk '{print $1 / $3}' rows | median)" \
        "$(awk '{print $2}' rows | median)" "$(awk '{print $4}' rows | median)" "$(awk '{print $2 / $4}' rows | median)"
}
printf '%-30s %10s %10s  %5s    %11s %11s  %5s\n' 'one worker' 'token' 'none' ratio CPU none ratio
compare "chunk, $(stat -c %s "store/songs/$id/320/chunk_1.ogg") bytes" "/songs/$id/320/chunk_1.ogg"
compare "chunk, $(stat -c %s "store/songs/$id/96/chunk_1.ogg") bytes" "/songs/$id/96/chunk_1.ogg"
compare "manifest, $(stat -c %s "store/songs/$id/manifest.json") bytes" "/songs/$id/manifest.json"
