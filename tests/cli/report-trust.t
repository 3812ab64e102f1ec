#!/bin/sh
# stretto-report: royalties despite lying listeners, wrong clocks and farms of invented listeners, over synthetic crowds.
# The thresholds of lib/report/farms.hpp were fixed before; CROWD_SEED makes another crowd.
#   CROWD_SEED       (4711)
. ./tests/lib.sh
seed=${CROWD_SEED:-4711}
crowd() { python3 "$root/tests/tools/crowd.py" "$@" --seed "$seed"; }
crowd catalogue >songs.json
paid() { stretto-report --json --pool 1000000 --min-plays 0 --catalogue songs.json "$@"; }
# half of the sum of differences per artist, in cents of a million; artists of farms should get nothing
cat >moved.jq <<'EOF'
def of: [.royalties_by_artist[] | {(.artist): .amount_cents}] | add // {};
(.[0] | of) as $a | (.[1] | of) as $b | [($a + $b | keys[]) as $k | (($a[$k] // 0) - ($b[$k] // 0) | fabs)] | add / 2
EOF
moved() { jq -s -f moved.jq "$1" "$2"; }
at_most() { # CENTS FILE FILE
    cents=$(moved "$2" "$3") && echo "$cents cents of 100000000 moved" && test "$(echo "$cents <= $1" | bc)" -eq 1
}
crowd honest >honest.jsonl
paid honest.jsonl >truth.json
sessions=$(jq .totals.sessions truth.json)
crowd honest --alone >apart.jsonl
paid apart.jsonl >apart.json

lies() { crowd lie --sessions "$2" --kind "$1" >lies.jsonl && paid honest.jsonl lies.jsonl; }
# the correct result: the same sessions, but honest
for share in 1 10 50; do
    n=$((sessions * share / (100 - share)))
    test $share -lt 50 || n=$sessions
    lies none "$n" >none.json
    for kind in future past jump claim; do
        right() {
            lies $kind "$n" >lied.json &&
                at_most 0 none.json lied.json &&
                jq -s -e '.[0].totals.plays == .[1].totals.plays and .[1].totals.undated == 0' none.json \
                    lied.json >/dev/null &&
                jq -s -e \
                    '(.[0].totals.heard_ms - .[1].totals.heard_ms) as $d | $d > -1500 * '"$n"' and
                        $d <= 10000 * '"$n"' and (.[1].times | length) <= 122 and
                        .[0].times[0].width_ms == .[1].times[0].width_ms' \
                    none.json lied.json
        }
        ok "clocks, $kind, $share % of sessions: the report is as with correct clocks" right
        alone() {
            crowd lie --alone --sessions "$n" --kind $kind >lies.jsonl &&
                paid apart.jsonl lies.jsonl >b.json &&
                at_most 0 apart.json b.json &&
                jq -e --argjson n "$n" '.totals.undated == $n' b.json
        }
        case $kind in future | past) test $share -eq 50 ||
            ok "  without a server's times: these sessions have no date and get no money" alone ;; esac
    done
    theft() {
        lies theft "$n" >lied.json &&
            at_most 0 truth.json lied.json &&
            jq -e '[.royalties_by_artist[].artist] | index("Mallory") == null' lied.json
    }
    ok "another artist in $share % of events: no cent changes" theft
done
echo '{"edge_gb": 0.02, "storage_gb_month": 0.02, "stored_gb": 100}' >prices
same_cost() { # LIE [--alone] FILE TRUTH: the cost equals that of the honest sessions
    crowd lie --sessions 3 --kind "$1" $2 >lies.jsonl &&
        stretto-report --json --prices prices "$3" lies.jsonl >b.json &&
        stretto-report --json --prices prices "$3" "$4" >a.json &&
        jq -s -e '.[1].cost[0].amount / .[0].cost[0].amount | . > 0.999 and . < 1.001' a.json b.json || { echo "$@"; return 1; }
}
costs() {
    crowd lie --sessions 3 --kind none >none.jsonl &&
        crowd lie --sessions 3 --kind none --alone >lone.jsonl &&
        : >no.jsonl ||
        return
    for kind in future past jump; do same_cost $kind '' honest.jsonl none.jsonl || return; done
    for kind in future past; do same_cost $kind --alone apart.jsonl no.jsonl || return; done
    same_cost jump --alone apart.jsonl lone.jsonl
}
ok 'nor does the cost, which depends on the time that passed' costs

majority() { # 5 listeners of a song send one title, and one of them sends another one twice
    crowd lie --sessions 3 --kind theft >lies.jsonl &&
        stretto-report --json --pool 1000 --min-plays 0 honest.jsonl lies.jsonl >said.json 2>err &&
        grep -q 'do not pay by this' err &&
        jq -e '[.royalties_by_artist[].artist] | index("Mallory") == null' said.json &&
        says 'do not pay' stretto-report --pool 1 honest.jsonl &&
        paid honest.jsonl 2>err >said.json &&
        test ! -s err
}
ok 'without a catalogue the majority of listeners decides the artist, with a warning' majority
outside() {
    jq '{songs: .songs[:600], next: null}' songs.json >half.json &&
        stretto-report --json --pool 1000 --min-plays 0 --user-centric --catalogue half.json honest.jsonl >said.json &&
        jq -s -e \
            '.[0].totals.plays == .[1].totals.plays + .[1].totals.outside_plays and .[1].totals.outside_plays > 0 and
        ([.[1].outside[].plays] | add) == .[1].totals.outside_plays and ([.[1].songs[].plays] |
            add) == .[1].totals.plays and ([.[1].royalties[].amount_cents] | add) == 100000 and
            ([.[1].royalties[].song] - [.[1].songs[].song]) == []' \
            truth.json said.json
}
ok 'songs outside of the catalogue count apart and are not paid' outside
shapes() {
    jq .songs songs.json >list.json &&
        jq -c '.songs[]' songs.json >lines.jsonl &&
        for file in list.json lines.jsonl; do
            stretto-report --json --pool 1000000 --min-plays 0 --catalogue $file honest.jsonl >said.json &&
                cmp said.json truth.json ||
                return
        done
    mkdir -p store/songs &&
        jq -r '.songs[] | .id + " " + ({id, tags: {TITLE: [.title], ARTIST: [.artist]}} | tojson)' songs.json | while read -r id json; do
            mkdir "store/songs/$id" && echo "$json" >"store/songs/$id/manifest.json" || return
        done
    stretto-report --json --pool 1000000 --min-plays 0 --catalogue store honest.jsonl >said.json &&
        cmp said.json truth.json
}
ok 'a catalogue is a list, lines or a store' shapes
sets() { # a server lists a song again for each set of its tags
    jq '.songs |= [.[] | (. + {tag_set: "best of", title: "Another", artist: "Somebody else"}), .]' songs.json >sets.json &&
        stretto-report --json --pool 1000000 --min-plays 0 --catalogue sets.json honest.jsonl >said.json &&
        cmp said.json truth.json
}
ok 'of the sets of its tags, those of its manifest count' sets
pages() {
    cat >pages.py <<'EOF'
import http.server, json, sys, urllib.parse
songs = json.load(open("songs.json"))["songs"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        after = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("after", [""])[0]
        at = next((i + 1 for i, s in enumerate(songs) if s["id"] == after), 0)
        page = songs[at:at + 100]
        body = json.dumps({"songs": page, "next": page[-1]["id"] if at + 100 < len(songs) else None}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
EOF
    python3 pages.py >port &
    started="$started $!"
    for _ in $(seq 500); do
        test -s port && break
        sleep 0.02
    done
    stretto-report --json --pool 1000000 --min-plays 0 --catalogue "http://127.0.0.1:$(cat port)/" \
        honest.jsonl >said.json &&
        cmp said.json truth.json &&
        kill $!
}
ok 'or the pages of a server' pages
none() {
    exits 69 stretto-report --catalogue http://127.0.0.1:9 honest.jsonl &&
        exits 66 stretto-report --catalogue nowhere honest.jsonl &&
        echo '{"songs": [{"title": "t"}]}' >bad &&
        exits 65 stretto-report --catalogue bad honest.jsonl &&
        printf '{"id":"a","artist":"x"}\n{"id":"a","artist":"y"}\n' >bad &&
        ends_saying 65 'there twice' stretto-report --catalogue bad honest.jsonl
}
ok 'a catalogue that is unreadable or invalid is reported' none

# farms: 6,000 plays in addition to 33,000 honest ones
farmed='([.royalties_by_artist[] | select(.artist | startswith("Farmer")) | .amount_cents] | add // 0)'
household() { # cents of one honest household of 2.2 listeners
    jq '[.royalties[].amount_cents] | add / '"$(jq .totals.listeners truth.json)"' * 2.2' truth.json
}
share=$(household)
for kind in short jitter even own many; do
    for networks in 1 8 64; do
        farm() {
            crowd farm --kind $kind --networks $networks >farm.jsonl &&
                paid honest.jsonl farm.jsonl >said.json &&
                gain=$(jq "$farmed" said.json) &&
                echo "$gain cents, a household $share, suspects $(jq .totals.suspects said.json)" &&
                test "$(echo "$gain <= 2 * $share * $networks" | bc)" -eq 1 &&
                jq -e '[.suspects[].suspicion] | all(length > 10)' said.json
        }
        ok "500 invented listeners, $kind, on $networks networks: at most the plays of two households each" farm
    done
done
inside() { # a farm in a carrier's network with 2,000 honest listeners
    crowd honest --layout cgnat >cgnat.jsonl &&
        crowd farm --kind own --within 9.9.9.0 >farm.jsonl &&
        paid cgnat.jsonl farm.jsonl >said.json &&
        gain=$(jq "$farmed" said.json) &&
        echo "$gain" &&
        test "$(echo "$gain <= 2 * $share" | bc)" -eq 1 &&
        jq -e \
            '.totals.suspects - 500 <= 3 and .networks[0].network == "9.9.9.0" and
                .networks[0].suspects >= 490 and .networks[0].plays > 20000' \
            said.json
}
ok 'also among 2,000 honest listeners, who are not suspected' inside
for layout in apart office cgnat mobile; do
    layouts() {
        crowd honest --layout $layout >other.jsonl &&
            paid other.jsonl >said.json &&
            at_most 1000000 truth.json said.json &&
            jq -e '.totals.suspects * 1000 <= .totals.listeners' said.json
    }
    ok "honest listeners, $layout: paid within 1 %, and at most one in a thousand is suspected" layouts
done
override() {
    crowd farm --networks 8 >farm.jsonl &&
        paid honest.jsonl farm.jsonl >said.json &&
        paid --trust 203.0.3.0 honest.jsonl farm.jsonl >trusted.json &&
        jq -e "$farmed > 0" trusted.json &&
        paid --pay-suspects honest.jsonl farm.jsonl | jq -e "$farmed > 10000000" &&
        one=$(jq -r '.suspects[0].listener' said.json) &&
        paid --trust "$one" honest.jsonl farm.jsonl >one.json &&
        jq -e "$farmed > 0" one.json &&
        jq -es --arg one "$one" 'all([.suspects[].listener] | index($one) == null)' one.json
}
ok 'trusted listeners are paid, and are no suspects' override
mistyped() {
    for name in 203.0.3 203.0.3.0/16 2001:db8::/32 0123456789abcde 0123456789abcdeg ''; do
        ends_saying 64 '--trust' stretto-report --trust "$name" honest.jsonl || { echo "$name"; return 1; }
    done
}
ok 'a mistyped one is refused' mistyped
tokens() { # a server saw a token with half of the sessions
    sed '/honest'"$seed"'-[0-9]*[02468]"/s/}$/,"token":"t"}/' honest.jsonl >tokens.jsonl &&
        paid tokens.jsonl >said.json &&
        at_most 0 truth.json said.json &&
        paid --require-token tokens.jsonl |
        jq -e --argjson all "$(jq .totals.plays truth.json)" \
            '.totals.plays > $all * 0.45 and .totals.plays < $all * 0.55'
}
ok 'with --require-token only plays with an access token count' tokens

# each attack has its own listeners, with a twelfth of the sessions each; a farm on 8 networks has another twelfth
lie() { crowd lie --kind "$1" --sessions "$3" | sed "s/\"lie$seed-/\"lie-$2-/; s/\"liar-$seed-/\"liar-$2-/"; }
together() { # SHARE: the correct result is that of honest clocks and claims
    n=$((sessions * $1 / (100 - $1) / 6)) &&
        for kind in theft future past jump claim; do lie $kind $kind $n; done >lies.jsonl &&
        for kind in future past jump claim; do lie none $kind $n; done >none.jsonl &&
        crowd farm --kind own --networks 8 --plays 9 --ids $((n / 12 + 1)) >farm.jsonl &&
        paid honest.jsonl none.jsonl >truths.json &&
        paid honest.jsonl lies.jsonl farm.jsonl >said.json &&
        jq -c .totals truths.json said.json &&
        at_most "$(echo "2 * 8 * $share" | bc | cut -d . -f 1)" truths.json said.json &&
        jq -s -e --argjson n $n --argjson ids $((n / 12 + 1)) \
            '.[0].totals.plays + 9 * $ids == .[1].totals.plays and .[1].totals.undated == 0 and
                (.[1].totals.suspects - $ids) * 1000 <= .[0].totals.listeners' \
            truths.json said.json
}
for part in 1 10 50; do
    ok "all attacks together, $part % of sessions: a farm gains at most its limit" together $part
done
merged() {
    cat honest.jsonl lies.jsonl farm.jsonl |
        awk -F '"session":"' '{split($2, s, "\""); n = substr(s[1], length(s[1])) % 4; print > ("part" n ".jsonl")}' &&
        for i in 0 1 2 3; do stretto-report --partial part$i.jsonl >part$i.part || return; done &&
        paid part?.part >merged.json &&
        jq 'del(.input)' said.json >a.json &&
        jq 'del(.input)' merged.json >b.json &&
        cmp a.json b.json
}
ok 'and merged from parts: the same bytes' merged
alone_parts() {
    cp apart.jsonl alone.jsonl &&
        for kind in future past jump; do crowd lie --alone --kind $kind --sessions 300; done >>alone.jsonl &&
        awk -F '"session":"' \
            '{split($2, s, "\""); n = substr(s[1], length(s[1])) % 4; print > ("part" n ".jsonl")}' alone.jsonl &&
        for i in 0 1 2 3; do stretto-report --partial part$i.jsonl >part$i.part || return; done &&
        paid alone.jsonl >said.json &&
        paid part?.part >merged.json &&
        jq 'del(.input)' said.json >a.json &&
        jq 'del(.input)' merged.json >b.json &&
        cmp a.json b.json
}
ok "also without a server's times" alone_parts
finish
