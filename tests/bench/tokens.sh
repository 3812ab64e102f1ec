#!/bin/bash
# What access tokens cost stretto-serve: the same origin with --token-keys, and a token in each request, against itself without,
# in turn, with h2load over HTTP/1.1: requests/s and CPU per request.
#   BENCH_SECONDS   of one measurement (2)
#   BENCH_ROUNDS    measurements of each (5); ratios are medians of ratios within a round
set -eu
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5}
work=$(mktemp -d)
servers=()
finish() {
    kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
export XDG_STATE_HOME="$work"

sox -R -n -r 44100 -c 2 -b 16 song.wav synth 60 pinknoise vol 0.3 2>/dev/null
id=$(stretto-encode song.wav | stretto-chunk -d 15.3 | stretto-publish store)
stretto-sign --generate key.pem
stretto-sign --jwks --key key.pem >keys.json
token=$(stretto-sign --token "http://h.example/songs/$id" --key key.pem)

# NAME ARGUMENTS...: pid and url
serve() {
    local port
    stretto-serve --listen 127.0.0.1:0 --workers 1 "${@:2}" store >"$1.out" &
    pid=$!
    servers+=("$pid")
    until port=$(sed -n 's/^listening on .*://p' "$1.out" 2>/dev/null) && [ -n "$port" ]; do
        kill -0 $pid
        sleep 0.05
    done
    url=http://127.0.0.1:$port
}
serve open && open=$pid open_url=$url
serve gated --token-keys keys.json && gated=$pid gated_url=$url

# nanoseconds of the processor that a process has had
spent() { awk '{n += $1} END {printf "%.0f\n", n}' /proc/"$1"/task/*/schedstat; }
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
median() { sort -g | awk '{a[NR] = $1} END {print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2}'; }
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
