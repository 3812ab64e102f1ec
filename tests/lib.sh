# For tests/cli/*.t, which begin with `. ./tests/lib.sh` at the project's root: TAP, in a temporary folder that goes away.
#
#   ok NAME COMMAND...       one test: does the command succeed? What it printed is shown when it does not
#   skip NAME WHY            a test that cannot run here, and is seen not to
#   exits STATUS COMMAND...  succeeds when the command exits with just this status
#   says TEXT COMMAND...     succeeds when the command's standard error holds the text
#   finish                   last line of every test
#   tone FILE SECONDS [sox arguments]   a sweep with some noise, 44.1 kHz stereo
#   serve DIR                serve a directory over HTTP on a free port; sets $url
#   stop PID                 end a process that the test started
#
# $data is tests/data, $root the project, $MUSIC the folder of real songs.
# shellcheck shell=sh disable=SC2034
set -u
root=$PWD
data=$root/tests/data
: "${MUSIC:=$root/build/music}"
# make test says where the tools are; by hand it is build/bin
command -v stretto-chunk >/dev/null || PATH=$root/build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-test-XXXXXX")
tests=0 failures=0 started=
cd "$work" || exit 1

cleanup() {
    for pid in $started; do kill "$pid" 2>/dev/null; done
    cd / && rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

ok() {
    name=$1
    shift
    tests=$((tests + 1))
    if "$@" >"$work/.said" 2>&1; then
        echo "ok $tests - $name"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        echo "# $* gave $?"
        head -n 20 "$work/.said" | sed 's/^/#   /'
    fi
}

skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

exits() {
    wanted=$1
    shift
    "$@"
    got=$?
    [ "$got" -eq "$wanted" ] || { echo "exit $got, not $wanted"; return 1; }
}

says() {
    words=$1
    shift
    "$@" 2>"$work/.stderr" >/dev/null
    grep -qF -- "$words" "$work/.stderr" || { cat "$work/.stderr"; return 1; }
}

tone() {
    file=$1 seconds=$2
    shift 2
    sox -R -n -r 44100 -c 2 -b 16 "$@" "$file" synth "$seconds" sine 100-8000 synth "$seconds" noise mix gain -12
}

serve() {
    python3 -u "$root/tests/webserver.py" "$1" >"$work/.served" 2>&1 &
    started="$started $!"
    while ! url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$work/.served") || [ -z "$url" ]; do
        kill -0 "$!" 2>/dev/null || return 1
        sleep 0.05
    done
}

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}
