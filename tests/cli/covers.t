#!/bin/sh
# Covers: pictures in files or in their directory, through encode, chunk and publish, to the clients.
. ./tests/lib.sh
tone a.wav 1
ffmpeg -v error -f lavfi -i testsrc2=size=1000x800 -frames:v 1 -q:v 2 wide.jpg
ffmpeg -v error -f lavfi -i mandelbrot=size=300x500 -frames:v 1 tall.png
ffmpeg -v error -f lavfi -i testsrc=size=64x64 -frames:v 1 small.png
song() { stretto-encode -b 96 "$@" | stretto-chunk | stretto-publish --retag "${store:-store}"; }
manifest() { printf '%s' "${store:-store}/songs/$1/manifest.json"; }
cover() {
    printf '%s' "${store:-store}/songs/$1/cover/$(jq -r ".covers[] | select(.px == $2) | .sha256" "$(manifest "$1")").jpg"
} # ID PX: its file
size() { ffprobe -v error -show_entries stream=width,height,codec_name -of csv=p=0 "$1"; }
is() { # ID PX WIDTH HEIGHT: a JPEG of this size, as the manifest says, under its own hash
    file=$(cover "$1" "$2") &&
        test "$(size "$file")" = "mjpeg,$3,$4" &&
        test "$(sha256sum <"$file" | cut -d ' ' -f 1).jpg" = "${file##*/}" &&
        equals "$(jq -c ".covers[] | select(.px == $2) | [.width, .height, .bytes]" "$(manifest "$1")")" \
            "[$3,$4,$(wc -c <"$file")]"
}
like() { # FILE PICTURE: what ffmpeg makes of the picture at that size, nearly
    ffmpeg -v info -i "$1" -i "$2" -lavfi \
        '[1][0]scale2ref=flags=area[b][a];[a]format=yuvj420p[a];[b]format=yuvj420p[b];[a][b]psnr' -f null - \
        2>psnr </dev/null &&
        psnr=$(sed -n 's/.*average:\([0-9]*\|inf\).*/\1/p' psnr) &&
        [ "$psnr" = inf ] ||
        [ "$psnr" -ge 28 ] || { cat psnr; return 1; }
}

# --- each container that holds pictures
plain=$(song a.wav)
ok 'a song without a picture has no covers' eval 'exits 1 grep covers "$(manifest "$plain")"'
flac -sf --picture=wide.jpg -o in.flac a.wav
lame --quiet --ti wide.jpg a.wav in.mp3
opusenc --quiet --picture wide.jpg a.wav in.opus
ffmpeg -v error -i a.wav -i wide.jpg -map 0 -map 1 -c:v copy -disposition:v attached_pic in.m4a
ffmpeg -v error -i a.wav -c:a flac -attach wide.jpg -metadata:s:t mimetype=image/jpeg in.mka
oggenc -Q -o in.ogg a.wav
wavpack -qy --write-binary-tag 'Cover Art (Front)=@wide.jpg' a.wav -o in.wv
python3 - >comments <<'END' # the front cover is the second picture
import base64, struct
for type, mime, file in (4, b"image/png", "tall.png"), (3, b"image/jpeg", "wide.jpg"):
    data = open(file, "rb").read()
    block = struct.pack(">II", type, len(mime)) + mime + struct.pack(">I", 4) + b"said"
    block += struct.pack(">IIIII", 0, 0, 0, 0, len(data)) + data
    print("METADATA_BLOCK_PICTURE=" + base64.b64encode(block).decode())
END
vorbiscomment -w -R -c comments in.ogg
for format in flac mp3 opus m4a mka ogg wv; do
    id=$(song in.$format)
    ok "the picture in $format: 96 and 600 pixels" eval 'is "$id" 96 96 77 && is "$id" 600 600 480'
    ok "the picture in $format is the same picture" eval \
        'like "$(cover "$id" 600)" wide.jpg && like "$(cover "$id" 96)" wide.jpg'
done
by_itself() {
    id=$(stretto-chunk in.ogg | stretto-publish foreign) &&
        store=foreign is "$id" 96 96 77 &&
        store=foreign is "$id" 600 600 480 &&
        store=foreign like "$(store=foreign cover "$id" 600)" wide.jpg
}
ok 'chunk alone takes the picture in an Ogg Vorbis file' by_itself
seen() {
    stretto-encode in.flac >all.ogg &&
        test "$(ffprobe -v error -select_streams v -show_entries stream=codec_name,width -of csv=p=0 all.ogg)" = mjpeg,600 &&
        oggz-validate all.ogg
}
ok 'other programs see the cover in the output of encode' seen
ok 'the store is complete' stretto-publish --verify store

# --- a picture in the directory
outside() {
    equals "$(song --cover tall.png a.wav)" "$plain" &&
        is "$plain" 600 300 500 &&
        is "$plain" 96 58 96 &&
        like "$(cover "$plain" 600)" tall.png
}
ok '--cover; the id proves the audio and stays' outside
instead() { id=$(song --cover tall.png in.flac) && is "$id" 600 300 500; }
ok '--cover replaces the picture inside' instead
none() {
    id=$(song --no-cover in.flac) &&
        exits 1 grep covers "$(manifest "$id")" &&
        test ! -e "store/songs/$id/cover"
}
ok '--no-cover omits the picture inside, and publishing again removes the cover' none
once() {
    id=$(song --cover small.png a.wav) &&
        is "$id" 96 64 64 &&
        test "$(jq '.covers | length' "$(manifest "$id")")" -eq 1
}
ok 'a small picture is not enlarged, and stored once' once
again() {
    song --cover tall.png a.wav >/dev/null &&
        cp "$(cover "$plain" 600)" first.jpg &&
        song --cover tall.png a.wav >/dev/null &&
        cmp first.jpg "$(cover "$plain" 600)"
}
ok 'the same picture gives the same bytes' again
kinds() {
    for kind in png gif bmp webp jpg; do
        ffmpeg -v error -y -i wide.jpg kind.$kind &&
            id=$(song --cover kind.$kind a.wav) &&
            is "$id" 600 600 480 &&
            like "$(cover "$id" 600)" wide.jpg || { echo $kind; return 1; }
    done
}
ok 'PNG, GIF, BMP, WebP and JPEG' kinds
see_through() {
    ffmpeg -v error -y -f lavfi -i color=black@0:size=100x100,format=rgba -frames:v 1 clear.png &&
        id=$(song --cover clear.png a.wav) &&
        test "$(ffmpeg -v error -i "$(cover "$id" 600)" -f rawvideo -pix_fmt gray - </dev/null |
            od -An -tu1 -v | tr -s ' ' '\n' | sort -u | tr -d '\n')" = 255
}
ok 'transparent pixels become white' see_through
secret() { # a position in EXIF, a comment and a colour profile are not published
    python3 -c '
data = open("small.jpg", "rb").read()
segment = lambda m, body: b"\xff" + bytes([m]) + (len(body) + 2).to_bytes(2, "big") + body
open("told.jpg", "wb").write(data[:2] + segment(0xe1, b"Exif\0\0GPS52.5N") + segment(0xfe, b"GPS52.5N") + data[2:] + b"GPS52.5N")' &&
        id=$(song --cover told.jpg a.wav) &&
        is "$id" 96 64 64 &&
        exits 1 grep -rqa GPS52 "store/songs/$id"
}
ffmpeg -v error -i small.png small.jpg
ok 'only the picture is published, without other data' secret

# --- files that are not pictures
head -c 3000 wide.jpg >cut.jpg
head -c 5000 /dev/urandom >noise.jpg
flac -sf --picture='3|image/jpeg||600x600x24|noise.jpg' -o noise.flac a.wav
quiet() { "$@" >/dev/null; }
ok '--cover with a missing file: 66' exits 66 quiet stretto-encode --cover none.jpg a.wav
ok '--cover with a file that is not a picture: 65' exits 65 quiet stretto-encode --cover a.wav a.wav
ok '--cover with a truncated picture: 65' exits 65 quiet stretto-encode --cover cut.jpg a.wav
ok '--cover and --no-cover: 64' exits 64 quiet stretto-encode --cover wide.jpg --no-cover a.wav
bomb() { # 60,000 x 60,000 pixels in 200 bytes
    python3 -c '
import struct, zlib
chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
open("bomb.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b""))' &&
        exits 65 quiet stretto-encode --cover bomb.png a.wav
}
ok 'a picture that would take gigabytes: 65' bomb
left_out() {
    id=$(song noise.flac 2>said) &&
        exits 1 grep covers "$(manifest "$id")" &&
        grep -q "cover of noise.flac': .*picture.*(passed over)" said
}
ok 'a picture inside that cannot be decoded is left out, with a reason' left_out

# --- untrusted bundles
stretto-encode -b 96 in.flac | stretto-chunk >good.tar
forge() { # PYTHON: changes `entries`, a dictionary of path to bytes
    python3 - "$1" <<'END'
import io, json, sys, tarfile, hashlib
tar = tarfile.open("good.tar")
entries = {m.name: tar.extractfile(m).read() for m in tar}
manifest = json.loads(entries.pop("manifest.json"))
small, large = [f"cover/{c['sha256']}.jpg" for c in manifest["covers"]]
def put(bytes): # replaces the large picture
    del entries[large]
    hash = hashlib.sha256(bytes).hexdigest()
    entries[f"cover/{hash}.jpg"] = bytes
    manifest["covers"][1].update(sha256=hash, bytes=len(bytes))
exec(sys.argv[1])
entries["manifest.json"] = json.dumps(manifest).encode()
with tarfile.open("bad.tar", "w") as out:
    for name, bytes in entries.items():
        info = tarfile.TarInfo(name)
        info.size = len(bytes)
        out.addfile(info, io.BytesIO(bytes))
END
}
refused() { forge "$1" && exits 65 stretto-publish bad bad.tar; }
ok 'an unchanged bundle is accepted' eval 'forge pass && stretto-publish fine bad.tar'
ok 'another picture under the same hash: 65' refused 'entries[large] = entries[small]'
ok 'a missing picture: 65' refused 'del entries[large]'
ok 'a picture that the manifest does not name: 65' refused 'del manifest["covers"]'
ok 'a wrong size: 65' refused 'manifest["covers"][1]["height"] += 1'
ok 'a picture too large for its name: 65' refused \
    'manifest["covers"][0], manifest["covers"][1] = dict(manifest["covers"][1], px=96), dict(manifest["covers"][0], px=600)'
ok 'a page of HTML instead of a picture: 65' refused 'put(b"<script>alert(1)</script>")'
ok 'a picture with bytes after its end: 65' refused 'put(entries[large] + b"<script>")'
ok 'a picture with a comment in it: 65' refused 'put(entries[large][:2] + b"\xff\xfe\0\6<b>x" + entries[large][2:])'
ok 'none of these pictures is in the store' eval 'test -z "$(ls bad/songs 2>/dev/null)"'

# --- served to clients
id=$(song in.flac)
start stretto-serve store
origin=$url
path=/songs/$id/cover/$(basename "$(cover "$id" 600)")
get() { curl -sS -m 20 -D head -o body "$@"; }
field() { grep -qi "^$1: $2" head || { cat head; return 1; }; }
served() {
    get "$1$path" &&
        cmp body "$(cover "$id" 600)" &&
        field content-type image/jpeg &&
        field cache-control '.*max-age=31536000, immutable' &&
        field x-content-type-options nosniff
}
ok 'an origin serves the cover as immutable' served "$origin"
unchanged() {
    etag=$(sed -n 's/^etag: \(.*\)\r/\1/Ip' head) &&
        get -H "If-None-Match: $etag" "$origin$path" &&
        grep -q '^HTTP/1.1 304' head
}
ok '304 for a client that has the cover' unchanged
told() {
    equals "$(curl -s "$origin/songs?limit=1000" | jq -r ".songs[] | select(.id == \"$id\") | .covers[\"600\"]")" "$path"
}
ok '/songs contains the path of the cover' told
ok 'another hash: 404' eval \
    'get "$origin/songs/$id/cover/$(echo | sha256sum | cut -d " " -f 1).jpg" && grep -q "^HTTP/1.1 404" head'
start stretto-serve "$origin" --cache cache
ok 'an edge serves the cover' served "$url"
ok 'and caches it' eval 'served "$url" && field x-cache HIT'
wrong=$(cover "$id" 96)
printf x | dd of="$wrong" bs=1 seek=100 conv=notrunc 2>/dev/null
ok 'an edge does not forward a picture that does not match its hash' eval '! get -f "$url/songs/$id/cover/${wrong##*/}"'
damaged() { exits 1 stretto-publish --verify store >list && grep -q "^songs/$id/cover/${wrong##*/}" list; }
ok '--verify finds the damage' damaged
ok 'publishing again repairs it' eval 'song in.flac && stretto-publish --verify store'

# --- a directory of music
mkdir -p music/one music/two
cp in.flac music/one/inside.flac
cp wide.jpg music/two/Cover.JPG
cp tall.png music/one/folder.png
sox a.wav music/two/b.wav gain -1
sox a.wav music/one/c.wav gain -2
all() { stretto-publish -b 96 music lib >list 2>said; }
of() { awk -F '\t' -v f="music/$1" '$2 == f {print $1}' list; }
beside() {
    all &&
        store=lib &&
        is "$(of one/inside.flac)" 600 600 480 &&
        is "$(of one/c.wav)" 600 300 500 &&
        is "$(of two/b.wav)" 600 600 480
}
ok 'a picture in the directory is the cover of files without a picture' beside
changed() {
    cp tall.png music/two/cover.png &&
        rm music/two/Cover.JPG &&
        all &&
        grep -q '1 published' said &&
        store=lib &&
        is "$(of two/b.wav)" 600 300 500
}
ok 'a new picture in the directory is published' changed
unset store
finish
