#!/bin/sh
# stretto-serve --events: posts are checked, are on the disk before the response, and survive kill -9; an edge forwards them.
#   EVENT_KILLS   how often it is killed (25)
. ./tests/lib.sh
post() { timeout 300 python3 "$root/tests/tools/post.py" "$@"; }
code() { curl -sS -o body -D fields -w '%{http_code}' "$@" >status && cat status; }
one() {
    printf '{"event":"progress","seq":%d,"time_ms":1764000000000,"session":"%s","listener":"l","place":"","song":"%s"}\n' \
        "$2" "$1" 1gcyaec7dh22va24fyjpv1qwv1rfkps2
}
mkdir -p store/songs store/names taken

start stretto-serve store || exit
none() { test "$(code -d x "$url/events")" = 404 && test "$(code "$url/events")" = 404 && stop "$pid"; }
ok 'without --events the path does not exist' none

start stretto-serve --events taken/events.jsonl --events-rate 0 --workers 2 store || exit
rows 'strangers:' post strangers "$url"
rows 'a browser:' post browser "$url"
stop "$pid"
rm -f taken/*
start stretto-serve --events taken/events.jsonl --events-rate 0 --events-size 100k --workers 2 store || exit
ok 'eight clients: each event is stored once, and requests share commits' post many "$url" 8 25 40
ok 'slow and vanished clients do not delay others' post slow "$url"
metrics() {
    curl -sS "$url/metrics" >metrics &&
        python3 "$root/tests/tools/prometheus.py" <metrics &&
        grep -qx 'stretto_events_total 8100' metrics &&
        grep -q '^stretto_events_files_total [1-9]' metrics &&
        curl -sS "$url/stats.json" | jq -e '.events_refused_total.rate == 0'
}
ok 'the counters are in /metrics and /stats.json' metrics
reported() {
    test "$(find taken -name '*.jsonl' | wc -l)" -gt 5 &&
        stretto-report --json --strict taken | jq -e '.input.events == 8100 and .input.files > 5'
}
ok 'full files are rotated, and stretto-report reads the folder' reported
second() { exits 75 stretto-serve --listen 127.0.0.1:0 --events taken/events.jsonl store; }
ok 'a second server on the same file: 75' second
stop "$pid"
printf '{"event":"pro' >>taken/events.jsonl
heals() {
    start stretto-serve --events taken/events.jsonl store &&
        grep -q 'not whole, 13 bytes' "$said.err" &&
        stretto-report --strict --json taken | jq -e '.input.events == 8100' &&
        stop "$pid"
}
ok 'a torn line is removed at the start and reported' heals
yesterday() {
    mkdir day &&
        one old 1 >day/events.jsonl &&
        touch -d '2026-11-01T10:00:00Z' day/events.jsonl &&
        start stretto-serve --events day/events.jsonl store &&
        one new 1 | curl -sSf --data-binary @- "$url/events" &&
        equals "$(cat day/events-2026-11-01T100000.000Z.jsonl)" "$(one old 1)" &&
        grep -q '"new"' day/events.jsonl &&
        lacks '"old"' day/events.jsonl &&
        stop "$pid"
}
ok 'a day has its own file' yesterday
ok "kill -9, ${EVENT_KILLS:-25} times: lines answered with 202 are stored once and complete" post kills "${EVENT_KILLS:-25}"
ok 'renamed and SIGHUP, 20 times under load: no line is lost' post hangups 20

rate() {
    start stretto-serve --events rate.jsonl --events-rate 2 store && one r 1 >event || return
    curl -sS -D fields -o /dev/null -w '%{http_code}\n' --data-binary @event "$url/events?[1-40]" >codes
    test "$(grep -c 202 codes)" -ge 4 &&
        test "$(grep -c 429 codes)" -ge 1 &&
        tr -d '\r' <fields | grep -qx 'Retry-After: 1' &&
        test "$(wc -l <rate.jsonl)" -eq "$(grep -c 202 codes)" ||
        return
    # other requests are not affected
    test "$(code "$url/healthz")" = 200 &&
        curl -sS "$url/metrics" | grep -q '^stretto_events_refused_total{why="rate"} [1-9]' &&
        soon taken &&
        stop "$pid"
}
taken() { test "$(code --data-binary @event "$url/events")" = 202; }
ok '--events-rate: 429 with Retry-After' rate
queue() {
    start stretto-serve --events queue.jsonl --events-queue 1000 store &&
        for i in $(seq 20); do one q "$i"; done >event &&
        test "$(code --data-binary @event "$url/events")" = 429 &&
        tr -d '\r' <fields | grep -qx 'Retry-After: 1' &&
        test ! -s queue.jsonl &&
        head -n 2 event >two &&
        test "$(code --data-binary @two "$url/events")" = 202 &&
        curl -sS "$url/metrics" | grep -q '^stretto_events_refused_total{why="queue"} 1$' &&
        stop "$pid"
}
ok '--events-queue limits the events that wait for the disk: 429' queue

full_test='a full disk: 507, nothing torn, told once, and on it goes when there is room'
mkdir disk
if mount -t tmpfs -o size=2M tmpfs disk 2>/dev/null; then
    head -c 500000 /dev/zero >disk/ballast
    told() {
        post full disk 2>err &&
            test "$(grep -c 'cannot append' err)" -eq 1 &&
            test "$(grep -c 'accepts events again' err)" -eq 1
    }
    ok "$full_test" told
    umount disk
else
    skip "$full_test" 'only root may mount a small tmpfs'
fi

mkdir passed
start stretto-serve --events passed/events.jsonl store || exit
origin=$url origin_pid=$pid
passes() {
    start stretto-serve "$origin" &&
        one edge 1 | code --data-binary @- "$url/events" &&
        test "$(cat status)" = 202 &&
        grep -q '"edge"' passed/events.jsonl &&
        test "$(code -X OPTIONS "$url/events")" = 204 &&
        grep -qi '^access-control-allow-methods: POST' fields &&
        test "$(echo '{}' | code --data-binary @- "$url/events")" = 400 &&
        grep -q 'line 1' body &&
        stop "$pid"
}
ok 'an edge without --events forwards posts and responses' passes
sent() {
    start stretto-serve --events sent.jsonl store &&
        one sent 1 >event &&
        test "$(code --data-binary @event "$url/events?sent_ms=1764000001234")" = 202 &&
        jq -e '.sent_ms == 1764000001234 and .received_ms > 1764000001234 and .address == "127.0.0.0"' sent.jsonl &&
        for odd in -1 x 99999999999999 '' 1.5; do
            test "$(code --data-binary @event "$url/events?sent_ms=$odd")" = 202 || return
        done &&
        test "$(tail -n +2 sent.jsonl | jq -s 'map(has("sent_ms")) | any')" = false &&
        stop "$pid"
}
ok "the time of sending, by the player's clock, is stored in addition to the time of receiving" sent
takes() {
    start stretto-serve --events edge.jsonl "$origin" &&
        one own 1 | code --data-binary @- "$url/events" &&
        test "$(cat status)" = 202 &&
        grep -q '"own"' edge.jsonl &&
        lacks '"own"' passed/events.jsonl &&
        stop "$pid"
}
ok 'an edge with --events stores them itself' takes
stop "$origin_pid"
lone() {
    start stretto-serve --upstream-timeout 1 "$origin" &&
        one lone 1 | code --data-binary @- "$url/events" &&
        test "$(cat status)" = 502 &&
        stop "$pid"
}
ok 'an edge whose origin is down responds 502' lone

# a player's own events, posted while it plays
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone song.wav 12
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song music >song.id
start stretto-serve --access-log music.log music || exit
music=$url
all_of() { # FOLDER: one session, each of its lines at least once, to the end
    jq -s -e 'map(.seq) | unique | . == [range(length)] and length > 3' "$1"/events*.jsonl &&
        jq -s -e 'map(.session) | unique | length == 1' "$1"/events*.jsonl &&
        jq -s -e 'any(.event == "end" and .why == "finished" and .heard_ms == 12000)' "$1"/events*.jsonl
}
posts() {
    mkdir posted &&
        start stretto-serve --events posted/events.jsonl store &&
        timeout 60 stretto-play --edge "$music" --unpaced -O null --events "$url" song 2>err &&
        test ! -s err &&
        all_of posted &&
        stretto-report --strict --json posted | jq -e '.totals.sessions == 1' &&
        stop "$pid"
}
ok 'stretto-play --events URL: every line comes to the server' posts
stamped() {
    jq -s -e 'all(.received_ms - .sent_ms >= 0 and .received_ms - .sent_ms < 60000 and .sent_ms >= .time_ms)' \
        posted/events*.jsonl
}
ok 'and each line has the time of sending' stamped
sids() { soon grep -q "\"$(jq -r .session posted/events.jsonl | head -n 1)\"" music.log; }
ok 'and the log of the server that sent the bytes has their session' sids
accounted() {
    stretto-report --json posted music.log |
        jq -e \
            '.servers[0].server == "music" and .servers[0].reported == .bytes.edge_miss and
                .bytes.edge_miss > 0 and .bytes.unreported < 20000 and .bytes.unreported > 0'
}
ok 'its bytes count once, and manifest and index are added' accounted
restarted() {
    mkdir restarted && start stretto-serve --events restarted/events.jsonl store || return
    timeout 60 stretto-play --edge "$music" -O null --events "$url/events" song 2>err &
    player=$!
    soon grep -q playing restarted/events.jsonl && kill -9 "$pid" || return
    # another server without events replaces it before it returns
    wait "$pid"
    post deaf "${url#http://}" || return
    stretto-serve --events restarted/events.jsonl --listen "${url#http://}" store >again &
    started="$started $!"
    wait $player && cat err && test ! -s err && all_of restarted && kill $!
}
ok 'even if the server is killed meanwhile and started again' restarted
gone() {
    stop "$pid"
    timeout 60 stretto-play --edge "$music" --unpaced -O wav:gone.wav --events "$url" song 2>err &&
        test "$(soxi -s gone.wav)" -eq 529200 &&
        test "$(wc -l <err)" -eq 1 &&
        grep -q 'events are lost' err
}
start stretto-serve store
ok 'with an unreachable server, events are lost, this is reported once, and the sound continues' gone
start stretto-serve store
refused() {
    timeout 60 stretto-play --edge "$music" --unpaced -O null --events "$url" song 2>err &&
        test "$(wc -l <err)" -eq 1 &&
        grep -q '404' err &&
        stop "$pid"
}
ok 'and so does a server that accepts no events' refused

ok 'a peer does not accept events: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --announce \
    http://127.0.0.1:1 --events x.jsonl store
ok 'a missing folder: 73' exits 73 stretto-serve --listen 127.0.0.1:0 --events none/x.jsonl store
ok 'a path that is not a file: 74' exits 74 stretto-serve --listen 127.0.0.1:0 --events /dev/null store
finish
