#!/bin/sh
# What a listener reads and writes: playlists, its cache, events, sound files, and chunks with invalid content.
. ./tests/cli/listener.sh

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
ok 'a playlist with a byte order mark, CR and bad lines: valid lines are played, and 65' reads_bad bad.m3u8
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
ok 'a missing playlist: 66' exits 66 play --edge "$origin" nowhere.m3u8
only_bad() { printf 'no song!\n' >none.m3u8 && ! play --edge "$origin" none.m3u8; }
ok 'a playlist without songs is an error' only_bad

# ---- caches
no_room() {
    play --unpaced --cache /proc/nowhere/cache --edge "$origin" short 2>err &&
        grep -q 'nothing is kept' err &&
        events end | jq -e '.why == "finished" and .heard_ms == 11000'
}
ok 'a cache that cannot be created: the song is played, and a message says so' no_room
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

contents() { (cd "$1" && find . -type f -exec sha256sum {} + | sort); }
as_cache() { # a store as a cache: COMMAND...
    rm -rf st && cp -r store st && contents st >before &&
        ends_saying 64 'is a store, not a cache' timeout 60 "$@" && contents st | diff before - && test ! -e st/.incoming
}
ok '--cache with a store: 64, and the store stays as it is' \
    as_cache stretto-play -q --no-share --cache st --cache-size 50k --edge "$origin" -O null short
ok 'fetch too' as_cache stretto-fetch --cache st --cache-size 50k --edge "$origin" short -o st.ogg
foreign() {
    tiny() { timeout 60 stretto-fetch -b 96 --cache tiny --cache-size 250k --edge "$origin" "$1" -o tiny.ogg; }
    tiny short && test -d "tiny/songs/$(cat short.id)" && mkdir tiny/songs/mine && echo x >tiny/songs/mine/diary.txt &&
        tiny "$id" && test -s tiny/songs/mine/diary.txt && test ! -e "tiny/songs/$(cat short.id)"
}
ok 'a folder in the cache that is no song stays when room is made' foreign

# ---- events, and memory
peak() { # COMMAND...: kB in $peak
    /usr/bin/time -q -f %M -o peak "$@" || return
    peak=$(tail -n 1 peak)
}
many() { # SONGS
    yes short | head -n "$1" >many.txt &&
        rm -f events.jsonl &&
        peak timeout 600 stretto-play -O null --unpaced --events events.jsonl --edge "$origin" - <many.txt &&
        test "$(events end | grep -c finished)" -eq "$1"
}
small() { many 10 && few=$peak && many 200 && echo "# $few kB, then $peak kB" && test "$peak" -lt $((few + 30000)); }
ok 'unpaced, two hundred cached songs take hardly more memory than ten' small
rotated() {
    rm -rf cache events.jsonl first.jsonl
    stretto-play -O null --events events.jsonl --edge "$origin" --abr 96 "$id" >out 2>err &
    player=$! started="$started $!"
    await 'the first progress' grep -qs '"progress"' events.jsonl || return
    mv events.jsonl first.jsonl
    await 'a new events file' test -s events.jsonl || return
    kill -TERM $player && wait $player
    equals "$(cat first.jsonl events.jsonl | jq .seq | paste -sd ' ')" \
        "$(seq -s ' ' 0 $(($(cat first.jsonl events.jsonl | wc -l) - 1)))" &&
        events end | jq -e '.why == "skipped"'
}
ok 'an events file that is renamed: a new one is created, and no line is lost' rotated

mixed() { ends_saying 64 'name the same file' timeout 60 stretto-play --unpaced --no-cache --edge "$origin" "$@" short >mixed; }
ok 'samples and events on standard output: 64' mixed -O raw:- --events -
ok 'or in one file' eval 'mixed -O wav:mixed.wav --events ./mixed.wav && test ! -e mixed.wav'
long_id=$(printf '%065d' 0)
ok 'a --listener that the report would not read, of 65 bytes: 64' \
    ends_saying 64 'bytes' stretto-play -O null --edge "$origin" --listener "$long_id" short
new_listener() { # the id in the cache is replaced
    rm -rf cache events.jsonl && mkdir cache && printf '%s\n' "$1" >cache/listener &&
        says 'a new' timeout 60 stretto-play -O null --unpaced --events events.jsonl --edge "$origin" short &&
        equals "$(cat cache/listener)" "$(jq -r .listener events.jsonl | sort -u)" && test "$(wc -c <cache/listener)" -lt 65
}
ok 'a longer id in the cache is replaced' new_listener "$long_id"
ok 'a much longer one too' new_listener "$long_id$long_id"
all_of_it() {
    rm -rf cache events.jsonl && timeout 60 stretto-play -O null --unpaced --events events.jsonl --edge "$origin" \
        --listener "${long_id#0}" short && silently stretto-report events.jsonl &&
        sed "s/${long_id#0}/$long_id/" events.jsonl >long.jsonl && ! silently stretto-report --keep-going long.jsonl
}
ok 'a --listener of 64 bytes reaches the report' all_of_it

# ---- formats
# two chunks; stretto-encode would make 44.1 kHz of it
sox -R -n -r 8000 -c 1 -b 16 low.wav synth 16 sine 100-3000 gain -3 &&
    oggenc -Q -q 3 -o - low.wav | stretto-chunk | stretto-publish --name low store >low.id ||
    exit
tone wide.wav 12 && stretto-encode -b 96 wide.wav | stretto-chunk | stretto-publish --name wide store >wide.id
# FFmpeg has its own decoder, so samples may differ by 16-bit rounding
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
ok '8 kHz mono, then stereo, then mono: three files with the right samples' formats --unpaced
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
        lacks '"event":"stall"' events.jsonl &&
        same heard.wav mid.ogg &&
        test "$(grep -c 'chunk_.*ogg' renames)" -eq 3
}
ok 'a second for each rename in the cache: no stall, and all is played' no_holes

# ---- chunks with invalid content
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
ok 'memory is bounded even then' bounded null
rotten() {
    last=$(($(find "store/songs/$id/320" -name 'chunk_*' | wc -l) - 1)) &&
        head -c 50000 /dev/urandom >noise &&
        rotten=$(python3 "$root/tests/tools/reforge.py" store "$id" $last noise)
}
ok '(a last chunk that matches its hash, but is not audio)' rotten
cached() { # the song is in the cache first
    rm -rf cache &&
        mkdir -p cache/songs &&
        cp -r "store/songs/$rotten" cache/songs/ &&
        exits 65 timeout 60 stretto-play -O null --events events.jsonl --unpaced --edge "$edge" "$rotten" 2>err &&
        grep -q "damaged\|cannot get" err &&
        test "$(events end | jq .heard_ms)" -ge 60000
}
rm -f events.jsonl
ok 'in the cache, play: 65 with a reason, after the audio before it was played' cached
cached_fetch() {
    rm -rf cache &&
        mkdir -p cache/songs &&
        cp -r "store/songs/$rotten" cache/songs/ &&
        ends 65 . 30 timeout 60 stretto-fetch -o r.ogg --edge "$edge" "$rotten" &&
        test ! -e r.ogg
}
ok 'in the cache, fetch: 65' cached_fetch

finish
