#!/bin/sh
# A listener with one failing server: it ends soon, with few requests and a reason, or continues if it can.
. ./tests/cli/listener.sh

# ---- wrong bytes at the only server
for how in flip1 flip; do
    ok "$how, fetch: 65 after a few requests" ends 65 'its bytes do not match their hash' 16 fetch --edge \
        "$edge/break/$how" "$id"
    ok "$how, play: 65 after a few requests" ends 65 'cannot get\|damaged' 16 play --unpaced --edge \
        "$edge/break/$how" "$id"
done
heard() { test "$(events end | jq .heard_ms)" -ge "$1" && test "$(events end | jq -r .why)" = failed; }
slowly() { ends 65 'cannot get\|damaged' 16 play --abr 320 --edge "$edge/break/flip1" "$id" && heard 10000; }
ok 'verified audio is played before the song ends' slowly
ok 'and cached, and nothing else is' kept_right cache store
forged() {
    cp -r store forged &&
        python3 "$root/tests/tools/forge.py" "forged/songs/$id/320/chunk_2.ogg" &&
        faults forged
}
ok '(a store in which only a hash shows the damage)' forged
ok 'only the hash is wrong, fetch: 65' ends 65 'its bytes do not match their hash' 16 fetch --edge "$url" "$id"
ok 'only the hash is wrong, play: 65' ends 65 'its bytes do not match their hash' 24 play --unpaced --abr 320 \
    --edge "$url" "$id"
contradiction() { cp -r store other && liar=$(python3 "$root/tests/tools/reforge.py" other "$id" 1) && faults other; }
ok '(a song whose manifest contradicts its index)' contradiction
ok 'a contradiction, fetch: 65 after a few requests' ends 65 'contradicts\|hash' 16 fetch --edge "$url" "$liar"
ok 'a contradiction, play: 65 after a few requests' ends 65 'hash' 24 play --unpaced --edge "$url" "$liar"
kept_wrong() {
    find cache -name 'chunk_*' >kept || return
    while IFS= read -r file; do cmp "$file" "store/songs/$id/${file#cache/songs/*/}" || return; done <kept
    test ! -e got.ogg
}
ok 'and no wrong bytes are cached' kept_wrong

# ---- refused access and untrusted certificates
log=$work/.faults1
for status in 401 403; do
    ok "$status, fetch: 77 at once" ends 77 "$status\\|not permitted\\|denied" 4 fetch --edge \
        "$edge/break/$status" "$id"
    ok "$status, play: 77 at once" ends 77 "$status\\|not permitted\\|denied" 4 play --edge \
        "$edge/break/$status" "$id"
done
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout \
    key.pem -out cert.pem 2>/dev/null
secret() { # a TLS server with an untrusted certificate
    openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www >secret.log 2>&1 &
    started="$started $!"
    await 'the port of openssl s_server' grep -q '^ACCEPT .*:[0-9]*$' secret.log || return
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' secret.log)
}
ok '(a server with an untrusted certificate)' secret
ok 'an untrusted certificate, fetch: 69 at once' ends 69 certificate 0 fetch --patience 86400 --edge \
    "https://127.0.0.1:$port" "$id"
ok 'an untrusted certificate, play: 69 at once' ends 69 certificate 0 play --patience 86400 --edge \
    "https://127.0.0.1:$port" "$id"

# ---- proxies and portals on the path; see also way-out.t
front() { # KIND TARGET
    servers=$((servers + 1)) log=$work/.front$servers
    python3 -u "$root/tests/tools/front.py" "$@" >"$log" 2>"$log.err" &
    started="$started $!"
    await_ready "$!" "$log" || { cat "$log.err"; return 1; }
}
front login "$edge"
login() { printf 'http://ann:%s@%s' "$1" "${url#http://}"; }
wrong_password() {
    ends 77 401 4 play --edge "$(login wr0ng)" "$id" &&
        ends 77 401 4 fetch --json --edge "$(login wr0ng)" "$id" &&
        lacks 'wr0ng|ann:' err &&
        ! grep -sE 'wr0ng|ann:' out events.jsonl
}
ok 'a wrong password: 77, and it is in no message or event' wrong_password
right_password() {
    play --unpaced --edge "$(login s3cret)" "$id" &&
        test "$(events end | jq -r .why)" = finished &&
        lacks 's3cret|ann:' events.jsonl &&
        tail -n +2 "$log" >asked &&
        grep -q "GET .* ${url#http://} " asked &&
        ! grep -v "GET .* ${url#http://} " asked
}
ok 'the right password: the song plays; Host and events do not contain the password' right_password
front portal "$edge"
ok 'a captive portal, fetch: the message says so' ends 69 'may want a login' 30 fetch --edge "$url" "$id"
ok 'a captive portal, play: the message says so' ends 69 'may want a login' 30 play --edge "$url" "$id"

# ---- a slow peer
slow_peer() {
    faults store 127.0.0.1 0 crawl || return
    python3 -u "$root/tests/net/liar.py" 127.0.0.1 store long "$url" "edge=$edge" >liar.log 2>&1 &
    started="$started $!"
    origin_url=$url
    await_ready "$!" liar.log || return
    tracker=$url url=$origin_url
    for n in 1 2 3 4 5 6; do
        rm -rf cache &&
            timeout 60 stretto-fetch -v --tracker "$tracker" --allow-local-peers --no-share --json -o p.ogg \
                long >out 2>err ||
            { echo "run $n: $?"; cat err; return 1; }
        cmp p.ogg long.ogg || return
    done
    grep 'GET /songs/.*\.ogg' "$log" # the request has arrived, and was not answered yet
}
ok 'a finished fetch ends although a slow peer still sends' slow_peer

finish
