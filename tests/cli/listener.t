#!/bin/sh
# A listener with one failing server: it ends soon, with few requests and a reason, or continues if it can;
# it obeys signals and keys at once.
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
    ok "$how, fetch: 65 after a few requests" ends 65 'its bytes do not match their hash' 16 fetch --edge \
        "$edge/break/$how" "$id"
    ok "$how, play: 65 after a few requests" ends 65 'cannot get\|damaged' 16 play --unpaced --edge \
        "$edge/break/$how" "$id"
done
heard() { test "$(events end | jq .heard_ms)" -ge "$1" && test "$(events end | jq -r .why)" = failed; }
slowly() { ends 65 'cannot get\|damaged' 16 play --abr 320 --edge "$edge/break/flip1" "$id" && heard 10000; }
ok 'verified audio is played before the song ends' slowly
forged() {
    cp -r store forged &&
        python3 "$root/tests/tools/forge.py" "forged/songs/$id/320/chunk_2.ogg" &&
        faults forged
}
ok '(a store where only a hash tells)' forged
ok 'only its hash is wrong, fetch: 65' ends 65 'its bytes do not match their hash' 16 fetch --edge "$url" "$id"
ok 'only its hash is wrong, play: 65' ends 65 'its bytes do not match their hash' 24 play --unpaced --abr 320 \
    --edge "$url" "$id"
contradiction() { cp -r store other && liar=$(python3 "$root/tests/tools/reforge.py" other "$id" 1) && faults other; }
ok '(a song whose manifest contradicts its index)' contradiction
ok 'a contradiction, fetch: 65 after a few requests' ends 65 'contradicts\|hash' 16 fetch --edge "$url" "$liar"
ok 'a contradiction, play: 65 after a few requests' ends 65 'hash' 24 play --unpaced --edge "$url" "$liar"
kept_wrong() {
    find cache -name 'chunk_*' | while read -r file; do cmp "$file" "store/songs/$id/${file#cache/songs/*/}" || return; done &&
        test ! -e got.ogg
}
ok 'and nothing wrong is kept' kept_wrong

# ---- signals, at moments of which nobody chose any
now_ms() { date +%s%3N; }
# PID: it takes SIGTERM (or is gone)
handles() {
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status") && [ -n "$caught" ] || return 0
    test $((0x$caught >> 14 & 1)) -eq 1
}
mute() { # takes connections and says nothing, ever
    python3 -uc \
        'import socket, signal; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1]); signal.pause()' \
        >mute.port &
    started="$started $!"
    await 'its port' test -s mute.port && mute=http://127.0.0.1:$(cat mute.port)
}
ok '(a server that says nothing at all)' mute
signalled() { # SIGNAL STATUS OPTIONS...: it ends within a second of it; five are allowed for a busy machine
    signal=$1 wanted=$2
    shift 2
    for delay in $(awk "BEGIN {srand($$); for (i = 0; i < 5; ++i) print rand() * 1.5}"); do
        rm -rf cache events.jsonl
        # what a shell starts behind itself ignores SIGINT, and so would the program
        env --default-signal=INT "$@" >out 2>err &
        child=$! started="$started $!"
        # before the program has begun, a signal would end it as it ends any
        await 'its handler' handles $child && kill -0 $child || return
        sleep "$delay"
        sent=$(now_ms)
        kill "-$signal" $child
        wait $child
        got=$?
        took=$(($(now_ms) - sent))
        test $got -eq "$wanted" &&
            test $took -lt 5000 ||
            {
                echo "after $delay s: status $got, $took ms"
                cat err
                return 1
            }
    done
}
log=$work/.faults1
for signal in TERM INT HUP; do
    ok "SIG$signal during a transfer, fetch: 75" signalled $signal 75 stretto-fetch --edge "$edge/break/drip" -o \
        s.ogg "$id"
    ok "SIG$signal while a server is silent, fetch: 75" signalled $signal 75 stretto-fetch --edge \
        "$edge/break/silent" -o s.ogg "$id"
    ok "SIG$signal while a server is silent, fetch --search: 75" signalled $signal 75 stretto-fetch --edge \
        "$mute" --search x
    ok "SIG$signal while a song loads or plays, play: 75" signalled $signal 75 stretto-play -q -O null --edge \
        "$edge/break/drip" --abr 96 "$id"
    ok "SIG$signal while a server is silent, play: 75" signalled $signal 75 stretto-play -q -O null --edge \
        "$edge/break/silent" "$id"
    ok "SIG$signal while a server is silent, play --list: 75" signalled $signal 75 stretto-play --edge "$mute" --list
done
ok 'and there is no file' test ! -e s.ogg
farewell() { # SIGNAL
    rm -rf cache events.jsonl
    env --default-signal=INT stretto-play -O null --events events.jsonl --edge "$edge/break/drip" --abr 96 \
        "$id" >out 2>err &
    player=$! started="$started $!"
    await 'the first progress' grep -qs '"progress"' events.jsonl || return
    kill "-$1" $player
    exits 75 wait $player &&
        events end | jq -e '.why == "skipped" and .heard_ms > 0' &&
        grep -q 'interrupted' err
}
for signal in TERM INT HUP; do
    ok "SIG$signal, play: its last event is there, and it says why it ends: 75" farewell $signal
done
unposted() { # where the events go, and the tracker, nobody answers: both are not waited for
    rm -rf cache
    before=$(asked)
    stretto-play -q -O null --events "$mute" --tracker "$mute" --allow-local-peers --edge "$edge/break/drip" \
        --abr 96 "$id" >out 2>err &
    player=$! started="$started $!"
    await 'three chunks' eval 'test $(($(asked) - before)) -ge 6' || return
    sent=$(now_ms)
    kill -TERM $player
    exits 75 wait $player &&
        took=$(($(now_ms) - sent)) &&
        test $took -lt 4000 || { echo "$took ms"; cat err; return 1; }
}
ok 'SIGTERM, play: undelivered events do not delay the end' unposted
ignored() { # PROGRAM...: as under nohup(1)
    rm -rf cache
    env --ignore-signal=HUP "$@" >out 2>err &
    child=$! started="$started $!"
    await 'its handler' handles $child && kill -0 $child || return
    mask=$(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/$child/status)
    kill -TERM $child
    exits 75 wait $child && test $((0x$mask & 1)) -eq 1
}
ok 'under nohup, fetch: SIGHUP stays ignored' ignored stretto-fetch --edge "$edge/break/silent" -o s.ogg "$id"
ok 'under nohup, play: SIGHUP stays ignored' ignored stretto-play -q -O null --edge "$edge/break/silent" "$id"

# ---- not permitted, not trusted
log=$work/.faults1
for status in 401 403; do
    ok "$status, fetch: 77 at once" ends 77 "$status\\|not permitted\\|denied" 4 fetch --edge \
        "$edge/break/$status" "$id"
    ok "$status, play: 77 at once" ends 77 "$status\\|not permitted\\|denied" 4 play --edge \
        "$edge/break/$status" "$id"
done
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout \
    key.pem -out cert.pem 2>/dev/null
secret() { # a server of TLS that is nobody's
    openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www >secret.log 2>&1 &
    started="$started $!"
    until port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' secret.log) && [ -n "$port" ]; do
        kill -0 "$!" || return
        sleep 0.02
    done
}
ok '(a server with an untrusted certificate)' secret
ok 'an untrusted certificate, fetch: 69 at once' ends 69 certificate 0 fetch --patience 86400 --edge \
    "https://127.0.0.1:$port" "$id"
ok 'an untrusted certificate, play: 69 at once' ends 69 certificate 0 play --patience 86400 --edge \
    "https://127.0.0.1:$port" "$id"

# ---- what may be on the way; way-out.t has more
front() { # KIND TARGET
    servers=$((servers + 1)) log=$work/.front$servers
    python3 -u "$root/tests/tools/front.py" "$@" >"$log" 2>"$log.err" &
    started="$started $!"
    while ! url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$log") || [ -z "$url" ]; do
        kill -0 "$!" 2>/dev/null || { cat "$log.err"; return 1; }
        sleep 0.02
    done
}
front login "$edge"
login() { printf 'http://ann:%s@%s' "$1" "${url#http://}"; }
wrong_password() {
    ends 77 401 4 play --edge "$(login wr0ng)" "$id" &&
        ends 77 401 4 fetch --json --edge "$(login wr0ng)" "$id" &&
        ! grep -rE 'wr0ng|ann:' err out events.jsonl
}
ok 'a wrong password: 77, and it is in no message or event' wrong_password
right_password() {
    play --unpaced --edge "$(login s3cret)" "$id" &&
        test "$(events end | jq -r .why)" = finished &&
        ! grep -E 's3cret|ann:' events.jsonl &&
        ! tail -n +2 "$log" | grep -v "GET .* ${url#http://} "
}
ok 'the right password: it plays; Host and events do not contain it' right_password
front portal "$edge"
ok 'a captive portal, fetch: it is called one' ends 69 'may want a login' 30 fetch --edge "$url" "$id"
ok 'a captive portal, play: it is called one' ends 69 'may want a login' 30 play --edge "$url" "$id"

# ---- outages
log=$work/.faults1
outage() { # how long is in outage.py
    rm -rf cache events.jsonl outage &&
        timeout 90 python3 "$root/tests/tools/outage.py" "$@" stretto-play -O null --events events.jsonl \
            --patience 2 --abr 96 --buffer 12 --lead 12 --edge "$edge/break/outage" "$id"
}
none_failed() {
    ! events end | grep failed &&
        test "$(jq -r 'select(.event == "chunk").index' events.jsonl | sort -n | tail -n 1)" -ge 3
}
paused() { outage pause && none_failed; }
ok 'an outage longer than patience after a pause, with buffered audio: the song continues' paused
buffered() { outage play && none_failed; }
ok 'the same without a pause' buffered
for_ever() {
    ends 75 'cannot get' 100 play --patience 2 --abr 96 --buffer 12 --lead 12 --unpaced --edge \
        http://127.0.0.1:9 "$id" &&
        outage forever &&
        test "$(events end | jq .heard_ms)" -ge 10000
}
ok 'a permanent outage: 75, after the buffered audio has been played' for_ever
short() { # 2.5 s
    touch outage && { play --unpaced --patience 20 --edge "$edge/break/outage" "$id" & player=$!; }
    sleep 2.5 && rm outage && exits 0 wait $player
}
ok 'one at the start that is shorter than patience: it plays' short

cat >moves.sh <<'END'
# The name of an edge means another address after a while, in which it means none.
set -eu
ip link set lo up
mount --bind hosts /etc/hosts
printf 'nameserver 127.0.0.1\n' >resolv && mount --bind resolv /etc/resolv.conf
echo '127.0.0.2 edge.test' >hosts
python3 -u "$root/tests/tools/webserver.py" store 127.0.0.2 >first &
first=$!
until port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' first) && [ -n "$port" ]; do sleep 0.05; done
python3 -u "$root/tests/tools/webserver.py" store 127.0.0.3 "$port" >second &
second=$!
until grep -q listening second; do kill -0 $second; sleep 0.05; done
timeout 60 stretto-fetch --cache moved --patience 20 --edge "http://edge.test:$port/break/drip" -o moved.ogg "$1" &
fetch=$!
until grep -q chunk first; do kill -0 $fetch; sleep 0.05; done
kill -KILL $first
: >hosts
sleep 2
echo '127.0.0.3 edge.test' >hosts
status=0
wait $fetch || status=$?
kill $second
exit $status
END
touch hosts
if unshare -rmn sh -c 'ip link set lo up && mount --bind hosts /etc/hosts' 2>/dev/null; then
    moves() { root=$root unshare -rmn sh moves.sh "$id" && cmp moved.ogg long.ogg && grep -q chunk second; }
    ok "an edge's name means another address: the song goes on from there" moves
else
    skip "an edge's name means another address" 'no namespaces here'
fi

# ---- playlists
start stretto-serve store || exit
origin=$url
tone short.wav 11 -c 1 && stretto-encode -b 96 short.wav | stretto-chunk | stretto-publish --name short store >short.id
printf \
    '\357\273\277#EXTM3U\r\n#EXTINF:11,Short\r\nshort\r\nno such song!\r\n\r\nhttp://x/stream/short?kbps=96\rNo\tcolumns\nshort' \
    >bad.m3u8
printf '\357\273\277short\r\n' >good.m3u8
reads_bad() {
    exits 65 play --unpaced --edge "$origin" "$@" 2>err &&
        test "$(events end | grep -c finished)" -eq 3 &&
        test "$(grep -c 'is not a song' err)" -eq 2 &&
        grep -q "line 4: 'no such song!'" err
}
ok 'a playlist with a byte order mark, CR and bad lines: the others are played, and 65' reads_bad bad.m3u8
reads_bad_stdin() { reads_bad - <bad.m3u8; }
ok 'the same on standard input' reads_bad_stdin
ok 'an absolute path' reads_bad "$work/bad.m3u8"
reads_good() {
    play --unpaced --edge "$origin" good.m3u8 short ./good.m3u8 &&
        test "$(events end | grep -c finished)" -eq 3
}
ok 'playlists and songs as arguments' reads_good
lists() {
    rm -rf cache all &&
        exits 65 timeout 60 stretto-fetch --edge "$origin" --playlist bad.m3u8 -o all 2>err &&
        cmp all/short.ogg "$1" &&
        test "$(grep -c 'is not a song' err)" -eq 2
}
fetch_list() {
    stretto-fetch --store store short -o short.ogg &&
        lists short.ogg &&
        timeout 60 stretto-fetch --edge "$origin" --playlist good.m3u8 -o all
}
ok 'fetch --playlist FILE: the same' fetch_list
ok 'a playlist that is not there: 66' exits 66 play --edge "$origin" nowhere.m3u8
only_bad() { printf 'no song!\n' >none.m3u8 && ! play --edge "$origin" none.m3u8; }
ok 'a playlist without a song is not a success' only_bad

# ---- caches
no_room() {
    play --unpaced --cache /proc/nowhere/cache --edge "$origin" short 2>err &&
        grep -q 'nothing is kept' err &&
        events end | jq -e '.why == "finished" and .heard_ms == 11000'
}
ok 'a cache that cannot be made: it plays, and says so' no_room
fetches() {
    fetch --cache /proc/nowhere/cache --edge "$origin" short 2>err &&
        grep -q 'nothing is kept' err &&
        test -s got.ogg
}
ok 'and fetches' fetches
no_cache() {
    mkdir -p home &&
        HOME=$work/home XDG_CACHE_HOME='' play --unpaced --no-cache --edge "$origin" short &&
        HOME=$work/home fetch --no-cache --edge "$origin" short &&
        test -z "$(find home cache -type f 2>/dev/null)"
}
ok '--no-cache leaves no file' no_cache

# ---- events, and memory
peak() { # COMMAND...: kB in $peak
    /usr/bin/time -q -f %M -o peak "$@" || return
    peak=$(tail -n 1 peak)
}
many() { # SONGS
    yes short | head -n "$1" >many.txt &&
        rm -f events.jsonl &&
        peak timeout 120 stretto-play -O null --unpaced --events events.jsonl --edge "$origin" - <many.txt &&
        test "$(events end | grep -c finished)" -eq "$1"
}
small() { many 10 && few=$peak && many 200 && echo "# $few kB, then $peak kB" && test "$peak" -lt $((few + 30000)); }
ok 'unpaced, two hundred cached songs take hardly more memory than ten' small
rotated() {
    rm -rf cache events.jsonl first.jsonl
    stretto-play -O null --events events.jsonl --edge "$origin" --abr 96 "$id" >out 2>err &
    player=$! started="$started $!"
    until grep -qs '"progress"' events.jsonl; do
        kill -0 $player || return
        sleep 0.05
    done
    mv events.jsonl first.jsonl
    until test -s events.jsonl; do
        kill -0 $player || return
        sleep 0.05
    done
    kill -TERM $player && wait $player
    test "$(cat first.jsonl events.jsonl | jq .seq | paste -sd ' ')" = \
        "$(seq -s ' ' 0 $(($(cat first.jsonl events.jsonl | wc -l) - 1)))" &&
        events end | jq -e '.why == "skipped"'
}
ok 'an events file that is moved away: a new one, and no line is lost' rotated

# ---- formats
# stretto-encode would make 44.1 kHz of it
sox -R -n -r 8000 -c 1 -b 16 low.wav synth 11 sine 100-3000 gain -3 &&
    oggenc -Q -q 3 -o - low.wav | stretto-chunk | stretto-publish --name low store >low.id ||
    exit
tone wide.wav 12 && stretto-encode -b 96 wide.wav | stretto-chunk | stretto-publish --name wide store >wide.id
# FFmpeg has its own decoder; 16 bits are as far as both may differ
same() { # HEARD SONG
    ffmpeg -v error -y -i "$2" -c:a pcm_f32le true.wav </dev/null &&
        test "$(soxi -s "$1")" -eq "$(soxi -s true.wav)" &&
        test "$(soxi -c "$1")" -eq "$(soxi -c true.wav)" &&
        test "$(soxi -r "$1")" -eq "$(soxi -r true.wav)" &&
        sox -V1 -m -v 1 "$1" -v -1 true.wav -n stats 2>stats &&
        awk '/^Max level/ {if ($3 > 0.00006) exit 1} /^Min level/ {if ($3 < -0.00006) exit 1}' stats ||
        { cat stats; soxi "$1" true.wav; return 1; }
}
formats() {
    for song in low wide short; do stretto-fetch --store store $song -o $song.ogg || return; done
    rm -rf cache &&
        timeout 100 stretto-play -O wav:all.wav "$@" --edge "$origin" low wide short &&
        test "$(soxi -r all.wav)" -eq 8000 &&
        same all.wav low.ogg &&
        same all-2.wav wide.ogg &&
        same all-3.wav short.ogg &&
        rm all.wav all-2.wav all-3.wav
}
ok '8 kHz and mono, then stereo, then mono: a file each, each right' formats --unpaced
ok 'in real time too' formats
one_pipe() { timeout 60 stretto-play -O raw:- --unpaced --edge "$origin" low wide 2>err >pipe.raw; }
ok 'a pipe can hold one format only: 65' exits 65 one_pipe
right() {
    sox -t raw -e float -b 32 -r 8000 -c 1 -L pipe.raw pipe.wav &&
        same pipe.wav low.ogg &&
        grep -q 'another format' err
}
ok 'and its content is right' right

# ---- a slow disk
cat >slow.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int rename(const char* from, const char* to) {
    FILE* told = fopen("renames", "a");
    if (told) fprintf(told, "%s\n", to), fclose(told);
    usleep(1000000);
    return ((int (*)(const char*, const char*))dlsym(RTLD_NEXT, "rename"))(from, to);
}
END
cc -shared -fPIC -o slow.so slow.c -ldl || exit
slow_disk() {
    rm -rf cache heard.wav events.jsonl &&
        LD_PRELOAD=$work/slow.so timeout 100 stretto-play -O wav:heard.wav --abr 96 --events events.jsonl --edge "$origin" "$1"
}
tone mid.wav 32 && stretto-encode -b 96 mid.wav | stretto-chunk | stretto-publish --name mid store >mid.id
no_holes() {
    stretto-fetch --store store mid -o mid.ogg &&
        slow_disk mid &&
        ! events stall | grep . &&
        same heard.wav mid.ogg &&
        test "$(grep -c 'chunk_.*ogg' renames)" -eq 3
}
ok 'a second for each rename in the cache: no stall, and all is heard' no_holes

# ---- chunks that are not what they claim
bomb='' rotten=''
bomb() {
    sox -D -n -r 44100 -c 2 -b 16 quiet.wav trim 0 31 &&
        stretto-encode -b 96 quiet.wav | stretto-chunk | stretto-publish store >quiet.id &&
        python3 "$root/tests/tools/bomb.py" "store/songs/$(cat quiet.id)/96/chunk_1.ogg" 300000 bomb.ogg &&
        test "$(wc -c <bomb.ogg)" -lt 4000000 &&
        bomb=$(python3 "$root/tests/tools/reforge.py" store "$(cat quiet.id)" 1 bomb.ogg)
}
ok '(a chunk of ten seconds that decodes to an hour and more)' bomb

bounded() { # OUTPUT
    rm -rf cache events.jsonl &&
        /usr/bin/time -q -f %M -o peak timeout 60 stretto-play -O "$1" --unpaced --events events.jsonl --edge \
            "$origin" "$bomb"
    peak=$(tail -n 1 peak)
    echo "# $peak kB"
    test "$peak" -lt 150000 && test "$(events end | jq .heard_ms)" -ge 10000
}
ok 'memory is bounded all the same' bounded null
rotten() {
    last=$(($(find "store/songs/$id/320" -name 'chunk_*' | wc -l) - 1)) &&
        head -c 50000 /dev/urandom >noise &&
        rotten=$(python3 "$root/tests/tools/reforge.py" store "$id" $last noise)
}
ok '(a last chunk that is as its hash says, and no audio)' rotten
cached() { # all is in the cache before
    rm -rf cache &&
        mkdir -p cache/songs &&
        cp -r "store/songs/$rotten" cache/songs/ &&
        exits 65 timeout 60 stretto-play -O null --events events.jsonl --unpaced --edge "$edge" "$rotten" 2>err &&
        grep -q "damaged\|cannot get" err &&
        test "$(events end | jq .heard_ms)" -ge 60000
}
rm -f events.jsonl
ok 'in the cache, play: 65 and why, after all before it was heard' cached
cached_fetch() {
    rm -rf cache &&
        mkdir -p cache/songs &&
        cp -r "store/songs/$rotten" cache/songs/ &&
        ends 65 . 30 timeout 60 stretto-fetch -o r.ogg --edge "$edge" "$rotten" &&
        test ! -e r.ogg
}
ok 'in the cache, fetch: 65' cached_fetch

# ---- a slow peer
slow_peer() {
    faults store 127.0.0.1 0 crawl || return
    python3 -u "$root/tests/net/liar.py" 127.0.0.1 store long "$url" "edge=$edge" >liar.log 2>&1 &
    started="$started $!"
    until tracker=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' liar.log) && [ -n "$tracker" ]; do
        kill -0 "$!" || return
        sleep 0.02
    done
    for n in 1 2 3 4 5 6; do
        rm -rf cache &&
            timeout 60 stretto-fetch -v --tracker "$tracker" --allow-local-peers --no-share --json -o p.ogg \
                long >out 2>err ||
            { echo "run $n: $?"; cat err; return 1; }
        cmp p.ogg long.ogg || return
    done
    grep 'GET /songs/.*\.ogg' "$log" # it was asked, and has not answered yet
}
ok 'a finished fetch ends although a slow peer still sends' slow_peer

finish
