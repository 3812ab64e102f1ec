#!/bin/bash
# stretto-report beside DuckDB and jq doing some of its sums, over the same lines; memory with many listeners.
#   REPORT_MB         megabytes of events (1000)
#   REPORT_SHAPE_MB   megabytes of each other shape of events (200)
#   REPORT_LISTENERS  of the memory's file (1000000), songs a tenth
#   DUCKDB            a folder where `npm install @duckdb/node-api` was run; without it that row is left out
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mb=${REPORT_MB:-1000} listeners=${REPORT_LISTENERS:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# fifty megabytes that are made, and copies that are of other sessions and listeners
python3 "$here/../tools/events.py" 3200 --mess --listeners 2000 --songs 500 >once.jsonl
copies=$((mb * 1000000 / $(stat -c %s once.jsonl)))
for ((i = 0; i <= copies; i++)); do
    sed "s/\"s1-/\"s1-$i-/; s/\"listener /\"listener $i-/" once.jsonl
done >events.jsonl
bytes=$(stat -c %s events.jsonl)
cat events.jsonl >/dev/null # into the page cache

# NAME COMMAND...: wall and CPU time, MB/s of each, memory; the command prints plays and heard ms
row() {
    local name=$1
    shift
    /usr/bin/time -o time -f '%e %U %S %M' "$@" >said 2>err || { echo "$name failed: $(tail -n 1 err)"; return; }
    awk -v n="$name" -v b="$bytes" -v said="$(head -c 200 said | head -n 1)" \
        '{cpu = $2 + $3; printf "%-34s %7.2f s %7.2f s CPU %6.0f MB/s %6.0f MB/s of CPU %6.0f MB   %s\n",
        n, $1, cpu, b / 1e6 / ($1 + 1e-9), b / 1e6 / (cpu + 1e-9), $4 / 1000, said}' time
}
echo "$((bytes / 1000000)) MB, $(wc -l <events.jsonl) lines; behind each row: sessions, bytes by source"
ours() {
    stretto-report --json events.jsonl |
        jq -c '[.totals.sessions, .bytes.cache, .bytes.peer, .bytes.edge_hit + .bytes.edge_miss]'
}
export -f ours
row 'stretto-report, all tables' bash -c ours
cat >rival.jq <<'EOF'
reduce (inputs | fromjson? | objects | select(.session and .seq)) as $e ({}; .s[$e.session] = 1 |
    if $e.event == "chunk" then .b[$e.source] += $e.bytes else . end) |
    [(.s | length), .b.cache, .b.peer, .b.edge]
EOF
# all of it would take minutes
head -c $((bytes / 20)) events.jsonl >part.jsonl
whole=$bytes bytes=$((bytes / 20))
row 'jq, a twentieth, without duplicates' jq -nRc -f rival.jq part.jsonl
bytes=$whole
if [ -n "${DUCKDB:-}" ]; then
    cat >"$DUCKDB/rival.mjs" <<'EOF'
// the sums of sessions, heard time, startup and bytes, doubled lines left out
import { DuckDBInstance } from '@duckdb/node-api';
const c = await (await DuckDBInstance.create(':memory:', { threads: process.env.DUCKDB_THREADS ?? '2' })).connect();
const r = await c.runAndReadAll(`
  WITH e AS (SELECT * FROM read_json('${process.argv[2]}', format='newline_delimited', ignore_errors=true,
      columns={event:'VARCHAR', seq:'BIGINT', time_ms:'BIGINT',
      session:'VARCHAR', listener:'VARCHAR', place:'VARCHAR', song:'VARCHAR', heard_ms:'BIGINT',
      startup_ms:'BIGINT', kbps:'BIGINT', bytes:'BIGINT', used_ms:'BIGINT',
      source:'VARCHAR', hit:'BOOLEAN', ms:'BIGINT', why:'VARCHAR'}) WHERE session IS NOT NULL),
  d AS (SELECT DISTINCT ON (session, seq) * FROM e),
  s AS (SELECT session, any_value(listener) l, any_value(song) song, least(max(heard_ms), max(time_ms) - min(time_ms)) heard,
      min(startup_ms) st, count(*) FILTER (event = 'stall') stalls,
      sum(bytes) FILTER (event = 'chunk' AND source = 'cache') c,
      sum(bytes) FILTER (event = 'chunk' AND source = 'peer') p,
      sum(bytes) FILTER (event = 'chunk' AND source = 'edge') g FROM d GROUP BY session),
  t AS (SELECT song, count(*) FILTER (heard >= 30000) plays, count(DISTINCT l) FROM s GROUP BY song)
  SELECT count(*), sum(c), sum(p), sum(g), approx_quantile(st, 0.5), (SELECT sum(plays) FROM t) FROM s`);
console.log('[' + r.getRows()[0].slice(0, 4).join(',') + ']');
EOF
    for threads in 1 2; do
        row "DuckDB, $threads threads, main sums" env DUCKDB_THREADS=$threads node "$DUCKDB/rival.mjs" "$PWD/events.jsonl"
    done
fi
rm -f part.jsonl
for shape in own interleaved listeners long; do
    python3 "$here/../tools/shapes.py" $shape "${REPORT_SHAPE_MB:-200}" >events.jsonl
    bytes=$(stat -c %s events.jsonl)
    row "$shape: stretto-report" bash -c ours
    [ -z "${DUCKDB:-}" ] || row "$shape: DuckDB, 2 threads" node "$DUCKDB/rival.mjs" "$PWD/events.jsonl"
done
rm -f events.jsonl

# each listener once: little of each session, for it is memory that is looked at
awk -v n="$listeners" 'BEGIN {for (i = 0; i < n; i++) { t = 1764000000000 + i * 80
    h = sprintf("\"session\":\"m%d\",\"listener\":\"listener %d\",\"place\":\"%d.5,13.4\",\"song\":\"%032d\"",
        i, i, i % 90, (i * 7919) % (n / 10))
    printf "{\"event\":\"start\",\"seq\":0,\"time_ms\":%.0f,%s,\"title\":\"Song %d\",\"artist\":\"Artist %d\"}\n",
        t, h, i % 9999, i % 999
    printf "{\"event\":\"end\",\"seq\":1,\"time_ms\":%.0f,%s,\"heard_ms\":40000,\"why\":\"skipped\"}\n", t + 50000, h
    }}' >many.jsonl
bytes=$(stat -c %s many.jsonl)
row "a session a listener, user-centric" stretto-report --json --pool 1000000 --user-centric --min-plays 0 \
    --html many.html many.jsonl
jq -c '[.totals.listeners, .totals.songs, ([.royalties[].amount_cents] | add)]' said
awk '{exit !($4 > 200000)}' time && echo '! more than 200 MB'
exit 0
