#!/bin/sh
# Pages on servers that require access tokens: what they say without one, where they get one, what they show to whom; and a page whose
# server ends in the middle of a song.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"

sox -R -n -r 44100 -c 2 -b 16 song.wav synth 12 sine 200:5000 synth 12 noise mix gain -20
ffmpeg -v error -i song.wav -metadata title=Song -metadata artist=Ada -metadata album=A song.flac
stretto-encode --no-normalize -b 96 -b 160 song.flac | stretto-chunk -d 4 | stretto-publish --name song store >/dev/null
id=$(cat store/names/song)
for kbps in 96 160; do
    stretto-fetch --no-cache --store store --bitrate $kbps -o song-$kbps.ogg song && oggdec -Q -b 16 -R -o song-$kbps.raw song-$kbps.ogg
done
stretto-sign --generate key.pem && stretto-sign --jwks --key key.pem >keys.json || exit
token() { stretto-sign --token "http://h.example/songs/song" --id "$id" --key key.pem "$@"; }
token --jti premium-1 >premium && token --kbps 96 --jti free-1 >free && token --expires -1s >expired 2>/dev/null
python3 "$root/tests/browser/tokens.py" shop premium >shop.said 2>shop.err &
started="$started $!"
await_ready $! shop.said || exit
shop=$url

start stretto-serve --workers 1 --token-keys keys.json --token-exempt 127.0.0.1 store
origin=$url
start stretto-track --origin "$origin" --token-keys keys.json --access-log tracker.log
tracker=$url
start stretto-serve --workers 1 --token-keys keys.json --access-log other.log store
other=$url
start stretto-serve --workers 1 --token-keys keys.json --events events.jsonl --browser-peers "$tracker" --browser-edge "$other" store
page=$url page_pid=$pid
start stretto-serve --workers 1 --token-keys keys.json --browser-tokens "$shop/token" store
selling=$url
if ! curl -sf "$page/" | grep -q "load_core('/web/.*', '$tracker')"; then
    skip 'pages with tokens' 'this build has no core: make web'
    finish
    exit
fi
policy() {
    curl -sfI "$page/" | grep -qi "^content-security-policy:.*connect-src 'self' $other $tracker;" &&
        curl -sfI "$selling/" | grep -qi "^content-security-policy:.*connect-src 'self' $shop;"
}
ok 'the policy allows the configured servers' policy
while read -r option bad; do
    ok "stretto-serve $option $bad: 64" exits 64 stretto-serve "$option" "$bad" store
done <<'BAD'
--browser-edge http://h/x
--browser-edge h
--browser-tokens http://h/;
--browser-tokens http:///x
BAD

start_browser || exit 1
at() { browser "$session" "$page" "$1"; }

ok 'without a token the page reports that one is missing' at lacks
ok 'the page rejects an invalid token' at nonsense
ok 'a token entered by the listener is accepted and kept' at typed
ok 'the page removes a token from its address and obeys the highest bitrate in it' at in_the_address
ok 'the page fetches tokens from the operator'\''s URL and renews them' browser "$session" "$selling" renews

if command -v stretto-rtc >/dev/null; then
    native() { # sets $gate and $peer
        start stretto-rtc --tracker "$tracker" --upstream "$origin" --address 127.0.0.1 || return
        gate=$url
        await 'the id of the peer' grep -q '^peer ' "$said" && peer=$(sed -n 's/^peer //p' "$said")
        await 'the word of the tracker' curl -sf -o /dev/null "$gate/healthz"
    }
    ask() { # [RTC ID]: the tracker's answer, and its pass in the file `pass`
        curl -sfD head -H 'Content-Type: application/json' -H "Authorization: Bearer $(cat premium)" \
            -d "{\"song_id\": \"$id\", \"kbps\": 96, \"rtc\": true${1:+, \"rtc_id\": \"$1\"}}" "$tracker/peers" >answer &&
            sed -n 's/^[Ss]tretto-[Pp]ass: \([^ \r]*\).*/\1/p' head >pass
    }
    named() { ask && jq -e --arg url "rtc:$1" '.peers[] | select(.url == $url)' answer >/dev/null; }
    have="{\"peer_id\": \"x\", \"port\": 8999, \"upload_kbps\": 100000, \"songs\": {\"$id\": {\"96\": [[0, 2]]}}}"
    listed() {
        curl -sf -o /dev/null -H 'Content-Type: application/json' -d "$have" "$gate/announce"
        named "$peer"
    }
    native && await 'the peer in the list' listed
    giver=$pid
    ok 'a page with a token downloads a song from a peer that requires passes' at takes
    stop "$giver"
    native
    page_id=$(cat page.id)
    ok 'the tracker lists the page as a peer' await 'the page in the list' named "$page_id"
    ask "$peer"
    got() { curl -s -m 60 -o got -w '%{http_code}' "$gate/rtc/$page_id/songs/$id/96/chunk_2.ogg" "$@"; }
    gives() { [ "$(got -H "Authorization: Bearer $(cat pass)")" = 200 ] && cmp got "store/songs/$id/96/chunk_2.ogg"; }
    ok 'the page uploads a chunk for a pass' await 'a chunk of the page' gives
    refuses() { [ "$(got "$@")" = 403 ]; }
    ok 'the page refuses a request without a pass' await 'a refusal' refuses
    ask "$page_id"
    other_pass() { refuses -H "Authorization: Bearer $(cat pass)"; }
    ok 'the page refuses the pass of another peer' await 'a refusal' other_pass
    forged() { sed 's/.\{9\}$/AAAAAAAAA/' pass >forged && refuses -H "Authorization: Bearer $(cat forged)"; }
    ask "$peer"
    ok 'the page refuses a forged pass' await 'a refusal' forged
    ok 'a page that cannot verify passes downloads but does not announce' at insecure
    insecure() { ! named "$(cat insecure.id)"; }
    ok 'no peer sends requests to that page' insecure
    ok 'no log contains a token' sh -c '! grep -q eyJ tracker.log other.log'
else
    skip 'passes of pages' 'stretto-rtc is not built: libnice, usrsctp or GLib is missing'
fi
echo "$page_pid" >page.pid
# so slow that the song is not there at once
echo 160 >rate
python3 "$root/tests/browser/slow.py" "$page" >slow.said &
started="$started $!"
await_ready $! slow.said || exit
slow=$url
ok 'kill -9 of the page'\''s server: playback continues from another edge' browser "$session" "$slow" fails_over
ok 'the other edge received the token' soon grep -q "GET /songs/$id/.*chunk_.*20[06]" other.log
told() { jq -es 'any(.event == "start" and .token_id == "premium-1")' events.jsonl >/dev/null && ! grep -q eyJ events.jsonl; }
ok 'the events contain the id of the token, not the token' told
finish
