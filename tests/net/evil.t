#!/bin/sh
# Peers that mean harm, servers that go away: every song arrives all the same, and not one wrong byte is written or kept.
. ./tests/net/lib.sh
one_song || exit
has_chunks() { [ "$(find "$1.cache" -name 'chunk_*' 2>/dev/null | wc -l)" -ge "$2" ]; }
ready() { # N: as many peers are listed
    for _ in $(seq 300); do
        on t curl -s -m 5 "$tracker/songs/song?manifest=0" >listed
        [ "$(jq '.peers | length' listed)" -ge "$1" ] && return
        sleep 0.1
    done
    cat listed
    return 1
}
# honest N...: listeners who have the song
honest() {
    for n in "$@"; do
        mkdir -p "$n.cache/songs"
        cp -r "$store/songs/$id" "$n.cache/songs/"
        listen "$n"
    done
    all_heard 30 "$@"
}
evil() { # HOST KIND...: peers there
    host=$1
    shift
    spawn "$host" python3 "$root/tests/net/evil.py" "$tracker" "$(address "$host")" "$id" "$chunks" "$@" \
        >"$host.evil" 2>&1
}
kept_right() { # N...: of every chunk that is kept, each byte is the store's
    for n in "$@"; do
        for file in "$n.cache/songs/$id"/320/chunk_*.ogg; do
            cmp "$file" "$chunks/${file##*/}" || return 1
        done
        [ "$(find "$n.cache/songs/$id/320" -name 'chunk_*' | wc -l)" -eq \
            "$(find "$chunks" -name 'chunk_*' | wc -l)" ] ||
            return 1
    done
}
is() { [ "$(jq "$2" "$1.json")" = true ] || { cat "$1.json" "$1.err"; return 1; }; }
asked() { cat p*.evil | grep -q "^$1 asked"; }
not_asked_twice() { [ "$(cat p*.evil | grep -c "^$1 asked")" -le "$2" ]; }
swarm() { # HONEST KINDS
    lay_swarm 12 5000 10000 5000 && start_swarm || exit
    rm -rf ./*.cache ./*.json ./p*.evil
    : >p11.evil
    # shellcheck disable=SC2046,SC2086
    {
        [ "$1" -eq 0 ] || honest $(seq "$1")
        [ -z "$2" ] || evil p10 $2
        [ -z "$3" ] || evil p11 $3
        [ -z "$4" ] || evil p12 $4
    }
    ready $(($1 + $(echo "$2 $3 $4" | wc -w)))
}

swarm 8 '' '' ''
listen 9 && all_heard 60 9
ok '0 % evil peers: the song is right' all_right 9
ok '0 % evil peers: all kept chunks are right' kept_right 9
ok '0 % evil peers: most bytes came from peers, and no peer was banned' is 9 '.bytes.peer > .bytes.edge and .bans == 0'
end_all

swarm 6 wrong slow ''
listen 9 && all_heard 60 9
ok '25 % evil peers: the song is right' all_right 9
ok '25 % evil peers: all kept chunks are right' kept_right 9
ok '25 % evil peers: most bytes came from peers' is 9 '.bytes.peer > .bytes.edge'
end_all

swarm 4 'wrong vanish' 'half' 'long'
listen 9 && all_heard 60 9
ok '50 % evil peers: the song is right' all_right 9
ok '50 % evil peers: all kept chunks are right' kept_right 9
ok '50 % evil peers: each peer that gave wrong bytes is banned and counted' is 9 '.bans >= 1'
end_all

swarm 0 'wrong long shift astray' 'half slow refuse' 'vanish lie busy'
listen 9 && all_heard 60 9
ok '100 % evil peers: the song is right' all_right 9
ok '100 % evil peers: all kept chunks are right' kept_right 9
ok '100 % evil peers: the edge gave what no honest peer could' is 9 '.bytes.edge > .bytes.peer'
ok 'two peers gave wrong bytes: two bans' is 9 '.bans == 2'
for kind in wrong long half slow refuse vanish lie; do
    ok "the one who does $kind was asked" asked $kind
done
ok 'a peer that gave a wrong byte is not asked again' not_asked_twice wrong 2
end_all

# Servers that go away while four listen. The edges have the song already: what nobody has, nobody can give.
without() { # SERVER
    lay_swarm 6 5000 10000 && start_swarm || exit
    rm -rf ./*.cache ./*.json
    for e in 1 2 3; do
        eval "on e$e curl -s -o warm \"\$edge$e/stream/song?kbps=320\""
    done
    honest 5
    ready 1
    for n in 1 2 3 4; do listen "$n"; done
    await 'three chunks in the cache of 4' has_chunks 4 3 || return
    test ! -s 4.json || return
    eval "kill -9 \$$1_pid"
    all_heard 120 1 2 3 4
    ok "the $1 is killed meanwhile: all finish" all_right 1 2 3 4
    ok 'all kept chunks are right' kept_right 1 2 3 4
    end_all
}
without tracker
without edge1
without origin
finish
