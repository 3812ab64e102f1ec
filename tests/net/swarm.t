#!/bin/sh
# Listeners pass songs on: in a crowd that comes at once, and one by one, most bytes come from peers and every file is right.
. ./tests/net/lib.sh
one_song || exit
all=$(seq 20)
share() { # LEAST-PERCENT: of all bytes came from peers
    # shellcheck disable=SC2086
    jq -n --argjson peer "$(sum .bytes.peer $all)" --argjson edge "$(sum .bytes.edge $all)" --argjson least "$1" \
        '100 * $peer / ($peer + $edge) | ., . >= $least' | tee share
    grep -q true share
}
# nothing but the servers' own links can carry what came from edges: the emulator agrees with what listeners say
agrees() {
    passed |
        awk '$1 ~ /^e/ && $2 ~ /^p/ { edge += $3 } $1 ~ /^p/ && $2 ~ /^p/ { peer += $3 } END { print peer, edge; exit !(peer > 4 * edge) }'
}
crowd() { # SECONDS between two
    lay_swarm 20 && start_swarm || exit
    rm -rf ./*.cache ./*.json
    for n in $all; do
        listen "$n"
        sleep "$1"
    done
    # shellcheck disable=SC2086
    all_heard 180 $all
}

# shellcheck disable=SC2086
{
    crowd 0.45
    ok '20 listeners within 10 s: all files are right' all_right $all
    ok '20 listeners within 10 s: at least 80 % of the bytes came from peers' share 80
    ok 'the emulator counted the same share' agrees
    end_all

    crowd 4
    ok 'a listener every 4 s: all files are right' all_right $all
    ok 'a listener every 4 s: at least 85 % of the bytes came from peers' share 85
    end_all
}
finish
