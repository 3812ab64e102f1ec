#!/bin/bash
# Adaptation on recorded networks: ours beside what is published, by kind of network. TRACES names a folder of recordings;
# without it there is nothing to play over. windows.py cuts the windows, and knows which recordings nothing was tuned on.
set -eu
if [ -z "${TRACES:-}" ]; then
    echo 'abr: skipped: TRACES names no folder of recordings'
    exit 0
fi
here=$(dirname "$0")
all=$(mktemp) kept=$(mktemp)
trap 'rm -f "$all" "$kept"' EXIT
python3 "$here/windows.py" "$TRACES" >"$all"
python3 "$here/windows.py" "$TRACES" kept >"$kept"
run() { # TITLE SCENARIOS ARGUMENTS...
    local list=$2
    echo
    echo "== $1"
    shift 2
    stretto-simulate --table --traces "$TRACES" --scenarios "$list" --buffer 30 --lead 30 "$@"
}
rules=stretto,bola,mpc,throughput,dynamic,seed
run 'all windows' "$all" --abr $rules,45
run 'windows of the recordings that nothing was tuned on' "$kept" --abr $rules,45 --optimum
run 'all windows, without the rendition of 45 kbit/s' "$all" --abr $rules,96 --ladder 96,160,320
run 'all windows, with the first chunk at 45 kbit/s' "$all" --abr $rules,45 --first 45
