#!/bin/sh
# stretto-track --state: trackers that share peers in a Redis, which is taken away in several ways.
. ./tests/lib.sh
track() { command=$1 && shift && timeout 300 python3 "$root/tests/tools/track.py" "$command" "$@"; }
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 31 sine 440
id=$(stretto-encode -b 96,160,320 song.wav | stretto-chunk | stretto-publish --name song store)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
redis() { # of a free port, unless it is given: sets $redis, $redis_pid
    for _ in 1 2 3 4 5; do
        redis=${1-$(free_port)}
        redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$work" >redis.log 2>&1 &
        redis_pid=$! started="$started $!"
        for _ in $(seq 600); do
            said=$(redis-cli -p "$redis" ping 2>&1) && [ "$said" = PONG ] && return
            kill -0 $redis_pid 2>/dev/null || break
            sleep 0.1
        done
    done
    return 1
}
redis && start stretto-serve store || exit
origin=$url
tracker() { start stretto-track --origin "$origin" --interval 100 --state "redis://127.0.0.1:$redis"; }
tracker && one=$url one_pid=$pid
tracker && two=$url two_pid=$pid

rows 'peers in Redis:' track lists "$one" "$id"
rows 'requests:' track protocol "$one" "$id"
ok 'trackers share peers, proofs and tickets' track shared "$one" "$two" "$id"
metrics() { curl -sS "$one/metrics" >metrics && python3 "$root/tests/tools/prometheus.py" <metrics; }
ok 'metrics as Prometheus reads them' metrics

ok 'Redis that stops: all is answered, peers from memory' track without_state "$one" "$two" "$id" kill -STOP $redis_pid
kill -CONT $redis_pid
ok 'and goes on: peers are shared again' track with_state "$one" "$two" "$id"
ok 'Redis that is killed: all is answered, peers from memory' track without_state "$one" "$two" "$id" kill -KILL $redis_pid
redis "$redis" || exit
ok 'and starts again, empty: peers are shared again' track with_state "$one" "$two" "$id"
ok 'Redis without memory: nobody sees an error' track full_state "$one" "$two" "$id" \
    redis-cli -p "$redis" config set maxmemory 1 \>/dev/null
ok 'and with memory again, peers are shared' eval 'redis-cli -p $redis config set maxmemory 0 >said && track with_state $one $two $id'
killed() {
    kill -KILL "$one_pid" && tracker && track with_state "$two" "$url" "$id"
}
ok 'a killed tracker: another one takes its place' killed
ok 'no tracker said anything' test ! -s "$work/.server2.err" -a ! -s "$work/.server3.err"
alone() {
    start stretto-track --origin "$origin" --state redis://127.0.0.1:1 && curl -sSf "$url/edges" >said && curl -sSf "$url/songs/$id" >said
}
ok 'starts without Redis, and answers' alone
ok 'ends at SIGTERM' stop "$two_pid"
for bad in http://a redis:// redis://user:secret@a redis://a:0; do
    ok "refuses --state $bad" exits 64 stretto-track --origin http://a --state "$bad"
done
ok 'unless the host is unknown' exits 69 stretto-track --origin http://a --state redis://no.such.host.invalid
printed() { stretto-track --origin http://a --state redis://127.0.0.1:7 --print-config | grep -q '^state = "redis://127.0.0.1:7"'; }
ok '--print-config prints it' printed
finish
