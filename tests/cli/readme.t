#!/bin/sh
# README.md: every command in it, in its order and one shell, as somebody would paste them; in a network namespace of their own, since
# they name fixed ports. Those of make and sudo are run by other tests, but `make demo`, which is made shorter here.
. ./tests/lib.sh
# commands stand four columns in; so do the paths of the data model, which are none
sed -n 's/^    //p' "$root/README.md" | grep -vE '^(songs|names)/<' >commands
grep -E '^(sudo|make) ' commands >makes
grep -vE '^(sudo|make) ' commands >pasted
known() { # what is left to others: to .ci/run (test, demo), and to house.t (deps, install, uninstall)
    printf '%s\n' 'sudo apt-get update && sudo apt-get install -y make && make demo' 'sudo apt-get update && sudo apt-get install -y make && make test' \
        'make deps && make && sudo make install' 'sudo make uninstall' >known
    sed 's/ *#.*//' makes | diff known -
}
ok 'the commands of make are those that .ci/run and house.t run' known
paths() { grep -oE '`(examples|tests)/[A-Za-z0-9_@./-]*`|\((examples/[^)]*)\)' "$root/README.md" | tr -d '`()' | sort -u >named && test "$(wc -l <named)" -gt 20 && (cd "$root" && xargs ls -d) <named >/dev/null; }
ok 'every file that it names is there' paths

if unshare -n true 2>/dev/null; then
    tone tone.wav 24
    ffmpeg -v error -i tone.wav -b:a 192k song.mp3 </dev/null
    ffmpeg -v error -i tone.wav -af 'volume=0.5,areverse' other.flac </dev/null
    ln -s "$root/examples" .
    cat >paste.sh <<'EOS'
# One line of standard input after the other: "ok LINE" or "not ok LINE", and all that it said in LINE-NUMBER.said.
ip link set lo up
export HOME="$PWD/home" SDL_AUDIODRIVER=dummy
mkdir -p home/.config/mpv
printf 'ao=null\nuntimed=yes\n' >home/.config/mpv/mpv.conf
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
n=0
while IFS= read -r line <&3; do
    n=$((n + 1))
    eval "$line" >"$n.said" 2>&1 3<&- </dev/null
    status=$?
    # who pastes is slower than a server starts
    port=$(expr "$line" : '.*--listen 127.0.0.1:\([0-9]*\).*&')
    [ -z "$port" ] || for tried in $(seq 200); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.05; done
    [ -z "$port" ] || [ "$tried" -lt 200 ] || status=1
    # and than the tracker, who looks whether a peer is there
    case $line in *--announce*) for tried in $(seq 200); do stretto-track --dump http://127.0.0.1:8490 | awk '$1 == "listed" && $2 > 1 {exit 1}' || break; sleep 0.05; done ;; esac
    if [ $status -eq 0 ]; then echo "ok $line"; else echo "not ok $line"; cat "$n.said" >&2; fi
done 3<"$1"
EOS
    rows 'README:' timeout 300 unshare -n bash paste.sh pasted
    whole() { oggz-validate frontiers.ogg && oggz-validate music/machine-wars.ogg && stretto-publish --verify store; }
    ok 'the songs are whole' whole
    told() { cat ./*.said | grep -q ' 200 OK' && grep -l 'possible if it changes between chunks only' ./*.said && grep -l 'Royalties\|amount_cents' ./*.said && grep -q '<svg' report.html && test "$(soxi -s heard.wav)" -eq "$(soxi -s tone.wav)"; }
    ok 'and their results are there' told
    peers() { jq -e 'select(.event == "chunk" and .source == "peer")' events.jsonl | grep -q . && sed -n '/--dump/=' pasted | while read -r n; do cat "$n.said"; grep -q 'peers' "$n.said"; done; }
    ok 'the player took chunks from the peers that the commands before it started' peers
else
    skip 'the commands, in a network namespace' 'unshare -n is not allowed'
fi
demo() { env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "B=${B:-build}" -o all -o build/music/.there demo CUT=10 OUT="$work/demo" >said 2>&1 </dev/null || { cat said; return 1; }; }
ok 'make demo, with ten seconds of each song' demo
seen() { grep -q 'eu-west, the nearest edge of most, is killed' said && grep -q 'bytes from peers' said && grep -q '<svg' demo/report.html && test "$(jq -r .listener demo/events/*.jsonl | sort -u | wc -l)" -ge 8 || { cat said; return 1; }; }
ok 'tells its story and leaves a report' seen
narrow() { LC_ALL=C.UTF-8 python3 -c 'import sys; wide = [line for line in open("said") if len(line) > 81]; print(*wide); sys.exit(bool(wide))' && test "$(grep -c 'startup, half below' said)" -eq 2 && test "$(grep -c 'Beside Spotify' said)" -eq 1; }
ok 'in 80 columns, with the figures of Spotify once' narrow
loud() { jq -r 'select(.loudness) | .loudness | [.lufs, .limited_by] | @tsv' demo/store/songs/*/manifest.json >loud && grep -q true_peak loud && test "$(grep -c 'limited by true peak' said)" -eq "$(grep -c true_peak loud)" && ! grep -q 'nothing in it tells' said; }
ok 'and says why a song stays below -14 LUFS' loud
needs() { setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'emulator=nowhere; . "$1/tests/net/hosts.sh"; net_lacks' - "$root" | grep -qx root; }
if [ "$(id -u)" -eq 0 ]; then ok 'what links of their own need is said in words' needs; else skip 'what links need' 'not root'; fi
alone() { ! pgrep -f "$work/demo|stretto-demo-.*/cache" >left || { cat left; return 1; }; }
ok 'and leaves nothing running' alone
finish
