#!/bin/sh
# A tracker that lies about addresses: nothing inside anybody's house is connected to because a stranger says so.
. ./tests/net/lib.sh
command -v strace >/dev/null || { skip 'which addresses are connected to' 'there is no strace'; finish; }
tone song.wav 25
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name song store >/dev/null
stretto-fetch --store store -b 96 song -o song.ogg
lay <<HOSTS
t 1 100000 100000 1 0
e 11 100000 100000 1 0
p 101 100000 100000 1 0
HOSTS
start_on e stretto-serve --workers 1 store
edge=$url
spawn p stretto-serve --workers 1 --listen 127.0.0.1:9001 store >local 2>&1

forbidden='http://127.0.0.1:9001 http://127.9.9.9:9001 http://10.1.2.3:9001 http://172.16.0.1:9001 http://192.168.1.1:9001
http://169.254.169.254:8080 http://100.64.0.1:9001 http://0.0.0.0:9001 http://224.0.0.1:9001 http://239.1.1.1:9001
http://255.255.255.255:9001 http://[::1]:9001 http://[::]:9001 http://[fe80::1]:9001 http://[fd00::1]:9001 http://[ff02::1]:9001
http://[::ffff:127.0.0.1]:9001 http://[64:ff9b::7f00:1]:9001 http://[2002:7f00:1::1]:9001 http://198.51.100.11:22 http://198.51.100.1:80
http://localhost:9001'
forbidden_edges='edge=http://127.0.0.1:9001 edge=http://10.1.2.3:80 edge=http://169.254.169.254:80 edge=http://[::1]:9001
edge=http://198.51.100.11:22 edge=http://localhost:9001'

# lie URL...: a tracker that says so
lie() {
    said=$work/.liar
    spawn t python3 -u "$root/tests/net/liar.py" "$(address t)" "$work/store" song "$@" >"$said" 2>&1
    await_ready "$pid" "$said" && tracker=$url
}
# fetch [ARGS]: the song, and into `connected` a line for each address that was connected to
fetch() {
    rm -rf cache out.ogg
    on p timeout 60 strace -f -qq -e trace=connect -o trace \
        stretto-fetch --tracker "$tracker" --cache cache -b 96 song -o out.ogg --json -v "$@" >out.json 2>err
    status=$?
    sed -nE 's/.*sin_port=htons\(([0-9]+)\), sin_addr=inet_addr\("([^"]*)"\).*/\2:\1/p
        s/.*sin6_port=htons\(([0-9]+)\).*inet_pton\(AF_INET6, "([^"]*)".*/[\2]:\1/p' trace | sort -u >connected
}
only() { # ADDRESS...: these and no others were connected to
    printf '%s\n' "$@" | sort -u | cmp - connected || { cat connected err; return 1; }
}

# shellcheck disable=SC2086
lie "edge=$edge" $forbidden
fetch
ok 'a song is fetched although its peers have forbidden addresses' cmp out.ogg song.ogg
ok 'fetch connects to no peer with a forbidden address' only "${tracker#http://}" "${edge#http://}"

# shellcheck disable=SC2086
lie $forbidden_edges "edge=$edge"
fetch
ok 'a song is fetched from the only edge with an allowed address' cmp out.ogg song.ogg
ok 'fetch connects to no edge with a forbidden address' only "${tracker#http://}" "${edge#http://}"

# shellcheck disable=SC2086
lie $forbidden_edges
fetch
ok 'fetch fails when all edges have forbidden addresses' test "$status" -ne 0
ok 'fetch connects to none of these edges' only "${tracker#http://}"

lie edge=http://127.0.0.1:9001 http://127.0.0.1:9001 http://198.51.100.11:22
fetch --allow-local-peers
ok '--allow-local-peers allows local addresses' cmp out.ogg song.ogg
ok '--allow-local-peers does not allow ports below 1024' only "${tracker#http://}" 127.0.0.1:9001
finish
