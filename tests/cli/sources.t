#!/bin/sh
# Audio from other programs: pipes without a length, tags after the audio, foreign Ogg, gapless
# albums. The numbers of samples are compared with ffmpeg and mpv.
. ./tests/lib.sh
tone song.wav 12

by_ffmpeg() { ffmpeg -v quiet -i "$1" -map 0:a:0 -f s16le -ac 2 -ar 44100 - | wc -c | awk '{print $1 / 4}'; }
by_mpv() {
    mpv --no-config --no-video --ao=pcm --ao-pcm-file=mpv.pcm --ao-pcm-waveheader=no --audio-channels=stereo \
        --audio-format=s16 "$1" >/dev/null 2>&1
    wc -c <mpv.pcm | awk '{print $1 / 4}'
    rm mpv.pcm
}
samples() { oggdec -Q -R -o - "$1" | wc -c | awk '{print $1 / 4}'; }
encoded() { stretto-encode -b 96 "$@" >o.ogg 2>said && samples o.ogg; }
equal() { [ -n "$1" ] && [ "$1" -gt 0 ] && [ "$1" = "$2" ] || { echo "$1, not $2"; cat said; return 1; }; }

# --- pipes
piped() { # SAMPLES COMMAND: its output in a pipe has this many samples
    sh -c "$2 | cat" >piped 2>/dev/null && test -s piped && equal "$(encoded - <piped)" "$1"
}
lame --quiet -b 128 song.wav song.mp3
flac -s -o song.flac song.wav
opusenc --quiet song.wav song.opus
wavpack -q song.wav -o song.wv
for format in wav w64 caf aiff au flac tta wv; do
    ok "ffmpeg into a pipe: $format" piped 529200 "ffmpeg -v error -i song.wav -f $format -"
done
for format in wav aiff au flac; do ok "sox into a pipe: $format" piped 529200 "sox song.wav -t $format -"; done
ok 'lame --decode' piped 529200 'lame --quiet --decode song.mp3 -'
ok 'flac -dc' piped 529200 'flac -sdc song.flac'
ok 'opusdec' piped 529200 'opusdec --quiet --force-wav song.opus -'
ok 'oggdec' piped 529200 'oggenc -Q -q 5 -o - song.wav | oggdec -Q -o - -'
ok 'wvunpack' piped 529200 'wvunpack -q song.wv -o -'
ok 'a stream that ends inside a frame of samples' piped 249980 'ffmpeg -v error -i song.wav -f wav - | head -c 999999'
same() { ffmpeg -v error -i song.wav -f wav - | cat | prints plain.ogg stretto-encode -b 96 -; }
stretto-encode -b 96 song.wav >plain.ogg
ok 'and is the same song as from a file' same
tells() { ffmpeg -v error -i song.wav -f wav - | says 'a truncation would not be noticed' stretto-encode -b 96 -; }
ok 'a note says that its length is unknown' tells
known() { silently stretto-encode -b 96 "$1"; }
for file in song.wav song.mp3 song.flac song.opus song.wv; do ok "of $file nothing is said" known $file; done
cut() { head -c "$2" "$1" >"cut-$1" && exits 65 stretto-encode "cut-$1" >/dev/null; }
for file in song.wav song.mp3 song.flac song.opus song.wv; do ok "$file cut short is refused" cut $file 90000; done
ffmpeg -v error -i song.wav -f matroska -live 1 -c:a flac - >live.mka
live() { head -c 400000 live.mka >cut.mka && says 'a truncation would not be noticed' stretto-encode -b 96 cut.mka; }
ok 'a note says that the length of a truncated live Matroska is unknown' live

# --- data after the audio of an MP3
ffmpeg -v error -i song.wav -b:a 128k -write_xing 0 bare.mp3
printf 'LYRICSBEGINLYR00011some words000026LYRICS200' >lyrics
printf 'TAG%-125s' title >id3v1
head -c 5000 /dev/zero >zeros
seq 2000 >junk
for file in bare song; do
    for tail in lyrics id3v1 zeros junk; do
        behind() { cat $file.mp3 $tail >tailed.mp3 && equal "$(encoded tailed.mp3)" "$(by_ffmpeg $file.mp3)"; }
        ok "$tail after $file.mp3 is skipped" behind
    done
done
noted() { cat bare.mp3 junk >tailed.mp3 && says 'that is not audio' stretto-encode -b 96 tailed.mp3; }
ok 'and noted' noted
ok 'a note says that the length of an MP3 without a frame count is unknown' says 'a truncation would not be noticed' \
    stretto-encode -b 96 bare.mp3
hole() {
    cp bare.mp3 hole.mp3 &&
        dd if=zeros of=hole.mp3 bs=1 seek=60000 conv=notrunc 2>/dev/null &&
        exits 65 stretto-encode -b 96 hole.mp3 >/dev/null
}
ok 'missing data inside are damage' hole

# --- Ogg of other programs, and edited
edit() { python3 "$root/tests/tools/oggedit.py" "$@"; }
oggenc -Q -q 5 -o oggenc.ogg song.wav
oggenc -Q --managed -b 128 -o managed.ogg song.wav
ffmpeg -v error -i song.wav -c:a libvorbis ffmpeg.ogg
ffmpeg -v error -i song.wav -c:a vorbis -strict -2 native.ogg
sox song.wav sox.ogg
sndfile-convert -vorbis song.wav sndfile.ogg
gst() {
    gst-launch-1.0 -q filesrc location=song.wav ! wavparse ! audioconvert ! vorbisenc ! oggmux "$1" ! filesink \
        location="$2" 2>/dev/null
}
gst skeleton=false gst.ogg
gst skeleton=true skeleton.ogg
ffmpeg -v error -f lavfi -i testsrc=s=64x64:d=12 -i song.wav -c:v libtheora -c:a libvorbis theora.ogg
ffmpeg -v error -f lavfi -i testsrc=s=64x64:d=12 -c:v libtheora video.ogg
oggz-merge -o merged1.ogg video.ogg oggenc.ogg
oggz-merge -o merged2.ogg oggenc.ogg video.ogg
oggz-chop -s 2 -e 8 -o chopped.ogg oggenc.ogg
oggz-rip -c vorbis -o ripped.ogg theora.ogg
rm video.ogg
while read -r name how; do
    # shellcheck disable=SC2086 # a name and its arguments
    edit $how <oggenc.ogg >"edit-$name.ogg"
done <<'EOF'
end+1 end 1
end-1 end -1
end+700 end 700
shift shift 44100
empty empty
split split
comment comment 700000
nil nil
gap gap
from from 7
junk junk
id3 id3
EOF
counted() { # FILE: both tools give as many samples as ffmpeg and mpv
    n=$(by_ffmpeg "$1")
    equal "$n" "$(by_mpv "$1")" && equal "$(encoded "$1")" "$n" &&
        equal "$(stretto-chunk "$1" 2>said | tar xOf - manifest.json | jq .samples)" "$n"
}
for file in *.ogg; do
    case $file in o.ogg | plain.ogg) continue ;; esac
    ok "$file is as long as for ffmpeg and mpv" counted "$file"
done
edit noise <oggenc.ogg >noise.ogg # ffmpeg and mpv do not read it; libvorbisfile does
noise() { equal "$(samples noise.ogg)" "$(stretto-chunk noise.ogg 2>said | tar xOf - manifest.json | jq .samples)"; }
ok 'a packet without audio is skipped' noise
edit end -3000 <oggenc.ogg >end.ogg
trimmed() { equal "$(samples end.ogg)" "$(stretto-chunk end.ogg 2>said | tar xOf - manifest.json | jq .samples)"; }
ok 'an end that cuts off more than a packet cuts off the packet' trimmed
for how in 'shift 48000' 'comment 700000' 'end -1' 'from 7'; do
    # shellcheck disable=SC2086 # an edit and its argument
    opus() {
        edit $how <song.opus >edited.opus &&
            equal "$(encoded -r 48000 edited.opus)" \
                "$(ffmpeg -v quiet -i edited.opus -f s16le - | wc -c | awk '{print $1 / 4}')"
    }
    ok "Opus: $how" opus
done
short() { # all audio in one page, which FFmpeg trims incorrectly
    for seconds in 0.05 0.3 0.7 1.1 1.2 1.3 1.5; do
        sox -R -n -r 44100 -c 2 -b 16 short.wav synth $seconds sine 300 gain -4 &&
            oggenc -Q -o short.ogg short.wav &&
            equal \
                "$(stretto-encode -b 96 --no-normalize short.ogg 2>said | stretto-chunk | tar xOf - manifest.json | jq .samples)" \
                "$(soxi -s short.wav)" ||
            return
    done
}
ok 'an Ogg file of one page has the length that it states' short
unended() {
    edit unended <oggenc.ogg >bad.ogg &&
        exits 65 stretto-encode bad.ogg >/dev/null &&
        exits 65 stretto-chunk bad.ogg >/dev/null
}
ok 'an Ogg file without its end is refused' unended
chained() {
    cat oggenc.ogg sox.ogg >chained.ogg &&
        says 're-encode it with stretto-encode' stretto-chunk chained.ogg &&
        encoded chained.ogg >/dev/null
}
ok 'chunk refuses a chained file and suggests encode' chained

# --- gapless: an album that was split within a sine is joined without a gap
sox -R -n -r 44100 -c 2 -b 16 whole.wav synth 8 sine 441 gain -6
sox whole.wav half1.wav trim 0s 150001s
sox whole.wav half2.wav trim 150001s
gapless() { # NAME COMMAND with IN and OUT
    for half in 1 2; do
        sh -c "$(echo "$2" | sed "s/IN/half$half.wav/g; s/OUT/half$half.$1/g")" || return
        equal "$(stretto-encode -b 320 --no-normalize half$half.$1 2>said >coded.ogg && samples coded.ogg)" \
            "$(soxi -s half$half.wav)" ||
            return
        oggdec -Q -R -o - coded.ogg
    done >joined.raw
    # the step at the joint is no larger than those around it
    python3 - <<'EOF'
import array
samples = array.array("h")
with open("joined.raw", "rb") as f:
    samples.frombytes(f.read())
left = samples[::2]
second = [abs(left[i] - 2 * left[i + 1] + left[i + 2]) for i in range(150001 - 400, 150001 + 400)]
inside = max(second[:350] + second[-350:])
joint = max(second[395:405])
assert joint <= 4 * inside + 200, f"a step of {joint}, {inside} beside it"
EOF
}
ok 'gapless: flac' gapless flac 'flac -sf -o OUT IN'
ok 'gapless: wavpack' gapless wv 'wavpack -qy IN -o OUT'
ok 'gapless: alac' gapless m4a 'ffmpeg -v error -y -i IN -c:a alac OUT'
ok 'gapless: vorbis (oggenc)' gapless ogg 'oggenc -Q -q 8 -o OUT IN'
ok 'gapless: aac in mp4 (edit list)' gapless mp4 'ffmpeg -v error -y -i IN -c:a aac -b:a 256k OUT'
ok 'gapless: aac as iTunes tags it' gapless m4a \
    'n=$(soxi -s IN); ffmpeg -v error -y -i IN -c:a aac -b:a 256k t.m4a && python3 '"$root"'/tests/tools/itunes.py 1024 $n <t.m4a >OUT'
ok 'gapless: mp3 (lame)' gapless mp3 'lame --quiet -b 256 IN OUT'
ok 'gapless: mp3 (ffmpeg)' gapless mp3 'ffmpeg -v error -y -i IN -b:a 256k OUT'
ape='python3 -c "
import sys
value = b\"x\" * 60000
item = len(value).to_bytes(4, \"little\") + bytes(4) + b\"Lyrics\\0\" + value
def number(n): return n.to_bytes(4, \"little\")
def end(flags): return b\"APETAGEX\" + number(2000) + number(len(item) + 32) + number(1) + number(flags) + bytes(8)
sys.stdout.buffer.write(end(0xa0000000) + item + end(0x80000000))"'
ok 'gapless: mp3 with a large APE tag' gapless mp3 "lame --quiet -b 256 IN OUT && $ape >>OUT"
opus48() {
    sox whole.wav -r 48000 w48.wav &&
        sox w48.wav half1.wav trim 0s 160001s &&
        sox w48.wav half2.wav trim 160001s &&
        for h in 1 2; do
            opusenc --quiet --bitrate 256 half$h.wav half$h.opus &&
                equal "$(encoded -r 48000 half$h.opus)" "$(soxi -s half$h.wav)" ||
                return
        done
}
ok 'gapless: opus' opus48
many() { # more files than available descriptors
    sox -n -r 8000 -c 1 tiny.wav synth 0.5 sine 440 &&
        mkdir tiny &&
        for i in $(seq 100); do ln tiny.wav tiny/$i.wav; done &&
        prlimit --nofile=40 stretto-encode --measure tiny/*.wav | tail -n 1 | grep -q 'all$'
}
ok '--measure of more files than there are descriptors' many
finish
