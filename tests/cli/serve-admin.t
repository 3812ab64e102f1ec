#!/bin/sh
# stretto-serve --admin: metrics, health and purges on a separate listener, and stretto-publish --purge, which uses it.
. ./tests/lib.sh
unset STRETTO_SERVE_PUBLIC_METRICS
tone song.wav 15
id=$(stretto-encode -b 96,160 song.wav | stretto-chunk | stretto-publish --name song store) || exit
chunk=/songs/$id/160/chunk_1.ogg

admin_of() { sed -n 's/^admin on //p' "$said"; } # as publish takes it
code() { curl -sS -m 60 -o got -w '%{http_code}' "$@"; }
# one worker: lines of its log are in the order of the requests
start stretto-serve store --workers 1 --admin 127.0.0.1:0 --access-log origin.log &&
    origin=$url origin_pid=$pid origin_admin=$(admin_of) ||
    exit
start stretto-serve "$origin" --cache cache --admin "unix:$work/socket" && edge=$url edge_pid=$pid || exit
within() { curl -sS -m 60 --unix-socket "$work/socket" "http://admin$1" -o got; }

nothing() {
    for path in /metrics /stats.json /purge; do test "$(code "$1$path")" = 404 || return 1; done &&
        test "$(code "$1/healthz")" = 200 &&
        grep -qx ok got
}
ok 'an origin shows no metrics on its public listener' nothing "$origin"
ok 'nor does an edge' nothing "$edge"
alone() { # the log has such requests only from the first test and this one
    code "$origin/names/last" >/dev/null &&
        soon grep -q 'GET /names/last' origin.log &&
        test "$(grep -cE 'GET /(metrics|stats)' origin.log)" -eq 2 || { cat origin.log; return 1; }
}
ok 'and does not forward the request' alone
shown() {
    start stretto-serve store --public-metrics &&
        test "$(code "$url/metrics")" = 200 &&
        test "$(code "$url/stats.json")" = 200 &&
        stop "$pid"
}
ok 'unless --public-metrics is given' shown

# the histogram must contain three misses and nine hits; /purge was forwarded
for path in /names/song "/songs/$id/manifest.json" "$chunk"; do
    curl -sS -m 60 -o got -o got -o got -o got "$edge$path" "$edge$path" "$edge$path" "$edge$path"
done
metrics() { within /metrics && python3 "$root/tests/tools/prometheus.py" <got && cp got metrics; }
ok 'the admin listener has them, as Prometheus reads them' metrics
counts() {
    grep -qx 'stretto_first_byte_seconds_count{cache="hit"} 9' metrics &&
        grep -qx 'stretto_first_byte_seconds_count{cache="miss"} 4' metrics &&
        awk '$1 == "stretto_upstream_first_byte_seconds_count" {exit $2 < 3}' metrics
}
ok 'durations of responses by cache status and upstream'"'"'s' counts
build() { grep -qx "stretto_build_info{version=\"$(stretto-serve --version | cut -d ' ' -f 2)\"} 1" metrics; }
ok 'the version of the program' build
of_origin() {
    curl -sS -m 60 "http://$origin_admin/metrics" -o got &&
        python3 "$root/tests/tools/prometheus.py" <got &&
        cp got origin.metrics
}
ok 'the metrics of an origin too' of_origin
checked() { promtool check metrics <metrics && promtool check metrics <origin.metrics; }
if command -v promtool >/dev/null; then
    ok 'promtool has no complaints' checked
else
    skip 'promtool has no complaints' 'promtool is not installed (package prometheus)'
fi
stats() {
    within /stats.json &&
        jq -e '.role == "edge" and .cache_hits_total >= 9' got &&
        within /healthz &&
        grep -qx ok got
}
ok 'statistics and health there' stats
others() {
    test "$(code "http://$origin_admin/")" = 404 &&
        test "$(code "http://$origin_admin/songs/$id/manifest.json")" = 404 &&
        test "$(code -d x "http://$origin_admin/metrics")" = 405
}
ok 'and no songs' others

ok 'its socket is accessible only to its owner' test "$(stat -c %F-%a socket)" = socket-600
taken() {
    exits 69 stretto-serve store --listen 127.0.0.1:0 --admin "unix:$work/socket" &&
        within /healthz &&
        grep -qx ok got
}
ok 'another server does not replace a socket in use' taken
file() {
    echo mine >mine &&
        exits 69 stretto-serve store --listen 127.0.0.1:0 --admin "unix:$work/mine" &&
        grep -qx mine mine
}
ok 'nor does it replace a file' file
left() {
    start stretto-serve store --admin "unix:$work/left" && kill -KILL "$pid" && wait "$pid"
    test -S left &&
        start stretto-serve store --admin "unix:$work/left" &&
        curl -sS -m 60 --unix-socket left http://admin/healthz | grep -qx ok &&
        stop "$pid" &&
        test ! -e left
}
ok 'a socket left by a crash is replaced, and removed at the end' left
ok 'a bad address is wrong usage' exits 64 stretto-serve store --listen 127.0.0.1:0 --admin nowhere:x

# requests of the edge that arrived at the origin
asked() { grep -cF "GET $1 " origin.log; }
flushed() { code "$origin/mark/$1" >marked && await 'the log' grep -qF "/mark/$1 " origin.log; }
count() { echo >>marks && flushed "$(wc -l <marks)" && asked "$1"; }
settles() { # PATH: repeat until it is a hit, because times have a resolution of a second
    before=$(count "$1") && test "$(code "$edge$1")" = 200 && equals "$(count "$1")" "$before"
}
validates() { # PATH PURGE-ARGUMENTS...
    path=$1
    shift
    await 'it to be stored' settles "$path" || return 1
    test "$(code "$edge$path")" = 200 &&
        cp got old &&
        n=$(count "$path") &&
        stretto-publish --purge "$@" "unix:$work/socket" &&
        test "$(code "$edge$path")" = 200 &&
        cmp got old &&
        test "$(count "$path")" -gt "$n" &&
        await 'it to be fresh again' settles "$path"
}
ok 'a purged path is validated' validates "$chunk" "$chunk"
ok 'all objects of a song, by its id' validates "$chunk" "$id"
ok 'its manifest too' validates "/songs/$id/manifest.json" "$id"
ok 'by its name' validates "$chunk" song
ok 'and the name itself' validates /names/song song
another() {
    await 'it to be stored' settles "$chunk" &&
        stretto-publish --purge /another "unix:$work/socket" &&
        settles "$chunk"
}
ok 'another path is not validated' another
several() { stretto-publish --purge /a --purge /b "unix:$work/socket" "unix:$work/socket"; }
ok 'several paths, several edges' several
unknown() {
    exits 66 stretto-publish --purge other "unix:$work/socket" &&
        says "the name 'other' is not known here" stretto-publish --purge other "unix:$work/socket"
}
ok 'a name that no edge knows is reported' unknown
ok 'an edge that cannot be reached too' exits 69 stretto-publish --purge song "unix:$work/nowhere" "unix:$work/socket"
ok 'and a server that is no edge, and knows no such path' exits 69 stretto-publish --purge song "unix:$work/socket" "${origin#http://}"
cat >mute.py <<'EOF'
import http.server
class Mute(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Mute)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
EOF
mute() {
    python3 mute.py >mute.said 2>mute.err &
    started="$started $!"
    await_ready $! mute.said && ends_saying 69 'status 503' stretto-publish --purge song "${url#http://}"
}
ok 'and one that gives no reason, with its status' mute
ok 'an origin has nothing to purge' exits 66 stretto-publish --purge song "$origin_admin"
usage() {
    exits 64 stretto-publish --hard store &&
        exits 64 stretto-publish --purge ../x "unix:$work/socket" &&
        exits 64 stretto-publish --purge song &&
        exits 64 stretto-publish --purge song --list store
}
ok 'wrong usage' usage
json='{"purge": ["/a"]}'
post() { curl -sS -m 60 --unix-socket socket http://admin/purge -o got -w '%{http_code}' "$@"; }
pages() {
    test "$(post -d "$json")" = 415 &&
        test "$(post -H 'Content-Type: application/json' -H 'Origin: http://evil.example' -d "$json")" = 403 &&
        test "$(post)" = 405 &&
        test "$(post --json '{"purge": []}')" = 400 &&
        test "$(post --json '{"purge": ["a b"]}')" = 400 &&
        test "$(post --json '[[[')" = 400 &&
        test "$(post --json "$json")" = 200
}
ok 'a page in a browser cannot purge, and nonsense is refused' pages

files() { find cache -type f -path '*/??/*' | wc -l; }
removed() {
    settles "$chunk"
    stop "$edge_pid" &&
        start stretto-serve "$origin" --cache cache --admin "unix:$work/socket" &&
        edge=$url edge_pid=$pid &&
        await 'the song to be stored' test "$(files)" -ge 3 &&
        stretto-publish --purge song --hard "unix:$work/socket" &&
        await 'its files to be gone' gone
}
gone() { ! grep -rqs "$id" cache/??; }
ok '--hard removes a song from the disk, even objects not read since the start' removed
again() {
    n=$(count "$chunk") &&
        test "$(code "$edge$chunk")" = 200 &&
        cmp got "store$chunk" &&
        test "$(count "$chunk")" -gt "$n"
}
ok 'the song is fetched again when it is requested' again
down() { # without upstream: a purged object is served, a hard purged one is not
    await 'it to be stored' settles "$chunk" &&
        stop "$origin_pid" &&
        stretto-publish --purge "$chunk" "unix:$work/socket" &&
        test "$(code "$edge$chunk")" = 200 &&
        cmp got "store$chunk" &&
        stretto-publish --purge "$chunk" --hard "unix:$work/socket" &&
        test "$(code "$edge$chunk")" = 502
}
ok 'without upstream a purged object is still served, and a hard purged one is not' down
stretto-serve store --workers 1 --listen "${origin#http://}" --access-log origin.log >again 2>&1 &
origin_pid=$! started="$started $!"
await 'the origin to be back' grep -q '^listening' again || exit
survives() { # a purge, then a crash before the next request
    await 'it to be stored' settles "$chunk" &&
        n=$(count "$chunk") &&
        stretto-publish --purge "$id" "unix:$work/socket" &&
        kill -KILL "$edge_pid"
    wait "$edge_pid"
    start stretto-serve "$origin" --cache cache --admin "unix:$work/socket" &&
        edge=$url edge_pid=$pid &&
        test "$(code "$edge$chunk")" = 200 &&
        test "$(count "$chunk")" -gt "$n"
}
ok 'a purge survives a crash' survives
torn() {
    await 'it to be stored' settles "$chunk" &&
        n=$(count "$chunk") &&
        stop "$edge_pid" &&
        printf '0 0 *\n17' >cache/purges
    start stretto-serve "$origin" --cache cache --admin "unix:$work/socket" &&
        edge=$url edge_pid=$pid &&
        test "$(code "$edge$chunk")" = 200 &&
        test "$(count "$chunk")" -gt "$n"
}
ok 'if the file of purges is damaged, everything is validated' torn
start stretto-serve "$origin" --admin "unix:$work/memory.socket" && memory=$url memory_pid=$pid || exit
in_memory() {
    test "$(code "$memory$chunk")" = 200 &&
        n=$(count "$chunk") &&
        stretto-publish --purge "$id" --hard "unix:$work/memory.socket" &&
        test "$(code "$memory$chunk")" = 200 &&
        test "$(count "$chunk")" -gt "$n"
}
ok 'a cache in memory too' in_memory

full_test='a purge that a full disk does not keep holds, and is reported: the status is 69'
mkdir disk
if mount -t tmpfs -o size=256k tmpfs disk 2>/dev/null; then
    unkept() {
        start stretto-serve "$origin" --cache disk/cache --admin "unix:$work/full.socket" || return 1
        cat /dev/zero >disk/ballast 2>/dev/null
        ends_saying 69 'purged until the next start only' stretto-publish --purge /a "unix:$work/full.socket" &&
            rm disk/ballast &&
            stretto-publish --purge /a "unix:$work/full.socket" &&
            stop "$pid"
    }
    ok "$full_test" unkept
    umount disk
else
    skip "$full_test" 'only root may mount a small tmpfs'
fi

# two tiers, and two edges that forward purges to each other
start stretto-serve "$edge" --admin "unix:$work/outer.socket" --purge-to "unix:$work/socket" &&
    outer=$url outer_pid=$pid ||
    exit
tiers() {
    test "$(code "$outer$chunk")" = 200 &&
        await 'the inner edge to have it' settles "$chunk" &&
        n=$(count "$chunk") &&
        stretto-publish --purge "$id" "unix:$work/outer.socket" &&
        test "$(code "$outer$chunk")" = 200 &&
        cmp got "store$chunk" &&
        test "$(count "$chunk")" -gt "$n"
}
ok 'an outer edge forwards a purge to the inner one' tiers
many() { # each name becomes three; 66: the inner edge takes them, but it knows the names no better
    # shellcheck disable=SC2046
    exits 66 stretto-publish $(seq -f '--purge name%g' 400) "unix:$work/outer.socket" 2>err &&
        grep -q "unix:.*404\|'name400' is not known here" err &&
        lacks 'too much' err
}
ok 'one of more names than an edge takes of paths too' many
round() {
    start stretto-serve "$origin" --admin "unix:$work/one.socket" --purge-to "unix:$work/two.socket" &&
        one=$pid &&
        start stretto-serve "$origin" --admin "unix:$work/two.socket" --purge-to "unix:$work/one.socket" &&
        stretto-publish --purge "$id" "unix:$work/one.socket" &&
        stop "$one" &&
        stop "$pid"
}
ok 'a purge that returns to an edge ends there' round
astray() { # the origin has no such path, and says so by 404
    start stretto-serve "$origin" --admin "unix:$work/astray.socket" --purge-to "${origin#http://}" &&
        ends_saying 69 "${origin#http://}" stretto-publish --purge "$id" "unix:$work/astray.socket" &&
        stop "$pid"
}
ok 'one that forwards it to a server that is no edge reports it' astray
broken() {
    stop "$edge_pid" &&
        exits 69 stretto-publish --purge "$id" "unix:$work/outer.socket" &&
        says 'unix:' stretto-publish --purge "$id" "unix:$work/outer.socket"
}
ok 'an edge that cannot forward a purge reports it' broken
ends() { stop "$outer_pid" && stop "$memory_pid" && stop "$origin_pid"; }
ok 'all servers end with 0' ends
finish
