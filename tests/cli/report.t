#!/bin/sh
# stretto-report: its sums equal those of SQL for the same lines, in every form of input; money to the cent.
#   REPORT_SESSIONS   sessions of the file that is compared (400)
. ./tests/lib.sh
make_events() { python3 "$root/tests/tools/events.py" "$@"; }
make_events "${REPORT_SESSIONS:-400}" --mess --shuffle >events.jsonl

# an oracle that shares no code with the tool
sql() { # FILE
    rm -f base
    sqlite3 base 'CREATE TABLE raw(line TEXT)' '.mode ascii' '.separator "\037" "\n"' ".import $1 raw" \
        ".read $root/tests/tools/report.sql"
}
ours='{sessions: .totals.sessions, plays: .totals.plays, skips: .totals.skips, listeners: .totals.listeners, heard_ms: .totals.heard_ms,
  events: .input.events, lines: .input.lines, torn: .input.torn, doubled: .input.doubled,
  started: .experience.started, left: .experience.left_before_start,
      failed: .experience.failed, stalls: .experience.stalls, with_stall: .experience.with_stall,
  stalled_ms: .experience.stalled_ms, switches: .experience.switches, uploaded: .bytes.uploaded, rejects: ([.bad_peers[].rejects] | add),
  mean_kbps: (.experience.mean_kbps * 1000 | round / 1000), cache: .bytes.cache,
      peer: .bytes.peer, edge_hit: .bytes.edge_hit, edge_miss: .bytes.edge_miss,
  songs: ([.songs[] | [.song, .plays, .listeners, .skips, .heard_ms]] | sort), days: [.days[] | [.day, .plays, .listeners, .heard_ms]],
  edges: [.edges[] | [.edge, .bytes]]}'
stretto-report --json events.jsonl >all.json
sql events.jsonl >oracle
same_as_sql() { head -n 1 oracle | jq -S . >theirs && jq -S "$ours" all.json >mine && diff theirs mine; }
ok 'with incomplete, duplicated, unknown and shuffled lines, the sums equal those of SQL' same_as_sql
near() { # percentiles within 0.4 %, bytes never heard within one byte per chunk
    jq -s \
        '.[1] as $t | .[0] | [.experience.startup_p50_ms, .experience.startup_p90_ms,
            .experience.startup_p99_ms] as $m | [$t.p50, $t.p90, $t.p99] as $w |
        all(range(3); ($m[.] - $w[.] | fabs) <= $w[.] * 0.004) and (.bytes.never_heard - $t.never_heard | fabs) <= .input.events' \
        all.json second |
        grep -qx true
}
sed -n 2p oracle >second
ok 'percentiles are within the documented error' near

but_input() { jq -S 'del(.input)' "$@"; }
same() { but_input "$1" >left && but_input "$2" >right && cmp left right; }
in_order() {
    make_events 400 --mess >ordered.jsonl &&
        make_events 400 --mess --shuffle >shuffled.jsonl &&
        sort ordered.jsonl | uniq >a.jsonl &&
        stretto-report --json a.jsonl >a.json &&
        sort -R ordered.jsonl ordered.jsonl >b.jsonl &&
        stretto-report --json b.jsonl >b.json &&
        same a.json b.json
}
ok 'order and repetition of lines do not change the report' in_order
scrobble() { # SESSION MORE
    printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"%s","listener":"l","place":"","song":"%s"%s}\n' \
        start 0 1795900000000 "$1" "$1" '' end 1 1795900025000 "$1" "$1" ',"heard_ms":25000,"why":"finished"'"$2"
}
short() {
    { scrobble none '' && scrobble whole ',"audio_ms":25000' && scrobble left ',"audio_ms":29000'; } >short.jsonl &&
        stretto-report --json short.jsonl >short.json && stretto-report --partial short.jsonl >part &&
        stretto-report --json part >parts.json && jq -es 'all([.songs[] | select(.plays > 0) | .song] == ["whole"])' \
        short.json parts.json
}
ok 'a song under 30 s without chunks is a play if its last line tells that all of it was heard' short

# more sessions of one line than are kept in memory, between the lines of listeners' sessions
strangers() {
    seq 110000 | sed 's/.*/{"event":"start","seq":0,"time_ms":1795900011000,"session":"s-&","listener":"s","place":"","song":"x"}/'
}
listeners() { # EVENT SEQ TIME MORE
    ids='"session":"own-&","listener":"l&","place":"","song":"y"'
    seq 100 | sed "s/.*/{\"event\":\"$1\",\"seq\":$2,\"time_ms\":$3,$ids$4}/"
}
flooded() {
    {
        listeners start 0 1795900000000 ''
        listeners progress 1 1795900010000 ',"heard_ms":10000'
        strangers
        listeners end 2 1795900180000 ',"heard_ms":180000,"why":"finished"'
    } >flooded.jsonl
    stretto-report --json flooded.jsonl >flooded.json &&
        jq -es 'all(.totals.plays == 100 and .totals.sessions == 110100 and .input.events == 110300)' flooded.json
}
ok 'a flood of sessions does not end the sessions of others early' flooded
flooded_parts() {
    stretto-report --partial flooded.jsonl >part &&
        stretto-report --json part >parts.json &&
        jq -es 'all(.totals.plays == 100 and .totals.sessions == 110100)' parts.json
}
ok 'nor in a partial report' flooded_parts
rm -f flooded.jsonl part
given_after() {
    line() {
        printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"a","listener":"l","place":"","song":"s"%s}\n' "$@"
    }
    {
        line start 0 1000 ''
        line upload 1 1500 ',"bytes":70'
        line end 2 2000 ',"heard_ms":0,"why":"finished"'
        line upload 3 3000 ',"bytes":500'
        line upload 4 4000 ',"bytes":6'
    } >given.jsonl &&
        stretto-report --json given.jsonl >given.1 &&
        cat given.jsonl given.jsonl | sort -R | stretto-report --json - >given.2 &&
        same given.1 given.2 &&
        jq -e '.bytes.uploaded == 576' given.1
}
ok 'uploads after the last song count, once' given_after
mkdir folder folder/deep
awk -v n=5 '{print > "folder/deep/" (NR % n) ".jsonl"}' events.jsonl
gzip -k folder/deep/0.jsonl folder/deep/1.jsonl && rm folder/deep/0.jsonl folder/deep/1.jsonl
echo 'not read' >folder/README
folders() {
    stretto-report --json folder >folder.json &&
        same all.json folder.json &&
        jq -e '.input.files == 5' folder.json
}
ok 'a folder gives the same report as the file, compressed or not' folders
globs() { stretto-report --json 'folder/*/*.jsonl*' >glob.json && same all.json glob.json; }
ok 'and a pattern' globs
pipes() {
    stretto-report --json - <events.jsonl >pipe.json &&
        same all.json pipe.json &&
        gzip <events.jsonl | stretto-report --json - >pipe.json &&
        same all.json pipe.json
}
ok 'and standard input, compressed too' pipes
crlf() { sed 's/$/\r/' events.jsonl | stretto-report --json - >crlf.json && same all.json crlf.json; }
ok 'and lines that end in CR LF' crlf
parts() { # split between sessions
    mkdir -p parts &&
        awk -F '"session":"' \
            '{split($2, s, "\""); n = substr(s[1], length(s[1]) - 1) + 0; print > sprintf("parts/%02d.jsonl", n)}' \
            events.jsonl &&
        for part in parts/*.jsonl; do stretto-report --partial "$part" | gzip >"$part.part" || return; done &&
        test "$(find parts -name '*.part' | wc -l)" -eq 100 &&
        stretto-report --json parts/*.part >merged.json &&
        same all.json merged.json &&
        jq -S '.input | del(.files)' all.json >left &&
        jq -S '.input | del(.files)' merged.json >right &&
        cmp left right
}
ok 'a hundred partial reports give exactly the report of one run' parts
long_sessions() { # of 3,000 chunks: each a line of about 100 kB in a partial report of 4 MB
    python3 - >long.jsonl <<'EOF' || return
import json
for s in range(40):
    for n in range(3000):
        print(json.dumps(dict(event='chunk', seq=n, time_ms=1764000000000 + n * 10000, session=f'long{s}', listener=f'l{s}', song='book',
                              source='edge', kbps=96, bytes=100000 + s * 3000 + n, audio_ms=10000, heard_ms=n * 10000, **{'from': 'eu'})))
EOF
    stretto-report --json long.jsonl >long.json && stretto-report --partial long.jsonl >long.part &&
        test "$(wc -L <long.part)" -gt 65536 || return
    stretto-report --json long.part >merged.json && jq -e '.totals.sessions == 40' merged.json && same long.json merged.json
}
ok 'so do those of sessions with 3,000 chunks, whose lines are long' long_sessions
twice() { stretto-report --json parts/*.part parts/00*.part >twice.json && same all.json twice.json; }
ok 'also if one is read twice' twice

strict() { stretto-report --strict events.jsonl; }
ok '--strict fails if lines were skipped' exits 1 strict
says_how() { says 'torn' strict; }
ok 'and prints their number' says_how
make_events 20 --seed 7 >clean.jsonl
ok 'and succeeds with a clean file' stretto-report --strict clean.jsonl
gzip -k clean.jsonl && head -c 3000 clean.jsonl.gz >short.jsonl.gz
short() {
    ends_saying 65 'end early' stretto-report short.jsonl.gz &&
        says 'end early' stretto-report --keep-going short.jsonl.gz &&
        exits 1 stretto-report --keep-going --strict short.jsonl.gz
}
ok 'a truncated gzip file is reported, and refused without --keep-going' short
cut_anywhere() { # each compressed file truncated at a hundred positions, and with one byte changed
    xz -k clean.jsonl && zstd -qk clean.jsonl && stretto-report --json clean.jsonl >plain.json || return
    for packed in clean.jsonl.gz clean.jsonl.xz clean.jsonl.zst; do
        stretto-report --json "$packed" >packed.json &&
            same plain.json packed.json || { echo "$packed"; return 1; }
        size=$(stat -c %s "$packed")
        for i in $(seq 1 99); do
            head -c $((size * i / 100)) "$packed" >cut.jsonl &&
                exits 65 stretto-report cut.jsonl >/dev/null || { echo "$packed, $i % of it"; return 1; }
        done
    done
}
ok 'gzip, xz and zstd are read, and truncation is detected at any byte' cut_anywhere
joined() {
    {
        gzip <clean.jsonl
        printf '' | gzip
        gzip </dev/null
        head -c 512 /dev/zero
    } >joined.gz &&
        stretto-report --json joined.gz >packed.json &&
        same plain.json packed.json &&
        { cat clean.jsonl.gz; printf 'tail'; } >tail.gz &&
        exits 65 stretto-report tail.gz &&
        head -c 30 clean.jsonl.xz | exits 65 stretto-report -
}
ok 'several gzip members are read, also with zeros after them, but no other bytes' joined
foreign() {
    head -c 100000 /dev/urandom >song.mp3 &&
        exits 65 stretto-report song.mp3 &&
        exits 65 stretto-report clean.jsonl song.mp3 &&
        says 'no events' stretto-report --keep-going clean.jsonl song.mp3 &&
        echo '{"level":"info"}' >other.jsonl &&
        exits 65 stretto-report other.jsonl
}
ok 'invalid input of a report is refused' foreign
bom() {
    printf '\357\273\277' | cat - clean.jsonl | stretto-report --strict --json - >bom.json &&
        same plain.json bom.json
}
ok 'a byte order mark is ignored' bom
partial_cut() {
    stretto-report --partial clean.jsonl >whole.part &&
        stretto-report --json whole.part >merged.json &&
        same plain.json merged.json &&
        head -n -1 whole.part >short.part &&
        exits 65 stretto-report short.part &&
        ends_saying 65 'last line' stretto-report short.part &&
        sed 's/partial\/3/partial\/2/' whole.part | ends_saying 65 'another version' stretto-report -
}
ok 'a partial report without its last line, or of another version, is refused' partial_cut
ok 'a missing file is reported' exits 66 stretto-report none.jsonl
ok 'an invalid time is wrong usage' exits 64 stretto-report --since yesterday clean.jsonl
ok 'an unknown table is wrong usage' exits 64 stretto-report --csv nothing clean.jsonl
ok 'an invalid amount is wrong usage' exits 64 stretto-report --pool 1,5 clean.jsonl
full() { stretto-report --json clean.jsonl >/dev/full; }
ok 'notices a full disk' exits 74 full
full_partial() { stretto-report --partial events.jsonl >/dev/full; }
ok 'in partial reports too' exits 74 full_partial
empty() {
    : >empty &&
        exits 65 stretto-report empty &&
        stretto-report clean.jsonl empty &&
        stretto-report --keep-going --json empty |
        jq -e '.totals.plays == 0 and .totals.from == null and .experience.startup_p50_ms == null'
}
ok 'empty input is an error, except on request' empty

# hand-made sessions: NAME LISTENER SONG START_S HEARD_S WALL_S WHY
line() {
    printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"%s","listener":"%s","place":"x","song":"%s"%s}\n' "$@"
}
heard() { # a line every five minutes
    line start 0 "$(($4 * 1000))" "$1" "$2" "$3" ",\"title\":\"${8:-t}\",\"artist\":\"a\""
    seq=0
    for at in $(seq 300 300 $(($6 - 1))); do
        seq=$((seq + 1)) && line progress $seq "$((($4 + at) * 1000))" "$1" "$2" "$3" ''
    done
    line end $((seq + 1)) "$((($4 + $6) * 1000))" "$1" "$2" "$3" ",\"heard_ms\":$(($5 * 1000)),\"why\":\"$7\""
}
{
    heard 1 anna A 100 29 60 skipped
    heard 2 anna A 200 30 60 skipped
    heard 3 anna B 300 40 60 skipped
    heard 4 bert B 400 500 600 finished
    heard 5 bert B 2000 100 20 finished
    heard 6 cleo C 500 60 60 finished
} >hand.jsonl
counts() {
    stretto-report --json hand.jsonl | jq -c '[.songs[] | {(.song): .plays}] | add' >said &&
        grep -qx '{"B":2,"C":1,"A":1}' said
}
ok 'a play has 30 s heard, and the time heard is limited by the time passed' counts
amounts() { jq -c '[.royalties[] | {(.song): .amount_cents}] | add' >shares && grep -qx "$1" shares; }
pro_rata() { stretto-report --json --pool 100 --min-plays 0 hand.jsonl | amounts '{"B":5000,"A":2500,"C":2500}'; }
ok 'by default, money is divided by plays' pro_rata
thirds() {
    stretto-report --json --pool 100.00 --min-plays 0 --user-centric hand.jsonl |
        amounts '{"B":5000,"C":3333,"A":1667}'
}
ok 'user-centric, it is divided by listeners, then by their plays' thirds
exact() {
    for pool in 0.01 0.02 1 99.99 1234567.89; do
        for how in '' --user-centric; do
            stretto-report --json --pool $pool --min-plays 0 $how events.jsonl |
                jq -e --arg p $pool '([.royalties[].amount_cents] | add) == ($p | tonumber * 100 | round) and
        ([.royalties_by_artist[].amount_cents] | add) == ($p | tonumber * 100 | round)' >/dev/null ||
                { echo "$pool $how"; return 1; }
        done
    done
}
ok 'amounts add up to the pool' exact
few() {
    stretto-report --json --pool 100 --min-plays 2 hand.jsonl | amounts '{"B":10000}' &&
        stretto-report --json --pool 100 hand.jsonl | jq -e '.royalties == []'
}
ok 'songs with few plays are not paid' few
{ cat hand.jsonl; for i in 1 2 3 4 5; do heard "m$i" robot C $((i * 10)) 36000 40000 finished; done; } >robot.jsonl
robot() {
    stretto-report --json --pool 100 --min-plays 0 robot.jsonl >said &&
        jq -e \
            '(.suspects | length) == 1 and .suspects[0].suspicion == "more than 24 hours in a day" and .suspects[0].heard_ms == 86400000 and
    .suspects[0].plays == 3' said &&
        amounts '{"B":5000,"A":2500,"C":2500}' <said
}
ok 'a listener with more than 24 hours in a day is suspected and not paid' robot
paid() {
    stretto-report --json --pool 100 --min-plays 0 --pay-suspects robot.jsonl |
        jq -e '[.royalties[] | select(.song == "C").plays] == [4]'
}
ok 'unless --pay-suspects is given' paid
salted() {
    stretto-report --json robot.jsonl | jq -r '.suspects[0].listener' >plain &&
        printf '\0robot' | sha256sum | head -c 16 | cmp - plain -n 16 &&
        stretto-report --json --salt s robot.jsonl | jq -r '.suspects[0].listener' >salt &&
        printf 's\0robot' | sha256sum | head -c 16 | cmp - salt -n 16 &&
        lacks robot plain
}
ok 'listeners are shown as a salted hash' salted
when() {
    stretto-report --json --since @250 --until @450 hand.jsonl | jq -e '.totals.sessions == 2' &&
        stretto-report --json --since 1970-01-01T00:08:20Z hand.jsonl | jq -e '.totals.sessions == 2'
}
ok '--since and --until use the start of a session' when

heard 1 anna A 100 60 60 finished '=HYPERLINK(\"x\")' >formula.jsonl
inert() { stretto-report --csv songs formula.jsonl >said && grep -q "\"'=HYPERLINK(\"\"x\"\")\"" said; }
ok 'a title that is a formula is harmless in CSV' inert
heard 1 anna A 100 60 60 finished '\u001b[2Jgone' >control.jsonl
escaped() { stretto-report control.jsonl >said && grep -qF '\x1b[2Jgone' said && lacks "$(printf '\033')" said; }
ok 'control bytes of a title do not reach the terminal' escaped
heard 1 anna A 100 60 60 finished '<script>alert(1)</script>' >script.jsonl
page() {
    stretto-report --html page.html script.jsonl >said &&
        grep -q Listening said &&
        grep -qF '&lt;script&gt;alert(1)' page.html &&
        test "$(grep -c '<script' page.html)" -eq 1 &&
        lacks ' src=|href=|url\(|@import' page.html
}
ok 'the page escapes titles, has only its own script and fetches nothing' page
policy() { # the allowed script is the page's script, and the allowed style its style sheet
    python3 - page.html <<'EOF'
import base64, hashlib, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
policy = re.search(r'Content-Security-Policy content="(.*?)"', page).group(1)
for tag, kind in (("script", "script-src"), ("style", "style-src")):
    text = re.search(f"<{tag}>(.*?)</{tag}>", page, re.S).group(1)
    wanted = f"{kind} 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    assert wanted in policy.split(";"), (wanted, policy)
assert policy.split(";")[0] == "default-src 'none'" and policy.count(";") == 2, policy
assert not re.search(r"<[^>]* style=", page), "a style that the policy forbids"
EOF
}
ok 'and its policy allows only this script and this style sheet' policy
first_songs() {
    stretto-report --html - events.jsonl | grep -o '<h2>[^<]*' | sed 's/<h2>//' | paste -sd , >order &&
        grep -q '^Songs,Artists,.*Listening,.*,Input,.*Edges' order || { cat order; return 1; }
}
ok 'songs come before technical input' first_songs
# problematic titles
hostile() {
    python3 - <<'EOF'
import json
titles = ["\u202egnp.exe", "\u2066open", "\u2069\u2069\u202cclosed \u202d",
    "\u05e9\u05dc\u05d5\u05dd", "\u202a\u2067\u202b mixed \u2069",
    "a" * 300, "\u65e5\u672c\u8a9e" * 60, "e\u0301" * 200, "x\u200b" * 100,
          "tab\there", "line\nfeed", "\x1b[2J", "=1+1", "quote \" and , comma",
              "\U0001f469\u200d\U0001f469\u200d\U0001f467 " * 40, "NUL \0 byte", "plain", ""]
for n, title in enumerate(titles):
    for seq, (event, more) in enumerate([("start", {"title": title, "artist": title}), ("end", {"heard_ms": 60000, "why": "finished"})]):
        print(json.dumps({"event": event, "seq": seq, "time_ms": 1764000000000 + n * 100000 + seq * 60000,
            "session": f"s{n}", "listener": "l", "place": title[:20], "song": f"{n:032d}", **more}))
EOF
}
hostile >hostile.jsonl
# as a terminal counts columns
narrow() {
    stretto-report --top 100 hostile.jsonl >said &&
        stretto-report --top 100 --pool 1 --min-plays 0 --prices prices --compare events.jsonl logs >>said &&
        COLUMNS=60 stretto-report hostile.jsonl >less &&
        test -s said &&
        test -s less &&
        python3 - said 80 less 60 <<'EOF'
import sys, unicodedata
def columns(text):
    return sum(0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf") 
               else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
for name, most in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    for line in open(name, encoding="utf-8"):
        assert columns(line.rstrip("\n")) <= most, (columns(line), line)
        assert not any(c != "\n" and unicodedata.category(c) == "Cc" for c in line), line
EOF
}
balanced() { # by UAX 9: marks in a text have no effect after it
    stretto-report --csv songs --bom hostile.jsonl >songs.csv &&
        stretto-report --top 100 hostile.jsonl >said &&
        stretto-report --html page.html hostile.jsonl >none &&
        python3 - <<'EOF'
import csv, html, re
def check(text):
    stack = []
    for c in text:
        if c in "\u202a\u202b\u202d\u202e": stack.append("\u202c")
        elif c in "\u2066\u2067\u2068": stack.append("\u2069")
        elif c in "\u202c\u2069": assert stack and stack.pop() == c, ascii(text)
        elif not stack: assert not (0x590 <= ord(c) <= 0x8ff), ascii(text)
    assert not stack, ascii(text)
raw = open("songs.csv", encoding="utf-8", newline="").read()
assert raw[0] == "\ufeff"
rows = list(csv.DictReader(raw[1:].splitlines(True)))
assert len(rows) == 18
for row in rows: check(row["title"])
assert any("gnp.exe" in row["title"] for row in rows)
for line in open("said", encoding="utf-8"): check(line.rstrip("\n"))
page = open("page.html", encoding="utf-8").read()
for cell in re.findall(r"<bdi>(.*?)</bdi>|<text[^>]*>(.*?)</text>", page): check(html.unescape(cell[0] or cell[1]))
EOF
}
plots() {
    stretto-report --html - events.jsonl >page.html &&
        test "$(grep -o '<svg [^>]*role=.img' page.html | wc -l)" -eq 6 &&
        exits 64 stretto-report --partial --html - events.jsonl
}
ok 'and has six plots' plots
echo '{"currency": "EUR", "edge_gb": 1, "origin_gb": 10, "peer_gb": 0.1, "million_requests": 100}' >prices
costs() {
    stretto-report --json --prices prices events.jsonl >said &&
        jq -e \
            '.bytes as $b | (.cost[0].amount * 1e9 - ($b.edge_hit + $b.edge_miss + 10 * $b.edge_miss + 0.1 * $b.peer) -
                .cost[0].requests * 1e5 | fabs) < 1e4 and
    .cost[1].amount > .cost[0].amount and (.cost[2].origin_bytes == $b.edge_hit + $b.edge_miss + $b.peer)' said
}
ok 'the cost is computed from bytes, requests and prices' costs

# access logs: sessions of the events, others, and servers that ask servers
entry() {
    case $5 in -) from=192.0.2.0 ;; *) from=198.51.100.0 ;; esac &&
        printf \
            "$from"' - - [25/Nov/2025:%02d:00:00 +0000] "GET /songs/x/96/chunk_0.ogg HTTP/1.1" 200 %d "-" "a" %s 3 "%s" "%s"\n' \
            "$@"
}
mkdir logs
echo '[{"name": "east", "url": "http://edge.example:8481", "addresses": ["198.51.100.7"]}]' >servers.json
jq -rR 'fromjson? | objects | .session | strings' events.jsonl | sort -u | head -n 300 >sessions
n=0
while read -r session; do
    n=$((n + 1))
    for server in east west; do
        entry $((n % 24)) $((n * 100)) HIT "$session" - >>logs/$server.log
        entry $((n % 24)) $((n * 7)) MISS "stranger $n" - >>logs/$server.log
    done
    entry $((n % 24)) $((n * 11)) - "$session" east >>logs/store.log
    entry $((n % 24)) $((n * 13)) - - - >>logs/store.log
done <sessions
sent() {
    jq -c \
        '[.servers[] | [.server, .requests, .bytes, .reported, .unreported_hit, .unreported_miss, .unreported_origin, .to_servers]]' \
        "$1"
}
sums="$(awk -v n="$n" 'BEGIN {s = n * (n + 1) / 2; 
    printf "[[\"east\",%d,%d,%d,0,%d,0,0],[\"store\",%d,%d,0,0,0,%d,%d],[\"west\",%d,%d,%d,0,%d,0,0]]",
        2 * n, 107 * s, 100 * s, 7 * s, 2 * n, 24 * s, 13 * s, 11 * s, 2 * n, 107 * s, 100 * s, 7 * s}')"
logs() {
    stretto-report --servers servers.json --json events.jsonl logs/*.log >with.json &&
        sent with.json &&
        equals "$(sent with.json)" "$sums" &&
        jq -e --argjson n "$n" '.bytes.unreported == 27 * $n * ($n + 1) / 2 and .input.requests == 6 * $n' with.json
}
ok 'access logs: reported bytes and those to other servers are not counted again' logs
turned() {
    stretto-report --servers servers.json --json logs events.jsonl >turned.json &&
        equals "$(sent turned.json)" "$sums" &&
        jq -S 'del(.servers, .input, .bytes.unreported)' all.json >left &&
        jq -S 'del(.servers, .input, .bytes.unreported)' turned.json >right &&
        cmp left right
}
ok 'in any order, and other tables are as without logs' turned
log_parts() {
    cp events.jsonl logs/*.log parts/ &&
        for part in parts/*.log parts/events.jsonl; do
            stretto-report --servers servers.json --partial "$part" >"$part.other" || return
        done &&
        stretto-report --json parts/*.other >merged.json &&
        equals "$(sent merged.json)" "$sums" &&
        stretto-report --servers servers.json --partial events.jsonl logs >one.other &&
        stretto-report --json one.other >merged.json &&
        equals "$(sent merged.json)" "$sums"
}
ok 'partial reports of logs add up to the same' log_parts
twice_read() {
    cat logs/east.log logs/east.log >logs/east.log.2 &&
        mv logs/east.log.2 twice.log &&
        mkdir -p copy &&
        cp twice.log copy/east.log &&
        gzip <logs/west.log >copy/west.log.1.gz &&
        tail -n 100 logs/store.log >copy/store.log.1 &&
        stretto-report --servers servers.json --json events.jsonl logs copy/east.log copy/west.log.1.gz \
            copy/store.log.1 >doubled.json &&
        equals "$(sent doubled.json)" "$sums" &&
        jq -e '.input.doubled_requests == 4 * '$n' + 2 * '$n' + 100' doubled.json ||
        return
    for log in logs/*.log copy/*; do
        stretto-report --servers servers.json --partial "$log" >"$log.d" || return
    done
    stretto-report --json logs/*.d copy/*.d parts/events.jsonl.other >merged.json &&
        equals "$(sent merged.json)" "$sums" &&
        rm logs/*.d
}
ok 'a log that is read twice counts once, even rotated, compressed or in partial reports' twice_read
stranger() { # any client may send Via
    entry 1 200000000 MISS - 'corporate proxy' | sed 's/^198.51.100.0/203.0.113.0/' >proxied.log &&
        stretto-report --servers servers.json --json --prices prices proxied.log |
        jq -e \
            '.servers[0].to_servers == 0 and .servers[0].unreported_miss == 200000000 and .cost[0].amount > 0 and .input.via == 1' &&
        says '1 requests in logs came through a proxy' stretto-report proxied.log
}
ok 'a client with Via does not count as a server' stranger
ok 'a list of servers without addresses is refused' exits 65 stretto-report --servers prices events.jsonl
alone() {
    stretto-report --json logs |
        jq -e '.servers[0].reported == 0 and .servers[0].unreported_hit > 0 and .totals.sessions == 0' &&
        stretto-report --csv servers logs |
        head -n 1 |
            tr -d '\r' |
            grep -qx 'server,requests,bytes,reported,unreported_hit,unreported_miss,unreported_origin,to_servers'
}
ok 'without events all bytes are unreported' alone
within() {
    stretto-report --json --since 2025-11-25T12:00:00Z logs/store.log |
        jq -e --argjson n "$n" '.servers[0].requests == 2 * ([range(1; $n + 1) | select(. % 24 >= 12)] | length)'
}
ok '--since uses the time of each line of a log' within
outside() { # an earlier session is in no sum, but its bytes count as reported
    stretto-report --json --since @4102444000 events.jsonl logs/east.log |
        jq -e '.totals.sessions == 0 and .servers == []' &&
        stretto-report --partial --since 2025-11-25T00:00:00Z events.jsonl logs/east.log >ranged &&
        stretto-report --json ranged >merged.json &&
        stretto-report --json --since 2025-11-25T00:00:00Z events.jsonl logs/east.log >one.json &&
        equals "$(sent merged.json)" "$(sent one.json)" &&
        jq -e '.servers[0].reported > 0' one.json
}
ok 'bytes of sessions outside of the period count as reported' outside
foreign_log() {
    printf \
        'Nov 27 18:13:20 host sshd[1]: no\n1.2.3.4 - - [25/Nov/2025:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n' \
        >logs/other.log &&
        exits 65 stretto-report --json logs/other.log &&
        stretto-report --keep-going --json logs/other.log | jq -e '.input.foreign == 2 and .servers == []'
}
ok 'lines of other logs are counted as foreign' foreign_log
rm logs/other.log
log_costs() {
    stretto-report --json --prices prices events.jsonl logs >said &&
        jq -e \
            '.bytes as $b | ([.servers[].unreported_miss] | add) as $miss | ([.servers[].unreported_origin] | add) as $origin |
        ($b.edge_hit + $b.edge_miss + $miss) as $edge | .cost[0].edge_bytes == $edge and
            .cost[0].origin_bytes == $b.edge_miss + $miss + $origin and
            .cost[2].origin_bytes == $edge + $b.peer + $origin and
        (.cost[0].amount * 1e9 - ($edge + 10 * .cost[0].origin_bytes + 0.1 * $b.peer) - .cost[0].requests * 1e5 | fabs) < 1e4' \
            said
}
ok 'bytes that no player reports cost too' log_costs
compared() {
    stretto-report --json --prices prices events.jsonl >said &&
        jq -e \
            '.cost | map(.way) == ["as it was", "edges only", "origin only"] and .[2].saved == 0 and
                ((1 - .[0].amount / .[2].amount - .[0].saved) | fabs) < 1e-5 and .[0].saved > .[1].saved and
                .[1].saved > 0 and .[0].listener_year < .[1].listener_year' \
            said &&
        stretto-report --prices prices events.jsonl | grep -A 5 'What it cost' | grep -q 'saved'
}
ok 'the cost is compared with edges alone and the origin alone' compared
html_costs() {
    stretto-report --html - --prices prices events.jsonl logs | grep -q 'origin only' &&
        stretto-report --html - events.jsonl logs | grep -q 'Servers, by their logs'
}
ok 'and so it is on the page' html_costs
ok 'tables fit 80 columns, or COLUMNS, with titles of 300 bytes and of any script' narrow
ok 'marks that change the direction of a title affect only the title: on a terminal, in CSV, on the page' balanced
number() { jq -r --arg w "$1" '.compare[] | select(.what == $w) | .computed' said; }
verdict() { jq -r --arg w "$1" '.compare[] | select(.what == $w) | .verdict' said; }
article() { # the same numbers, computed by bc
    stretto-report --json --compare events.jsonl >said &&
        equals "$(echo "574*40*8.4/1000" | bc -l | cut -c1-6)" "$(number 'bytes a day' | cut -c1-6)" &&
        equals "$(echo "574*40*8.4*0.08/1000" | bc -l | cut -c1-5)" "$(number 'cost a day' | cut -c1-5)" &&
        for what in 'bytes a day' 'cost a day' 'cost a year' 'all costs, a listener and year' \
            "a rival's 420 M\$, 88 M users" "another's 300 M\$, 80 M users" "a third's 180 of 920 M\$" 'licences a day'; do
            test "$(verdict "$what")" = follows || { echo "$what"; return 1; }
        done &&
        for what in 'cost a day, said elsewhere' 'cost a year, of that' "saved by 680 M\$ in its place" \
            'licences a year, 0.02 $ a song' 'bytes in 24 hours, said elsewhere' 'songs a listener, of 8.4 G a day' \
            "40 % of 5.6 G\$ from the CDN"; do
            test "$(verdict "$what")" = 'does not follow' || { echo "$what"; return 1; }
        done &&
        jq -e \
            '(.compare[] | select(.what == "CDN a year at this") | .computed) as $here | (.compare[] |
                select(.what == "cost a year") | .computed) as $all |
                ($here - $all * (1 - .bytes.offload) | fabs) < 1e-4' \
            said
}
ok '--compare checks the claims of an article'"'"'s numbers follow, and what was seen here at its prices' article
zones() { # nights of Berlin around the change of October 2026, and of New York
    {
        heard 1 anna A 1792879800 60 60 finished
        heard 2 anna A 1792965600 60 60 finished
        heard 3 anna A 1792970000 60 60 finished
    } >night.jsonl &&
        for zone in UTC Europe/Berlin America/New_York Asia/Kolkata; do
            stretto-report --json --time-zone $zone night.jsonl | jq -r '.days[] | "\(.day) \(.plays)"' >ours &&
                for at in 1792879800 1792965600 1792970000; do TZ=$zone date -d "@$at" +%F; done |
                sort |
                    uniq -c |
                    awk '{print $2, $1}' >theirs &&
                diff ours theirs || { echo $zone; return 1; }
        done &&
        stretto-report --json --time-zone Europe/Berlin night.jsonl |
        jq -e '.totals.from == "2026-10-25T00:10:00+02:00"' &&
        stretto-report --json --time-zone Europe/Berlin --since 2026-10-26 night.jsonl |
        jq -e '.totals.sessions == 1' &&
        {
            for i in $(seq 60); do heard "b$i" busy A $((1792879200 + i * 1490)) 1500 1500 finished; done
        } >busy.jsonl &&
        stretto-report --json --time-zone Europe/Berlin busy.jsonl |
        jq -e '.totals.suspects == 0 and ([.days[].heard_ms] | max) > 86400000' &&
        stretto-report --json busy.jsonl | jq -e '[.days[].heard_ms] | max <= 86400000'
}
ok '--time-zone: days as in date(1), and one of 25 hours' zones
ok 'an unknown time zone: 64' exits 64 stretto-report --time-zone Europe/Atlantis clean.jsonl
echo '{"edge_gb": -1}' >bad
ok 'a negative price is refused' exits 65 stretto-report --prices bad events.jsonl
# report-trust.t has the rules, and runs without sanitizers: it sums up fifty crowds
crowds() {
    crowd() { python3 "$root/tests/tools/crowd.py" "$@"; }
    crowd catalogue >songs.json && crowd honest >crowd.jsonl && crowd farm --kind own --networks 8 >>crowd.jsonl &&
        for kind in future past jump claim theft; do crowd lie --kind $kind --sessions 40 >>crowd.jsonl || return; done
    stretto-report --pool 1000 --catalogue songs.json --user-centric --json crowd.jsonl >said.json &&
        jq -e '.totals.suspects >= 400 and ([.royalties_by_artist[].artist] | index("Mallory") == null)' said.json &&
        stretto-report --pool 1000 --catalogue songs.json crowd.jsonl | grep -q suspect
}
ok 'a crowd with a farm and every kind of lie' crowds
finish
