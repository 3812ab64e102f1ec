#!/bin/sh
# stretto-track --state on a Redis Cluster: three trackers under load lose a master, a tracker, and a connection.
. ./tests/lib.sh
engine() { sh "$root/tests/engines/redis.sh" "$@"; }
end_all() { engine down "$work/redis" && cleanup; }
trap end_all EXIT
track() { command=$1 && shift && timeout 300 python3 "$root/tests/tools/track.py" "$command" "$@"; }
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 31 sine 440
id=$(stretto-encode -b 96,160,320 song.wav | stretto-chunk | stretto-publish --name song store)
cluster=$(engine up "$work/redis" | sed -n 's/^listening on //p')
[ -n "$cluster" ] || exit 1
start stretto-serve store || exit
origin=$url
tracker() { start stretto-track --origin "$origin" --interval 100 --state "redis://$cluster"; }
tracker && one=$url one_pid=$pid
tracker && two=$url

rows 'peers in a cluster:' track lists "$one" "$id"
ok 'trackers share peers, proofs and tickets' track shared "$one" "$two" "$id"
master() { engine master "$work/redis" "{$id}d"; }
killed=$(master)
ok 'the master of a song is killed under load: all is answered, and peers are named' track loses_master "$one" "$two" "$id" \
    kill -KILL "$(engine pid "$work/redis" "$killed")"
takes() { for _ in $(seq 100); do [ "$(master)" = "$killed" ] || [ -z "$(master)" ] || return 0; sleep 0.1; done; return 1; }
ok 'a replica takes its place' takes
ok 'and peers are shared again' track shares_again "$one" "$two" "$id"
stopped=$(engine pid "$work/redis" "$(master)")
ok 'a master that hangs, as in a partition: all is answered' track loses_master "$one" "$two" "$id" kill -STOP "$stopped"
kill -CONT "$stopped"
ok 'and peers are shared again' track shares_again "$one" "$two" "$id"
replaced() { kill -KILL "$one_pid" && tracker && track shares_again "$two" "$url" "$id"; }
ok 'a killed tracker: another one takes its place' replaced
finish
