#!/bin/sh
# stretto-play on D-Bus, as busctl sees it: what plays, control, changes; and without a bus, nothing.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy XDG_RUNTIME_DIR="$work"
if ! command -v dbus-daemon >/dev/null || ! command -v busctl >/dev/null; then
    skip 'the player on D-Bus' 'dbus-daemon and busctl are needed'
    finish
fi

ffmpeg -v error -f lavfi -i testsrc=size=700x700 -frames:v 1 cover.png
for song in one two; do
    tone $song.wav $((30 + $(printf %s "$song" | cksum | cut -c 1)))
    ffmpeg -v error -y -i $song.wav -metadata title="Söng $song" -metadata artist=Ada $song.flac </dev/null
    cover=
    [ $song = two ] || cover='--cover cover.png'
    # shellcheck disable=SC2086 # two words or none
    stretto-encode -b 96 $cover $song.flac | stretto-chunk | stretto-publish --name $song store >/dev/null
done

alone() {
    DBUS_SESSION_BUS_ADDRESS=unix:path=$work/none timeout 100 stretto-play --store store -q --unpaced -O wav:x.wav one 2>said &&
        test ! -s said
}
ok 'without a bus, it plays and says nothing' alone

dbus-daemon --session --nofork --print-address=3 3>address 2>daemon & daemon=$!
started="$started $daemon"
await 'the bus' test -s address
DBUS_SESSION_BUS_ADDRESS=$(cat address)
export DBUS_SESSION_BUS_ADDRESS
stretto-play --store store -q -O null --volume 80 one two 2>said & pid=$!
started="$started $pid"
service=org.mpris.MediaPlayer2.stretto.instance$pid object=/org/mpris/MediaPlayer2 p=org.mpris.MediaPlayer2.Player
bus() { command=$1 && shift && busctl --user "$command" "$service" $object "$@"; }
get() { bus get-property $p "$1"; }
is() { test "$(get "$1")" = "$2" || { get "$1"; return 1; }; } # PROPERTY VALUE
becomes() { await "$1 to be $2" hush is "$1" "$2"; }
named() { busctl --user list | grep -q "^$service "; }
ok 'it has its name' await 'the name' named
title() { get Metadata | grep -q "\"xesam:title\" s \"S.*ng $1\""; }
ok 'it says what plays' await 'the title' title one
length() { get Metadata | grep -q '"mpris:length" x [0-9]*000000' && get Metadata | grep -q '"xesam:artist" as 1 "Ada"'; }
ok 'how long, and by whom' await 'the length' length
art() { get Metadata | sed -n 's/.*"mpris:artUrl" s "file:\/\/\([^"]*\)".*/\1/p'; }
large=$(for file in store/songs/*/cover/*.jpg; do echo "$(wc -c <"$file") $file"; done | sort -n | sed -n '$s/.* //p')
art_is() { shown=$(art) && test -n "$shown" && cmp "$shown" "$large" && test "$(stat -c %a "$shown")" = 600; }
ok 'its cover, in a file' await 'the cover' hush art_is
ok 'that it plays' is PlaybackStatus 's "Playing"'
introspected() { bus introspect >seen && grep -q '^.PlayPause *method' seen && grep -q '^.LoopStatus *property  *s .*writable' seen; }
ok 'what it can do' introspected
identity() { bus get-property org.mpris.MediaPlayer2 Identity | grep -qx 's "stretto"'; }
ok 'and who it is' identity

# what is told to those who listen
busctl --user monitor --json=short "$service" >told 2>/dev/null & monitor=$!
started="$started $monitor"
heard() { # JQ: a signal like this was told; of a line that is being written, more later
    jq -es "[.[] | select(.type == \"signal\") | $1] | length > 0" told >/dev/null 2>&1
}
toggled() { bus call $p PlayPause && becomes PlaybackStatus 's "Paused"'; }
ok 'it pauses' toggled
# until the monitor listens, too
told() { bus call $p PlayPause; heard 'select(.member == "PropertiesChanged") | .payload.data[1].PlaybackStatus.data'; }
ok 'and tells it' await 'the signal' told
bus call $p Pause
at() { value=$(get Position | cut -d ' ' -f 2) && test "$value" -ge "$1" && test "$value" -le "$2" || { get Position; return 1; }; }
sought() { bus call $p SetPosition ox "$(track)" 20000000 && at 20000000 20000000; }
track() { get Metadata | grep -o '"/stretto/track/[0-9]*"' | tr -d '"'; }
ok 'it goes to a position' sought
ok 'and tells it' await 'the signal' heard 'select(.member == "Seeked") | select(.payload.data[0] == 20000000)'
ok 'not to one of another track' eval 'bus call $p SetPosition ox /stretto/track/99 1000000 && at 20000000 20000000'
ok 'it goes back' eval 'bus call $p Seek x -- -5000000 && at 14000000 15000000'
volume() { bus set-property $p Volume d 0.25 && is Volume 'd 0.25'; }
ok 'its volume is set' volume
loops() { bus set-property $p LoopStatus s Track && is LoopStatus 's "Track"' && bus set-property $p LoopStatus s None; }
ok 'and its repetition' loops
ok 'but not what is read-only' eval '! bus set-property $p Metadata "a{sv}" 0'
ok 'nor what there is not' eval '! get Nonsense'
ok 'nor with wrong types' eval '! bus set-property $p Volume s loud && ! bus call $p Seek s x'
next() { bus call $p Next && await 'the second song' title two && is CanGoNext 'b false'; }
ok 'it goes to the next song' next
ok 'which has no cover' eval 'test -z "$(art)"'
gone() { ! find "$1" | grep stretto-cover; }
ok 'and that of the first is no longer kept' eval 'bus call $p Play && await "its end" hush eval "! test -e \"\$shown\""'
ok 'and back' eval 'bus call $p Previous && await "the first song" title one'
ok 'with its cover, which is told, too' eval 'bus call $p Play && await "the cover" hush art_is && await "the signal" heard "
    select(.payload.data[1].Metadata.data[\"mpris:artUrl\"].data == \"file://$shown\")"'
quits() { bus call org.mpris.MediaPlayer2 Quit && wait "$pid"; }
ok 'it ends' quits
ok 'and leaves no cover behind' gone "$work"

# the first edge has another picture than its manifest says, the second one asks for a token
cp -r store wrong
ffmpeg -v error -y -i "$large" -vf hflip "wrong${large#store}" </dev/null
stretto-sign --generate key.pem && stretto-sign --jwks --key key.pem >keys.json
stretto-sign --token http://h.example/songs/one --id "$(cat store/names/one)" --key key.pem >token
start stretto-serve wrong --access-log wrong.log
wrong=$url
start stretto-serve store --token-keys keys.json
stretto-play --edge "$wrong" --edge "$url" --token-file token -q -O null one 2>said & pid=$!
started="$started $pid"
service=org.mpris.MediaPlayer2.stretto.instance$pid
asked() { grep -q 'GET /songs/.*/cover/.* 200 ' wrong.log; }
checked() { await 'the name' named && await 'the cover' hush art_is && await 'the line in the log' asked; }
ok 'of edges, the first that sends the right one' checked
ok 'it ends by a signal' eval 'kill "$pid"; exits 75 wait "$pid"'
ok 'and leaves no cover behind, either' gone "$work"
stretto-play --store store -q -O null one 2>said & pid=$!
started="$started $pid"
service=org.mpris.MediaPlayer2.stretto.instance$pid
await 'the name' named
# it plays on
await_end() { patience=2 await 'the end' eval '! kill -0 "$pid" 2>/dev/null' >/dev/null; }
survives() { kill "$daemon" && wait "$daemon"; ! await_end && kill -0 "$pid" && test ! -s said && kill "$pid"; }
ok 'it survives the end of the bus' survives
wait "$pid"
finish
