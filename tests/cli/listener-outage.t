#!/bin/sh
# A listener during outages of its only server.
. ./tests/cli/listener.sh

# ---- outages
log=$work/.faults1
outage() { # outage.py defines the duration
    rm -rf cache events.jsonl outage &&
        timeout 90 python3 "$root/tests/tools/outage.py" "$@" stretto-play -O null --events events.jsonl \
            --patience 2 --abr 96 --buffer 12 --lead 12 --edge "$edge/break/outage" "$id"
}
none_failed() {
    events end >ends && lacks failed ends &&
        test "$(jq -r 'select(.event == "chunk").index' events.jsonl | sort -n | tail -n 1)" -ge 3
}
paused() { outage pause && none_failed; }
ok 'an outage longer than patience after a pause, with buffered audio: the song continues' paused
buffered() { outage play && none_failed; }
ok 'the same without a pause' buffered
for_ever() {
    ends 75 'cannot get' 100 play --patience 2 --abr 96 --buffer 12 --lead 12 --unpaced --edge \
        http://127.0.0.1:9 "$id" &&
        outage forever &&
        test "$(events end | jq .heard_ms)" -ge 10000
}
ok 'a permanent outage: 75, after the buffered audio has been played' for_ever
short() { # 2.5 s
    touch outage && { play --unpaced --patience 20 --edge "$edge/break/outage" "$id" & player=$!; }
    sleep 2.5 && rm outage && exits 0 wait $player
}
ok 'an outage at the start that is shorter than patience: the song plays' short

cat >moves.sh <<'END'
# The name of an edge first has no address for a while, and then another one.
set -eu
ip link set lo up
mount --bind hosts /etc/hosts
printf 'nameserver 127.0.0.1\n' >resolv && mount --bind resolv /etc/resolv.conf
echo '127.0.0.2 edge.test' >hosts
python3 -u "$root/tests/tools/webserver.py" store 127.0.0.2 >first &
first=$!
# WHAT PID COMMAND...: repeat it until it succeeds, at most a minute, and only while the process runs
await() {
    what=$1 of=$2 tries=0
    shift 2
    until "$@"; do
        kill -0 "$of" && [ $((tries += 1)) -lt 1200 ] || { echo "waited for $what"; exit 1; }
        sleep 0.05
    done
}
await 'the first server' $first grep -qs '^listening on .*:[0-9]*$' first
port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' first)
python3 -u "$root/tests/tools/webserver.py" store 127.0.0.3 "$port" >second &
second=$!
await 'the second server' $second grep -qs listening second
timeout 60 stretto-fetch --cache moved --patience 20 --edge "http://edge.test:$port/break/drip" -o moved.ogg "$1" &
fetch=$!
await 'a request of a chunk' $fetch grep -qs chunk first
kill -KILL $first
: >hosts
sleep 2
echo '127.0.0.3 edge.test' >hosts
status=0
wait $fetch || status=$?
kill $second
exit $status
END
touch hosts
if unshare -rmn sh -c 'ip link set lo up && mount --bind hosts /etc/hosts' 2>/dev/null; then
    moves() { root=$root unshare -rmn sh moves.sh "$id" && cmp moved.ogg long.ogg && grep -q chunk second; }
    ok "the name of an edge gets another address: the song continues from there" moves
else
    skip "the name of an edge gets another address" 'no namespaces here'
fi

finish
