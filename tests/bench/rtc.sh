#!/bin/bash
# WebRTC beside HTTP in one run: MB/s and CPU per MB of a data channel between two stretto-rtc and of stretto-serve; what 300 idle
# peers cost one stretto-rtc; the time from an offer to an open channel; what waiting peers cost the tracker, and how long a signal
# takes to one of them.
#   BENCH_ROUNDS    of both transfers in turn (5); ratios are medians of ratios within a round
#   BENCH_MB        of one transfer (40)
#   BENCH_PEERS     idle peers (300, the most that a stretto-rtc has)
#   BENCH_WAITING   peers that wait at the tracker (100000, or as many as there are descriptors for)
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
rounds=${BENCH_ROUNDS:-5} megabytes=${BENCH_MB:-40} peers=${BENCH_PEERS:-300} waiting=${BENCH_WAITING:-100000}
command -v stretto-rtc >/dev/null || { echo 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'; exit 0; }
peer_of() { # NAME URL: its id, once the tracker has answered it
    until curl -sfo /dev/null "$2/healthz" && sed -n 's/^peer //p' "$1.out" | grep .; do sleep 0.05; done
}
pss() { awk '/^Pss:/ {print $2}' "/proc/$1/smaps_rollup"; } # kB
now() { date +%s%3N; }

sox -R -n -r 44100 -c 2 -b 16 song.wav synth 32 pinknoise gain -12 2>/dev/null
stretto-encode -b 320 song.wav | stretto-chunk -d 15 | stretto-publish store >id
chunk=songs/$(cat id)/320/chunk_0.ogg size=$(stat -c %s "store/songs/$(cat id)/320/chunk_0.ogg")
count=$((megabytes * 1000000 / size + 1))

begin serve stretto-serve --workers 1 --listen 127.0.0.1:0 store
serve=$pid origin=$url
begin track stretto-track --listen 127.0.0.1:0 --origin "$origin"
tracker=$url
begin sender stretto-rtc --listen 127.0.0.1:0 --tracker "$tracker" --upstream "$origin" --address 127.0.0.1
sender=$pid sender_url=$url
peer=$(peer_of sender "$sender_url")
begin receiver stretto-rtc --listen 127.0.0.1:0 --tracker "$tracker" --upstream "$origin" --address 127.0.0.1
receiver=$pid receiver_url=$url
peer_of receiver "$receiver_url" >/dev/null

transfer() { # URL CHUNKS PID...: MB/s, and ms of CPU a MB of each process
    local url=$1 count=$2 begun before=() row one
    shift 2
    for one; do before+=("$(ticks "$one")"); done
    begun=$(now)
    # two at a time, as a player asks
    seq "$count" | xargs -P 2 -n 8 sh -c 'for _; do set -- "$@" -o /dev/null "$0"; shift; done; exec curl -sf "$@"' "$url"
    row=$(awk -v b="$((count * size))" -v ms="$(($(now) - begun))" 'BEGIN {printf "%.1f", b / 1e3 / ms}')
    for one; do
        row+=" $(awk -v b="$((count * size))" -v ms="$(($(ticks "$one") - before[0]))" 'BEGIN {printf "%.2f", ms / (b / 1e6)}')"
        before=("${before[@]:1}")
    done
    echo "$row"
}
curl -sfo /dev/null "$receiver_url/rtc/$peer/$chunk" # opens the link
: >rows
for ((round = 0; round < rounds; ++round)); do
    # the ticks of a processor are too long for less over HTTP
    http=$(transfer "$origin/$chunk" $((20 * count)) "$serve")
    echo "$http $(transfer "$receiver_url/rtc/$peer/$chunk" "$count" "$sender" "$receiver")" >>rows
done
column() { awk -v c="$1" '{print $c}' rows | median; }
echo "$rounds rounds of $((count * size / 1000000)) MB, over HTTP 20 times as much, in chunks of $((size / 1000)) kB; medians"
printf 'HTTP:         %6.1f MB/s, stretto-serve %.2f ms/MB\n' "$(column 1)" "$(column 2)"
printf 'data channel: %6.1f MB/s, sender %.1f ms/MB, receiver %.1f ms/MB (goal 30 each)\n' "$(column 3)" "$(column 4)" "$(column 5)"
awk '{print $4 / ($2 > 0 ? $2 : 0.01)}' rows | median | xargs printf 'CPU of the sender over that of stretto-serve: %.0f times (goal 40)\n'

# as many as a tracker lets one network offer in a minute
rtc "$tracker" "$peer" 25 0 >times.out
sed -n 's/^offer \(.*\) \(.*\)/from offer to open channel: p50 \1 ms, p99 \2 ms (goal 150, through NATs)/p' times.out
sed -n 's/^decision \(.*\) \(.*\)/from the decision to connect: p50 \1 ms, p99 \2 ms (goal 300)/p' times.out

begin patient sh -c "exec python3 -u \"$here/../tools/rtctracker.py\" 2>/dev/null"
patient=$url
begin idle stretto-rtc --listen 127.0.0.1:0 --tracker "$patient" --upstream "$origin" --address 127.0.0.1 --links "$peers"
idle=$pid
peer=$(peer_of idle "$url")
empty=$(pss "$idle")
rtc "$patient" "$peer" "$peers" 30 >crowd.out &
crowd=$!
servers+=("$crowd")
until grep -q '^decision' crowd.out; do kill -0 "$crowd" && sleep 0.1; done
opened=$(sed -n 's/^opened //p' crowd.out)
sleep 2 # what is left of the handshakes
cpu=$(ticks "$idle") begun=$(now) after=$(pss "$idle")
sleep 10
cpu=$(($(ticks "$idle") - cpu)) took=$(($(now) - begun))
awk -v n="$opened" -v kb="$((after - empty))" -v cpu="$cpu" -v ms="$took" 'BEGIN {
    printf "%d idle peers: %.1f %% of a core (goal 15), %.0f kB each (goal 220)\n", n, cpu / ms * 100, kb / n}'
kill "$crowd" 2>/dev/null || true

# each process may have so many descriptors, and the tracker needs one a peer
most=$(($(ulimit -Hn) - 2048))
((waiting <= most)) || waiting=$most
ulimit -Sn "$(ulimit -Hn)"
begin waited stretto-track --listen 127.0.0.1:0 --origin "$origin" --trust-proxy 127.0.0.0/8 --max-connections $((waiting + 1024)) \
    --unproved-peers 1000000,1000000,1000000,1000000
python3 "$here/rtc.py" "$url" "$pid" "$waiting"
