#!/bin/sh
# The page over TLS, in Chromium: all of it comes by HTTP/2 on a connection whose certificate it knows, and it plays; the same
# without TLS 1.3 and HTTP/2.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"

tone song.wav 12
ffmpeg -v error -i song.wav -metadata title=Tone song.flac
stretto-encode -b 96,160 song.flac | stretto-chunk | stretto-publish --name song store >/dev/null
start stretto-serve --tls-self-signed own.pem store || exit
origin=https://localhost:${url##*:}
# the key that Chromium takes without asking an authority
pin=$(openssl x509 -in own.pem -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)

open() { start_browser "$1" "--ignore-certificate-errors-spki-list=$2" ${3-}; }
open known "$pin" || exit 1
ok 'all responses come by HTTP/2' browser "$session" "$origin" by h2
ok 'the page has a secure context and plays' browser "$session" "$origin" plays
browser close "$session"
open old "$pin" '--ssl-version-max=tls1.2 --disable-http2' || exit 1
ok 'responses come by HTTP/1.1 over TLS 1.2' browser "$session" "$origin" by http/1.1
ok 'the page plays over TLS 1.2' browser "$session" "$origin" plays
browser close "$session"
open stranger "$(printf %032d 0 | base64)" || exit 1
ok 'a browser that does not trust the certificate shows nothing' browser "$session" "$origin" refused
finish
