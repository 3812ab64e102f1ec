#!/bin/sh
# The page at /, in Chromium: lists, searches, plays, seeks, ends; by mouse and by keys; and takes nothing from strangers but their text.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"

# put FILE TITLE [stretto-encode arguments]: a song by Ada into the store
put() {
    file=$1 title=$2
    shift 2
    ffmpeg -v error -i "$file" -metadata title="$title" -metadata artist=Ada -metadata album="${album-}" "$file.flac" &&
        stretto-encode "$@" "$file.flac" | stretto-chunk | stretto-publish store
}
# 200 + 20 t Hz: what is heard tells the position; the noise makes the file larger than what a browser reads ahead
sox -R -n -r 44100 -c 2 -b 16 sweep.wav synth 240 sine 200:5000 synth 240 noise mix gain -20
tone short.wav 12
tone middle.wav 25
tone hostile.wav 3
{
    printf '%s' '<img src=x onerror="hacked=1"><script>hacked=1</script>&lt;b&gt; ${hacked=1} '
    printf '\342\200\256'
    printf '%s ' 'שלום' "\"'" 'عالم'
    head -c 300 /dev/zero | tr '\0' x
} >title
album=First put sweep.wav Sweep -b 320 >/dev/null
ffmpeg -v error -f lavfi -i testsrc=size=1000x800 -frames:v 1 cover.png
album=Second put short.wav Short --cover cover.png >short
album=Third put middle.wav Middle >/dev/null
album=Zuletzt put hostile.wav "$(cat title)" >/dev/null

# one sound in chunks of fifty lengths is fifty songs; without a title they go by their names
sox -R -n -r 44100 -c 1 -b 16 filler.wav synth 1 sine 440
ffmpeg -v error -i filler.wav -metadata artist=Zoe filler.flac
stretto-encode -b 96 filler.flac >filler.ogg
for n in $(seq 10 59); do stretto-chunk -d "$n" filler.ogg | stretto-publish --name "filler-$n" store; done >/dev/null

start stretto-serve store
origin=$url origin_pid=$pid
start stretto-serve --name eu-west "$origin"
edge=$url
stretto-publish --remove "$(stretto-chunk filler.ogg | stretto-publish bare)" bare
start stretto-serve bare
bare=$url

start_browser || exit 1

at() { browser "$session" "$@"; } # URL CHECK
ok 'lists songs, more when they are scrolled to' at "$origin" lists
ok 'searches, with totals' at "$origin" searches
ok 'albums and artists' at "$origin" albums
ok 'plays' at "$origin" plays
ok 'shows covers' at "$origin" covers
ok 'tells the bitrate and the cache, and plays another bitrate from there on' at "$origin" tells_how
ok 'seeks, and what is heard is what is there' at "$origin" seeks
ok 'asks for what it needs by Range' at "$origin" by_range
ok 'the next song follows' at "$origin" goes_on
ok 'the last one ends' at "$origin" ends
ok 'the queue, shuffle and repeat' at "$origin" queues
ok 'the volume' at "$origin" volume
ok 'favourites and playlists' at "$origin" keeps
ok 'links to a song and a time' at "$origin" links
ok 'media keys, and the position on the desktop' at "$origin" desktop
ok 'space, arrows, n and p' at "$origin" keys
ok 'the search field and the list by keys' at "$origin" keys_in_the_list
ok 'shortcuts of one key can be switched off' at "$origin" letters_off
ok 'contrast, also in the dark' at "$origin" contrast
ok 'the focus is seen wherever it goes' at "$origin" focus_is_seen
ok 'whatever takes the focus has a name' at "$origin" named
ok 'a hostile title is text' at "$origin" hostile
ok 'all was asked of this server, and nothing failed' at "$origin" stays_here
ok 'its policy refuses any other style and script' at "$origin" refuses
ok '500 songs, right to left and emoji, at 320 pixels in the dark' at "$origin" many
ok 'behind an edge it tells a miss, then a hit' at "$edge" through_an_edge
ok 'an empty store: how to publish' at "$bare" empty
stretto-chunk filler.ogg | stretto-publish --name first bare >first
ok 'its first song appears by itself' at "$bare" no_longer_empty
ok 'lists songs again' at "$origin" lists
stretto-publish --remove filler-30 store
ok 'a song that is gone' at "$origin" gone_song
stop "$origin_pid"
ok 'a server that is gone' at "$origin" gone_server
stretto-serve --listen "${origin#http://}" store >again 2>&1 &
started="$started $!"
ok 'is found again when it is back' at "$origin" back_again
finish
