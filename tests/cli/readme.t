#!/bin/sh
# README.md: a new shell runs every command, in order, from the clone on, as a reader would paste them. They use fixed ports, so they
# run in a separate network namespace. Other tests run the commands of make and sudo, except `make demo`.
. ./tests/lib.sh
# commands are indented by four columns, and so are the paths of the data model
sed -n 's/^    //p' "$root/README.md" | grep -vE '^(songs|names)/<' >commands
grep -E '^(sudo|make) ' commands >makes
grep -vE '^(sudo|make (deps|test))' commands >pasted
known() { # commands that .ci/run (packages, test) and house.t (deps, install, uninstall) run
    printf '%s\n' 'sudo apt-get update && sudo apt-get install -y git make' 'make demo' 'make test' \
        'make deps && make && sudo make install' 'sudo make uninstall' >known
    sed 's/ *#.*//' makes | diff known -
}
ok 'the commands of make are those that .ci/run and house.t run' known
narrow_page() {
    awk 'length > 100 {print FILENAME ":" FNR ": " length " columns"; wide = 1} END {exit wide}' "$root/README.md"
}
ok 'no line is longer than 100 columns' narrow_page
paths() {
    grep -oE '`(examples|tests)/[A-Za-z0-9_@./-]*`|\((examples/[^)]*)\)' "$root/README.md" |
        tr -d '`()' |
        sort -u >named
    test "$(wc -l <named)" -gt 20 && (cd "$root" && xargs ls -d) <named >/dev/null
}
ok 'every file that it names is there' paths

if unshare -n true 2>/dev/null; then
    # the files that `make demo` leaves, with generated music
    mkdir -p made/music reader/home/.config/mpv
    ln -s "$(dirname "$(command -v stretto-chunk)")" made/bin
    tone tone.wav 24
    # its last chunk is requested while it plays: the player has more than one chance to use peers
    tone longer.wav 36
    ffmpeg -v error -i tone.wav -b:a 192k made/music/frontiers.mp3 </dev/null
    ffmpeg -v error -i longer.wav -af 'volume=0.5,areverse' -b:a 192k made/music/machine_wars.mp3 </dev/null
    # mpv exits with 0 for a truncated song too, so the decoded samples are counted
    printf 'ao=pcm\nao-pcm-file=%s\n' "$work/mpv.wav" >reader/home/.config/mpv/mpv.conf
    # a repository with this tree replaces the address
    mkdir origin
    (cd "$root" && tar c --exclude=./build --exclude=./.git --exclude=./demo .) | tar x -C origin
    (
        cd origin &&
            git init -q &&
            git add -f . &&
            git -c user.name=test -c user.email=test@example.org commit -q -m tree
    )
    cat >paste.sh <<'EOS'
# Runs the lines one after the other: "ok LINE" or "not ok LINE", with the output in LINE-NUMBER.said.
ip link set lo up
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
# WHAT COMMAND...: until it succeeds, at most 60 s
until_done() {
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@"; do [ $SECONDS -lt $end ] || { echo "waited 60 s for $what"; return 1; }; sleep 0.05; done
}
answers() { curl -s -o /dev/null "http://127.0.0.1:$1/"; }
# PORT: the tracker names the peer to players of each song. The number of peers says less: one that has ended may be among them
named() {
    local songs song
    songs=$(stretto-publish --list store | cut -f 1)
    [ -n "$songs" ] || return
    for song in $songs; do
        curl -s "http://127.0.0.1:8490/songs/$song" | jq -e --arg at ":$1" 'any(.peers[].url; endswith($at))' || return
    done >/dev/null
}
n=0
while IFS= read -r line <&3; do
    n=$((n + 1))
    case $line in
        'make demo') { mkdir build && cp -rP "$made/." build; } >"$said/$n.said" 2>&1 ;;
        *) eval "$line" >"$said/$n.said" 2>&1 3<&- </dev/null ;;
    esac
    status=$?
    # a reader is slower than the start of a server
    port=$(expr "$line" : '.*--listen 127.0.0.1:\([0-9]*\).*&')
    [ -z "$port" ] || until_done "an answer on port $port" answers "$port" >>"$said/$n.said" || status=1
    # and slower than the tracker's check that a peer is reachable
    case $line in *--announce*) until_done 'the tracker to list the peer' named "$port" >>"$said/$n.said" || status=1 ;; esac
    if [ $status -eq 0 ]; then echo "ok $line"; else echo "not ok $line"; cat "$said/$n.said" >&2; fi
done 3<"$1"
EOS
    fresh() { # a shell without our environment
        cd reader &&
            env -i HOME="$PWD/home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                SDL_AUDIODRIVER=dummy \
                GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$work/origin.insteadOf" GIT_CONFIG_VALUE_0=https://example.org/stretto.git \
                made="$work/made" said="$work" \
                timeout 900 unshare -n bash --norc --noprofile "$work/paste.sh" "$work/pasted"
    }
    rows 'README:' fresh
    cd "$work/reader/stretto" || exit 1
    whole() {
        oggz-validate frontiers.ogg && oggz-validate music/machine-wars.ogg && stretto-publish --verify store
    }
    ok 'the songs are complete' whole
    decoded() { test "$(soxi -s "$work/mpv.wav")" -eq "$(soxi -s "$work/tone.wav")"; }
    ok 'mpv decodes every sample of the song from the edge' decoded
    told() {
        cat "$work"/*.said | grep -q ' 200 OK' &&
            grep -l 'possible if it changes between chunks only' "$work"/*.said &&
            grep -l 'Royalties\|amount_cents' "$work"/*.said &&
            grep -q '<svg' report.html &&
            test "$(soxi -s heard.wav)" -eq "$(soxi -s "$work/tone.wav")"
    }
    ok 'and their results are there' told
    peers() {
        jq -e 'select(.event == "chunk" and .source == "peer")' events.jsonl | grep -q . &&
            dump=$(sed -n '/--dump/=' "$work/pasted") && grep -q 'peers' "$work/$dump.said"
    }
    ok 'the player took chunks from the peers that the commands before it started' peers
    cd "$work" || exit 1
else
    skip 'the commands, in a network namespace' 'unshare -n is not allowed'
fi
demo() {
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "B=${B:-build}" -o all -o build/music/.there \
        demo CUT=10 OUT="$work/demo" >said 2>&1 </dev/null ||
        { cat said; return 1; }
}
ok 'make demo, with ten seconds of each song' demo
seen() {
    grep -q 'eu-west, the nearest edge of most, is killed' said &&
        grep -q 'bytes from peers' said &&
        grep -q '<svg' demo/report.html &&
        test "$(jq -r .listener demo/events/*.jsonl | sort -u | wc -l)" -ge 8 || { cat said; return 1; }
}
ok 'tells its story and leaves a report' seen
narrow() {
    LC_ALL=C.UTF-8 python3 -c 'import sys; wide = [line for line in open("said") if len(line) > 81]; print(*wide); sys.exit(bool(wide))' &&
        test "$(grep -c 'startup, half below' said)" -eq 2 &&
        test "$(grep -c 'Beside Spotify' said)" -eq 1
}
ok 'in 80 columns, with the figures of Spotify once' narrow
loud() {
    jq -r 'select(.loudness) | .loudness | [.lufs, .limited_by] | @tsv' demo/store/songs/*/manifest.json >loud &&
        grep -q true_peak loud &&
        test "$(grep -c 'limited by true peak' said)" -eq "$(grep -c true_peak loud)" &&
        ! grep -q 'nothing in it tells' said
}
ok 'and says why a song stays below -14 LUFS' loud
needs() {
    setpriv --reuid 65534 --regid 65534 --clear-groups sh -c \
        'emulator=nowhere; . "$1/tests/net/hosts.sh"; net_lacks' - "$root" |
        grep -qx root
}
if [ "$(id -u)" -eq 0 ]; then
    ok 'what links of their own need is said in words' needs
else
    skip 'what links need' 'not root'
fi
alone() { ! pgrep -f "$work/demo|stretto-demo-.*/cache" >left || { cat left; return 1; }; }
ok 'and leaves nothing running' alone
finish
