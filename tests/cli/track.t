#!/bin/sh
# stretto-track: its responses, the peers and edges that it names, and hostile input.
. ./tests/lib.sh
sing() { # NAME FREQUENCY: published under its name
    sox -R -n -r 44100 -c 2 -b 16 "$1.wav" synth 31 sine "$2"
    stretto-encode -b 96,160,320 "$1.wav" | stretto-chunk | stretto-publish --name "$1" store
}
id=$(sing song 440)
other=$(sing other 550)
track() { command=$1 && shift && timeout 300 python3 "$root/tests/tools/track.py" "$command" "$@"; }

start stretto-serve store || exit
origin=$url origin_pid=$pid
edge() { # NAME [ADDRESS]: sets $url, $pid
    start stretto-serve "$origin" --name "$1"
}
edge eu && eu=$url eu_pid=$pid
edge us && us=$url us_pid=$pid
edge au && au=$url
cat >edges.json <<EOF
[{"name": "us", "url": "$us", "location": "39.0,-77.5"}, {"name": "eu", "url": "$eu", "location": "52.5,13.4"},
 {"name": "au", "url": "$au", "location": "-33.9,151.2"}]
EOF

start stretto-track --origin "$origin" --edges edges.json --interval 100 --access-log access.log || exit
tracker=$url tracker_pid=$pid tracker_said=$said.err
rows 'start:' track starts "$tracker" "$id" "store/songs/$id/manifest.json" store
rows 'peers:' track lists "$tracker" "$id"
rows 'requests:' track protocol "$tracker" "$id"
ok '800 slow and silent clients: memory is bounded, and others are not delayed' track slow "$tracker" \
    "$tracker_pid" "$id"
metrics() {
    curl -sS "$tracker/metrics" >metrics &&
        python3 "$root/tests/tools/prometheus.py" <metrics &&
        grep -q '^stretto_edge_healthy{edge="eu"} 1' metrics
}
ok 'metrics as Prometheus reads them' metrics
ok 'the access log has a line per request, with shortened addresses' soon grep -q \
    '^127\.0\.200\.0 - - .*"POST /peers HTTP/1\.1" 200 ' access.log

ok 'edges: the nearest first, from five places' track edges "$tracker"
ok '/nearest redirects to the nearest edge, with path and query unchanged' track nearest "$tracker"
followed() {
    curl -sSfL "$tracker/nearest/songs/song/manifest.json?location=52,13" |
        cmp - "store/songs/$id/manifest.json"
}
ok 'curl -L follows it' followed
ok 'a killed edge is removed within 10 s, and the next nearest is named' track edge_leaves "$tracker" "$eu_pid"
back() {
    start stretto-serve "$origin" --listen "${eu#http://}" --name eu &&
        eu_pid=$pid &&
        track edge_returns "$tracker"
}
# start passes --listen 127.0.0.1:0 too; this edge listens on both
ok 'and it is named again after its restart' back
ok '/nearest skips a killed edge' track nearest_skips "$tracker" "$eu_pid"
ok 'and uses it again after its restart' back
ok 'an edge that hangs is removed too, and named again later' track edge_stops "$tracker" "$us_pid"

dumps() {
    stretto-track --dump "$tracker" >dump &&
        grep -q "^edge	eu	$eu	52.5,13.4	healthy$" dump &&
        grep -qx 'peers	[0-9]*' dump || { cat dump; return 1; }
}
ok '--dump prints the edges' dumps
swarms() {
    python3 -u -c "
import sys
sys.path.insert(0, '$root/tests')
from track import Peer
peer = Peer('$tracker', '127.0.1.1', '$id')
input()" <hold >/dev/null &
    exec 9>hold && soon sh -c "stretto-track --dump '$tracker' | grep -qx 'swarm	$id	[1-9]	[1-9]'" && exec 9>&-
}
mkfifo hold
ok 'and the swarms, with complete peers' swarms
ok '--dump without a server: 69' exits 69 stretto-track --dump http://127.0.0.1:9
ok '--dump of a server that is not a tracker: 69' exits 69 stretto-track --dump "$origin/songs"

sed 's/"au"/"oz"/' edges.json >changed && mv changed edges.json
renamed() { kill -HUP "$tracker_pid" && soon sh -c "curl -s $tracker/edges | grep -q '\"oz\"'"; }
ok 'SIGHUP reads the edges again' renamed
broken() {
    echo '[{' >edges.json &&
        kill -HUP "$tracker_pid" &&
        soon grep -q "edges.json': not JSON" "$tracker_said" &&
        curl -s "$tracker/edges" | grep -q '"oz"'
}
ok 'and keeps the old list if the file is invalid' broken
without() { stop "$origin_pid" && track without_origin "$tracker" "$id" "$other"; }
ok 'without its origin it serves its own data' without
ends() { track drains "$tracker" "$tracker_pid" && wait "$tracker_pid"; }
ok 'SIGTERM: open requests are answered, exit 0' ends

start stretto-serve store && origin=$url
expiring() { start stretto-track --origin "$origin" --interval 1 --ttl 1 && track expires "$url" "$id" && stop "$pid"; }
ok 'a silent peer is forgotten, and may announce itself again' expiring
# a quarantine of freed blocks, as sanitizers keep it, would grow with what was freed
full() {
    ASAN_OPTIONS=quarantine_size_mb=1 start stretto-track --origin "$origin" --max-peers 100 &&
        track fills "$url" "$id" "$pid" &&
        stop "$pid"
}
ok '--max-peers: more are refused, and memory is bounded' full
quotas() {
    start stretto-track --origin "$origin" --trust-proxy 127.0.0.1 --network-peers 3,5 --unproved-peers 2 \
        --song-peers 2 &&
        track quotas "$url" "$id" &&
        stop "$pid"
}
ok '--network-peers, --unproved-peers, --song-peers: quotas that nest' quotas
ok 'five quotas: 64' exits 64 stretto-track --origin "$origin" --network-peers 1,2,3,4,5
ok 'a quota of 0: 64' exits 64 stretto-track --origin "$origin" --unproved-peers 0
proxied() { start stretto-track --origin "$origin" --trust-proxy 127.0.0.7 && track proxy "$url" "$id" && stop "$pid"; }
ok "--trust-proxy: the proxy's last address is used, and other clients are not believed" proxied
limits() {
    start stretto-track --origin "$origin" --trust-proxy 127.0.0.1,::1 --rate-limit 5 &&
        track limited "$url" &&
        stop "$pid"
}
ok '--rate-limit: per address behind the proxy' limits
printf '# ours\n\n%s\r\n' "$id" >songs
only() {
    start stretto-track --origin "$origin" --allow-songs songs &&
        track allowed "$url" "$id" "$other" &&
        stop "$pid"
}
ok '--allow-songs: others are refused' only
python3 "$root/tests/tools/mmdb.py" geo.mmdb 81.2.69.0/24=51.5142,-0.0931 2001:db8::/32=-33.86,151.2 198.51.100.0/24=
echo "[{\"name\":\"eu\",\"url\":\"$eu\",\"location\":\"52.5,13.4\"},{\"name\":\"au\",\"url\":\"$au\",\"location\":\"-33.9,151.2\"}]" \
    >two.json
located() {
    start stretto-track --origin "$origin" --edges two.json --geoip geo.mmdb --trust-proxy 127.0.0.1 &&
        track places "$url" &&
        stop "$pid"
}
ok '--geoip: locates a client that sends no location' located

ok 'no origin: 64' exits 64 stretto-track --listen 127.0.0.1:0
ok 'a strange origin: 64' exits 64 stretto-track --listen 127.0.0.1:0 --origin ftp://a
ok 'an unknown option: 64' exits 64 stretto-track --no-such
ok 'an unknown variable in the environment: 64' exits 64 env STRETTO_TRACK_ORIGN=1 stretto-track --origin "$origin"
ok 'a proxy that is not an address: 64' exits 64 stretto-track --origin "$origin" --trust-proxy localhost
ok 'no such file of edges: 66' exits 66 stretto-track --origin "$origin" --edges nowhere.json
ok 'a bad one: 65' exits 65 stretto-track --origin "$origin" --edges songs
ok 'no such database: 66' exits 66 stretto-track --origin "$origin" --geoip nowhere.mmdb
ok 'a bad one: 65' exits 65 stretto-track --origin "$origin" --geoip songs
ok 'a bad file of songs: 65' exits 65 stretto-track --origin "$origin" --allow-songs two.json
taken() {
    start stretto-track --origin "$origin" &&
        says "cannot listen on ${url#http://}: Address already in use" stretto-track --origin "$origin" \
            --listen "${url#http://}" &&
        exits 69 stretto-track --origin "$origin" --listen "${url#http://}" &&
        stop "$pid"
}
ok 'a port in use: 69, and why' taken
by_variable() {
    STRETTO_TRACK_ORIGIN=$origin STRETTO_TRACK_NAME=here start stretto-track &&
        curl -s "$url/stats.json" | jq -e '.name == "here" and .role == "tracker"' &&
        stop "$pid"
}
ok 'options can be environment variables' by_variable
finish
