#!/bin/sh
# stretto-rtc through two NATs: each peer has a private address behind a router that drops what nobody asked for. The tracker, with its
# STUN responder, is outside. Where each connection gets a random port (symmetric NAT) there is no way, and that is told soon. The same with
# pages in browsers.
. ./tests/net/lib.sh
. "$root/tests/tools/browser.sh"
command -v stretto-rtc >/dev/null || { skip 'peers behind NATs' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'; finish; }
command -v nft >/dev/null || { skip 'peers behind NATs' 'there is no nft'; finish; }
spaces='inet r1 r2 h1 h2'
space() { echo "$prefix-$1"; }
in_space() { # NAME COMMAND...
    where=/run/netns/$(space "$1")
    shift
    nsenter --net="$where" "$@"
}
first='' second=''
nat_cleanup() {
    # browsers do not end with their drivers
    [ -z "$first" ] || pages h1 "$first" close
    [ -z "$second" ] || pages h2 "$second" close
    end_all
    for name in $spaces; do ip netns del "$(space "$name")" 2>/dev/null; done
    net_cleanup
}
trap nat_cleanup EXIT
sweep

router() { # N HOW: of the NAT behind which host N is
    in_space "r$1" nft -f - <<RULES
flush ruleset
table ip nat {
    chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade $2; }
    chain in { type filter hook input priority filter; policy accept; iifname "wan" ct state new drop; }
    chain through { type filter hook forward priority filter; policy drop; iifname "lan" accept; ct state established,related accept; }
}
RULES
}
network() {
    for name in $spaces; do ip netns add "$(space "$name")" && ip -n "$(space "$name")" link set lo up || return; done
    ip -n "$(space inet)" link add br0 type bridge && ip -n "$(space inet)" link set br0 up || return
    ip -n "$(space inet)" addr add 198.51.100.1/24 dev br0
    for n in 1 2; do
        ip link add wan netns "$(space r$n)" type veth peer name "p$n" netns "$(space inet)" || return
        ip -n "$(space inet)" link set "p$n" master br0 up
        ip -n "$(space r$n)" addr add "198.51.100.1$n/24" dev wan && ip -n "$(space r$n)" link set wan up
        ip link add lan netns "$(space r$n)" type veth peer name eth0 netns "$(space h$n)" || return
        ip -n "$(space r$n)" addr add "10.$n.0.1/24" dev lan && ip -n "$(space r$n)" link set lan up
        ip -n "$(space h$n)" addr add "10.$n.0.2/24" dev eth0 && ip -n "$(space h$n)" link set eth0 up
        ip -n "$(space h$n)" route add default via "10.$n.0.1" || return
        in_space "r$n" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || return
        router $n '' || return
    done
}
run_in() { # NAME LISTEN TOOL [ARGS]: a server there; sets $url, $pid and $said
    there=$1 listen=$2 tool=$3
    shift 3
    servers=$((servers + 1)) said=$work/.server$servers
    # not in_space, whose shell would be ended in its place
    nsenter --net="/run/netns/$(space "$there")" "$tool" --listen "$listen" "$@" >"$said" 2>"$said.err" &
    pid=$!
    started="$started $pid"
    await_ready "$pid" "$said" || { cat "$said.err"; return 1; }
}
peer_in() { # NAME UPSTREAM: sets $url and $peer
    run_in "$1" 127.0.0.1:0 stretto-rtc --tracker "$tracker" --upstream "$2" || return
    await 'its id' grep -q '^peer ' "$said" && peer=$(sed -n 's/^peer //p' "$said")
    await 'the word of the tracker' in_space "$1" curl -sf -o /dev/null "$url/healthz"
}

network || { skip 'peers behind NATs' 'no network namespaces with veth, bridge and NAT here'; finish; }
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 16 pinknoise pinknoise gain -12
stretto-encode -b 320 song.wav | stretto-chunk -d 2 | stretto-publish --name song store >/dev/null
stretto-fetch --no-cache --store store -o song.ogg song
id=$(cat store/names/song) chunk=songs/$id/320/chunk_1.ogg
run_in inet 198.51.100.1:0 stretto-serve --workers 1 store
origin=$url
run_in inet 198.51.100.1:0 stretto-track --origin "$origin"
tracker=$url
run_in h1 127.0.0.1:0 stretto-serve --workers 1 store
local=$url
peer_in h1 "$local"
a_peer=$peer a=$url
peer_in h2 "$local"
b=$url b_peer=$peer

get() { # HOST URL
    await "an answer of $1" answered "$1" "$2"
    [ "$code" = 200 ] && cmp got "store/$chunk"
}
answered() { code=$(in_space "$1" curl -s -m 60 -o got -w '%{http_code}' "$2"); [ "$code" != 504 ] && [ "$code" != 000 ]; }
ok 'nobody reaches the other directly' exits 28 in_space h2 curl -s -m 2 -o none http://198.51.100.11:8495/
ok 'a chunk comes through two NATs' get h2 "$b/rtc/$a_peer/$chunk"
ok 'the other one asks back' test "$(in_space h1 curl -s -o got -w '%{http_code}' "$a/rtc/$b_peer/songs/x")" != 504

# pages, each in a browser of its own behind a NAT of its own
pages() { in_space "$1" python3 "$root/tests/net/pages.py" "$2" "$page" "$3"; } # HOST SESSION CHECK
browser_in() { # HOST: sets $session
    start_driver nsenter --net="/run/netns/$(space "$1")" || return
    session=$(in_space "$1" python3 "$root/tests/net/pages.py" open "$driver" "$(command -v chromium)" "$work/$1.profile")
}
shared_by() { # ID: the tracker names it as a peer
    in_space inet curl -sf -H 'Content-Type: application/json' -d '{"song_id": "'"$id"'", "rtc": true}' "$tracker/peers" |
        jq -e --arg url "rtc:$1" '.peers[] | select(.url == $url)' >/dev/null
}
with_pages=
if command -v chromedriver >/dev/null && run_in inet 198.51.100.1:0 stretto-serve --workers 1 --browser-peers "$tracker" store; then
    page=$url
    in_space inet curl -sf "$page/" | grep -q "load_core('/web/" && with_pages=yes
fi
if [ "$with_pages" ]; then
    oggdec -Q -b 16 -R -o song.raw song.ogg
    browser_in h1 && first=$session && browser_in h2 && second=$session
    ok 'a page behind a NAT plays' pages h1 "$first" listens
    giver=$(cat page.id)
    ok 'and shares' await 'its name' shared_by "$giver"
    ok 'a page behind another NAT takes most of the song from it' pages h2 "$second" takes
    ok 'kill -9 of a browser: who takes from it goes on with the edge, without a stall' pages h2 "$second" survives
else
    skip 'pages behind NATs' 'no chromedriver, or this build has no core: make web'
fi

# listeners start stretto-rtc themselves
edge=$origin
printf '[{"name": "here", "url": "%s"}]' "$edge" >edges.json
run_in inet 198.51.100.1:0 stretto-track --edges edges.json --origin "$origin" --peers-first
sparing=$url
listen_in() { # HOST CACHE TOOL [ARGS]
    where=$1 cache=$2 tool=$3
    shift 3
    in_space "$where" "$tool" --tracker "$sparing" --allow-local-peers --cache "$cache" "$@"
}
shares() { # sets $sharer: a listener of h1 that goes on to share
    nsenter --net="/run/netns/$(space h1)" stretto-fetch --tracker "$sparing" --allow-local-peers --cache c1 \
        --share forever -o c1.ogg song 2>c1.err &
    sharer=$!
    started="$started $sharer"
    await 'its file' test -s c1.ogg
}
ids() {
    curl_in='{"song_id": "'$id'", "rtc": true}'
    in_space inet curl -sf -H 'Content-Type: application/json' -d "$curl_in" "$sparing/peers" | jq -r '.peers[].url' >ids
    grep -q '^rtc:' ids
}
plays() { # a listener of h2; its events are in events.jsonl
    rm -rf c2 events.jsonl && listen_in h2 c2 stretto-play -q -O null --buffer 5 --events events.jsonl "$@" song
}
bytes_of() { jq -s "[.[] | select(.event == \"chunk\" and .source == \"$1\") | .bytes] | add // 0" events.jsonl; }
smooth() { jq -es 'any(.event == "stall") | not' events.jsonl >/dev/null; }
shares
ok 'a listener whom the tracker cannot reach announces as a WebRTC peer' await 'its name' ids
from_peer() {
    plays && smooth && [ "$(bytes_of peer)" -gt "$(bytes_of edge)" ] || { tail -n 3 events.jsonl; return 1; }
}
ok 'another takes most of the song from it, through both NATs' from_peer
named() { jq -es 'map(select(.event == "chunk" and .source == "peer")) | all(.from | length == 26)' events.jsonl; }
ok 'its events name the peer by its id' named
none() { plays --no-share --unpaced && [ "$(bytes_of peer)" -eq 0 ]; }
ok 'who does not share does not reach it' none
child() { child=$(pgrep -P "$sharer" stretto-rtc); }
child
ok 'it runs beside the listener' test -n "$child"
gives() { [ -s events.jsonl ] && [ "$(bytes_of peer)" -gt 0 ]; }
killed() {
    plays &
    playing=$!
    await 'bytes of the peer' gives && kill -9 "$sharer" && wait $playing && smooth && [ "$(bytes_of edge)" -gt 0 ]
}
ok 'kill -9 of a listener: who takes from it goes on with the edge' killed
wait "$sharer" 2>/dev/null
ok 'and its stretto-rtc has ended' await 'its end' over "$child"

router 1 random
router 2 random
shares
ok 'behind a symmetric NAT it announces, too' await 'its name' ids
edge_alone() { plays && smooth && [ "$(bytes_of peer)" -eq 0 ]; }
ok 'who cannot reach it plays from the edge alone, without a stall' edge_alone
# the best of three: what a busy machine adds is by chance, what a dead peer adds is there each time
best() { for _ in 1 2 3; do "$@" || return; done >took && sort -g took | head -n 1; }
fetched() { # [ARGS]: ms
    rm -rf c3 c3.ogg && listen_in h2 c3 stretto-fetch --json -o c3.ogg "$@" song >c3.json && cmp c3.ogg song.ogg && jq -e .total_ms c3.json
}
begun() { plays --unpaced "$@" && smooth && jq -es 'map(select(.event == "playing"))[0].startup_ms' events.jsonl; } # [ARGS]: ms
not_worse() { # WHAT: with a peer that it cannot reach, and by the edge alone, in this run
    alone=$(best "$1" --no-peers --no-share) && beside=$(best "$1") || return
    echo "$alone ms by the edge alone, $beside ms with the peer"
    [ -n "$alone" ] && [ -n "$beside" ] && awk "BEGIN { exit !($beside <= 1.1 * $alone + 1000) }"
}
ok 'and is heard as soon as with the edge alone' not_worse begun
ok 'who fetches has the song as soon as with the edge alone' not_worse fetched
kill "$sharer"
wait "$sharer" 2>/dev/null

peer_in h1 "$local"
a_peer=$peer
peer_in h2 "$local"
b=$url
if [ "$with_pages" ]; then
    browser_in h1 && first=$session
    ok 'behind a symmetric NAT a page plays, too' pages h1 "$first" listens
    giver=$(cat page.id)
    ok 'and is named' await 'its name' shared_by "$giver"
    ok 'a page that cannot reach it plays from the edge alone, without a stall' pages h2 "$second" alone
fi
ok 'no way through two symmetric NATs is 504' test "$(in_space h2 curl -s -m 60 -o got -w '%{http_code}' "$b/rtc/$a_peer/$chunk")" = 504
finish
