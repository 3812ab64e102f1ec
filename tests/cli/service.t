#!/bin/sh
# stretto-serve and stretto-track under a service manager such as systemd: sockets that it opened, messages that it reads,
# SIGHUP.
. ./tests/lib.sh
tone song.wav 2
song=$(stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song store)
activate() { python3 "$root/tests/tools/activate.py" "$@"; }
rows 'origin:' activate "/songs/$song/96/chunk_0.ogg" admin stretto-serve --grace 60 --workers 2 store
start stretto-serve store || exit
origin=$url origin_pid=$pid
rows 'edge:' activate "/songs/$song/96/chunk_0.ogg" second stretto-serve --grace 60 --workers 2 "$origin"
rows 'tracker:' activate /edges second stretto-track --grace 60 --origin "$origin"

# --- with systemd's own tools
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
activated() {
    at=$(port)
    systemd-socket-activate -l "127.0.0.1:$at" --fdname=http stretto-serve --workers 2 store >said 2>said.err &
    pid=$!
    started="$started $pid"
    await 'systemd-socket-activate' grep -q Listening said.err &&
        curl -fsS --max-time 60 "http://127.0.0.1:$at/names/song" | grep -qx "$song" &&
            grep -qx "listening on 127.0.0.1:$at" said && stop $pid
}
if command -v systemd-socket-activate >/dev/null; then
    ok 'systemd-socket-activate passes it a socket' activated
else
    skip 'systemd-socket-activate passes it a socket' 'there is none'
fi

# --- invalid sockets. The shell that calls exec has the process id that LISTEN_PID needs
# shellcheck disable=SC2016
with() { env "$@" sh -c 'export LISTEN_PID=$$; exec stretto-serve --listen 127.0.0.1:0 store' 3<song.wav; }
ok 'a descriptor that is not a socket: 64' exits 64 with LISTEN_FDS=1
ok 'names that do not match the sockets: 64' exits 64 with LISTEN_FDS=1 LISTEN_FDNAMES=a:b
ok 'the message names it' says "descriptor 3 ('web') of the service manager is not a listening socket" with LISTEN_FDS=1 LISTEN_FDNAMES=web
others() {
    LISTEN_PID=1 LISTEN_FDS=1 start stretto-serve store && curl -fsS "$url/names/song" | grep -qx "$song" &&
        stop "$pid"
}
ok 'sockets for another process are not touched' others
deaf() { NOTIFY_SOCKET=$work/nobody start stretto-serve store && stop "$pid"; }
ok 'an unreachable service manager is not an error' deaf

# --- SIGHUP: messages tell what was reloaded, what failed, and that other options need a restart
edges() { printf '[{"name": "%s", "url": "http://127.0.0.1:1", "location": "1,1"}]' "$1" >edges.json; }
edges one
rest='all other options need a restart'
reloaded() {
    edges two && kill -HUP "$pid" &&
        await 'the report' grep -qxF "stretto-track: reloaded: access log, edges, songs, places; $rest" "$said.err"
}
kept() {
    echo noise >edges.json && kill -HUP "$pid" &&
        await 'the failure' grep -q '^stretto-track: cannot reload the edges, the previous one stays in use: ' "$said.err" &&
        await 'the report' grep -qF ': reloaded: access log, songs, places;' "$said.err"
}
start stretto-track --edges edges.json --origin "$origin" || exit
ok 'SIGHUP says what it reloads' reloaded
ok 'and what it cannot' kept
stop "$pid"
stop "$origin_pid"
finish
