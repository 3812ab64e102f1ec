#!/bin/sh
# stretto-rtc: songs between two peers over WebRTC, the tracker and HTTP, and peers that violate the protocol.
. ./tests/lib.sh
command -v stretto-rtc >/dev/null || {
    skip 'peers over WebRTC' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'
    finish
}
liar=${LIAR:-$root/build/net/liar}
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 32 pinknoise pinknoise gain -12
stretto-encode -b 96 -b 320 song.wav | stretto-chunk | stretto-publish --name song store >/dev/null
id=$(cat store/names/song)
chunk=songs/$id/320/chunk_1.ogg size=$(stat -c %s "store/songs/$id/320/chunk_1.ogg")

python() { # SCRIPT [ARGS]: a server of the tests; sets $url
    servers=$((servers + 1)) said=$work/.server$servers
    python3 -u "$@" >"$said" 2>"$said.err" &
    pid=$!
    started="$started $pid"
    await_ready "$pid" "$said"
}
rtc() { # TRACKER UPSTREAM [ARGS]: a peer on loopback; sets $url, $pid and $peer
    rtc_tracker=$1 rtc_upstream=$2
    shift 2
    start stretto-rtc --tracker "$rtc_tracker" --upstream "$rtc_upstream" --address 127.0.0.1 "$@" || return
    await 'the id of the peer' grep -q '^peer ' "$said" && peer=$(sed -n 's/^peer //p' "$said")
    await 'the word of the tracker' curl -sf -o /dev/null "$url/healthz"
}
lie() { # HOW: a peer that misbehaves in this way; sets $peer
    said=$work/.liar-$1
    "$liar" "$tracker" answer "$1" >"$said" 2>&1 &
    pid=$!
    started="$started $pid"
    await "the liar $1" grep -q '^peer ' "$said" && peer=$(sed -n 's/^peer //p' "$said")
}
status() { curl -s -m 60 -o got -w '%{http_code}' "$@"; }
# a machine under load may be slower than the limits for a link and a first byte
patiently() { [ "$(status "$@")" != 504 ]; }
gives() { # STATUS URL [CURL'S ARGS]
    wanted=$1
    shift
    await "an answer of $1" patiently "$@"
    seen=$(status "$@")
    [ "$seen" = "$wanted" ] || { echo "status $seen"; head -c 200 got; return 1; }
}
metric() { curl -s "$1/metrics" | sed -n "s/^stretto_$2 //p"; }

start stretto-serve --workers 1 store
origin=$url
start stretto-track --origin "$origin"
tracker=$url
python "$root/tests/tools/rtcupstream.py"
odd=$url
rtc "$tracker" "$origin"
a=$url a_peer=$peer a_pid=$pid
rtc "$tracker" "$odd"
b=$url b_peer=$peer b_pid=$pid

# songs
ok 'a chunk comes from a peer' gives 200 "$b/rtc/$a_peer/$chunk"
same() { cmp got "store/$chunk"; }
ok 'with the right bytes' same
ok 'the link is kept for the next request' gives 200 "$b/rtc/$a_peer/$chunk"
ok 'there is only one link' test "$(metric "$b" rtc_links)" = 1
part() { # RANGE OFFSET BYTES
    gives 206 "$b/rtc/$a_peer/$chunk" -r "$1" && tail -c +$(($2 + 1)) "store/$chunk" | head -c "$3" | cmp - got
}
ok 'a range in the middle that is longer than one window' part 1000-200999 1000 200000
ok 'a range of one byte' part 0-0 0 1
ok 'a range without an end' part 1000- 1000 $((size - 1000))
ok 'a range that ends after the chunk' part 131072-99999999 131072 $((size - 131072))
curl -s -D fields -o got -r 5-9 "$b/rtc/$a_peer/$chunk"
ok 'its Content-Range is that of the chunk' grep -q "^Content-Range: bytes 5-9/$size" fields
ok 'it has the validators of the chunk' sh -c 'grep -qi "^ETag: \"$1" fields' - "$id"
ok 'a range of another form gets the whole chunk' gives 200 "$b/rtc/$a_peer/$chunk" -r -500
ok 'with all bytes' same
head_only() { curl -s -I "$b/rtc/$a_peer/$chunk" | tr -d '\r' >fields && grep -qx "Content-Length: $size" fields; }
ok 'HEAD returns the length' head_only
ok 'a small file is fetched too' gives 200 "$b/rtc/$a_peer/songs/$id/manifest.json"
ok 'and is the manifest' cmp got "store/songs/$id/manifest.json"
# on a busy machine a link may be silent for too long; the client sees that and repeats its request
fetched() { # CHUNK
    until curl -s -f -m 60 -o "got.$1" "$b/rtc/$a_peer/songs/$id/320/chunk_$1.ogg"; do
        [ $((again += 1)) -lt 20 ] || return
        sleep 0.5
    done
    cmp "got.$1" "store/songs/$id/320/chunk_$1.ogg"
}
many() {
    again=0
    for k in 0 1 2; do fetched $k & eval "p$k=$!"; done
    # shellcheck disable=SC2154
    wait "$p0" && wait "$p1" && wait "$p2"
}
ok 'three chunks at the same time' many

# error responses
ok 'a range after the end is 416' gives 416 "$b/rtc/$a_peer/$chunk" -r 99999999-
ok 'a missing chunk is 404' gives 404 "$b/rtc/$a_peer/songs/$id/320/chunk_77.ogg"
ok 'a path outside of /songs is 404' gives 404 "$b/rtc/$a_peer/metrics"
ok 'an invalid peer id is 404' gives 404 "$b/rtc/me/$chunk"
ok 'the peer sends requests over the same link' gives 404 "$a/rtc/$b_peer/songs/404"
ok 'a response of 429 is forwarded' gives 429 "$a/rtc/$b_peer/songs/429"
refused() { curl -s -m 60 -D fields -o got "$@" && grep -q '^HTTP/1.1 503' fields; }
ok 'a response of 503 is forwarded' await '503' refused "$a/rtc/$b_peer/songs/503"
ok 'with its Retry-After' grep -q '^Retry-After: 7' fields
ok 'a server without Content-Length is 502' gives 502 "$a/rtc/$b_peer/songs/endless"
broken() { exits 18 curl -s -m 60 -o got "$@"; }
ok 'an incomplete response of a server is incomplete for the client' await 'a broken connection' broken "$a/rtc/$b_peer/songs/early"
ok 'only GET and HEAD are for peers' gives 405 "$b/rtc/$a_peer/$chunk" -d x
nobody=0123456789abcdefghjkmnpqrs
ok 'an absent peer is 504' test "$(status "$b/rtc/$nobody/$chunk")" = 504
ok 'and so is its own id' test "$(status "$b/rtc/$b_peer/$chunk")" = 504

# without a reader, little is requested
mkfifo slow
curl -s -o slow "$a/rtc/$b_peer/songs/big" &
reader=$! started="$started $!"
exec 8<slow
head -c 1000 <&8 >/dev/null
given() { curl -s "$odd/given"; }
ok 'a client that does not read does not block others' gives 404 "$a/rtc/$b_peer/songs/404"
ok 'bytes that the client does not read are not requested' test "$(given)" -lt 20000000
kill $reader 2>/dev/null
exec 8<&-
idle() { [ "$(metric "$b" rtc_sent_bytes_total)" = "$(sleep 0.3 && metric "$b" rtc_sent_bytes_total)" ]; }
ok 'a client that disconnects stops the transfer' await 'an end of sending' idle
ok 'before all bytes were sent' test "$(given)" -lt 20000000
big() {
    gives 200 "$a/rtc/$b_peer/songs/big" &&
        python3 -c 'import sys; sys.exit(open("got", "rb").read() != bytes(range(251)) * 120000)'
}
ok '30 MB arrive completely' big

# four at a time
for n in 1 2 3 4; do
    curl -sN -o "stuck.$n" "$a/rtc/$b_peer/songs/stuck" &
    eval "stuck$n=$!"
    started="$started $!"
    await 'the first bytes' test -s "stuck.$n"
done
ok 'a fifth request is 503' await '503' refused "$a/rtc/$b_peer/songs/404"
ok 'with a Retry-After' grep -q '^Retry-After: 1' fields
# shellcheck disable=SC2154
kill "$stuck1" && wait "$stuck1" 2>/dev/null
ok 'after one has ended, there is room again' await 'room' gives 404 "$a/rtc/$b_peer/songs/404"
# shellcheck disable=SC2154
kill "$stuck2" "$stuck3" "$stuck4"

# announces
post() { curl -s -m 60 -o got -w '%{http_code}' -H 'Content-Type: application/json' -d "$1" "$a/announce"; }
have="{\"peer_id\": \"mine\", \"port\": 8999, \"upload_kbps\": 1000, \"songs\": {\"$id\": {\"320\": [[0, 2]]}}}"
ok 'a player announces through it' test "$(post "$have")" = 200
ok 'and gets the response of the tracker' jq -e '.interval > 0' got
listed() {
    curl -s -d "{\"song_id\": \"$id\", \"kbps\": 320, \"rtc\": true}" -H 'Content-Type: application/json' "$tracker/peers" >peers &&
        jq -e --arg url "rtc:$a_peer" '.peers[] | select(.url == $url)' peers >/dev/null
}
ok 'the tracker names it as a peer over WebRTC' await 'the peer in the list' listed
ok 'an announce that is not JSON is 400' test "$(post 'x')" = 400
web() { [ "$(status -H 'Origin: http://example.org' -d "$have" "$a/announce")" = 403 ]; }
ok 'a web page cannot announce' web

# peers that violate the protocol
for how in unasked headless kind long nothttp twice more; do
    lie $how
    lied() { code=$(status "$b/rtc/$peer/$chunk"); [ "$code" = 502 ] || [ "$code" = 000 ] || [ "$code" = 200 ]; }
    before=$(metric "$b" rtc_breaches_total)
    ok "a peer that violates the protocol is detected: $how" await 'an answer' lied
    ok "and counted: $how" await 'the count' test "$(metric "$b" rtc_breaches_total)" -gt "$before"
    curl -s -o got "$b/rtc/$peer/$chunk"
    ok "and gets no further request: $how" grep -q 'broken the rules' got
    stop "$pid"
done
for how in range early; do
    lie $how
    bad() {
        code=$(curl -s -m 60 -o got -w '%{http_code} %{exitcode}' "$b/rtc/$peer/$chunk")
        [ "$code" = '502 0' ] || [ "$code" = '200 18' ]
    }
    ok "a response with other bytes than requested is refused: $how" await 'an answer' bad
    stop "$pid"
done
lie silent
ok 'a silent peer is 504' test "$(status "$b/rtc/$peer/$chunk")" = 504
stop "$pid"
lie fine
ok 'an honest peer is used' gives 200 "$b/rtc/$peer/$chunk"
stop "$pid"
asked() { "$liar" "$tracker" ask "$@" >answers 2>&1; }
five() { asked "$b_peer" five /songs/stuck && [ "$(sort answers | uniq -c | tr -s ' ')" = "$(printf ' 4 head 206\n 1 head 503')" ]; }
ok 'a fifth request of a peer is 503' five
paths() { asked "$a_peer" paths /x && [ "$(uniq -c answers | tr -s ' ')" = ' 5 head 404' ]; }
ok 'peers get songs and nothing else' paths
posts() { asked "$a_peer" post "/$chunk" && [ "$(uniq -c answers | tr -s ' ')" = ' 5 head 405' ]; }
ok 'and cannot post' posts
for how in nothttp body same; do
    shut() { asked "$b_peer" "$how" /songs/stuck && grep -q '^closed' answers; }
    ok "a peer with invalid requests is banned: $how" shut
done
unread() { asked "$b_peer" unread /songs/big && cat answers && grep -q '^closed' answers; }
ok 'a peer that asks and does not read loses its link' unread

# datagrams of strangers, which ICE, STUN and DTLS get to see: before a link and during a transfer
strange() { python3 "$root/tests/tools/icenoise.py" "$1" "$2" 3000 && kill -0 "$1"; } # PID SEED
noisy() {
    gives 200 "$b/rtc/$a_peer/$chunk" && strange "$a_pid" 1 && strange "$b_pid" 2 || return
    curl -s -m 60 -o none "$a/rtc/$b_peer/songs/big" &
    reader=$! started="$started $!"
    strange "$a_pid" 3 && strange "$b_pid" 4
    kill $reader 2>/dev/null
    gives 200 "$b/rtc/$a_peer/$chunk" && cmp got "store/$chunk"
}
ok 'datagrams of strangers end no peer, and change no byte' noisy

# a peer whose bytes are wrong, and a player that starts stretto-rtc itself
sox -R -n -r 44100 -c 2 -b 16 short.wav synth 14 pinknoise gain -12
stretto-encode -b 320 short.wav | stretto-chunk -d 2 | stretto-publish --name short store >/dev/null
short=$(cat store/names/short)
cp -r store false
for file in false/songs/"$short"/320/chunk_*.ogg; do printf x | dd of="$file" bs=1 seek=3000 conv=notrunc 2>/dev/null; done
start stretto-serve --workers 1 false
rtc "$tracker" "$url"
wrong=$peer
has_short="{\"peer_id\": \"x\", \"port\": 8999, \"upload_kbps\": 100000, \"songs\": {\"$short\": {\"320\": [[0, 6]]}}}"
lists_wrong() {
    curl -s -o got -H 'Content-Type: application/json' -d "$has_short" "$url/announce"
    curl -s -d "{\"song_id\": \"$short\", \"rtc\": true}" "$tracker/peers" | jq -e --arg url "rtc:$wrong" '.peers[] | select(.url == $url)'
}
ok 'the tracker names a peer that sends wrong bytes' await 'the peer in the list' lists_wrong
plays() {
    STRETTO_RTC_ADDRESS=127.0.0.1 stretto-play -q --tracker "$tracker" --edge "$origin" --allow-local-peers --cache played -O null \
        --buffer 5 --events events.jsonl short
}
ok 'a player beside it plays to the end' plays
rejects() { jq -es --arg peer "$wrong" 'any(.event == "reject" and .from == $peer)' events.jsonl; }
ok 'it rejects what the peer sends' rejects
right() { for k in 0 1 2 3 4 5 6; do cmp "played/songs/$short/320/chunk_$k.ogg" "store/songs/$short/320/chunk_$k.ogg" || return; done; }
ok 'and keeps only right bytes' right
none() { jq -es 'any(.event == "chunk" and .source == "peer") | not' events.jsonl; }
ok 'of which none are of the peer' none
smooth() { jq -es 'any(.event == "stall") | not' events.jsonl; }
ok 'without a stall' smooth

# a listener that HTTP reaches: natives are told of it once, and pages, which reach WebRTC peers alone, too
start stretto-track --origin "$origin" --interval 2 --ttl 30
near=$url
sharing() { # NAME: its songs are in the folder NAME
    STRETTO_RTC_ADDRESS=127.0.0.1 stretto-fetch --tracker "$near" --edge "$origin" --allow-local-peers --cache "$1" --share forever \
        -o "$1.ogg" song 2>"$1.err" &
    sharer=$! started="$started $!"
    await 'its file' test -s "$1.ogg"
}
sharing shared
urls() { curl -s -d "{\"song_id\": \"$id\", \"rtc\": true$1}" "$near/peers" | jq -r '.peers[].url' >urls; } # MEMBERS
over_http() { urls '' && [ "$(cut -c 1-7 urls)" = http:// ]; }
ok 'a listener that HTTP reaches is named by its address' await 'its address' over_http
to_pages() { urls ', "http": false' && [ "$(cut -c 1-4 urls)" = rtc: ]; }
ok 'and to pages, once they ask, by its id' await 'its id' to_pages
near_peer=$(sed 's/^rtc://' urls)
ok 'natives still see it once' over_http
rtc "$near" "$origin"
song_of_it=songs/$id/$(find "shared/songs/$id" -name 'chunk_1.ogg' -printf '%P\n' | head -n 1)
ok 'and its chunks come over WebRTC' gives 200 "$url/rtc/$near_peer/$song_of_it"
ok 'with the right bytes' cmp got "store/$song_of_it"
kill "$sharer" && wait "$sharer" 2>/dev/null
left() { urls ', "http": false' && [ ! -s urls ] && urls '' && [ ! -s urls ]; }
ok 'when it ends, it leaves both lists' await 'its end' left

# few links
rtc "$tracker" "$odd" --links 1
c=$url c_pid=$pid
ok 'with --links 1 there is a link to one peer' gives 200 "$c/rtc/$a_peer/$chunk"
ok 'an idle link is replaced by another' gives 404 "$c/rtc/$b_peer/songs/404"
ok 'and there is still only one' test "$(metric "$c" rtc_links)" = 1
curl -sN -o held "$c/rtc/$b_peer/songs/stuck" &
held=$! started="$started $!"
await 'its first bytes' test -s held
ok 'a link in use is not closed' await '503' refused "$c/rtc/$a_peer/$chunk"
kill $held
stop "$c_pid"

# strangers who offer links and do not open them
python "$root/tests/tools/rtctracker.py"
passes=$url
rtc "$passes" "$origin"
d=$peer
rtc "$passes" "$odd" --links 2
f=$url f_pid=$pid
offers() { python3 "$root/tests/tools/rtcoffers.py" "$passes" "$peer" 3 >told && [ "$(tr '\n' ' ' <told)" = 'answer no no ' ]; }
ok 'links that strangers do not open are half of all' offers
wanted() { [ "$(status "$f/rtc/$d/$chunk")" = 200 ]; }
ok 'and one that they do not open gives way to a peer that is asked for something' wanted
stop "$f_pid"

# end of the program
curl -s -o dead "$b/rtc/$a_peer/songs/$id/manifest.json"
curl -sN -o cut "$a/rtc/$b_peer/songs/stuck" &
waits=$! started="$started $!"
await 'its first bytes' test -s cut
kill -9 "$b_pid"
wait "$b_pid" 2>/dev/null
gone() { wait $waits; }
ok 'kill -9 of a peer makes its responses incomplete' exits 18 gone
ok 'and then it is absent' test "$(status "$a/rtc/$b_peer/songs/404")" = 504
ok 'SIGTERM ends it' stop "$a_pid"

# malicious trackers
python "$root/tests/tools/rtctracker.py" drop
rtc "$url" "$origin"
d=$peer
rtc "$rtc_tracker" "$origin"
ok 'lost signals are 504' test "$(status "$url/rtc/$d/$chunk")" = 504
python "$root/tests/tools/rtctracker.py" stray
rtc "$url" "$origin"
d=$peer
rtc "$rtc_tracker" "$origin"
ok 'a certificate that does not match the id is refused' test "$(status "$url/rtc/$d/$chunk")" = 504
start stretto-rtc --tracker http://127.0.0.1:9 --upstream "$origin" --address 127.0.0.1
ok 'an unreachable tracker is reported' test "$(curl -s -o got -w '%{http_code}' "$url/healthz")" = 200
ok 'and no peer is found' test "$(status "$url/rtc/$d/$chunk")" = 504
ok 'and SIGTERM still ends it' stop "$pid"

# the key
keyed() { rtc "$tracker" "$origin" --key peer.key; }
keyed && first=$peer && stop "$pid"
ok 'a key that is kept is for its owner alone' test "$(stat -c %a peer.key)" = 600
again() { keyed && [ "$peer" = "$first" ] && stop "$pid"; }
ok 'and makes the same peer after a restart' again
other() { rtc "$tracker" "$origin" && [ "$peer" != "$first" ] && stop "$pid"; }
ok 'without one it is another' other
echo nonsense >bad.key
ok 'a file that is no key' exits 65 stretto-rtc --tracker "$tracker" --upstream "$origin" --key bad.key
ok 'a key that cannot be written' exits 73 stretto-rtc --tracker "$tracker" --upstream "$origin" --key none/peer.key

# usage
ok 'no tracker named' exits 64 stretto-rtc --upstream "$origin"
ok 'no upstream named' exits 64 stretto-rtc --tracker "$tracker"
ok 'an upstream that is not a URL' exits 64 stretto-rtc --tracker "$tracker" --upstream here
ok 'an invalid address' exits 64 stretto-rtc --tracker "$tracker" --upstream "$origin" --address localhost
ok 'a port that is in use' exits 69 stretto-rtc --tracker "$tracker" --upstream "$origin" --listen "${origin#http://}"
finish
