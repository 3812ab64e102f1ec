#!/bin/sh
# Access tokens (RFC 9246): what stretto-sign makes, and what servers let in. PyJWT and openssl check what we sign, and sign what we check.
# shellcheck disable=SC2034,SC2154 # used by what eval runs
. ./tests/lib.sh
# Debian's python3-jwt is for Debian's Python
jose() { /usr/bin/python3 "$root/tests/tools/jose.py" "$@"; }
id=$(tone song.wav 12 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
other=$(tone other.wav 13 && stretto-encode other.wav | stretto-chunk | stretto-publish --name other store)

# keys
ok 'makes a key that only its owner can read' eval 'stretto-sign --generate key.pem && test "$(stat -c %a key.pem)" = 600'
ok 'and no key in place of another file: 73' exits 73 stretto-sign --generate key.pem
ok 'the key is for P-256, as openssl sees it' eval 'openssl pkey -in key.pem -noout -text | grep -q "NIST CURVE: P-256"'
stretto-sign --jwks --key key.pem >keys.json
theirs() { jose keys key.pem | jq -S '.keys[0]' >theirs.json && jq -S '.keys[0]|del(.alg,.use)' keys.json | diff - theirs.json; }
ok 'prints its public key as another implementation does, with the same id' theirs
openssl ecparam -name prime256v1 -genkey -noout -out openssl.pem
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem
openssl genpkey -algorithm RSA -out rsa.pem 2>/dev/null
ok 'reads a key of openssl' eval 'stretto-sign --jwks --key openssl.pem | jq -e ".keys[0].kid"'
for key in p384 rsa; do ok "refuses a key of another kind ($key): 65" exits 65 stretto-sign --jwks --key $key.pem; done

# what we sign, they verify
u=http://h.example/songs/$id/manifest.json
signed() {
    token=$(stretto-sign --token "$u" --key key.pem --expires 2h --kbps 160 --jti a7) &&
        jose verify keys.json "$token" >claims && jq -e --arg id "$id" '.stretto_kbps == 160 and .jti == "a7" and
            .exp - now > 7100 and .exp - now < 7300 and (.cdniuc | startswith("regex:") and contains($id))' claims
}
ok 'another implementation verifies what stretto-sign signs' signed
by_openssl() { # r and s as DER, by hand
    printf %s "${token%.*}" >text
    s=${token##*.} && printf '%s==' "$s" | basenc --base64url -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n' >hex
    printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(cut -c 1-64 hex)" "$(cut -c 65- hex)" >der.cnf
    openssl asn1parse -genconf der.cnf -out sig.der -noout && openssl pkey -in key.pem -pubout -out pub.pem &&
        openssl dgst -sha256 -verify pub.pem -signature sig.der text
}
ok 'and openssl does' by_openssl
ok 'a URL keeps its query' eval 'stretto-sign "$u?a=b" --key key.pem | grep -q "?a=b&URISigningPackage=ey"'
for bad in '--expires x' '--expires -1s' '--expires 0' '--not-before 1h --expires 1h' \
    '--kbps 0' '--id x' '--exact --regex x'; do
    # shellcheck disable=SC2086
    ok "stretto-sign $bad: 64" exits 64 stretto-sign "$u" --key key.pem $bad
done
ok 'what is no song: 64' exits 64 stretto-sign http://h.example/x --key key.pem
ok 'no key: 66' exits 66 stretto-sign "$u" --key none.pem

# what they sign, a server takes
start stretto-serve store --token-keys keys.json --token-exempt 127.0.7.0/24 --access-log origin.log --events events.ndjson || exit
origin=$url origin_pid=$pid
# which says what an edge asks
cat >upstream.py <<'EOF'
import http.server
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        print(self.requestline, self.headers, flush=True)
        super().do_GET()
    def end_headers(self):
        self.send_header('Cache-Control', 'max-age=3600')
        super().end_headers()
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(f'listening on 127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
EOF
(cd store && exec python3 -u ../upstream.py) >upstream.log 2>/dev/null &
upstream_pid=$!
started="$started $!"
await_ready "$upstream_pid" upstream.log || exit
start stretto-serve "$url" --name eu --token-keys keys.json --access-log edge.log || exit
edge=$url edge_pid=$pid
kid=$(jq -r '.keys[0].kid' keys.json)
now=$(date +%s)
container="regex:[^:]+://[^/]+/(songs|stream)/($id|song)([/?].*)?"
claims() { jq -nc --arg c "$container" --argjson exp $((now + 3600)) "{exp: \$exp, cdniuc: \$c} + {$1}"; }
good=$(jose sign key.pem "$(claims 'jti: "j1"')")
free=$(jose sign key.pem "$(claims 'stretto_kbps: 160')")
status() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' "$@"; }
is() { wanted=$1 && shift && got=$(status "$@") && test "$got" = "$wanted" || { echo "$got, not $wanted"; cat "$work/body"; return 1; }; }
bearer() { token=$1 && shift && is "$@" -H "Authorization: Bearer $token"; }
chunk=songs/$id/320/chunk_0.ogg
cover=songs/$id/cover/$(printf '%064d' 0).jpg
for path in "songs/$id/manifest.json" songs/song/manifest.json "$chunk" "songs/$id/320/index" songs/song/chunk_0.ogg \
    "stream/song?kbps=96"; do
    ok "$path: 401 without a token" is 401 "$origin/$path"
    ok "$path: 200 with one" bearer "$good" 200 "$origin/$path"
done
ok 'a cover too: 401, and 404 as there is none' eval 'is 401 "$origin/$cover" && bearer "$good" 404 "$origin/$cover"'
ok 'a refusal says how to do it' eval 'is 401 "$origin/$chunk" && grep -qi "^www-authenticate: Bearer realm=" head'
ok 'and may be read by a page of another origin' eval 'test "$(grep -ci "^access-control-allow-origin: \*" head)" = 1'
ok 'a token in the URL' is 200 "$origin/$chunk?URISigningPackage=$good"
ok 'a token in a cookie' is 200 "$origin/$chunk" -H "Cookie: a=b; URISigningPackage=$good"
ok 'a client without need of one' is 200 --interface 127.0.7.1 "$origin/$chunk"
kept() { who=$1 && shift && grep -i "^cache-control" head >control && test "$(wc -l <control)" = 1 && grep -qi ": $who, max-age=" control; }
for at in "$origin/$chunk" "$origin/songs/song/manifest.json" "$origin/stream/song?kbps=96" \
    "$edge/$chunk" "$edge/songs/$id/manifest.json"; do
    ok "no shared cache keeps it: $at" eval 'bearer "$good" 200 "$at" && kept private'
done
ok 'nor what has not changed' eval 'bearer "$good" 304 "$edge/$chunk" -H "If-None-Match: *" && kept private'
ok 'but an edge of ours does' eval 'is 200 --interface 127.0.7.1 "$origin/$chunk" && kept public'
for path in songs names/song songs.m3u8 healthz removed ''; do
    ok "/$path is for everybody" eval 'got=$(status "$origin/$path") && test "$got" != 401 -a "$got" != 403'
done
ok 'a browser may ask beforehand' is 204 -X OPTIONS "$origin/$chunk"
redirected() { # a player that only knows the URL
    curl -sSL -o /dev/null -w '%{http_code}' "$origin/stream/song?URISigningPackage=$free" >got && grep -qx 200 got
}
ok 'a stream redirects with its token' redirected
ok 'to a bitrate that it is for' eval 'is 307 "$origin/stream/song?URISigningPackage=$free" && grep -q "kbps=\(45\|96\|160\)&URIS" head'

# what is refused
sign() { jose sign key.pem "$@"; }
k="\"kid\":\"$kid\""
c=$(claims '')
refused() { name=$1 && ok "refuses $name" bearer "$2" 401 "$origin/$chunk"; }
refused 'an expired one' "$(sign "$(claims 'exp: (now - 90 | floor)')")"
ok 'but not within a minute' bearer "$(sign "$(claims 'exp: (now - 20 | floor)')")" 200 "$origin/$chunk"
refused 'one of the future' "$(sign "$(claims 'nbf: (now + 120 | floor)')")"
ok 'but not within a minute of it' bearer "$(sign "$(claims 'nbf: (now + 30 | floor)')")" 200 "$origin/$chunk"
refused 'one for another server' "$(sign "$(claims 'aud: "other"')")"
refused 'the algorithm none' "$(jose raw "{\"alg\":\"none\",$k}" "$c")"
refused 'none with a signature' "$(jose raw "{\"alg\":\"none\",$k}" "$c" key.pem)"
refused 'HS256' "$(sign "$c" '{"alg":"HS256"}')"
# the public key as the secret of an HMAC, which careless libraries verify
openssl pkey -in key.pem -pubout -out pub.pem
hs=$(printf '{"alg":"HS256",%s}' "$k" | basenc --base64url -w 0 | tr -d =).$(printf %s "$c" | basenc --base64url -w 0 | tr -d =)
mac=$(printf %s "$hs" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -v -tx1 <pub.pem | tr -d ' \n')" -binary |
    basenc --base64url | tr -d =)
refused 'HMAC with the public key' "$hs.$mac"
refused 'ES384' "$(jose raw "{\"alg\":\"ES384\",$k}" "$c" key.pem)"
refused 'another key with our id' "$(jose sign openssl.pem "$c" "{$k}")"
refused 'another id' "$(jose sign openssl.pem "$c")"
refused 'a changed claim' "$(echo "$good" | sed 's/\.e/.f/')"
refused 'a changed signature' "$(echo "$good" | tr AB BA)"
refused 'two of a claim' "$(jose raw "{\"alg\":\"ES256\",$k}" "${c%\}},\"exp\":9999999999}" key.pem)"
refused 'a bitrate beyond 64 bits' "$(jose raw "{\"alg\":\"ES256\",$k}" "${c%\}},\"stretto_kbps\":18446744073709551615}" key.pem)"
refused 'one that never expires' "$(sign "$(jq -nc --arg c "$container" '{cdniuc: $c}')")"
refused 'one without a URI' "$(sign "$(jq -nc --argjson e $((now + 60)) '{exp: $e}')")"
refused 'one of more than 4096 bytes' "$(sign "$(claims 'sub: ("x" * 4000)')")"
refused 'one with back-references' "$(sign "$(claims 'cdniuc: "regex:(.)\\1"')")"
ok 'another song: 403' bearer "$good" 403 "$origin/songs/$other/320/index"
ok 'and it says so' eval 'grep -qi "error=\"insufficient_scope\"" head'
ok 'nor by another way to write it' bearer "$good" 403 "$origin/songs/$other/320/index?/songs/$id/"
ok 'an encoded path is no way around' eval 'got=$(status "$edge/%73ongs/$id/320/index") && test "$got" = 401'
ok 'nor are two slashes' is 401 "$edge//songs/$id/320/index"

# bitrates
for place in origin edge; do
    eval "at=\$$place"
    ok "$place: a free listener reads the manifest" bearer "$free" 200 "$at/songs/$id/manifest.json"
    ok "$place: and hears 160" bearer "$free" 200 "$at/songs/$id/160/chunk_0.ogg"
    for path in "$chunk" "songs/$id/320/index" "stream/song?kbps=320"; do
        ok "$place: but not $path" bearer "$free" 403 "$at/$path"
    done
    ok "$place: 320 wished for is 160" eval \
        'bearer "$free" 200 "$at/songs/song/chunk_0.ogg" -H "X-User-Bitrate: 320" && grep -qi "^x-bitrate: 160" head'
    ok "$place: not beside what is ours" bearer "$free" 403 "$at/songs/$id//320/chunk_0.ogg"
done
ok 'nor below the lowest bitrate' bearer "$(sign "$(claims 'stretto_kbps: 32')")" 403 "$origin/songs/song/chunk_0.ogg"

# caches, logs, upstream
again() { # another token, in another place
    bearer "$good" 200 "$edge/songs/$id/96/index" && is 200 "$edge/songs/$id/96/index?URISigningPackage=$free" &&
        grep -qi '^x-cache: hit' head && is 200 "$edge/songs/$id/96/index" -H "Cookie: URISigningPackage=$good" &&
            grep -qi '^x-cache: hit' head
}
ok 'a token is no part of what a cache keeps' again
ok 'nor does it let others in' is 401 "$edge/songs/$id/96/index"
ok 'no token goes upstream' lacks 'URISigning|Authorization|eyJ' upstream.log
ok 'though requests did' grep -q "songs/$id/96/index" upstream.log

# events
post() { wanted=$1 && shift && is "$wanted" "$origin/events" --data-binary @line "$@"; }
echo '{"event":"end","seq":1,"time_ms":1,"session":"s","listener":"l","place":"x","song":"'"$id"'","heard_ms":1,"why":"finished"}' >line
ok 'events need a token' post 401
ok 'of whatever song' post 202 -H "Authorization: Bearer $(sign "$(claims 'cdniuc: "regex:x"')")"
stored() {
    post 202 -H "Authorization: Bearer $(sign "$(claims 'jti: "t\"1"')")" && tail -n 1 events.ndjson | jq -e '.token == "t\"1"'
}
ok 'they are stored with the id of the token' stored
ok 'and a token lets nobody do anything but read' is 405 -X DELETE -H "Authorization: Bearer $good" "$origin/$chunk"

# keys that change
cp keys.json old.json
stretto-sign --jwks --key openssl.pem >keys.json
fresh=$(jose sign openssl.pem "$c")
kill -HUP "$origin_pid"
ok 'SIGHUP reads other keys' eval 'await "the new key" bearer "$fresh" 200 "$origin/$chunk" >/dev/null'
ok 'tokens of the old one are worth nothing, though they were known' bearer "$good" 401 "$origin/$chunk"
echo '{}' >keys.json
kill -HUP "$origin_pid"
ok 'a damaged set is refused' eval 'await "a note" grep -q "token keys" "$work/.server1.err"'
ok 'and the keys stay' bearer "$fresh" 200 "$origin/$chunk"
ok 'at the start it is an error: 65' exits 65 stretto-serve --listen 127.0.0.1:0 --token-keys keys.json store
ok 'a private set too: 65' eval 'jq ".keys[0].d=\"x\"" old.json >d.json &&
    exits 65 stretto-serve --listen 127.0.0.1:0 --token-keys d.json store'
ok 'an empty variable does not open a server: 64' exits 64 env STRETTO_SERVE_TOKEN_KEYS= stretto-serve --listen 127.0.0.1:0 store
ok 'no such file: 66' exits 66 stretto-serve --listen 127.0.0.1:0 --token-keys none.json store
ok 'metrics count tokens' eval 'curl -fsS "$origin/metrics" | grep -q "stretto_tokens_total{result=\"invalid\"} [1-9]"'
stop "$origin_pid"
stop "$edge_pid"
ok 'logs show where a token was, and none' eval \
    'lacks eyJ origin.log && lacks eyJ edge.log && grep -q "URISigningPackage=- HTTP" edge.log'

# a listener who only has a name
start stretto-serve store --token-keys old.json || exit
ok 'stretto-sign asks what a name means' eval 'signed=$(stretto-sign "$url/songs/song/manifest.json" --key key.pem) &&
    is 200 "$signed" && bearer "${signed##*=}" 200 "$url/songs/$id/96/index"'
ok 'or is told' eval 'token=$(stretto-sign --token "http://h.example/songs/song" --id "$id" --key key.pem) &&
    bearer "$token" 200 "$url/songs/$id/96/index"'
ok 'a name that is none: 66' exits 66 stretto-sign "$url/songs/nothing" --key key.pem
ok 'several are an album' eval 'token=$(stretto-sign --token "$url/songs/song" "$url/songs/$other" --key key.pem) &&
    bearer "$token" 200 "$url/songs/$id/96/index" && bearer "$token" 200 "$url/songs/$other/96/index"'
exact() {
    token=$(stretto-sign --token --exact "$url/songs/$id/96/index" --key key.pem) &&
        bearer "$token" 200 "$url/songs/$id/96/index" && bearer "$token" 403 "$url/songs/$id/96/chunk_0.ogg"
}
ok 'one URL alone' exact
host=${url#http://}
for typed in "http://user:secret@$host/songs/$id/96/index" "http://$host/songs/$id/96/index#part" "$url/songs/$id/96/index?" \
    "http://$(echo "$host" | sed s/127.0.0.1/LocalHost/)/songs/$id/96/index"; do
    as_typed() { signed=$(stretto-sign --exact "$typed" --key key.pem) && is 200 "$signed"; }
    ok "as it is typed: $typed" as_typed
done
ok 'an expression' eval 'token=$(stretto-sign --token "$url/" --regex "http://.*/96/index" --key key.pem) &&
    bearer "$token" 200 "$url/songs/$id/96/index" && bearer "$token" 403 "$url/songs/$id/160/index"'
ok 'that a query does not satisfy' bearer "$token" 403 "$url/songs/$id/160/index?/96/index"
stop "$pid"

# a playlist's address
cat >lists.py <<'EOF'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get('Authorization') == 'Bearer ' + open('list.token').read().strip()
        body = b'#EXTM3U\nsong\n' if given else b''
        self.send_response(200 if given else int(self.path[1:4]))
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(f'listening on 127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
EOF
stretto-sign --token "$u" --key key.pem >list.token
python3 -u lists.py >lists.log 2>/dev/null &
lists_pid=$!
started="$started $!"
await_ready "$lists_pid" lists.log || exit
lists=$(sed -n 's/^listening on /http:\/\//p' lists.log)
listed() { stretto-play --cache listed --store store -q --unpaced -O wav:listed.wav "$@"; }
for status in 401 403; do ok "the address of a playlist answers $status: 77" exits 77 listed "$lists/$status.m3u8"; done
ok 'it gets a token of the environment' eval 'STRETTO_TOKEN=$(cat list.token) listed "$lists/401.m3u8" && test -s listed.wav'
ok 'and one of a file' listed --token-file list.token "$lists/403.m3u8"
kill "$lists_pid"
finish
