#!/bin/sh
# pulse.sh DIR: a sound server with a silent device, and a recorder of this device, until standard input ends.
# Programs use PULSE_SERVER=unix:DIR/socket. DIR/recorded is the recording (32-bit float, 44.1 kHz stereo). DIR/ready exists
# when both run. DIR/pid is the pid of the server. Silence is recorded whenever a busy machine delivers no audio in time.
set -u
dir=$1
export HOME="$dir" XDG_RUNTIME_DIR="$dir" PULSE_RUNTIME_PATH="$dir" PULSE_SERVER="unix:$dir/socket"
recorder=
# a device that rewinds when a player comes renders what the recorder has read already a second time, and nobody hears that: of 25
# songs on a busy machine, 22 lost their first 11 to 26 ms
pulseaudio --daemonize=no -n --exit-idle-time=-1 --high-priority=yes --log-target=stderr \
    -L "module-native-protocol-unix socket=$dir/socket auth-anonymous=1" \
    -L 'module-null-sink sink_name=out rate=44100 channels=2 format=float32le norewinds=1' </dev/null >"$dir/log" 2>&1 &
server=$!
trap 'kill $recorder $server 2>/dev/null; wait' EXIT
trap 'exit 1' INT TERM HUP

# until COMMAND...: tried again while the server runs
until_done() {
    while ! "$@" >/dev/null 2>&1; do
        kill -0 "$server" 2>/dev/null || exit 1
        sleep 0.05
    done
}
until_done pactl info
# a recorder content with late sound makes the device wake every two seconds, too late for a player
parec -d out.monitor --format=float32le --rate=44100 --channels=2 --raw --latency-msec=50 </dev/null \
    >"$dir/recorded" 2>>"$dir/log" &
recorder=$!
until_done test -s "$dir/recorded"
: >"$dir/ready"
cat >/dev/null
# what is on its way still
sleep 0.5
