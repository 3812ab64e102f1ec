# For tests/net/*.t, which begin with `. ./tests/net/lib.sh` at the project's root: hosts in network namespaces, joined by
# tests/net/emulator.cpp. Beside what tests/lib.sh and tests/net/hosts.sh have:
#
#   start_on NAME TOOL [ARGS] a server of ours in the host, on a free port; sets $url, $pid and $said as start does
#   one_song                  a store with a song of 210 s that needs 318 kbit/s at 320, in $store, its id in $id and its chunks in $chunks
#
# Without root, /dev/net/tun or the emulator, one skipped test says so.
# shellcheck shell=sh disable=SC2034,SC2154
. ./tests/lib.sh
emulator=${EMULATOR:-$root/build/net/emulator}
. "$root/tests/net/hosts.sh"

net_cleanup() {
    unlay
    cleanup
}
trap net_cleanup EXIT

if need=$(net_lacks); then
    skip 'hosts in network namespaces' "this fails: $need"
    finish
fi

start_on() {
    host=$1 tool=$2
    shift 2
    servers=$((servers + 1)) said=$work/.server$servers
    spawn "$host" "$tool" --listen "$(address "$host"):0" "$@" >"$said" 2>"$said.err"
    await_ready "$pid" "$said" || { cat "$said.err" >&2; return 1; }
}

one_song() {
    store=$root/build/net/store
    if [ ! -d "$store" ]; then
        mkdir -p "$root/build/net" && making=$(mktemp -d "$root/build/net/making-XXXXXX") || return
        # left and right have nothing in common, so that the encoder finds little to save
        sox -R -n -r 44100 -c 2 -b 16 "$making/song.wav" synth 210 pinknoise pinknoise gain -12 &&
            stretto-encode "$making/song.wav" |
            stretto-chunk |
                stretto-publish --name song "$making/store" >/dev/null ||
            return
        # another test may have been faster
        mv -T "$making/store" "$store" 2>/dev/null
        rm -rf "$making"
    fi
    id=$(cat "$store/names/song") chunks=$store/songs/$id/320
    stretto-fetch --store "$store" song -o "$work/song.ogg"
}

# A swarm: tracker t, origin o, edges e1 e2 e3 in Berlin, New York and Tokyo, listeners p1 to pN near one of them each.
#
#   lay_swarm N [UP DOWN EDGE_UP]   kbit/s: 5000 of a listener, 10000 of it, 4000 of an edge
#   start_swarm                     the servers; sets $tracker, $origin, $edge1 ... and $tracker_pid, $origin_pid, $edge1_pid ...
#   place N                         where listener N is
#   listen N [ARGS]                 stretto-fetch of the song in pN, into N.ogg, cache N.cache, what it says into N.json and N.err
#   all_heard SECONDS N...          wait until these have their song, or have failed
#   all_right N...                  every file is the store's, and every listener ended with 0
#   sum FIELD N...                  of their lines of JSON: a jq expression, as .bytes.peer
place() {
    case $(($1 % 3)) in
        1) echo 52.5,13.4 ;;
        2) echo 40.7,-74.0 ;;
        0) echo 35.7,139.7 ;;
    esac
}

net() { # each city is a network of its own
    case $(($1 % 3)) in
        1) echo 198.51.100 ;;
        2) echo 203.0.113 ;;
        0) echo 192.0.2 ;;
    esac
}

lay_swarm() {
    {
        echo 't 1 100000 100000 10 0'
        echo 'o 2 100000 100000 10 0'
        for e in 1 2 3; do echo "e$e 1$e ${4:-4000} 100000 5 0"; done
        for n in $(seq "$1"); do echo "p$n $(net "$n").$((100 + n)) ${2:-5000} ${3:-10000} $((5 + n % 4 * 5)) 0"; done
    } >"$work/.lines"
    lay <"$work/.lines" # not in a pipe, whose shell would keep what it sets
}

start_swarm() {
    start_on o stretto-serve --workers 1 "$store" || return
    origin=$url origin_pid=$pid
    for e in 1 2 3; do
        start_on "e$e" stretto-serve --workers 1 --name "e$e" --access-log "$work/e$e.log" "$origin" || return
        eval "edge$e=$url edge${e}_pid=$pid"
    done
    jq -n '[$ARGS.positional | _nwise(3) | {name: .[0], url: .[1], location: .[2]}]' --args \
        e1 "$edge1" "$(place 1)" e2 "$edge2" "$(place 2)" e3 "$edge3" "$(place 3)" >"$work/edges.json"
    start_on t "${TRACKER:-stretto-track}" --edges "$work/edges.json" --origin "$origin" || return
    tracker=$url tracker_pid=$pid
}

listen() {
    n=$1
    shift
    spawn "p$n" stretto-fetch --tracker "$tracker" -b 320 song -o "$n.ogg" --cache "$n.cache" --location \
        "$(place "$n")" --json \
        --share forever "$@" >"$n.json" 2>"$n.err"
    echo "$pid" >"$n.pid"
}

all_heard() {
    until=$(($(date +%s) + $1))
    shift
    for n in "$@"; do
        while [ ! -s "$n.json" ] && [ "$(date +%s)" -lt "$until" ]; do sleep 0.1; done
    done
}

all_right() {
    for n in "$@"; do
        cmp "$n.ogg" song.ogg && jq -e '.exit == 0' "$n.json" >/dev/null || { cat "$n.err"; return 1; }
    done
}

sum() {
    field=$1
    shift
    for n in "$@"; do cat "$n.json"; done | jq -s "map($field) | add"
}
