#!/bin/bash
# Listeners one after the other: 20 of them over 5 minutes fetch a song of 210 s at 320 (8.3 MB), each with 10 Mbit/s down and 5
# up, and share it to the end; 3 edges of 4 Mbit/s each. tests/net/swarm.t has the same closer together; this one takes as long
# as it says, and is mostly idle. Emulated links: needs root.
#   BENCH_SECONDS    from the first to the last (300)
#   BENCH_LISTENERS  (20)
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/net/lib.sh
. ./tests/net/lib.sh
one_song || exit
listeners=${BENCH_LISTENERS:-20}
gap=$(jq -n "${BENCH_SECONDS:-300} / ([$listeners - 1, 1] | max)")
mapfile -t all < <(seq "$listeners")

lay_swarm "$listeners" && start_swarm || exit
for n in "${all[@]}"; do
    [ "$n" -eq 1 ] || sleep "$gap"
    listen "$n"
done
all_heard 180 "${all[@]}"
right=0
for n in "${all[@]}"; do all_right "$n" 2>/dev/null && right=$((right + 1)); done

printf '%8s %9s %9s %8s %7s %6s\n' listener 'peers kB' 'edges kB' 'from peers' seconds retries
for n in "${all[@]}"; do
    jq -r --arg n "$n" \
        '[$n, .bytes.peer / 1e3, .bytes.edge / 1e3, 100 * .bytes.peer / (.bytes.peer + .bytes.edge), .total_ms / 1e3, .retries] | @tsv' \
        "$n.json"
done |
    awk -F '\t' '{printf "%8d %9.0f %9.0f %8.1f %% %7.1f %6d\n", $1, $2, $3, $4, $5, $6}'
# the network's own count, beside what the listeners say
passed |
    awk '$1 ~ /^e/ && $2 ~ /^p/ { edge += $3 } $1 ~ /^p/ && $2 ~ /^p/ { peer += $3 }
    END { printf "the network carried %.1f MB between peers and %.1f MB from edges, heads included\n", peer / 1e6, edge / 1e6 }'
jq -rn --argjson peer "$(sum .bytes.peer "${all[@]}")" --argjson edge "$(sum .bytes.edge "${all[@]}")" --arg \
    right "$right of $listeners" \
    '100 * $peer / ($peer + $edge) | "\($right) files right; \(. * 10 | round / 10) % of the bytes from peers (promised: at least 85)"'
end_all
