#!/bin/bash
# Events a second that are on the disk before they are answered: stretto-serve --events, by lines a request;
# beside it, in the same run and folder, the disk itself with a sync for each such request (dd), and sqlite
# committing each as a transaction, without any HTTP before it.
#   EVENTS_SECONDS   of each row (5)
#   EVENTS_CLIENTS   connections (16)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seconds=${EVENTS_SECONDS:-5} clients=${EVENTS_CLIENTS:-16}
work=$(mktemp -d "${EVENTS_FOLDER:-${TMPDIR:-/tmp}}/stretto-events-XXXXXX")
server=
# shellcheck disable=SC2317
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
cd "$work"
mkdir -p store/songs store/names
cat >post.lua <<'EOF'
wrk.method = "POST"
local file = io.open("body", "rb")
wrk.body = file:read("*a")
file:close()
EOF

cpu() { awk '{print $14 + $15}' "/proc/$server/stat"; } # in ticks
number() { curl -sS "$url/metrics" | awk -v n="stretto_$1" '$1 == n {print $2}'; }

ours() { # LINES
    mkdir taken && rm -f ready
    stretto-serve --listen 127.0.0.1:0 --events taken/events.jsonl --events-rate 0 --public-metrics store >ready &
    server=$!
    while ! grep -q listening ready; do sleep 0.02; done
    url=http://$(sed 's/.* //' ready)
    local before after
    before=$(cpu)
    wrk -t 1 -c "$clients" -d "$seconds" -s post.lua --latency "$url/events" >said
    after=$(cpu)
    events=$(number events_total) commits=$(number events_commits_total)
    awk -v lines="$1" -v events="$events" -v commits="$commits" -v s="$seconds" -v ticks=$((after - before)) \
        -v hz="$(getconf CLK_TCK)" \
        -v p99="$(awk '$1 == "99%" {print $2}' said)" -v bad="$(awk '/Non-2xx/ {print ", " $NF " refused"}' said)" '
        {next} END {printf "%5d lines a request: %9.0f events/s, %6.0f requests in %5.0f commits a second, " \
        "p99 %s, %.2f us of CPU an event%s%s\n", lines, events / s, events / s / lines, commits / s, p99, ticks / hz * 1e6 / events, bad,
        (lines >= 100 && events / s < 50000) ? " ! (promised 50000)" : ""}' \
        /dev/null
    kill "$server" && wait "$server" && server=
    # each of them is there
    test "$(cat taken/*.jsonl | wc -l)" -ge "$events"
    rm -rf taken
}
disk() { # LINES
    local bytes count=200
    bytes=$(stat -c %s body)
    dd if=/dev/zero of=synced bs="$bytes" count=$count oflag=dsync,append conv=notrunc 2>dd.err
    awk -v lines="$1" -v n=$count \
        'END {for (i = 1; i <= NF; i++) if ($i == "s,") s = $(i - 1);
            printf "      dd, a sync each:  %9.0f events/s, %6.0f syncs a second\n", n * lines / s, n / s}' \
        dd.err
    rm -f synced
}
rival() { # LINES
    python3 - "$1" "$seconds" <<'EOF'
import json, sqlite3, sys, time
lines, seconds = int(sys.argv[1]), float(sys.argv[2])
rows = [(e["session"], e["seq"], line) for line in open("body") for e in [json.loads(line)]]
base = sqlite3.connect("base", isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=FULL")
base.execute("CREATE TABLE events(session TEXT, seq INTEGER, line TEXT)")
began, count = time.monotonic(), 0
while time.monotonic() < began + seconds:
    base.execute("BEGIN")
    base.executemany("INSERT INTO events VALUES(?, ?, ?)", rows)
    base.execute("COMMIT")
    count += 1
took = time.monotonic() - began
print(f"      sqlite, no HTTP:  {count * lines / took:9.0f} events/s, {count / took:6.0f} commits a second")
EOF
    rm -f base*
}
echo "$clients connections, $(nproc) cores shared by server and client," \
    "$(df --output=fstype . | tail -n 1) on $(df --output=source . | tail -n 1)"
for lines in 1 10 100 500 1000; do
    python3 -c "
import sys; sys.path.insert(0, '$here/..')
import post
sys.stdout.write(post.lines('bench', range($lines)).decode())" >body
    ours "$lines"
    disk "$lines"
    rival "$lines"
done
echo 'nginx or another server that writes an access log is not beside these: it answers before anything is on the disk.'
