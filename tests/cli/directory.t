#!/bin/sh
# stretto-publish MUSIC STORE: a tree of music in one command, albums measured together, bad files listed, nothing done twice.
. ./tests/lib.sh
fresh() { rm -rf music store && mkdir music; }
songs() { find "$1/songs" -mindepth 1 -maxdepth 1 | wc -l; }
id_of() { awk -F '\t' -v f="$1" '$2 == f {print $1}' list; }
gain() { jq -r .loudness.gain_db "${2:-store}/songs/$(id_of "$1")/manifest.json"; }
gains() { # STORE PATTERN: number of different gains of these files
    grep "$2" list | while IFS="$(printf '\t')" read -r id _; do jq .loudness.gain_db "$1/songs/$id/manifest.json"; done |
        sort -u |
        wc -l
}
quiet() { stretto-publish -b 96 "$@" >list 2>said; }

# --- a directory with all kinds of files
fresh
mkdir -p music/album music/mixed/deep
n=0
tone a.wav 2
for level in 4 14 24; do
    n=$((n + 1))
    sox a.wav loud.wav gain -$level
    ffmpeg -v error -i loud.wav -metadata album=Album -metadata album_artist=Various -metadata \
        title="Track $n" -metadata track=$n/3 "music/album/$n.flac"
    ffmpeg -v error -i loud.wav -metadata title="Single $n" "music/mixed/$n.mp3"
    rm loud.wav
done
cp music/album/1.flac music/mixed/deep/alone.flac
head -c 20000 music/album/1.flac >music/mixed/cut.flac
echo no audio >music/mixed/words.mp3
echo picture >music/album/back.jpg
cp music/mixed/1.mp3 music/mixed/.hidden.mp3
ln -s .. music/mixed/loop
publishes() { exits 65 quiet -j 2 music store && test "$(wc -l <list)" -eq 7 && test "$(songs store)" -eq 7; }
ok 'a tree is published; bad files do not stop the others, and the status is 65' publishes
bad() {
    grep -q "cut.flac': .*cut short" said &&
        grep -q "words.mp3': " said &&
        grep -q '7 published, 0 already there, 2 failed' said
}
ok 'each bad file is listed with its reason' bad
ignored() { lacks 'back|hidden|loop' said list; }
ok 'other files, hidden files and links to directories are left out' ignored
ok 'the store is complete' stretto-publish --verify store
together() { test "$(gains store album/)" -eq 1 && test "$(gains store 'mixed/[0-9]')" -eq 3; }
ok 'an album has one gain; each other file has its own' together
all() {
    equals "$(gain music/album/1.flac)" "$(stretto-encode --measure --json music/album/*.flac | tail -n 1 | jq -r .gain_db)"
}
ok 'the gain of an album is that of all its files measured together' all
same() {
    id=$(stretto-encode -b 96 music/mixed/1.mp3 | stretto-chunk | stretto-publish other) &&
        equals "$id" "$(id_of music/mixed/1.mp3)"
}
ok 'a song has the same id as through the pipe' same
rm music/mixed/cut.flac music/mixed/words.mp3
state() { find store/songs -printf '%p %T@\n' | sort; }
again() {
    cp list first &&
        state >before &&
        quiet music store &&
        cmp first list &&
        grep -q '0 published, 7 already there, 0 failed' said &&
        state | cmp - before
}
ok 'a second run writes nothing, even if other files were removed' again
added() {
    cp music/mixed/2.mp3 music/mixed/deep/2.mp3 &&
        quiet music store &&
        grep -q '1 published, 7 already there' said
}
ok 'a new file is published alone' added
grown() { # a new track of an album changes the gain of all
    sox a.wav quiet.wav gain -40 &&
        ffmpeg -v error -i quiet.wav -metadata album=Album -metadata album_artist=Various music/album/4.flac &&
        quiet music store &&
        grep -q '4 published, 5 already there' said &&
        test "$(gains store album/)" -eq 1
}
ok 'a new track of an album publishes the whole album again' grown
lost() {
    rm -r "store/songs/$(id_of music/album/2.flac)" &&
        quiet music store &&
        grep -q '1 published' said &&
        stretto-publish --verify store
}
ok 'a song that was removed from the store is published again' lost
torn() {
    printf 'x' >>store/.published &&
        touch music/mixed/1.mp3 &&
        quiet music store &&
        quiet music store &&
        grep -q '0 published, 9 already there' said
}
ok 'an incomplete line in .published has no effect' torn
ok '--track-gain gives each file its own gain' eval 'quiet --track-gain music tracks && test "$(gains tracks album/)" -eq 4'
ok '--album gives each directory one gain' eval 'quiet --album music folders && test "$(gains folders "mixed/[0-9]")" -eq 1'
inside() {
    cp -r store music/store &&
        quiet music music/store &&
        exits 1 grep -q chunk_ list &&
        test "$(wc -l <list)" -eq 9
}
ok 'a store inside the tree is not music' inside
mkdir empty
ok 'a directory without music: 66, and no store is made' eval 'exits 66 stretto-publish empty new && test ! -e new'
ok '--name is for a bundle: 64' exits 64 stretto-publish --name x music store
ok 'an unknown bitrate: 64' exits 64 stretto-publish -b 97 music store
unread() {
    mkdir music/closed &&
        chmod 0 music/closed &&
        exits 65 setpriv --reuid 65534 --clear-groups env PATH="$PATH" stretto-publish -b 96 music open >list 2>said
}
if setpriv --reuid 65534 --clear-groups test -x "$(command -v stretto-publish)" 2>/dev/null; then
    chmod 777 . && chmod -R a+rX music
    ok 'a directory that cannot be read is listed: 65' eval \
        'unread && grep -q "music/closed.: Permission denied" said && test "$(wc -l <list)" -eq 9'
    rmdir music/closed
fi
broken() {
    mkdir full && quiet music full && rm -rf full/songs && touch full/songs && touch music/mixed/*.mp3
    test "$(stretto-publish -b 96 music full 2>&1 >list | wc -l)" -eq 1
}
ok 'a store that cannot be written ends the program with one message' broken
stopped() { # killed at several points; the next run finishes the work and leaves no temporary files
    rm -rf store
    for delay in 0.2 0.5 0.9; do
        timeout -s KILL $delay stretto-publish -b 96 music store >list 2>said
        [ ! -d store/songs ] || stretto-publish --verify store || return
    done
    quiet music store && test "$(wc -l <list)" -eq 9 && test -z "$(ls store/.staging)" && stretto-publish --verify store
}
ok 'after it was killed, it can be run again' stopped

# --- albums at a server: sorted by album artist, album, disc and track, not by title
fresh
mkdir music/box
sox a.wav short.wav trim 0 0.3
n=9
for place in 1.2 1.10 2.1/9 1.1/10 2.02; do
    n=$((n - 1))
    ffmpeg -v error -i short.wav -af volume=-${n}dB -metadata album=Box -metadata album_artist=Zeno -metadata \
        artist="Guest $n" -metadata title="Title $n" \
        -metadata disc="${place%%.*}" -metadata track="${place#*.}" "music/box/$n.flac"
done
ffmpeg -v error -i short.wav -metadata artist=Zeno -metadata album=Another -metadata title=Early music/early.flac
ffmpeg -v error -i short.wav -af volume=-20dB -metadata artist=Zeno -metadata title=Bare music/bare.flac
in_order() {
    quiet music store && start stretto-serve store && curl -sf "$url/songs" >listed || return
    test "$(jq -r '.songs[].title' listed | tr '\n' ,)" = 'Bare,Early,Title 5,Title 8,Title 7,Title 6,Title 4,'
}
ok '/songs lists an album by disc and track' in_order
told() {
    test "$(jq -r '.songs[3] | [.artist, .album_artist, .album, .disc, .track] | join("|")' listed)" = 'Guest 8|Zeno|Box|1|2'
}
ok '/songs tells the artist of the album, disc and track' told
ok '/songs finds songs by the artist of their album' eval \
    'test "$(curl -sf "$url/songs?q=zeno+box" | jq ".songs | length")" -eq 5'
stop "$pid"

# --- 60 files of many formats and writers
fresh
mkdir music/loose
n=0
while [ $n -lt 60 ]; do
    n=$((n + 1)) disc=$((n % 5)) to=music/disc$((n % 5))
    mkdir -p "$to"
    sox -R -n -r 44100 -c 2 -b 16 in.wav synth 1.$n sine $((200 + n * 20)) gain -$((3 + n % 7))
    tags="-metadata album=Disc$disc -metadata album_artist=All -metadata artist=A$n -metadata title=T$n -metadata track=$n"
    # shellcheck disable=SC2086 # tags are several words
    case $((n % 15)) in
    0) lame --quiet --ta "A$n" --tl "Disc$disc" --tt "T$n" in.wav "$to/$n.mp3" ;;
    1) oggenc -Q -a "A$n" -l "Disc$disc" -t "T$n" -o "$to/$n.ogg" in.wav ;;
    2) opusenc --quiet --artist "A$n" --album "Disc$disc" --title "T$n" in.wav "$to/$n.opus" ;;
    3) flac -sf -T "ARTIST=A$n" -T "ALBUM=Disc$disc" -o "$to/$n.flac" in.wav ;;
    4) wavpack -qy in.wav -o "$to/$n.wv" ;;
    5) sox in.wav "$to/$n.aiff" ;;
    6) cp in.wav "$to/$n.WAV" ;;
    7) sndfile-convert in.wav "$to/$n.w64" ;;
    8) sndfile-convert in.wav "$to/$n.caf" ;;
    9) ffmpeg -v error -i in.wav $tags -c:a aac "$to/$n.m4a" ;;
    10) ffmpeg -v error -i in.wav $tags -c:a alac "$to/$n.m4a" ;;
    11) ffmpeg -v error -i in.wav $tags -c:a libopus "$to/$n.mka" ;;
    12) ffmpeg -v error -i in.wav $tags -c:a wmav2 "$to/$n.wma" ;;
    13) ffmpeg -v error -i in.wav $tags -c:a mp2 "$to/$n.mp2" ;;
    14) sox in.wav "$to/$n.au" ;;
    esac
    soxi -s in.wav >"samples.$n"
done
sixty() { quiet music store && test "$(wc -l <list)" -eq 60 && test "$(songs store)" -eq 60 && test ! -s said; }
ok '60 files of 15 formats are published by one command, without messages' sixty
ok 'every song is complete' stretto-publish --verify store
gains_of_albums() { # "ALBUM ALBUMARTIST GAIN" once each
    stretto-publish --list --json store |
        jq -r 'select(.tags.ALBUM) | [.id, .tags.ALBUM[0], .tags.ALBUMARTIST[0]?] | @tsv' |
        while IFS="$(printf '\t')" read -r id album artist; do
            echo "$album/$artist $(jq .loudness.gain_db "store/songs/$id/manifest.json")"
        done |
        sort -u
}
discs() {
    gains_of_albums >albums &&
        test "$(wc -l <albums)" -ge 8 &&
        test "$(cut -d ' ' -f 1 albums | sort -u | wc -l)" -eq "$(wc -l <albums)"
}
ok 'each album of a disc has one gain' discs
exact() { # all of these state their length; Windows Media and MP2 do not
    while IFS="$(printf '\t')" read -r id path; do
        n=$(basename "$path" | sed 's/[.].*//')
        case $path in *.wma | *.mp2 | *.mka) continue ;; esac
        [ "$(jq .samples "store/songs/$id/manifest.json")" -eq "$(cat "samples.$n")" ] || { echo "$path"; return 1; }
    done <list
    test -s list
}
ok 'each song is as long as its source, to the sample' exact

# --- an album without gaps, in each lossy format: an album of two halves of a sine
fresh
sox -R -n -r 44100 -c 2 -b 16 whole.wav synth 8 sine 441 gain -6
sox whole.wav half1.wav trim 0s 147000s
sox whole.wav half2.wav trim 147000s
for half in 1 2; do
    in=half$half.wav tags="-metadata album=Whole -metadata album_artist=Sine -metadata track=$half"
    mkdir -p music/vorbis music/opus music/lame music/mp3 music/aac music/itunes
    # shellcheck disable=SC2086 # tags are several words
    {
        oggenc -Q -q 8 -l Whole -N $half -o music/vorbis/$half.ogg $in
        opusenc --quiet --bitrate 256 --album Whole --tracknumber $half $in music/opus/$half.opus
        lame --quiet -b 256 --tl Whole --tn $half $in music/lame/$half.mp3
        ffmpeg -v error -i $in $tags -b:a 256k music/mp3/$half.mp3
        ffmpeg -v error -i $in $tags -c:a aac -b:a 256k music/aac/$half.m4a
        python3 "$root/tests/tools/itunes.py" 1024 "$(soxi -s $in)" <music/aac/$half.m4a >music/itunes/$half.m4a
    }
done
stretto-publish music store >list 2>said
gapless() { # FORMAT: the two songs, fetched and joined, are the sine again
    for half in 1 2; do
        id=$(grep "music/$1/$half" list | cut -f 1)
        stretto-fetch --store store -b 320 -o $half.ogg "$id" && oggdec -Q -R -o $half.raw $half.ogg || return
    done
    cat 1.raw 2.raw >joined.raw
    python3 - <<'EOF'
import array
samples = array.array("h")
with open("joined.raw", "rb") as f:
    samples.frombytes(f.read())
left = samples[::2]
assert len(left) == 8 * 44100, f"{len(left)} samples"
second = [abs(left[i] - 2 * left[i + 1] + left[i + 2]) for i in range(147000 - 400, 147000 + 400)]
inside, joint = max(second[:350] + second[-350:]), max(second[395:405])
assert joint <= 4 * inside + 200, f"a step of {joint}, {inside} beside it"
EOF
}
for format in vorbis opus lame mp3 aac itunes; do
    ok "an album in $format has no gap, to the sample" gapless $format
done
finish
