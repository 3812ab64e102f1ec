#!/bin/sh
# stretto-play: where it begins, in which order and how often it plays, and the socket that controls it, whose answers are mpv's.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone one.wav 32 && tone two.wav 12 && tone six.wav 11
for song in one two six; do stretto-encode -b 96 $song.wav | stretto-chunk | stretto-publish --name $song store >$song.id; done
for song in one two six; do stretto-fetch --store store $song | oggdec -Q -b 16 -o $song.96.wav -; done
ones=$(cat one.id)
play() { timeout 120 stretto-play --store store --unpaced -q "$@"; }
samples() { soxi -s "$1"; }
same() { # HEARD TRUE: but for the rounding of oggdec
    test "$(samples "$1")" -eq "$(samples "$2")" && sox -V1 -m -v 1 "$1" -v -1 "$2" -n stats 2>stats &&
        awk '/^Max level/ {if ($3 > 0.00004) exit 1} /^Min level/ {if ($3 < -0.00004) exit 1}' stats || { cat stats; return 1; }
}

# where, in which order, how often
from() { sox one.96.wav rest.wav trim "$2" && play --start "$1" -O wav:heard.wav one && same heard.wav rest.wav; }
ok '--start in seconds' from 20.5 20.5
ok '--start in minutes' from 0:25 25
ok '--start in hours, from the cache' from 0:00:10 10
only_first() { sox one.96.wav two.96.wav rest.wav trim 30 && play --start 30 -O wav:heard.wav one two && same heard.wav rest.wav; }
ok 'only the first song begins there' only_first
for time in 1:60 -1 1: x '' 1.5:00 1:2:3:4; do ok "'$time' is no time" exits 64 stretto-play --start "$time" --store store one; done
order() {
    rm -f e.jsonl && play --shuffle -O wav:x.wav --events e.jsonl two six two six two six && jq -r 'select(.event == "start").song' e.jsonl
}
shuffled() {
    order >first && test "$(sort first | uniq -c | awk '{print $1}' | paste -sd ' ')" = '3 3' || return
    # one order of 20; ten times the same one is no chance
    for _ in 1 2 3 4 5 6 7 8 9 10; do order | command cmp -s - first || return 0; done
    return 1
}
ok '--shuffle plays each song once, in an order of chance' shuffled
twice() {
    sox two.96.wav six.96.wav two.96.wav six.96.wav rounds.wav
    n=$(($(samples rounds.wav) * 2 * 4))
    play --repeat -O raw:- --events rounds.jsonl two six | head -c $n >rounds.raw
    sox -t raw -e float -b 32 -c 2 -r 44100 rounds.raw heard.wav && same heard.wav rounds.wav
}
ok '--repeat plays them again, without a gap' twice
sessions() { jq -es 'group_by(.session) | length >= 4 and all([.[] | select(.event == "playing")] | length <= 1)' rounds.jsonl; }
ok 'each time as a session, which begins to sound once' sessions
alone() {
    n=$(($(samples six.96.wav) * 2 * 4))
    play --repeat -O raw:- six | head -c $((2 * n)) >rounds.raw && head -c $n rounds.raw >a.raw && tail -c $n rounds.raw | cmp - a.raw
}
ok 'also a single song' alone
ok 'but not what cannot be played' exits 69 play --repeat --patience 1 -O null none nothing

# the control socket
plays() { # OPTION...: in the background
    stretto-play --store store -q --control s.sock -O null "$@" 2>said & pid=$!
    started="$started $pid"
    await 'the socket' test -S s.sock
}
send() {
    printf '%s\n' "$@" | timeout 100 python3 "$root/tests/tools/control.py" "${socket:-s.sock}" >answers || { cat answers said; return 1; }
}
field() { sed -n "$1p" answers | jq -c "${2:-.data}"; } # LINE [jq]
plays one two six
ok 'only its owner may use it' eval 'test "$(stat -c %a s.sock)" = 600'
playing() {
    send '["observe_property", 1, "core-idle"]' 'await core-idle false' '["get_property", "duration"]' '["get_property", "path"]' \
        '["get_property", "playlist-count"]' '["get_property", "volume"]' '["get_property", "metadata"]' &&
        equals '32 "one" 3 100' "$(field 2) $(field 3) $(field 4) $(field 5)" && equals "\"$ones\"" "$(field 6 .data.song)"
}
ok 'it says what plays' playing
paused() {
    send '["observe_property", 1, "pause"]' '["set_property", "pause", true]' 'await pause true' '["get_property", "core-idle"]' \
        '["cycle", "pause"]' 'await pause false' && equals true "$(field 3)"
}
ok 'it pauses and goes on, and tells who observes it' paused
sought() {
    send '["set_property", "pause", true]' '["seek", 20, "absolute"]' '["get_property", "time-pos"]' '["seek", -5]' \
        '["get_property", "time-pos"]' '["seek", 50, "absolute-percent"]' '["get_property", "time-pos"]' &&
        equals '20 15 16' "$(field 3 '.data | round') $(field 5 '.data | round') $(field 7 '.data | round')"
}
ok 'it seeks' sought
volume() { send '["set_property", "volume", 40]' '["add", "volume", 30]' '["get_property", "volume"]' && equals 70 "$(field 3)"; }
ok 'it sets the volume' volume
moved() {
    send '["observe_property", 7, "path"]' '["set_property", "pause", false]' '["playlist-next"]' 'await path "two"' '["playlist-next"]' \
        'await path "six"' '["playlist-prev"]' 'await path "two"' '["playlist-play-index", 0]' 'await path "one"' 'event start-file'
}
ok 'it goes to other songs' moved
added() {
    send '["loadfile", "six", "append"]' '["get_property", "playlist"]' '["set_property", "loop-playlist", "inf"]' \
        '["get_property", "loop-playlist"]' '["observe_property", 1, "path"]' '["loadfile", "two"]' 'await path "two"' \
        '["get_property", "playlist-count"]' &&
        equals '["one","two","six","six"]' "$(field 2 '[.data[].filename]')" && equals '"inf"' "$(field 4)" && equals 1 "$(field 7)"
}
ok 'it appends songs, and replaces all' added
refused() {
    send '["nonsense"]' '["get_property", "nonsense"]' '["seek"]' '["seek", "x"]' '["set_property", "duration", 1]' '["loadfile", "../x"]' \
        '[]' '["set_property", "pause", 7]' '["playlist-play-index", 99]' '["observe_property", "x", "pause"]' &&
        test "$(jq -r .error answers | grep -vc success)" -eq 10
}
ok 'it refuses what makes no sense' refused
noise() { python3 - <<'END'
import socket
def client():
    one = socket.socket(socket.AF_UNIX); one.settimeout(60); one.connect("s.sock"); return one
for junk in (b"\n\n{}\n", b"{\"command\":", b"\x00\xff\n", b"seek x\n[1]\n"):
    client().sendall(junk)
long = client()
try:
    while True: long.sendall(b"x" * 65536)
except (BrokenPipeError, ConnectionResetError): pass
many = [client() for _ in range(20)]
# those beyond 16 are closed
assert sum(one.recv(1) == b"" for one in many[16:]) == 4
END
    send '["get_property", "pause"]'
}
ok 'nor is it impressed by noise, long lines and many clients' noise
by_text() {
    python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("s.sock"); s.sendall(b"set volume 33\n")' &&
        await 'the volume' volume_is 33
}
volume_is() { send '["get_property", "volume"]' && test "$(field 1)" = "$1"; }
ok 'text commands as in mpv' by_text
ok 'a second player cannot have the same socket' exits 69 play --control s.sock -O null six
ends() { send '["quit"]' && wait "$pid" && test ! -e s.sock; }
ok 'it ends the player, and the socket goes' ends

# a long answer
yes six | head -n 70000 >long.m3u
plays long.m3u
whole() { python3 - <<'END'
import json, socket
one = socket.socket(socket.AF_UNIX); one.settimeout(100); one.connect("s.sock")
one.sendall(b'{"command": ["get_property", "playlist"]}\n'); one.shutdown(socket.SHUT_WR)
answer = b"".join(iter(lambda: one.recv(65536), b""))
assert len(answer) > 1 << 20
line = next(line for line in map(json.loads, answer.splitlines()) if "data" in line and "event" not in line)
assert len(line["data"]) == 70000
END
}
ok 'a long list is answered whole, also to who has sent all' whole
ok 'and the player ends' ends

early() {
    start stretto-serve --workers 1 store && server=$pid && kill -STOP "$server" || return
    rm -f s.sock
    stretto-play --store "$url" -q --unpaced --cache early --control s.sock -O wav:heard.wav one 2>said & pid=$!
    started="$started $pid"
    await 'the socket' test -S s.sock && send '["seek", 5]' '["seek", 20, "absolute"]' '["seek", 2]'
    kill -CONT "$server"
    wait "$pid" && sox one.96.wav rest.wav trim 22 && same heard.wav rest.wav
}
ok 'a seek before the song is known counts once it is' early

# what is remembered
remembered() { jq -ce "$1" .state/stretto/queue.json; }
resumes() {
    plays --resume --volume 50 one two &&
        send '["observe_property", 1, "core-idle"]' 'await core-idle false' '["observe_property", 2, "duration"]' '["playlist-next"]' \
            'await duration 12.0' '["set_property", "pause", true]' '["seek", 7, "absolute"]' '["quit"]' &&
        wait "$pid" && remembered '.songs == ["one", "two"] and .number == 1 and (.seconds | round) == 7 and .volume == 0.5'
}
ok '--resume keeps queue, position and volume' resumes
goes_on() {
    sox two.96.wav rest.wav trim "$(jq .seconds .state/stretto/queue.json)" && rm -f heard.wav &&
        play --resume --volume 100 -O wav:heard.wav && same heard.wav rest.wav && test ! -e .state/stretto/queue.json
}
ok 'goes on there, and forgets what was played to its end' goes_on
ok 'then there is nothing to resume' exits 66 play --resume -O null
signalled() {
    plays --resume six && send '["observe_property", 1, "core-idle"]' 'await core-idle false' &&
        kill "$pid"; wait "$pid"; remembered '.songs == ["six"]'
}
ok 'a signal does not lose it' signalled
other() { play --resume -O wav:heard.wav two && same heard.wav two.96.wav; }
ok 'other songs are played from the beginning' other
echo '{"songs":["../x"]}' >.state/stretto/queue.json
ok 'a damaged file is noted, and does not end the player' says 'an entry is not a song' play --resume -O wav:heard.wav two

# the same questions to mpv have the same answers
questions='["get_property","pause"]
["get_property","volume"]
["get_property","playlist-pos"]
["get_property","playlist-count"]
["set_property","pause",true]
["get_property","pause"]
["cycle","pause"]
["set_property","volume",50]
["get_property","volume"]
["seek",10,"absolute"]
["get_property_string","pause"]
["observe_property",1,"pause"]
["unobserve_property",1]
["get_property","nonsense"]
["nonsense"]
["get_property","loop-file"]
["playlist-next"]'
compared() {
    mpv --no-config --ao=null --really-quiet --input-ipc-server=mpv.sock one.96.wav two.96.wav >/dev/null 2>&1 & mpv=$!
    started="$started $mpv"
    await 'the socket of mpv' test -S mpv.sock
    socket=mpv.sock send '["observe_property", 1, "core-idle"]' 'await core-idle false' "$questions" && mv answers mpv.answers || return
    kill $mpv
    plays one two
    send '["observe_property", 1, "core-idle"]' 'await core-idle false' "$questions" && kill $pid &&
        # mpv leaves out null
        for one in answers mpv.answers; do jq -cS 'if .data == null then del(.data) else . end' $one >$one.plain; done
    diff answers.plain mpv.answers.plain
}
ok "answers are mpv's" compared
wait "$pid"
# a sound server that is killed, as headphones that are unplugged
unplugged() {
    mkdir pulse && mkfifo hold || return
    sh "$root/tests/tools/pulse.sh" "$work/pulse" <hold >/dev/null 2>&1 &
    exec 8>hold # it ends when this is closed
    await 'the sound server' test -e pulse/ready
    SDL_AUDIODRIVER=pulseaudio PULSE_SERVER="unix:$work/pulse/socket" stretto-play --store store -q --control u.sock \
        --pause-without-device one 2>said &
    pid=$!
    started="$started $pid"
    await 'the socket' test -S u.sock
    socket=u.sock
    send '["observe_property", 1, "core-idle"]' 'await core-idle false' || return
    kill -9 "$(cat pulse/pid)"
    send '["observe_property", 1, "pause"]' 'await pause true' && says_paused
    gave=$?
    exec 8>&-
    kill "$pid"
    return $gave
}
says_paused() { grep -q 'the sound device has disappeared: paused' said; }
if command -v pulseaudio >/dev/null && command -v parec >/dev/null; then
    ok '--pause-without-device pauses when the device disappears' unplugged
else
    skip '--pause-without-device' 'pulseaudio is not installed'
fi
finish
