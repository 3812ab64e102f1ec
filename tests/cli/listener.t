#!/bin/sh
# A listener with one server, which fails: it ends soon, with few requests and the reason, or goes on where it can; and what it is told, it obeys at once.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone long.wav 75
stretto-encode -b 96,320 long.wav | stretto-chunk | stretto-publish --name long store >id || exit
id=$(cat id)
stretto-fetch --store store long -o long.ogg

faults() { # DIR: a server with faults; $url, its $pid, and its requests in $log
    servers=$((servers + 1)) log=$work/.faults$servers
    python3 -u "$root/tests/webserver.py" "$1" >"$log" 2>"$log.err" &
    pid=$!
    started="$started $pid"
    while ! url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$log") || [ -z "$url" ]; do
        kill -0 "$pid" 2>/dev/null || { cat "$log.err"; return 1; }
        sleep 0.05
    done
}
faults store || exit
edge=$url
play() { rm -rf cache events.jsonl && timeout 60 stretto-play -O null --events events.jsonl "$@"; }
fetch() { rm -rf cache && timeout 60 stretto-fetch -o got.ogg "$@"; }
events() { jq -c "select(.event == \"$1\")" events.jsonl; }
asked() { grep -c '^GET' "$log"; }
# it ends with STATUS, says WHY, and has made at most MOST requests
ends() { # STATUS WHY MOST COMMAND...
    wanted=$1 why=$2 most=$3 before=$(asked)
    shift 3
    exits "$wanted" "$@" >out 2>err || { cat out err; return 1; }
    made=$(($(asked) - before))
    grep -qi -- "$why" err && test "$made" -le "$most" || { echo "made $made requests"; cat err; return 1; }
}

# ---- wrong bytes at the only server
for how in flip1 flip; do
    ok "$how, fetch: 65 after a few requests" ends 65 'its bytes are not what their hash says' 16 fetch --edge "$edge/break/$how" "$id"
    ok "$how, play: 65 after a few requests" ends 65 'cannot get\|damaged' 16 play --unpaced --edge "$edge/break/$how" "$id"
done
heard() { test "$(events end | jq .heard_ms)" -ge "$1" && test "$(events end | jq -r .why)" = failed; }
slowly() { ends 65 'cannot get\|damaged' 16 play --abr 320 --edge "$edge/break/flip1" "$id" && heard 10000; }
ok 'what was right is heard before it ends' slowly
forged() { cp -r store forged && python3 "$root/tests/forge.py" "forged/songs/$id/320/chunk_2.ogg" && faults forged; }
ok '(a store where only a hash tells)' forged
ok 'only its hash is wrong, fetch: 65' ends 65 'its bytes are not what their hash says' 16 fetch --edge "$url" "$id"
ok 'only its hash is wrong, play: 65' ends 65 'its bytes are not what their hash says' 24 play --unpaced --abr 320 --edge "$url" "$id"
contradiction() { cp -r store other && liar=$(python3 "$root/tests/contradict.py" other "$id" 1) && faults other; }
ok '(a song whose manifest contradicts its index)' contradiction
ok 'a contradiction, fetch: 65 after a few requests' ends 65 'contradicts\|hash' 16 fetch --edge "$url" "$liar"
ok 'a contradiction, play: 65 after a few requests' ends 65 'hash' 24 play --unpaced --edge "$url" "$liar"
kept_wrong() { find cache -name 'chunk_*' | while read -r file; do cmp "$file" "store/songs/$id/${file#cache/songs/*/}" || return; done && test ! -e got.ogg; }
ok 'and nothing wrong is kept' kept_wrong

finish
