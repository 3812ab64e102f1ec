#!/bin/sh
# Least privilege: what code inside a program can do that decodes strangers' files or serves strangers. A library that is loaded into it
# tries to read, write and remove other files, to run a shell, to start and trace processes, and to connect.
. ./tests/lib.sh
g++ -std=c++20 -shared -fPIC -o inside.so "$root/tests/tools/inside.cpp" -ldl || exit
mkdir elsewhere && echo secret >elsewhere/secret
export INSIDE_FD=2 INSIDE_SECRET="$work/elsewhere/secret" INSIDE_MADE="$work/elsewhere/made"
export ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"
mkdir work && cd work || exit
tone song.wav 12
ffmpeg -v error -i song.wav song.mp3
stretto-encode -o true.ogg song.mp3
serve . && export INSIDE_PORT="${url##*:}" && inside=$url
cd "$work" || exit

# the hook does what it tries where nobody prevents it
cat >free.cpp <<'EOF'
#include <csignal>
int main() { raise(SIGUSR1); }
EOF
g++ -o free free.cpp && cp -r elsewhere unguarded
free() {
    INSIDE_SIGNAL=1 INSIDE_SECRET="$work/unguarded/secret" INSIDE_MADE="$work/unguarded/made" LD_PRELOAD="$work/inside.so" ./free >said 2>&1
    grep -q 'inside: read: done' said && grep -q 'inside: make: done' said && grep -q 'inside: remove: done' said &&
        grep -q 'inside: shell' said
}
ok 'where nothing is taken away, all of it succeeds' free

tried='read write make folder mode remove exec execveat fork clone trace memory kill signal limits type namespace'
landlock=$(python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1) > 0)')
guarded() { # FILE ATTEMPT...: none of them succeeded, and all were made
    said=$1 && shift
    grep -q 'inside: end' "$said" || { cat "$said"; return 1; }
    for attempt; do
        grep -qE "inside: $attempt: (Permission denied|Operation not permitted)" "$said" || { grep "inside: $attempt" "$said"; return 1; }
    done
    ! grep -q 'inside: shell' "$said" && test "$(cat elsewhere/secret)" = secret && ! test -e elsewhere/made
}
sanitized() { grep -qa __asan_init "$(command -v stretto-encode)"; }
# leak checkers start and trace processes
sanitized && tried=$(echo "$tried" | sed 's/ clone trace//; s/ kill//')
if [ "$landlock" = True ]; then
    (cd work && cp song.wav beside.wav &&
        INSIDE_BESIDE=made.ogg LD_PRELOAD="$work/inside.so" stretto-encode -o out.ogg --stats stats.json song.mp3 2>"$work/encode.said")
    # shellcheck disable=SC2086
    ok 'encode: code inside reaches no other file, and runs nothing' guarded encode.said $tried connect beside replace
    ok 'and the song is what it was' cmp work/out.ogg work/true.ogg
    ok 'nothing else is left in its folder' eval 'test -s work/stats.json && test "$(ls -A work)" = "$(printf "%s\n" beside.wav out.ogg \
        song.mp3 song.wav stats.json true.ogg)"'
    mkdir music && cp work/song.mp3 music && ln -s ../work/song.wav music/linked.wav
    LD_PRELOAD="$work/inside.so" stretto-publish -b 96 music published >published.said 2>publish.said
    # shellcheck disable=SC2086
    ok 'publish of a folder: the same' guarded publish.said $tried connect
    ok 'and it publishes, a link too' eval 'test "$(wc -l <published.said)" = 2 && stretto-publish --verify published &&
        test -s published/.published'
else
    skip 'encode: code inside reaches no other file, and runs nothing' 'this kernel has no Landlock'
    ok 'which encode says with --verbose' says 'no Landlock' stretto-encode -v -o x.ogg work/song.mp3
fi
ok 'encode reads a pipe' eval 'stretto-encode - <work/song.mp3 | cat >piped.ogg && stretto-encode - <work/song.mp3 | cmp - piped.ogg'
ok 'and writes into another folder' eval 'mkdir out && 
    stretto-encode --stats out/stats.json -o out/o.ogg work/song.mp3 && cmp out/o.ogg work/true.ogg && test -s out/stats.json'
ok 'measures several files, one of them a pipe' eval 'cat work/song.wav | stretto-encode --measure work/song.mp3 - | grep -c song'
pipes() {
    bash -c 'stretto-encode -o p.ogg <(cat work/song.wav) && cat work/song.wav | stretto-encode -o q.ogg /dev/stdin' && cmp p.ogg q.ogg
}
ok 'reads a pipe that has a path' pipes
ok 'and writes where a link leads' eval 'mkdir far && ln -s ../far/x.ogg work/l.ogg && 
    stretto-encode -o work/l.ogg work/song.mp3 && cmp far/x.ogg work/true.ogg'
# every call that it makes once it is confined is one that it may make
calls() { # TRACE: those that were refused
    awk '/landlock_restrict_self|SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, \{/ { f = 1; next } f' "$1" |
        grep -E '= -1 (EPERM|EACCES)' | grep -v '^[0-9]* *open' | tee refused
    test ! -s refused
}
if sanitized; then skip 'encode makes no call that is refused' 'sanitizers trace too'; else
    strace -f -o trace stretto-encode -o traced.ogg work/song.mp3
    ok 'encode makes no call that is refused' calls trace
fi

# servers
served='mode exec execveat memory type namespace'
sanitized || served='mode exec execveat fork clone trace memory kill signal type namespace'
[ "$landlock" != True ] || served="$served write make folder remove"
mkdir logs
store() { (cd work && stretto-chunk <true.ogg | stretto-publish --name song ../store); }
store >id || exit
attack() { # TOOL ARGUMENTS
    INSIDE_SIGNAL=1 LD_PRELOAD="$work/inside.so" start "$@" &&
        curl -fsS "$url/healthz" >/dev/null && kill -USR1 "$pid" && await 'the attack' grep -q 'inside: end' "$said.err" || return
    # shellcheck disable=SC2086
    guarded "$said.err" $served && curl -fsS "$url/healthz" >/dev/null && stop "$pid"
}
ok 'an origin runs nothing, and writes nowhere' attack stretto-serve store
logs() {
    attack stretto-serve store --access-log logs/access.log --events logs/events.ndjson --admin "unix:$work/logs/admin" &&
        test -s logs/access.log
}
ok 'nor where it has no logs' logs
rotated() {
    start stretto-serve store --access-log logs/access.log && mv logs/access.log logs/old.log && kill -HUP "$pid" &&
        await 'a new log' test -e logs/access.log && curl -fsS "$url/songs" >/dev/null && soon grep -q songs logs/access.log && stop "$pid"
}
ok 'which can be rotated' rotated
ok 'nor does an edge' attack stretto-serve "$inside"
ok 'with a cache' attack stretto-serve "$inside" --cache cache/edge
through() { start stretto-serve "$inside" && curl -fsS "$url/true.ogg" | cmp - work/true.ogg && stop "$pid"; }
ok 'which serves what it fetches all the same' through
ok 'nor does a tracker' attack stretto-track --origin "$inside" --access-log logs/tracker.log
# a kernel that offers neither
cat >old.cpp <<'EOF'
#include <cerrno>
extern "C" long syscall(long, ...) { return errno = ENOSYS, -1; }
extern "C" int seccomp_load(void*) { return -22; }
EOF
g++ -shared -fPIC -o old.so old.cpp || exit
old() { LD_PRELOAD="$work/old.so" start "$@" && stop "$pid" && grep -q 'no Landlock and seccomp' "$said.err"; }
if sanitized; then skip 'a server says what the kernel does not offer' 'sanitizers make such calls'; else
    ok 'a server says what the kernel does not offer' eval 'old stretto-serve store && old stretto-track --origin "$inside"'
fi
finish
