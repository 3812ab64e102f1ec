# Hosts in network namespaces, joined by tests/net/emulator.cpp; for tests/net/lib.sh and examples/demo.sh. The caller sets
# $emulator, and $work, a folder of its own; it calls end_all and unlay before it ends.
#
#   net_lacks                 names what is missing here for all this, as in "needs root"; fails when nothing is
#   lay <<HOSTS               lines NAME N UP_KBPS DOWN_KBPS DELAY_MS LOSS_PERMILLE [QUEUE_MS]: host NAME at 198.51.100.N, or at
#                             N if that is a whole address, of 192.0.2.0/24 or 203.0.113.0/24
#   change NAME N UP...       the host's line anew; rates of 0: nothing passes
#   address NAME              where the host is
#   on NAME COMMAND...        run it in the host
#   spawn NAME COMMAND...     the same in the background; sets $pid
#   end_all                   ends all that was started or spawned
#   passed                    lines FROM TO BYTES: what arrived since the network was laid
#   unlay                     the network goes
# shellcheck shell=sh disable=SC2034,SC2154
prefix=stretto$$ laid='' started=''

net_lacks() {
    if [ "$(id -u)" -ne 0 ]; then
        echo root
    elif [ ! -c /dev/net/tun ]; then
        echo 'the device /dev/net/tun'
    elif ! command -v ip >/dev/null; then
        echo 'ip, of the package iproute2'
    elif ! command -v nsenter >/dev/null; then
        echo 'nsenter, of the package util-linux'
    elif [ ! -x "$emulator" ]; then
        echo 'the network emulator, which make builds'
    else
        return 1
    fi
}

# names hold the process that made them: what a killed run left goes
sweep() {
    for left in /run/netns/stretto[0-9]*-*; do
        owner=${left#/run/netns/stretto}
        owner=${owner%%-*}
        [ ! -e "$left" ] || kill -0 "$owner" 2>/dev/null || ip netns del "${left#/run/netns/}" || :
    done
}

lay() {
    unlay
    sweep
    sed -E 's/^([^ ]+) +([0-9]+) /\1 198.51.100.\2 /' >"$work/.hosts"
    laid=$(cut -d' ' -f1 "$work/.hosts")
    for host in $laid; do ip netns add "$prefix-$host" || return; done
    rm -f "$work/.commands"
    mkfifo "$work/.commands"
    : >"$work/.network"
    "$emulator" "$prefix" "$work/.hosts" "${SEED:-1}" <"$work/.commands" >"$work/.network" 2>&1 &
    network=$!
    exec 9>"$work/.commands" # kept open: the emulator ends with this shell
    tries=0
    until grep -q ready "$work/.network"; do
        kill -0 "$network" 2>/dev/null && [ $((tries += 1)) -lt 3000 ] ||
            { echo 'waited for the emulator' | cat - "$work/.network" >&2; return 1; }
        sleep 0.02
    done
}

unlay() {
    [ -n "$laid" ] || return 0
    exec 9>&-
    kill "$network" 2>/dev/null || :
    wait "$network" 2>/dev/null || :
    for host in $laid; do ip netns del "$prefix-$host" 2>/dev/null || :; done
    laid=
}

change() {
    name=$1
    shift 2
    echo "$name $(address "$name") $*" >&9
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

end_all() {
    for pid in $started; do kill "$pid" 2>/dev/null || :; done
    for pid in $started; do wait "$pid" 2>/dev/null || :; done
    started=
}

passed() {
    before=$(grep -c '^\.$' "$work/.network")
    echo bytes >&9
    tries=0
    while [ "$(grep -c '^\.$' "$work/.network")" -eq "$before" ]; do
        [ $((tries += 1)) -lt 3000 ] || { echo 'waited for the counts of the emulator' >&2; return 1; }
        sleep 0.02
    done
    awk '/^\.$/ { last = lines; lines = ""; next } { lines = lines $0 "\n" } END { printf "%s", last }' "$work/.network"
}
