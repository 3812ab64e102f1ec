#!/bin/sh
# stretto-report: several threads parse, one adds up; the report equals that of one processor. Runs under TSan too.
. ./tests/lib.sh
python3 "$root/tests/tools/events.py" 400 --mess >events.jsonl
gzip -k events.jsonl

one_processor() {
    taskset -c 0 stretto-report --json events.jsonl >one.json && stretto-report --json events.jsonl >all.json &&
        jq -e '.totals.sessions == 400' all.json && cmp one.json all.json
}
ok 'one processor and all of them give the same bytes' one_processor
packed() {
    stretto-report --json events.jsonl.gz | jq -S 'del(.input)' >left && jq -S 'del(.input)' all.json >right &&
        test -s right && cmp left right
}
ok 'also for a compressed file' packed
many_files() {
    split -n l/7 events.jsonl piece. &&
        mkdir pieces &&
        for piece in piece.*; do mv "$piece" "pieces/$piece.jsonl" || return; done &&
        stretto-report --json pieces | jq -S 'del(.input)' >left &&
        cmp left right
}
ok 'also for seven files' many_files
cut_short() {
    head -c 300000 events.jsonl.gz >short.gz &&
        ends_saying 65 'the gzip data end early' stretto-report short.gz
}
ok 'truncated compressed data end it with 65' cut_short
failed_write() { stretto-report --json events.jsonl >/dev/full; }
ok 'a full disk ends it with 74' exits 74 failed_write
finish
