# For tests/net/*.t, which begin with `. ./tests/net/lib.sh` at the project's root: hosts in network namespaces, joined by
# tests/net/emulator.cpp. Beside what tests/lib.sh has:
#
#   lay <<HOSTS               lines NAME N UP_KBPS DOWN_KBPS DELAY_MS LOSS_PERMILLE [QUEUE_MS]: host NAME at 198.51.100.N
#   change NAME N UP...       the host's line anew; rates of 0: nothing passes
#   address NAME              198.51.100.N
#   on NAME COMMAND...        run it in the host
#   spawn NAME COMMAND...     the same in the background; sets $pid
#   start_on NAME TOOL [ARGS] a server of ours in the host, on a free port; sets $url, $pid and $said as start does
#   passed                    lines FROM TO BYTES: what arrived since the network was laid
#   unlay                     the network goes; finish does it too
#   one_song                  a store with a song of 210 s that needs 318 kbit/s at 320, in $store, its id in $id and its chunks in $chunks
#
# Without root, /dev/net/tun or the emulator, one skipped test says so.
# shellcheck shell=sh disable=SC2034
. ./tests/lib.sh
emulator=${EMULATOR:-$root/build/net/emulator}
prefix=stretto$$ laid=

net_cleanup() {
    unlay
    cleanup
}
trap net_cleanup EXIT

for need in "test $(id -u) -eq 0" 'test -c /dev/net/tun' 'command -v ip' 'command -v nsenter' "test -x $emulator"; do
    $need >/dev/null 2>&1 && continue
    skip 'hosts in network namespaces' "this fails: $need"
    finish
done

# names hold the process that made them: what a killed test left goes
for left in /run/netns/stretto[0-9]*-*; do
    owner=${left#/run/netns/stretto}
    owner=${owner%%-*}
    [ -e "$left" ] && ! kill -0 "$owner" 2>/dev/null && ip netns del "${left#/run/netns/}"
done

lay() {
    unlay
    sed -E 's/^([^ ]+) +([0-9]+)/\1 198.51.100.\2/' >"$work/.hosts"
    laid=$(cut -d' ' -f1 "$work/.hosts")
    for host in $laid; do ip netns add "$prefix-$host" || return; done
    rm -f "$work/.commands"
    mkfifo "$work/.commands"
    : >"$work/.network"
    "$emulator" "$prefix" "$work/.hosts" "${SEED:-1}" <"$work/.commands" >"$work/.network" 2>&1 &
    network=$!
    exec 9>"$work/.commands" # kept open: the emulator ends with this shell
    while ! grep -q ready "$work/.network"; do
        kill -0 "$network" 2>/dev/null || { cat "$work/.network" >&2; return 1; }
        sleep 0.02
    done
}

unlay() {
    [ -n "$laid" ] || return 0
    exec 9>&-
    kill "$network" 2>/dev/null
    wait "$network" 2>/dev/null
    for host in $laid; do ip netns del "$prefix-$host" 2>/dev/null; done
    laid=
}

change() {
    name=$1 number=$2
    shift 2
    echo "$name 198.51.100.$number $*" >&9
}

address() { sed -n "s/^$1 \([^ ]*\) .*/\1/p" "$work/.hosts"; }

on() {
    space=/run/netns/$prefix-$1
    shift
    nsenter --net="$space" "$@" 9>&-
}

spawn() {
    space=/run/netns/$prefix-$1
    shift
    nsenter --net="$space" "$@" 9>&- &
    pid=$!
    started="$started $pid"
}

start_on() {
    host=$1 tool=$2
    shift 2
    servers=$((servers + 1)) said=$work/.server$servers
    spawn "$host" "$tool" --listen "$(address "$host"):0" "$@" >"$said" 2>"$said.err"
    while ! url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$said" | head -n 1) || [ -z "$url" ]; do
        kill -0 "$pid" 2>/dev/null || { cat "$said.err" >&2; return 1; }
        sleep 0.02
    done
}

passed() {
    before=$(grep -c '^\.$' "$work/.network")
    echo bytes >&9
    while [ "$(grep -c '^\.$' "$work/.network")" -eq "$before" ]; do sleep 0.02; done
    awk '/^\.$/ { last = lines; lines = ""; next } { lines = lines $0 "\n" } END { printf "%s", last }' "$work/.network"
}

one_song() {
    store=$root/build/net/store
    if [ ! -d "$store" ]; then
        mkdir -p "$root/build/net" && making=$(mktemp -d "$root/build/net/making-XXXXXX") || return
        # left and right have nothing in common, so that the encoder finds little to save
        sox -R -n -r 44100 -c 2 -b 16 "$making/song.wav" synth 210 pinknoise pinknoise gain -12 &&
            stretto-encode "$making/song.wav" | stretto-chunk | stretto-publish --name song "$making/store" >/dev/null || return
        # another test may have been faster
        mv -T "$making/store" "$store" 2>/dev/null
        rm -rf "$making"
    fi
    id=$(cat "$store/names/song") chunks=$store/songs/$id/320
    stretto-fetch --store "$store" song -o "$work/song.ogg"
}
