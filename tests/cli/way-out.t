#!/bin/sh
# Between a listener and a server: passwords, proxies, redirections, private certificates, and networks with a login page.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache"
tone song.wav 25
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song store >id
stretto-fetch --store store song -o true.ogg
start stretto-serve store || exit
origin=$url
front() { # KIND TARGET [CERTIFICATE KEY]: $url is what stands before the target, $log the requests that it has seen
    servers=$((servers + 1)) log=$work/.front$servers
    python3 -u "$root/tests/tools/front.py" "$@" >"$log" 2>"$log.err" &
    started="$started $!"
    await_ready "$!" "$log" || { cat "$log.err"; return 1; }
}
gets() { # [VARIABLE=VALUE...] OPTION URL: the song comes
    rm -rf cache got.ogg && env "$@" song -o got.ogg && cmp got.ogg true.ogg
}
both() { # URL [OPTIONS]: from --edge and --store
    where=$1
    shift
    gets stretto-fetch "$@" --edge "$where" && gets stretto-fetch "$@" --store "$where"
}

front login "$origin" && login=$url login_log=$log
knows() { printf 'http://ann:%s@%s' "$1" "${login#http://}"; }
password() {
    both "$(knows s3cret)" &&
        test "$(grep -c '^GET /songs' "$login_log")" -gt 4 &&
        ! grep -v '^listening' "$login_log" | grep -v " ${login#http://} Basic YW5uOnMzY3JldA==$"
}
ok 'a password in a URL is sent as Authorization, and not in Host' password
# shellcheck disable=SC2154
silent() {
    stretto-fetch -v --json --edge "$(knows s3cret)" --cache new song -o said.ogg >said 2>&1 &&
        stretto-fetch -v --store "$(knows s3cret)" song -o said.ogg >>said 2>&1
    stretto-fetch --store "$(knows wr0ng)" song -o e.ogg >>said 2>&1
    stretto-fetch --store "$(knows s3cret)/nothing" song -o e.ogg >>said 2>&1
    stretto-fetch --store http://ann:s3cret@127.0.0.1:1 song -o e.ogg >>said 2>&1
    stretto-fetch --edge ftp://ann:s3cret@127.0.0.1:1 song -o e.ogg >>said 2>&1
    stretto-track --dump "$(knows s3cret)" >>said 2>&1
    stretto-play --unpaced -O null --edge "$(knows s3cret)" --events events.jsonl song >>said 2>&1
    stretto-play --unpaced -O null --edge "$origin" --events http://ann:s3cret@127.0.0.1:1 song >>said 2>&1
    grep -q edge said && lacks '[Ss]3cret|wr0ng|ann:' said events.jsonl
}
ok 'it is in no message, event or line of JSON' silent
ok 'a wrong password: 77' exits 77 stretto-fetch --store "$(knows wr0ng)" song -o e.ogg
serves() {
    start stretto-serve "$(knows s3cret)" --access-log edge.log &&
        curl -fsS "$url/songs/$(cat id)/manifest.json" -o got &&
        soon test -s edge.log &&
        lacks s3cret edge.log "$said" &&
        ! grep s3cret "$said.err" &&
        curl -sS "$url/stats.json" >stats &&
        lacks s3cret stats &&
        stop "$pid"
}
ok 'an edge sends the password to its origin, and reveals it to no client' serves

front proxy "$origin" && proxy=$url proxy_log=$log
by_proxy() {
    gets http_proxy="$proxy" stretto-fetch "$1" http://music.invalid &&
        grep -q '^GET http://music.invalid/' "$proxy_log"
}
ok '--edge goes through http_proxy' by_proxy --edge
ok '--store goes through http_proxy' by_proxy --store
ok 'ALL_PROXY' gets ALL_PROXY="$proxy" stretto-fetch --edge http://music.invalid
excepted() {
    before=$(wc -l <"$proxy_log") &&
        gets http_proxy="$proxy" no_proxy="$1" stretto-fetch --edge "$origin" &&
        test "$(wc -l <"$proxy_log")" -eq "$before"
}
ok 'no_proxy: one host' excepted 127.0.0.1
ok 'no_proxy: all hosts' excepted '*'
own() {
    rm -rf cache &&
        http_proxy=http://127.0.0.1:1 timeout 60 stretto-play --unpaced -O wav:played.wav --store store song &&
        test -s played.wav
}
ok 'a directory needs no proxy' own
by_tracker() { # neither a proxy nor a redirection for an edge that a tracker names
    echo "[{\"name\":\"moved\",\"url\":\"$1\",\"location\":\"52.5,13.4\"}]" >edges.json
    start stretto-track --origin "$origin" --edges edges.json || return 1
    stretto-fetch --tracker "$url" --no-peers --no-share --allow-local-peers --cache new2 song -o t.ogg &
    fetching=$!
    await 'a request for a chunk' grep -q '^GET /songs.*chunk' "$moved_log" || return
    kill -KILL "$fetching" && stop "$pid" && test ! -e t.ogg
}

front redirect "$origin" && moved=$url moved_log=$log
ok 'redirections of an edge and a store are followed' both "$moved"
front redirect "$origin" && moved=$url moved_log=$log
ok 'redirections of an edge that a tracker names are not followed' by_tracker "$moved"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout \
    key.pem -out cert.pem 2>/dev/null
front pass "$origin" cert.pem key.pem && secure=https${url#http}
ok "--cacert: a server's own certificate""'"'s own' both "$secure" --cacert cert.pem
ok 'SSL_CERT_FILE' gets SSL_CERT_FILE=cert.pem stretto-fetch --edge "$secure"
ok 'CURL_CA_BUNDLE' gets CURL_CA_BUNDLE=cert.pem SSL_CERT_FILE=/dev/null stretto-fetch --store "$secure"
untrusted() {
    says 'certificate' stretto-fetch --store "$secure" song -o e.ogg &&
        exits 69 stretto-fetch --store "$secure" song -o e.ogg
}
ok 'without it: 69 with a reason' untrusted
ok 'a file that is not there: 66' exits 66 stretto-fetch --cacert nowhere.pem --edge "$secure" song -o e.ogg
ok 'and for --store' exits 66 stretto-fetch --cacert nowhere.pem --store "$secure" song -o e.ogg
secure_edge() {
    start stretto-serve "$secure" --cacert cert.pem &&
        curl -fsS "$url/songs/$(cat id)/manifest.json" | jq -e .id &&
        stop "$pid"
}
ok 'an edge whose origin has its own certificate' secure_edge
secure_track() {
    start stretto-track --origin "$secure" --cacert cert.pem &&
        curl -fsS "$url/songs/$(cat id)" | jq -e .manifest &&
        stop "$pid"
}
ok 'a tracker whose origin has its own certificate' secure_track

front portal "$origin" && portal=$url
login_page() {
    says 'this network may want a login' stretto-fetch --store "$portal" song -o e.ogg &&
        exits 69 stretto-fetch --store "$portal" song -o e.ogg
}
ok 'a captive portal is reported as such' login_page
finish
