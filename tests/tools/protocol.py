"""Every request of stretto-protocol(7) against a server: python3 protocol.py URL STORE ID OTHER_ID FOLDER.

ID is the song named `song` (96, 160, 320 kbit/s, four chunks), OTHER_ID the one named `short`; FOLDER has KBPS.ogg, the first
song whole. Prints a line a row for `rows` of lib.sh.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import traceback

from wire import Wire

URL, STORE, ID, OTHER, FOLDER = sys.argv[1:6]
SONG = f"{STORE}/songs/{ID}"
CHUNK = f"/songs/{ID}/160/chunk_1.ogg"
STREAM = "/stream/song?kbps=160"
ROWS = []


def row(function):
    ROWS.append(function)
    return function


def read(path):
    with open(path, "rb") as file:
        return file.read()


def get(path, status=200, method="GET", **fields):
    """One request, whose answer has this status."""
    answer = wire.get(path, method, **fields)
    assert answer.status == status, f"{method} {path} {fields}: {answer.status}, not {status}: {answer.fields} {answer.body[:200]}"
    return answer


def same(got, wanted):
    assert got == wanted, f"got {got!r:.300}, not {wanted!r:.300}"


@row
def a_name_means_an_id():
    answer = get("/names/song")
    same(answer.body.decode().strip(), ID)
    assert answer["cache-control"].startswith("public, max-age=60")
    get("/names/nobody", 404)


@row
def manifests_by_id_and_name():
    for song in (ID, "song"):
        answer = get(f"/songs/{song}/manifest.json")
        same(answer.body, read(f"{SONG}/manifest.json"))
        same(answer["content-type"], "application/json")
        assert answer["cache-control"].startswith("public, max-age=60, stale-while-revalidate")


@row
def manifests_compressed_when_asked():
    plain = get("/songs/song/manifest.json")
    for value in ("gzip", "br, gzip", "gzip;q=0.1"):
        small = get("/songs/song/manifest.json", Accept_Encoding=value)
        same(small["content-encoding"], "gzip")
        same(gzip.decompress(small.body), plain.body)
        assert small["etag"] != plain["etag"]
        assert len(small.body) < 0.75 * len(plain.body)
    for value in ("gzip;q=0", "br", "identity", "gzip;q=0.000"):
        same(get("/songs/song/manifest.json", Accept_Encoding=value).body, plain.body)
    for answer in (plain, small):
        same(answer["vary"], "Accept-Encoding")
    same(get("/songs/song/manifest.json", 304, Accept_Encoding="gzip", If_None_Match=small["etag"])["etag"], small["etag"])
    get("/songs/song/manifest.json", 304, If_None_Match=plain["etag"])


@row
def every_chunk_and_index_for_ever():
    for kbps in (96, 160, 320):
        for name in ["index"] + [f"chunk_{k}.ogg" for k in range(4)]:
            answer = get(f"/songs/{ID}/{kbps}/{name}")
            same(answer.body, read(f"{SONG}/{kbps}/{name}"))
            same(answer["cache-control"], "public, max-age=31536000, immutable")
            same(answer["content-type"], "audio/ogg" if name != "index" else "application/octet-stream")


@row
def what_is_not_there_404():
    for path in (
        f"{ID}/96/chunk_4.ogg", f"{ID}/97/chunk_0.ogg", f"{ID}/096/chunk_0.ogg", f"{ID}/96/chunk_00.ogg", f"{ID}/96/chunk_.ogg",
        f"{ID}/96/chunk_99999999999999999999.ogg", f"{ID}/96/", f"{ID}/96", "nobody/chunk_0.ogg", "song/chunk_4.ogg", "song/chunk_-1.ogg",
        "song/96/chunk_0.ogg", "song", "", "song/manifest.json/", "Song/manifest.json", "../names/song",
    ):  # fmt: skip
        get(f"/songs/{path}", 400 if ".." in path else 404)
    for path in ("/stream/nobody?kbps=96", "/nothing", "/names/", "/stream/", "//songs", "/SONGS"):
        get(path, 404)


@row
def a_bitrate_in_a_field_good_and_bad():
    for value, kbps in (
        ("96", 96), ("95", 96), ("1", 96), ("159", 96), ("160", 160), ("319", 160), ("320", 320), ("  320  ", 320), ("65535", 320),
        ("65536", 160), ("0", 160), ("-320", 160), ("+320", 160), ("0320", 160), ("320.0", 160), ("3e2", 160), ("320kbps", 160),
        ("high", 160), ("96, 320", 160), ("9" * 20, 160), ("", 160),
    ):  # fmt: skip
        answer = get("/songs/song/chunk_1.ogg", X_User_Bitrate=value)
        same((value, answer["x-bitrate"]), (value, str(kbps)))
        same(answer.body, read(f"{SONG}/{kbps}/chunk_1.ogg"))
        assert "x-user-bitrate" in answer["vary"].lower()
    by_id, by_name = get(f"/songs/{ID}/chunk_0.ogg"), get("/songs/song/chunk_0.ogg")
    same(by_id.body, read(f"{SONG}/160/chunk_0.ogg"))
    assert "immutable" in by_id["cache-control"] and by_name["cache-control"] == "public, max-age=60"


@row
def a_whole_song_its_exact_length():
    for asked, kbps in ((96, 96), (160, 160), (320, 320), (319, 160), (7, 96), (65535, 320)):
        for song in (ID, "song"):
            answer = get(f"/stream/{song}?kbps={asked}")
            same(answer.body, read(f"{FOLDER}/{kbps}.ogg"))
            same((answer["content-length"], answer["x-bitrate"]), (str(len(answer.body)), str(kbps)))
            same(answer["content-type"], "audio/ogg")


@row
def without_a_bitrate_one_is_chosen():
    for n, (fields, kbps) in enumerate((
        ({"Save-Data": "on", "Downlink": "10"}, 45), ({"Save-Data": "off", "Downlink": "2.1"}, 320), ({"Downlink": "2"}, 160),
        ({"Downlink": "0.6"}, 160), ({"Downlink": "0.5"}, 96), ({"Downlink": "0.12"}, 45),
    )):  # fmt: skip
        # once for an address and a song, whatever the client says of itself later
        for wishes in fields, {"Downlink": "10"}, {"Save-Data": "on"}:
            answer = get(f"/stream/wish-{n}", 307, **wishes)
            same((n, wishes, answer["location"]), (n, wishes, f"/stream/wish-{n}?kbps={kbps}"))
            same(answer["cache-control"], "no-store")
    for query in ("kbps=", "kbps=x", "kbps=-1", "kbps=0", "kbps=1e3"):
        assert get(f"/stream/song?{query}", 307, Downlink="x")["location"] in [f"/stream/song?kbps={kbps}" for kbps in (45, 96, 160, 320)]


def ranges_of(path, oracle):
    size, tag = len(oracle), get(path, method="HEAD")["etag"]
    for asked, first, last in (("0-99", 0, 99), ("5000-", 5000, size - 1), ("-77", size - 77, size - 1), ("7000-7000", 7000, 7000), ("0-99999999", 0, size - 1), ("-99999999", 0, size - 1)):  # fmt: skip
        for fields in ({}, {"If-Range": tag}):
            answer = get(path, 206, Range=f"bytes={asked}", **fields)
            same(answer.body, oracle[first : last + 1])
            same(answer["content-range"], f"bytes {first}-{last}/{size}")
        for other in ('"x"', "W/" + tag, "Thu, 01 Jan 2026 00:00:00 GMT", "nonsense"):
            same(get(path, Range=f"bytes={asked}", If_Range=other).body, oracle)
    same(get(path, 416, Range=f"bytes={size}-")["content-range"], f"bytes */{size}")
    same(get(path, Range="bytes=9-2").body, oracle)


@row
def ranges_and_if_range_of_a_chunk():
    ranges_of(CHUNK, read(f"{SONG}/160/chunk_1.ogg"))


@row
def ranges_and_if_range_of_a_song():
    ranges_of("/stream/song?kbps=320", read(f"{FOLDER}/320.ogg"))


@row
def head_tells_what_get_would():
    for path in (CHUNK, STREAM, "/songs/song/manifest.json", "/songs/song/chunk_1.ogg", "/names/song", "/songs", "/"):
        changing = ("date", "age", "cache-status", "x-cache")
        # sorted: a revalidation between two of them puts the fields of its response last
        told = [sorted(field for field in get(path, method=method, **fields).fields if field[0] not in changing) for method, fields in (("GET", {}), ("HEAD", {}), ("HEAD", {"Range": "bytes=0-9"}))]
        same(told[1], told[0])
        same(told[2], told[0])


@row
def what_is_known_304_what_is_not_412():
    for path in (CHUNK, STREAM, "/names/song", "/songs/song/chunk_1.ogg", "/songs/song/manifest.json"):
        tag = get(path)["etag"]
        for match in (tag, "W/" + tag, f'"a", {tag} , "b"', "*"):
            for method in ("GET", "HEAD"):
                same(get(path, 304, method, If_None_Match=match)["etag"], tag)
        get(path, If_None_Match='"a"')
        get(path, 304, If_None_Match=tag, Range="bytes=0-9")
        get(path, 412, If_Match='"a"')
        get(path, 412, If_Match="W/" + tag)
        get(path, If_Match=tag)


@row
def scripts_of_other_pages_may_ask():
    for path in (CHUNK, STREAM, "/songs/song/manifest.json", "/names/song", "/songs", "/songs/song/chunk_0.ogg"):
        answer = get(path, 204, "OPTIONS", Origin="http://elsewhere", Access_Control_Request_Method="GET", Access_Control_Request_Headers="range")
        same(answer["access-control-allow-origin"], "*")
        for name in ("Range", "If-Range", "If-None-Match", "X-User-Bitrate", "X-Cache-Key", "CMCD-Request"):
            assert name in answer["access-control-allow-headers"]
        same(get(path, Origin="http://elsewhere")["access-control-allow-origin"], "*")
    for name in ("Content-Range", "ETag", "Cache-Status"):
        assert name in get(CHUNK, 206, Range="bytes=0-1")["access-control-expose-headers"]


@row
def and_learn_why_not():
    for path, status, fields in ((CHUNK, 416, {"Range": "bytes=99999999-"}), (STREAM, 416, {"Range": "bytes=99999999-"}), (CHUNK.replace("_1", "_9"), 404, {}), ("/songs/nobody/chunk_9.ogg", 404, {}), ("/songs?limit=x", 400, {}), (CHUNK, 412, {"If-Match": '"a"'})):  # fmt: skip
        same(get(path, status, **fields)["access-control-allow-origin"], "*")


def names(path):
    listed = json.loads(get(path).body)
    return [song["names"][0] for song in listed["songs"]], listed["next"]


@row
def the_list_of_songs_page_by_page():
    same(names("/songs"), (["short", "song"], None))
    same(names("/songs?limit=1"), (["short"], OTHER))
    same(names(f"/songs?limit=1&after={OTHER}"), (["song"], None))
    same(names(f"/songs?after={ID}"), ([], None))
    song = json.loads(get("/songs").body)["songs"][1]
    same((song["id"], song["artist"], song["title"], song["bitrates"], song["seconds"]), (ID, "The Tones", "A sweep with noise", [96, 160, 320], 35))
    for query in ("limit=0", "limit=1001", "limit=x", "limit=-1", "limit=", "after=nobody"):
        get(f"/songs?{query}", 400)


@row
def searched():
    for words, found in (("sweep", ["short", "song"]), ("SWEEP+noise", ["song"]), ("another%20short", ["short"]), ("nothing", []), (ID, ["song"]), ("%22", []), ("%00", []), ("", ["short", "song"])):  # fmt: skip
        same((words, names(f"/songs?q={words}")[0]), (words, found))


@row
def a_page_for_people():
    answer = get("/")
    same(answer["content-type"], "text/html; charset=utf-8")
    policy = answer["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy, policy
    # the policy names the very texts between the tags
    for tag in ("style", "script"):
        text = re.search(f"<{tag}>(.*?)</{tag}>".encode(), answer.body, re.DOTALL).group(1)
        assert len(text) > 5000 and f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" in policy, (tag, policy)


@row
def the_page_and_its_files_compressed_when_asked():
    web = re.search(rb"load_core\('([^']*)'", get("/").body).group(1).decode()
    for path in ["/"] + [web + file for file in ("worker.js", "sound.js", "links.js", "core.wasm") if web]:
        plain, small = get(path), get(path, Accept_Encoding="br, gzip")
        same((small["content-encoding"], plain["content-encoding"]), ("gzip", None))
        same(gzip.decompress(small.body), plain.body)
        assert len(small.body) < 0.5 * len(plain.body), (path, len(small.body), len(plain.body))
        assert small["etag"] != plain["etag"], path
        for answer, coding in ((plain, "identity"), (small, "gzip")):
            same(answer["vary"], "Accept-Encoding")
            same(answer["repr-digest"], f"sha-256=:{base64.b64encode(hashlib.sha256(answer.body).digest()).decode()}:")
            known = get(path, 304, Accept_Encoding=coding, If_None_Match=answer["etag"])
            same((known.body, known["etag"], known["vary"]), (b"", answer["etag"], "Accept-Encoding"))
            other = small if answer is plain else plain
            same(get(path, Accept_Encoding=coding, If_None_Match=other["etag"]).body, answer.body)


@row
def health_and_statistics():
    answer = get("/healthz")
    same((answer.body, answer["cache-control"]), (b"ok\n", "no-store"))
    told = json.loads(get("/stats.json").body)
    assert told["role"] and told["requests_total"] > 100 and told["responses_total"]["2xx"] > 100, told
    same(get("/metrics")["content-type"], "text/plain; version=0.0.4; charset=utf-8")


@row
def methods_that_change_things_405():
    for path in (CHUNK, "/songs", "/names/song", "/stream/song", "/healthz", "/", "/songs/song/chunk_0.ogg"):
        for method in ("POST", "PUT", "DELETE", "PATCH", "FOO"):
            for body in (b"", b"x", b"y" * 70000):
                assert "GET, HEAD" in get(path, 405, method, body=body)["allow"]


if __name__ == "__main__":
    for function in ROWS:
        name = function.__name__.replace("_", " ")
        try:
            with Wire(URL) as wire:
                function()
            print("ok", name, flush=True)
        except Exception:
            print("not ok", name)
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()[-6:]), end="", flush=True)
