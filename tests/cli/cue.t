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
exact() { # the lengths in the sheet: 3 s and 1/75, 3 s and 73/75, the rest
    for n in 1 2 3; do track $n && oggdec -Q -R -o $n.raw $n.ogg || return; done
    test "$(wc -c <1.raw)" -eq $((226 * 588 * 4)) &&
        test "$(wc -c <2.raw)" -eq $((298 * 588 * 4)) &&
        test "$(wc -c <3.raw)" -eq $((151 * 588 * 4))
}
ok 'each track has the length in the sheet, to the sample' exact
joined() { # the sine continues across the joints
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
ok 'the joined tracks equal the recording, without a gap' joined
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
resampled() { # 48 kHz: the lengths of the tracks add up to that of the recording
    sox whole.wav -r 48000 high.wav &&
        sum=0 &&
        stretto-encode -b 96 -o all.ogg high.wav &&
        whole=$(oggdec -Q -R -o - all.ogg | wc -c) &&
        for n in 1 2 3; do track $n high.wav && sum=$((sum + $(oggdec -Q -R -o - $n.ogg | wc -c))); done &&
        test "$whole" -gt 1000000 &&
        test "$sum" -eq "$whole"
}
ok 'at another sample rate no samples are lost between tracks' resampled
published() { # as in the manual
    for n in 1 2 3; do
        stretto-encode -b 96 --cue album.cue --cue-track $n whole.wav | stretto-chunk | stretto-publish store
    done >/dev/null &&
        stretto-publish --list store | cut -f 7 | sort | tr '\n' ' ' | grep -qx 'First Second Third '
}
ok 'an album is published as separate songs' published
quiet() { "$@" >/dev/null; }
ok 'a track that does not exist: 65' exits 65 quiet track 4
ok 'a missing sheet: 66' exits 66 quiet stretto-encode --cue none.cue --cue-track 1 whole.wav
ok '--cue without a track: 64' exits 64 quiet stretto-encode --cue album.cue whole.wav
ok 'no sheet inside: 65' exits 65 quiet stretto-encode --cue-track 1 whole.wav
short() { sox whole.wav short.wav trim 0 5 && exits 65 quiet track 3 short.wav; }
ok 'a file that ends before the track: 65' short
bad() { # LINE: the error is reported with its line
    printf '%s\n' 'FILE "a" WAVE' 'TRACK 01 AUDIO' 'INDEX 01 00:00:00' "$@" >bad.cue &&
        exits 65 quiet stretto-encode --cue bad.cue --cue-track 1 whole.wav 2>said &&
        grep -q "line [45] of the cue sheet" said
}
ok 'an invalid position: 65' bad 'TRACK 02 AUDIO' 'INDEX 01 0:75:00'
ok 'tracks in descending order: 65' bad 'TRACK 01 AUDIO'
ok 'indexes in descending order: 65' bad 'TRACK 02 AUDIO' 'INDEX 01 00:00:00'
elsewhere() {
    printf '%s\n' 'FILE "one.wav" WAVE' 'TRACK 01 AUDIO' 'INDEX 01 00:00:00' 'FILE "whole.wav" WAVE' \
        'TRACK 02 AUDIO' 'INDEX 01 00:00:00' >album.cue &&
        track 2 &&
        exits 65 quiet track 1
}
ok 'a sheet for several files: the track is found in its file' elsewhere

# --- a directory of music: an album file with a sheet, in the directory or inside, becomes its songs
sheet() { # FILE-NAME TITLE
    printf '%s\n' 'PERFORMER Ada' "TITLE \"$2\"" "FILE \"$1\" WAVE" 'TRACK 01 AUDIO' 'TITLE First' 'INDEX 01 00:00:00' \
        'TRACK 02 AUDIO' 'TITLE Second' 'INDEX 01 00:03:01' 'TRACK 03 AUDIO' 'TITLE Third' 'INDEX 01 00:06:74'
}
library() { stretto-publish -b 96 "$@" music lib >list 2>said; }
fresh() { rm -rf music lib && mkdir music; }
listed() {
    stretto-publish --list --json lib |
        jq -r '[.tags.ALBUM[0]?, .tags.TRACKNUMBER[0]?, .tags.TITLE[0]?, .names[]?] | join("/")' | sort | tr '\n' ' '
}
lists() { test "$(listed)" = "$1" || { listed && return 1; }; }
loud() { sox whole.wav loud.wav gain -"$1"; }
fresh
loud 9 && flac -sf -o music/image.flac loud.wav && sheet 'C:\rip\image.wav' Box >music/image.cue
split() { library && lists 'Box/1/First Box/2/Second Box/3/Third ' && test "$(cut -f 3 list | tr '\n' ' ')" = '1 2 3 ' && test ! -s said; }
ok 'publish: a sheet with the name of a file makes a song of each track' split
samples() { cut -f 1 list | while read -r id; do jq .samples "lib/songs/$id/manifest.json"; done; }
lengths() { test "$(samples | tr '\n' ' ')" = "$((226 * 588)) $((298 * 588)) $((151 * 588)) "; }
ok 'publish: they have the lengths in the sheet, to the sample' lengths
gains() { cut -f 1 list | while read -r id; do jq .loudness.gain_db "lib/songs/$id/manifest.json"; done | sort -u | wc -l; }
ok 'publish: they have one gain' test "$(gains)" -eq 1
twice() { cp list first && library && cmp first list && grep -q '0 published, 3 already there' said; }
ok 'publish: a second run does nothing' twice
mended_sheet() { sed -i 's/Second/Other/' music/image.cue && library && lists 'Box/1/First Box/2/Other Box/3/Third ' && test ! -s said; }
ok 'publish: a corrected sheet replaces the tags' mended_sheet
removed() {
    rm -r "lib/songs/$(sed -n '3s/	.*//p' list)" && library && grep -q '1 published, 2 already there' said &&
        lists 'Box/1/First Box/2/Other Box/3/Third '
}
ok 'publish: a removed track is published again' removed
each() { # a track then has the gain that encode gives it
    library --track-gain && for n in 1 2 3; do
        id=$(stretto-encode -b 96 --cue music/image.cue --cue-track $n music/image.flac | stretto-chunk | stretto-publish other) &&
            grep -q "^$id	.*	$n$" list || return
    done
}
ok 'publish: --track-gain measures each track alone, as encode --cue-track does' each
whole() { fresh && cp whole.flac music/ && library --no-cue && test "$(wc -l <list)" -eq 1 && lists '//All '; }
ok 'publish: --no-cue publishes the file as one song' whole
inside() { library && test "$(wc -l <list)" -eq 3 && listed | grep -q 'One Album/1/First One Album/2/Second One Album/3/Third'; }
ok 'publish: a sheet inside the file is used' inside
remembered() { library && grep -q '0 published, 3 already there' said; }
ok 'publish: a second run does not read it again' remembered
better() { sheet whole.flac Beside >music/any.cue && library && listed | grep -q 'Beside/1/First Beside/2/Second Beside/3/Third'; }
ok 'publish: a sheet in the directory takes precedence over the one inside' better
discs() { # two images with sheets of one album: one gain for both discs
    fresh && for n in 1 2; do loud $((3 * n)) && flac -sf -o "music/cd$n.flac" loud.wav && sheet "cd$n.wav" Set >"music/cd$n.cue"; done &&
        library && test "$(wc -l <list)" -eq 6 && test "$(gains)" -eq 1
}
ok 'publish: the discs of an album are measured together' discs
sides() { # one sheet, two files
    fresh && sox whole.wav music/a.wav trim 0 4 && sox whole.wav music/b.wav trim 4 gain -3 &&
        flac -sf --delete-input-file music/a.wav music/b.wav &&
        printf '%s\n' 'TITLE LP' 'FILE a.wav WAVE' 'TRACK 01 AUDIO' 'TITLE A1' 'INDEX 01 00:00:00' \
            'TRACK 02 AUDIO' 'TITLE A2' 'INDEX 01 00:02:00' 'FILE b.wav WAVE' 'TRACK 03 AUDIO' 'TITLE B1' 'INDEX 01 00:00:00' \
            'TRACK 04 AUDIO' 'TITLE B2' 'INDEX 01 00:02:00' >music/lp.cue &&
        library && lists 'LP/1/A1 LP/2/A2 LP/3/B1 LP/4/B2 '
}
ok 'publish: a sheet for two files' sides
ripped() { # a sheet with a file for each track: the files have their own tags
    fresh && for n in 1 2; do sox whole.wav part.wav trim $n 2 && flac -sf -T "TITLE=Own $n" -o music/$n.flac part.wav; done &&
        printf '%s\n' 'TITLE Rip' 'FILE 1.wav WAVE' 'TRACK 01 AUDIO' 'INDEX 01 00:00:00' 'FILE 2.wav WAVE' 'TRACK 02 AUDIO' \
            'INDEX 01 00:00:00' >music/rip.cue &&
        library && lists '//Own 1 //Own 2 '
}
ok 'publish: a sheet with one file for each track changes nothing' ripped
spoiled() { # complete tracks are published, the others are reported once
    fresh && flac -sf -o music/image.flac whole.wav && sheet image.flac Cut >music/image.cue && truncate -s -20000 music/image.flac &&
        exits 65 library && test "$(wc -l <list)" -eq 2 && test "$(grep -c "image.flac': " said)" -eq 1 &&
        grep -q '2 published, 0 already there, 1 failed' said
}
ok 'publish: tracks before damage are published: 65' spoiled
wrong() {
    fresh && flac -sf -o music/image.flac whole.wav && printf '%s\n' 'TRACK 01 AUDIO' 'INDEX 01 0:99:00' >music/image.cue &&
        exits 65 library && grep -q "image.cue': line 2 of the cue sheet" said && test ! -s list
}
ok 'publish: an unreadable sheet is reported, and its file is not published as one song: 65' wrong
stray() {
    fresh && for n in 1 2; do sox whole.wav part.wav trim $n 2 && flac -sf -o music/$n.flac part.wav; done &&
        echo nonsense >music/other.cue && exits 65 library && test "$(wc -l <list)" -eq 2 && grep -q "other.cue': " said
}
ok 'publish: an unreadable sheet without a file does not affect other files' stray
sixty() { # a second each
    echo 'FILE "long.flac" WAVE'
    for n in $(seq 60); do printf 'TRACK %02d AUDIO\nINDEX 01 00:%02d:00\n' "$n" $((n - 1)); done
}
long() { # the file is read once, not from its start for each track
    fresh && sixty >music/long.cue && sox -R -n -r 44100 -c 2 -b 16 long.wav synth 60 sine 200:800 gain -6 &&
        flac -sf -o music/long.flac long.wav && library -j 3 && test "$(wc -l <list)" -eq 60 &&
        test "$(samples | sort -u)" = 44100 && stretto-publish --verify lib
}
ok 'publish: sixty tracks of one file' long
finish
