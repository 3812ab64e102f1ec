#!/bin/bash
# Adaptation on recorded networks: ours beside what is published. TRACES names a folder of recordings with a scenarios.tsv;
# without it there is nothing to play over. Two thirds of the recordings were tuned on; part 1 of 3 was not.
set -eu
if [ -z "${TRACES:-}" ]; then
    echo 'abr: skipped: TRACES names no folder of recordings'
    exit 0
fi
policies=stretto,bola,mpc,throughput,seed,96,160,320
run() { # TITLE ARGUMENTS...
    echo
    echo "$1"
    shift
    stretto-simulate --table --abr $policies "$@"
}
scenarios=(--traces "$TRACES" --scenarios "$TRACES/scenarios.tsv")
run 'all scenarios, 30 s of buffer from the start' "${scenarios[@]}" --buffer 30 --lead 30 --optimum
run 'of these the recordings kept aside while tuning' "${scenarios[@]}" --buffer 30 --lead 30 --part 1 3 --optimum
run 'all scenarios, 15 s of buffer until 30 s were heard' "${scenarios[@]}" --optimum
for fast in lte4g fcc_sd; do
    [ -d "$TRACES/$fast" ] || continue
    run "$fast as it is" --traces "$TRACES/$fast" --buffer 30 --lead 30 --optimum
done
