#!/bin/bash
# stretto-track against opentracker over HTTP in one run: announces and lists of 16 peers, server and load on a core each. Then
# the state alone, with ten million entries.
#   BENCH_SECONDS   of one measurement (2)
#   BENCH_ROUNDS    measurements of each, ours and theirs in turn (5)
#   BENCH_SONGS, BENCH_PEERS   songs, and peers of each (1000, 20)
#   BENCH_CONNECTIONS      connections at a time (64)
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5} connections=${BENCH_CONNECTIONS:-64}
songs=${BENCH_SONGS:-1000} peers=${BENCH_PEERS:-20}

start_ours() {
    mkdir store
    python3 "$here/track.py" store store "$songs" >ids
    begin origin stretto-serve --listen 127.0.0.1:0 store
    begin tracker taskset -c 0 stretto-track --listen 127.0.0.1:0 --origin "$url" --trust-proxy 127.0.0.1
    our_pid=$pid our=$address
    taskset -c 1 python3 "$here/track.py" fill "http://$our" "$peers" ids
}

# Debian's takes only hashes that it was told of, and logs in as nobody: all that it reads must be open.
start_theirs() {
    mkdir theirs
    for ((i = 0; i < songs; ++i)); do echo "$i" | sha1sum | cut -c 1-40; done >hashes
    cp hashes theirs/whitelist.txt
    chmod -R a+rX theirs
    local port
    port=$(free_port)
    taskset -c 0 opentracker -i 127.0.0.1 -p "$port" -d "$PWD/theirs" -w whitelist.txt >theirs.log 2>&1 &
    servers+=($!)
    their_pid=$!
    theirs=127.0.0.1:$port
    until curl -so /dev/null "http://$theirs/"; do
        kill -0 "$their_pid" || return 1
        sleep 0.05
    done
    python3 "$here/track.py" requests opentracker close "$peers" hashes >opentracker-close
    asked opentracker-close "$theirs" "$their_pid" close >/dev/null # which fills it
}

# Medians of the rounds; ratios are taken within a round first, so that a slow minute of the machine is in both.
compare() { # WHAT close|keep PROMISED
    local round i ours their
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        if ((round % 2)); then
            their=$(asked opentracker-close "$theirs" "$their_pid" close)
            ours=$(asked "$1-$2" "$our" "$our_pid" "$2")
        else
            ours=$(asked "$1-$2" "$our" "$our_pid" "$2")
            their=$(asked opentracker-close "$theirs" "$their_pid" close)
        fi
        echo "$ours $their" | awk '{print $0, $1 / $5, $2 / $6, $3 / $7, $4 / $8}' >>rows
    done
    for i in {1..12}; do median "$i" <rows; done |
        paste -sd ' ' |
        awk -v what="$1, $([ "$2" = close ] && echo 'a connection each' || echo 'keep-alive')" -v p="$3" '
        function mark(bad) {return bad ? "!" : " "}
        {printf "%-28s %8.0f %8.0f %6.2f%s (%.1f) %7.1f %7.1f %6.2f%s %7.2f %7.2f %7.2f %7.2f %6.2f\n", what, $1, $5, $9,
            mark($9 < p), p, $2, $6, $10, mark($10 > 1), $3 / 1000, $7 / 1000, $4 / 1000, $8 / 1000, $12}'
}

start_ours
start_theirs
for what in announce peers; do
    for how in close keep; do python3 "$here/track.py" requests "$what" "$how" "$peers" ids >"$what-$how"; done
done
echo "$songs songs with $peers peers each; $connections connections from one core, the server on the other; $rounds rounds of $seconds s"
printf '%-28s %17s %14s %15s %7s %15s %15s %6s\n' '' 'requests/s' 'ratio' 'CPU us/request' ratio 'p50 ms' 'p99 ms' ratio
printf '%-28s %8s %8s %13s %8s %7s %7s %8s %7s %7s %7s\n' '' ours theirs '(promised)' ours theirs '' ours \
    theirs ours theirs
compare announce close 1.0
compare peers close 1.0
compare announce keep 1.5
compare peers keep 1.5
echo 'theirs: an announce to opentracker, answered with 16 peers, after which it closes; promised: CPU at most 1.0; ! marks what is missed'
[ "${BENCH_STATE:-1}" = 0 ] || swarm
