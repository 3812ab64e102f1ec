#!/bin/sh
# Messages without any configuration, or after a typing error: they name the missing part and a command that works.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache" HOME="$work/home"
unset STRETTO_STORE STRETTO_EDGE STRETTO_TRACKER
tone song.wav 12
ffmpeg -v error -i song.wav song.mp3 </dev/null
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name frontiers store >id

# in a separate namespace, where no other program can answer at the default address of the tracker
alone() { unshare -n sh -c 'ip link set lo up && exec "$@"' - timeout 30 "$@"; }
hints() { # STATUS COMMAND... /// WORDS...: the command ends with the status, and says each of the words
    wanted=$1 command=
    shift
    while [ "$1" != /// ]; do command="$command '$1'" && shift; done
    shift
    eval "exits $wanted $command" >hinted 2>&1 || { cat hinted; return 1; }
    for words; do grep -qF -- "$words" hinted || { echo "not said: $words"; cat hinted; return 1; }; done
}
runs_hint() { # the command that the hint names works
    command=$(sed -n 's/.*try: *//p' hinted | head -n 1)
    [ -n "$command" ] && sh -c "$command" >said 2>&1 || { echo "'$command'"; cat said; return 1; }
}
if unshare -n true 2>/dev/null; then
    ok 'play with nothing configured says so at once' hints 69 alone stretto-play -O null frontiers /// \
        'http://127.0.0.1:8490' --store STRETTO_EDGE
    ok 'fetch too' hints 69 alone stretto-fetch frontiers -o x.ogg /// 'http://127.0.0.1:8490' --store STRETTO_EDGE
    ok 'and play --list' hints 69 alone stretto-play --list /// 'http://127.0.0.1:8490' --store
    ok 'and a playlist' hints 69 alone sh -c 'echo frontiers | stretto-play -O null -' /// \
        'http://127.0.0.1:8490' --store
    ok 'for a file that is not a song, a command that publishes it is suggested' hints 69 alone stretto-play -O null song.mp3 /// \
        'stretto-encode song.mp3 | stretto-chunk | stretto-publish --name song store'
    ok 'fetch says the same' hints 69 alone stretto-fetch song.mp3 -o x.ogg /// \
        'stretto-encode song.mp3 | stretto-chunk | stretto-publish --name song store'
    ok 'for a store instead of a song, --store is suggested' hints 69 alone stretto-play -O null store /// "stretto-play --store store SONG"
    # a cached song needs no server
    kept() {
        stretto-play --store store --unpaced -O null frontiers &&
            alone stretto-play --unpaced -O null frontiers
    }
    ok 'a cached song plays with nothing configured' kept
    rm -rf cache
    # a tracker that the user named is waited for
    ok 'a tracker given by an option is waited for' exits 75 alone stretto-play --tracker http://127.0.0.1:8490 \
        --patience 1 -O null frontiers
else
    skip 'nothing configured' 'unshare -n is not allowed'
fi
ok 'a path of an audio file is not a playlist' hints 64 stretto-play --store store -O null ./song.mp3 /// \
    "'./song.mp3' is not a playlist" 'stretto-encode ./song.mp3 | stretto-chunk | stretto-publish --name song store'
ok 'a path of a store is not a playlist' hints 64 stretto-play -O null ./store /// 'stretto-play --store ./store SONG'
ok 'an address is not a song' hints 64 stretto-play -O null http://127.0.0.1:8481 /// \
    'stretto-play --edge http://127.0.0.1:8481 SONG'
ok 'fetch of a path' hints 64 stretto-fetch ./song.mp3 -o x.ogg /// 'stretto-encode ./song.mp3 |'
ok 'a file that no edge has as a song' hints 69 stretto-play --store store -O null song.mp3 /// \
    "no 'song.mp3' in 'store'" 'stretto-publish --name song store'

# typing errors
tools='stretto stretto-encode stretto-chunk stretto-publish stretto-fetch stretto-serve
    stretto-track stretto-play stretto-simulate stretto-report stretto-sign'
command -v stretto-rtc >/dev/null && tools="$tools stretto-rtc" # where its libraries are
for tool in $tools; do
    ok "$tool --vesion: --version was meant" hints 64 $tool --vesion /// "unknown option '--vesion'" \
        'did you mean --version?'
    ok "$tool names an unknown option before a missing argument" hints 64 $tool --qwertz /// \
        "unknown option '--qwertz'" "see $tool --help"
done
ok 'for an option unlike all others, nothing is suggested' sh -c '! stretto-serve --qwertz 2>&1 | grep "did you mean"'
ok 'serve --port: --listen was meant' hints 64 stretto-serve --port 8480 store /// \
    "unknown option '--port'; did you mean --listen HOST:PORT?"
ok 'encode names an unknown option with its input' hints 64 stretto-encode --bitrat 96 song.mp3 /// \
    "unknown option '--bitrat'; did you mean --bitrates"
ok 'an argument too many' hints 64 stretto-fetch one two /// "unexpected argument 'two'"
ok 'a tool that is misspelt' hints 64 stretto fecth /// "did you mean fetch?"
ok 'stretto help lists the tools' sh -c 'stretto help | grep -q "^  publish "'
ok 'stretto help TOOL shows its options' sh -c 'stretto help fetch | grep -q "^Usage: stretto-fetch"'
ok 'stretto help of an unknown tool' hints 64 stretto help fecth /// 'did you mean fetch?'
one() {
    rm -f x.ogg &&
        stretto-encode -b 96 song.mp3 -o x.ogg &&
        stretto-encode -b 96,160 song.mp3 -o y.ogg &&
        stretto-encode -b 96 -b 160 song.mp3 -o z.ogg &&
        test -s x.ogg &&
        cmp y.ogg z.ogg &&
        differ x.ogg y.ogg
}
ok 'encode -b takes one argument each time' one
stretto-encode -b 96 song.wav | stretto-chunk >b.tar
ok '--name= is an empty name, not the argument that follows' hints 64 stretto-publish --name= st b.tar /// \
    "'' cannot be a name"
ok 'so is --name with an empty argument' hints 64 stretto-publish --name '' st b.tar /// "'' cannot be a name"
named() { stretto-publish --name=new st b.tar && stretto-publish --list st | cut -f 2 | grep -qx new; }
ok 'and --name=NAME a name' named

# one status for a missing store, another for an unreadable one
: >file
mkdir -p folder
for where in absent file folder; do
    for command in 'stretto-publish --list' 'stretto-publish --verify' 'stretto-publish --remove x' \
        'stretto-serve --listen 127.0.0.1:0' 'stretto-fetch x -o x.ogg --store' 'stretto-fetch --list --store' \
        'stretto-play -O null x --store' 'stretto-play --list --store'; do
        ok "no store in '$where': $command" hints 66 $command $where /// "no store in '$where'"
    done
done
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$work" && mkdir -p shut/songs shut/names && chmod 700 shut
    nobody() {
        setpriv --reuid 65534 --regid 65534 --clear-groups env PATH="$reach" STRETTO_CACHE="$work/theirs" "$@"
    }
    # another user may not execute a build in root's home
    mkdir -p reach &&
        for tool in $tools; do cp "$(command -v "$tool")" reach/; done &&
        reach=$work/reach:$PATH
    for command in 'stretto-publish --list' 'stretto-publish --verify' 'stretto-serve --listen 127.0.0.1:0' \
        'stretto-fetch x -o x.ogg --no-cache --store' 'stretto-play -O null x --no-cache --store' \
        'stretto-play --list --no-cache --store'; do
        ok "a store that may not be read: $command" hints 74 nobody $command shut /// 'cannot read the store' \
            'Permission denied'
    done
else
    skip 'a store that may not be read' 'not root'
fi
ok 'fetch --list lists the songs' sh -c 'stretto-fetch --list --store store | cut -f 2 | grep -qx frontiers'
ok 'fetch --playlist takes no song' hints 64 stretto-fetch --playlist list.m3u8 x /// '--playlist takes no SONG'
# --help: 80 columns, units, groups, and the variables of the environment
fits() {
    for tool in $tools; do
        $tool --help |
            sed '/^Examples:/,$d' |
            awk -v tool=$tool 'length > 80 {print tool ": " $0; wide = 1} END {exit wide || NR < 10}' ||
            return
    done &&
        stretto | awk 'length > 80 {print; wide = 1} END {exit wide || NR < 10}'
}
ok 'help fits 80 columns' fits
units() {
    for tool in $tools; do
        $tool --help | grep -nE '(\b(INT|UINT|FLOAT)\b|TEXT:|in \[|Excludes|REQUIRED| x 2)' && return 1
    done
    stretto-play --help | grep -q -- '--buffer SECONDS' &&
        stretto-fetch --help | grep -q -- '--bitrate KBPS' &&
        stretto-serve --help | grep -q -- '--cache-size BYTES'
}
ok 'help names units, not types' units
groups() {
    stretto-play --help | grep -qx 'Sound:' &&
        stretto-play --help | grep -qx 'Sources:' &&
        stretto-serve --help | grep -q 'STRETTO_SERVE_LISTEN'
}
ok 'help groups options' groups
for word in -- --- --=x; do
    ok "only dashes are no option of another name: $word" exits 64 stretto-fetch song song $word
done
finish
