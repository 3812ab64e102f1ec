#!/bin/sh
# TLS: responses over https, selection of certificates, refused handshakes, malicious clients, and reloading under load.
. ./tests/lib.sh
export STRETTO_CACHE="$work/cache"
PATH=$PATH:/usr/sbin
id=$(tone song.wav 25 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
chunk=/songs/$id/320/chunk_0.ogg sound=store/songs/$id/320/chunk_0.ogg
# shellcheck disable=SC2086
client() { rows "$1:" python3 "$root/tests/tools/tls.py" "$2" "${url##*:}" "$3" ${4-}; }
secure() { start stretto-serve "$@" && port=${url##*:} && url=https://localhost:$port; }

# certificates
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
# NAME KIND ALTERNATIVE-NAMES [BEGIN END]: NAME.pem and NAME.key, signed by ca
certificate() {
    case $2 in ec) kind='ec -pkeyopt ec_paramgen_curve:P-256' ;; *) kind=rsa:2048 ;; esac
    # shellcheck disable=SC2086
    openssl req -newkey $kind -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=%s\n' "$3" >"$1.ext"
    printf '%s\n' '[ca]' default_ca=a '[a]' database=index serial=serial new_certs_dir=. default_md=sha256 policy=p \
        unique_subject=no '[p]' commonName=supplied >ca.cnf
    : >>index
    openssl ca -config ca.cnf -batch -notext -rand_serial -cert "${signer:-ca}.pem" -keyfile "${signer:-ca}.key" \
        -in "$1.csr" -out "$1.pem" -extfile "$1.ext" \
        -startdate "${4:-20200101000000Z}" -enddate "${5:-20990101000000Z}" 2>ca.log || cat ca.log
}
authority ca
authority strangers
certificate first ec DNS:localhost,IP:127.0.0.1
certificate second ec 'DNS:music.example,DNS:*.music.example'
certificate third rsa 'DNS:*.music.example,DNS:music.example'
certificate other ec DNS:elsewhere.example
certificate expired ec DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
certificate renewed ec DNS:localhost,IP:127.0.0.1
certificate edge ec DNS:edge.example
signer=strangers
certificate stranger ec DNS:edge.example
signer=ca
cat first.pem first.key >both.pem

secure --tls-self-signed own.pem --trust-proxy 127.0.0.1 store || exit
gets() { rm -f got && "$@" && cmp got "$sound"; }
ok 'a certificate of its own: curl' gets curl -fsS --cacert own.pem -o got "$url$chunk"
ok 'and by its address' gets curl -fsS --cacert own.pem -o got "https://127.0.0.1:$port$chunk"
ok 'wget' gets wget -q --ca-certificate own.pem -O got "$url$chunk"
ok 'aria2' gets aria2c -q --ca-certificate=own.pem -x 4 -k 1M -o got "$url$chunk"
ok 'a client that does not trust it gets nothing' exits 60 curl -sS -o got "$url$chunk"
s_client() {
    printf 'GET %s HTTP/1.0\r\n\r\n' "$chunk" |
        openssl s_client -quiet -verify_return_error -CAfile own.pem -connect "localhost:$port" 2>s.err |
            sed '1,/^\r$/d' >got; cmp got "$sound" || { cat s.err; return 1; }
}
ok 'openssl s_client' s_client
heard() { ffmpeg -v error -xerror -tls_verify 1 -ca_file own.pem -i "$url/stream/song" -f null - 2>err && test ! -s err; }
ok 'ffmpeg' heard
samples_of() { # FILE COMMAND...: it writes as many samples as the song has (a player's exit status is no proof)
    written=$1 && shift && rm -f "$written" && "$@" && test "$(soxi -s "$written")" -eq "$(soxi -s song.wav)"
}
ok 'mpv' samples_of mpv.wav \
    mpv --no-config --no-video --ao=pcm --ao-pcm-file=mpv.wav --tls-ca-file=own.pem --tls-verify=yes "$url/stream/song"
fetched() {
    stretto-fetch --cacert own.pem "$1" "$url" song -o got.ogg && stretto-fetch --store store song -o true.ogg && cmp got.ogg true.ogg
}
ok 'stretto-fetch --edge' fetched --edge
ok 'stretto-fetch --store' fetched --store
ok 'stretto-play' samples_of play.wav env SSL_CERT_FILE=own.pem stretto-play --unpaced -O wav:play.wav --edge "$url" song
ok 'and a playlist, by --cacert' samples_of list.wav stretto-play --cacert own.pem -q --unpaced -O wav:list.wav "$url/songs.m3u8"
no_key() { ! grep -q PRIVATE own.pem && openssl x509 -in own.pem -noout -checkend 86400; }
ok 'the file holds no key, and the certificate does not end today' no_key
client 'a client' plain own.pem
client 'HTTP' semantics own.pem "$chunk $sound"
client 'a client' reader own.pem "$chunk $sound"
client 'bad records' bad own.pem

# negotiated parameters
hello() { echo | openssl s_client -connect "localhost:$port" -CAfile "${authority:-own.pem}" "$@" >hello 2>&1; }
agreed() { what=$1 && shift && hello "$@" && grep -q -- "$what" hello || { cat hello; return 1; }; }
refused() { what=$1 && shift && ! hello "$@" && grep -q -- "$what" hello || { cat hello; return 1; }; }
ok 'TLS 1.3' agreed 'New, TLSv1.3' -tls1_3
ok 'TLS 1.2' agreed 'New, TLSv1.2' -tls1_2
ok 'not TLS 1.1' refused 'alert protocol version' -tls1_1 -cipher ALL:@SECLEVEL=0
ok 'not TLS 1.0' refused 'alert protocol version' -tls1 -cipher ALL:@SECLEVEL=0
for cipher in AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA DHE-RSA-AES128-GCM-SHA256 NULL aNULL; do
    ok "not $cipher" refused 'handshake failure' -tls1_2 -cipher "$cipher:@SECLEVEL=0"
done
ok 'ALPN: HTTP/2' agreed 'ALPN protocol: h2' -alpn http/1.1,h2
ok 'ALPN: http/1.1' agreed 'ALPN protocol: http/1.1' -alpn http/1.1
ok 'ALPN: no common protocol' refused 'alert no application protocol' -alpn h9
renegotiates() {
    printf 'R\n' | openssl s_client -tls1_2 -connect "localhost:$port" -CAfile own.pem >hello 2>&1; grep -q 'no renegotiation' hello ||
        { cat hello; return 1; }
}
ok 'no renegotiation' renegotiates
updated() { test "$(grep -c KEYUPDATE hello)" -ge "$1"; }
updates() {
    : >hello
    {
        for n in 1 2 3 4 5; do echo K && await "change $n" updated $n >&2; done
        printf 'GET /healthz HTTP/1.0\n\n'
        await 'a response' grep -q '^ok' hello >&2
    } | openssl s_client -tls1_3 -crlf -connect "localhost:$port" -CAfile own.pem >hello 2>&1
    grep -q 'HTTP/1.1 200' hello || { cat hello; return 1; }
}
ok 'a client may change its keys' updates
# in TLS 1.3 a ticket is sent after the handshake
ticket() {
    : >hello && await 'a ticket' grep -q 'TLS session ticket:' hello >&2 |
        openssl s_client -connect "localhost:$port" -CAfile "${authority:-own.pem}" -sess_out session "$@" >hello 2>&1
}
resumes() { ticket "-$1" && agreed Reused "-$1" -sess_in session; }
ok 'a session is resumed: TLS 1.2' resumes tls1_2
ok 'and 1.3' resumes tls1_3
counted() {
    curl -fsS --cacert own.pem "$url/metrics" >metrics &&
        awk '$1 == "stretto_tls_resumed_total" && $2 >= 2 {r = 1}
             $1 == "stretto_tls_failed_total" && $2 > 5 {f = 1}
             $1 == "stretto_tls_certificate_expiry_seconds" && $2 > 1700000000 {e = 1}
             END {exit !(r && f && e)}' metrics
}
ok 'metrics count them' counted
ok 'the server ends with 0' stop "$pid"

# certificates by name
authority=ca.pem
export SSL_CERT_FILE=ca.pem
secure --listen http://127.0.0.1:0 --tls-cert first.pem --tls-key first.key --tls-cert second.pem --tls-key second.key \
    --tls-cert third.pem --tls-key third.key store || exit
shows() { who=$1 && shift && agreed "subject=CN = $who" -verify_return_error "$@"; }
ok 'the certificate for the name is used' shows second -servername music.example
ok 'also for a subdomain in capitals' shows second -servername FLAC.Music.Example
ok 'not for a name two levels below' shows first -servername a.flac.music.example
ok 'the first one for another name' shows first -servername elsewhere.example
ok 'and without a name' shows first -noservername
ok 'RSA for a client that knows only this' shows third -servername music.example -sigalgs rsa_pss_rsae_sha256 -tls1_3
ok 'and with TLS 1.2' shows third -servername music.example -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
beside() { curl -fsS -o got "http://127.0.0.1:$(sed -n 's/^listening on .*://p' "$said" | grep -v "^$port$")$chunk" && cmp got "$sound"; }
ok '--listen http://... is without TLS' beside
stop "$pid"

# servers that cannot start
ok 'a missing certificate: 66' exits 66 stretto-serve --listen 127.0.0.1:0 --tls-cert nowhere.pem store
ok 'an invalid certificate: 65' exits 65 stretto-serve --listen 127.0.0.1:0 --tls-cert song.wav --tls-key first.key store
ok 'a key that does not match: 65' exits 65 stretto-serve --listen 127.0.0.1:0 --tls-cert first.pem --tls-key second.key store
ok 'a certificate without a key: 65' exits 65 stretto-serve --listen 127.0.0.1:0 --tls-cert first.pem store
openssl ec -aes128 -passout pass:secret -in first.key -out locked.key 2>/dev/null
locked() {
    says passphrase stretto-serve --listen 127.0.0.1:0 --tls-cert first.pem --tls-key locked.key store </dev/null &&
        exits 65 stretto-serve --listen 127.0.0.1:0 --tls-cert first.pem --tls-key locked.key store </dev/null
}
ok 'a key with a passphrase: 65, and why' locked
ok 'more keys than certificates: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --tls-cert first.pem \
    --tls-key first.key --tls-key second.key store
ok 'https:// without a certificate: 64' exits 64 stretto-serve --listen https://127.0.0.1:0 store
ok 'a peer with a certificate: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --tls-cert both.pem --announce http://127.0.0.1:1 cache
ok 'a self-signed one and another: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --tls-cert both.pem --tls-self-signed own.pem store

# new certificates
cp both.pem now.pem
reload() {
    secure --tls-cert now.pem store || return
    ticket
    rows 'reloading under load:' loaded
}
loaded() {
    python3 "$root/tests/tools/tls.py" load "$port" ca.pem "$chunk" "$sound" end >load.log 2>&1 &
    loading=$!
    await 'load' grep -q begun load.log || return
    for n in 1 2 3 4 5 6 7 8 9 10; do
        if [ $((n % 2)) -eq 1 ]; then cat renewed.pem renewed.key >now.pem && who=renewed; else cp both.pem now.pem && who=first; fi
        kill -HUP "$pid" && await "the certificate $who" shows $who >/dev/null 2>&1 || echo "not ok certificate $n is shown"
    done
    : >end
    wait $loading
    cat load.log
}
reload
ok 'a session can be resumed after a reload' agreed Reused -sess_in session
broken() { echo nothing >now.pem && kill -HUP "$pid" && await 'a complaint' grep -q "now.pem': no certificate" "$said.err" && shows first; }
ok 'unreadable files are reported, and the previous certificates remain' broken
stop "$pid"

# slow clients, and many
secure --max-connections 400 --workers 2 --tls-cert both.pem store || exit
client 'half-open:' halves ca.pem '10000 200'
dropped() { curl -fsS "$url/metrics" | awk '$1 == "stretto_tls_dropped_total" && $2 > 5000 {f = 1} END {exit !f}'; }
ok 'they are counted' dropped
client 'slow:' slow ca.pem
stop "$pid"

# certificates of clients
cp ca.pem clients.pem
secure --tls-cert both.pem --client-ca clients.pem store || exit
known() { gets curl -fsS --cert edge.pem --key edge.key -o got "$url$chunk"; }
ok '--client-ca: a client with a certificate is answered' known
unknown() { ! curl -fsS -o got "$url$chunk" && ! curl -fsS --tls-max 1.2 -o got "$url$chunk"; }
ok 'without one it is not' unknown
ok 'nor with one of another authority' eval '! curl -fsS --cert stranger.pem --key stranger.key -o got "$url$chunk"'
tier() { # WANTED-STATUS OPTIONS: an edge
    wanted=$1 && shift && upstream=$url behind=$pid || return
    start stretto-serve "$@" "$upstream" && curl -sS -o got -w '%{http_code}' "$url$chunk" >code && stop "$pid"
    url=$upstream pid=$behind
    [ "$(cat code)" = "$wanted" ] || { cat code "$said.err"; return 1; }
}
ok 'an edge sends its certificate: --client-cert' tier 200 --client-cert edge.pem --client-key edge.key
ok 'got all of it' cmp got "$sound"
ok 'an edge without a certificate: 502' tier 502
ok 'and with one of another authority' tier 502 --client-cert stranger.pem --client-key stranger.key
follower() {
    start_url=$url start_pid=$pid
    start stretto-track --origin "$start_url" --client-cert edge.pem --client-key edge.key && curl -fsS "$url/songs/$id" |
        jq -e .manifest && stop "$pid"
    gave=$? url=$start_url pid=$start_pid
    return $gave
}
ok 'a tracker too' follower
revoked() { # a ticket does not help a client whose authority was removed
    ticket -cert edge.pem -key edge.key && agreed Reused -cert edge.pem -key edge.key -sess_in session && cp strangers.pem clients.pem &&
        kill -HUP "$pid" &&
        await 'the new authority' curl -fsS --cert stranger.pem --key stranger.key -o got "$url$chunk" && ! known || return
    hello -cert edge.pem -key edge.key -sess_in session
    grep -q '^New,' hello
}
ok 'after SIGHUP the new authority applies, also to resumed sessions' revoked
stop "$pid"
ok '--client-ca without a certificate: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --client-ca ca.pem store
ok 'an invalid certificate: 65' exits 65 stretto-serve --listen 127.0.0.1:0 --tls-cert both.pem --client-ca first.key store
ok 'a file that is not there: 66' exits 66 stretto-serve --listen 127.0.0.1:0 --tls-cert both.pem --client-ca nowhere.pem store
ok '--client-key alone: 64' exits 64 stretto-serve --listen 127.0.0.1:0 --client-key edge.key store
ok '--client-cert that is not there: 66' exits 66 stretto-serve --listen 127.0.0.1:0 --client-cert nowhere.pem store

# upstream servers, trackers and proxies
edge_of() { # CERTIFICATE WANTED-STATUS
    secure --tls-cert "$1.pem" --tls-key "$1.key" store && behind=$pid upstream=$url || return
    start stretto-serve --cacert ca.pem "$upstream" && curl -sS -o got -w '%{http_code}' "$url$chunk" >code && stop "$pid" && stop "$behind"
    [ "$(cat code)" = "$2" ] || { cat code "$said.err"; return 1; }
}
ok 'an edge whose upstream has the right name' edge_of first 200
ok 'got all of it' cmp got "$sound"
ok 'another name: 502' edge_of other 502
ok 'an expired one: 502' edge_of expired 502
untrusted_edge() {
    secure --tls-cert both.pem store && behind=$pid && start stretto-serve --cacert own.pem "https://localhost:$port" &&
        test "$(curl -sS -o /dev/null -w '%{http_code}' "$url$chunk")" = 502 && stop "$pid" && stop "$behind"
}
ok 'an authority that it does not trust: 502' untrusted_edge
tiers() {
    secure --tls-cert both.pem store && origin=$pid && secure --tls-cert both.pem --cacert ca.pem "$url" && edge=$pid edge_url=$url ||
        return
    echo "[{\"name\":\"e\",\"url\":\"$edge_url\",\"location\":\"52.5,13.4\"}]" >edges.json
    start stretto-track --tls-cert both.pem --origin "$edge_url" --cacert ca.pem --edges edges.json &&
        tracker=https://localhost:${url##*:} || return
    rm -rf cache got.ogg
    stretto-fetch --cacert ca.pem --tracker "$tracker" --no-peers --no-share --allow-local-peers song -o got.ogg && cmp got.ogg true.ogg &&
        stretto-track --cacert ca.pem --dump "$tracker" | grep -q 'edge.*healthy' && stop "$pid" && stop "$edge" && stop "$origin"
}
ok 'tracker, edge and origin, all over https' tiers
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
proxied() { # the proxy speaks TLS to us, and the PROXY protocol before it
    secure --trust-proxy 127.0.0.1 --access-log access.log --log-addresses --tls-cert both.pem store || return
    front=$(free_port)
    printf '%s\n' defaults ' mode http' ' timeout connect 5s' ' timeout client 60s' ' timeout server 60s' \
        'frontend f' " bind 127.0.0.1:$front" ' default_backend b' 'backend b' \
        " server s 127.0.0.1:$port send-proxy-v2 ssl verify required ca-file ca.pem sni str(localhost)" >haproxy.cfg
    haproxy -q -db -f haproxy.cfg >haproxy.log 2>&1 &
    haproxy=$!
    started="$started $haproxy"
    await haproxy curl -s -o /dev/null "http://127.0.0.1:$front/healthz" &&
        curl -fsS --interface 127.0.5.5 -o got "http://127.0.0.1:$front$chunk" && cmp got "$sound" &&
        await 'its line in the log' grep -q '^127.0.5.5 .*chunk_0' access.log && stop "$pid"
    gave=$?
    kill $haproxy && wait $haproxy
    return $gave
}
ok 'haproxy in front, with TLS and the PROXY protocol' proxied
nginx_before() {
    secure --tls-cert both.pem store || return
    front=$(free_port)
    {
        [ "$(id -u)" -ne 0 ] || echo 'user root;'
        echo 'daemon off; pid nginx.pid; error_log error.log; events {} http { access_log off; client_body_temp_path b;'
        echo 'proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;'
        echo "server { listen 127.0.0.1:$front; location / { proxy_pass https://127.0.0.1:$port; proxy_ssl_verify on;"
        echo "proxy_ssl_trusted_certificate $work/ca.pem; proxy_ssl_name localhost; proxy_ssl_server_name on; } } }"
    } >nginx.conf
    nginx -p "$work" -c nginx.conf -e error.log 2>nginx.log &
    nginx=$!
    started="$started $nginx"
    await nginx curl -s -o /dev/null "http://127.0.0.1:$front/healthz" && curl -fsS -o got "http://127.0.0.1:$front$chunk" &&
        cmp got "$sound" && stop "$pid"
    gave=$?
    stop $nginx
    return $gave
}
ok 'nginx in front, with TLS to us' nginx_before
finish
