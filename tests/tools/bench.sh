# shellcheck shell=bash disable=SC2034,SC2154
# For tests/bench/*.sh, which begin with `. "$(dirname "$0")/../tools/bench.sh"`: a temporary folder that goes away at the end, with
# the servers that were started in it.
#
#   begin NAME COMMAND...   run a server of ours; waits until it listens, and sets $pid, $address and $url
#   free_port               a port that nobody listens on, for servers that cannot say which one they took
#   ticks PID...            of the processor that these have spent so far, as milliseconds
#   spent PID               the same as nanoseconds, of programs whose threads do not end
#   median [COLUMN]         of the numbers on standard input
#   asked REQUESTS ADDRESS PID close|keep   requests/s, CPU microseconds a request, p50 and p99 in microseconds, as `load`, on the
#                           second core, measures them with $connections for $seconds
#
# $here is tests/bench. A server that was started in another way is ended too if its number is in servers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin # nginx
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-bench-XXXXXX")
chmod 755 "$work" # for servers that log in as nobody
servers=()
finish() {
    kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
export XDG_STATE_HOME="$work"

begin() {
    local name=$1
    shift
    rm -f "$name.out" # or the address of one before would be read
    "$@" >"$name.out" &
    pid=$!
    servers+=("$pid")
    until address=$(sed -n 's/^listening on //p' "$name.out" 2>/dev/null | grep .); do
        kill -0 "$pid"
        sleep 0.02
    done
    url=http://$address
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

ticks() {
    local pid sum=0 stat
    for pid; do
        read -ra stat <"/proc/$pid/stat"
        sum=$((sum + stat[13] + stat[14]))
    done
    echo $((sum * 1000 / $(getconf CLK_TCK)))
}

spent() { awk '{n += $1} END {printf "%.0f\n", n}' /proc/"$1"/task/*/schedstat; }

median() {
    awk -v c="${1:-1}" '{print $c}' |
        sort -g |
        awk '{a[NR] = $1} END {print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2}'
}

asked() {
    local before after
    before=$(ticks "$3")
    taskset -c 1 load "${2%:*}" "${2#*:}" "$connections" "$seconds" "$4" <"$1" >load.out
    after=$(ticks "$3")
    awk -v ms=$((after - before)) '{
        if ($5 > 0) print $5 " answers were other than 200" > "/dev/stderr"
        printf "%.0f %.2f %d %d\n", $1 / $2 * 1e6, ms * 1000 / $1, $3, $4}' load.out
}
