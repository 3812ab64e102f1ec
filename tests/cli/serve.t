#!/bin/sh
# stretto-serve: its responses to common clients, and its functions for operators.
. ./tests/lib.sh
sing() { # NAME SECONDS BITRATES ARTIST TITLE: published under its name
    tone "$1.wav" "$2"
    ffmpeg -v error -i "$1.wav" -metadata "artist=$4" -metadata "title=$5" "$1.flac" </dev/null
    stretto-encode -b "$3" "$1.flac" | stretto-chunk | stretto-publish --name "$1" store
}
id=$(sing song 35 96,160,320 'The Tones' 'A sweep with noise')
short=$(sing short 11 96 'Another Tone' 'Short sweep')
song=store/songs/$id
for kbps in 96 160 320; do stretto-fetch --store store -b $kbps song >$kbps.ogg; done

get() { curl -sS -m 60 -o body -D fields "$@"; }
status() { test "$(sed -n '1s/^HTTP\/[12.]* \([0-9]*\) .*/\1/p' fields)" = "$1" || { cat fields; return 1; }; }
field() { tr -d '\r' <fields | sed -n "s/^$1: //Ip"; }
has() { test "$(field "$1")" = "$2" || { cat fields; return 1; }; }
body() { cmp body "$1"; }

chunk=/songs/$id/160/chunk_1.ogg
client() { command=$1 && shift && timeout 300 python3 "$root/tests/tools/clients.py" "$command" "$url" "$@"; }
# much larger than socket buffers
cp -r store heavy && head -c 30000000 /dev/urandom >"heavy$chunk"
start stretto-serve heavy || exit
paused=
[ -n "${STRETTO_TEST_TLS-}" ] || { client pause "$chunk" "heavy$chunk" 62 >paused 2>&1 & paused=$!; }

followed() { get -L "$url/stream/song" && cmp body "$(field X-Bitrate).ogg"; }
in_one_go() { # for browsers, which otherwise read the end of the file before they play
    get -r 100-199 -L "$url/stream/song?ranges=no" && has Accept-Ranges none && cmp body "$(field X-Bitrate).ogg" &&
        get -r 100-199 "$url/stream/song?kbps=160" && status 206 && has Accept-Ranges bytes && [ "$(wc -c <body)" -eq 100 ]
}
compressed() {
    get "$url/" && mv body plain && has Vary Accept-Encoding && has Content-Encoding '' || return
    get -H 'Accept-Encoding: gzip' "$url/" && has Content-Encoding gzip && [ "$(wc -c <body)" -lt 25000 ] || return
    has Repr-Digest "sha-256=:$(openssl dgst -sha256 -binary body | base64 -w 0):" || return
    gzip -dc <body >unpacked && cmp unpacked plain
}
metrics() {
    get "$url/metrics" &&
        python3 "$root/tests/tools/prometheus.py" <body &&
        grep -q '^stretto_responses_total{class="2xx"} [1-9]' body
}
resumed() {
    head -c 100000 320.ogg >part.ogg &&
        curl -sS -m 60 -C - -o part.ogg "$url/stream/song?kbps=320" &&
        cmp part.ogg 320.ogg
}
old() {
    curl -sS -m 60 -0 -D fields -o body "$url$chunk" &&
        body "$song/160/chunk_1.ogg" &&
        has Connection close &&
        printf 'GET %s HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n' "/healthz" |
        python3 "$root/tests/tools/clients.py" raw "$url" |
            grep -c '^ok' |
            grep -qx 2
}
wgets() {
    head -c 100000 320.ogg >wget.ogg &&
        wget -q -c -O wget.ogg "$url/stream/song?kbps=320" &&
        cmp wget.ogg 320.ogg &&
        wget -q -O w.json "$url/songs/song/manifest.json" &&
        cmp w.json "$song/manifest.json"
}
four() {
    rm -f aria.ogg &&
        aria2c -q --no-conf --ca-certificate="${SSL_CERT_FILE-}" -x4 -s4 --min-split-size=1M -o aria.ogg "$url/stream/song?kbps=320" &&
        cmp aria.ogg 320.ogg
}
loads() {
    h2load --h1 -n 500 -c 10 "$url$chunk" >said &&
        grep -q '500 succeeded, 0 failed, 0 errored' said &&
        grep -q "($((500 * $(wc -c <"$song/160/chunk_1.ogg")))) data" said || { cat said; return 1; }
}
seeks() {
    ffprobe -v error -show_entries format=duration -of csv=p=0 "$url/stream/song?kbps=160" | grep -qx '35.0*' &&
        ffmpeg -v error -ss 21.5 -i "$url/stream/song?kbps=160" -t 2 -f s16le - </dev/null | md5sum >a &&
        ffmpeg -v error -ss 21.5 -i 160.ogg -t 2 -f s16le - </dev/null | md5sum | cmp - a
}
plays() { # like seeks, with the player's own reader
    for from in "$url/stream/song?kbps=160" 160.ogg; do
        mpv --no-config --really-quiet --vo=null --ao=pcm --ao-pcm-file="$(basename "$from").wav" --start=21.5 \
            --length=2 "$from" ||
            return
    done
    test "$(wc -c <160.ogg.wav)" -gt 300000 && cmp 160.ogg.wav song?kbps=160.wav
}

seed=0
everything() { # WHERE URL
    where=$1 url=$2 seed=$((seed + 1))
    rows "$where:" timeout 300 python3 "$root/tests/tools/protocol.py" "$url" store "$id" "$short" .
    ok "$where: curl -L gets a song of some bitrate" followed
    ok "$where: metrics as Prometheus reads them" metrics
    ok "$where: curl -C - resumes" resumed
    ok "$where: HTTP/1.0" old
    ok "$where: wget -c" wgets
    ok "$where: aria2c, four ranges at a time" four
    ok "$where: h2load" loads
    ok "$where: a stream without ranges, also behind a redirection" in_one_go
    ok "$where: the page is compressed for who takes that" compressed
    ok "$where: ffmpeg seeks" seeks
    ok "$where: mpv too" plays
    ok "$where: 3,000 random ranges of a chunk" client ranges $chunk "$song/160/chunk_1.ogg" 3000 "$seed"
    ok "$where: 400 of a song" client ranges "/stream/song?kbps=160" 160.ogg 400 "$seed"
    ok "$where: 300 requests sent at once" client pipeline $chunk "$song/160/chunk_1.ogg" 300
}

start stretto-serve store || exit
origin=$url
everything origin "$origin"
start stretto-serve "$origin" --cache cache || exit
everything 'edge, cold' "$url"
not_over_tls
everything 'edge, warm' "$url"
ok 'edge: SIGTERM ends it with 0' stop "$pid"
start stretto-serve "$origin" --cache cache || exit
ok 'edge, started again: ranges from its disk' client ranges $chunk "$song/160/chunk_1.ogg" 200 1
url=$origin

# a publication is visible within about a second
listed() { get "$url/songs?q=new" && test "$(jq -r '.songs[0].artist' body)" = "$1"; }
appears() {
    get "$url/songs/new/manifest.json" &&
        status 404 &&
        new=$(sing new 11 96 'New Tone' 'New') &&
        soon get -f "$url/songs/new/chunk_0.ogg" &&
        soon listed 'New Tone' &&
        get "$url/names/new" &&
        equals "$(cat body)" "$new"
}
ok 'a published song appears' appears
retagged() {
    ffmpeg -v error -y -i new.flac -metadata artist=Renamed new2.flac </dev/null &&
        stretto-encode -b 96 new2.flac | stretto-chunk | stretto-publish --name new store &&
        soon listed Renamed
}
ok 'new tags too' retagged
renamed() {
    stretto-publish --name new store "$1" &&
        soon get -f "$url/names/new" &&
        soon sh -c "curl -s $url/names/new | grep -qx $short"
}
stretto-encode -b 96 short.flac | stretto-chunk >short.tar
ok 'a name may be assigned to another song' renamed short.tar
gone() { get "$url$1" && status 404; }
unlisted() { get "$url/songs?q=renamed" && test "$(jq '.songs | length' body)" = 0; }
removed() {
    stretto-publish --remove "$new" store &&
        soon gone "/songs/$new/96/chunk_0.ogg" &&
        soon gone "/stream/$new?kbps=96" &&
        soon unlisted
}
ok 'a removed song does not exist any more' removed

# a song longer than a minute; while it is sent, the rate of the address is measured and is high
long=$(sing long 70 96,160,320 'Long Tone' 'Long sweep')
stretto-fetch --store store -b 160 long >long.ogg
samples() { ffmpeg -v error "$@" -f s16le - </dev/null | md5sum; }
steady() { # a player gets one bitrate in all parts of the stream, even after a restart of the server
    start "$@" &&
        head -c 700000 long.ogg >part.ogg &&
        curl -sSL -m 60 -o begin.ogg -r 0-699999 "$url/stream/long" &&
        cmp begin.ogg part.ogg &&
        get "$url/songs/$long/320/chunk_[0-9].ogg" &&
        curl -sSL -m 60 -C - -o begin.ogg "$url/stream/long" &&
        cmp begin.ogg long.ogg &&
        get -L "$url/stream/song" &&
        has X-Bitrate 320 &&
        stop "$pid" &&
        start "$@" &&
        get -L "$url/stream/song" &&
        has X-Bitrate 320 &&
        cp part.ogg begin.ogg &&
        curl -sSL -m 60 -C - -o begin.ogg "$url/stream/long" &&
        cmp begin.ogg long.ogg &&
        samples -ss 61 -i "$url/stream/long" -t 5 >a &&
        samples -ss 61 -i long.ogg -t 5 | cmp - a &&
        for from in "$url/stream/long" long.ogg; do
            mpv --no-config --really-quiet --vo=null --ao=pcm --ao-pcm-file="$(basename "$from").wav" \
                --start=61.5 --length=2 "$from" ||
                return
        done &&
        test "$(wc -c <long.ogg.wav)" -gt 300000 &&
        cmp long.ogg.wav long.wav &&
        stop "$pid"
}
steady_edge() {
    start stretto-serve store && before=$url inner=$pid && steady stretto-serve "$before" && stop "$inner"
}
rm -f "$XDG_STATE_HOME"/stretto/streams-*
ok '/stream is one file to a player: curl -C -, ffmpeg and mpv, over a restart' steady stretto-serve store
ok 'through an edge too' steady_edge

serves() { get "http://$1/healthz" && status 200; }
several() {
    start stretto-serve --listen '[::1]:0' --listen localhost:0 store &&
        soon test "$(grep -c '^listening on' "$said")" -ge 3 &&
        grep -q '^listening on \[::1\]:[1-9]' "$said" &&
        sed -n 's/^listening on //p' "$said" >addresses &&
        while read -r address; do serves "$address" || return; done <addresses &&
        test "$(sort -u addresses | wc -l)" -ge 3 &&
        stop "$pid"
}
ok 'listens on several addresses, IPv6 among them' several
taken() {
    start stretto-serve store &&
        exits 69 stretto-serve --listen "${url#http://}" store &&
        says "cannot listen on ${url#http://}: Address already in use" stretto-serve --listen "${url#http://}" store &&
        stop "$pid"
}
ok 'a port in use: 69, and why' taken
ok 'an unknown option: 64' exits 64 stretto-serve --no-such store
ok 'no source: 64' exits 64 stretto-serve
ok 'an invalid address: 64' exits 64 stretto-serve --listen 127.0.0.1:66000 store
ok 'no store there: 66' exits 66 stretto-serve --listen 127.0.0.1:0 nowhere
ok 'an unknown variable in the environment: 64' exits 64 env STRETTO_SERVE_LISTN=1 stretto-serve --listen \
    127.0.0.1:0 store
by_variable() {
    STRETTO_SERVE_NAME=here start stretto-serve store &&
        get "$url/stats.json" &&
        test "$(jq -r .name body)" = here &&
        stop "$pid"
}
ok 'a known variable sets an option' by_variable

limited() {
    start stretto-serve --rate-limit 5 store &&
        curl -sS -D fields -o /dev/null -w '%{http_code}\n' "$url/healthz?[1-20]" >codes
    test "$(grep -c 200 codes)" -ge 10 &&
        test "$(grep -c 429 codes)" -ge 1 &&
        tr -d '\r' <fields | grep -qx 'Retry-After: 1' &&
        soon serves "${url#http://}" &&
        get "$url/metrics" &&
        stop "$pid"
}
reload() {
    start stretto-serve store &&
        before=$url inner=$pid &&
        start stretto-serve "$before" --ignore-reload &&
        get "$url$chunk" &&
        get -H 'Cache-Control: no-cache' "$url$chunk" &&
        has X-Cache HIT &&
        get -H 'Pragma: no-cache' "$url$chunk" &&
        has X-Cache HIT &&
        stop "$pid" &&
        stop "$inner"
}
ok '--ignore-reload: a hit even if the client asks for a reload' reload
ok '--rate-limit: 429 with Retry-After' limited
crowded() { start stretto-serve --max-connections 4 --workers 1 store && client crowd 4 && stop "$pid"; }
ok '--max-connections: the others wait, and are served then' crowded

when='[0-3][0-9]/[A-Z][a-z][a-z]/20[0-9][0-9]:[0-2][0-9]:[0-5][0-9]:[0-6][0-9] +0000'
line='^127\.0\.0\.0 - - \['$when'\] "GET /songs/song/chunk_0\.ogg?x=%22 HTTP/1\.1" 200 [1-9][0-9]* "http://a/" "b\\x22c" - [0-9]* "-" "-"$'
lines() { test "$(wc -l <"$2")" -ge "$1"; }
logs() {
    start stretto-serve --access-log access.log store &&
        get -A 'b"c' -e http://a/ "$url/songs/song/chunk_0.ogg?x=%22" &&
        soon grep -q "$line" access.log &&
        client log &&
        soon lines 4 access.log || { cat access.log; return 1; }
    lacks '[^ -~]' access.log &&
        grep -q '"GET /a\\x22b\\x5c HTTP/1.1" 400 .*"evil\\x9b2J\\x80"' access.log &&
        grep -q '"-" 400 ' access.log
}
ok 'the log has a line per request, with shortened addresses and escaped control bytes' logs
reopens() {
    mv access.log old.log &&
        get "$url/healthz" &&
        kill -HUP "$pid" &&
        soon test -e access.log &&
        get "$url/names/song" &&
        soon grep -q 'GET /names/song' access.log &&
        lacks /names/song old.log &&
        stop "$pid"
}
ok 'SIGHUP reopens the log' reopens
rotated() { grep -q 'GET /healthz' old.log access.log; }
ok 'and no line is lost' rotated
whole() {
    start stretto-serve --access-log - --log-addresses store &&
        get "$url/healthz" &&
        soon grep -q '^127.0.0.1 - - ' "$said" &&
        stop "$pid"
}
ok '--log-addresses: whole ones' whole

drains() { start stretto-serve heavy && client drain "$chunk" "heavy$chunk" "$pid" && wait "$pid"; }
ok 'SIGTERM: no new clients, and open responses are finished' drains
forced() { start stretto-serve --grace 3600 heavy && client hold "$chunk" "$pid" && exits 0 wait "$pid"; }
ok 'a second one ends it at once' forced
graceful() { start stretto-serve --grace 1 heavy && client hang "$chunk" "$pid" && exits 0 wait "$pid"; }
ok 'and --grace is the longest that it takes' graceful
ends() { start stretto-serve store && client burst $chunk "$song/160/chunk_1.ogg" "$pid" && wait "$pid"; }
ok 'SIGTERM under load truncates no response' ends
goes_on() { wait $paused || { cat paused; return 1; }; }
ok 'a player continues after a pause of a minute' goes_on
finish
