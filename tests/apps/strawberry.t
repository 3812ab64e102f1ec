#!/bin/sh
# Strawberry, a player with a window, as a listener would use it: its account is ours, it lists an album, plays its three songs, seeks,
# shows the cover and scrobbles. Keys and the mouse reach it by xdotool, and D-Bus (MPRIS) says what it does. Two minutes, in real time.
. ./tests/lib.sh
export HOME="$work" XDG_RUNTIME_DIR="$work/run"
for needed in strawberry Xvfb xdotool dbus-daemon busctl; do
    command -v $needed >/dev/null || { skip 'Strawberry' "$needed is not installed"; finish; exit; }
done
mkdir -m 700 run music
# it scrobbles after half a song, but not before 31 s
ffmpeg -v error -f lavfi -i testsrc2=size=700x700 -frames:v 1 cover.png
for n in 1 2 3; do
    sox -R -n -r 44100 -c 2 -b 16 $n.wav synth 62 noise gain -$((16 + n))
    ffmpeg -v error -i $n.wav -i cover.png -map 0:a -map 1:v -disposition:v attached_pic -metadata track=$n -metadata title="Part $n" \
        -metadata artist=Ada -metadata album=Three "music/$n.flac" </dev/null
done
stretto-publish -b 96,320 music store >/dev/null
start stretto-serve store --events events.jsonl
origin=$url
key=$(stretto-subsonic --keys keys --generate anna)
start stretto-subsonic --keys keys --upstream "$url" --access-log log
# GStreamer cannot seek in a song that has arrived before it looked for its end, so there is a link of 2 Mbit/s; and all requests are seen
echo 2000 >rate
python3 "$root/tests/browser/slow.py" "$url" >linked 2>&1 & started="$started $!"
await 'the link' grep -q listening linked || exit 1
api=http://$(sed -n 's/listening on //p' linked)
listed() { curl -sf -G "$api/rest/getArtists" -d f=json -d "apiKey=$key" | jq -e '."subsonic-response".artists.index | length > 0'; }
await 'the list of songs' hush listed || exit 1

# the ninth tab is Subsonic's; authmethod 0: the password itself, in hexadecimal
mkdir -p .config/strawberry
cat >.config/strawberry/strawberry.conf <<END_OF_SETTINGS
[Subsonic]
enabled=true
url=$api
username=anna
password=$(printf %s "$key" | base64 -w 0)
authmethod=0
downloadalbumcovers=true
serversidescrobbling=true

[Scrobbler]
enabled=true

[MainWindow]
tab_mode=1
current_tab=8
showtray=false
do_not_show_sponsor_message=true
END_OF_SETTINGS
Xvfb -displayfd 3 -screen 0 1000x700x24 -nolisten tcp 3>display 2>xvfb.log & started="$started $!"
dbus-daemon --session --nofork --print-address=3 3>address 2>daemon & started="$started $!"
await 'the screen' test -s display && await 'the bus' test -s address || exit 1
DISPLAY=:$(cat display) DBUS_SESSION_BUS_ADDRESS=$(cat address)
export DISPLAY DBUS_SESSION_BUS_ADDRESS
strawberry >strawberry.log 2>&1 & player=$!
started="$started $player"
service=org.mpris.MediaPlayer2.strawberry object=/org/mpris/MediaPlayer2 p=org.mpris.MediaPlayer2.Player
bus() { command=$1 && shift && busctl --user "$command" "$service" $object "$@"; }
get() { bus get-property $p "$1"; }
is() { test "$(get "$1")" = "$2" || { get "$1"; return 1; }; } # PROPERTY VALUE
asked() { grep -q "GET /rest/$1" log; }                        # METHOD AND QUERY
shows() { busctl --user list | grep -q "^$service "; }
await 'its name' shows || exit 1

# "Refresh catalogue", until it has understood
refreshes() { asked 'getAlbum.view?id=al-' || { xdotool mousemove 165 66 click 1 && false; }; }
ok 'it lists the album' await 'the album' refreshes
ok 'and gets the cover of each song' await 'the covers' eval 'test "$(grep -c "GET /rest/getCoverArt.view?.* 200 " log)" -ge 3'
# a double click on the artist, below her letter, takes all of hers into the queue, in their order
queued() { xdotool mousemove 141 108 click --repeat 2 --delay 100 1 && get CanPlay | grep -q true; }
ok 'they are queued' await 'the queue' queued
title() { get Metadata | grep -q "\"xesam:title\" s \"Part $1\""; }
plays() { bus call $p Play; title "$1" && is PlaybackStatus 's "Playing"'; }
song() { get Metadata | sed -n 's/.*"xesam:url" s "subsonic:\([^"]*\)".*/\1/p'; }
# of what plays: the song of the store, and not before half of it
streamed() { grep -q "GET /rest/stream.view?id=$(song)&.* 20[06] .*strawberry" log; }
scrobbled() { grep -q "GET /rest/scrobble.view?id=$(song)&submission=$1&.* 200 " log; }
art() { get Metadata | sed -n 's/.*"mpris:artUrl" s "file:\/\/\([^"]*\)".*/\1/p'; }
# it has encoded it anew
covered() {
    cover=$(art) && test -s "$cover" && ffmpeg -i "$cover" -i "$(find store -path '*/cover/*.jpg' -size +20k | head -n 1)" -lavfi psnr \
        -f null - </dev/null 2>&1 | sed -n 's/.*PSNR .* average:\([0-9]*\).*/\1/p' | awk '{good = $1 > 30} END {exit !good}'
}
at() { value=$(get Position | cut -d ' ' -f 2) && test "$value" -ge "$1" && test "$value" -le "$2"; }
# near a third of its bytes
sought() {
    tr -d '\r' <heads | awk -v song="id=$(song)&" -v size="$(curl -sf "$origin/stream/$(song)?kbps=320" | wc -c)" '
        /^GET / {its = index($0, "/rest/stream.view?" song)}
        its && /^[Rr]ange: bytes=/ {sub(/.*=/, ""); if ($0 + 0 > 0.2 * size && $0 + 0 < 0.5 * size) found = 1}
        END {exit !found}'
}
ok 'it plays the first song' await 'the first song' hush plays 1
ok 'which comes from the server' await 'the stream' streamed
ok 'and shows the cover of the store' await 'the cover' hush covered
ok 'it says at once what it plays' await 'the note' scrobbled false
ok 'and after half of it that it was heard' await 'the scrobble' scrobbled true
ok 'the next song' eval 'bus call $p Next && await "the second song" hush title 2 && await "the stream" streamed'
# by its command line: over D-Bus it seeks in files alone
ok 'is played from another position' eval 'await "its beginning" at 2000000 9000000 && timeout 60 strawberry --seek-to 20 >seek.log 2>&1 &&
    await "the position" at 20000000 30000000'
ok 'which it asks for by range' await 'the range' sought
ok 'it was heard' await 'the scrobble' scrobbled true
ok 'the third song' eval 'bus call $p Next && await "the third song" hush title 3 && await "the stream" streamed'
ok 'was heard, too' await 'the scrobble' scrobbled true
bus call $p Stop
ok 'the key is not in the log' eval '! grep -F "$key" log'
counted() {
    stretto-report --json events.jsonl >report &&
        jq -e '(.totals | .plays == 3 and .listeners == 1) and (.songs | length) == 3' report
}
ok 'the report counts three plays of one listener' counted
finish
