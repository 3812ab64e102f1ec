#!/bin/sh
# What comes out of a sound device is, bit for bit, what the songs sound like: through changes of bitrate, an edge that is killed in the
# middle, and from one song to the next. Two listeners at a time: SDL's driver that writes a file, and a PulseAudio server that is
# recorded. What is right is known from libvorbisfile, which decodes each rendition as a whole (tests/tools/sound.py).
. ./tests/net/lib.sh
vorbisfile() { python3 -c 'import ctypes; ctypes.CDLL("libvorbisfile.so.3")'; }
for need in 'command -v pulseaudio' 'command -v parec' vorbisfile; do
    $need >/dev/null 2>&1 && continue
    skip 'sound from a device' "this fails: $need"
    finish
done
unset STRETTO_TRACKER STRETTO_EDGE STRETTO_CACHE STRETTO_STORE
# a device that gets no time records silence, or drops what is late: where we may, sound goes before all else
real_time='chrt -f 10'
$real_time true 2>/dev/null || real_time=

for song in one:36 two:11; do
    # left and right have nothing in common, so that 320 needs what it may
    sox -R -n -r 44100 -c 2 -b 16 "${song%:*}.wav" synth "${song#*:}" pinknoise pinknoise gain -12
    ffmpeg -v error -i "${song%:*}.wav" -metadata "title=${song%:*}" "${song%:*}.flac" </dev/null
    stretto-encode "${song%:*}.flac" | stretto-chunk | stretto-publish --name "${song%:*}" store >/dev/null || exit
    for kbps in 45 96 160 320; do stretto-fetch --store store -b $kbps "${song%:*}" -o "${song%:*}.$kbps.ogg" || exit; done
done
rm -f ./*.wav ./*.flac

lay <<HOSTS
e1 1 100000 100000 10 0
e2 2 100000 100000 10 0
sdl 3 5000 10000 5 0
pulse 4 5000 10000 5 0
HOSTS
# what a server has written is sent even if it is killed: little
on e1 sysctl -q -w 'net.ipv4.tcp_wmem=4096 8192 8192' || exit
start_on e1 stretto-serve store || exit
edge1=$url edge1_pid=$pid
start_on e2 stretto-serve store || exit
edge2=$url

mkdir pulse
mkfifo hold
$real_time sh "$root/tests/tools/pulse.sh" "$work/pulse" <hold >/dev/null 2>&1 9>&- &
recorder=$!
exec 8>hold # it ends when this is closed
tries=0
until [ -e pulse/ready ]; do
    kill -0 "$recorder" 2>/dev/null &&
        [ $((tries += 1)) -lt 200 ] ||
        {
            skip 'sound from a device' 'pulseaudio does not run here'
            finish
        }
    sleep 0.05
done

listen_to() { # DRIVER: the songs, into $driver.jsonl
    spawn "$1" env SDL_AUDIODRIVER="$2" SDL_DISKAUDIOFILE="$work/disk" PULSE_SERVER="unix:$work/pulse/socket" \
        $real_time stretto-play --edge "$edge1" --edge "$edge2" --cache "$1.cache" --events "$1.jsonl" -q one two 2>"$1.err"
}
since() { echo $(($(date +%s) - began)); }
until_s() { while [ "$(since)" -lt "$1" ]; do sleep 0.1; done; }
began=$(date +%s)
listen_to sdl disk
sdl_pid=$pid
listen_to pulse pulseaudio
pulse_pid=$pid
# up at once; then there is too little for anything but the lowest; then all is well again
until_s 2
for host in sdl:3 pulse:4; do change "${host%:*}" "${host#*:}" 5000 100 5 0 100 16; done
until_s 9
kill -9 "$edge1_pid"
# not by the clock: a listener whose link is mended too early has no reason to go down
lowered='any(.event == "switch" and .to < 320)'
until { jq -es "$lowered" sdl.jsonl && jq -es "$lowered" pulse.jsonl; } >/dev/null 2>&1 || [ "$(since)" -ge 40 ]; do sleep 0.1; done
for host in sdl:3 pulse:4; do change "${host%:*}" "${host#*:}" 5000 10000 5 0 100 16; done
wait "$sdl_pid"
sdl_gave=$?
wait "$pulse_pid"
pulse_gave=$?
exec 8>&-
wait "$recorder"

heard() { # LISTENER STATUS RECORDED
    cat "$1.err"
    test "$2" -eq 0 && python3 "$root/tests/tools/sound.py" "$3" "$1.jsonl" one two >"$1.said" || return
    cat "$1.said"
}
ok "SDL's driver that writes a file gets the songs, bit for bit" heard sdl $sdl_gave disk
ok 'PulseAudio gets the same samples' heard pulse $pulse_gave pulse/recorded
changed() {
    for listener in sdl pulse; do
        test "$(cut -d' ' -f1 "$listener.said")" -ge 3 || { cat "$listener.said" "$listener.jsonl"; return 1; }
    done
}
ok 'the bitrate changed three times at least' changed
both() {
    for listener in sdl pulse; do
        for edge in "$edge1" "$edge2"; do
            jq -es --arg edge "${edge#http://}" 'any(.event == "chunk" and .from == $edge)' "$listener.jsonl" ||
                { cat "$listener.jsonl"; return 1; }
        done
    done
}
ok 'chunks came from the killed edge and from the other one' both
calm() { jq -es 'all(.event != "stall")' sdl.jsonl pulse.jsonl; }
ok 'playback did not stall' calm
again() {
    on sdl timeout 60 stretto-play --edge "$edge1" --cache sdl.cache --unpaced -q -O raw:again --events \
        again.jsonl one two &&
        python3 "$root/tests/tools/sound.py" again again.jsonl one two
}
ok 'the songs are played once more from the cache without any server' again
end_all
finish
