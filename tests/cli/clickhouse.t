#!/bin/sh
# stretto-report --load and --from: what goes wrong with a database, against tests/tools/fakeclickhouse.py. What the engine makes of
# the events is tested by `make test-engines` against ClickHouse itself.
. ./tests/lib.sh
python3 -u "$root/tests/tools/fakeclickhouse.py" >"$work/fake" 2>"$work/fake.err" &
fake=$! started="$started $!"
await_ready "$fake" "$work/fake" || exit 1
there=clickhouse://${url#http://}/music
faults() { curl -fsS "$url/_faults" -d "$1"; }
unset CLICKHOUSE_USER CLICKHOUSE_PASSWORD
python3 "$root/tests/tools/crowd.py" honest --listeners 30 --seed 3 >events.jsonl
lines=$(wc -l <events.jsonl)
loads() { stretto-report --load "$there" "$@"; }
from() { stretto-report --json --from "$there" "$@"; }

ok 'a location is checked' exits 64 stretto-report --load http://127.0.0.1/music events.jsonl
ok 'its user is no part of it' says CLICKHOUSE_USER stretto-report --from clickhouse://me:secret@localhost/music
unsaid() { stretto-report --load clickhouse://me:hunter2@localhost/music events.jsonl 2>said; lacks hunter2 said; }
ok 'and its password is not told again' unsaid
ok 'without a database' exits 64 stretto-report --from clickhouse://localhost:8123
ok 'a report and a load are two things' exits 64 stretto-report --from "$there" --load "$there" events.jsonl
ok 'what was never loaded' exits 66 from
ok 'is told' says 'no events were loaded' from

first() {
    loads events.jsonl >out && printf 'events.jsonl\t%s\t0\t0\n' "$lines" | cmp - out && faults '{}' >state &&
        jq -r '.events[] | "\(.[0]) \(.[1]) \(.[2])"' state >sent &&
        jq -r '"\(.session) \(.seq) \(.listener)"' events.jsonl | cmp - sent
}
ok 'each event is sent' first
ordered() { jq -e '.said[-2:] == ["INSERT INTO music.events", "INSERT INTO music.loads"]' state; }
ok 'and then how far the file was' ordered
again() { loads events.jsonl >out && printf 'events.jsonl\t0\t%s\t0\n' "$lines" | cmp - out; }
ok 'another run sends nothing' again
grown() { sed 's/"honest3-/"more3-/' events.jsonl >>events.jsonl.more && cat events.jsonl.more >>events.jsonl && loads events.jsonl; }
more() { grown >out && printf 'events.jsonl\t%s\t%s\t0\n' "$lines" "$lines" | cmp - out; }
ok 'but what was appended' more
piped() { # nothing of a pipe may be read twice: it begins with lines that are known
    sed 's/"honest3-/"piped3-/' events.jsonl >pipe.jsonl && head -n 400 pipe.jsonl >began.jsonl && loads began.jsonl &&
        cat pipe.jsonl | loads /dev/stdin >out && printf '/dev/stdin\t%s\t0\t0\n' "$(wc -l <pipe.jsonl)" | cmp - out
}
ok 'every line of a pipe is sent, whatever was loaded before' piped

log='127.0.0.0 - - [24/Nov/2025:16:00:00 +0000] "GET /songs HTTP/1.1" 200 10 "-" "-" HIT 5 "-" "-"'
others() { { echo '{"event":' && echo 'no line'; } >other.jsonl && loads other.jsonl; }
ok 'a file without events is refused' exits 65 others
logs() { echo "$log" >eu-west.log && says '1 lines of access logs were not loaded' loads eu-west.log; }
ok 'access logs are told of' logs
partial() { stretto-report --partial events.jsonl >part && loads part; }
ok 'so is a partial report' exits 65 partial
strict() { head -n 5 events.jsonl >few.jsonl && echo '{"event":' >>few.jsonl && loads --strict few.jsonl; }
ok '--strict tells of skipped lines' exits 1 strict

begun() { # a file that is only a line half written is not one yet
    rows() { faults '{}' | jq .loads; }
    before=$(rows) && printf '{"event":' >begun.jsonl && loads begun.jsonl && [ "$(rows)" = "$before" ]
}
ok 'a first line that is half written is waited for' begun
long() { # which is no event; where reading it stops does not matter
    { sed 's/"honest3-/"long3-/' few.jsonl | head -n 3 && head -c 900000 /dev/zero | tr '\0' x && echo; } >long.jsonl &&
        head -n 1 events.jsonl | sed 's/"honest3-/"long4-/' >>long.jsonl && loads long.jsonl && loads long.jsonl >out &&
        printf 'long.jsonl\t0\t5\t0\n' | cmp - out
}
ok 'a line that is too long is the same line again' long
busy() {
    faults '{"refuse": [252, "Too many parts (300)", 2]}' >was && loads other.events.jsonl >out && faults '{}' >state &&
        jq -e '[.said[] | select(. == "SELECT number, of")] | length == 3' state
}
sed 's/"honest3-/"busy3-/' events.jsonl >other.events.jsonl
ok 'a busy server is asked again' busy
dropped() { faults '{"drop": 1}' >was && from >report.json; }
ok 'and one that hangs up' dropped
wrong() { faults '{"refuse": [193, "Wrong password for user default", 1]}' >was && from; }
ok 'a wrong password' exits 77 wrong
ok 'is told' says 'Wrong password for user default; see CLICKHOUSE_USER' wrong
broken() { faults '{"refuse": [47, "Unknown identifier", 1]}' >was && from; }
ok 'a refused statement' exits 69 broken
garbage() { faults '{"garbage": true}' >was && from; }
ok 'an answer that is none' exits 65 garbage
ok 'shards that are others' exits 65 stretto-report --from "clickhouse://${url#http://},localhost:1/music"
faults '{}' >was

ok 'a report of the database' from
reports() {
    from >report.json && jq -e '.totals.plays == 1 and .totals.listeners == 1 and .songs[0].title == "Title" and .input.events == 9 and
        .bytes.edge_hit == 1000' report.json
}
ok 'with its sessions' reports
log_beside() { from eu-west.log | jq -e '.servers[0].server == "eu-west" and .totals.plays == 1'; }
ok 'and access logs beside it' log_beside
ok 'as text too' stretto-report --from "$there"
finish
