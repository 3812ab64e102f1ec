#!/bin/sh
# stretto-subsonic: the OpenSubsonic API in front of an edge. curl asks, jq and xmllint read, ffprobe and the store's own bytes judge.
# shellcheck disable=SC2016 # programs of jq
. ./tests/lib.sh
tone a.wav 31
ffmpeg -v error -f lavfi -i testsrc2=size=800x800 -frames:v 1 -q:v 2 cover.jpg
mkdir music
song() { # NUMBER ffmpeg-metadata...: a separate song
    number=$1 && shift
    ffmpeg -v error -y -i a.wav -i cover.jpg -map 0 -map 1 -disposition:v attached_pic -c:v copy -af "volume=-${number}dB" "$@" \
        "music/$number.flac" </dev/null
}
album='Her "Álbum" <&> \'
for n in 1 2 3; do
    song $n -metadata album_artist=Ada -metadata artist="Guest $n" -metadata album="$album" -metadata title="Part $n" \
        -metadata track=$((4 - n)) -metadata date=1999-07-02
done
song 4 -metadata artist=ada -metadata album=Ähnlich -metadata title=Fourth -metadata date=2004
ffmpeg -v error -i a.wav -af volume=-5dB -metadata artist='Žižek' -metadata title='Single' music/5.flac </dev/null
ffmpeg -v error -i a.wav -af volume=-6dB music/6.flac </dev/null
stretto-publish -b 64,96 --track-gain music store >list 2>said
start stretto-serve store --events events.jsonl
origin=$url
start stretto-serve "$origin"
edge=$url edge_pid=$pid

key=$(stretto-subsonic --keys keys --generate anna)
other=$(stretto-subsonic --keys keys --generate bert)
kept() { test "$(stat -c %a keys)" = 600 && test "$(wc -l <keys)" -eq 3 && ! grep -e "$key" -e "$other" keys; }
ok 'makes keys, and keeps only their hashes' kept
hashed() { equals "$(sed -n 's/^anna //p' keys)" "$(printf %s "$key" | sha256sum | cut -d ' ' -f 1)"; }
ok 'as sha256sum computes them' hashed
salted() { test "$(sed -n 's/^# salt \([0-9a-z]\{26\}\)$/\1/p' keys | wc -l)" -eq 1 && sed 1q keys | grep -q '^# salt '; }
ok 'one random salt is above them' salted
waits() { grep -q -- "->.*:$(stat -c %i keys) " /proc/locks; }
in_turn() { # what is taken back on a full disk is nobody else's
    exec 9<keys && flock 9 || return
    stretto-subsonic --keys keys --generate dora 9<&- >turn &
    turn=$!
    started="$started $turn"
    await 'it to wait' waits && ! grep dora keys && test ! -s turn && exec 9<&- && wait $turn && test -s turn && grep -q '^dora ' keys
}
ok 'a new key waits for its turn' in_turn
sed -i /dora/d keys
ok 'a name with a blank is refused' exits 64 stretto-subsonic --keys keys --generate 'a b'
ok 'no key without a file' exits 64 stretto-subsonic --generate anna
ok 'nor in a folder that does not exist' exits 73 stretto-subsonic --keys none/keys --generate anna
echo nonsense >bad
ok 'a file of something else is refused' exits 65 stretto-subsonic --keys bad --upstream "$edge" --listen 127.0.0.1:0
ok 'and a file that does not exist' exits 66 stretto-subsonic --keys none --upstream "$edge"
ok 'and a missing upstream' exits 64 stretto-subsonic --keys keys
ok 'and one that is no URL' exits 64 stretto-subsonic --keys keys --upstream store

start stretto-subsonic --keys keys --upstream "$edge" --refresh 1 --access-log log --trust-proxy 127.0.0.9
api=$url api_pid=$pid
# METHOD [curl arguments]: the whole response
rest() { method=$1 && shift; curl -sS -G "$api/rest/$method" -d "f=${form-json}" "$@"; }
as() { method=$1 && shift; rest "$method" -d "apiKey=$key" "$@"; } # with a key
# all requests are made in both formats: in forms/ are the responses, for a look at their form at the end
mkdir forms
both() { # STATUS METHOD [curl arguments]
    folder=forms/$1-$(echo "$@" | cksum | cut -d ' ' -f 1)
    case "$*" in *getRandomSongs* | *type=random*) folder=$folder-random ;; esac
    mkdir -p "$folder" && file=$folder/${2:-none} && case $* in
        'ok scrobble '*submission=false | 'failed '* | 'ok '[!s]* | 'ok search3 '*) shift && (form=xml && rest "$@" >"$file.xml") ;;
        *) shift ;; # it would be two plays
    esac && rest "$@" >"$file.json" && cp "$file.json" body
}
json() {
    asked=$1 && shift
    both ok "$asked" -d "apiKey=$key" "$@" && jq -e '."subsonic-response" | select(.status == "ok")' body >json
}
code() { # CODE METHOD...: it fails with this code
    wanted=$1 && shift
    both failed "$@" && cp body json && equals "$wanted" "$(jq -r '."subsonic-response" | select(.status == "failed").error.code' json)"
}
read_yet() { json getArtists; }
await 'the list of songs' read_yet

# who is let in
ok 'no key: 10' code 10 ping
ok 'a wrong key: 44' code 44 ping -d apiKey=x
ok 'a key and a name: 43' code 43 ping -d "apiKey=$key" -d u=anna
ok 'token and salt: 41' code 41 ping -d u=anna -d t=26719a1196d2a940705a59634eb18eab -d s=c19b2d
says_why() { jq -r '."subsonic-response".error.message' json | grep -q 'API key'; }
ok 'which says what to use' says_why
ok 'a name without a password: 10' code 10 ping -d u=anna
ok "another listener's app password: 40" code 40 ping -d u=anna -d "p=$other"
ok 'the hash is not the password: 40' code 40 ping -d u=anna -d "p=$(sed -n 's/^anna //p' keys)"
pinged() { rest ping "$@" | jq -e '."subsonic-response".status == "ok"'; }
ok 'an API key' pinged -d "apiKey=$key"
ok 'an app password' pinged -d u=anna -d "p=$key"
ok 'the same in hexadecimal' pinged -d u=anna -d "p=enc:$(printf %s "$key" | od -An -tx1 | tr -d ' \n')"
posted() { curl -sS "$api/rest/ping.view" -d f=json -d u=bert -d "p=$other" | jq -e '."subsonic-response".status == "ok"'; }
ok 'in a form, and with .view' posted
extended() {
    rest getOpenSubsonicExtensions |
        jq -e '[."subsonic-response".openSubsonicExtensions[] | [.name, .versions[]]] == [["apiKeyAuthentication", 1], ["formPost", 1]]'
}
ok 'without a key, what the API can do' extended
ok 'whose key it is' eval 'json tokenInfo && jq -e ".tokenInfo.username == \"anna\"" json'
ok 'there is a license' eval 'json getLicense && jq -e .license.valid json'
ok 'and a folder' eval 'json getMusicFolders && jq -e ".musicFolders.musicFolder[0].id == 1" json'
unsupported() { for one in getPlaylists star getStarred2 createShare nonsense ''; do code 0 "$one" -d "apiKey=$key" || return; done; }
ok 'playlists, stars and unknown methods are not supported' unsupported
other_format() { curl -sS -G "$api/rest/ping" -d f=jsonp | grep -q failed; }
ok 'a format that is neither XML nor JSON' other_format
ok 'invalid encoding' eval 'curl -sS "$api/rest/ping?f=%zz" | grep -q "invalid percent-encoding"'
ok 'a number that is none' code 0 search3 -d "apiKey=$key" -d query= -d songCount=-1

# browsing
artists() {
    json getArtists && jq -e '[.artists.index[] | .name, (.artist[] | .name + " " + (.albumCount | tostring))] ==
        ["U", "Unknown artist 1", "A", "Ada 2", "#", "Žižek 1"]' json
}
ok 'artists below their letters' artists
ada=$(jq -r '.artists.index[].artist[] | select(.name == "Ada").id' json)
albums() {
    json getArtist -d "id=$ada" &&
        jq -e --arg album "$album" '[.artist.album[] | [.name, .songCount, .duration, .year, .created]] ==
            [[$album, 3, 93, 1999, "1999-07-02T00:00:00Z"], ["Ähnlich", 1, 31, 2004, "2004-01-01T00:00:00Z"]]' json
}
ok 'albums of an artist, in any spelling of the name' albums
her=$(jq -r '.artist.album[0].id' json)
songs() {
    json getAlbum -d "id=$her" && jq -e '.album | .songCount == 3 and (.song | map([.title, .artist, .track, .duration, .bitRate]) ==
        [["Part 3", "Guest 3", 1, 31, 96], ["Part 2", "Guest 2", 2, 31, 96], ["Part 1", "Guest 1", 3, 31, 96]])' json
}
ok 'songs of an album, by track' songs
id=$(jq -r '.album.song[0].id' json)
first() { jq -c '.album.song[0]' json >one && json getSong -d "id=$id" && jq -c .song json | cmp - one; }
ok 'one song is the same' first
required() { # what the published schema demands of each
    jq -e '.song | (.id | type) == "string" and .isDir == false and (.title | type) == "string" and (.duration | type) == "number" and
        (.size | . > 300000 and . < 500000) and .suffix == "ogg" and
        .contentType == "audio/ogg" and .type == "music" and .mediaType == "song"' json
}
ok 'a song has what the schema demands' required
single() {
    json search3 -d query=SINGLE && jq -e '.searchResult3.song[0] | .album == "No album" and .artist == "Žižek"' json &&
        json getAlbum -d "id=$(jq -r '.searchResult3.song[0].albumId' json)" && jq -e '.album.song | length == 1' json
}
ok 'a song without an album is in one' single
folders() {
    json getIndexes && jq -e --arg id "$ada" '[.indexes.index[].artist[].id] | index($id)' json &&
        json getMusicDirectory -d "id=$ada" && jq -e '.directory.child | length == 2 and .[0].isDir' json &&
        json getMusicDirectory -d "id=$her" && jq -e '.directory.child | length == 3 and (.[0].isDir | not)' json
}
ok 'the same as folders' folders
ok 'an unknown id: 70' code 70 getAlbum -d "apiKey=$key" -d "id=$id"
ok 'a missing id: 10' code 10 getAlbum -d "apiKey=$key"

listed() { json getAlbumList2 -d "type=$1" -d size=10 && equals "$2" "$(jq -r '[.albumList2.album[].name] | join("/")' json)"; }
ok 'albums by name' listed alphabeticalByName "$album/No album/No album/Ähnlich"
ok 'by artist' listed alphabeticalByArtist "No album/$album/Ähnlich/No album"
newest() { json getAlbumList2 -d type=newest && jq -e '[.albumList2.album[:2][].year] == [2004, 1999]' json; }
ok 'by date' newest
years() { json getAlbumList2 -d type=byYear "$@" && jq -c '[.albumList2.album[].year]' json; }
ok 'of some years' equals '[1999,2004]' "$(years -d fromYear=1990 -d toYear=2010)"
ok 'and back' equals '[2004,1999]' "$(years -d fromYear=2010 -d toYear=1990)"
chance() { json getAlbumList2 -d type=random -d size=3 && jq -e '[.albumList2.album[].id] | length == 3 and (unique | length) == 3' json; }
ok 'different ones by chance' chance
ok 'of what nobody counts, nothing' eval 'json getAlbumList2 -d type=frequent && jq -e ".albumList2.album == []" json'
ok 'an unknown type' code 0 getAlbumList2 -d "apiKey=$key" -d type=best
parts() {
    for at in 0 1 2 3 4; do json getAlbumList2 -d type=alphabeticalByName -d size=1 -d offset=$at &&
        jq -r '.albumList2.album[].id' json; done
}
paged() {
    parts >pages && json getAlbumList2 -d type=alphabeticalByName -d size=500 && jq -r '.albumList2.album[].id' json | cmp - pages &&
        test "$(wc -l <pages)" -eq 4
}
ok 'in parts' paged
everything() {
    json search3 -d 'query=""' -d songCount=4 -d songOffset=3 &&
        jq -e '.searchResult3 | (.song | length) == 3 and (.artist | length) == 3' json
}
ok 'an empty search lists everything, in parts' everything
words() {
    json search3 --data-urlencode 'query=part ÁLBUM guest' && jq -e '.searchResult3.song | length == 3' json &&
        json search3 --data-urlencode 'query=2 ada' &&
        jq -e '[.searchResult3.song[].title] == ["Part 2"] and .searchResult3.album == []' json
}
ok 'all words are searched' words
random_songs() { json getRandomSongs -d size=99 && jq -e '[.randomSongs.song[].id] | length == 6 and (unique | length) == 6' json; }
ok 'songs by chance' random_songs

# XML has the same
xml() { method=$1 && shift; curl -sS -G "$api/rest/$method" -d "apiKey=$key" "$@" >xml && xmllint --noout xml; }
at() { xmllint --xpath "$1" xml; } # XPATH
s='*[local-name()="album"]'
same() {
    xml getAlbum -d "id=$her" && json getAlbum -d "id=$her" &&
        equals "$(at 'string(/*/@status)') $(at "string(//$s/@name)") $(at "count(//$s/*)")" "ok $album 3" &&
        for key_of in id title artist duration coverArt isDir; do
            equals "$(at "string(//$s/*[1]/@$key_of)")" "$(jq -r ".album.song[0].$key_of" json)" || return
        done
}
ok 'XML says the same, with all its quotes' same
space() { xml ping && equals "$(at 'namespace-uri(/*)') $(at 'string(/*/@version)')" 'http://subsonic.org/restapi 1.16.1'; }
ok 'in its namespace' space
xml_error() { xml getAlbum && equals "$(at 'string(/*/@status)') $(at 'string(//*[local-name()="error"]/@code)')" 'failed 10'; }
ok 'errors too' xml_error
typed() {
    test "$(curl -sS -o xml -w '%{content_type}' "$api/rest/ping")" = 'text/xml; charset=utf-8' &&
        test "$(rest ping -o json -w '%{content_type}')" = application/json
}
ok 'with their media types' typed

# sound
stored=${id%%.*}
stream() { query=$1 && shift && curl -sS -D head "$api/rest/stream?apiKey=$key&id=$id$query" "$@"; }
curl -sS -o high.ogg "$origin/stream/$stored?kbps=96"
curl -sS -o low.ogg "$origin/stream/$stored?kbps=64"
ok 'the rendition for maxBitRate is the one of the store' eval 'stream "&maxBitRate=80" | cmp - low.ogg'
ok 'below the lowest, the lowest' eval 'stream "&maxBitRate=32" | cmp - low.ogg'
ok 'without a limit, the highest' eval 'stream "&maxBitRate=0" | cmp - high.ogg && stream "" | cmp - high.ogg'
length() { grep -qi "^content-length: $1" head; }
ok 'with its exact length' length "$(wc -c <high.ogg)"
plays() { ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$api/rest/stream?apiKey=$key&id=$id" | grep -qx vorbis; }
ok 'and in a player' plays
part() {
    stream '&maxBitRate=64' -r 1000-1999 >part && tail -c +1001 low.ogg | head -c 1000 | cmp - part && grep -q '^HTTP/1.1 206' head &&
        grep -qi "^content-range: bytes 1000-1999/$(wc -c <low.ogg)" head
}
ok 'a range of it' part
ok 'the length alone' eval 'stream "" -I && length "$(wc -c <high.ogg)"'
ok 'a range behind the end' eval 'stream "" -o /dev/null -r 99999999- && grep -q "^HTTP/1.1 416" head'
again() {
    tag=$(sed -n 's/^[Ee][Tt]ag: //p' head | tr -d '\r') && stream '' -o body -H "If-None-Match: $tag" && grep -q '^HTTP/1.1 304' head
}
ok 'and not again what the client has' eval 'stream "" -o /dev/null && again'
saved() {
    as download -D head -d "id=$id" | cmp - high.ogg && grep -qi "^content-disposition: attachment; filename\*=UTF-8''Part%203.ogg" head
}
ok 'a download is the highest, with a name' saved
ok 'of an unknown song: 70' code 70 stream -d "apiKey=$key" -d id=x

# covers
cover() {
    as getCoverArt -o cover -w '%{content_type}' "$@" && cp cover "cover$n" && ffprobe -v error -show_entries stream=width -of csv=p=0 cover
}
# shellcheck disable=SC2034 # used by what eval runs
big=$(curl -sS "$origin/songs?q=$stored" | jq -r '.songs[0].covers | to_entries | map(.key | tonumber) | max')
ok 'the cover of a song, whole' eval 'test "$(cover -d "id=$id")" = "image/jpeg$big"'
ok 'one of 96 is enough for 90' eval 'test "$(cover -d "id=$id" -d size=90)" = image/jpeg96'
in_store() { find "store/songs/$stored/cover" -name "$(sha256sum <cover | cut -d ' ' -f 1).jpg" | grep -q .; }
ok 'it is the one of the store' in_store
for what in "$her" "$ada"; do ok "the cover of ${what%%-*}" eval 'cover -d "id=$what" | grep -q image/jpeg'; done
ok 'what has none: 70' code 70 getCoverArt -d "apiKey=$key" -d id=ar-unknown

# plays
report() { stretto-report --json events.jsonl >report && jq -c '[.totals.plays, .totals.listeners]' report; }
played() {
    json scrobble -d "id=$id" -d submission=false && test ! -s events.jsonl && json scrobble -d "id=$id" -d time=1764000000000 &&
        equals '[1,1]' "$(report)" && jq -e --arg id "$stored" '.songs[0] | .song == $id and .plays == 1' report
}
ok 'a scrobble is a play in the report' played
ok 'a repeated one is the same play' eval 'json scrobble -d "id=$id" -d time=1764000000000 && equals "[1,1]" "$(report)"'
several() {
    json scrobble -d "id=$id" -d time=1764100000000 -d "id=$(jq -r .searchResult3.song[0].id json)" -d time=1764100100000
}
ok 'two at once' eval 'json search3 -d query=fourth && several && equals "[3,1]" "$(report)"'
ok 'now' eval 'json scrobble -d "id=$id" && equals "[4,1]" "$(report)"'
ok 'another listener' eval 'rest scrobble -d "apiKey=$other" -d "id=$id" && equals "[5,2]" "$(report)"'
ok 'of an unknown song: 70' code 70 scrobble -d "apiKey=$key" -d id=x
ok 'events name no listener' eval 'test -s events.jsonl && ! grep -e anna -e "$key" events.jsonl'

# where it was heard: the report groups listeners by their networks
from_apps() { # the API behind a proxy, in front of a server that trusts it
    start stretto-serve store --events behind.jsonl --log-addresses --trust-proxy 127.0.0.1 && behind_pid=$pid &&
        start stretto-subsonic --keys keys --upstream "$url" --trust-proxy 127.0.0.9 || return
    await 'the list of songs' plays_at 192.0.2.1 && plays_at 2001:db8::7 && plays_at ''
    stop "$pid" && stop "$behind_pid"
    equals '127.0.0.9 192.0.2.1 2001:db8::7' "$(jq -rs '[.[].address] | unique | join(" ")' behind.jsonl)"
}
plays_at() { # ADDRESS
    curl -sSf --interface 127.0.0.9 ${1:+-H "X-Forwarded-For: $1"} "$url/rest/scrobble?f=json&apiKey=$key&id=$id" >json &&
        grep -q '"ok"' json
}
ok 'a server that trusts the API learns the address of the app' from_apps

# all of this has the form that OpenSubsonic publishes
methods=$(sed -n '/^\.Ss Methods/,/^below/s/^\.Li //p' "$root/man/stretto-subsonic.1" | tr -d ,)
for one in $methods; do
    test "$one" = getOpenSubsonicExtensions || ok "$one needs a key" code 10 "$one"
done
ok 'what a listener may do' eval 'json getUser && jq -e ".user.username == \"anna\" and .user.streamRole" json'
ok 'no genres' eval 'json getGenres && jq -e ".genres.genre == []" json'
json ping && json getOpenSubsonicExtensions
formed() {
    # shellcheck disable=SC2086 # several
    test "$(echo $methods | wc -w)" -ge 20 && python3 "$root/tests/tools/opensubsonic.py" forms $methods
}
ok 'each response is as the published schemas have it, in JSON as in XML' formed

# changes
cp -r music more && rm more/[2-6].flac && ffmpeg -v error -i music/1.flac -af volume=-9dB -metadata title=Added more/7.flac </dev/null
added() { json search3 -d query=added && jq -e '.searchResult3.song | length == 1' json; }
ok 'a new song appears' eval 'stretto-publish -b 96 --track-gain more store >list 2>said && await "the new song" added'
sed -i /bert/d keys
kill -HUP "$api_pid"
ok 'a removed key is refused after SIGHUP' await 'the refusal' code 44 ping -d "apiKey=$other"
ok 'others are not' pinged -d "apiKey=$key"
# wrong keys of one address; its own right key is not looked at any more, those of others are
guess() {
    for n in 1 2 3 4 5 6 7 8 9 10; do curl -sS --interface 127.0.0.2 "$api/rest/ping?apiKey=guess$n"; done >guesses
    test "$(grep -c 'code="44"' guesses)" -eq 10 &&
        test "$(curl -sS --interface 127.0.0.2 -o limit -w '%{http_code}' "$api/rest/ping?apiKey=$key")" = 429 &&
            grep -q 'too many wrong keys' limit
}
ok 'ten wrong keys in a minute are enough' guess
ok 'for this address alone' pinged -d "apiKey=$key"
behind() { curl -sS --interface 127.0.0.9 -H "X-Forwarded-For: $1" -o behind -w '%{http_code}' "$api/rest/ping?apiKey=$key"; }
ok 'which a proxy may name' equals '429 200' "$(behind 127.0.0.2) $(behind 192.0.2.1)"
counted() { curl -sS "$api/metrics" | grep -qx 'stretto_wrong_keys_refused_total 2'; }
ok 'and it is counted' counted
ok 'no key is in the log' eval 'test -s log && ! grep -e "$key" -e "$other" -e guess1 log && grep -q "apiKey=-" log'

# without upstream
stop "$edge_pid"
ok 'what was read can be browsed' json getAlbum -d "id=$her"
ok 'a song is not there' eval 'test "$(stream "" -o body -w "%{http_code}")" = 502 && grep -q "status=\"failed\"" body'
ok 'nor is a play lost silently' code 0 scrobble -d "apiKey=$key" -d "id=$id"
degraded() { curl -sS "$api/healthz" | grep -q '^degraded: upstream'; }
ok 'and health says so' await 'degraded health' degraded
stop "$api_pid"
start stretto-subsonic --keys keys --upstream "$edge" --tls-self-signed api.pem
api=https://localhost:${url##*:}
ok 'over TLS' eval 'curl -sS --cacert api.pem "$api/rest/ping?apiKey=$key" | grep -q "status=\"ok\""'
reading() { test "$(curl -sS --cacert api.pem -o body -w '%{http_code}' "$api/rest/getArtists?apiKey=$key")" = 503; }
ok 'without a list yet: 503' reading

# the places of a listener: an edge stands still, and so does what it sends
third=$(stretto-subsonic --keys keys --generate carl)
start stretto-serve "$origin"
edge_pid=$pid
start stretto-subsonic --keys keys --upstream "$url" --upstream-timeout 100
api=$url
await 'the list of songs' read_yet
code_of() { curl -sS -m 1 -o body -w '%{http_code}' "$api/rest/stream?apiKey=$1&id=$id" 2>curl.err; }
is_full() { test "$(code_of "$key")" = 429; }
has_room() { ! is_full; }
takes_all() {
    kill -STOP "$edge_pid" && for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        curl -sS -o /dev/null "$api/rest/stream?apiKey=$key&id=$id" 2>/dev/null &
        slow="$slow $!"
    done && await 'refusal of the 17th song' is_full && test "$(code_of "$third")" = 000
}
slow=
ok 'more than 16 songs at a time are refused, but not to others' takes_all
# shellcheck disable=SC2086 # several
kill $slow
ok 'those who left have made room, before a byte was sent' await 'room' has_room
kill -CONT "$edge_pid"
ok 'and songs are sent again' await 'a song' eval 'stream "&maxBitRate=80" -f | cmp - low.ogg'
finish
