#!/bin/bash
# stretto-track with a million peers that have ten songs each, against opentracker with as many entries: the CPU of an announce,
# kernel included, and announces/s of one core, with a connection each and with keep-alive. One announce in 15 is of a new peer, to
# which the tracker connects back; half of the others name a song that the peer did not have. Needs root, for a network of its own.
#   BENCH_PEERS, BENCH_SONGS   peers (1000000), and songs that they have (20000)
#   BENCH_SECONDS, BENCH_ROUNDS   of one measurement (2), measurements of each, ours and theirs in turn (5)
#   BENCH_CONNECTIONS   at a time (64)
[ -n "${INSIDE:-}" ] || INSIDE=1 exec unshare -n -- "$BASH" "$0"
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
seconds=${BENCH_SECONDS:-2} rounds=${BENCH_ROUNDS:-5} connections=${BENCH_CONNECTIONS:-64}
songs=${BENCH_SONGS:-20000} peers=${BENCH_PEERS:-1000000}
requests=$((seconds * 50000))
ip link set lo up
sysctl -qw net.core.somaxconn=65535
ip -6 route add local 2a00::/8 dev lo

# once ADDRESS close|keep: each request on standard input
once() { taskset -c 1 load "${1%:*}" "${1#*:}" 256 0 "$2"; }

# stat NAME: of the tracker
stat() { curl -s "http://$our/stats.json" | jq ".$1"; }

# settle NAME VALUE: wait until a number of the tracker is so high, as long as it rises
settle() {
    local now last=-1
    until now=$(stat "$1") && [ "$now" -ge "$2" ]; do
        [ "$now" -gt "$last" ] || { echo "only $now of $2 $1" >&2; return 1; }
        last=$now
        sleep 2
    done
}

start_ours() {
    mkdir store
    python3 "$here/track.py" store store "$songs" >ids
    begin origin stretto-serve --listen 127.0.0.1:0 store
    taskset -c 1 announcers accept >accept.out &
    servers+=($!)
    begin tracker taskset -c 0 stretto-track --listen 127.0.0.1:0 --origin "$url" --trust-proxy 127.0.0.1 \
        --max-peers $((peers + peers / 2)) --interval 3000
    our_pid=$pid our=$address
    announcers songs ids $((songs / 10)) >songs
    # the tracker asks the origin for few at a time, and forgets the rest
    while [ "$(stat swarm_songs)" -lt "$songs" ]; do
        once "$our" keep <songs >once.out
        settle swarm_songs "$songs" 2>/dev/null || true
    done
    announcers new ids 0 "$peers" | once "$our" keep >once.out
    settle peers_listed $((peers * 99 / 100))
}

# Debian's takes only hashes that it was told of, and logs in as nobody: all that it reads must be open.
start_theirs() {
    mkdir theirs
    for ((i = 0; i < songs; ++i)); do printf '%040x\n' $((i * 7919 + 1)); done >hashes
    cp hashes theirs/whitelist.txt
    chmod -R a+rX theirs
    taskset -c 0 opentracker -i 127.0.0.1 -p 6969 -P 6969 -d "$PWD/theirs" -w whitelist.txt >theirs.log 2>&1 &
    servers+=($!)
    their_pid=$!
    theirs=127.0.0.1:6969
    until curl -so /dev/null "http://$theirs/"; do
        kill -0 "$their_pid" || return 1
        sleep 0.05
    done
    their_peers=$((peers * 10 / songs))
    taskset -c 1 announcers fill 6969 hashes "$their_peers"
}

seed=0
compare() { # close|keep PROMISED PROMISED_US
    local round i row ours their
    : >rows
    for ((round = 0; round < rounds; ++round)); do
        seed=$((seed + 1))
        if [ "$1" = close ]; then CLOSE=1 announcers mixed ids "$peers" "$requests" "$seed"; else
            announcers mixed ids "$peers" "$requests" "$seed"; fi >mixed
        announcers hashes hashes "$their_peers" "$requests" "$seed" >asked
        ours=$(asked mixed "$our" "$our_pid" "$1")
        their=$(asked asked "$theirs" "$their_pid" close)
        echo "$ours $their" | awk '{print $0, $1 / $5, $2 / $6}' >>rows
    done
    row=$(for i in {1..10}; do median "$i" <rows; done | paste -sd ' ')
    echo "$row" | awk -v how="$([ "$1" = close ] && echo 'a connection each' || echo 'keep-alive')" -v p="$2" -v us="$3" '
        function mark(bad) {return bad ? "!" : " "}
        {printf "%-20s %8.0f %8.0f %6.2f%s (%.1f) %7.1f%s %7.1f %6.2f %8.2f %8.2f\n", how, $1, $5, $9, mark($9 < p), p,
            $2, mark(us > 0 && $2 > us), $6, $10, $4 / 1000, $8 / 1000}'
}

start_ours
start_theirs
echo "$peers peers, 10 of $songs songs each: $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$our_pid/status") MB" \
    "(theirs: $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$their_pid/status") MB);" \
    "$connections connections from one core, the server on the other; $rounds rounds of $seconds s"
printf '%-20s %17s %14s %16s %6s %16s\n' '' 'announces/s' 'ratio' 'CPU us/announce' ratio 'p99 ms'
printf '%-20s %8s %8s %13s %8s %8s %6s %8s %8s\n' '' ours theirs '(promised)' ours theirs '' ours theirs
probes=$(stat 'peer_probes_total.reached')
compare close 1.0 0
compare keep 3.0 15
echo "the tracker connected to $(($(stat 'peer_probes_total.reached') - probes)) new peers meanwhile"
