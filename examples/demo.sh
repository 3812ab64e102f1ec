#!/bin/sh
# The whole system in two minutes. The demo encodes, cuts and publishes music. An origin, two edges in two places and a tracker
# serve it. Eight listeners play it at the same time, each over its own link if this machine allows that. The edge nearest to
# most of them is killed. At the end there is a report. The demo leaves demo/: the store, the events, report.html.
#
#   SONGS=dir   up to three songs of your own music; SONG=file: one song; by default Debian's asc-music, in MUSIC
#   CUT=s       seconds of each song, 36 by default, so that the demo takes two minutes; 0: the whole song
#   TLS=1       servers speak TLS, each with a certificate of its own; demo/trusted.pem has these certificates
#   KEEP=1      leave the servers running at the end, and print their addresses
#   OUT=dir     output directory instead of demo
set -eu
. "$(dirname "$0")/await.sh"
cut=${CUT-36} out=${OUT-demo}
here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-demo-XXXXXX")
# shellcheck disable=SC2034 # hosts.sh wants it
emulator=${EMULATOR:-build/net/emulator}
started=
finish() {
    end_all
    unlay
    rm -rf "$work"
}
if [ -r "$here/../tests/net/hosts.sh" ]; then
    . "$here/../tests/net/hosts.sh"
else # an installed copy
    net_lacks() { echo 'the emulator'; }
    unlay() { :; }
    end_all() { for pid in $started; do kill "$pid" 2>/dev/null || :; done; }
fi
trap finish EXIT
trap 'exit 130' INT TERM HUP

began=$(date +%s)
seconds() { echo $(($(date +%s) - $1)); }
size() { wc -c <"$1" | awk '{printf "%.1f MB", $1 / 1e6}'; }
columns=$(stty size 2>/dev/null </dev/tty | cut -d' ' -f2)
[ "${columns:-0}" -gt 40 ] || columns=80
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m') tty=1; else bold='' plain='' tty=; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '   %-12s %s\n' "$1" "$2"; }
fail() { echo "demo: $*" >&2; exit 1; }

# --- 1  music into a store

[ -n "${SONG-}" ] || find "${SONGS:-${MUSIC:-build/music}}" -type f \( -iname '*.mp3' -o -iname '*.flac' -o -iname '*.ogg' \
    -o -iname '*.opus' -o -iname '*.m4a' -o -iname '*.wav' \) 2>/dev/null | sort | head -n 3 >"$work/files"
[ -z "${SONG-}" ] || printf '%s\n' "$SONG" >"$work/files"
[ -s "$work/files" ] && [ -r "$(head -n 1 "$work/files")" ] || { echo 'demo: no music: set SONGS=dir or SONG=file' >&2; exit 66; }
rm -rf "$out/store" "$out/events" "$out/report.html"
mkdir -p "$out/events"
scheme=http
if [ -n "${TLS-}" ]; then
    scheme=https
    # all programs check certificates against those in this file
    SSL_CERT_FILE=$(cd "$out" && pwd)/trusted.pem
    export SSL_CERT_FILE CURL_CA_BUNDLE="$SSL_CERT_FILE"
    : >"$SSL_CERT_FILE"
fi
store=$out/store names=

# FILE PART: a part of a song, not its start, which is often quiet
part() {
    from=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" | awk -v cut="$cut" '{print ($1 > cut + 30) ? 30 : 0}')
    if [ "$cut" = 0 ]; then cp "$1" "$2"; else ffmpeg -v error -y -ss "$from" -t "$cut" -i "$1" -map 0:a:0 -f flac "$2" </dev/null; fi
}
step '1  stretto-encode | stretto-chunk | stretto-publish'
while IFS= read -r file; do
    name=$(basename "$file" | sed 's/\.[^.]*$//' | tr 'A-Z_ ' 'a-z--' | tr -cd 'a-z0-9-' | sed 's/^-*//' | cut -c 1-40)
    [ -n "$name" ] || name=song
    [ ! -e "$store/names/$name" ] || name=$name-$(find "$store/names" -type f | wc -l)
    part "$file" "$work/part"
    stretto-encode --stats "$work/stats" "$work/part" >"$work/$name.ogg"
    stretto-chunk <"$work/$name.ogg" | stretto-publish --name "$name" "$store" >"$work/id"
    names="$names $name"
    # a song may stay below -14 LUFS: the gain ends where its true peak would exceed -1 dBTP
    jq -r --arg name "$name" --arg id "$(cut -c 1-8 "$work/id")" '"   \($name): \(.seconds | floor) s, id \($id)...",
        "      \(.source_lufs) -> \(.lufs) LUFS\(if .limited_by == "true_peak" then " (limited by true peak)" else "" end)",
        "      \([.renditions[] | "\(.kbps)"] | join(", ")) kbit/s, at \(.seconds / .elapsed_seconds | floor) x real time"' "$work/stats"
done <"$work/files"
# shellcheck disable=SC2086 # names have no spaces
set -- $names
a=$1 b=${2-$1} c=${3-$1}
n=0
for kbps in 45 96 160 320; do
    stretto-fetch --store "$store" -b $kbps "$a" -o "$work/back.ogg"
    oggz-validate "$work/back.ogg" >/dev/null || fail "oggz-validate complains of $a at $kbps"
    ! ogginfo "$work/back.ogg" | grep -qi warn || fail "ogginfo warns of $a at $kbps"
    [ "$(ffmpeg -v error -i "$work/$a.ogg" -map 0:a:$n -f md5 -)" = "$(ffmpeg -v error -i "$work/back.ogg" -f md5 -)" ] ||
        fail "$a at $kbps: chunks joined again decode differently"
    n=$((n + 1))
done
say 'ffmpeg' 'joined chunks decode bit for bit like the stream before cutting'
say 'oggz, ogginfo' 'no complaints'
stretto-publish --verify "$store"
say 'store' "$(find "$store" -name 'chunk_*' | wc -l) chunks; every hash matches its song's id"

# --- 2  servers

# Europe's and America's: the place, and kbit/s up, down, ms one way
hosts='origin 2 100000 100000 10 0
tracker 3 100000 100000 15 0
eu-west 10 20000 100000 5 0
us-east 11 20000 100000 5 0
anna 101 10000 20000 8 0
ben 203.0.113.102 5000 10000 12 0
chloe 192.0.2.103 5000 10000 15 0
dana 104 2000 4000 20 1
emil 203.0.113.105 10000 50000 10 0
frida 192.0.2.106 5000 10000 20 0
gita 107 1000 2000 30 2
hugo 203.0.113.108 500 1200 35 2
you 192.0.2.109 5000 20000 10 0'
places='anna 52.5,13.4 wifi
ben 48.9,2.4 wifi
chloe 51.5,-0.1 wifi
dana 50.1,14.4 wifi
emil 40.7,-74.0 wifi
frida 42.4,-71.1 wifi
gita 43.7,-79.4 4g
hugo 38.7,-9.1 4g
you 52.5,13.4 wifi'

if lacks=$(net_lacks); then
    links="all on this machine; links of their own need $lacks"
    local_peers=--allow-local-peers
    address() { echo 127.0.0.1; }
    on() { shift; "$@"; }
    spawn() {
        shift
        "$@" &
        pid=$!
        started="$started $pid"
    }
else
    links='each in a network namespace with its own delay, rate and loss'
    local_peers=
    echo "$hosts" >"$work/lines"
    lay <"$work/lines"
fi
serve() { # HOST TOOL [ARGS]: sets $url and $pid
    host=$1 tool=$2
    shift 2
    spawn "$host" "$tool" --listen "$(address "$host"):0" ${TLS:+--tls-self-signed "$work/$host.pem"} "$@" >"$work/$host.said" 2>>"$work/log"
    await "the ready line of $host" "$pid" ready "$work/$host.said" || { cat "$work/log" >&2; exit 69; }
    url=$(sed -n "s/^listening on /$scheme:\/\//p" "$work/$host.said" | head -n 1)
    [ -z "${TLS-}" ] || cat "$work/$host.pem" >>"$SSL_CERT_FILE"
    say "$host" "$url   $tool"
}
step "2  Servers, $links"
serve origin stretto-serve "$store"
origin=$url
serve eu-west stretto-serve "$origin" --name eu-west --cache "$work/eu-west"
west=$url west_pid=$pid
serve us-east stretto-serve "$origin" --name us-east --cache "$work/us-east"
jq -n --arg west "$west" --arg east "$url" '[{name: "eu-west", url: $west, location: "50.1,8.7"}, {name: "us-east", url: $east, location: "39.0,-77.5"}]' >"$out/edges.json"
serve tracker stretto-track --edges "$out/edges.json" --origin "$origin" --interval 10
tracker=$url

# --- 3  listeners

# listen WHO OUTPUT SONG...: listener WHO plays songs, uploads chunks, and writes events
listen() {
    who=$1 output=$2
    shift 2
    place=$(echo "$places" | sed -n "s/^$who \([^ ]*\) .*/\1/p") network=$(echo "$places" | sed -n "s/^$who [^ ]* //p")
    # shellcheck disable=SC2086 # an option or none
    spawn "$who" stretto-play --quiet --tracker "$tracker" --location "$place" --network "$network" --output "$output" --listener "$who" \
        --cache "$work/cache-$who" --events "$out/events/$who.jsonl" $local_peers "$@" </dev/null >>"$work/log" 2>&1
    listeners="$listeners $pid"
}
now() { # the sums of all events so far, on one line
    cat "$out"/events/*.jsonl 2>/dev/null | jq -Rnr --arg clock "$(seconds "$play_began")" '
        def mb: . / 1e5 | round / 10;
        reduce (inputs | fromjson? // empty) as $e ({}; .last[$e.session] = $e.event
            | if $e.event == "chunk" then .[$e.source] += $e.bytes elif $e.event == "stall" then .stalls += 1
              elif $e.event == "progress" then .kbps[$e.session] = $e.kbps else . end)
        | .last as $last | [.kbps // {} | keys[] | select($last[.] != "end")] as $on
        | ([.kbps[$on[]]] | group_by(.) | map("\(length)x\(.[0])") | join(" ")) as $rates
        | "\($clock) s: \($on | length) playing\(if $rates == "" then "" else " (\($rates))" end), \(.stalls // 0) stalls; "
            + "edge/peer/own \(.edge // 0 | mb)/\(.peer // 0 | mb)/\(.cache // 0 | mb) MB"'
}
watch() { # UNTIL: until then, or until all listeners have finished
    while [ "$(seconds "$play_began")" -lt "$1" ]; do
        left=
        for pid in $listeners; do kill -0 "$pid" 2>/dev/null && left=1; done
        [ -n "$left" ] || break
        if [ -n "$tty" ]; then
            # not wider than the terminal
            printf '\r   %s\033[K' "$(now | cut -c 1-$(($columns - 4)))"
        elif [ "$(seconds "$play_began")" -ge "$told" ]; then
            printf '   %s\n' "$(now)"
            told=$(($(seconds "$play_began") + 5))
        fi
        sleep 1
    done
    [ -z "$tty" ] || printf '\r\033[K'
}
step "3  Listeners from Berlin to Toronto; each plays two songs, or one twice"
listeners='' speakers='' play_began=$(date +%s) told=2
if stretto-play --devices >/dev/null 2>&1; then
    say you 'on the speakers of this machine'
    listen you sdl "$a" "$b"
    speakers=$pid
fi
t=0
for who in "anna $a $a" "ben $a $b" "chloe $a $a" "emil $b $a" "dana $b $b" "frida $a $c" "gita $a $b" "hugo $c $a"; do
    # shellcheck disable=SC2086 # words
    set -- $who
    who=$1
    shift
    watch $t
    listen "$who" null "$@"
    t=$((t + 2))
done
watch 30
kill -9 "$west_pid"
say "$(seconds "$play_began") s" "eu-west, the nearest edge of most, is killed (kill -9);"
say '' 'listeners request the rest from other sources'
watch 100000
wrong=0
# a named device may still fail
for pid in $listeners; do wait "$pid" || [ "$pid" = "$speakers" ] || wrong=$((wrong + 1)); done
[ $wrong -eq 0 ] || { cat "$work/log" >&2; fail "$wrong listeners ended with a failure"; }
printf '   %s\n' "$(now)"

# --- 4  the report

step '4  stretto-report --html report.html events/*.jsonl'
COLUMNS=77 stretto-report --html "$out/report.html" "$out"/events/*.jsonl | sed 's/^/   /'
first=$(cat "$out"/events/*.jsonl | jq -Rnr '[inputs | fromjson? // empty | select(.event == "playing")] | group_by(.listener)
    | [.[] | min_by(.time_ms).startup_ms] | sort | .[length / 2 | floor]')
printf '   %s\n' "A song that follows another starts in 0 ms; half of the first songs start" \
    "within $first ms. Spotify's figures are of all its listeners in a week, ours of" \
    'eight in a minute: the measures are the same, the load is not.'
printf '\n   %s s in all. The report as a page:\n   %s/report.html\n' "$(seconds "$began")" "$(cd "$out" && pwd)"
[ -n "${KEEP-}" ] || exit 0

# --- 5  servers that stay, on this machine's own address, because browsers are outside the namespaces

end_all
unlay
for place in eu-west us-east; do cp -r "$work/$place" "$out/cache-$place"; done
kept=
stay() { # NAME PORT TOOL [ARGS]: on this port, or on any free one
    name=$1 port=$2
    shift 2
    for try in "$port" 0; do
        rm -f "$out/$name.said"
        setsid "$@" --listen "127.0.0.1:$try" ${TLS:+--tls-self-signed "$out/$name.pem"} </dev/null >"$out/$name.said" 2>"$out/$name.log" &
        pid=$!
        await "the ready line of $name" "$pid" ready "$out/$name.said" 2>/dev/null || :
        url=$(sed -n "s/^listening on /$scheme:\/\//p" "$out/$name.said" | head -n 1)
        [ -z "$url" ] || break
    done
    [ -n "$url" ] || fail "$name does not start: $(cat "$out/$name.log")"
    [ -z "${TLS-}" ] || cat "$out/$name.pem" >>"$SSL_CERT_FILE"
    kept="$kept $pid"
    say "$name" "$url$page"
}
step '5  Servers that stay'
page=/
stay origin 8480 stretto-serve "$store"
origin=$url
stay eu-west 8481 stretto-serve "$origin" --name eu-west --cache "$out/cache-eu-west"
west=$url
stay us-east 8482 stretto-serve "$origin" --name us-east --cache "$out/cache-us-east"
jq -n --arg west "$west" --arg east "$url" '[{name: "eu-west", url: $west, location: "50.1,8.7"}, {name: "us-east", url: $east, location: "39.0,-77.5"}]' >"$out/edges.json"
page=/stats.json
stay tracker 8490 stretto-track --edges "$out/edges.json" --origin "$origin"
printf '\n   Open the first three in a browser, or:\n   stretto-play%s --tracker %s --allow-local-peers %s\n   To end them: kill%s\n' \
    "${TLS:+ --cacert $SSL_CERT_FILE}" "$url" "$a" "$kept"
