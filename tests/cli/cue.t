#!/bin/sh
# Cue sheets: one song for each track of a long recording, exact to the sample, with the tags of the sheet.
. ./tests/lib.sh
sox -R -n -r 44100 -c 2 -b 16 whole.wav synth 9 sine 441 gain -6
printf '\357\273\277' >album.cue
printf '%s\r\n' 'PERFORMER "Ada & Zoë"' 'TITLE "One Album"' 'REM DATE 1999' 'REM GENRE "Free Jazz"' \
    'CATALOG 4006381333931' 'FILE "whole.wav" WAVE' \
    '  TRACK 01 AUDIO' '    TITLE "First"' '    ISRC DEXX19900001' '    INDEX 01 00:00:00' \
    '  TRACK 02 AUDIO' '    TITLE "Second"' '    PERFORMER "Guest"' '    INDEX 00 00:02:70' '    INDEX 01 00:03:01' \
    '  TRACK 03 AUDIO' '    TITLE "Third"' '    FLAGS DCP' '    INDEX 01 00:06:74' >>album.cue
track() { stretto-encode -b 320 --no-normalize --cue album.cue --cue-track "$1" -o "$1.ogg" "${2:-whole.wav}"; }
exact() { # the lengths by the sheet: 3 s and 1/75, 3 s and 73/75, the rest
    for n in 1 2 3; do track $n && oggdec -Q -R -o $n.raw $n.ogg || return; done
    test "$(wc -c <1.raw)" -eq $((226 * 588 * 4)) &&
        test "$(wc -c <2.raw)" -eq $((298 * 588 * 4)) &&
        test "$(wc -c <3.raw)" -eq $((151 * 588 * 4))
}
ok 'each track is as long as the sheet says, to the sample' exact
joined() { # the sine goes on across the joints
    cat 1.raw 2.raw 3.raw >joined.raw && python3 - <<'END'
import array
samples = array.array("h", open("joined.raw", "rb").read())
left = samples[::2]
assert len(left) == 9 * 44100, len(left)
bend = lambda a, b: max(abs(left[i - 1] - 2 * left[i] + left[i + 1]) for i in range(a, b))
for joint in 226 * 588, 524 * 588:
    inside, there = bend(joint - 4000, joint - 3000), bend(joint - 4, joint + 4)
    assert there <= 4 * inside + 200, f"a step of {there}, {inside} beside it"
END
}
ok 'the tracks together are the whole, without a gap' joined
tag() { ogginfo "$1.ogg" | sed -n "s/^[[:space:]]*$2=//p" | head -n 1; }
tags() {
    test "$(tag 1 TITLE)/$(tag 1 ARTIST)/$(tag 1 ALBUM)/$(tag 1 DATE)/$(tag 1 TRACKNUMBER)/$(tag 1 TRACKTOTAL)" = \
        'First/Ada & Zoë/One Album/1999/1/3' &&
        test "$(tag 2 ARTIST)/$(tag 2 ALBUMARTIST)/$(tag 1 ISRC)/$(tag 2 ISRC)/$(tag 3 GENRE)/$(tag 3 BARCODE)" = \
            'Guest/Ada & Zoë/DEXX19900001//Free Jazz/4006381333931'
}
ok 'the tags are those of the sheet' tags
flac -sf -o whole.flac -T TITLE=All -T COMMENT=Kept -T "CUESHEET=$(cat album.cue)" whole.wav
embedded() {
    for n in 1 2 3; do
        stretto-encode -b 320 --no-normalize --cue-track $n -o in.ogg whole.flac &&
            oggdec -Q -R -o in.raw in.ogg &&
            cmp in.raw $n.raw ||
            return
    done
    ogginfo in.ogg | grep -q 'COMMENT=Kept' &&
        exits 1 grep -qa CUESHEET in.ogg &&
        test "$(tag in TITLE)" = Third
}
ok 'a sheet inside the file gives the same tracks' embedded
ape() {
    wavpack -qy -w "Cuesheet=@album.cue" whole.wav -o whole.wv &&
        stretto-encode -b 320 --no-normalize --cue-track 2 -o in.ogg whole.wv &&
        oggdec -Q -R -o in.raw in.ogg &&
        cmp in.raw 2.raw
}
ok 'a sheet in an APE tag too' ape
old() {
    tail -c +4 album.cue | iconv -f utf-8 -t latin1 >old.cue &&
        stretto-encode -b 320 --cue old.cue --cue-track 1 -o 1.ogg whole.wav &&
        test "$(tag 1 ARTIST)" = 'Ada & Zoë'
}
ok 'a sheet in Latin-1' old
resampled() { # 48 kHz: the tracks together are as long as the whole
    sox whole.wav -r 48000 high.wav &&
        sum=0 &&
        stretto-encode -b 96 -o all.ogg high.wav &&
        whole=$(oggdec -Q -R -o - all.ogg | wc -c) &&
        for n in 1 2 3; do track $n high.wav && sum=$((sum + $(oggdec -Q -R -o - $n.ogg | wc -c))); done &&
        test "$whole" -gt 1000000 &&
        test "$sum" -eq "$whole"
}
ok 'at another rate nothing is lost between tracks' resampled
published() { # as in the manual
    for n in 1 2 3; do
        stretto-encode -b 96 --cue album.cue --cue-track $n whole.wav | stretto-chunk | stretto-publish store
    done >/dev/null &&
        stretto-publish --list store | cut -f 7 | sort | tr '\n' ' ' | grep -qx 'First Second Third '
}
ok 'an album is published as its songs' published
quiet() { "$@" >/dev/null; }
ok 'a track that is not there: 65' exits 65 quiet track 4
ok 'a sheet that is not there: 66' exits 66 quiet stretto-encode --cue none.cue --cue-track 1 whole.wav
ok '--cue without a track: 64' exits 64 quiet stretto-encode --cue album.cue whole.wav
ok 'no sheet inside: 65' exits 65 quiet stretto-encode --cue-track 1 whole.wav
short() { sox whole.wav short.wav trim 0 5 && exits 65 quiet track 3 short.wav; }
ok 'a file that ends before the track: 65' short
bad() { # LINE: what is wrong is told with its line
    printf '%s\n' 'FILE "a" WAVE' 'TRACK 01 AUDIO' 'INDEX 01 00:00:00' "$@" >bad.cue &&
        exits 65 quiet stretto-encode --cue bad.cue --cue-track 1 whole.wav 2>said &&
        grep -q "line [45] of the cue sheet" said
}
ok 'a position that is none: 65' bad 'TRACK 02 AUDIO' 'INDEX 01 0:75:00'
ok 'tracks that do not rise: 65' bad 'TRACK 01 AUDIO'
ok 'indexes that do not rise: 65' bad 'TRACK 02 AUDIO' 'INDEX 01 00:00:00'
elsewhere() {
    printf '%s\n' 'FILE "one.wav" WAVE' 'TRACK 01 AUDIO' 'INDEX 01 00:00:00' 'FILE "whole.wav" WAVE' \
        'TRACK 02 AUDIO' 'INDEX 01 00:00:00' >album.cue &&
        track 2 &&
        exits 65 quiet track 1
}
ok 'a sheet of several files: the track is looked for in its own' elsewhere
finish
