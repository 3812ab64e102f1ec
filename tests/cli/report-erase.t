#!/bin/sh
# stretto-report --forget and --drop-before: no trace of a listener, or of the time before a day, remains; other data do not change.
. ./tests/lib.sh
python3 "$root/tests/tools/crowd.py" honest --listeners 40 --plays 5 >all.jsonl
listener=$(jq -r .listener all.jsonl | sort | uniq -c | sort -rn | awk 'NR == 3 {print $2}')
jq -r --arg l "$listener" 'select(.listener == $l) | .session' all.jsonl | sort -u >theirs
hash=$(printf 's\0%s' "$listener" | sha256sum | head -c 16)
entry() {
    printf \
        '192.0.2.0 - - [18/Nov/2026:%02d:00:00 +0000] "GET /songs/x/96/chunk_0.ogg?sid=%s HTTP/1.1" 200 100 "-" "a" HIT 3 "%s" "-"\n' \
        "$1" "$2" "$2"
}
fill() {
    rm -rf kept &&
        mkdir kept &&
        cp all.jsonl kept/events.jsonl &&
        head -n 300 all.jsonl | gzip >kept/old.jsonl.gz &&
        tail -n 300 all.jsonl | xz >kept/older.jsonl.xz &&
        sed -n 200,500p all.jsonl | zstd -q >kept/oldest.jsonl.zst &&
        {
            jq -r .session all.jsonl | sort -u | while read -r session; do entry 3 "$session"; done
        } >kept/edge.log &&
        gzip <kept/edge.log >kept/edge.log.1.gz &&
        stretto-report --salt s --partial all.jsonl kept/edge.log >kept/whole.json &&
        stretto-report --salt s --partial all.jsonl | gzip >kept/part.json.gz &&
        printf '{"event":"progress","seq":9,"time_ms":1,"session":"%s","liste\n{"foreign":"%s"}\n' \
            "$(head -n 1 theirs)" "$listener" >>kept/events.jsonl
}
everything() {
    for file in kept/*; do
        case $file in *.gz) zcat "$file" ;; *.xz) xzcat "$file" ;; *.zst) zstdcat "$file" ;; *) cat "$file" ;; esac ||
            return
    done
}
key() { printf 'session\0%s' "$1" | sha256sum | head -c 16; } # as in partial reports, hexadecimal
number() { printf '%u' "0x$1"; }
traces() {
    everything >text &&
        {
            grep -c -F -e "$listener" -e "$(number "$hash")" -f theirs text
            for session in $(cat theirs); do grep -c -F "$(number "$(key "$session")")" text; done
        } |
        awk '{n += $1} END {print n}'
}
fill
ok 'before, there are traces of the listener' test "$(traces)" -gt 100
stretto-report --json --salt s kept/events.jsonl kept/edge.log >before.json
forgets() {
    stretto-report --salt s --forget "$listener" kept >said &&
        test "$(wc -l <said)" -eq 8 &&
        test "$(traces)" -eq 0 || { cat said; traces; return 1; }
}
ok '--forget leaves no traces, even in compressed files and partial reports' forgets
rest() {
    jq -c --arg l "$listener" 'select(.listener != $l)' all.jsonl | sort >left &&
        jq -c . kept/events.jsonl | sort | diff left - &&
        file -b kept/old.jsonl.gz | grep -q gzip &&
        file -b kept/older.jsonl.xz | grep -qi xz &&
        file -b kept/oldest.jsonl.zst | grep -qi zstandard &&
        zcat kept/old.jsonl.gz | jq -s -e 'length > 200' >none &&
        test "$(wc -l <kept/edge.log)" -eq "$(jq -r .session all.jsonl | sort -u | wc -l)"
}
command -v file >none && ok 'all others are there, in the packing that they had' rest
sums() {
    stretto-report --json --salt s kept/events.jsonl kept/edge.log >after.json &&
        jq -s -e \
            '.[0].totals.listeners == .[1].totals.listeners + 1 and .[0].servers[0].bytes == .[1].servers[0].bytes' \
            before.json after.json &&
        stretto-report --json --salt s kept/whole.json >partial.json &&
        jq -s -e \
            '.[0].totals == .[1].totals and .[0].songs == .[1].songs and .[0].servers[0].bytes == .[1].servers[0].bytes' \
            after.json partial.json
}
ok 'sums are those without the listener, and bytes in logs remain' sums
again() {
    cp -a kept once &&
        stretto-report --salt s --forget "$listener" kept >said &&
        for file in kept/*; do cmp "$file" "once/${file#kept/}" || return; done
}
ok 'a second time changes nothing' again
by_hash() { fill && stretto-report --salt s --forget "$hash" kept >said && test "$(traces)" -eq 0; }
ok 'the digits in reports can be given instead of the id' by_hash

cut=2026-11-17
at=$(date -ud $cut +%s)000
drops() {
    fill &&
        stretto-report --salt s --drop-before $cut kept >said &&
        everything >text &&
        jq -R --argjson at "$at" 'fromjson? | select(.received_ms != null and .received_ms < $at)' text | { ! grep -q .; } &&
        jq -c --argjson at "$at" 'select(.received_ms >= $at)' all.jsonl | sort >left &&
        grep -v foreign kept/events.jsonl | jq -c . | sort | diff left - &&
        test -s left &&
        test "$(wc -l <left)" -lt "$(wc -l <all.jsonl)" &&
        grep -c partial_session text | awk '{exit !($1 > 0)}'
}
ok '--drop-before uses the time when the server received a line' drops
removed() {
    fill &&
        rm kept/part.json.gz kept/whole.json &&
        sed -i '$d' kept/events.jsonl &&
        stretto-report --drop-before 2027-01-01 kept >said &&
        test -z "$(ls kept)"
}
ok 'and removes files without remaining lines' removed
same_times() {
    fill &&
        touch -d 2026-11-18T01:02:03Z kept/events.jsonl &&
        chmod 600 kept/events.jsonl &&
        stretto-report --salt s --forget "$listener" kept/events.jsonl &&
        test "$(stat -c '%Y %a' kept/events.jsonl)" = "$(date -ud 2026-11-18T01:02:03Z +%s) 600"
}
ok 'time and mode of a file do not change' same_times
same_owner() { # a server opens its events again, a group reads them
    fill && chmod 664 kept/* && owner=$(id -u):$(id -g) || return
    [ "$(id -u)" != 0 ] || { owner=1234:1235 && chown "$owner" kept/*; } || return
    (umask 077 && stretto-report --salt s --forget "$listener" kept >said) && traces | grep -qx 0 &&
        test "$(stat -c '%u:%g %a' kept/* | sort -u)" = "$owner 664"
}
ok 'nor do owner, group and permissions, whatever the umask' same_owner
busy() { # a server appends to it
    mkdir -p store/songs store/names &&
        fill &&
        start stretto-serve --events kept/events.jsonl store &&
        cp kept/events.jsonl before &&
        ends_saying 75 'appends to' stretto-report --forget "$listener" kept/events.jsonl &&
        cmp before kept/events.jsonl &&
        stop "$pid" &&
        stretto-report --forget "$listener" kept/events.jsonl
}
ok 'a file that a server appends to is not changed: 75' busy
logging() { # nor are the events changed, which tell whose the sessions of a log are
    fill && cp -r kept before.d && start stretto-serve --access-log kept/edge.log store &&
        ends_saying 75 'appends to' stretto-report --salt s --forget "$listener" kept/events.jsonl kept/edge.log &&
        cmp before.d/edge.log kept/edge.log && cmp before.d/events.jsonl kept/events.jsonl && stop "$pid" &&
        stretto-report --salt s --forget "$listener" kept && traces | grep -qx 0
}
ok 'nor is an access log that a server writes' logging
damaged() {
    fill &&
        head -c 2000 kept/old.jsonl.gz >short.gz &&
        cp short.gz same.gz &&
        exits 65 stretto-report --forget "$listener" short.gz &&
        cmp short.gz same.gz
}
ok 'and so is a damaged one: 65' damaged
full() {
    if mount -t tmpfs -o size=400k tmpfs small 2>err; then
        head -c 300000 all.jsonl | head -n -1 >small/events.jsonl && cp small/events.jsonl same
        { exits 74 stretto-report --forget nobody-by-this-name small/events.jsonl >none ||
            exits 73 stretto-report --forget "$listener" small/events.jsonl; } &&
            cmp small/events.jsonl same
        code=$?
        umount small
        return $code
    else
        return 0
    fi
}
mkdir small
ok 'on a full disk the file is unchanged' full
wrong() {
    exits 64 stretto-report --forget "$listener" - <all.jsonl &&
        exits 64 stretto-report --forget x --json all.jsonl &&
        exits 64 stretto-report --drop-before "then" all.jsonl
}
ok 'input that cannot be rewritten is wrong usage' wrong
no_date() {
    cp all.jsonl dated.jsonl || return
    for day in 2026-02-31 2026-11-31 2027-02-29T10:00:00 2026-11-01T23:59:60Z 2026-13-01; do
        exits 64 stretto-report --drop-before $day dated.jsonl && exits 64 stretto-report --since $day dated.jsonl || return
    done
    for zone in UTC Europe/Berlin; do stretto-report --since 2028-02-29 --time-zone $zone dated.jsonl >none || return; done
    cmp all.jsonl dated.jsonl
}
ok 'a day that does not exist is wrong usage, and deletes nothing' no_date
empty() {
    for option in --forget --drop-before --since --until --csv --load; do
        exits 64 stretto-report $option '' dated.jsonl && exits 64 stretto-report $option= dated.jsonl || return
    done
}
ok 'and so is an empty value, as of an unset variable' empty
# a listener chooses its id and its sessions: both may be any text
stranger() { # ID SESSION
    rm -rf kept &&
        mkdir kept &&
        printf '{"event":"%s","seq":0,"time_ms":1795000000000,"session":"%s","listener":"%s","place":"","song":"%064d"%s}\n' \
            start "$2" "$1" 1 '' start other else 1 '' >kept/events.jsonl &&
        {
            entry 3 other
            entry 4 -
            printf '%s "GET /page?id=%s&v=%s HTTP/1.1" 200 7 "http://b/?l=%s" "%s" MISS 0 "%s" "-"\n' \
                '192.0.2.0 - - [18/Nov/2026:05:00:00 +0000]' "$1" "$2" "$1" "$1" "$2"
            printf '192.0.2.0 - - [18/Nov/2026:06:00:00 +0000] "GET /%s HTTP/1.1" 200 0 "-" "%s"\n' "$1" "$1" # combined
            echo '{"event":"other","seq":100,"foreign":"chunk_0 sid","HIT":1}'
        } >kept/edge.log &&
        cp kept/edge.log before.log &&
        stretto-report --salt s --forget "$1" kept >said &&
        head -n 2 before.log >right &&
        echo '192.0.2.0 - - [18/Nov/2026:05:00:00 +0000] "GET /page?id=-&v=- HTTP/1.1" 200 7 "http://b/?l=-"' \
            "\"$1\" MISS 0 \"-\" \"-\"" >>right &&
        tail -n 2 before.log >>right &&
        diff kept/edge.log right || { echo "id $1"; return 1; }
}
strangers() {
    for id in 0 1 96 100 HIT MISS GET songs 18 Nov 2026 HTTP a 192.0.2.0 'HTTP/1.1' sid; do
        stranger "$id" "$id" && stranger "$id" "s$id" && stranger "l$id" "$id" || return
    done
}
ok 'an id or a session that looks like another part of a log changes no such part' strangers
hidden() { # as browsers and servers write them
    rm -rf kept && mkdir kept && echo '{"no":"event","of":"b\u00e4r \"1\""}' >kept/events.jsonl &&
        printf '192.0.2.0 - - [18/Nov/2026:05:00:00 +0000] "GET /?%s HTTP/1.1" 200 7 "-" "-" HIT 0 "-" "-"\n' \
            'l=b%C3%A4r%20%221%22' 'l=b%c3%a4r+\x221\x22' 'CMCD=sf%3Do%2Csid%3D%22b%C3%A4r%20%221%22%22' >kept/edge.log &&
        stretto-report --forget 'bär "1"' kept >said &&
        ! [ -e kept/events.jsonl ] && test "$(grep -c '=- HTTP' kept/edge.log)" -eq 3
}
ok 'an encoded id is found' hidden
finish
