# For tests/*/*.t, which begin with `. ./tests/lib.sh` at the project's root: TAP, in a temporary folder that goes away.
#
#   ok NAME COMMAND...       one test: does the command succeed? What it printed is shown when it does not
#   skip NAME WHY            a test that cannot run here, and is seen not to
#   rows PREFIX COMMAND...   many tests: a line of the command's output each, "ok NAME" or "not ok NAME"; lines with # are shown
#   exits STATUS COMMAND...  succeeds when the command exits with just this status
#   says TEXT COMMAND...     succeeds when the command's standard error holds the text
#   ends_saying STATUS TEXT COMMAND...  both of them
#   equals LEFT RIGHT        two texts are the same, and not empty
#   prints FILE COMMAND...   the command succeeds and prints what the file holds
#   silently COMMAND...      the command succeeds and prints nothing to standard error
#   lacks PATTERN FILE...    no line of these files matches the extended expression, and none of them is empty
#   differ FILE FILE         two files, neither of them empty, are not the same
#   kept_right CACHE STORE   each chunk in the cache is the store's, and there is one
#   cmp, diff                as usual, but two empty files are not the same, nor are two checksums of nothing
#   jq -e                    as usual, but no input or no result is a failure (in jq 1.6 it is not)
#   not_over_tls             what follows does not depend on it: with STRETTO_TEST_TLS the test ends here
#   finish                   last line of every test
#   tone FILE SECONDS [sox arguments]   a sweep with some noise, 44.1 kHz stereo
#   serve DIR                serve a directory over HTTP on a free port; sets $url
#   start TOOL [ARGS]        run a server of ours on a free port; sets $url and $pid; what it says is in $said and $said.err
#   await WHAT COMMAND...    until the command succeeds, at most for 60 s (or $patience): then it fails and says what it waited for
#   soon COMMAND...          await the command itself, which is shown when it never succeeds
#   wait PID...              as usual, but at most for 300 s (or $patience): then it says which process did not end
#   stop PID                 end a process that the test started; gives its exit status
#
# STRETTO_TEST_TLS=1: servers of ours that `start` runs, but peers, speak TLS, and so HTTP/2 with all who know it (make test-tls).
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
export PYTHONDONTWRITEBYTECODE=1 # the tree stays as it is
export STRETTO_SERVE_PUBLIC_METRICS=true # tests read the numbers where they ask for songs
tests=0 failures=0 servers=0 started=
cd "$work" || exit 1
# servers of tests are here, whatever stands before others
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
if [ -n "${STRETTO_TEST_TLS-}" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout "$work/.key.pem" \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out "$work/.cert.pem" 2>/dev/null || exit
    echo "ca_certificate = $work/.cert.pem" >"$work/.wgetrc"
    export SSL_CERT_FILE="$work/.cert.pem" WGETRC="$work/.wgetrc"
fi

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
    prefix=$1 before=$tests unmet=
    shift
    "$@" >"$work/.rows" 2>"$work/.said"
    gave=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) tests=$((tests + 1)) unmet= && echo "ok $tests - $prefix ${line#ok }" ;;
        'not ok '*)
            tests=$((tests + 1)) line="not ok $tests - $prefix ${line#not ok }"
            echo "$line"
            unmet=
            case $line in *'# TODO'*) ;; *) failures=$((failures + 1)) unmet=yes && echo "# $line" >&2 ;; esac
            ;;
        '#'*) printf '%s\n' "$line" && [ -z "$unmet" ] || printf '%s\n' "$line" >&2 ;;
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
ends_saying() {
    wanted=$1 words=$2
    shift 2
    exits "$wanted" "$@" 2>"$work/.stderr" && grep -qF -- "$words" "$work/.stderr" || { cat "$work/.stderr"; return 1; }
}

# A comparison proves nothing when both sides are empty because what should have filled them failed.
equals() {
    [ -n "$1" ] && [ "$1" = "$2" ] || { printf '%s\n' "'$1' is not '$2', or empty"; return 1; }
}
hold_something() { # arguments of cmp or diff, which found them equal
    for compared; do
        if [ -d "$compared" ]; then
            [ -n "$(find "$compared" -type f -size +0)" ] || { echo "nothing in $compared"; return 1; }
        elif [ -f "$compared" ]; then
            [ -s "$compared" ] || { echo "$compared is empty"; return 1; }
            # MD5 and SHA-256 of no bytes
            ! head -c 70 "$compared" | grep -aqE '^(d41d8cd98f00b204e980|e3b0c44298fc1c149afb)' ||
                { echo "$compared is a checksum of nothing"; return 1; }
        fi
    done
}
cmp() { command cmp "$@" && hold_something "$@"; }
diff() { command diff "$@" && hold_something "$@"; }
jq() {
    jq_asks=no jq_reads=yes jq_file=no
    for jq_word; do
        case $jq_word in
        --*) ;;
        -*)
            case $jq_word in *e*) jq_asks=yes ;; esac
            case $jq_word in *n*) jq_reads=no ;; esac
            ;;
        *) [ ! -f "$jq_word" ] || jq_file=yes ;;
        esac
    done
    if [ $jq_asks = no ]; then command jq "$@"; return; fi
    jq_answer=$(mktemp "$work/.jq-XXXXXX") || return
    if [ $jq_reads$jq_file = yesno ]; then
        cat >"$jq_answer.given"
        [ -s "$jq_answer.given" ] || { rm "$jq_answer"*; echo 'jq -e: nothing to read'; return 4; }
        command jq "$@" <"$jq_answer.given" >"$jq_answer"
    else
        for jq_word; do
            [ ! -f "$jq_word" ] || [ -s "$jq_word" ] || { rm "$jq_answer"; echo "jq -e: $jq_word is empty"; return 4; }
        done
        command jq "$@" >"$jq_answer"
    fi
    jq_status=$?
    cat "$jq_answer"
    [ -s "$jq_answer" ] || [ $jq_status -ne 0 ] || jq_status=4
    rm "$jq_answer"*
    return $jq_status
}
prints() {
    printed=$1
    shift
    "$@" >"$work/.printed" && cmp "$work/.printed" "$printed"
}
silently() {
    "$@" 2>"$work/.stderr" >/dev/null || { echo "exit $?"; cat "$work/.stderr"; return 1; }
    [ ! -s "$work/.stderr" ] || { cat "$work/.stderr"; return 1; }
}
lacks() {
    lacked=$1
    shift
    for compared; do [ -s "$compared" ] || { echo "$compared is empty"; return 1; }; done
    LC_ALL=C grep -aE -e "$lacked" "$@"
    [ $? -eq 1 ]
}
differ() {
    [ -s "$1" ] && [ -s "$2" ] || { echo "$1 or $2 is empty"; return 1; }
    command cmp -s "$1" "$2"
    [ $? -eq 1 ] || { echo "$1 and $2 are the same"; return 1; }
}
kept_right() {
    find "$1" -name 'chunk_*' >"$work/.kept"
    [ -s "$work/.kept" ] || { echo "no chunk in $1"; return 1; }
    while IFS= read -r kept; do cmp "$kept" "$2/songs/${kept##*/songs/}" || return; done <"$work/.kept"
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

hush() { "$@" >/dev/null 2>&1; }
soon() { await "$*" hush "$@" || { "$@"; return 1; }; }

over() { # PID: it has ended, or is nobody's child any more
    IFS= read -r over_stat 2>/dev/null <"/proc/$1/stat" || return 0
    over_stat=${over_stat##*) }
    [ "${over_stat%% *}" = Z ]
}
wait() {
    for waited; do
        patience=${patience:-300} await "process $waited to end: $({ tr '\0' ' ' <"/proc/$waited/cmdline"; } 2>/dev/null)" over "$waited" ||
            return 124
    done
    command wait "$@"
}

# PID SAID: until a server says where it listens; sets $url
await_ready() {
    url=
    await "the ready line of $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)" ready_or_gone "$1" "$2" && [ -n "$url" ]
}
ready_or_gone() {
    url=$(sed -n 's/^listening on \(.*\)/http:\/\/\1/p' "$2" 2>/dev/null | head -n 1)
    [ -n "$url" ] || ! kill -0 "$1" 2>/dev/null
}

start() {
    tool=$1
    shift
    servers=$((servers + 1)) said=$work/.server$servers
    tls_options=$(is_secure "$tool" "$@")
    # shellcheck disable=SC2086 # two options, or none
    "$tool" --listen 127.0.0.1:0 $tls_options "$@" >"$said" 2>"$said.err" &
    pid=$!
    started="$started $pid"
    eval "said_$pid=\$said"
    await_ready "$pid" "$said" || { cat "$said.err"; return 1; }
    [ -z "$tls_options" ] || url=https://${url#http://}
}
# with STRETTO_TEST_TLS: options of a server that others than peers ask, and that says nothing of TLS itself
is_secure() {
    [ -n "${STRETTO_TEST_TLS-}" ] || return 0
    case $1 in stretto-serve | stretto-track) ;; *) return 0 ;; esac
    for word; do case $word in --announce* | --tls-* | --listen*) return 0 ;; esac; done
    echo "--tls-cert=$work/.cert.pem --tls-key=$work/.key.pem"
}

stop() { # PID: a server that ends otherwise than with 0 is a failure, and what it said is shown
    kill "$1" && wait "$1" && return
    eval "echo \"the server's status: $?\" && tail -n 60 \"\${said_$1-/dev/null}.err\""
    return 1
}

not_over_tls() { [ -z "${STRETTO_TEST_TLS-}" ] || finish; }

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}
