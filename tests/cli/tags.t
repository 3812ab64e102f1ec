#!/bin/sh
# Tags of ID3, MP4, APE and Vorbis under one set of names, as an independent library (mutagen) writes them.
. ./tests/lib.sh
sox -R -n -r 44100 -c 2 -b 16 song.wav synth 1 sine 440 gain -12
lame --quiet -b 128 song.wav song.mp3
ffmpeg -v error -i song.wav -c:a flac -map_metadata -1 song.flac
ffmpeg -v error -i song.wav -c:a aac -map_metadata -1 song.m4a
oggenc -Q -q 5 -o song.ogg song.wav
opusenc --quiet song.wav song.opus
wavpack -q song.wav -o song.wv

cat >write.py <<'EOF'
import mutagen, sys
from mutagen import id3, mp4, apev2
KEYS = {"TITLE": ["Tïtle"], "ARTIST": ["First Artist", "Second; Artist"],
    "ALBUM": ["Album"], "ALBUMARTIST": ["Various"], "TRACKNUMBER": ["3"],
        "TRACKTOTAL": ["12"], "DISCNUMBER": ["2"], "DISCTOTAL": ["2"],
            "DATE": ["2001-02-03"], "GENRE": ["Rock", "Polka"], "ISRC": ["GBAYE0000351"],
        "COMPILATION": ["1"], "MUSICBRAINZ_TRACKID": ["11111111-aaaa"],
            "MUSICBRAINZ_ALBUMID": ["22222222-bbbb"], "MUSICBRAINZ_ARTISTID": ["3333", "4444"],
        "LYRICS": ["la " * 5000]}
FRAMES = {"TITLE": "TIT2", "ARTIST": "TPE1", "ALBUM": "TALB", "ALBUMARTIST": "TPE2",
    "DATE": "TDRC", "GENRE": "TCON", "ISRC": "TSRC", "COMPILATION": "TCMP"}
ITEMS = {"TITLE": "\xa9nam", "ARTIST": "\xa9ART", "ALBUM": "\xa9alb",
    "ALBUMARTIST": "aART", "DATE": "\xa9day", "GENRE": "\xa9gen", "LYRICS": "\xa9lyr"}
FREE = {"MUSICBRAINZ_ALBUMID": "MusicBrainz Album Id", "MUSICBRAINZ_ARTISTID": "MusicBrainz Artist Id",
    "MUSICBRAINZ_TRACKID": "MusicBrainz Track Id", "ISRC": "ISRC"}
def write_id3(path, encoding, version):
    tags = id3.ID3()
    for key, values in KEYS.items():
        if key in FRAMES:
            tags.add(getattr(id3, FRAMES[key])(encoding=encoding, text=values))
        elif key == "MUSICBRAINZ_TRACKID":
            tags.add(id3.UFID(owner="http://musicbrainz.org", data=values[0].encode()))
        elif key in FREE:
            tags.add(id3.TXXX(encoding=encoding, desc=FREE[key], text=values))
    tags.add(id3.TRCK(encoding=encoding, text="3/12"))
    tags.add(id3.TPOS(encoding=encoding, text="2/2"))
    tags.add(id3.USLT(encoding=encoding, lang="eng", desc="", text=KEYS["LYRICS"][0]))
    tags.add(id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=b"\x89PNG\r\n\x1a\n" + bytes(50000)))
    tags.save(path, v2_version=version, v23_sep=None, v1=0)
path, how = sys.argv[1], sys.argv[2]
if how.startswith("id3"):
    write_id3(path, int(how[4]), int(how[3]))
elif how == "mp4":
    file = mp4.MP4(path)
    for key, values in KEYS.items():
        if key in ITEMS:
            file[ITEMS[key]] = values
        elif key in FREE:
            file["----:com.apple.iTunes:" + FREE[key]] = [v.encode() for v in values]
    file["----:com.apple.iTunes:ISRC"] = [b"GBAYE0000351"]
    file["trkn"], file["disk"], file["cpil"] = [(3, 12)], [(2, 2)], True
    file.save()
elif how == "ape":
    tags = apev2.APEv2()
    for key, values in KEYS.items():
        tags[{"ALBUMARTIST": "Album Artist", "DATE": "Year"}.get(key, key)] = values
    del tags["TRACKNUMBER"], tags["TRACKTOTAL"], tags["DISCNUMBER"], tags["DISCTOTAL"]
    tags["Track"], tags["Disc"] = "3/12", "2/2"
    tags.save(path)
else:
    file = mutagen.File(path)
    for key, values in KEYS.items():
        file[key] = values
    file.save()
import json
json.dump(KEYS, open("wanted.json", "w"))
EOF
tags() { stretto-encode -b 96 "$1" 2>said | stretto-chunk | tar xOf - manifest.json | jq -S .tags; }
same() { # FILE HOW
    cp "$1" "tagged-$1" && /usr/bin/python3 write.py "tagged-$1" "$2" && tags "tagged-$1" >got &&
        jq -S '.LYRICS[0] |= rtrimstr(" ")' wanted.json | diff - got
}
ok 'ID3v2.4, UTF-8' same song.mp3 id343
ok 'ID3v2.4, UTF-16' same song.mp3 id341
ok 'ID3v2.3, UTF-16' same song.mp3 id331
ok 'ID3v2.4, Latin-1' same song.mp3 id340
ok 'MP4' same song.m4a mp4
ok 'APE, in WavPack' same song.wv ape
ok 'FLAC' same song.flac vorbis
ok 'Ogg Vorbis' same song.ogg vorbis
ok 'Opus' same song.opus vorbis
ok 'without messages' test ! -s said
latin1() {
    cp song.mp3 v1.mp3 &&
        printf 'TAG%-30s%-30s%-30s2001%-28s\000\007\021' "$(printf 'Caf\351')" "$(printf 'M\374ller')" Album Note |
        tr ' ' '\000' >>v1.mp3 &&
        test "$(tags v1.mp3 | jq -c '[.TITLE, .ARTIST, .ALBUM, .DATE, .TRACKNUMBER, .GENRE]')" = \
            '[["Café"],["Müller"],["Album"],["2001"],["7"],["Rock"]]'
}
ok 'ID3v1 in Latin-1' latin1
much() {
    /usr/bin/python3 -c 'import mutagen
f = mutagen.File("tagged-song.flac"); f["LYRICS"] = "x" * 70000; f.save()' &&
        says 'tag LYRICS of 70000 bytes was left out' stretto-encode -b 96 tagged-song.flac &&
        test "$(tags tagged-song.flac | jq -c .ALBUM)" = '["Album"]'
}
ok 'a tag that is too long is omitted and reported' much
finish
