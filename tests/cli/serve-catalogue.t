#!/bin/sh
# stretto-serve STORE: the list of songs follows every kind of change of the store, and is available at once after a restart.
. ./tests/lib.sh
bench() { python3 "$root/tests/bench/catalogue.py" "$@"; }
bench make store 300
song=$(tone song.wav 12 && stretto-encode -b 96 song.wav | stretto-chunk >song.tar && stretto-publish --name novel store song.tar)
page() { curl -sSf -o page "$url/songs?$1"; }
# all pages: their songs, a line each
whole() {
    : >whole
    after=
    while page "limit=70&after=$after"; do
        jq -c '.songs[]' page >>whole
        after=$(jq -r '.next // empty' page)
        [ -n "$after" ] || return 0
    done
    return 1
}
lists() { page "q=$1" && test "$(jq -r '[.songs[].id] | join(" ")' page)" = "$2"; }
starts() { start stretto-serve --workers 2 "$@" store; }
starts || exit
soon page limit=1 || exit # the first list has been made

all_listed() { whole && jq -r .id whole | sort >ids && stretto-publish --list store | cut -f 1 | sort | cmp - ids; }
ok 'all songs are listed, in pages' all_listed
sorted() {
    jq -r '[.artist, .album, .title] | map(ascii_downcase) | join("\t")' whole >order &&
        LC_ALL=C sort -c order
}
ok 'sorted by artist, album and title' sorted
found() { lists novel "$song" && lists "tITLE%20$(head -n 1 ids)" "$(head -n 1 ids)" && lists "novel%20artist" ''; }
ok 'words are searched in title, artist and name' found

one=$(head -n 1 ids) folder=store/songs/$(head -n 1 ids)
retagged() {
    sed 's/"Artist [0-9]*"/"Copied Tags"/' "$folder/manifest.json" >edited &&
        cp edited "$folder/manifest.json" && await 'the copied tags' lists copied "$one"
}
ok 'tags that are copied over a manifest appear' retagged
taken() {
    stretto-publish --name other store song.tar && await 'a second name' lists other "$song" &&
        test "$(jq -c '.songs[0].names' page)" = '["novel","other"]' && rm store/names/other &&
        await 'the name to go' lists other ''
}
ok 'names appear and disappear' taken
retitled() {
    jq -c '.tags.TITLE = ["Otherwise Titled"]' "store/songs/$song/manifest.json" >tags.json &&
        mkdir -p "store/songs/$song/tags" && cp tags.json "store/songs/$song/tags/novel.json"
}
pair() {
    page q=novel && jq -e '[.songs[] | .title] == ["Otherwise Titled"]' page && page q=otherwise &&
        jq -e '.songs | length == 1 and .[0].names == ["novel"]' page
}
sets() { retitled && await 'the tags of a name' pair && page 'q=otherwise%20titled&limit=1' && listed_twice; }
kept_sets() { stop "$pid" && starts && pair && listed_twice; }
listed_twice() { whole && test "$(jq -r .id whole | grep -cx "$song")" -eq 2; }
ok 'a song is listed once for each set of its tags, under the name of the set' sets
own() {
    whole && test "$(jq -r --arg s "$song" 'select(.id == $s) | .tag_set' whole | sort | xargs)" = 'novel null' &&
        printf '{"event":"%s","seq":%d,"time_ms":%d,"session":"a","listener":"l","place":"","song":"'"$song"'","heard_ms":%d}\n' \
            start 0 1795900000000 0 end 1 1795900040000 40000 >heard.jsonl &&
        stretto-report --json --pool 1 --min-plays 0 --catalogue "$url" heard.jsonl >paid.json &&
        title=$(jq -r '.tags.TITLE[0] // ""' "store/songs/$song/manifest.json") &&
        jq -e --arg t "$title" '.songs[0].title == $t and $t != "Otherwise Titled"' paid.json
}
ok 'a list says which tags are the own ones, so that a report can pay by it' own
ok 'and also after a restart' kept_sets
copied() {
    mv "$folder" away && await 'the song to go' lists copied '' && cp -r away "$folder" &&
        await 'the song to come back' lists copied "$one"
}
ok 'songs that are moved or copied without a publisher are noticed' copied
damaged() {
    cp "$folder/manifest.json" whole.json && head -c 1000 whole.json >"$folder/manifest.json" &&
        await 'the damaged one to go' lists copied '' && cp whole.json "$folder/manifest.json" &&
        await 'the mended one' lists copied "$one"
}
ok 'a song is not listed while its manifest is damaged' damaged
noise() {
    echo noise >>store/changes && stretto-publish --name noise store song.tar &&
        await 'a name' lists noise "$song"
}
ok 'noise in the change log has no effect' noise

open_files() { find "/proc/$pid/fd" -lname "*$1*" 2>/dev/null | wc -l; }
held() { test "$(open_files "$song")" -gt 0; }
closed() { test "$(open_files "$song")" -eq 0; }
removed() {
    curl -sSf -o chunk "$url/songs/$song/96/chunk_0.ogg" && held && stretto-publish --remove novel store &&
        await 'the list without it' lists novel '' && await 'its files to be closed' closed
}
ok 'no file of a removed song stays open' removed

swapped() {
    bench make store2 5 && mkdir -p store2/names && stretto-publish --name second store2 song.tar &&
        curl -sSf -o name "$url/songs?q=title&limit=1" &&
        mv store store1 && mv store2 store && await 'the list of the new store' lists second "$song" && whole &&
            test "$(wc -l <whole)" -eq 6 &&
        curl -sSf -o chunk "$url/songs/$song/96/chunk_0.ogg" && cmp chunk "store/songs/$song/96/chunk_0.ogg" &&
            curl -sSf "$url/names/second" | grep -qx "$song"
}
ok 'a store that is replaced by another' swapped
back() {
    mv store store2 && mv store1 store && await 'the first list' all_listed && lists second '' &&
        stop "$pid"
}
ok 'and back' back

# makes a manifest unreadable without a visible change of its file
unread() {
    stat -c '%y' "$folder/manifest.json" >when &&
        printf x | dd of="$folder/manifest.json" conv=notrunc status=none &&
        touch -d "$(cat when)" "$folder/manifest.json" &&
        starts && lists copied "$one" && whole && test "$(wc -l <whole)" -eq 300 && stop "$pid" &&
            cp whole.json "$folder/manifest.json"
}
ok 'after a restart, unchanged manifests are not read again' unread
state=$(find "$XDG_STATE_HOME/stretto" -name 'catalogue-*' -size +50k)
spoilt() {
    printf x | dd of="$state" seek=20000 bs=1 conv=notrunc status=none && starts && soon page limit=1 &&
        all_listed && stop "$pid" && head -c 9999 "$state" >short && cp short "$state" && starts && soon page limit=1 &&
        all_listed && stop "$pid"
}
ok 'a saved list that is damaged or truncated is made again' spoilt
stateless() { starts --state /dev/null/none && soon page limit=1 && all_listed && stop "$pid"; }
ok 'without a directory for the saved list' stateless
ok 'which is said' grep -q "cannot write into '/dev/null/none'" "$said.err"
starts
ok 'a query with a stray % is 400, not the whole list' test "$(curl -s -o /dev/null -w '%{http_code}' "$url/songs?q=100%")" = 400
finish
