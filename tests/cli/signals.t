#!/bin/sh
# stretto-track for WebRTC peers: announces, signals by long-poll, tokens, and STUN. curl and a test client for STUN are the peers.
. ./tests/lib.sh
publish() { # NAME
    sox -R -n -r 44100 -c 2 -b 16 "$1.wav" synth 31 sine 440
    stretto-encode -b 96 "$1.wav" | stretto-chunk | stretto-publish --name "$1" store
}
id=$(publish song)
start stretto-serve store || exit
origin=$url
start stretto-track --origin "$origin" || exit
tracker=$url tracker_pid=$pid

ann=aaaaaaaaaaaaaaaaaaaaaaaaaa ben=bbbbbbbbbbbbbbbbbbbbbbbbbb
post() { curl -sS -m 60 -X POST --data-binary "$2" "$tracker$1"; }
status_of() { # PATH BODY
    curl -sS -m 60 -o /dev/null -w '%{http_code}' -X POST --data-binary "$2" "$tracker$1"
}
announce() { # PEER: prints its token
    post /announce '{"peer_id":"'"$1"'","rtc":true,"songs":{"'"$id"'":{"96":[[0,3]]}}}' >"$1.announced" && jq -er .token "$1.announced"
}
signal() { # FROM TOKEN TO KIND [CANDIDATES]
    values='"session":"s1","u":"ufra","p":"%022d","f":"%064d","s":"actpass","c":[%s]'
    printf '{"from":"%s","token":"%s","to":"%s","kind":"%s",'"$values}" "$1" "$2" "$3" "$4" 0 0 "${5-}"
}
named() { # the peers of the song in a response for a WebRTC peer
    post /peers '{"song_id":"'"$id"'","peer_id":"zz","rtc":true}'
}
poll() { # PEER TOKEN SECONDS: the signals, or the status
    curl -sS -m 60 -w '%{http_code}\n' "$tracker/signals?peer=$1&token=$2&wait=$3"
}

announces() { token=$(announce $ann) && jq -e '.stun | test("^stun:127.0.0.1:[0-9]+$")' $ann.announced && test ${#token} -eq 16; }
ok 'the response to an announce has a token and a STUN server' announces
unnamed() { named >peers && jq -e '.peers == []' peers; }
ok 'a peer that does not wait for signals is not named' unnamed
has_peer() { named >peers && jq -e ".peers[0].url == \"rtc:$ann\"" peers >/dev/null; }
waits() {
    poll $ann "$token" 25 >signals & poller=$! started="$started $!"
    await 'the peer to be named' has_peer && jq -e '.peers | length == 1 and .[0].have["96"][0][0] == 0' peers && cat peers
}
ok 'one that waits is named, as rtc: and its id' waits
others() { post /peers '{"song_id":"'"$id"'","peer_id":"zz"}' >peers && jq -e '.peers == []' peers; }
ok 'but not to a client without WebRTC' others
delivers() {
    ben_token=$(announce $ben) || return
    addresses='["host","127.0.0.1",40000,9],["host","10.1.2.3",40000,8],["srflx","203.0.113.7",40000,7],["host","8.8.8.8",40000,6]'
    test "$(status_of /signal "$(signal $ben "$ben_token" $ann offer "$addresses")")" = 202 &&
        wait $poller && head -n 1 signals >one.json &&
        jq -e '.[0] | .from == "'$ben'" and .kind == "offer" and .u == "ufra" and (has("token") | not) and (has("to") | not)' one.json
}
ok 'an offer reaches it at once, without the token' delivers
only_harmless() { jq -e '.[0].c == [["host", "127.0.0.1", 40000, 9], ["host", "10.1.2.3", 40000, 8]]' one.json; }
ok 'with private addresses only between peers in the same home' only_harmless
kept() {
    test "$(status_of /signal "$(signal $ben "$ben_token" $ann answer)")" = 202 && poll $ann "$token" 25 >signals && head -n 1 signals |
        jq -e '.[0].kind == "answer"'
}
ok 'a signal that comes between two polls waits' kept
nothing() { test "$(poll $ann "$token" 0)" = 204; }
ok 'a poll without a signal is 204' nothing
replaced() {
    poll $ann "$token" 25 >first & first=$! started="$started $!"
    waiting() { curl -sS "$tracker/metrics" | grep -qx 'stretto_rtc_peers_waiting 1'; }
    await 'the first poll' waiting || return
    poll $ann "$token" 25 >second & second=$! started="$started $!"
    wait $first && test "$(cat first)" = 204 && await 'the second poll' waiting &&
        test "$(status_of /signal "$(signal $ben "$ben_token" $ann answer)")" = 202 && wait $second && grep -q answer second
}
ok 'a second poll ends the first' replaced
refusals() {
    test "$(status_of /signal "$(signal $ben "$token" $ann offer)")" = 403 &&
        test "$(status_of /signal "$(signal $ben "$ben_token" cccccccccccccccccccccccccc offer)")" = 404 &&
        test "$(status_of /signal '{"from":"x"}')" = 400 &&
        test "$(status_of /announce '{"peer_id":"short","rtc":true,"songs":{"'"$id"'":{}}}')" = 400 &&
        test "$(poll $ben "$token" 0 | tail -n 1)" = 403 && test "$(curl -s -o /dev/null -w '%{http_code}' "$tracker/signal")" = 405 &&
        test "$(status_of /signal "$(signal $ben "$ben_token" $ann offer "$(yes '["host","10.0.0.1",40000,1],' | head -n 60)[]")")" = 400
}
ok 'a foreign token is 403, an absent peer 404, nonsense 400' refusals
rationed() {
    taken=0 refused=0
    for _ in $(seq 40); do
        case $(status_of /signal "$(signal $ben "$ben_token" $ann offer)") in
        202) taken=$((taken + 1)) && poll $ann "$token" 0 >/dev/null ;;
        429) refused=$((refused + 1)) ;;
        esac
    done
    echo "taken $taken, refused $refused" && test $((taken + refused)) -eq 40 && test $taken -ge 20 &&
        test $taken -le 34 # a minute brings 30 more
}
ok 'a network makes 30 offers a minute' rationed
goes() { post /announce '{"peer_id":"'$ann'","rtc":true,"left":true,"songs":{}}' >left && named >peers && jq -e '.peers == []' peers; }
ok 'a peer that has left is no longer named' goes

stun_port=$(jq -r .stun $ann.announced | sed 's/.*://')
seen() { python3 "$root/tests/tools/stun.py" 127.0.0.1 "$stun_port" "$@" >seen && awk '{exit !($1 == $3 && $2 == $4)}' seen; }
ok 'STUN tells a client its address' seen
ok 'also a client of RFC 3489, such as libnice' seen --old
ok 'other datagrams get no answer' seen --noise
ends() { # with a peer that waits
    announce $ben >ben.token && { poll $ben "$(cat ben.token)" 25 >end & } && last=$! started="$started $!" &&
        await 'the last poll' waiting && stop "$tracker_pid" && wait $last && test "$(cat end)" = 204
}
ok 'SIGTERM answers waiting clients, and ends with 0' ends

start stretto-track --origin "$origin" --stun stun.example:3478 || exit
tracker=$url
elsewhere() { announce $ann && jq -e '.stun == "stun:stun.example:3478"' $ann.announced; }
ok '--stun names another server' elsewhere
start stretto-track --origin "$origin" --stun off || exit
tracker=$url
off() { announce $ann && jq -e 'has("stun") | not' $ann.announced; }
ok 'and none if it is off' off
finish
