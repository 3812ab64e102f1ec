#!/bin/sh
# One recording under several sets of tags, as a single and on an album: no publication removes other tags, and the audio is stored once.
. ./tests/lib.sh
tone a.wav 1
ffmpeg -v error -f lavfi -i testsrc2=size=200x200 -frames:v 1 single.png
ffmpeg -v error -f lavfi -i mandelbrot=size=200x200 -frames:v 1 album.png
tagged() { # TITLE ALBUM TRACK FILE: the same audio
    ffmpeg -v error -y -i a.wav -metadata artist=Ada -metadata title="$1" -metadata album="$2" -metadata \
        track="$3" "$4" </dev/null
}
tagged Single Singles 1 single.flac
tagged 'Track 3' Album 3 album.flac
tagged 'Best of' Best 9 best.flac
put() { # FILE [stretto-publish arguments]
    from=$1 && shift
    stretto-encode -b 96 --cover "${cover:-single.png}" "$from" | stretto-chunk | stretto-publish "$@" store
}
listed() {
    stretto-publish --list --json store |
        jq -r '[.tags.TITLE[0], (.names | join(","))] | join(":")' |
        sort |
        tr '\n' ' '
}
lists() { test "$(listed)" = "$1" || { listed; return 1; }; }
own() { jq -r '.tags.TITLE[0]' "store/songs/$id/manifest.json"; }
files() { find "store/songs/$id" -name '*.ogg' -printf '%p %i\n' | wc -l; }

# --- without names
id=$(put single.flac)
chunks=$(files)
second() { equals "$(cover=album.png put album.flac)" "$id" && test "$(own)" = Single && lists 'Single: Track 3: '; }
ok 'a second set of tags is stored in addition to the first' second
once() { test "$(files)" -eq "$chunks" && test "$(find store/songs -mindepth 1 -maxdepth 1 | wc -l)" -eq 1; }
ok 'the audio is stored once' once
covers() { test "$(find "store/songs/$id/cover" -name '*.jpg' | wc -l)" -eq 4 && stretto-publish --verify store; }
ok 'each set has its cover, and the store is complete' covers
same() {
    find store -printf '%p %T@ %i\n' | sort >before &&
        cover=album.png put album.flac &&
        put single.flac &&
        find store -printf '%p %T@ %i\n' | grep -v '[.]staging' | sort >after &&
        grep -v '[.]staging' before | cmp - after
}
ok 'publishing either again changes nothing' same
retag() {
    put best.flac --retag &&
        lists 'Best of: Track 3: ' &&
        test "$(own)" = 'Best of' &&
        stretto-publish --verify store
}
ok '--retag replaces the tags of the song, but not the other set' retag
broken() {
    cp -r store damaged &&
        echo '{}' >"$(echo damaged/songs/"$id"/tags/*.json)" &&
        exits 1 stretto-publish --verify damaged >list &&
        grep -q "^songs/$id/tags/.*json" list
}
ok '--verify finds a damaged set of tags' broken
mended() {
    printf x | dd of="store/songs/$id/96/chunk_0.ogg" bs=1 seek=4000 conv=notrunc 2>/dev/null &&
        put best.flac &&
        lists 'Best of: Track 3: ' &&
        stretto-publish --verify store
}
ok 'publishing repairs damage and keeps all tags' mended
gone() { stretto-publish --remove "$id" store && lists '' && test -z "$(ls store/songs)"; }
ok '--remove removes all sets' gone

# --- with names
named() {
    put single.flac --name single &&
        cover=album.png put album.flac --name album &&
        lists 'Single:single Track 3:album ' &&
        test "$(own)" = Single
}
ok 'a name has its own tags' named
corrected() {
    tagged 'Track 3a' Album 3 album.flac &&
        cover=album.png put album.flac --name album &&
        lists 'Single:single Track 3a:album '
}
ok 'published again, the name gets the new tags' corrected
pointed() { put single.flac --name other && lists 'Single:other,single Track 3a:album '; }
ok 'a further name for the same tags' pointed
only() { rm -rf store && put single.flac --name single && put best.flac --name single && lists 'Best of:single '; }
ok 'the only name of a song: its new tags replace the old' only
rm -rf store
put single.flac --name single >/dev/null
cover=album.png put album.flac --name album >/dev/null
fetched() {
    stretto-fetch --store store -b 96 -o fetched.ogg album &&
        ffprobe -v error -show_entries stream_tags=title -of csv=p=0 fetched.ogg | grep -qx 'Track 3a'
}
ok 'fetching a name from a store gets its tags' fetched
start stretto-serve store
origin=$url
start stretto-serve "$origin" --cache cache
title() { curl -sf "$1/manifest.json" | jq -r '.tags.TITLE[0]'; }
served() {
    test "$(title "$1/songs/album")" = 'Track 3a' &&
        test "$(title "$1/songs/single")" = Single &&
        test "$(title "$1/songs/$id")" = Single &&
        equals "$(curl -sf "$1/names/album")" "$id"
}
ok 'an origin serves a name with its tags' served "$origin"
ok 'and so does an edge' served "$url"
heard() { # URL NAME: the title in the continuous file
    curl -sfL "$1/stream/$2?kbps=96" -o heard.ogg && ffprobe -v error -show_entries stream_tags=title -of csv=p=0 heard.ogg
}
streamed() { # each twice: from upstream, and from the cache
    for song in album single "$id" album single "$id"; do heard "$1" "$song"; done | tr '\n' ' ' |
        grep -qx 'Track 3a Single Single Track 3a Single Single '
}
ok '/stream/NAME of an origin has the tags of the name' streamed "$origin"
ok '/stream/NAME of an edge too' streamed "$url"
etags() { for name in album single album; do curl -sfI "$1/stream/$name?kbps=96" | grep -i '^etag'; done | sort -u | wc -l; }
ok 'the continuous files of two names have two ETags' test "$(etags "$url")" -eq 2
same_sound() {
    heard "$url" album && ffmpeg -v error -i heard.ogg -f md5 - >one &&
        heard "$url" single && ffmpeg -v error -i heard.ogg -f md5 - | cmp - one
}
ok 'and the same audio' same_sound
own_file() { curl -sf "$url/songs/$id/tags/album.json" | cmp - "store/songs/$id/tags/album.json"; }
ok 'a server serves a set of tags at its path in the store' own_file

# --- a store behind any web server, and a tracker
edge=$url
serve store
plain=$url
fetch_title() { stretto-fetch "$@" -b 96 -o fetched.ogg && ffprobe -v error -show_entries stream_tags=title -of csv=p=0 fetched.ogg; }
from_plain() {
    test "$(fetch_title --cache c1 --store "$plain" album)" = 'Track 3a' &&
        test "$(fetch_title --cache c2 --store "$plain" single)" = Single &&
        test "$(fetch_title --cache c3 --store "$origin" album)" = 'Track 3a'
}
ok 'fetching a name from any web server gets its tags' from_plain
start stretto-serve "$plain" --cache cache2
ok '/stream/NAME of an edge in front of any web server has the tags' streamed "$url"
echo "[{\"name\": \"eu\", \"url\": \"$edge\"}]" >edges.json
told() { curl -sf "$url/songs/$1" | jq -r '.manifest.tags.TITLE[0]'; }
tracked() { # ORIGIN CACHE
    start stretto-track --origin "$1" --edges edges.json || return
    for song in album single "$id" album single "$id"; do told "$song"; done | tr '\n' ' ' |
        grep -qx 'Track 3a Single Single Track 3a Single Single ' || return
    test "$(fetch_title --allow-local-peers --cache "c4$2" --tracker "$url" album)" = 'Track 3a'
}
ok 'a tracker returns a name with its tags' tracked "$origin" a
ok 'and so does a tracker with any web server as origin' tracked "$plain" b

all() {
    test "$(curl -sf "$origin/songs" | jq -r '[.songs[] | [.id, .title, .names[0]] | join(":")] | join(" ")')" = \
        "$id:Track 3a:album $id:Single:single"
}
ok '/songs lists both' all
paged() {
    next=$(curl -sf "$origin/songs?limit=1" | jq -r .next) &&
        test "$(curl -sf "$origin/songs?limit=1&after=$next" | jq -r '.songs[0].title')" = Single
}
ok 'a page of /songs may end between them' paged
appears() {
    cover=album.png put best.flac &&
        await 'the new set in the list' eval 'test "$(curl -sf "$origin/songs" | jq ".songs | length")" -eq 3'
}
ok 'a new set of tags appears in the list' appears

# --- a directory of music
rm -rf store music
mkdir -p music/single music/album
cp single.flac music/single
cp album.flac music/album
library() { stretto-publish -b 96 music store >list 2>said; }
both() { library && lists 'Single: Track 3a: '; }
ok 'a directory with one recording twice keeps both sets' both
again() { library && lists 'Single: Track 3a: ' && grep -q '0 published, 2 already there' said; }
ok 'a second run changes nothing' again
changed() {
    tagged 'Track 3b' Album 3 music/album/album.flac &&
        library &&
        lists 'Single: Track 3b: ' &&
        tagged 'Single b' Singles 1 music/single/single.flac &&
        library &&
        lists 'Single b: Track 3b: '
}
ok 'a file whose tags were corrected replaces its own set, and no other' changed
ok '--retag is for a bundle: 64' exits 64 stretto-publish --retag music store
finish
