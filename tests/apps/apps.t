#!/bin/sh
# Players and clients that other people wrote, for `make test-apps`: VLC by playlists; the library subsonic-api (npm) by the Subsonic API.
. ./tests/lib.sh
export HOME="$work"
mkdir music
ffmpeg -v error -f lavfi -i testsrc2=size=700x700 -frames:v 1 cover.png
for n in 1 2 3; do
    tone $n.wav 31
    ffmpeg -v error -i $n.wav -i cover.png -map 0:a -map 1:v -disposition:v attached_pic -af volume=-${n}dB -metadata track=$n \
        -metadata title="Part $n" -metadata artist=Ada -metadata album=Three "music/$n.flac" </dev/null
done
stretto-publish -b 96,160 music store >/dev/null
start stretto-serve store --events events.jsonl --access-log origin.log
origin=$url
album=$(curl -sf "$origin/songs?list=albums" | jq -r '.albums[0].id')
curl -sf "$origin/songs?album=$album" | jq -r '.songs[].id' >ids

# VLC does not run as root; it plays eight times as fast
vlc_plays() { # PATH
    : >origin.log
    as=
    [ "$(id -u)" -ne 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups'
    # shellcheck disable=SC2086 # several words
    HOME=/nonexistent timeout 300 $as vlc --intf dummy --no-video --play-and-exit --aout dummy --rate 8 \
        "$origin/$1" vlc://quit >vlc.log 2>&1
    sed -n 's/.*GET \/stream\/\([^?]*\)?kbps=.* 20[06] .*VLC.*/\1/p' origin.log | uniq >played
    cmp ids played
}
if command -v vlc >/dev/null; then
    ok 'VLC plays an album by its playlist, in order' vlc_plays "albums/$album.m3u8"
    ok 'and the songs of a search' vlc_plays 'songs.m3u8?q=ada'
else
    skip 'VLC' 'it is not installed'
fi

key=$(stretto-subsonic --keys keys --generate anna)
start stretto-subsonic --keys keys --upstream "$origin"
api=$url
listed() { curl -sf -G "$api/rest/getArtists" -d f=json -d "apiKey=$key" | jq -e '."subsonic-response".artists.index | length > 0'; }
await 'the list of songs' listed
cat >client.mjs <<'END'
// an album: its cover, three songs, one of them from the middle, and a scrobble each
import {writeFileSync} from 'node:fs';
import {SubsonicAPI} from 'subsonic-api';
const [url, apiKey] = process.argv.slice(2), bytes = async answer => Buffer.from(await (await answer).arrayBuffer());
const api = new SubsonicAPI({url, auth: {apiKey}});
const {albumList2} = await api.getAlbumList2({type: 'newest'});
const {album} = await api.getAlbum({id: albumList2.album[0].id});
writeFileSync('cover.jpg', await bytes(api.getCoverArt({id: album.coverArt, size: 600})));
const {searchResult3} = await api.search3({query: 'part 2'});
console.log(album.name, album.song.map(song => song.title).join(), searchResult3.song[0].title);
for (const song of album.song) {
    const sound = await bytes(api.stream({id: song.id, maxBitRate: 96}));
    writeFileSync(song.track + '.ogg', sound);
    const half = sound.length >> 1;
    const stream = url + '/rest/stream?' + new URLSearchParams({id: song.id, maxBitRate: 96, apiKey});
    const part = await bytes(fetch(stream, {headers: {Range: `bytes=${half}-`}}));
    if (Buffer.compare(part, sound.subarray(half))) throw new Error('the second half is another');
    await api.scrobble({id: song.id, submission: true});
}
END
plays() {
    npm install --silent --no-audit --no-fund subsonic-api >npm.log 2>&1 || { cat npm.log; return 1; }
    equals 'Three Part 1,Part 2,Part 3 Part 2' "$(node client.mjs "$api" "$key")"
}
heard() { # as the store has it
    n=0
    while read -r id; do
        n=$((n + 1))
        curl -sf "$origin/stream/$id?kbps=96" | cmp - $n.ogg && ffmpeg -v error -xerror -i $n.ogg -f null - </dev/null || return
    done <ids
}
counted() { stretto-report --json events.jsonl | jq -e '.totals | .plays == 3 and .listeners == 1'; }
shown() { equals 600,600 "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 cover.jpg)"; }
if command -v npm >/dev/null; then
    ok 'subsonic-api browses, searches, plays, seeks and scrobbles' plays
    ok 'each song is the one of the store' heard
    ok 'it gets the cover' shown
    ok 'the report counts the plays' counted
else
    skip 'subsonic-api' 'npm is not installed'
fi
finish
