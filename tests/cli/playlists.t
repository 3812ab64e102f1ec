#!/bin/sh
# /songs as albums and artists, and playlists of a server: /songs.m3u8 and /albums/ID.m3u8 in mpv and stretto-play.
. ./tests/lib.sh
tone a.wav 3
song() { # NUMBER ffmpeg-metadata...: a separate song
    number=$1 && shift
    ffmpeg -v error -y -i a.wav -af "volume=-${number}dB" "$@" "music/$number.flac" </dev/null
}
mkdir music
# shellcheck disable=SC2086 # several words
for n in 1 2 3; do
    song $n -metadata album_artist=Ada -metadata artist="Guest $n" -metadata album='Her Álbum' -metadata title="Part $n" \
        -metadata track=$((4 - n)) -metadata date=1999
done
song 4 -metadata artist=Ada -metadata album=Other -metadata title=Fourth
song 5 -metadata artist=Bob -metadata title='Single, "quoted"'
for n in 6 7; do song $n -metadata artist="V$n" -metadata album=Mix -metadata title="Mixed $n" -metadata compilation=1; done
stretto-publish -b 96 --track-gain music store >list 2>said
start stretto-serve store
origin=$url
start stretto-serve "$origin" --cache cache
get() { curl -sf "$url/$1"; }
albums() {
    get 'songs?list=albums' >albums &&
        test "$(jq -r '.albums[] | [.artist, .album, .songs, .date] | join("/")' albums | tr '\n' ',')" = \
            'Ada/Her Álbum/3/1999,Ada/Other/1/,Various Artists/Mix/2/,'
}
ok '/songs?list=albums: a compilation of several artists is one album' albums
ok 'with their lengths' eval 'test "$(jq ".albums[0].seconds" albums)" -eq 9'
album=$(jq -r '.albums[0].id' albums)
artists() {
    test "$(get 'songs?list=artists' | jq -r '.artists[] | [.artist, .albums, .songs] | join("/")' | tr '\n' ',')" = \
        'Ada/2/4,Bob/0/1,Various Artists/1/2,'
}
ok '/songs?list=artists' artists
titles() { get "$1" | jq -r '.songs[].title' | tr '\n' ','; }
inside() { test "$(titles "songs?album=$album")" = 'Part 3,Part 2,Part 1,'; }
ok '/songs?album=ID: its songs by track' inside
ada=$(get 'songs?list=artists' | jq -r '.artists[0].id')
of_artist() {
    test "$(titles "songs?artist=$ada")" = 'Part 3,Part 2,Part 1,Fourth,' &&
        test "$(get "songs?list=albums&artist=$ada" | jq '.albums | length')" -eq 2
}
ok '/songs?artist=ID, and its albums' of_artist
links() {
    test "$(get songs | jq -r '.songs[0] | [.artist_id, .album_id] | join(" ")')" = "$ada $album" &&
        test "$(get 'songs?q=single' | jq -r '.songs[0].album_id')" = null
}
ok 'a song contains the ids of its artist and album' links
found() {
    test "$(get 'songs?list=albums&q=ADA+other' | jq -r '.albums[].album')" = Other &&
        test "$(get 'songs?list=artists&q=bo' | jq -r '.artists[].artist')" = Bob
}
ok 'albums and artists are found by words' found
pages() { # one after the other
    next=$(get 'songs?list=albums&limit=2' | jq -r .next) &&
        test "$(get "songs?list=albums&limit=2&after=$next" | jq -r '[.albums[].album, .next] | join("/")')" = Mix/ &&
        next=$(get "songs?album=$album&limit=1" | jq -r .next) && test "$(titles "songs?album=$album&after=$next")" = 'Part 2,Part 1,'
}
ok 'albums and artists are listed in pages' pages
totals() { # in the first part, of the whole list
    test "$(for list in 'limit=2' 'limit=1&q=part' 'limit=1&list=albums' 'q=nothing' "limit=1&after=$next&album=$album"; do
        get "songs?$list" | jq -c .total; done | tr '\n' ' ')" = '7 3 3 0 null '
}
ok 'the first part has the total' totals
by_id() { id=$(get 'songs?q=single' | jq -r '.songs[0].id') && test "$(titles "songs?song=$id")" = 'Single, "quoted",' &&
    test "$(titles songs?song=x)" = ''; }
ok '/songs?song=ID' by_id
status() { curl -s -o /dev/null -w '%{http_code}' "$url/$1"; }
none=00000000000000000000000000000000
ok 'an unknown album has no songs' eval 'test "$(get "songs?album=$none" | jq ".songs | length")" -eq 0'
ok 'an unknown list: 400' eval 'test "$(status "songs?list=words")" = 400'
ok 'no such playlist: 404' eval 'test "$(status "albums/$none.m3u8")" = 404'

# --- playlists
m3u8() {
    get "albums/$album.m3u8" >list.m3u8 && head -n 1 list.m3u8 | grep -qx '#EXTM3U' &&
        grep -c '^stream/' list.m3u8 | grep -qx 3 && grep -qx '#EXTINF:3,Guest 3 - Part 3' list.m3u8
}
ok '/albums/ID.m3u8 has the songs in order, with lengths and titles' m3u8
kind() { curl -sI "$url/albums/$album.m3u8" | grep -qi '^content-type: audio/x-mpegurl; charset=utf-8'; }
ok 'as a playlist in UTF-8' kind
everything() { get songs.m3u8 | grep -c '^stream/' | grep -qx 7 && get 'songs.m3u8?q=mixed' | grep -c '^stream/' | grep -qx 2; }
ok '/songs.m3u8 has all songs, or those of a search' everything
seconds() { soxi -D "$1" | awk '{printf "%.1f", $1}'; }
mpv_plays() { # URL SECONDS
    rm -f m.wav && timeout 120 mpv --no-config --no-terminal --no-video --gapless-audio=yes --ao=pcm --ao-pcm-file=m.wav \
        "$1" </dev/null && equal_seconds "$2"
}
equal_seconds() { test "$(seconds m.wav)" = "$1" || { seconds m.wav && return 1; }; }
ok 'mpv plays an album from an edge, all of it' mpv_plays "$url/albums/$album.m3u8" 9.0
ok 'mpv plays all songs' mpv_plays "$url/songs.m3u8" 21.0
ffmpeg_reads() { # clients that resolve addresses by RFC 3986
    sed -n 's/^stream/albums\/stream/p' list.m3u8 | while read -r path; do
        curl -sfL "$url/$path" | ffprobe -v error -show_entries stream_tags=title -of csv=p=0 -
    done | tr '\n' ',' | grep -qx 'Part 3,Part 2,Part 1,'
}
ok 'the titles in the playlist are those of the songs' ffmpeg_reads
plays() { # ADDRESS SECONDS [arguments]
    address=$1 length=$2 && shift 2
    rm -f p.wav && stretto-play --cache pc "$@" -q -O wav:p.wav --unpaced "$address" && test "$(seconds p.wav)" = "$length"
}
ok 'stretto-play plays an album from its address' plays "$url/albums/$album.m3u8" 9.0
with_store() { STRETTO_STORE=/nowhere plays "$origin/songs.m3u8?q=part" 9.0; }
ok 'and requests the songs from that server, even if the environment names a store' with_store
ok 'no such playlist: 66' exits 66 stretto-play -q "$url/albums/$none.m3u8"
ok 'no server: 69' exits 69 stretto-play -q http://127.0.0.1:9/songs.m3u8
finish
