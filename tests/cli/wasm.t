#!/bin/sh
# The rules and the decoder, compiled for browsers and for this machine: both execute the same scripts with the same results.
. ./tests/lib.sh
# of the build that is tested, and of WebAssembly
: "${SAME:=$root/build/web/same}" "${SAME_WASM:=$root/build/web/same.wasm}"
if [ ! -x "$SAME" ] || [ ! -r "$SAME_WASM" ] || ! command -v node >/dev/null; then
    skip 'WebAssembly' 'make web has not run'
    finish
    exit
fi
web() { node --no-warnings "$root/tests/web/run.mjs" "$SAME_WASM" "$@"; }

tone song.wav 25.3
ffmpeg -v error -i song.wav -metadata title=Sweep song.flac
stretto-encode song.flac | stretto-chunk | stretto-publish --name song store >/dev/null
id=$(cat store/names/song)

orders() { "$SAME" orders store "$id" 50 >here && web orders store "$id" 50 >there && cmp here there; }
ok 'on 50 links, with seeks and stored files: the same orders and events' orders
covers() { # splices, seeks, kept files, stalls and quiet links were among them
    [ "$(grep -c '^link' here)" -eq 50 ] && grep -q '"why":"splice"' here && grep -q '"event":"seek"' here && grep -q ' read ' here &&
        grep -q '"event":"stall"' here && grep -q 'Range=' here && ! grep -q 'not to its end' here
}
ok 'the links cause splices, seeks, stalls and stored files' covers

pcm() {
    for kbps in 45 96 160 320; do
        "$SAME" pcm store "$id" $kbps >here.f32 && web pcm store "$id" $kbps >there.f32 || return
        stretto-fetch --no-cache --store store --bitrate $kbps -o $kbps.ogg song && oggdec -Q -b 16 -R -o $kbps.raw $kbps.ogg || return
        python3 - $kbps <<'EOF' || return
import array, sys
here, there = (array.array("f", open(name, "rb").read()) for name in ("here.f32", "there.f32"))
oggdec = array.array("h", open(sys.argv[1] + ".raw", "rb").read())
assert len(here) == len(there) == len(oggdec) == 2 * 25 * 44100 + 2 * 13230, (len(here), len(there), len(oggdec))
apart = max(abs(a - b) for a, b in zip(here, there))
assert apart <= 2e-7, apart
assert all(max(-32768, min(32767, round(a * 32768))) == b for a, b in zip(here, oggdec)), "oggdec has other samples"
EOF
    done
}
ok 'the same samples within 2e-7, and the native ones equal those of oggdec' pcm

python3 - "$root" <<'EOF'
# each member gone, and of another type or beyond its range; the file cut short; what fuzzing began with
import json, os, shutil, sys
os.mkdir("bad")
text = open(f"store/songs/{open('store/names/song').read().strip()}/manifest.json").read()
made = 0
def put(content):
    global made
    made += 1
    open(f"bad/{made:04}", "w").write(content)
put(text)
def walk(node, root):
    for key in list(node) if isinstance(node, dict) else range(min(len(node), 2)):
        was = node[key]
        for other in ("", -1, 2**40, 1.5, None, [], {}, True, "x" * 64):
            node[key] = other
            put(json.dumps(root))
        node[key] = was
        if isinstance(node, dict):
            del node[key]
            put(json.dumps(root))
            node[key] = was
        if isinstance(was, (dict, list)):
            walk(was, root)
tree = json.loads(text)
walk(tree, tree)
for n in range(0, len(text), 97):
    put(text[:n])
put("[" * 1000)
put('{"a":' * 40 + "1" + "}" * 40)
corpus = os.path.join(sys.argv[1], "tests/fuzz/corpus/manifest_fuzz")
for name in os.listdir(corpus):
    shutil.copy(os.path.join(corpus, name), "bad/corpus-" + name)
EOF
refusals() {
    "$SAME" refusals bad/* >here && web refusals bad/* >there && cmp here there && [ "$(wc -l <here)" -gt 300 ] &&
        grep -q ': accepted' here && [ "$(sed 's/^[^:]*: //' here | sort -u | wc -l)" -gt 25 ]
}
ok 'the same manifests are refused, for the same reasons' refusals
finish
