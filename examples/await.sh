# shellcheck shell=sh
# Included by the other scripts: programs that run in the background are ready after a moment.

# await WHAT PID COMMAND...: try the command until it succeeds, for a minute at most, and no longer than the process runs
await() {
    awaited=$1 awaited_pid=$2 tries=0
    shift 2
    until "$@" >/dev/null 2>&1; do
        kill -0 "$awaited_pid" 2>/dev/null || { echo "$0: $awaited: its program has ended" >&2; return 1; }
        [ $((tries += 1)) -lt 1200 ] || { echo "$0: waited a minute for $awaited" >&2; return 1; }
        sleep 0.05
    done
}
# ready FILE: a server has printed its ready line there
ready() { grep -q '^listening on ' "$1"; }
