# For tests/*/*.t, which begin with `. ./tests/lib.sh` at the project's root: TAP, in a temporary folder that goes away.
#
#   ok NAME COMMAND...       one test: does the command succeed? What it printed is shown when it does not
#   skip NAME WHY            a test that cannot run here, and is seen not to
#   rows PREFIX COMMAND...   many tests: a line of the command's output each, "ok NAME" or "not ok NAME"; lines with # are shown
#   exits STATUS COMMAND...  succeeds when the command exits with just this status
#   says TEXT COMMAND...     succeeds when the command's standard error holds the text
#   finish                   last line of every test
#   tone FILE SECONDS [sox arguments]   a sweep with some noise, 44.1 kHz stereo
#   serve DIR                serve a directory over HTTP on a free port; sets $url
#   start TOOL [ARGS]        run a server of ours on a free port; sets $url and $pid; what it says is in $said and $said.err
#   await WHAT COMMAND...    until the command succeeds, at most for 60 s (or $patience): then it fails and says what it waited for
#   stop PID                 end a process that the test started; gives its exit status
#
# $data is tests/data, $root the project, $MUSIC the folder of real songs.
# shellcheck shell=sh disable=SC2034
set -u
# a script's `make test &`, nohup and some CI runners ignore signals that tests send, and no shell takes that back itself
if [ -z "${STRETTO_TEST_SIGNALS-}" ] && [ -f "$0" ]; then
    STRETTO_TEST_SIGNALS=own exec env --default-signal=INT,QUIT,HUP,TERM "${BASH:-sh}" "$0" "$@"
fi
root=$PWD
data=$root/tests/data
: "${MUSIC:=$root/build/music}"
# make test says where the tools are; by hand it is build/bin
command -v stretto-chunk >/dev/null || PATH=$root/build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/stretto-test-XXXXXX")
export XDG_STATE_HOME="$work/.state"
export STRETTO_SERVE_PUBLIC_METRICS=true # tests read the numbers where they ask for songs
tests=0 failures=0 servers=0 started=
cd "$work" || exit 1
# servers of tests are here, whatever stands before others
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR

cleanup() {
    # what has ended may have left its number to somebody else's process
    for pid in $started; do grep -qs "^PPid:[[:space:]]$$\$" "/proc/$pid/status" && kill "$pid" 2>/dev/null; done
    cd / && rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

ok() {
    name=$1
    shift
    tests=$((tests + 1))
    "$@" >"$work/.said" 2>&1
    set -- $? "$*"
    if [ "$1" -eq 0 ]; then
        echo "ok $tests - $name"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        # prove passes on what goes to standard error
        { echo "# not ok $tests - $name: $2 gave $1"; head -n 20 "$work/.said" | sed 's/^/#   /'; } >&2
    fi
}

skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

rows() {
    prefix=$1 before=$tests
    shift
    "$@" >"$work/.rows" 2>"$work/.said"
    gave=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) tests=$((tests + 1)) && echo "ok $tests - $prefix ${line#ok }" ;;
        'not ok '*)
            tests=$((tests + 1)) line="not ok $tests - $prefix ${line#not ok }"
            echo "$line"
            case $line in *'# TODO'*) ;; *) failures=$((failures + 1)) && echo "# $line" >&2 ;; esac
            ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$work/.rows"
    [ $gave -eq 0 ] && [ "$tests" -gt "$before" ] || ok "$prefix $* gave $gave: $(tail -n 1 "$work/.said")" false
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
    python3 -u "$root/tests/tools/webserver.py" "$1" >"$work/.served" 2>&1 &
    started="$started $!"
    await_ready "$!" "$work/.served"
}

await() {
    awaited=$1 awaited_until=$(($(date +%s) + ${patience:-60}))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt $awaited_until ] || { echo "waited ${patience:-60} s for $awaited"; return 1; }
        sleep 0.02
    done
}

# PID SAID: until a server says where it listens; sets $url
await_ready() {
    url=
    await "the ready line of $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)" ready_or_gone "$1" "$2" && [ -n "$url" ]
}
ready_or_gone() {
    url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$2" | head -n 1)
    [ -n "$url" ] || ! kill -0 "$1" 2>/dev/null
}

start() {
    tool=$1
    shift
    servers=$((servers + 1)) said=$work/.server$servers
    "$tool" --listen 127.0.0.1:0 "$@" >"$said" 2>"$said.err" &
    pid=$!
    started="$started $pid"
    await_ready "$pid" "$said" || { cat "$said.err"; return 1; }
}

stop() { kill "$1" && wait "$1"; }

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}
