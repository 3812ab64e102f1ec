#!/bin/sh
# stretto-encode: accepted input, loudness, and refused input.
. ./tests/lib.sh
tone song.wav 12

streams() {
    stretto-encode -b 96,320 song.wav >song.ogg &&
        ogginfo song.ogg | grep -c 'Playback length: 0m:12.000s' | grep -qx 2
}
clean() { oggz-validate song.ogg && ogginfo song.ogg >info && lacks '[Ww]arn|WARN' info; }
same() {
    stretto-encode -j1 song.wav | md5sum >one &&
        TZ=Asia/Tokyo LC_ALL=C.UTF-8 stretto-encode -j4 - <song.wav | md5sum >two &&
        cmp one two
}
piped() {
    mkdir -p else &&
        cp song.wav else/other &&
        (cd else && ffmpeg -v error -i other -c copy -f wav - | stretto-encode - 2>/dev/null) >three &&
        test -s three &&
        ffmpeg -v error -y -i song.wav -c copy song2.wav &&
        prints three stretto-encode song2.wav
}
ok 'one Ogg stream holds a Vorbis stream per bitrate' streams
ok 'which validates without a warning' clean
ok '-j, time zone, locale and pipe do not change the bytes' same
ok 'a pipe and a file give the same output' piped

lufs() {
    ffmpeg -hide_banner -nostats -i "$1" -af ebur128=peak=true -f null - 2>&1 |
        awk '/^ *I:/ {i = $2} END {print i}'
}
within() {
    [ -n "$1" ] && [ -n "$2" ] &&
        awk -v a="$1" -v b="$2" -v d="$3" 'BEGIN {exit !(a - b <= d && b - a <= d)}' ||
        { echo "$1 is not near $2"; return 1; }
}
loud() {
    stretto-encode -b 160 --stats stats "$1" >loud.ogg &&
        jq -e '.limited_by == "none"' stats &&
        within "$(lufs loud.ogg)" -14 0.2
}
limited() {
    stretto-encode -b 160 --stats stats peaky.wav >p.ogg &&
        jq -e '.limited_by == "true_peak" and .lufs < -15 and .true_peak == -1' stats
}
sox -R song.wav quiet.wav gain -6
sox -R -n -r 44100 -c 2 peaky.wav synth 5 noise synth 5 square amod 1 0 gain -1 trim 0 5
sox -R -n -r 44100 -c 2 click.wav trim 0 6
sox -R -n -r 44100 -c 2 burst.wav synth 0.01 sine 500 gain -2
sox -R song.wav soft.wav gain -25
sox -R soft.wav burst.wav peaky.wav
ok 'a loud song comes to -14 LUFS by an independent meter' loud song.wav
ok 'a quiet one too' loud quiet.wav
ok 'the gain is limited by the true peak, and a message says so' limited
# before encoding: the source with the same gain, measured by ffmpeg (one decimal)
peak() { # FILE [GAIN]
    ffmpeg -hide_banner -nostats -i "$1" -af "volume=${2:-0}dB:precision=double,ebur128=peak=true" -f null - 2>&1 |
        awk '/Peak:/ {p = $2} END {print p}'
}
peaks() {
    for file in song.wav quiet.wav peaky.wav soft.wav; do
        stretto-encode -b 96 --stats stats -o peaks.ogg "$file" &&
            within "$(peak "$file")" "$(jq .source_true_peak stats)" 0.11 &&
            peak "$file" "$(jq .gain_db stats)" | awk '{exit !($1 <= -0.95)}' || { echo "$file"; return 1; }
    done
}
ok 'no true peak is above the limit before coding, by an independent meter' peaks
build() { # the files of libvorbis as the loader finds them, by readelf
    stretto-encode -b 96 --stats stats -o b.ogg song.wav &&
        jq -e '(.libvorbis.version | test("libVorbis [0-9.]+")) and (.machine | length > 0)' stats &&
        ldd "$(command -v stretto-encode)" |
        awk '/libvorbis(enc)?[.]so/ {print $3}' | while read -r file; do
            wanted=$(readelf -n "$file" | awk '/Build ID/ {print $3}') &&
                jq -e --arg id "$wanted" --arg file "${file##*/}" '.libvorbis.build_ids[$file] == $id' stats ||
                exit
        done &&
        for feature in $(jq -r '.cpu_features[]' stats | tr . _); do
            grep -qw "$feature" /proc/cpuinfo || { echo "$feature"; return 1; }
        done
}
ok 'the statistics name the build of libvorbis and what the processor can do' build
silent() {
    says 'nearly silent' stretto-encode click.wav &&
        stretto-encode --stats stats -o s.ogg click.wav &&
        jq -e '.gain_db == 0 and .lufs == null' stats
}
ok 'silence is not amplified, and a message says so' silent
blip() {
    says 'shorter than 0.4 s, too short to measure: its loudness is left alone' stretto-encode burst.wav &&
        lacks silent .stderr
}
ok 'input too short to measure is not reported as silent' blip
spoken() { silently stretto-encode -b 96 song.wav; }
ok 'other input causes no message' spoken
one_or_two() { # a mono file becomes as loud as its stereo copy
    sox song.wav -c 1 one.wav &&
        sox one.wav -c 2 two.wav &&
        stretto-encode -b 96 --stats one -o o.ogg one.wav &&
        stretto-encode -b 96 --stats two -o o.ogg two.wav &&
        within "$(jq .gain_db one)" "$(jq .gain_db two)" 0.02 &&
        stretto-encode --single-mono -b 96 --stats single -o o.ogg one.wav &&
        within "$(jq .source_lufs single)" "$(jq '.source_lufs - 3.01' one)" 0.02
}
ok 'mono is measured as two speakers, or on request as one' one_or_two
dual() {
    ffmpeg -hide_banner -nostats -i one.wav -af ebur128=dualmono=true -f null - 2>&1 |
        awk '/^ *I:/ {i = $2} END {print i}'
}
ok 'as ffmpeg measures dual mono' within "$(dual)" "$(jq .source_lufs one)" 0.1
raw() {
    sox song.wav -t s16 - | prints plain stretto-encode -b 96 --raw s16le:44100:2 - &&
        sox song.wav -t s16 cut.raw &&
        head -c 1000001 cut.raw | stretto-encode -b 96 --raw s16le:44100:2 - >o.ogg
}
stretto-encode -b 96 song.wav >plain
ok '--raw takes bare samples, which become the same song' raw
ok '--raw of an unknown format: 64' exits 64 stretto-encode --raw s17le:44100:2 song.wav
ok '--raw without a rate: 64' exits 64 stretto-encode --raw s16le song.wav
tracks() {
    ffmpeg -v error -y -i song.wav -f lavfi -i sine=440:d=5 -map 0:a -map 1:a -c:a flac tracks.mka &&
        says 'of its 2 audio tracks, number 1 was taken' stretto-encode -b 96 tracks.mka &&
        stretto-encode -b 96 --track 2 tracks.mka 2>said >o.ogg &&
        test ! -s said &&
        ogginfo o.ogg | grep 'Playback length: 0m:05'
}
ok '--track selects one of several tracks; without it, a note names the selected one' tracks
ok 'a track that does not exist: 65' exits 65 stretto-encode --track 3 tracks.mka
gain() {
    stretto-encode --gain -3 -b 96 --stats stats song.wav >g.ogg &&
        jq -e '.gain_db == -3' stats &&
        stretto-encode --no-normalize --stats stats -o g.ogg song.wav &&
        jq -e '.gain_db == 0' stats
}
ok '--gain and --no-normalize have their effect' gain
measures() {
    stretto-encode --measure song.wav quiet.wav >m &&
        test "$(wc -l <m)" -eq 4 &&
        stretto-encode --measure --json song.wav | jq -e -s 'length == 2 and .[1].file == "all"'
}
ok '--measure prints a line per file and one for all together' measures

plays() { # NAME FFMPEG-ARGUMENTS...: an input made so gives 12 s
    name=$1
    shift
    ffmpeg -v error -y -i song.wav "$@" "$name" && stretto-encode -b 96 "$name" >o.ogg &&
        ogginfo o.ogg | grep 'Playback length: 0m:1[12]'
}
for format in 'a.flac -c:a flac' 'b.mp3 -b:a 128k' 'c.m4a -c:a aac' 'd.opus -c:a libopus' \
    'e.mka -c:a flac' 'f.aiff -c:a pcm_s24be' 'g.wav -c:a pcm_f32le' \
    'h.wav -c:a pcm_u8 -ar 8000' 'i.wav -c:a pcm_s32le -ar 192000' 'j.wv -c:a wavpack' 'k.ogg -c:a libvorbis' \
    'l.ts -c:a aac' 'm.wav -ac 6' 'n.wav -ac 8' 'o.aac -c:a aac' 'p.au -ar 48000'; do
    # shellcheck disable=SC2086 # a name and its arguments
    ok "reads ${format%% *} (${format#* })" plays $format
done
video() {
    ffmpeg -v error -y -f lavfi -i testsrc=s=64x64:d=12 -i song.wav -metadata title=Film -c:v mpeg4 -c:a aac v.mp4 &&
        stretto-encode -b 96 v.mp4 >o.ogg &&
        ogginfo o.ogg | grep -i 'title=Film'
}
ok 'takes the sound of a video, with its tags' video
mono() { sox song.wav -c 1 mono.wav && stretto-encode -b 96 mono.wav >o.ogg && ogginfo o.ogg | grep -q 'Channels: 1'; }
ok 'mono stays mono' mono

nothing() { # COMMAND...: exits 65, one line on stderr, nothing on stdout
    "$@" >out 2>err
    [ $? -eq 65 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] || { cat err; wc -c out; return 1; }
}
: >empty
seq 100000 >text
head -c 300000 /dev/urandom >random
half() { head -c $(($(wc -c <"$1") / 2)) "$1" >"half-$1"; nothing stretto-encode "half-$1"; }
ok 'refuses an empty file' nothing stretto-encode empty
ok 'refuses text' nothing stretto-encode text
ok 'refuses noise' nothing stretto-encode random
for cut in song.wav a.flac c.m4a f.aiff j.wv k.ogg v.mp4 e.mka; do ok "refuses $cut cut in half" half $cut; done
hole() {
    cp a.flac hole.flac &&
        printf 'stretto was here' | dd of=hole.flac bs=1 seek=300000 conv=notrunc 2>/dev/null &&
        nothing stretto-encode hole.flac
}
ok 'refuses damage inside' hole
going() {
    says 'passed over' stretto-encode --keep-going hole.flac &&
        stretto-encode --keep-going --stats stats hole.flac -o k2.ogg &&
        jq -e '.damage | length > 0' stats
}
ok 'but with --keep-going it continues and reports the damage' going
nan() {
    ffmpeg -v error -y -i song.wav -c:a pcm_f32le nan.wav &&
        printf '\377\377\377\377\377\377\377\377' | dd of=nan.wav bs=1 seek=200000 conv=notrunc 2>/dev/null &&
        nothing stretto-encode nan.wav
}
ok 'refuses samples that are not numbers' nan
length() {
    cp song.wav long.wav &&
        printf '\377\377\377\017' | dd of=long.wav bs=1 seek=40 conv=notrunc 2>/dev/null &&
        nothing stretto-encode long.wav
}
ok 'refuses a header that states more data than there are' length
endless() {
    sox song.wav -t wav - 2>/dev/null | stretto-encode -b 96 - >o.ogg &&
        ogginfo o.ogg | grep 'Playback length: 0m:12'
}
ok 'accepts a WAV from a pipe, whose header has no length' endless

echo secret >secret.txt
printf "ffconcat version 1.0\nfile '%s/song.wav'\n" "$PWD" >concat.mp3
printf '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n%s/song.wav\n#EXT-X-ENDLIST\n' "$PWD" >list.mp3
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n' >sdp.wav
cat >dash.flac <<EOF
<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet mimeType="audio/mp4">
<Representation id="1"><BaseURL>$PWD/c.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>
EOF
for list in concat.mp3 list.mp3 sdp.wav dash.flac; do
    ok "opens no other file for $list" nothing stretto-encode $list
done
opened() {
    ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=openat,open,connect,socket stretto-encode concat.mp3 >/dev/null 2>&1
    grep -q concat.mp3 trace && lacks 'song.wav|connect' trace
}
ok 'not even by trying' opened
ok 'an address is treated as a missing file' exits 66 stretto-encode http://127.0.0.1/x
ok 'and so is a protocol of FFmpeg' exits 66 stretto-encode concat:song.wav
ok 'an unknown quality step is wrong usage' exits 64 stretto-encode -b 100 song.wav
ok 'and one given twice' exits 64 stretto-encode -b 96,96 song.wav
# without the quarantine of sanitizers, which grows with freed memory
memory() { # COMMAND...: its maximum memory, kB
    ASAN_OPTIONS=quarantine_size_mb=1 python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
bounded() {
    sox -R -n -r 8000 -c 1 -b 16 hour.wav synth 3600 sine 440 gain -9 &&
        sox hour.wav minutes.wav trim 0 360 ||
        return
    for way in '' -; do
        short=$(memory stretto-encode -r 8000 -b 96 ${way:-minutes.wav} <minutes.wav) &&
            long=$(memory stretto-encode -r 8000 -b 96 ${way:-hour.wav} <hour.wav) ||
            return
        echo "$short kB for 6 minutes, $long kB for an hour"
        [ "$long" -le $((short + 8000)) ] || return
    done
}
ok 'an hour takes the memory of six minutes, from a file and a pipe' bounded
same_file() { ln -s both link && ends_saying 64 'name the same file' stretto-encode -b 96 song.wav -o both --stats "$1"; }
ok '-o and --stats with one file: 64' same_file both
ok 'by two names too' eval 'rm link && : >both && same_file ./link && test ! -s both'
no_tmp() { TMPDIR=$work/nowhere stretto-encode -b 96 song.wav -o tmp.ogg; }
ok 'no folder for temporary files: 73, which names TMPDIR' ends_saying 73 'TMPDIR' no_tmp
full() { stretto-encode -b 96 song.wav >/dev/full; }
ok 'notices a full disk' exits 74 full
finish
