#!/bin/bash
# stretto-track against opentracker over HTTP in one run: announces and lists of 16 peers, server and load on a core each. Then
# the state alone, with ten million entries.
#   BENCH_SECONDS   of one measurement (2)
#   BENCH_ROUNDS    measurements of each, ours and theirs in turn (5)
#   BENCH_SONGS, BENCH_PEERS   songs, and peers of each (1000, 20)
#   BENCH_CONNECTIONS      connections at a time (64)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5} connections=${BENCH_CONNECTIONS:-64}
songs=${BENCH_SONGS:-1000} peers=${BENCH_PEERS:-20}
work=$(mktemp -d)
chmod 755 "$work"
servers=()
finish() {
    kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT
cd "$work"

# ready FILE PID: wait for the line a server of ours prints when it listens, and say its address
ready() {
    while ! sed -n 's/^listening on //p' "$1" | grep .; do
        kill -0 "$2" || return 1
        sleep 0.05
    done
}

start_ours() {
    mkdir store
    python3 "$here/track.py" store store "$songs" >ids
    stretto-serve --listen 127.0.0.1:0 store >origin.out &
    servers+=($!)
    local origin
    origin=$(ready origin.out "$!")
    taskset -c 0 stretto-track --listen 127.0.0.1:0 --origin "http://$origin" --trust-proxy 127.0.0.1 >tracker.out &
    servers+=($!)
    our_pid=$!
    our=$(ready tracker.out "$!")
    taskset -c 1 python3 "$here/track.py" fill "http://$our" "$peers" ids
}

# Debian's takes only hashes that it was told of, and logs in as nobody: all that it reads must be open.
start_theirs() {
    mkdir theirs
    for ((i = 0; i < songs; ++i)); do echo "$i" | sha1sum | cut -c 1-40; done >hashes
    cp hashes theirs/whitelist.txt
    chmod -R a+rX theirs
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    taskset -c 0 opentracker -i 127.0.0.1 -p "$port" -d "$PWD/theirs" -w whitelist.txt >theirs.log 2>&1 &
    servers+=($!)
    their_pid=$!
    theirs=127.0.0.1:$port
    until curl -so /dev/null "http://$theirs/"; do
        kill -0 "$their_pid" || return 1
        sleep 0.05
    done
    python3 "$here/track.py" requests opentracker close "$peers" hashes >opentracker-close
    measure opentracker-close "$theirs" "$their_pid" close >/dev/null # which fills it
}

# ticks PID: of the processor, spent so far
ticks() {
    local stat
    read -ra stat <"/proc/$1/stat"
    echo $((stat[13] + stat[14]))
}

# measure REQUESTS ADDRESS PID close|keep: requests/s, CPU microseconds a request, p50 and p99 in microseconds
measure() {
    local before after
    before=$(ticks "$3")
    taskset -c 1 load "${2%:*}" "${2#*:}" "$connections" "$seconds" "$4" <"$1" >load.out
    after=$(ticks "$3")
    awk -v cpu="$(((after - before) * 1000000 / $(getconf CLK_TCK)))" '{
        if ($5 > 0) print $5 " answers were other than 200" > "/dev/stderr"
        printf "%.0f %.2f %d %d\n", $1 / $2 * 1e6, cpu / $1, $3, $4}' load.out
}

# median COLUMN <rows
median() {
    awk -v c="$1" '{print $c}' |
        sort -g |
        awk '{a[NR] = $1} END {print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2}'
}

# Medians of the rounds; ratios are taken within a round first, so that a slow minute of the machine is in both.
compare() { # WHAT close|keep PROMISED
    local round i ours their
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        if ((round % 2)); then
            their=$(measure opentracker-close "$theirs" "$their_pid" close)
            ours=$(measure "$1-$2" "$our" "$our_pid" "$2")
        else
            ours=$(measure "$1-$2" "$our" "$our_pid" "$2")
            their=$(measure opentracker-close "$theirs" "$their_pid" close)
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
