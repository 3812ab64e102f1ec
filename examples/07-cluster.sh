#!/bin/sh
# A service without a disk of its own: songs in Ceph, peers in a Redis Cluster, events in ClickHouse. Thirty listeners play, each over
# its own link, while an edge, an origin, a tracker, a master of Redis and a shard of ClickHouse are killed.
# The idea: engines that operators know keep all data. Every server of ours is then a cache or has no state, so that any of them may
# die, and more of them may be started at any time. Listeners go on with what is left.
#
#   examples/07-cluster.sh [FILE...]      music; without arguments: 40 s of each of two songs of the demo
#   LISTENERS=n                           30 by default; two cores carry them
#   OUT=dir                               leave there what the listeners heard, the events and the reports
#
# It needs root and the source tree, and installs nothing: it names the Debian packages that are missing. All engines run as plain
# processes in a namespace, the data centre, and end with the script. Ceph has one of each process here, so none of them is killed.
set -eu
. "$(dirname "$0")/await.sh"
here=$(dirname "$0")
engines=$here/../tests/engines listeners=${LISTENERS:-30}
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-cluster-XXXXXX")
out=${OUT:-$work/out}
# shellcheck disable=SC2034 # for hosts.sh
emulator=${EMULATOR:-build/net/emulator}
PATH=$PATH:/usr/sbin # of haproxy and ClickHouse
if [ -r "$here/../tests/net/hosts.sh" ] && [ -r "$engines/ceph.sh" ]; then
    . "$here/../tests/net/hosts.sh"
else # an installed copy
    net_lacks() { echo 'the source tree'; }
    unlay() { :; }
    end_all() { :; }
fi
finish() {
    end_all
    for engine in ceph redis clickhouse; do [ ! -d "$work/$engine" ] || sh "$engines/$engine.sh" down "$work/$engine" || :; done
    unlay
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

say() { printf '\n%s\n' "$*"; }
row() { printf '   %-12s %s\n' "$1" "$2"; }
fail() { echo "07-cluster: $*" >&2; tail -n 20 "$work"/*.log >&2; exit 1; }
packages_lack() { # fails when nothing is missing
    missing=
    for pair in radosgw:radosgw ceph-mon:ceph-mon ceph-osd:ceph-osd ceph:ceph-common redis-server:redis-server haproxy:haproxy \
        clickhouse-server:clickhouse-server; do
        command -v "${pair%:*}" >/dev/null || missing="$missing ${pair#*:}"
    done
    [ -n "$missing" ] && echo "sudo apt-get install --no-install-recommends$missing"
}
if lacks=$(net_lacks || packages_lack); then
    echo "   not here: this needs $lacks"
    exit 0
fi

rm -rf "$out/events"
mkdir -p "$out/events"
[ $# -gt 0 ] || find "${MUSIC:-build/music}" -name '*.mp3' | sort | head -2 >"$work/music"
[ $# -eq 0 ] || printf '%s\n' "$@" >"$work/music"
place() { # N: Berlin, New York, Tokyo; the links of each city are a network
    case $(($1 % 3)) in
        1) echo 52.5,13.4 ;;
        2) echo 40.7,-74.0 ;;
        0) echo 35.7,139.7 ;;
    esac
}
network() { case $(($1 % 3)) in 1) echo 198.51.100 ;; 2) echo 203.0.113 ;; 0) echo 192.0.2 ;; esac }
{ # name, address, kbit/s up and down, ms one way, loss in thousandths
    echo 'dc 1 1000000 1000000 5 0'
    for e in 1 2 3; do echo "e$e 1$e 100000 100000 5 0"; done
    for n in $(seq "$listeners"); do
        echo "p$n $(network "$n").$((100 + n)) $((1500 + n % 4 * 2000)) $((2000 + n % 5 * 3000)) $((5 + n % 4 * 8)) $((n % 3))"
    done
} >"$work/lines"
lay <"$work/lines"
dc=$(address dc)

say '1  the engines, in the data centre'
engine() { # NAME COMMAND...
    name=$1
    shift
    on dc sh "$engines/$name.sh" "$@"
}
up() { # NAME [ARGUMENT...]: sets $at
    name=$1
    shift
    at=$(engine "$name" up "$work/$name" "$@" 2>"$work/$name.log" | sed -n 's/^listening on //p')
    [ -n "$at" ] || fail "$name does not start"
}
up ceph
export AWS_ENDPOINT_URL="http://$at" AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret
on dc curl -fsS --aws-sigv4 aws:amz:us-east-1:s3 --user testkey:testsecret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
    -X PUT "http://$at/music"
row Ceph "S3 at $at"
up redis
redis=redis://$at
row Redis "three masters and three replicas at $at"
up clickhouse 2
database=clickhouse://$at/music
row ClickHouse "two shards at $at"

say '2  songs into the bucket'
songs=
while IFS= read -r file; do
    name=song$(($(echo "$songs" | wc -w) + 1))
    # a part of the demo's music; files of yours are played as a whole
    if [ $# -gt 0 ]; then cat "$file"; else ffmpeg -v error -ss 30 -t 40 -i "$file" -map 0:a:0 -f flac - </dev/null; fi |
        stretto-encode - | stretto-chunk | on dc stretto-publish --name "$name" s3://music/v1 >"$work/id"
    songs="$songs $name"
    row "$name" "$(cut -c 1-8 "$work/id")..., $(basename "$file")"
done <"$work/music"

say '3  two origins, three edges, three trackers; haproxy in front of the trackers, and of the origins for events'
serve() { # HOST NAME TOOL [ARGUMENT...]: sets $url and $pid
    host=$1 name=$2 tool=$3
    shift 3
    spawn "$host" "$tool" --listen "$(address "$host"):0" "$@" >"$work/$name.said" 2>"$work/$name.log"
    await "the ready line of $name" "$pid" ready "$work/$name.said" || fail "$name does not start"
    url=http://$(sed -n 's/^listening on //p' "$work/$name.said")
    row "$name" "$url"
    eval "pid_$name=$pid"
}
origins='' edges='' behind_origins='' behind_trackers=''
for n in 1 2; do
    serve dc origin$n stretto-serve s3://music/v1 --cache "$work/origin$n" --events "$out/events/origin$n.jsonl" --trust-proxy "$dc/32"
    origins="$origins $url" behind_origins="$behind_origins
    server origin$n ${url#http://} check inter 500"
done
for n in 1 2 3; do
    # shellcheck disable=SC2086 # two addresses
    serve e$n edge$n stretto-serve --cache "$work/edge$n" --name edge$n $origins
    edges="$edges edge$n $url $(place $n)"
done
# shellcheck disable=SC2086 # three words each
jq -n '[$ARGS.positional | _nwise(3) | {name: .[0], url: .[1], location: .[2]}]' --args $edges >"$work/edges.json"
for n in 1 2 3; do
    serve dc tracker$n stretto-track --edges "$work/edges.json" --origin "http://$dc:81" --state "$redis" --interval 10 \
        --trust-proxy "$dc/32"
    behind_trackers="$behind_trackers
    server tracker$n ${url#http://} check inter 500"
done
cat >"$work/haproxy.cfg" <<END
defaults
    mode http
    option forwardfor
    option redispatch
    option httpchk GET /healthz
    timeout connect 1s
    timeout client 60s
    timeout server 60s
listen trackers
    bind $dc:80
    balance source
    hash-type consistent$behind_trackers
listen origins
    bind $dc:81$behind_origins
END
spawn dc haproxy -db -q -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1
await 'haproxy' "$pid" on dc curl -fsS "http://$dc/healthz" || fail 'haproxy does not answer'
row haproxy "http://$dc, and http://$dc:81 of the origins"

say "4  $listeners listeners, a new one each second; every other one begins with the last song"
last_first=
for name in $songs; do last_first="$name $last_first"; done
players=
for n in $(seq "$listeners"); do
    order=$songs
    [ $((n % 2)) -eq 1 ] || order=$last_first
    # shellcheck disable=SC2086 # names
    spawn "p$n" stretto-play --quiet --tracker "http://$dc" --location "$(place "$n")" --output "wav:$out/p$n.wav" --listener "p$n" \
        --cache "$work/p$n" --events "http://$dc:81/events" $order </dev/null >"$work/p$n.log" 2>&1
    players="$players $pid"
    sleep 1
done
events() { cat "$out"/events/*.jsonl | jq -Rc 'fromjson? // empty'; }
playing() { [ "$(events | jq -r 'select(.event == "playing").listener' | sort -u | wc -l)" -eq "$listeners" ]; }
await 'the first sound of all' "$pid" playing || fail 'not all listeners play'
dies() { # WHAT PID
    kill -KILL "$2"
    row "$1" 'killed'
    sleep 2
}
# shellcheck disable=SC2154 # set by serve
{
    dies edge1 "$pid_edge1"
    dies origin1 "$pid_origin1"
    dies tracker1 "$pid_tracker1"
}
master=$(engine redis master "$work/redis" "{$(cat "$work/id")}d")
dies 'a master' "$(engine redis pid "$work/redis" "$master")"
load() { on dc stretto-report --load "$database" "$out/events" >>"$work/loaded"; }
load &
loader=$!
engine clickhouse kill "$work/clickhouse" 2
row 'a shard' 'killed while events are loaded, and started again 5 s later'
sleep 5
engine clickhouse again "$work/clickhouse" 2
wait $loader || fail 'the loader has given up'
wrong=0
for pid in $players; do wait "$pid" || wrong=$((wrong + 1)); done
[ $wrong -eq 0 ] || fail "$wrong listeners ended with a failure"
row all 'listeners have come to the end of their songs'

say '5  no event is lost, and the report of ClickHouse is that of the files'
load
events | jq -rs 'unique_by(.session, .seq) | group_by(.session)
    | "   \(map(length) | add) events of \(length) plays; \(map(select((map(.seq) | max + 1) != length)) | length) plays with a gap, "
    + "\(map(select(all(.event != "end"))) | length) without an end; \([.[][] | select(.event == "stall")] | length) stalls"'
stretto-report --json "$out/events" >"$out/files.json"
on dc stretto-report --json --from "$database" >"$out/clickhouse.json"
cmp "$out/files.json" "$out/clickhouse.json" && row 'the same' "$(wc -c <"$out/files.json") bytes of JSON"
on dc env COLUMNS=77 stretto-report --from "$database" >"$out/report"
awk -v RS= '/^(Listening|How it felt|Where the bytes)/ {print $0 "\n"}' "$out/report" | sed 's/^/   /'
