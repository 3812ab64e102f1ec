#!/bin/sh
# A listener obeys signals at once, in every state of waiting.
. ./tests/cli/listener.sh

# ---- signals at random moments
now_ms() { date +%s%3N; }
# PID: it handles SIGTERM, or has ended
handles() { # PID: a program of ours, no longer the shell or env that became it; or it has ended
    kill -0 "$1" 2>/dev/null || return 0
    grep -q '^stretto-' "/proc/$1/comm" || return
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status") && [ -n "$caught" ] || return 0
    test $((0x$caught >> 14 & 1)) -eq 1
}
mute() { # accepts connections and never responds
    python3 -uc \
        'import socket, signal; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1]); signal.pause()' \
        >mute.port &
    started="$started $!"
    await 'its port' test -s mute.port && mute=http://127.0.0.1:$(cat mute.port)
}
ok '(a silent server)' mute
signalled() { # SIGNAL STATUS OPTIONS...: it ends within a second; five are allowed on a busy machine
    signal=$1 wanted=$2
    shift 2
    for delay in $(awk "BEGIN {srand($$); for (i = 0; i < 5; ++i) print rand() * 1.5}"); do
        rm -rf cache events.jsonl
        # background jobs of a shell ignore SIGINT, and the program would inherit this
        env --default-signal=INT "$@" >out 2>err &
        child=$! started="$started $!"
        # before the program has installed its handlers, a signal would simply kill it
        await 'its handler' handles $child && kill -0 $child || return
        sleep "$delay"
        sent=$(now_ms)
        kill "-$signal" $child
        wait $child
        got=$?
        took=$(($(now_ms) - sent))
        test $got -eq "$wanted" &&
            test $took -lt 5000 ||
            {
                echo "after $delay s: status $got, $took ms"
                cat err
                return 1
            }
    done
}
log=$work/.faults1
for signal in TERM INT HUP; do
    ok "SIG$signal during a transfer, fetch: 75" signalled $signal 75 stretto-fetch --edge "$edge/break/drip" -o \
        s.ogg "$id"
    ok "SIG$signal while a server is silent, fetch: 75" signalled $signal 75 stretto-fetch --edge \
        "$edge/break/silent" -o s.ogg "$id"
    ok "SIG$signal while a server is silent, fetch --search: 75" signalled $signal 75 stretto-fetch --edge \
        "$mute" --search x
    ok "SIG$signal while a song loads or plays, play: 75" signalled $signal 75 stretto-play -q -O null --edge \
        "$edge/break/drip" --abr 96 "$id"
    ok "SIG$signal while a server is silent, play: 75" signalled $signal 75 stretto-play -q -O null --edge \
        "$edge/break/silent" "$id"
    ok "SIG$signal while a server is silent, play --list: 75" signalled $signal 75 stretto-play --edge "$mute" --list
done
ok 'and there is no output file' test ! -e s.ogg
farewell() { # SIGNAL
    rm -rf cache events.jsonl
    env --default-signal=INT stretto-play -O null --events events.jsonl --edge "$edge/break/drip" --abr 96 \
        "$id" >out 2>err &
    player=$! started="$started $!"
    await 'the first progress' grep -qs '"progress"' events.jsonl || return
    kill "-$1" $player
    exits 75 wait $player &&
        events end | jq -e '.why == "skipped" and .heard_ms > 0' &&
        grep -q 'interrupted' err
}
for signal in TERM INT HUP; do
    ok "SIG$signal, play: the last event is written, and a message gives the reason: 75" farewell $signal
done
unposted() { # neither the server of events nor the tracker responds: the player waits for neither
    rm -rf cache
    before=$(asked)
    stretto-play -q -O null --events "$mute" --tracker "$mute" --allow-local-peers --edge "$edge/break/drip" \
        --abr 96 "$id" >out 2>err &
    player=$! started="$started $!"
    await 'three chunks' eval 'test $(($(asked) - before)) -ge 6' || return
    sent=$(now_ms)
    kill -TERM $player
    exits 75 wait $player &&
        took=$(($(now_ms) - sent)) &&
        test $took -lt 4000 || { echo "$took ms"; cat err; return 1; }
}
ok 'SIGTERM, play: undelivered events do not delay the end' unposted
ignored() { # PROGRAM...: as under nohup(1)
    rm -rf cache
    env --ignore-signal=HUP "$@" >out 2>err &
    child=$! started="$started $!"
    await 'its handler' handles $child && kill -0 $child || return
    mask=$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/$child/status)
    kill -TERM $child
    exits 75 wait $child && test $((0x$mask & 1)) -eq 1
}
ok 'under nohup, fetch: SIGHUP stays ignored' ignored stretto-fetch --edge "$edge/break/silent" -o s.ogg "$id"
ok 'under nohup, play: SIGHUP stays ignored' ignored stretto-play -q -O null --edge "$edge/break/silent" "$id"

finish
