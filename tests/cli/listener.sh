# For listener*.t: a published song of 75 s, an edge that fails as its URLs say, and what a listener asked for.
# shellcheck shell=sh disable=SC2034
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone long.wav 75
stretto-encode -b 96,320 long.wav | stretto-chunk | stretto-publish --name long store >id || exit
id=$(cat id)
stretto-fetch --store store long -o long.ogg

faults() { # DIR [ADDRESS PORT KIND]: a server with faults; $url, its $pid, and its requests in $log
    servers=$((servers + 1)) log=$work/.faults$servers
    python3 -u "$root/tests/tools/webserver.py" "$@" >"$log" 2>"$log.err" &
    pid=$!
    started="$started $pid"
    await_ready "$pid" "$log" || { cat "$log.err"; return 1; }
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
