#!/bin/sh
# Output of tools on a terminal: only the foreground job draws and reads keys, and lines of data stay whole.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" SDL_AUDIODRIVER=dummy
tone song.wav 4
tone long.wav 120
for song in song long; do
    stretto-encode -b 96 $song.wav | stretto-chunk | stretto-publish --name $song store >$song.id
done
start stretto-serve store || exit
edge=$url
as() { mode=$1 && shift && timeout 200 python3 "$root/tests/tools/job.py" "$mode" "$@" >shown; }
erases() { grep -q "$(printf '\033\\[K')" shown; } # only drawing programs do this
drawn() { as foreground "$@" && erases || { cat -A shown; return 1; }; }
undrawn() { as background "$@" && [ -e shown ] && ! erases || { cat -A shown; return 1; }; }

ok 'encode shows progress in the foreground' drawn stretto-encode -b 96 long.wav -o a.ogg
ok 'and none in the background' undrawn stretto-encode -b 96 long.wav -o a.ogg
ok 'fetch in the foreground' drawn stretto-fetch --store store song -o b.ogg
ok 'and in the background' undrawn stretto-fetch --store store song -o b.ogg
ok 'play in the foreground' drawn stretto-play --edge "$edge" -O null song
ok 'and in the background' undrawn stretto-play --edge "$edge" -O null song
stopped() {
    rm -rf cache &&
        as stopped stretto-play --edge "$edge" -O null song &&
        grep -q '<stopped>' shown &&
        ! sed 's/.*<stopped>//' shown | tail -n 1 | grep -q "$(printf '\033\\[K')"
}
ok 'a player in the background continues, and does not read keys' stopped

# each line of data is complete, even after drawing; sed interprets the drawing like a terminal
screen() { sed -e 's/\r$//' -e "s/^.*\r//" -e "s/$(printf '\033')\[K//g" shown; }
whole_json() { as foreground "$@" && screen | jq -es 'length > 0' || { cat -A shown; return 1; }; }
printf 'song\nlong\nsong\n' >list.m3u8
ok 'fetch --json on a terminal: progress does not mix with the lines' whole_json stretto-fetch --edge "$edge" \
    --no-cache --playlist list.m3u8 --json
ok 'encode --measure --json too' whole_json stretto-encode --measure --json long.wav song.wav
awk 'BEGIN {for (s = 0; s < 60; ++s) print s, 800}' >one.trace && mkdir links && mv one.trace links
ok 'and simulate --json' whole_json stretto-simulate --traces links --songs 200 --abr mpc --json

# a loop of a script may read from the terminal, or a person may type ahead
silent_keys() {
    as foreground sh -c 'stretto-play --edge "$1" --unpaced -O wav:x.wav song; stty -a' - "$edge" &&
        grep -q ' icanon' shown &&
        grep -q ' echo ' shown
}
ok 'after play the terminal is as before' silent_keys
cat >raw.py <<'EOS'
# whether the terminal was ever set to single keys while the command ran
import os, pty, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = False
os.set_blocking(terminal, False)
while os.waitpid(pid, os.WNOHANG)[0] == 0:
    seen = seen or not termios.tcgetattr(terminal)[3] & termios.ICANON
    try:
        os.read(terminal, 4096)
    except OSError:
        pass
    time.sleep(0.001)
print("raw" if seen else "cooked")
EOS
keys() { timeout 100 python3 raw.py stretto-play --edge "$edge" -O "$1" song | grep -qx "$2"; }
ok 'play reads keys when it plays' keys null raw
ok 'but not when it writes a file' keys wav:y.wav cooked

# ALSA prints its own messages for each device that it cannot open
alsa() {
    SDL_AUDIODRIVER=alsa timeout 60 stretto-play --edge "$edge" --no-cache song 2>said
    grep -q '^stretto-play: ' said && ! grep -v '^stretto-play: ' said
}
if ldconfig -p | grep -q libasound.so.2 && ! [ -e /dev/snd/controlC0 ]; then
    raw_alsa() {
        SDL_AUDIODRIVER=alsa timeout 20 mpv --no-config --ao=alsa --length=1 song.wav 2>&1 |
            grep -q 'ALSA lib\|alsa'
    }
    ok 'ALSA prints messages here' raw_alsa
    ok 'its messages are suppressed, and ours is printed' alsa
else
    skip 'messages of ALSA' 'no ALSA, or a sound card'
fi
finish
