#!/bin/sh
# stretto-report --load and --from against ClickHouse: a report of what the engine holds is, byte for byte, that of the files.
. ./tests/lib.sh
engine() { sh "$root/tests/engines/clickhouse.sh" "$@"; }
end_all() { engine down "$work/ch" && cleanup; }
trap end_all EXIT
crowd() { python3 "$root/tests/tools/crowd.py" "$@"; }
shards=$(engine up "$work/ch" 2 | sed -n 's/^listening on //p')
[ -n "$shards" ] || exit 1
one=${shards%,*} two=${shards#*,}
sql() { curl -fsS "http://$one/" --data-binary "$1"; }

crowd catalogue --seed 7 >songs.json
crowd honest --seed 7 >honest.jsonl
{
    crowd farm --kind own --networks 4 --plays 20 --ids 60 --seed 7
    for kind in none past future jump theft; do crowd lie --kind $kind --sessions 20 --seed 7; done
    crowd lie --alone --kind future --sessions 5 --seed 8
} >liars.jsonl
# somebody else's lines in a session, torn and foreign lines, what a server and its retry wrote, a seek before the beginning of time
thief='"song":"g2vtcyqp8tkj4pfe0jbawe76ra32k600"'
{
    sed -n '1,40s/"listener":"[^"]*"/"listener":"thief"/p' honest.jsonl
    sed -n '1,40s/"song":"[^"]*"/'"$thief"'/p' honest.jsonl
    sed -n '50,90s/"received_ms":\([0-9]*\)[0-9]/"received_ms":\19/p' honest.jsonl
    echo '{"event":"sta' && echo '{"event":"start"}' && echo 'no line of ours' && echo
    printf '{"event":"%s","seq":%s,"time_ms":%s,"session":"odd","listener":"o","place":"","song":"s"%s}\n' \
        end 5 1000 ',"why":"failed"' stall 2 990000 '' start 0 5 ',"title":"\u00fc\"\t\\","artist":"'"$(printf %1500s x)"'"' \
        playing 13 9 ',"startup_ms":1125899906842624' progress 7 4102444800000 ',"heard_ms":1125899906842624' \
        upload 9 77 ',"bytes":1125899906842624' reject 3 8 ',"from":"p"' reject 4 8 ',"from":"q"' reject 6 8 ',"from":"p"' \
        chunk 8 9 ',"source":"tape","bytes":5' other 10 10 '' resume 11 4000000000000 ',"ms":99' end 12 12 ',"why":"finished"'
} >odd.jsonl
options='--json --pool 10000.00 --user-centric --min-plays 0 --catalogue songs.json --time-zone Europe/Berlin'
# shellcheck disable=SC2086 # options are words
of_files() { stretto-report $options "$@"; }
# shellcheck disable=SC2086
of_engine() { stretto-report $options --from "clickhouse://$1"; }
same() { of_files "$@" >files.json && of_engine "$there" >engine.json && cmp files.json engine.json; }

there=$one/music
ok 'what was never loaded is not there' exits 66 of_engine "$there"
loads() { stretto-report --load "clickhouse://$there" "$@"; }
first() {
    loads honest.jsonl liars.jsonl odd.jsonl >out && cut -f 1,3,4 out >parts &&
        printf '%s\t0\t%s\n' honest.jsonl 0 liars.jsonl 0 odd.jsonl 3 | cmp - parts
}
ok 'events are loaded' first
ok 'the report is that of the files, byte for byte' same honest.jsonl liars.jsonl odd.jsonl
farms() { jq -e '.suspects | length > 5' engine.json && jq -e '.royalties | length > 100' engine.json; }
ok 'with its suspects and royalties' farms
again() {
    rows=$(sql 'SELECT count() FROM music.events FINAL')
    loads honest.jsonl liars.jsonl odd.jsonl >out && [ "$(cut -f 2 out | sort -u)" = 0 ] &&
        [ "$(sql 'SELECT count() FROM music.events FINAL')" = "$rows" ]
}
ok 'the same files again: nothing is sent' again
renamed() {
    mkdir -p packed && gzip -kc honest.jsonl >packed/honest.jsonl.1.gz && loads packed >out && [ "$(cut -f 2 out)" = 0 ]
}
ok 'nor of a file that was rotated and compressed' renamed
forgotten() { sql 'TRUNCATE TABLE music.loads' && loads honest.jsonl liars.jsonl odd.jsonl >out && [ "$(cut -f 3 out | sort -u)" = 0 ]; }
ok 'the same lines again, when it is not known that they were sent' forgotten
ok 'change nothing' same honest.jsonl liars.jsonl odd.jsonl
since() { same_with --since 2026-11-17 --until 2026-11-18 && same_with --require-token; }
same_with() { stretto-report "$@" honest.jsonl liars.jsonl odd.jsonl >files.out &&
    stretto-report "$@" --from "clickhouse://$there" | cmp files.out -; }
ok 'a period, or sessions with tokens alone' since

there=$one/grown
grows() {
    head -n 1000 honest.jsonl >grown.jsonl && printf '{"event":"sta' >>grown.jsonl && loads grown.jsonl >out && same grown.jsonl &&
        head -n 30000 honest.jsonl >grown.jsonl && loads grown.jsonl >out &&
        printf 'grown.jsonl\t29000\t1000\t0\n' | cmp - out && same grown.jsonl &&
        sed 2d honest.jsonl >grown.jsonl && loads grown.jsonl >out && [ "$(cut -f 3 out)" = 0 ]
}
ok 'of a file that has grown, the new lines; of a changed one, all' grows
there=$one/shuffled
shuffled() {
    cat honest.jsonl liars.jsonl odd.jsonl liars.jsonl honest.jsonl | shuf --random-source=honest.jsonl >mixed.jsonl &&
        loads mixed.jsonl && same_but_input mixed.jsonl
}
# which lines count as doubled and which as foreign depends on their order
same_but_input() {
    of_files "$@" | jq 'del(.input)' >files.json && of_engine "$there" | jq 'del(.input)' >engine.json && cmp files.json engine.json
}
ok 'lines in any order, some twice' shuffled
there=$one/piped
piped() { loads <honest.jsonl && loads - <honest.jsonl && same honest.jsonl; }
ok 'standard input' piped

there=$one/crowded
line() { printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"%s","listener":"l","place":"","song":"s"%s}\n' "$@"; }
stranger='{"event":"start","seq":0,"time_ms":1795900001500,"session":"s&","listener":"s","place":"","song":"x"}'
# a listener before and after more open sessions than are kept in memory; short songs whose length the last line tells
crowded() {
    {
        line start 0 1795900001000 own '' && line stall 1 1795900002000 own '' &&
            seq 110000 | sed "s/.*/$stranger/" &&
            line resume 2 1795900003000 own ',"ms":1000' && line end 3 1795900090000 own ',"heard_ms":60000,"why":"finished"' &&
            line start 0 1795900001000 whole '' end 1 1795900026000 whole ',"heard_ms":25000,"why":"finished","audio_ms":25000' &&
            line start 0 1795900001000 left '' end 1 1795900026000 left ',"heard_ms":25000,"why":"finished","audio_ms":29000'
    } >crowded.jsonl
    loads crowded.jsonl && same crowded.jsonl && stretto-report --json --from "clickhouse://$there" >said.json &&
        jq -es 'all(.totals.plays == 2 and .totals.sessions == 110003 and .experience.stalls == 1)' said.json
}
ok 'more open sessions than are kept in memory, and scrobbles of short songs' crowded

there=$one/race
race() {
    loads honest.jsonl liars.jsonl >out.1 &
    loads liars.jsonl honest.jsonl >out.2
    second=$?
    wait $! && [ "$second" -eq 0 ] && same_but_input honest.jsonl liars.jsonl
}
ok 'two loaders at once' race

there=$one,$two/music2
both() { loads honest.jsonl liars.jsonl odd.jsonl && same honest.jsonl liars.jsonl odd.jsonl; }
ok 'two shards' both
split() { [ "$(sql 'SELECT count() > 60000 AND count() < 150000 FROM music2.events FINAL')" = 1 ]; }
ok 'of which each has a part' split
ok 'in another order they are others' exits 65 of_engine "$two,$one/music2"
ok 'and so is one alone' exits 65 stretto-report --load "clickhouse://$one/music2" honest.jsonl

# ---- what goes wrong
for seed in 1 2 3 4; do crowd honest --seed $seed; done >big.jsonl
begun() { [ "$(sql "SELECT count() FROM $1.loads" 2>/dev/null)" -ge 1 ]; }
there=$one,$two/killed
killed() {
    loads big.jsonl >out &
    loader=$!
    await 'the first batch' begun killed && engine kill "$work/ch" 2 && engine again "$work/ch" 2 && wait $loader && same big.jsonl
}
ok 'a shard that is killed while events are loaded' killed
there=$one/dead
dead() {
    loads big.jsonl >out &
    loader=$!
    await 'the first batch' begun dead
    kill -9 $loader
    wait $loader
    loads big.jsonl >out && [ "$(cut -f 3 out)" -ge 8192 ] && same big.jsonl
}
ok 'a loader that is killed: the next goes on where it was' dead
locked() { CLICKHOUSE_USER=locked CLICKHOUSE_PASSWORD=$1 of_engine "$one/dead"; }
ok 'a user with a password' locked secret
wrong() { says CLICKHOUSE_PASSWORD locked wrong && exits 77 locked wrong; }
ok 'a wrong password is told' wrong
finish
