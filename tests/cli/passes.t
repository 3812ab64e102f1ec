#!/bin/sh
# Listeners with tokens in a swarm: fetch and play take them, and peers see passes only, which are of no use to them.
# shellcheck disable=SC2034,SC2154 # used by what eval runs
. ./tests/lib.sh
jose() { /usr/bin/python3 "$root/tests/tools/jose.py" "$@"; }
id=$(tone song.wav 25 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
other=$(tone other.wav 13 && stretto-encode other.wav | stretto-chunk | stretto-publish --name other store)
stretto-sign --generate key.pem && stretto-sign --jwks --key key.pem >keys.json || exit
token() { stretto-sign --token "http://h.example/songs/song" --id "$id" --key key.pem "$@"; }
token --jti premium-1 >premium && token --kbps 160 --jti free-1 >free || exit
start stretto-serve store --token-keys keys.json --events events.ndjson || exit
edge=$url

# without a swarm
fetch() { stretto-fetch --edge "$edge" --no-cache -o got.ogg "$@" song; }
ok 'fetch without a token: refused' eval 'exits 77 fetch || exits 69 fetch'
ok 'with a token of a file' eval 'fetch --token-file premium -b 320 &&
    stretto-fetch --store store -b 320 song -o true.ogg && cmp got.ogg true.ogg'
ok 'of the environment' eval 'STRETTO_TOKEN=$(cat premium) fetch'
ok 'the bitrate is that of the token' eval \
    'fetch --token-file free -b 320 && ogginfo got.ogg | grep "Nominal bitrate: 160"'
ok 'fetch from a store' eval 'rm -f x.ogg; stretto-fetch --store "$edge" --token-file premium song -o x.ogg && test -s x.ogg'
echo nonsense >bad
ok 'what is no token: 65' exits 65 fetch --token-file bad
ok 'no file: 66' exits 66 fetch --token-file none
ok 'no option takes a token' eval '! stretto-fetch --help | grep -E -- "--token[ =]"'
mkdir shop && cp premium shop/token && serve shop
ok 'with a token of a URL' fetch --token-url "$url/token"
ok 'a URL that has none: 69' exits 69 fetch --token-url "$url/none"
play() { stretto-play --edge "$edge" --no-cache -O null --unpaced "$@" song; }
ok 'play, which writes the id of its token and not the token' eval \
    'play --token-file free --events heard.ndjson && grep -q "\"token_id\":\"free-1\"" heard.ndjson && lacks eyJ heard.ndjson'
ok 'and posts with it' eval 'play --token-file premium --events "$edge" && soon grep -q premium-1 events.ndjson && lacks eyJ events.ndjson'

# with a tracker and a peer
start stretto-serve store --token-keys keys.json --token-exempt 127.0.0.1 || exit
origin=$url
start stretto-track --origin "$origin" --token-keys keys.json --access-log tracker.log || exit
tracker=$url
song=$tracker/songs/song
status() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' "$@"; }
is() { wanted=$1 && shift && got=$(status "$@") && test "$got" = "$wanted" || { echo "$got, not $wanted"; cat "$work/body"; return 1; }; }
with() { file=$1 wanted=$2 && shift 2 && is "$wanted" "$@" -H "Authorization: Bearer $(cat "$file")"; }
ok 'the tracker tells of songs and peers only with a token' eval 'is 401 "$song" && is 401 "$tracker/peers" -d "{\"song_id\":\"$id\"}"'
ok 'for this song' eval 'with premium 403 "$tracker/songs/$other" && grep -qi "^www-authenticate:.*insufficient_scope" head &&
    grep -qi "^access-control-allow-origin: \*" head && curl -fsS "$tracker/metrics" | grep "^stretto_tokens_total.*beyond.} 1$" &&
    with premium 403 "$tracker/peers" -d "{\"song_id\":\"$other\"}"'
pass_of() { sed -n 's/^[Ss]tretto-[Pp]ass: \([^ \r]*\).*/\1/p' head; }
ok 'it gives a pass for the token' eval 'with free 200 "$song" && pass_of >freepass && curl -fsS "$tracker/pass-keys" >passkeys.json &&
    jose verify passkeys.json "$(cat freepass)" >claims &&
    jq -e --arg id "$id" ".song == \$id and .address == \"127.0.0.1\" and .stretto_kbps == 160 and .exp - now < 601" claims'
ok 'with peers too' eval 'with premium 200 "$tracker/peers" -d "{\"song_id\":\"$id\"}" && pass_of >pass && test -s pass'

stretto-sign --token --exact "$song" --key key.pem >one
ok 'a token for one URL of a song is not exchanged for a pass for all of it' eval 'with one 200 "$song" && test -z "$(pass_of)"'

# a peer that has it all, and writes down all that it gets: it stands between the listener and a seeder
stretto-fetch --edge "$edge" --token-file premium --cache seed -b 320 song -o /dev/null 2>/dev/null ||
    stretto-fetch --edge "$edge" --token-file premium --cache seed -b 320 song -o seed.ogg
cat >spy.py <<'EOF'
import socket, sys, threading
listener = socket.create_server(('127.0.0.1', 0))
print(f'listening on 127.0.0.1:{listener.getsockname()[1]}', flush=True)
target = int(sys.stdin.readline())
log = open('spy.log', 'ab', buffering=0)
def copy(source, sink, keep):
    while data := source.recv(65536):
        if keep:
            log.write(data)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
while True:
    near, _ = listener.accept()
    far = socket.create_connection(('127.0.0.1', target))
    for pair in ((near, far, True), (far, near, False)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
EOF
chunk=songs/$id/320/chunk_0.ogg
start stretto-serve --announce http://127.0.0.1:1 seed || exit
ok 'a peer that does not know yet whether its tracker demands passes gives nothing' is 503 "$url/$chunk"
stop "$pid"
start stretto-serve --announce "$tracker" seed || exit
peer=$url
tell_peer() { curl -fsS "$tracker/stats.json" | jq -e ".peers_listed == $1" >/dev/null; }
ok 'a peer announces itself' await 'the peer' tell_peer 1
demands() { test "$(status "$peer/$chunk")" = 403; }
ok 'and takes nobody without a pass' await 'the demand' demands
ok 'nor a token' with premium 403 "$peer/$chunk"
ok 'but a pass' eval 'await "the keys" with pass 200 "$peer/$chunk" >/dev/null'
ok 'up to its bitrate' with freepass 403 "$peer/$chunk"
ok 'not of another address' with pass 403 --interface 127.0.0.2 "$peer/$chunk"
ok 'nor changed' eval 'sed "s/.\$/_/; s/^\(.*\)\.\(.\)/\1.A/" pass >changed; with changed 403 "$peer/$chunk"'
ok 'a pass is no token' eval 'with pass 401 "$edge/$chunk" && with pass 401 "$song"'

mkfifo told
python3 spy.py <told >spy.said &
started="$started $!"
exec 5>told
await_ready $! spy.said || exit
spy=$url
echo "${peer##*:}" >&5
# the tracker connects to where a peer says that it is
curl -fsS "$tracker/announce" -H 'Content-Type: application/json' -d '{"peer_id": "spy", "port": '"${spy##*:}"', "upload_kbps": 100000,
    "songs": {"'"$id"'": {"96": [[0, 1]], "160": [[0, 1]], "320": [[0, 1]]}}}' >/dev/null
ok 'a spy announces itself' await 'the spy' tell_peer 2
listen() {
    rm -rf cache && stretto-fetch --tracker "$tracker" --edge "$edge" --peers-first --allow-local-peers --no-share --token-file premium \
        -b 320 --cache cache --json -o heard.ogg song >json && cmp heard.ogg true.ogg && grep -q Bearer spy.log
}
ok 'a listener takes chunks of peers, one of them the spy' await 'the spy to be asked' listen
ok 'which never sees the token' eval 'grep -aq "Authorization: Bearer ey" spy.log && ! grep -aqF "$(cat premium)" spy.log &&
    ! grep -aqF "$(cut -d. -f 2 premium)" spy.log && ! grep -aq URISigning spy.log'
sed -n 's/^[Aa]uthorization: Bearer \([^ \r]*\).*/\1/p' spy.log | sort -u | head -n 1 >caught
ok 'what it has caught is refused by edges, for any song' eval 'with caught 401 "$edge/$chunk" &&
    with caught 401 "$edge/songs/$other/160/index"'
ok 'and by the tracker' eval 'with caught 401 "$song" && with caught 401 "$tracker/peers" -d "{\"song_id\":\"$id\"}"'
ok 'and by peers, from another address' with caught 403 --interface 127.0.0.2 "$peer/$chunk"
ok 'and for another song' with caught 403 "$peer/songs/$other/160/chunk_0.ogg"
ok 'it is for ten minutes' eval 'jose verify passkeys.json "$(cat caught)" | jq -e ".exp - now < 601"'
ok 'no log has a token' lacks eyJ tracker.log

# over WebRTC a pass is for an id, which the certificate of its peer proves
webrtc() { # UPSTREAM: sets $gate and $peer_id
    start stretto-rtc --tracker "$tracker" --upstream "$1" --address 127.0.0.1 || return
    gate=$url
    await 'the id of the peer' grep -q '^peer ' "$said" && peer_id=$(sed -n 's/^peer //p' "$said")
    await 'the word of the tracker' curl -sf -o /dev/null "$gate/healthz"
}
pass_for() { # TOKEN'S FILE, RTC ID
    with "$1" 200 "$tracker/peers" -d "{\"song_id\": \"$id\", \"rtc\": true, \"rtc_id\": \"$2\"}" && pass_of
}
# a machine under load may be slower than the limits for a link and a first byte
patiently() { [ "$(status "$@")" != 504 ]; }
shows() { # FILE STATUS PATH
    of=$(cat "$1")
    await 'an answer of the peer' patiently "$taker/rtc/$giver/$3" -H "Authorization: Bearer $of" && with "$1" "$2" "$taker/rtc/$giver/$3"
}
if command -v stretto-rtc >/dev/null; then
    webrtc "$origin" && giver=$peer_id && webrtc "$origin" && taker=$gate taker_id=$peer_id && webrtc "$origin" && thief=$gate
    pass_for premium "$taker_id" >rtcpass && pass_for free "$taker_id" >rtcfree
    named() { jose verify passkeys.json "$(cat rtcpass)" | jq -e --arg id "$taker_id" '.rtc == $id'; }
    ok 'the tracker names the id in the pass' named
    ok 'an id that is none: 400' with premium 400 "$tracker/peers" -d "{\"song_id\": \"$id\", \"rtc_id\": \"x\"}"
    ok 'over WebRTC a peer with the pass gets a chunk' eval 'shows rtcpass 200 "$chunk" && cmp body "store/$chunk"'
    ok 'up to its bitrate' shows rtcfree 403 "$chunk"
    ok 'for its song' shows rtcpass 403 "songs/$other/160/chunk_0.ogg"
    ok 'and nothing but chunks and indexes' shows rtcpass 403 "songs/$id/manifest.json"
    ok 'a pass for an address is none over WebRTC' shows pass 403 "$chunk"
    ok 'nor is a token' shows premium 403 "$chunk"
    nothing() { await 'an answer' patiently "$taker/rtc/$giver/$chunk" && is 403 "$taker/rtc/$giver/$chunk"; }
    ok 'nor is nothing' nothing
    stolen() (taker=$thief && shows rtcpass 403 "$chunk")
    ok 'another peer that shows this pass gets nothing' stolen

    # a listener's own stretto-rtc, which its peer server trusts and nobody else who comes from this machine
    STRETTO_RTC_ADDRESS=127.0.0.1 stretto-fetch --tracker "$tracker" --edge "$edge" --allow-local-peers --token-file premium \
        -b 320 --cache behind --listen 127.0.0.2:0 --share forever -o behind.ogg song 2>behind.err &
    started="$started $!"
    behind() {
        giver=$(curl -sf "$tracker/peers" -H "Authorization: Bearer $(cat premium)" -d "{\"song_id\": \"$id\", \"rtc\": true}" |
            jq -er 'first(.peers[].url | select(startswith("rtc:"))) | ltrimstr("rtc:")')
    }
    ok 'a listener whom nobody reaches shares over WebRTC' await 'its id' behind
    ok 'for a pass' eval 'shows rtcpass 200 "$chunk" && cmp body "store/$chunk"'
    ok 'and for nothing less' eval 'shows pass 403 "$chunk" && shows premium 403 "$chunk"'
    ss -Hltn | sed -n 's/.* \(127\.0\.0\.2:[0-9]*\) .*/\1/p' | sort -u >servers
    direct() { while read -r at; do is 403 "http://$at/$chunk" || return; done <servers && test -s servers; }
    ok 'its server itself demands one of everybody else' direct
else
    skip 'passes over WebRTC' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'
fi

# tokens and edges that a tracker names
start stretto-serve store --token-keys keys.json --access-log named.log --workers 1 || exit
echo "[{\"name\":\"named\",\"url\":\"$url\",\"location\":\"1,1\"}]" >edges.json
start stretto-track --origin "$origin" --token-keys keys.json --edges edges.json || exit
naming=$url naming_pid=$pid
start stretto-track --origin "$origin" --token-keys keys.json --edges edges.json --tls-self-signed cert.pem || exit
secure=https://$(echo "$url" | sed 's|.*//||')
asked() { grep -q "GET /songs/$id/$1/" named.log; }
take() { rm -f got.ogg && stretto-fetch --allow-local-peers --no-peers --no-share --token-file premium -o got.ogg "$@" song; }
ok 'a tracker names an edge, which gets the token' eval 'soon take --tracker "$naming" --cache kept -b 320 && soon asked 320'
stop "$naming_pid"
ok 'which is not for an edge that another tracker has named' exits 75 take --tracker http://127.0.0.1:1 --cache kept -b 160
ok 'but for one that the same tracker has named in an earlier run' eval \
    'take --tracker "$naming" --cache kept -b 96 && soon asked 96 && ! asked 160'
mark() { curl -s "$(jq -r ".[0].url" edges.json)/$1" >/dev/null && soon grep -q "/$1 " named.log && grep -c "GET /songs" named.log; }
not_over_tls
lines=$(mark before)
export SSL_CERT_FILE="$work/cert.pem"
ok 'an edge without TLS gets no token when the tracker has TLS' says 'without TLS' take --tracker "$secure" --cache other -b 160
unset SSL_CERT_FILE
ok 'nor is it asked' eval 'test "$(mark after)" = "$lines"'
finish
