#!/bin/bash
# stretto-subsonic in front of a large store: from its start until the list is read, its memory, and milliseconds of the slowest
# methods, as a client on the same machine sees them. getAlbumList2 is to take less than 50 ms.
#   CATALOGUE_SONGS    100000 (1.7 GB under TMPDIR)
#   CATALOGUE_STORE    a store that `catalogue.py make` made earlier
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
songs=${CATALOGUE_SONGS:-100000}
if [ -n "${CATALOGUE_STORE:-}" ]; then
    ln -s "$(realpath "$CATALOGUE_STORE")" store
else
    python3 "$here/catalogue.py" make store "$songs"
fi
begin origin stretto-serve --listen 127.0.0.1:0 --state state store
until curl -sf -o page "$url/songs?limit=1"; do sleep 0.1; done
key=$(stretto-subsonic --keys keys --generate bench)
began=$(date +%s%N)
begin api stretto-subsonic --listen 127.0.0.1:0 --keys keys --upstream "$url" --refresh 3600
ask() { curl -sf -o answer -w '%{time_total}\n' -G "$url/rest/$1" -d f=json -d "apiKey=$key" "${@:2}"; }
until ask getMusicDirectory -d id=none; do sleep 0.02; done >/dev/null
echo "$(ask search3 -d query= >/dev/null; curl -sf "$url/metrics" | sed -n 's/^stretto_listed_songs //p') songs, read after" \
    "$((($(date +%s%N) - began) / 1000000)) ms; $(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$pid/status") MB"
for row in 'getAlbumList2 alphabeticalByName' 'getAlbumList2 newest' 'getAlbumList2 random' \
    'getArtists' 'search3 title+99' 'search3 none'; do
    read -r method what <<<"$row"
    case $method in
    getAlbumList2) with=(-d "type=$what" -d size=500 -d offset=5000) ;;
    search3) with=(-d "query=$what" -d songCount=500) ;;
    *) with=() ;;
    esac
    ask "$method" "${with[@]}" >first
    for _ in {1..21}; do ask "$method" "${with[@]}"; done | sort -n | awk -v row="$row" -v bytes="$(wc -c <answer)" '
        {ms[NR] = $1 * 1000} END {printf "%-34s p50 %.1f ms, longest %.1f ms%s, %d kB\n", row, ms[11], ms[21],
        (row ~ /getAlbumList2/ && ms[11] > 50 ? " !" : ""), bytes / 1000}'
done
