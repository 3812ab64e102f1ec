#!/bin/sh
# stretto-publish: it trusts no input, and a publication is complete or has no effect.
. ./tests/lib.sh
tone song.wav 25
stretto-encode -b 96,160 song.wav | stretto-chunk >song.tar
stretto-encode -b 96,160 --gain -20 song.wav | stretto-chunk >other.tar

publishes() {
    stretto-publish --name song store song.tar >id &&
        equals "$(cat store/names/song)" "$(cat id)" &&
        stretto-publish --verify store
}
ok 'publishes and names a song' publishes
id=$(cat id)
twice() {
    find store -printf '%p %T@ %i\n' | sort >before &&
        prints id stretto-publish --name song store song.tar &&
        find store -path store/.staging -prune -o -printf '%p %T@ %i\n' |
        sort |
            grep -vx 'store/.staging.*' >after
    grep -v -e '^store ' -e 'store/.staging' before >b
    grep -v '^store ' after | cmp - b
}
ok 'publishing twice succeeds and changes nothing' twice
dry() { prints id stretto-publish --dry-run nowhere song.tar && test ! -e nowhere; }
ok '--dry-run changes nothing' dry
ok 'a name with a slash is wrong usage' exits 64 stretto-publish --name ../x store song.tar

mkdir s && tar xf song.tar -C s
hostile() { # NAME: bundle.tar must be refused, and the store must not change
    find store | sort >before
    stretto-publish store bundle.tar
    status=$?
    find store | sort | cmp - before && test ! -e evil && test ! -e /tmp/evil && return $status
}
files=$(tar tf song.tar)
build() { tar cf bundle.tar --format ustar "$@"; }
cut() {
    for n in 0 1 511 512 513 10000 200000 $(($(wc -c <song.tar) - 1700)); do
        head -c "$n" song.tar >bundle.tar
        exits 65 hostile || return
    done
}
ok 'a bundle cut anywhere: 65' cut
python3 - <<'EOF'
import io, tarfile
def tar(name, *members):
    with tarfile.open(name, "w", format=tarfile.GNU_FORMAT) as t:
        for m in members:
            info = tarfile.TarInfo(m[0])
            data = m[1] if len(m) > 1 else b"x"
            info.size = len(data)
            for k, v in (m[2] if len(m) > 2 else {}).items():
                setattr(info, k, v)
            t.addfile(info, io.BytesIO(data) if info.isreg() else None)
tar("up.tar", ("../evil",))
tar("absolute.tar", ("/tmp/evil",))
tar("link.tar", ("96/chunk_0.ogg", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}))
tar("hard.tar", ("96/chunk_0.ogg", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}))
tar("device.tar", ("96/chunk_0.ogg", b"", {"type": tarfile.CHRTYPE}))
tar("many.tar", *((f"96/chunk_{k}.ogg",) for k in range(20000)))
tar("empty.tar", ("manifest.json", b"{}"))
with open("96c0", "wb") as f:
    pass
chunk = open("s/96/chunk_0.ogg", "rb").read()
tar("duplicate.tar", ("96/chunk_0.ogg", chunk), ("96/chunk_0.ogg", chunk))
tar("skipped.tar", ("96/chunk_1.ogg", chunk))
with tarfile.open("huge.tar", "w") as t:
    info = tarfile.TarInfo("96/chunk_0.ogg")
    info.size = 1 << 40
    t.fileobj.write(info.tobuf())
EOF
for kind in up absolute link hard device many empty duplicate skipped huge; do
    mv $kind.tar bundle.tar
    ok "a hostile tar ($kind): 65" exits 65 hostile
done
# shellcheck disable=SC2086 # a list of names without spaces
rebuilt() { (cd s && tar cf ../bundle.tar --format ustar $files); }
ok 'a bundle that was unpacked and packed again is the same song' equals "$(rebuilt && stretto-publish --dry-run x bundle.tar)" "$id"
flip() {
    cp "s/$1" kept &&
        printf '\001\002' | dd of="s/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null &&
        rebuilt &&
        cp kept "s/$1" &&
        exits 65 hostile
}
for byte in 0 30 70 4000 30000; do ok "byte $byte of a chunk changed: 65" flip 96/chunk_1.ogg $byte; done
ok 'a changed index: 65' flip 160/index 50
swapped() {
    mv s/96/chunk_1.ogg t &&
        cp s/96/chunk_0.ogg s/96/chunk_1.ogg &&
        rebuilt &&
        mv t s/96/chunk_1.ogg &&
        exits 65 hostile
}
ok 'a chunk under the name of another: 65' swapped
manifest() { cp s/manifest.json kept && jq -c "$1" kept >s/manifest.json && rebuilt && cp kept s/manifest.json; }
changed() { manifest "$1" && exits 65 hostile; }
ok 'a manifest with another id: 65' changed '.id = "0sjqzgcjx6zr45y51mtvrghnmvt55aax"'
ok 'a manifest with another length: 65' changed '.samples += 1'
ok 'a manifest with other average bitrates: 65' changed '.renditions[0].average_kbps += 1'
retag() {
    manifest '.tags.TITLE = ["New"]' &&
        equals "$(stretto-publish --retag store bundle.tar)" "$id" &&
        stretto-publish --list store | grep -q 'New$' &&
        stretto-publish --verify store
}
ok '--retag: new tags replace the old ones of the same song' retag
noise() { printf 'not a tar' | stretto-publish store; }
ok 'input that is not a tar: 65' exits 65 noise

damage() { cp -r store broken && printf x >>"broken/songs/$id/96/chunk_1.ogg" && stretto-publish --verify broken; }
ok '--verify finds damage: 1' exits 1 damage
mends() { exits 1 stretto-publish --verify broken && stretto-publish broken song.tar && stretto-publish --verify broken; }
ok 'and publishing again repairs it' mends
removes() {
    stretto-publish --remove song broken &&
        test -z "$(find broken/songs broken/names -mindepth 1)" &&
        exits 66 stretto-publish --remove song broken
}
ok '--remove removes the song and its names' removes

both() {
    for i in 1 2 3 4; do
        stretto-publish --name x pair song.tar >/dev/null &
        stretto-publish --name y pair other.tar >/dev/null &
    done
    wait
    stretto-publish --verify pair && test "$(stretto-publish --list pair | wc -l)" -eq 2
}
ok 'eight publishers write to one store at the same time' both
killed() {
    i=0
    while [ $i -lt 100 ]; do
        stretto-publish --name song kills song.tar >/dev/null 2>&1 &
        pid=$!
        # killed at a different point each time: after this many turns of the loop
        n=0
        while [ $n -lt $((i * 12)) ]; do n=$((n + 1)); done
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
        [ ! -d kills/songs ] || stretto-publish --verify kills || return
        [ $((i % 10)) -ne 9 ] || rm -rf kills
        i=$((i + 1))
    done
    prints id stretto-publish --name song kills song.tar &&
        stretto-publish --verify kills &&
        test -z "$(ls kills/.staging)"
}
ok 'kill -9 a hundred times: a publication is complete or has no effect' killed
synced() {
    ASAN_OPTIONS=detect_leaks=0 strace -f -y -o trace -e trace=fsync,rename,renameat,renameat2 stretto-publish fresh song.tar >/dev/null &&
        awk '/fsync/ && /chunk_/ {chunks++} /fsync/ && /manifest/ {manifest = NR}
             /rename/ && /songs\// {renamed = NR; n = chunks} /fsync/ && /songs>/ {after = NR}
             /unfinished/ && /fsync/ {open++} /fsync resumed/ {open--} /rename/ && open {late = 1}
             END {exit !(n == 6 && !late && manifest && manifest < renamed && renamed < after)}' trace ||
        { cat trace; return 1; }
}
ok 'every file is synced before it is renamed, and the folder after' synced
full() {
    stretto-publish small/store song.tar
    status=$?
    stretto-publish --verify small/store &&
        test -z "$(ls small/store/songs)" &&
        test -z "$(ls small/store/.staging)" &&
        [ $status -eq 74 ]
}
full_test='a full disk: 74, and the store as before'
mkdir small
if mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
    ok "$full_test" full
    umount small
else
    skip "$full_test" 'only root may mount a small tmpfs'
fi
finish
