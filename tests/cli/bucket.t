#!/bin/sh
# A store in a bucket: what a store in a directory does, and what only S3 does wrong. Against tests/tools/fakes3.py, which verifies
# every signature itself; `make test-engines` runs the first part against Ceph.
. ./tests/lib.sh
tone song.wav 25
stretto-encode -b 96,160 song.wav | stretto-chunk >song.tar
stretto-encode -b 96,160 --gain -20 song.wav | stretto-chunk >other.tar
mkdir tagged && tone a.wav 12 &&
    ffmpeg -v error -nostdin -i a.wav -metadata title=Ä -metadata artist='B & <C>' tagged/a.flac
ffmpeg -v error -nostdin -i song.wav -metadata title=Other song.flac && stretto-encode -b 96,160 song.flac | stretto-chunk >retagged.tar

if [ -z "${S3_ENDPOINT-}" ]; then
    python3 -u "$root/tests/tools/fakes3.py" >"$work/s3" 2>"$work/s3.err" &
    fake=$! started="$started $!"
    await_ready "$fake" "$work/s3" || exit 1
    export AWS_ENDPOINT_URL="$url" AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret
else
    export AWS_ENDPOINT_URL="$S3_ENDPOINT" AWS_ACCESS_KEY_ID="$S3_KEY" AWS_SECRET_ACCESS_KEY="$S3_SECRET"
fi
export HOME="$work/home" AWS_REGION=us-east-1
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_S3 AWS_DEFAULT_REGION AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
mkdir -p home
s3=$AWS_ENDPOINT_URL
faults() { curl -fsS "$s3/_faults" -d "$1"; }
signed() { curl -fsS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"; }
errors_of() { python3 -c 'import json,sys; sys.exit("\n".join(json.load(sys.stdin)["bad"]) or 0)'; }

# ---- the same of both
prefix="v$$/a b+c"
suite() { # KIND STORE
    kind=$1 store=$2
    publishes() {
        stretto-publish --name song "$store" song.tar >id && stretto-publish --dry-run x song.tar | cmp - id &&
            stretto-publish --verify "$store"
    }
    ok "$kind: publishes and names a song, and verifies" publishes
    id=$(cat id)
    ok "$kind: twice is a success" prints id stretto-publish --name song "$store" song.tar
    lists() { stretto-publish --list "$store" | cut -f 1-5 >listed && grep -qx "$id	song	0:25	96,160	[0-9]*" listed; }
    ok "$kind: lists it" lists
    gets() { stretto-fetch --store "$store" -b "$1" "$2" -o out.ogg && oggdec -Q -o out.wav out.ogg && sox out.wav -n stat 2>&1 |
        grep -q 'Length.*25.0000'; }
    ok "$kind: fetch by name" gets 160 song
    ok "$kind: fetch by id" gets 96 "$id"
    ok "$kind: fetch of what is not there" exits 69 stretto-fetch --store "$store" nothing -o none.ogg
    cutoff() { head -c 100000 song.tar | exits 65 stretto-publish "$store" && exits 65 stretto-publish "$store" id; }
    ok "$kind: a bad bundle leaves nothing" cutoff
    ok "$kind: and is not found by --verify" stretto-publish --verify "$store"
    renames() {
        stretto-publish --name second "$store" other.tar >other && stretto-publish --name song "$store" other.tar &&
            stretto-publish --list "$store" | cut -f 1,2 | sort >listed &&
            printf '%s\t%s\n' "$(cat id)" - "$(cat other)" second,song | sort | cmp - listed && stretto-publish --verify "$store"
    }
    ok "$kind: a name moves to another song" renames
    music() {
        stretto-publish -j 1 tagged "$store" >first && stretto-publish -j 1 tagged "$store" 2>again | cmp - first &&
            grep -q '0 published, 1 already there' again && stretto-publish --list --json "$store" >json &&
            jq -es '[.[] | select(.tags.ARTIST == ["B & <C>"] and .tags.TITLE == ["Ä"])] | length == 1' json
    }
    ok "$kind: a directory of music, once" music
    tags() {
        stretto-publish --name again "$store" retagged.tar && stretto-publish --list --json "$store" >json &&
            jq -es "[.[] | select(.id == \"$id\")] | length == 2" json && stretto-publish --verify "$store" &&
            stretto-fetch --store "$store" again -o t.ogg && ffprobe -v error -show_entries stream_tags=title t.ogg | grep -q Other
    }
    ok "$kind: the same audio under other tags" tags
    removes() {
        stretto-publish --remove second "$store" && stretto-publish --list "$store" >left && lacks "$(cat other)" left &&
            exits 66 stretto-publish --remove second "$store" && stretto-publish --verify "$store" &&
            exits 69 stretto-fetch --store "$store" song -o none.ogg
    }
    ok "$kind: removes a song and its names" removes
    back() { stretto-publish --name second "$store" other.tar && gets 160 second; }
    ok "$kind: which may come back" back
    serves() {
        start stretto-serve --state "$work/state.$kind" "$store" || return 1
        await "the list of songs" listed_at "$url" &&
            curl -fsS "$url/songs" | jq -e '[.songs[].names[]] | index("second") != null' &&
            stretto-fetch --edge "$url" --no-cache --no-peers second -o s.ogg && cmp s.ogg out.ogg &&
            curl -fsS "$url/stream/second?kbps=160" -o c.ogg && oggz-validate c.ogg
    }
    listed_at() { curl -fsS "$1/songs" | grep -q '"id"'; }
    gets 160 second
    ok "$kind: an origin of it" serves
    equal_fields() {
        curl -fsSI "$url/songs/$(cat other)/160/chunk_0.ogg" | tr -d '\r' | grep -iE '^(content-type|cache-control|etag|cache-groups)' |
            sort >"fields.$kind" && [ "$(wc -l <"fields.$kind")" -eq 4 ]
    }
    ok "$kind: with the fields of any origin" equal_fields
    reads() {
        other=$(cat other)
        [ "$(curl -fsS "$url/names/second")" = "$other" ] &&
            curl -fsS "$url/songs/second/manifest.json" | jq -e ".id == \"$other\"" &&
            curl -fsS -r 100-199 "$url/songs/$other/96/chunk_0.ogg" -o part && [ "$(wc -c <part)" -eq 100 ] &&
            [ "$(curl -sS -o not -w '%{http_code}' "$url/songs/$other/96/chunk_9.ogg")" = 404 ] &&
            lacks 'Code|Bucket' not && [ "$(curl -sS -o not -w '%{http_code}' "$url/catalogue/00")" = 404 ] &&
            [ "$(curl -sS -o not -w '%{http_code}' -X PUT -d x "$url/names/second")" = 405 ] &&
            [ "$(curl -fsS "$url/names/second?acl")" = "$other" ]
    }
    ok "$kind: which answers what exists and nothing else" reads
    stop "$pid"
}
suite directory store
suite bucket "s3://music/$prefix"
ok 'an origin of a bucket says what one of a directory says' cmp fields.directory fields.bucket
if [ -n "${S3_ENDPOINT-}" ]; then finish; fi
good() { faults '{}' | errors_of; }
ok 'no signature was wrong' good

# ---- what goes wrong with object stores
there="s3://music/$prefix"
who() { AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=${3-} stretto-publish --list "$there"; }
wrong() { says "$1" who "$2" "$3" "${4-}" && exits 77 who "$2" "$3" "${4-}"; }
ok 'a wrong secret is told' wrong 'the signature is wrong: see AWS_SECRET_ACCESS_KEY' testkey wrong
ok 'an unknown key' wrong 'does not know the access key' nobody x
ok 'expired credentials' wrong 'the credentials have expired' old oldsecret
ok 'temporary credentials' who temp tempsecret token
skewed() {
    faults '{"skew": 3600}' >/dev/null
    wrong "behind the server's: set it" testkey testsecret
    status=$?
    faults '{"skew": 0}' >/dev/null
    return $status
}
ok 'a clock that is wrong' skewed
region() { says 'another region: see AWS_REGION' env AWS_REGION=eu-west-1 stretto-publish --list "$there"; }
ok 'another region' region
ok 'no such bucket' exits 66 stretto-publish --list s3://nothing/x
ok 'no store there' exits 66 stretto-publish --list s3://music/none
ok 'a bad location' exits 64 stretto-publish --list s3://m/../x
gone() { exits 69 env AWS_ENDPOINT_URL=http://127.0.0.1:1 stretto-publish --list "$there"; }
ok 'a server that is away' gone
files() {
    mkdir -p home/.aws
    printf '[default]\naws_access_key_id = nobody\naws_secret_access_key = x\n\n# temp\n[b]\naws_access_key_id=temp\n%s\n%s\n' \
        'aws_secret_access_key = tempsecret' 'aws_session_token=token' >home/.aws/credentials
    printf '[profile b]\nregion = us-east-1\ns3 =\n  addressing_style = path\nendpoint_url = %s\n' "$s3" >home/.aws/config
    env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_REGION -u AWS_ENDPOINT_URL AWS_PROFILE=b stretto-publish --list "$there" &&
        exits 77 env -u AWS_ACCESS_KEY_ID stretto-publish --list "$there" &&
        exits 64 env -u AWS_ACCESS_KEY_ID AWS_PROFILE=c stretto-publish --list "$there"
}
ok 'credentials, region and endpoint of a profile' files
# who signs wrong from here on is one of ours
wrong_signatures() { faults '{}' | jq -r '.bad[]' | grep -cv RequestTimeTooSkewed; }
before_faults=$(wrong_signatures)
slow() { faults '{"slow": 3}' >/dev/null && stretto-publish --verify "$there"; }
ok 'SlowDown is waited for' slow
slower() {
    faults '{"slow": 1000}' >/dev/null
    says 'asks for fewer requests: try again later' stretto-publish --list "$there"
    status=$? before=$(faults '{}' | jq '.requests.GET')
    exits 75 stretto-publish --list "$there" || status=1
    after=$(faults '{"slow": 0}' | jq '.requests.GET')
    [ $status -eq 0 ] && [ $((after - before)) -le 8 ]
}
ok 'for a bounded time, with a bounded number of requests' slower
broken() { faults '{"truncate": 2}' >/dev/null && stretto-publish --verify "$there"; }
ok 'a body that breaks off is read again' broken

killed() { # what a publisher leaves who dies before the manifest is there
    faults '{"die": "/manifest.json"}' >/dev/null
    exits 69 stretto-publish --name third "s3://music/dead" song.tar
    status=$?
    faults '{"die": ""}' >/dev/null
    stretto-publish --list s3://music/dead >dead.list && [ ! -s dead.list ] &&
        exits 69 stretto-fetch --store s3://music/dead third -o none.ogg &&
        exits 69 stretto-fetch --store s3://music/dead "$id" -o none.ogg && return $status
}
ok 'a publisher who dies leaves nothing that is seen' killed
leftovers() {
    stretto-publish --verify s3://music/dead >found
    [ $? -eq 1 ] && grep -q "songs/$id/96/chunk_0.ogg	belongs to no song" found &&
        stretto-publish --clean s3://music/dead >young && [ ! -s young ] &&
        stretto-publish --clean --age 0 s3://music/dead >cleaned && grep -q "^songs/$id/160/index\$" cleaned &&
        faults '{}' | jq -e '[.keys.music[] | select(startswith("dead/songs"))] == []'
}
ok 'which --verify finds and --clean removes' leftovers
late() {
    faults '{"die": "/catalogue/"}' >/dev/null
    exits 69 stretto-publish "s3://music/late" song.tar
    status=$?
    faults '{"die": ""}' >/dev/null
    stretto-publish --verify s3://music/late >found
    [ $? -eq 1 ] && grep -q "lacks the song $id" found && stretto-publish --clean s3://music/late | grep -q '^catalogue/' &&
        stretto-publish --list s3://music/late | grep -q "^$id" && stretto-publish --verify s3://music/late && return $status
}
ok 'a catalogue that lacks a song is made again' late
lost() {
    faults '{"lose": 3}' >/dev/null && stretto-publish --name lost s3://music/lost song.tar && stretto-publish --verify s3://music/lost
}
ok 'an answer that is lost costs nothing' lost
lacking() { # a part that the server does not take
    faults '{"status": {"PUT 96/chunk_1": [404, 9]}}' >/dev/null
    exits 74 stretto-publish s3://music/lacking song.tar
    status=$?
    faults '{"status": {"PUT 96/chunk_1": [409, 2]}}' >/dev/null
    stretto-publish --list s3://music/lacking >listed && [ ! -s listed ] && stretto-publish s3://music/lacking song.tar &&
        stretto-publish --verify s3://music/lacking && return $status
}
ok 'a part that is refused is no success, and one that meets another is sent again' lacking
undead() { # a removal that is refused in the middle can be done again
    faults '{"status": {"DELETE chunk": [403, 9]}}' >/dev/null
    exits 77 stretto-publish --remove "$id" s3://music/lacking
    status=$?
    faults '{"status": {}}' >/dev/null
    stretto-publish --remove "$id" s3://music/lacking && exits 66 stretto-publish --remove "$id" s3://music/lacking &&
        faults '{}' | jq -e '[.keys.music[] | select(startswith("lacking/songs"))] == []' && return $status
}
ok 'a removal that was broken off can be finished' undead
endless() { # lists of two pages that follow each other for ever
    faults '{"circle": true}' >/dev/null
    exits 65 timeout 60 stretto-publish --verify s3://music/lost
    status=$?
    faults '{"circle": false}' >/dev/null
    return $status
}
ok 'a list without an end is refused' endless
meanwhile() { # a publisher comes between the survey and the mending
    stretto-publish --name one s3://music/one song.tar && stretto-publish --name two s3://music/two other.tar || return 1
    faults '{"meanwhile": {"at": "one/names/", "from": "two/", "to": "one/"}}' >/dev/null
    stretto-publish --clean s3://music/one && stretto-publish --list s3://music/one | cut -f 2 | sort >listed &&
        printf 'one\ntwo\n' | cmp - listed && stretto-publish --verify s3://music/one
}
ok '--clean keeps what was published meanwhile' meanwhile
returned() { # or sends the parts of an unfinished song once more
    faults '{"die": "/manifest.json"}' >/dev/null
    for store in returned again; do exits 69 stretto-publish s3://music/$store other.tar || return 1; done
    faults '{"die": ""}' >/dev/null && stretto-publish --name one s3://music/returned song.tar || return 1
    faults '{"meanwhile": {"at": "returned/names/", "from": "again/", "to": "returned/"}}' >/dev/null
    stretto-publish --clean --age 0 s3://music/returned >cleaned && [ ! -s cleaned ] && faults '{}' |
        jq -e '[.keys.music[] | select(startswith("again/songs/")) | sub("again"; "returned")] - .keys.music == []'
}
ok 'and the parts that a publisher has sent again' returned

# ---- publishers, removals and --clean at the same moment: one is held at a request while another does all of its work
beside() { # "METHOD PATTERN" COMMAND...: run it until it makes such a request
    faults "{\"hold\": \"$1\"}" >/dev/null
    shift
    "$@" >held.out 2>held.err &
    held=$!
    soon is_held
}
is_held() { faults '{}' | jq -e '.held > 0'; }
let_go() { faults '{"hold": ""}' >/dev/null && wait "$held"; }
there() { # STORE: whole, in all that tells of it
    stretto-publish --verify "s3://music/$1" && stretto-publish --list "s3://music/$1" | grep -q "^$id" && ! noted "$1" &&
        stretto-fetch --store "s3://music/$1" -b 96 "$id" -o out.ogg && oggz-validate out.ogg
}
gone() { # STORE: without a trace, but for the removal log; beside another song
    stretto-publish --verify "s3://music/$1" && stretto-publish --list "s3://music/$1" >listed && lacks "$id" listed && noted "$1" &&
        faults '{}' | jq -e "[.keys.music[] | select(startswith(\"$1/songs/$id\") or startswith(\"$1/names/\"))] == []"
}
noted() { signed "$s3/music/$1/removed" | grep -q " $id\$"; }
id=$(cat id)
amid() { # the publisher is done before the removal goes on
    stretto-publish s3://music/amid other.tar && stretto-publish --name one s3://music/amid song.tar &&
        beside 'DELETE /chunk' stretto-publish --remove one s3://music/amid &&
        stretto-publish --name two s3://music/amid song.tar && let_go && gone amid
}
ok 'a removal takes away what a publisher sends while it deletes' amid
ahead() { # the removal finds parts, and no manifest yet
    beside 'PUT ahead/songs/'"$id"'/manifest.json' stretto-publish s3://music/ahead song.tar &&
        stretto-publish --remove "$id" s3://music/ahead && let_go && there ahead
}
ok 'a publisher sends again what a removal took away before its manifest was there' ahead
logged() { # publishing what is there takes back the line in the log
    stretto-publish s3://music/logged other.tar && stretto-publish s3://music/logged song.tar &&
        beside 'DELETE logged/songs/'"$id"'/manifest.json' stretto-publish --remove "$id" s3://music/logged &&
        stretto-publish s3://music/logged song.tar && let_go && gone logged
}
ok 'the log has what was removed, whoever publishes it meanwhile' logged
late_name() {
    stretto-publish s3://music/named other.tar &&
        beside 'PUT named/names/' stretto-publish --name one s3://music/named song.tar &&
        stretto-publish --remove "$id" s3://music/named && { exits 75 let_go; } && grep -q 'it was removed meanwhile' held.err && gone named
}
ok 'a name is not given to a song that was removed' late_name
forgets() { # N: the server says that it has a part, and has not, N times
    faults "{\"status\": {\"PUT forgets$1/songs/$id/96/chunk_1\": [200, $1]}}" >/dev/null
    stretto-publish "s3://music/forgets$1" song.tar 2>forgets.err
    forgot=$?
    faults '{"status": {}}' >/dev/null
    return $forgot
}
once_forgotten() { forgets 1 && there forgets1; }
ok 'a part that is lost is sent again' once_forgotten
always_forgotten() { exits 75 forgets 999 && grep -q 'its parts keep disappearing' forgets.err; }
ok 'but not without end' always_forgotten
stays() {
    stretto-publish s3://music/stays other.tar && stretto-publish s3://music/stays song.tar &&
        faults '{"status": {"DELETE manifest": [204, 999]}}' >/dev/null
    ends_saying 75 'others keep publishing it' stretto-publish --remove "$id" s3://music/stays
    status=$?
    faults '{"status": {}}' >/dev/null
    stretto-publish --remove "$id" s3://music/stays && gone stays && return $status
}
ok 'nor does a removal go on for ever' stays
unfinished() { # STORE: what a publisher leaves who died
    faults '{"die": "/manifest.json"}' >/dev/null
    exits 69 stretto-publish "s3://music/$1" song.tar && faults '{"die": ""}' >/dev/null
}
swept() {
    beside 'PUT swept/songs/'"$id"'/manifest.json' stretto-publish s3://music/swept song.tar &&
        stretto-publish --clean --age 0 s3://music/swept | grep -q chunk_0 && let_go && there swept
}
ok 'a publisher sends again what --clean took away' swept
passed() { # who is done before --clean goes on cannot
    unfinished passed && beside 'DELETE passed/songs/' stretto-publish --clean --age 0 s3://music/passed &&
        stretto-publish s3://music/passed song.tar && { exits 75 let_go; } && grep -q "passed/songs/$id.*publish it again" held.err &&
        stretto-publish s3://music/passed song.tar && there passed
}
ok 'and --clean tells of a song that was published while it deleted' passed

two() { # CONDITIONS: two publishers of one name at once: one wins, whole
    faults "{\"conditions\": \"$1\"}" >/dev/null
    stretto-publish --name both "s3://music/two$1" song.tar >a &
    one=$!
    stretto-publish --name both "s3://music/two$1" other.tar >b &
    wait $one && wait $! || return 1
    winner=$(signed "$s3/music/two$1/names/both") && cat a b | grep -qx "$winner" &&
        stretto-fetch --store "s3://music/two$1" both -o both.ogg || return 1
    # without conditions, the last of two writers of the catalogue wins
    case $1 in ignored | none) stretto-publish --clean "s3://music/two$1" >mended || return 1 ;; esac
    stretto-publish --list "s3://music/two$1" >both && [ "$(wc -l <both)" -eq 2 ]
}
for how in quoted bare none ignored; do
    ok "two publishers of a name, conditions $how" two $how
done
faults '{"conditions": "quoted"}' >/dev/null
many() { # six publishers at once lose nothing of the catalogue
    all=
    for n in 1 2 3 4 5 6; do
        stretto-publish --name "n$n" s3://music/many song.tar >/dev/null &
        all="$all $!"
    done
    # shellcheck disable=SC2086
    wait $all && stretto-publish --list s3://music/many >listed && cut -f 2 listed | grep -qx n1,n2,n3,n4,n5,n6 &&
        stretto-publish --verify s3://music/many
}
ok 'six publishers at once lose no name' many
paged() { faults '{"page": 7}' >/dev/null && stretto-publish --verify "$there" && stretto-publish --list "$there" | cmp - whole.list; }
stretto-publish --list "$there" >whole.list
ok 'lists of many pages' paged

# ---- an origin in front of it
echo damaged >damaged && signed -T damaged "$s3/music/v$$/a%20b%2Bc/catalogue/zz"
start stretto-serve --state state.faults --admin 127.0.0.1:0 "$there"
other=$(cat other)
damaged() { await 'the list of songs' listed_at "$url" && curl -fsS "$url/songs" | grep -q "$other" && grep -q 'catalogue/zz' "$said.err"; }
ok 'a part of the catalogue that is damaged hides no other' damaged
signed -X DELETE "$s3/music/v$$/a%20b%2Bc/catalogue/zz"
origin() { # FAULT PATH: still the right bytes
    faults "$1" >/dev/null && curl -fsS "$url/songs/$other/$2" -o got && cmp got "store/songs/$other/$2"
}
ok 'an origin waits for SlowDown' origin '{"slow": 2}' 96/chunk_0.ogg
ok 'and resumes a body that breaks off' origin '{"truncate": 1}' 96/chunk_1.ogg
refused() { # STATUS FAULT PATH
    faults "$2" >/dev/null
    [ "$(curl -sS -o not -w '%{http_code}' "$url/songs/$other/$3")" = "$1" ] && lacks 'Code|Bucket|SlowDown' not
}
ok 'but says 503 in the end' refused 503 '{"slow": 100}' 160/chunk_0.ogg
ok 'and 502 where it may not read' refused 502 '{"slow": 0, "skew": 3600}' 160/chunk_0.ogg
ok 'which is told to the operator' grep -q 'refused: .*the clock here is' "$said.err"
ok 'and to a redirection' refused 502 '{"skew": 0, "status": {"GET 160/chunk_1": [302, 1]}}' 160/chunk_1.ogg
ok 'which is not kept' origin '{}' 160/chunk_1.ogg
once() {
    before=$(faults '{}' | jq '.requests.GET')
    for n in 1 2 3 4 5 6 7 8; do curl -fsS "$url/songs/$other/160/index" -o "i$n" & done
    soon cmp i8 "store/songs/$other/160/index" && soon cmp i1 i8
    after=$(faults '{}' | jq '.requests.GET')
    [ $((after - before)) -le 3 ] # the index, its manifest; a look at the catalogue
}
ok 'eight clients cost one request' once
stop "$pid" || true
cp "$said.err" faults.err

# ---- what every origin has, whatever its store is
stretto-sign --generate key.pem && stretto-sign --jwks --key key.pem >keys.json
start stretto-serve --state state.gate --token-keys keys.json --browser-peers http://127.0.0.1:9 "$there"
named() { curl -fsS -D head "$url/" -o page && grep -q 'http://127.0.0.1:9' page && grep -q "connect-src 'self' http://127.0.0.1:9;" head; }
ok 'its page names the tracker of browsers' named
gated() {
    chunk=songs/$other/160/chunk_0.ogg
    [ "$(curl -sS -o not -w '%{http_code}' "$url/$chunk")" = 401 ] &&
        curl -fsS "$(stretto-sign "$url/$chunk" --key key.pem --expires 1h)" -o got && cmp got "store/$chunk" &&
        [ "$(curl -sS -o not -w '%{http_code}' "$url/$chunk")" = 401 ]
}
ok 'and its songs need a token' gated
stop "$pid" || true
ok 'no signature was wrong all the while' [ "$(wrong_signatures)" = "$before_faults" ]
finish
