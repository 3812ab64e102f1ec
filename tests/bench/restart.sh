#!/bin/bash
# How long stretto-serve takes to be ready with 10,000 objects in its cache on disk, after kill -9.
#   RESTART_OBJECTS   10000
#   RESTART_ROUNDS    starts (5)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
objects=${RESTART_OBJECTS:-10000} rounds=${RESTART_ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 "$here/../tools/crashes.py" restarts "$objects" "$rounds" |
    sort -g |
    awk -v n="$objects" '
    {all[NR] = $1}
    END {printf "%d objects on disk: ready after %.2f s, at most %.2f s (promised 2)%s\n", n,
        all[int((NR + 1) / 2)], all[NR], (all[NR] > 2 ? " !" : "")}'
