#!/bin/sh
# encode | chunk | publish | fetch on real music: other decoders accept it, and the id is the same everywhere.
. ./tests/lib.sh
song=$(find "$MUSIC" -name 'machine*.mp3')
ffmpeg -v error -t 45 -i "$song" -c:a flac song.flac

piped() { stretto-encode song.flac | tee all.ogg | stretto-chunk | stretto-publish --name machine-wars store >id; }
ok 'a song goes through the pipe' piped
id=$(cat id)
again() {
    (
        mkdir -p else &&
            cd else &&
            TZ=Asia/Tokyo LC_ALL=C stretto-encode -j1 - <../song.flac | stretto-chunk | stretto-publish other
    ) |
        cmp - id
}
ok 'its id is the same for -j1, another zone, locale and directory' again
listed() {
    stretto-publish --list store | grep -q "^$id	machine-wars	0:45	45,96,160,320	" &&
        stretto-publish --list --json store | jq -e ".id == \"$id\""
}
ok '--list shows it' listed
ok '--verify finds no damage' stretto-publish --verify store

pcm() { oggdec -Q -R -o - "$1"; }
ffpcm() { ffmpeg -v error -i "$1" -f s16le -; }
# decoders that ignore the start trim: keep the last (granule of the EOS page) samples of 4 bytes
keep() { ffpcm "$1" | tail -c $((4 * $(stretto-chunk --explain "$1" | awk '/samples   / {print $2}'))); }
oggz_rip() { ffmpeg -v error -i all.ogg -map "0:a:$1" -c copy -f ogg "whole-$2.ogg"; }
n=0
for kbps in 45 96 160 320; do
    oggz_rip $n $kbps
    n=$((n + 1))
    fetched() {
        stretto-fetch --store store -b $kbps machine-wars -o $kbps.ogg &&
            oggz-validate $kbps.ogg &&
            ogginfo $kbps.ogg >info &&
            lacks '[Ww]arn|WARN' info
    }
    ok "$kbps: the fetched file validates" fetched
    decodes() { ffpcm whole-$kbps.ogg | cmp - whole-$kbps.s16 && ffpcm $kbps.ogg | cmp - whole-$kbps.s16; }
    ffpcm whole-$kbps.ogg >whole-$kbps.s16
    ok "$kbps: it decodes to encode's rendition, bit for bit (ffmpeg)" decodes
    chunks() {
        for k in 0 1 2 3 4; do
            [ ! -e "store/songs/$id/$kbps/chunk_$k.ogg" ] || pcm "store/songs/$id/$kbps/chunk_$k.ogg"
        done >joined &&
            pcm $kbps.ogg | cmp - joined
    }
    ok "$kbps: chunks decoded one by one and joined are the same (libvorbisfile)" chunks
    kept() {
        for k in 0 1 2 3 4; do
            [ ! -e "store/songs/$id/$kbps/chunk_$k.ogg" ] || keep "store/songs/$id/$kbps/chunk_$k.ogg"
        done >joined &&
            cmp joined whole-$kbps.s16
    }
    ok "$kbps: and after ffmpeg, keeping the last samples" kept
    valid() {
        for f in store/songs/"$id"/$kbps/*.ogg; do
            oggz-validate "$f" || return
            ogginfo "$f" >info && lacks '[Ww]arn|WARN' info || return
        done
    }
    ok "$kbps: every chunk validates without a warning" valid
done
mixed() { # 45, 320, 160, ...: the exact length at every change
    i=0
    for kbps in 45 320 160 96 320; do
        [ ! -e "store/songs/$id/$kbps/chunk_$i.ogg" ] || pcm "store/songs/$id/$kbps/chunk_$i.ogg"
        i=$((i + 1))
    done |
        wc -c >got
    pcm 96.ogg | wc -c | cmp - got && test "$(cat got)" -gt 1000000
}
ok 'any mix of renditions has the exact length' mixed
# A joint of chunks of two renditions, with the last samples kept: before it one rendition, after it the other, bit for bit.
# The step across the joint differs from the step in either by at most the difference of the two beside the joint.
joints() {
    for before in 45 96 160 320; do
        for after in 45 96 160 320; do
            [ $before != $after ] || continue
            for k in 1 2 3; do
                keep store/songs/"$id"/$before/chunk_$((k - 1)).ogg >left &&
                    keep store/songs/"$id"/$after/chunk_$k.ogg >right ||
                    return
                python3 - whole-$before.s16 whole-$after.s16 $k <<'EOF' || return
import array, sys
def read(path):
    samples = array.array("h")
    with open(path, "rb") as f:
        samples.frombytes(f.read())
    return samples
a, b, k = read(sys.argv[1]), read(sys.argv[2]), int(sys.argv[3])
left, right = read("left"), read("right")
n = k * 441000 * 2
assert left == a[n - len(left):n] and right == b[n:n + len(right)], "not the samples of the uncut streams"
second = 44100 * 2
noise = max(abs(a[i] - b[i]) for i in range(n - second, n + second) if not n - 2 <= i < n + 2)
for c in (0, 1):
    step, ours, theirs = right[c] - left[c - 2], a[n + c] - a[n + c - 2], b[n + c] - b[n + c - 2]
    assert max(abs(step - ours), abs(step - theirs)) <= noise, f"joint {k}: a step of {step}, {ours} and {theirs} uncut, noise {noise}"
EOF
            done
        done
    done
}
ok 'at joints between renditions, errors are not larger than the noise of the codec (ffmpeg, last samples kept)' joints
finish
