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
ok 'the list shows songs and loads more when it is scrolled' at "$origin" lists
ok 'a search shows its total' at "$origin" searches
ok 'the page shows albums and artists' at "$origin" albums
ok 'a song plays' at "$origin" plays
ok 'the page shows covers' at "$origin" covers
ok 'the page shows the bitrate and the cache status, and changes the bitrate at the current position' at "$origin" tells_how
ok 'after a seek, <audio> plays the new position' at "$origin" seeks
ok 'the page requests parts of the stream by Range' at "$origin" by_range
ok 'the next song starts by itself' at "$origin" goes_on
ok 'playback ends after the last song' at "$origin" ends
ok 'queue, shuffle and repeat work' at "$origin" queues
ok 'the volume can be changed' at "$origin" volume
ok 'favourites and playlists are kept' at "$origin" keeps
ok 'a link opens a song at a time' at "$origin" links
ok 'media keys work and the desktop shows the position' at "$origin" desktop
ok 'space, arrows, n and p control playback' at "$origin" keys
ok 'the search field and the list can be used by keyboard' at "$origin" keys_in_the_list
ok 'single-key shortcuts can be switched off' at "$origin" letters_off
ok 'contrast is sufficient, also in dark mode' at "$origin" contrast
ok 'the focus is visible on each element' at "$origin" focus_is_seen
ok 'each focusable element has a name' at "$origin" named
ok 'a hostile title is shown as text' at "$origin" hostile
ok 'all requests went to this server, and none failed' at "$origin" stays_here
ok 'its policy blocks any other style and script' at "$origin" refuses
ok '500 songs with right-to-left and emoji titles fit 320 pixels, in dark mode' at "$origin" many
ok 'behind an edge the page shows a cache miss, then a hit' at "$edge" through_an_edge
ok 'an empty store: the page explains how to publish' at "$bare" empty
stretto-chunk filler.ogg | stretto-publish --name first bare >first
ok 'the first song of the store appears by itself' at "$bare" no_longer_empty
ok 'the list is shown again' at "$origin" lists
stretto-publish --remove filler-30 store
ok 'the page reports a song that was removed' at "$origin" gone_song
stop "$origin_pid"
ok 'the page reports a server that does not respond' at "$origin" gone_server
stretto-serve --listen "${origin#http://}" store >again 2>&1 &
started="$started $!"
ok 'the page continues when the server is back' at "$origin" back_again
finish
