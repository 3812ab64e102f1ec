#!/bin/sh
# stretto-play: it plays exactly the published samples on good and bad networks, and its events are correct.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone one.wav 32 && tone two.wav 21 && tone mono.wav 11 -c 1
for song in one two mono; do
    ffmpeg -v error -i $song.wav -metadata "title=Song $song" -metadata artist=Tones $song.flac </dev/null
    stretto-encode -b 96,160,320 $song.flac | stretto-chunk | stretto-publish --name $song store >$song.id
    for kbps in 96 160 320; do stretto-fetch --store store -b $kbps $song | oggdec -Q -b 16 -o $song.$kbps.wav -; done
done
id=$(cat one.id)
start stretto-serve store || exit
edge=$url edge_pid=$pid
serve store
broken=$url
play() { timeout 120 stretto-play --edge "$edge" --unpaced "$@"; }
samples() { soxi -s "$1"; }
# oggdec rounds to 16 bits, so samples may differ by this rounding
same() { # HEARD TRUE
    test "$(samples "$1")" -eq "$(samples "$2")" &&
        sox -V1 -m -v 1 "$1" -v -1 "$2" -n stats 2>stats &&
        awk '/^Max level/ {if ($3 > 0.00004) exit 1} /^Min level/ {if ($3 < -0.00004) exit 1}' stats ||
        { cat stats; soxi "$1" "$2"; return 1; }
}
events() { jq -c "select(.event == \"$1\")" events.jsonl; }

steady() { rm -rf cache && play -O wav:heard.wav --abr 320 one && same heard.wav one.320.wav; }
ok 'the sound equals the decoded published song' steady
once() {
    rm -rf cache &&
        play -O null --abr 320 one &&
        timeout 60 stretto-play --edge http://127.0.0.1:9 --unpaced -O wav:heard.wav --abr 320 one &&
        same heard.wav one.320.wav
}
ok 'after one play, the whole song is cached' once
low() {
    rm -rf cache &&
        play -O wav:low.wav --abr 96 --events events.jsonl one &&
        same low.wav one.96.wav &&
        events chunk | jq -es 'length > 0 and all(.kbps == 96)'
}
ok '--abr 96 requests no other bitrate' low
story() {
    jq -r .event events.jsonl |
        grep -v progress |
        uniq |
        paste -sd ' ' |
        grep -qx 'start playing chunk end\|start chunk playing chunk end' &&
        events end | jq -e '.why == "finished" and .heard_ms == 32000'
}
ok 'the events describe the play from start to end' story
always() {
    jq -e 'has("seq") and has("time_ms") and has("session") and has("listener") and has("song")' events.jsonl >said &&
        lacks '^false$|null' said &&
        equals "$(jq .seq events.jsonl | paste -sd ' ')" "$(seq -s ' ' 0 $(($(wc -l <events.jsonl) - 1)))"
}
ok 'each event has listener, kind, time and number' always
whole() {
    test "$(events chunk | jq .audio_ms | paste -sd + | bc)" -eq 32000 &&
        test "$(events chunk | jq .bytes | paste -sd + | bc)" -eq "$(cat store/songs/"$id"/96/chunk_*.ogg | wc -c)"
}
ok 'the events contain every byte and every second' whole
adapts() {
    rm -rf cache events.jsonl &&
        timeout 120 stretto-play --edge "$edge" -O wav:up.wav --events events.jsonl one &&
        lacks '"event":"stall"' events.jsonl &&
        test "$(samples up.wav)" -eq "$(samples one.96.wav)" &&
        test "$(events chunk | head -n 1 | jq .kbps)" -eq 96 &&
        test "$(events chunk | tail -n 1 | jq .kbps)" -eq 320
}
ok 'playback begins at a low bitrate and reaches the highest on a fast network' adapts
gapless() {
    rm -rf cache &&
        play -O wav:both.wav --abr 160 one two &&
        sox one.160.wav two.160.wav joined.wav &&
        same both.wav joined.wav
}
ok 'songs follow one another without a gap' gapless
list() {
    printf '#EXTM3U\n#EXTINF:32,One\nhttp://somewhere/stream/two?kbps=96\r\ntwo\n' |
        play -O wav:list.wav --abr 96 - &&
        sox two.96.wav two.96.wav joined.wav &&
        same list.wav joined.wav
}
ok 'a playlist on standard input, of names and addresses' list
raw() {
    play -O raw:- --abr 320 one | sox -t raw -e float -b 32 -r 44100 -c 2 -L - raw.wav &&
        same raw.wav one.320.wav
}
ok 'raw samples to standard output' raw
single() { play -O wav:m.wav --abr 320 mono && test "$(soxi -c m.wav)" -eq 1 && same m.wav mono.320.wav; }
ok 'mono stays mono' single
replay() {
    play -O wav:again.wav --abr 320 --events again.jsonl "$id" &&
        same again.wav one.320.wav &&
        jq -r 'select(.event == "chunk").source' again.jsonl | sort | uniq -c | grep -qx ' *3 cache'
}
ok 'a song that was heard comes from the cache' replay
offline() {
    timeout 60 stretto-play --edge http://127.0.0.1:9 --unpaced -O wav:off.wav --abr 320 one &&
        same off.wav one.320.wav
}
ok 'by its name too, without a server' offline
saver() {
    rm -rf cache events.jsonl &&
        play -O null --data-saver --events events.jsonl one &&
        events chunk | jq -es 'length > 0 and all(.kbps == 96)' &&
        rm -rf cache events.jsonl &&
        play -O null --network 4g --events events.jsonl one &&
        events chunk | jq -es 'length > 0 and all(.kbps <= 160)' &&
        events start | jq -e '.network == "4g"'
}
ok '--data-saver and --network bound the bitrate' saver
lean() { # with a rendition for 2G; the first chunk too, which is requested before the song's bitrates are known
    stretto-encode -b 45,96 one.flac | stretto-chunk | stretto-publish --name lean store >/dev/null &&
        rm -rf cache events.jsonl &&
        play -O null --data-saver --events events.jsonl lean &&
        events chunk | jq -es 'length == 3 and all(.kbps == 45)' &&
        rm -rf cache events.jsonl &&
        play -O null --network 2g --events events.jsonl lean &&
        events chunk | jq -es 'length == 3 and all(.kbps == 45)' &&
        rm -rf cache events.jsonl &&
        play -O null --network 3g --events events.jsonl lean &&
        events chunk | jq -es 'all(.kbps <= 96) and any(.kbps == 96)'
}
ok '--data-saver takes the lowest bitrate that the song has' lean
informed() { # the manifest comes from the tracker, before any byte has told how fast the link is
    printf '[{"name": "here", "url": "%s"}]' "$edge" >edges.json &&
        start stretto-track --edges edges.json --origin "$edge" &&
        rm -rf cache events.jsonl &&
        timeout 120 stretto-play --tracker "$url" --allow-local-peers --unpaced -O null --events events.jsonl lean &&
        events chunk | jq -es 'length == 3 and all(.kbps == 96)' &&
        stop "$pid"
}
ok 'the first chunk is not at the bitrate for 2G also when a tracker tells which there are' informed

not_over_tls

lied() { # HOW: the first edge fails in this way, the second is correct
    rm -rf cache events.jsonl &&
        timeout 120 stretto-play --edge "$broken/break/$1" --edge "$edge" -O wav:lied.wav --unpaced --abr 320 \
            --events events.jsonl "$id" &&
        same lied.wav one.320.wav
}
for how in flip short once silent; do ok "an edge that does this, and another goes on: $how" lied $how; done
clean() { kept_right cache store; }
ok 'no wrong bytes are cached' clean
# a changed byte of audio with a matching CRC of the page: only the chunk's hash detects it
wrong_hash() {
    two=$(cat two.id) &&
        rm -rf cache liar events.jsonl &&
        cp -r store liar &&
        python3 "$root/tests/tools/forge.py" "liar/songs/$two/320/chunk_1.ogg" &&
        oggz-validate "liar/songs/$two/320/chunk_1.ogg" &&
        start stretto-serve liar &&
        timeout 120 stretto-play --edge "$url" --edge "$edge" -O wav:forged.wav --abr 320 --events \
            events.jsonl two &&
        same forged.wav two.320.wav &&
        events reject | jq -e '.why == "hash" and .index == 1' &&
        clean &&
        stop "$pid"
}
ok 'an edge with a chunk that only fails its hash: the rest comes from another edge' wrong_hash
missing() { # a missing rendition
    rm -rf cache &&
        cp -r store holes &&
        rm -r holes/songs/"$id"/320 &&
        start stretto-serve holes &&
        timeout 120 stretto-play --edge "$url" --unpaced -O wav:h.wav --abr 320 one &&
        same h.wav one.160.wav &&
        stop "$pid"
}
ok 'a missing rendition: the next best one is played' missing

ok 'a song that no source has: 69' exits 69 play -O null nothing
ok 'and a message says so' says "'nothing' is not at" play -O null nothing
part() { play -O null nothing two; }
ok 'the others are played, and the status is that of the failure' exits 69 part
ok 'no response: 75, after the patience' exits 75 timeout 100 stretto-play --edge http://127.0.0.1:9 --cache \
    nowhere --patience 2 -O null one
ok 'an unknown rule: 64' exits 64 play --abr none one
ok 'no such output: 64' exits 64 play -O tape one
ok 'no song: 64' exits 64 play
ok 'a full disk: 74' exits 74 play -O raw:/dev/full one
ended() {
    rm -f events.jsonl
    stretto-play --edge "$edge" -O null --events events.jsonl one &
    player=$! started="$started $!"
    await 'the first progress' grep -qs '"progress"' events.jsonl || return
    kill -TERM $player
    exits 75 wait $player && events end | jq -e '.why == "skipped" and .heard_ms < 32000'
}
ok 'after SIGTERM, the events say that the song was skipped' ended
keys() {
    rm -f events.jsonl &&
        timeout 60 python3 "$root/tests/tools/keys.py" stretto-play --edge "$edge" -O null --events \
            events.jsonl one two
}
ok 'keys: next song, pause, seek, volume, quit' keys
pressed() {
    test "$(jq -r 'select(.event != "progress" and .event != "chunk" and .event != "switch").event' events.jsonl | paste -sd ' ')" = \
        'start playing end start playing pause seek end' &&
        test "$(events end | jq -r .why | paste -sd ' ')" = 'skipped skipped'
}
ok 'and the events contain them' pressed
head_only() {
    (
        trap '' PIPE
        timeout 60 stretto-play --edge "$edge" --unpaced -O raw:- --abr 96 one 2>said
        echo $? >status
    ) |
        head -c 1000 >part &&
        test "$(wc -c <part)" -eq 1000 &&
        ! grep . said &&
        test "$(cat status)" -gt 128
}
ok 'a reader that closes its pipe is not a failure' head_only
no_room() {
    timeout 60 stretto-play --edge "$edge" --unpaced -O wav:full.wav --abr 320 --events /dev/full two 2>said &&
        test "$(grep -c 'no more events are written' said)" -eq 1 &&
        same full.wav two.320.wav
}
ok 'events that cannot be written: one message, and the music continues' no_room
forever() {
    timeout 60 stretto-play --edge "$edge" --unpaced -O null --share 0.5 --tracker http://127.0.0.1:9 mono &&
        exits 64 stretto-play --edge "$edge" --share soon mono
}
ok '--share takes seconds or forever, and ends after the given time' forever
from_store() {
    rm -rf cache &&
        timeout 60 stretto-play --store store --unpaced -O wav:st.wav --abr 320 one &&
        same st.wav one.320.wav &&
        stretto-play --store store --list | grep -q mono &&
        STRETTO_STORE=nowhere timeout 60 stretto-play --edge "$edge" --unpaced -O null mono
}
ok 'a store on this machine is used unless an edge is given' from_store
ok 'no such store: 66' exits 66 stretto-play --store absent -O null one
device() {
    rm -rf events.jsonl &&
        timeout 60 stretto-play --edge "$edge" --unpaced --events events.jsonl mono &&
        events end | jq -e '.heard_ms == 11000'
}
ok "the system's sound" device
lists() {
    stretto-play --edge "$edge" --list | cut -f 2 | sort | paste -sd ' ' | grep -qx 'lean mono one two' &&
        stretto-play --edge "$edge" --search 'song two' | cut -f 4 | grep -qx 'Song two'
}
ok '--list and --search' lists
: "$edge_pid"
finish
