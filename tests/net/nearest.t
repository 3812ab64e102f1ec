#!/bin/sh
# Near edges and near peers first, wherever one is; a sick edge leaves the list and returns.
. ./tests/net/lib.sh
one_song || exit
lay_swarm 12 100000 100000 100000 && start_swarm || exit
edges() { on t curl -s -m 5 "$tracker/edges?location=$1" | jq -r '[.edges[].name] | join(" ")'; }
listed() { # PLACE NAMES: within 20 s the edges there are these
    for _ in $(seq 100); do
        [ "$(edges "$1")" = "$2" ] && return
        sleep 0.2
    done
    edges "$1"
    return 1
}
# five places: three with an edge, Nairobi, Sydney
first_edge() { [ "$(edges "$1" | cut -d' ' -f1)" = "$2" ] || { edges "$1"; return 1; }; }
from_edge() { # LISTENER PLACE EDGE: all its chunks come from there
    rm -rf one.cache one.ogg
    on "p$1" stretto-fetch --tracker "$tracker" -b 320 song -o one.ogg --cache one.cache --no-share --no-peers -v \
        --location "$2" 2>one.err &&
        cmp one.ogg song.ogg &&
        [ "$(grep -o 'edge e[0-9]' one.err | sort -u)" = "edge $3" ] || { cat one.err; return 1; }
}
berlin=52.5,13.4 york=40.7,-74.0 tokyo=35.7,139.7 nairobi=-1.3,36.8 sydney=-33.9,151.2
ok 'the tracker lists all three edges as healthy' listed $berlin 'e1 e2 e3'
while read -r place at edge; do
    ok "from $place the nearest edge is $edge" first_edge "$at" "$edge"
    ok "and all comes from it" from_edge 1 "$at" "$edge"
done <<PLACES
Berlin $berlin e1
New_York $york e2
Tokyo $tokyo e3
Nairobi $nairobi e1
Sydney $sydney e3
PLACES

# four peers in each of the three cities, who have the song
for n in $(seq 12); do
    mkdir -p "$n.cache/songs" && cp -r "$store/songs/$id" "$n.cache/songs/"
    listen "$n"
done
# shellcheck disable=SC2046
all_heard 30 $(seq 12)
near_peers() { # HOST PLACE: once all are known, most of the first three are others of the city
    for _ in $(seq 100); do
        on "$1" curl -s -m 5 "$tracker/songs/song?manifest=0&location=$2" >answer
        [ "$(jq '.peers | length' answer)" -ge 11 ] && break # nobody is told of itself
        sleep 0.1
    done
    jq -r '.peers[].km' answer
    [ "$(jq '.peers | length' answer)" -ge 11 ] &&
        [ "$(jq '[.peers[:3][] | select(.km < 100)] | length' answer)" -ge 2 ]
}
ok 'a listener in Berlin gets the nearest peers first' near_peers p1 $berlin
ok 'a listener in New York gets the nearest peers first' near_peers p2 $york
ok 'a listener in Tokyo gets the nearest peers first' near_peers p3 $tokyo

change e1 11 0 0 5 0
ok 'an edge that fails leaves the list' listed $berlin 'e2 e3'
ok 'the next nearest edge takes its place' from_edge 1 $berlin e2
change e1 11 100000 100000 5 0
ok 'the edge returns to the list when it works again' listed $berlin 'e1 e2 e3'
finish
