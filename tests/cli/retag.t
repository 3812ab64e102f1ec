#!/bin/sh
# One recording under several sets of tags, as a single and on an album: no publish takes away another's tags, and the audio is stored once.
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
second() { test "$(cover=album.png put album.flac)" = "$id" && test "$(own)" = Single && lists 'Single: Track 3: '; }
ok 'a second set of tags is kept beside the first' second
once() { test "$(files)" -eq "$chunks" && test "$(find store/songs -mindepth 1 -maxdepth 1 | wc -l)" -eq 1; }
ok 'the audio is stored once' once
covers() { test "$(find "store/songs/$id/cover" -name '*.jpg' | wc -l)" -eq 4 && stretto-publish --verify store; }
ok 'each set has its cover, and the store is whole' covers
same() {
    find store -printf '%p %T@ %i\n' | sort >before &&
        cover=album.png put album.flac &&
        put single.flac &&
        find store -printf '%p %T@ %i\n' | grep -v '[.]staging' | sort >after &&
        grep -v '[.]staging' before | cmp - after
}
ok 'either again changes nothing' same
retag() {
    put best.flac --retag &&
        lists 'Best of: Track 3: ' &&
        test "$(own)" = 'Best of' &&
        stretto-publish --verify store
}
ok '--retag replaces the tags of the song, and leaves the other set' retag
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
ok 'publishing mends damage and keeps all tags' mended
gone() { stretto-publish --remove "$id" store && lists '' && test -z "$(ls store/songs)"; }
ok '--remove takes away all of them' gone

# --- with names
named() {
    put single.flac --name single &&
        cover=album.png put album.flac --name album &&
        lists 'Single:single Track 3:album ' &&
        test "$(own)" = Single
}
ok 'a name carries its own tags' named
corrected() {
    tagged 'Track 3a' Album 3 album.flac &&
        cover=album.png put album.flac --name album &&
        lists 'Single:single Track 3a:album '
}
ok 'published again, it gets the new ones' corrected
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
ok 'who fetches a name from a store gets its tags' fetched
start stretto-serve store
origin=$url
start stretto-serve "$origin" --cache cache
title() { curl -sf "$1/manifest.json" | jq -r '.tags.TITLE[0]'; }
served() {
    test "$(title "$1/songs/album")" = 'Track 3a' &&
        test "$(title "$1/songs/single")" = Single &&
        test "$(title "$1/songs/$id")" = Single &&
        test "$(curl -sf "$1/names/album")" = "$id"
}
ok 'an origin serves a name with its tags' served "$origin"
ok 'an edge does' served "$url"
all() {
    test "$(curl -sf "$origin/songs" | jq -r '[.songs[] | [.id, .title, .names[0]] | join(":")] | join(" ")')" = \
        "$id:Track 3a:album $id:Single:single"
}
ok '/songs lists both' all
paged() {
    next=$(curl -sf "$origin/songs?limit=1" | jq -r .next) &&
        test "$(curl -sf "$origin/songs?limit=1&after=$next" | jq -r '.songs[0].title')" = Single
}
ok '/songs turns the page between them' paged
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
