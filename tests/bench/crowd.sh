#!/bin/bash
# Crowds on a virtual clock: offload and its share of what is possible, fairness, time and memory.
#   BENCH_LISTENERS   (10000)
set -eu
listeners=${BENCH_LISTENERS:-10000}
rate=$(awk "BEGIN { print $listeners * 0.1 }") # Mbit/s of each of 6 edges: 0.6 a listener
run() { # TITLE PROMISED% ARGUMENTS...
    title=$1 promised=$2
    shift 2
    line=$(stretto-simulate --listeners "$listeners" --edge-rate "$rate" --json "$@")
    jq -r --arg title "$title" --argjson promised "$promised" '. as $f |
        "\($title): offload \($f.offload * 10 | round / 10) %, of min(1 - 1/n, u/r) " +
        "\(1000 * $f.offload / $f.offload_limit | round / 10) %, " +
        "of the maximum flow \(1000 * $f.offload / $f.offload_bound | round / 10) %" +
        (if $promised > 0 then
            " (promised \($promised): \(if 100 * $f.offload / $f.offload_bound >= $promised then "held" else "BROKEN" end))"
        else "" end) +
        ", Jain \($f.jain * 100 | round / 100), the top tenth gave \($f.percent_by_top_tenth | round) %" +
        (if $f.took_p50_s then ", whole after \($f.took_p50_s) and \($f.took_p95_s) s (p50, p95)"
        else ", \($f.percent_with_stall * 100 | round / 100) % of plays with a stall" end)' \
        <<<"$line"
}
run 'fetched within an hour' 90 --fetch
run 'fetched within 30 s' 80 --fetch --arrivals flash
run 'within 30 s, edges alone' 0 --fetch --arrivals flash --no-peers
run 'one song, within 30 s' 80 --fetch --arrivals flash --catalogue 1
echo
stretto-simulate --listeners "$((listeners / 5))" --edge-rate "$rate"
