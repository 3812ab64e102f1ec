#!/bin/sh
# stretto-report --follow: the report of growing, renamed and truncated files equals that of one run at the end.
. ./tests/lib.sh
python3 "$root/tests/tools/events.py" 300 --mess >all.jsonl
stretto-report --json all.jsonl >once.json
lines=$(wc -l <all.jsonl)
part() { sed -n "$(($lines * $1 / 10 + 1)),$(($lines * $2 / 10))p" all.jsonl; }

# FILE...: sets $follower; each report is an object in $said
follow() {
    : >said
    stretto-report --follow --every 0.1 --json "$@" >said 2>said.err &
    follower=$! started="$started $!"
}
last() { jq -es ".[-1] | $1" said; }
now_has() { await "$1 in the last report" last "$1" >/dev/null; }
but_files() { jq -S 'del(.input.files)' "$@"; }
ends_as() { # FILE: the last report is that of one run
    kill "$follower" &&
        wait "$follower" &&
        jq -s '.[-1]' said | but_files >left &&
        but_files "$1" >right &&
        cmp left right &&
        ! [ -s said.err ]
}

grows() {
    part 0 3 >grow.jsonl && follow grow.jsonl && now_has ".input.lines == $(wc -l <grow.jsonl)" || return
    part 3 10 >second && head -c 5017 second >>grow.jsonl && now_has ".input.lines == $(wc -l <grow.jsonl)" || return
    part 3 10 | tail -c +5018 >>grow.jsonl && now_has ".input.lines == $lines" && ends_as once.json
}
ok 'appended lines are counted, an incomplete one when it is complete' grows
open() {
    line() {
        printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"a","listener":"l","place":"","song":"s"%s}\n' "$@"
    }
    line start 0 1000 '' >open.jsonl &&
        follow open.jsonl &&
        now_has '.totals.sessions == 1 and .totals.plays == 0' &&
        line progress 1 50000 ',"heard_ms":40000' >>open.jsonl &&
        now_has '.totals.sessions == 1 and .totals.plays == 1 and .totals.heard_ms == 40000' &&
        line end 2 70000 ',"heard_ms":60000,"why":"skipped"' >>open.jsonl &&
        now_has '.totals.sessions == 1 and .totals.plays == 1 and .totals.heard_ms == 60000' &&
        stretto-report --json open.jsonl >open.json &&
        ends_as open.json
}
ok 'an open session is shown with its lines so far, and counts once' open
moves() {
    part 0 3 >move.jsonl &&
        follow move.jsonl &&
        now_has '.input.lines > 0' &&
        mv move.jsonl move.jsonl.1 &&
        part 3 6 >>move.jsonl.1 &&
        part 6 10 >move.jsonl &&
        now_has ".input.lines == $lines" &&
        ends_as once.json
}
ok 'a renamed file is read further, and so is the new one' moves
gone() {
    part 0 3 >gone.jsonl &&
        part 3 4 >there.jsonl &&
        follow gone.jsonl there.jsonl &&
        now_has ".input.lines == $(($lines * 4 / 10))" &&
        rm gone.jsonl &&
        part 4 5 >>there.jsonl &&
        now_has ".input.lines == $(($lines * 5 / 10))" &&
        part 5 10 >gone.jsonl &&
        now_has ".input.lines == $lines" &&
        ends_as once.json
}
ok 'a file that is missing for a while is waited for' gone
cut_off() {
    part 0 6 >cut.jsonl &&
        follow cut.jsonl &&
        now_has '.input.lines > 0' &&
        part 6 7 >smaller &&
        cat smaller >cut.jsonl &&
        now_has ".input.lines == $(($(wc -l <smaller) + lines * 6 / 10))" ||
        return
    part 7 10 >>cut.jsonl && now_has ".input.lines == $lines" && ends_as once.json
}
ok 'a truncated file, as by copytruncate, is read from its beginning' cut_off
regrown() { # the follower is stopped while the file is truncated and grows beyond its old size
    part 0 2 >regrown.jsonl &&
        follow regrown.jsonl &&
        now_has ".input.lines == $(wc -l <regrown.jsonl)" &&
        kill -STOP "$follower" &&
        part 2 10 >others &&
        cat others >regrown.jsonl &&
        kill -CONT "$follower" &&
        now_has ".input.lines == $lines" &&
        ends_as once.json
}
ok 'and so is one that has grown beyond its old size since then' regrown
folder() {
    mkdir -p folder/sub &&
        part 0 3 >folder/a.jsonl &&
        follow folder &&
        now_has '.input.lines > 0' &&
        part 3 6 >folder/sub/b.jsonl &&
        part 6 10 | gzip >c.gz &&
        mv c.gz folder/c.jsonl.gz &&
        now_has ".input.lines == $lines" &&
        ends_as once.json
}
ok 'new files in a folder are read, even compressed ones' folder
unreadable() { # by anybody: nothing is mapped at address 0
    mkdir odd && part 0 3 >odd/a.jsonl && follow odd && now_has '.input.lines > 0' &&
        ln -s loop.jsonl odd/loop.jsonl && ln -s /proc/self/mem odd/mem.jsonl && part 3 6 >odd/sub.jsonl &&
        now_has ".input.lines == $(($lines * 6 / 10))" && part 6 10 >>odd/sub.jsonl && now_has ".input.lines == $lines" &&
        kill "$follower" && wait "$follower" &&
        grep -c "'odd/mem.jsonl'" said.err | grep -qx 1 && test "$(wc -l <said.err)" -eq 1 || { cat said.err; return 1; }
}
ok 'a new file that cannot be read is reported once, and the others are followed' unreadable
loops() {
    mkdir -p loops/sub && cp all.jsonl loops/sub/ && ln -s loop.jsonl loops/loop.jsonl && ln -s .. loops/sub/up &&
        ln -s nowhere loops/gone.jsonl && stretto-report --json loops | but_files >left && but_files once.json >right && cmp left right
}
ok 'loops of links in a folder are passed over' loops
closed() {
    mkdir -p shut/closed && cp all.jsonl shut/ && chmod 0 shut/closed || return
    exits 74 bound stretto-report shut 2>err && grep -q "cannot read 'shut/closed'" err &&
        bound stretto-report --keep-going --json shut >kept.json 2>err && grep -q "cannot read 'shut/closed'" err &&
        but_files kept.json >left && cmp left right
}
bound() { # root, but not above the modes of files
    less=-dac_override,-dac_read_search
    if [ "$(id -u)" -eq 0 ]; then setpriv --inh-caps=$less --bounding-set=$less "$@"; else "$@"; fi
}
closed_test='a folder that cannot be read is an error with its name, or a note with --keep-going'
if bound true 2>/dev/null; then
    ok "$closed_test" closed
else
    skip "$closed_test" 'setpriv is not allowed'
fi
logs() { # two logs grow alternately; a line in two passes over a log counts once
    entry() {
        printf \
            '192.0.2.7 - - [29/Nov/2026:10:%02d:%02d +0000] "GET /songs/s/96/chunk_%d.ogg HTTP/1.1" 200 %d "-" "x" HIT 3 "-" "-"\n' \
            $(($1 / 60)) $(($1 % 60)) "$1" "$1"
    }
    for i in $(seq 300); do entry "$i"; done >log && split -l 100 log piece. || return
    cp piece.aa eu.log &&
        cp piece.aa us.log &&
        stretto-report --json eu.log >first.json &&
        jq -e '.servers[0].requests == 100' first.json ||
        return
    follow eu.log us.log && now_has '.servers | map(.requests) == [100, 100]' || return
    cat piece.ab >>eu.log &&
        cat piece.ab piece.ac >>us.log &&
        now_has '.servers | map(.requests) | add == 500' &&
        cat piece.ac >>eu.log &&
        now_has '.servers | map(.requests) == [300, 300]' ||
        return
    cp eu.log eu.log.1 && stretto-report --json eu.log us.log >logs.json && ends_as logs.json
}
ok 'logs of two servers that grow alternately' logs
input() {
    { part 0 5 && sleep 0.5 && part 5 10; } | stretto-report --follow --every 0.1 --json - >said &&
        jq -s '.[-1]' said | but_files >left &&
        but_files once.json >right &&
        cmp left right
}
ok 'standard input, until it ends' input

part 0 5 >page.jsonl
start stretto-report --follow --every 0.1 page.jsonl
page() {
    curl -sf "$url/" >page.html &&
        grep -q 'location.reload' page.html &&
        grep -q 'Live' page.html &&
        grep -q '<h1>What listeners heard' page.html &&
        curl -sf "$url/report.json" >page.json
}
ok 'a page on loopback, which reloads itself' page
allowed() { # the policy's hash is that of the script
    sum=$(perl -0777 -ne 'print $1 if m{<script>(.*?)</script>}s' page.html | openssl dgst -sha256 -binary | base64) &&
        grep -qF "script-src 'sha256-$sum'" page.html
}
ok 'whose policy allows its script' allowed
page_has() { curl -sf "$url/report.json" | jq -e "$1" >/dev/null; }
grown() {
    part 5 10 >>page.jsonl &&
        await 'the page to have all lines' page_has ".input.lines == $lines" &&
        curl -sf "$url/report.json" | but_files >left &&
        but_files once.json >right &&
        cmp left right
}
ok 'and shows new lines' grown
status() { # STATUS CURL'S ARGUMENTS
    wanted_status=$1 && shift && test "$(curl -s -o /dev/null -w '%{http_code}' "$@")" = "$wanted_status"
}
others() {
    status 421 -H 'Host: report.example' "$url/" &&
        status 421 -H 'Host: 127.0.0.1.example' "$url/" &&
        status 421 -H 'Host: localhost.example:80' "$url/" &&
        status 200 -H "Host: localhost:${url##*:}" "$url/" &&
        status 404 "$url/songs" &&
        status 405 -X POST "$url/" &&
        status 200 -I "$url/"
}
ok 'requests with another host name are refused' others
ok 'SIGTERM ends it with 0' stop "$pid"
ok 'an address other than loopback: 64' exits 64 stretto-report --follow --listen 0.0.0.0:0 page.jsonl
ok 'without --follow: 64' exits 64 stretto-report --listen 127.0.0.1:0 page.jsonl
ok 'no such file: 66' exits 66 stretto-report --follow nowhere.jsonl
ok 'not as CSV: 64' exits 64 stretto-report --follow --csv songs page.jsonl

file_has() { grep -q "$1" "$2"; }
interrupted() { # by Ctrl-C, as a person does
    part 0 5 >interrupted.jsonl &&
        follow interrupted.jsonl &&
        now_has '.input.lines > 0' &&
        kill -INT "$follower" &&
        wait "$follower" &&
        ! [ -s said.err ]
}
ok 'Ctrl-C ends it with 0' interrupted
html() {
    part 0 5 >html.jsonl &&
        : >live.html &&
        { stretto-report --follow --every 0.1 --html live.html html.jsonl >/dev/null & } &&
        follower=$! started="$started $!" &&
        await 'a page' file_has '</html>' live.html &&
        first=$(md5sum <live.html) &&
        part 5 10 >>html.jsonl &&
        await 'another page' page_changed &&
        kill "$follower" &&
        wait "$follower"
}
page_changed() { [ "$(md5sum <live.html)" != "$first" ] && grep -q '</html>' live.html; }
ok '--html replaces the file' html
screen() { # a terminal of 24 rows and 80 columns
    part 0 5 >screen.jsonl &&
        {
            python3 "$root/tests/tools/screen.py" 24 80 stretto-report --follow --every 0.1 screen.jsonl \
                >screen 2>&1 &
        } &&
        follower=$! &&
        started="$started $!" &&
        await 'a screen' file_has 'Listening' screen &&
        part 5 10 >>screen.jsonl &&
        await 'the last screen' file_has "plays (30 s heard)  *$(jq '.totals.plays' once.json)" screen &&
        kill "$follower" &&
        wait "$follower"
}
ok 'the report fills the terminal and never scrolls it' screen
finish
