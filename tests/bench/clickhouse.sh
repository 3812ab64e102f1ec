#!/bin/bash
# Events in ClickHouse on one and on two shards, beside stretto-report on the files: load rate, size, time of a report. All reports must
# be the same. Needs clickhouse-server (make deps DEPS=test-engines).
#   BENCH_EVENTS  about so many (2000000)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
events=${BENCH_EVENTS:-2000000}
if ! command -v clickhouse-server >/dev/null; then
    echo 'clickhouse: clickhouse-server is not installed'
    exit 0
fi
work=$(mktemp -d)
finish() {
    [ ! -e "$work/ch" ] || sh "$here/../engines/clickhouse.sh" down "$work/ch"
    rm -rf "$work"
}
trap finish EXIT
cd "$work"

python3 "$here/../tools/crowd.py" honest --seed 1 >once.jsonl
for ((i = 0; i < (events + 100000) / 200000; i++)); do
    sed "s/\"honest1-/\"honest$i-/; s/\"listener-1-/\"listener-$i-/" once.jsonl
done >events.jsonl
bytes=$(stat -c %s events.jsonl) lines=$(wc -l <events.jsonl)
echo "$lines events, $((bytes / 1000000)) MB"

# NAME COMMAND...: wall time and CPU time of our program, events a second
row() {
    local name=$1
    shift
    /usr/bin/time -o time -f '%e %U %S %M' "$@"
    awk -v n="$name" -v l="$lines" '{printf "%-28s %7.2f s %9.0f events/s %7.2f s CPU of ours %6.0f MB\n",
        n, $1, l / $1, $2 + $3, $4 / 1000}' time
}
# OUTPUT COMMAND...
into() { "${@:2}" >"$1"; }
export -f into
row 'report of files' bash -c 'into files.json stretto-report --json events.jsonl'
shards=$(sh "$here/../engines/clickhouse.sh" up ch 2 | sed -n 's/^listening on //p')
for there in "${shards%,*}/one" "$shards/two"; do
    n=${there##*/}
    row "load, $n" bash -c "into loaded stretto-report --load clickhouse://$there events.jsonl"
    row "report, $n" bash -c "into $n.json stretto-report --json --from clickhouse://$there"
    cmp files.json "$n.json"
    stored=$(for shard in $(tr , ' ' <<<"${there%/*}"); do
        curl -fsS "http://$shard/" --data-binary "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = '$n' AND active"
    done | paste -sd + | bc)
    printf '%-28s %7.0f MB, %.1f bytes an event, of %.0f\n' "size, $n" "$((stored / 1000000))" \
        "$(bc <<<"scale=2; $stored / $lines")" "$((bytes / lines))"
done
