#!/bin/sh
# The examples work: killed edges and origins, a swarm, bad networks, costs, browsers, TLS in front, the systemd units.
. ./tests/lib.sh
export EMULATOR="${EMULATOR:-$root/build/net/emulator}"
id=$(tone song.wav 240 && stretto-encode song.wav | stretto-chunk | stretto-publish --name song store)
for kbps in 160 320; do stretto-fetch --store store -b $kbps song >$kbps.ogg; done

edges() { sh "$root/examples/02-edges.sh" "$work/store" song >said 2>&1 || { cat said; return 1; }; }
ok '02-edges: an edge and the origin are killed, and the song is whole' edges
told() {
    test "$(grep -c 'MISS$' said) $(grep -c 'HIT$' said)" = '2 1' &&
        grep -qx '   oggz-validate is content' said &&
        test "$(grep -c 'the same [0-9]' said)" -eq 3
}
ok '02-edges reports its steps' told

swarm() {
    sh "$root/examples/03-swarm.sh" "$work/store" song >said 2>&1 &&
        grep -q 'listener 6  \[#*\]  100 % from peers' said &&
        test "$(grep -c 'right, byte for byte' said)" -eq 7 || { cat said; return 1; }
}
ok '03-swarm: an edge and the tracker are killed, and all have the song' swarm

# with namespaces, the links of 04 really fail; without, the script says so
network() {
    sh "$root/examples/04-bad-network.sh" "$work/store" song >said 2>&1 &&
        { grep -q '^   seed: [0-9]* kbit/s, [0-9]* stalls' said || grep -q 'not here: this needs root' said; } &&
        test "$(grep -c '^   best .*between chunks only$' said)" -eq 4 || { cat said; return 1; }
}
ok '04-bad-network: rules on four links, and two players on one that breaks off' network
sense() {
    awk 'NF == 1 {link = $1} NF >= 6 {q[link, $1] = $2 + 0} END {exit !(q["slow", "stretto"] > q["slow", 320] &&
        q["good", "stretto"] > q["good", 96])}' \
        said
}
ok '04-bad-network shows that neither bitrate suits all links' sense
cost() {
    sh "$root/examples/05-what-it-cost.sh" >said 2>&1 &&
        test "$(grep -c 'together: 100$' said)" -eq 2 &&
        grep -qx '   4 parts, one result' said &&
        test "$(grep -c ' plays, [13] listeners' said)" -eq 2 || { cat said; return 1; }
}
ok '05-what-it-cost: royalties add up, and partial reports give the same result' cost
browsers() {
    sh "$root/examples/06-browsers.sh" "$work/store" song >said 2>&1 || { cat said; return 1; }
    grep -q '^   [0-9]* bytes over WebRTC: right' said || grep -q 'not here: this needs stretto-rtc' said ||
        { test "$(grep -c '^   from other listeners [0-9]' said)" -eq 2 && grep -q '^   the first page gave [0-9]' said; } ||
        { cat said; return 1; }
}
ok '06-browsers: pages take a song from a native peer, and from each other' browsers
cluster() { # with the programs that are here, but one
    mkdir -p fewer && find /usr/bin /usr/sbin /bin /sbin -maxdepth 1 ! -type d -exec ln -sf -t fewer {} + && rm -f fewer/radosgw &&
        PATH="$(dirname "$(command -v stretto-chunk)"):$work/fewer" sh "$root/examples/07-cluster.sh" >said 2>&1 || { cat said; return 1; }
    [ "$(wc -l <said)" -eq 1 ] && grep -qE '^   not here: this needs (root|the |sudo apt-get .* radosgw)' said || { cat said; return 1; }
}
ok '07-cluster: says what it needs, and installs nothing' cluster
apps() {
    sh "$root/examples/08-apps.sh" >said 2>&1 && grep -qx '   mpv played 93 seconds' said &&
        grep -qx '   its cover: 600x600 pixels' said && test "$(grep -c ' bytes, 31 s$' said)" -eq 3 &&
        grep -qx '   the second half alone: [0-9]* bytes, the same' said && grep -qx '   3 plays, 1 listener' said ||
            { cat said; return 1; }
}
ok '08-apps: players and an app play an album, and the report counts the plays' apps

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
answers() { # until the proxy answers
    tries=0
    until curl -fsS --http2 --cacert cert.pem --connect-to "music.example:443:127.0.0.1:$port" -o got -w \
        '%{http_version} %{http_code}' "https://music.example$1" >how 2>why; do
        kill -0 "$proxy" && [ $tries -lt 200 ] || { cat why; return 1; }
        tries=$((tries + 1))
        sleep 0.05
    done
    cat how
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout cert.key -out cert.crt -days 2 \
    -subj /CN=music.example -addext subjectAltName=DNS:music.example 2>/dev/null
cat cert.crt cert.key >cert.pem
start stretto-serve store
PATH=$PATH:/usr/sbin
fronted() {
    answers "/stream/song?kbps=320" | grep -qx '2 200' &&
        cmp got 320.ogg &&
        answers "/songs/$id/160/chunk_1.ogg" &&
        cmp got "store/songs/$id/160/chunk_1.ogg"
}

by_nginx() {
    port=$(free_port)
    {
        [ "$(id -u)" -ne 0 ] || echo 'user root;'
        echo 'daemon off; pid nginx.pid; error_log error.log; events {} http { access_log off;'
        echo 'client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;'
        sed -e "s/127.0.0.1:8481/${url#http://}/; s/listen 443/listen 127.0.0.1:$port/; /listen \[::\]/d" \
            -e "s#/etc/ssl/music.example.pem#$work/cert.crt#; s#/etc/ssl/music.example.key#$work/cert.key#" \
            "$root/examples/tls-nginx.conf"
        echo '}'
    } >nginx.conf
    nginx -p "$work" -c nginx.conf -e error.log &
    proxy=$!
    started="$started $proxy"
    fronted || { cat error.log; return 1; }
    stop "$proxy"
}
ok 'TLS and HTTP/2 by nginx' by_nginx
by_haproxy() {
    port=$(free_port)
    sed "s/127.0.0.1:8481/${url#http://}/; s/bind :443/bind 127.0.0.1:$port/; s#/etc/ssl/music.example.pem#$work/cert.pem#" \
        "$root/examples/tls-haproxy.cfg" >haproxy.cfg
    haproxy -q -db -f haproxy.cfg >haproxy.log 2>&1 &
    proxy=$!
    started="$started $proxy"
    fronted || { cat haproxy.log; return 1; }
    kill -USR1 "$proxy" && wait "$proxy"
}
ok 'TLS and HTTP/2 by haproxy' by_haproxy

unit='stretto-serve@.service'
sed "s#/usr/local/bin/stretto-serve#$(command -v stretto-serve)#" "$root/examples/$unit" >"$unit"
sed "s#/usr/local/bin/stretto-track#$(command -v stretto-track)#" "$root/examples/stretto-track@.service" >stretto-track@.service
sed "s#/usr/local/bin/stretto-subsonic#$(command -v stretto-subsonic)#" \
    "$root/examples/stretto-subsonic@.service" >stretto-subsonic@.service
cp "$root"/examples/stretto-*@.socket .
verified() {
    systemd-analyze verify --man=no ./*.service ./*.socket >said 2>&1
    test ! -s said || { cat said; return 1; }
}
ok 'systemd finds nothing to complain about in the units' verified
sandboxed() {
    for one in ./*.service; do
        systemd-analyze security --offline=true --threshold=20 "$one" >said 2>&1 || { tail -n 3 said; return 1; }
    done
}
ok 'and takes them for well sandboxed' sandboxed
by_variables() { # as the unit starts it: options from a file alone
    printf 'STRETTO_SERVE_SOURCE=%s\nSTRETTO_SERVE_LISTEN=127.0.0.1:0\n' "$work/store" >unit.conf
    # shellcheck disable=SC2046 # a word a line
    env $(cat unit.conf) stretto-serve >ready & pid=$!
    started="$started $pid"
    await_ready $pid ready || return
    curl -fsS "http://$(sed -n 's/^listening on //p' ready)/names/song" | grep -qx "$id" && stop $pid
}
ok 'a file of variables is all that it needs' by_variables
finish
