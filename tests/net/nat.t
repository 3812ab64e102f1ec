#!/bin/sh
# stretto-rtc through two NATs: each peer has a private address behind a router that drops what nobody asked for. The tracker, with its
# STUN responder, is outside. Where each connection gets a random port (symmetric NAT) there is no way, and that is told soon.
. ./tests/net/lib.sh
command -v stretto-rtc >/dev/null || { skip 'peers behind NATs' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'; finish; }
command -v nft >/dev/null || { skip 'peers behind NATs' 'there is no nft'; finish; }
spaces='inet r1 r2 h1 h2'
space() { echo "$prefix-$1"; }
in_space() { # NAME COMMAND...
    where=/run/netns/$(space "$1")
    shift
    nsenter --net="$where" "$@"
}
nat_cleanup() {
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
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 24 pinknoise pinknoise gain -12
stretto-encode -b 320 song.wav | stretto-chunk | stretto-publish --name song store >/dev/null
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

router 1 random
router 2 random
peer_in h1 "$local"
a_peer=$peer
peer_in h2 "$local"
b=$url
ok 'no way through two symmetric NATs is 504' test "$(in_space h2 curl -s -m 60 -o got -w '%{http_code}' "$b/rtc/$a_peer/$chunk")" = 504
finish
