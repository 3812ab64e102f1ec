#!/bin/sh
# Output files of tools: devices, FIFOs and links stay, and no temporary file remains.
. ./tests/lib.sh
tone song.wav 3
stretto-encode -b 96 song.wav >wanted.ogg
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song store >/dev/null
stretto-fetch --store store -b 96 song >fetched.ogg
: >events.jsonl

encode() { stretto-encode -b 96 -o "$1" song.wav; }

fetch() { stretto-fetch --store store -b 96 -o "$1" song; }
report() { stretto-report --keep-going --html "$1" events.jsonl; }

if mknod probe c 1 3 2>/dev/null && : 2>/dev/null >probe; then
    device() { mknod null c 1 3 && "$1" null && test -c null && rm null; }
    for tool in encode fetch report; do ok "$tool -o leaves a device what it is" device $tool; done
    measured() {
        rm -f null
        mknod null c 1 3 && stretto-encode -b 96 -o sound --stats null song.wav && test -c null && rm null
    }
    ok 'and so does --stats' measured
    disk() { mknod full c 1 7 && encode full; }
    ok 'a full device: 74' exits 74 disk
    ok 'and the device still exists' test -c full
else
    skip 'devices stay devices' 'only root may make one'
fi
fifo() { # TOOL FILE
    mkfifo pipe && { timeout 20 cat pipe >taken & } && "$1" pipe && wait $! && test -p pipe && cmp taken "$2" && rm pipe
}
ok 'encode -o writes into a FIFO' fifo encode wanted.ogg
ok 'fetch too' fifo fetch fetched.ogg
link() {
    mkdir -p far &&
        echo old >far/target &&
        ln -s far/target link &&
        encode link &&
        test -L link &&
        cmp far/target wanted.ogg
}
ok 'a link to a file is followed' link
ok 'and no other file remains' test "$(ls -A far)" = target
dangling() { ln -s far/made dangles && encode dangles && test -L dangles && cmp far/made wanted.ogg; }
ok 'a dangling link creates its target' dangling
chain() {
    ln -s "$PWD/far/end" far/second &&
        ln -s far/second first &&
        encode first &&
        test -L first &&
        test -L far/second &&
        cmp far/end wanted.ogg
}
ok 'links to links too' chain
loop() { ln -s round round; encode round; }
ok 'a loop of links: 73' exits 73 loop
ln -s /proc/self/fd/1 stdout # as /dev/stdout is
out() { encode stdout >seen && cmp seen wanted.ogg; }
ok 'a link to one of our descriptors is that descriptor' out
behind() { (printf before; encode stdout) >seen && { printf before; cat wanted.ogg; } | cmp - seen; }
ok 'and its previous content remains' behind
piped() { encode stdout | cmp - wanted.ogg; }
ok 'in a pipe too' piped
mode() { (umask 027 && encode moded) && test "$(stat -c %a moded)" = 640; }
ok 'the mode of a new file depends on the umask' mode

nowhere() { encode nodir/x; }
ok 'a missing folder: 73' exits 73 nowhere
ok 'and says so' says "cannot create 'nodir/x': No such file or directory" nowhere
ok 'a file in place of the folder: 73' exits 73 encode song.wav/x
mkdir folder
ok 'a folder: 73' exits 73 encode folder
ok 'fetch: 73' exits 73 fetch nodir/x
ok 'report: 73' exits 73 report nodir/x
ok 'chunk into a folder whose name is a file: 73' exits 73 stretto-chunk -o song.wav/x wanted.ogg
ok 'play: 73' exits 73 stretto-play --store store --output wav:nodir/x song
ok 'publish: 73' exits 73 stretto-publish nodir/store /dev/null
long=$(printf '%0250d' 0)
ok 'a name of the maximum length' encode "$long"

# A signal while the program waits for its input: the temporary file is removed.
opened() { find "/proc/$pid/fd" -lname "$PWD/box/*" 2>/dev/null | grep -q .; }
interrupted() { # SIGNAL COMMAND...
    signal=$1
    shift
    mkdir box && mkfifo in
    "$@" <in &
    pid=$!
    exec 9>in
    head -c 100000 wanted.ogg >&9
    # the output is opened before the input is read, and the open descriptor shows it
    await 'the open output' opened || { kill $pid; return 1; }
    kill -s "$signal" $pid
    wait $pid
    status=$?
    exec 9>&-
    left=$(ls -A box)
    rm -r box in
    [ $status -gt 128 ] && [ -z "$left" ] || { echo "exit $status, left: $left"; return 1; }
}
for signal in INT TERM HUP KILL; do
    ok "$signal leaves no temporary file" interrupted $signal env --default-signal=INT stretto-encode -b 96 -o \
        box/song.ogg -
done
if strace -V >/dev/null 2>&1; then
    # a file system without unnamed files (O_TMPFILE)
    named() {
        strace -f -o /dev/null -P box -e trace=openat -e inject=openat:error=EOPNOTSUPP:when=1 env \
            --default-signal=INT stretto-encode "$@"
    }
    # the encoder itself, even if the shell started a process before strace
    encoder_of() { pgrep -P "$(pgrep -P "$1" -x strace || echo "$1")" -x stretto-encode; }
    begun() { child=$(encoder_of $pid) && [ -n "$(ls -A box)" ]; }
    child() { # SIGNAL
        mkdir box && mkfifo in
        named -b 96 -o box/song.ogg - <in &
        pid=$!
        exec 9>in
        head -c 100000 wanted.ogg >&9
        await 'the draft of the encoder' begun || { kill $pid; return 1; }
        kill -s "$1" "$child"
        wait $pid
        status=$?
        exec 9>&-
        left=$(ls -A box)
        rm -r box in
        [ $status -gt 128 ] && [ -z "$left" ] || { echo "exit $status, left: $left"; return 1; }
    }
    for signal in INT TERM HUP; do ok "$signal takes the draft away where it needs a name" child $signal; done
    whole() {
        mkdir box &&
            named -b 96 -o box/song.ogg song.wav &&
            cmp box/song.ogg wanted.ogg &&
            test "$(ls -A box)" = song.ogg
    }
    ok 'there too the file appears only when it is complete' whole
fi
finish
