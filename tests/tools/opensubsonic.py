"""Whether responses have the form that OpenSubsonic publishes (openapi/ of opensubsonic/open-subsonic-api, November 2026).

`opensubsonic.py FOLDER METHOD...` reads responses from files REQUEST/METHOD.json and METHOD.xml there; it prints what is wrong and ends
with 1. Of a request, both say the same. Each METHOD must be there in both formats, with what it is to answer and with an error.
A key that the schemas do not have is an error too: it would be a misspelled one.
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TEXT, NUMBER, FLAG, DATE = "text", "number", "flag", "date"
# a required key has a star; a list of a type is [type]
TYPES = {
    "ArtistID3": {"id*": TEXT, "name*": TEXT, "coverArt": TEXT, "artistImageUrl": TEXT, "albumCount": NUMBER, "musicBrainzId": TEXT,
                  "sortName": TEXT, "roles": [TEXT]},
    "AlbumID3WithSongs": {"song*": ["Child"]},  # and what AlbumID3 has, see below
    "ArtistWithAlbumsID3": {"id*": TEXT, "name*": TEXT, "coverArt": TEXT, "albumCount": NUMBER, "album*": ["AlbumID3"]},
    # the schema lacks the last two, which servers send and apps show
    "Artist": {"id*": TEXT, "name*": TEXT, "artistImageUrl": TEXT, "coverArt": TEXT, "albumCount": NUMBER},
    "AlbumID3": {"id*": TEXT, "name*": TEXT, "songCount*": NUMBER, "duration*": NUMBER, "created*": DATE, "artist": TEXT, "artistId": TEXT,
                 "year": NUMBER, "coverArt": TEXT, "playCount": NUMBER, "genre": TEXT, "played": DATE, "musicBrainzId": TEXT,
                 "artists": ["ArtistID3"], "displayArtist": TEXT, "sortName": TEXT, "isCompilation": FLAG},
    "Child": {"id*": TEXT, "isDir*": FLAG, "title*": TEXT, "parent": TEXT, "album": TEXT, "artist": TEXT, "track": NUMBER, "year": NUMBER,
              "coverArt": TEXT, "size": NUMBER, "contentType": TEXT, "suffix": TEXT, "duration": NUMBER, "bitRate": NUMBER,
              "bitDepth": NUMBER, "samplingRate": NUMBER, "channelCount": NUMBER, "path": TEXT, "playCount": NUMBER, "discNumber": NUMBER,
              "created": DATE, "albumId": TEXT, "artistId": TEXT, "type": ("music", "podcast", "audiobook", "video"),
              "mediaType": ("song", "album", "artist"), "isVideo": FLAG, "artists": ["ArtistID3"], "displayArtist": TEXT,
              "albumArtists": ["ArtistID3"], "displayAlbumArtist": TEXT, "sortName": TEXT, "genre": TEXT},
    "IndexID3": {"name*": TEXT, "artist": ["ArtistID3"]},
    "ArtistsID3": {"ignoredArticles": TEXT, "index": ["IndexID3"]},
    "Index": {"name*": TEXT, "artist": ["Artist"]},
    "Indexes": {"ignoredArticles*": TEXT, "lastModified*": NUMBER, "index": ["Index"], "child": ["Child"]},
    "Directory": {"id*": TEXT, "name*": TEXT, "parent": TEXT, "child": ["Child"], "playCount": NUMBER},
    "SearchResult3": {"artist": ["ArtistID3"], "album": ["AlbumID3"], "song": ["Child"]},
    "AlbumList2": {"album": ["AlbumID3"]},
    "Songs": {"song": ["Child"]},
    "MusicFolders": {"musicFolder": ["MusicFolder"]},
    "MusicFolder": {"id*": NUMBER, "name": TEXT},
    "License": {"valid*": FLAG, "email": TEXT},
    "TokenInfo": {"username*": TEXT},
    "User": {"username*": TEXT, "scrobblingEnabled*": FLAG, "adminRole*": FLAG, "settingsRole*": FLAG, "downloadRole*": FLAG,
             "uploadRole*": FLAG, "playlistRole*": FLAG, "coverArtRole*": FLAG, "commentRole*": FLAG, "podcastRole*": FLAG,
             "streamRole*": FLAG, "jukeboxRole*": FLAG, "shareRole*": FLAG, "videoConversionRole*": FLAG, "folder": [NUMBER],
             "maxBitRate": NUMBER, "email": TEXT},
    "Genres": {"genre": ["Genre"]},
    "Genre": {"value*": TEXT, "songCount*": NUMBER, "albumCount*": NUMBER},
    "OpenSubsonicExtension": {"name*": TEXT, "versions*": [NUMBER]},
    "Error": {"code*": (0, 10, 20, 30, 40, 41, 42, 43, 44, 50, 60, 70), "message": TEXT, "helpUrl": TEXT},
    "Response": {"status*": ("ok", "failed"), "version*": TEXT, "type*": TEXT, "serverVersion*": TEXT, "openSubsonic*": (True,)},
}  # fmt: skip
TYPES["AlbumID3WithSongs"].update(TYPES["AlbumID3"])
# what a method answers beside the keys of Response: a key and its type, or nothing
ANSWERS = {
    "ping": {}, "scrobble": {}, "getLicense": {"license*": "License"}, "tokenInfo": {"tokenInfo*": "TokenInfo"},
    "getOpenSubsonicExtensions": {"openSubsonicExtensions*": ["OpenSubsonicExtension"]}, "getUser": {"user*": "User"},
    "getMusicFolders": {"musicFolders*": "MusicFolders"}, "getArtists": {"artists*": "ArtistsID3"},
    "getArtist": {"artist*": "ArtistWithAlbumsID3"}, "getAlbum": {"album*": "AlbumID3WithSongs"}, "getSong": {"song*": "Child"},
    "getAlbumList2": {"albumList2*": "AlbumList2"}, "getRandomSongs": {"randomSongs*": "Songs"}, "getGenres": {"genres*": "Genres"},
    "getIndexes": {"indexes*": "Indexes"}, "getMusicDirectory": {"directory*": "Directory"},
    "search3": {"searchResult3*": "SearchResult3"},
}  # fmt: skip
BYTES = ("stream", "download", "getCoverArt")  # what is no error is no text
NEVER_FAIL = ("getOpenSubsonicExtensions",)
NAMESPACE = "{http://subsonic.org/restapi}"
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def wrong(value, wanted, at):
    """What of a value is not as wanted."""
    if isinstance(wanted, tuple):
        return [] if value in wanted else [f"{at}: {value!r} is none of {wanted}"]
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        return [w for i, one in enumerate(value) for w in wrong(one, wanted[0], f"{at}[{i}]")]
    if wanted in TYPES:
        if not isinstance(value, dict):
            return [f"{at}: not an object"]
        known = {key.rstrip("*"): kind for key, kind in TYPES[wanted].items()}
        out = [f"{at}: no {key[:-1]}" for key in TYPES[wanted] if key[-1] == "*" and key[:-1] not in value]
        out += [f"{at}: unknown key {key}" for key in value if key not in known]
        return out + [w for key in value if key in known for w in wrong(value[key], known[key], f"{at}.{key}")]
    good = {
        TEXT: isinstance(value, str),
        FLAG: isinstance(value, bool),
        NUMBER: isinstance(value, int) and not isinstance(value, bool),
        DATE: isinstance(value, str) and bool(DATE_TIME.fullmatch(value)),
    }[wanted]
    return [] if good else [f"{at}: {value!r} is no {wanted}"]


def scalar(text, kind):
    """An attribute as JSON has it; what it cannot be stays a text, which is wrong then."""
    if kind in (NUMBER,) and re.fullmatch(r"-?\d+", text):
        return int(text)
    if isinstance(kind, tuple) and all(isinstance(one, int) and not isinstance(one, bool) for one in kind) and re.fullmatch(r"\d+", text):
        return int(text)
    if (kind == FLAG or kind == (True,)) and text in ("true", "false"):
        return text == "true"
    return text


def of_xml(element, kind, kinds):
    """An element as JSON has it: attributes are scalars, elements are objects, repeated ones lists."""
    if kind not in kinds:
        assert not element.attrib and not len(element), f"{element.tag} is to be a {kind}"
        return scalar(element.text or "", kind)
    known = {key.rstrip("*"): one for key, one in kinds[kind].items()}
    out = {}
    for key, text in element.attrib.items():
        assert not isinstance(known.get(key), list) and known.get(key) not in kinds, f"{key} is an attribute"
        out[key] = scalar(text, known.get(key))
    assert not (element.text or "").strip(), f"text in {element.tag}: {element.text!r}"
    for child in element:
        assert child.tag.startswith(NAMESPACE), f"{child.tag} is of another namespace"
        key = child.tag[len(NAMESPACE) :]
        one = known.get(key)
        if isinstance(one, list):
            out.setdefault(key, []).append(of_xml(child, one[0], kinds))
        else:
            assert key not in out and one in kinds, f"{key} is an element, or there are two"
            out[key] = of_xml(child, one, kinds)
    # none of a list is no element
    return {**{key[:-1]: [] for key, one in kinds[kind].items() if key[-1] == "*" and isinstance(one, list)}, **out}


def response(path, kinds):
    """The content of `subsonic-response`."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        whole = json.loads(text)
        assert list(whole) == ["subsonic-response"], list(whole)
        return whole["subsonic-response"]
    root = ElementTree.fromstring(text)
    assert root.tag == NAMESPACE + "subsonic-response", root.tag
    return of_xml(root, "Response", kinds)


def comparable(value):
    """Without what XML cannot say (a list without elements) and what is another each time."""
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in value.items() if one != [] and key != "lastModified"}
    return [comparable(one) for one in value] if isinstance(value, list) else value


def look(path, failed):
    """What is wrong with a response, and its content."""
    method = path.stem
    answer = {"error*": "Error"} if failed else ANSWERS.get(method)
    if answer is None:
        return [f"{path}: a response of an unknown method"], None
    TYPES["Answer"] = {**TYPES["Response"], **answer}
    try:
        content = response(path, {**TYPES, "Response": TYPES["Answer"]})
        found = wrong(content, "Answer", method)
    except (AssertionError, ValueError, ElementTree.ParseError) as error:
        return [f"{path}: {error}"], None
    if content.get("status") != ("failed" if failed else "ok"):
        found.append(f"{method}: status {content.get('status')!r}")
    return [f"{path.suffix[1:]} of {one}" for one in found], content


def main():
    folder, methods = pathlib.Path(sys.argv[1]), sys.argv[2:]
    found, seen = set(), set()
    for request in sorted(folder.iterdir()):
        failed = request.name.startswith("failed")
        contents = {}
        for path in sorted(request.iterdir()):
            problems, contents[path.suffix] = look(path, failed)
            found.update(problems)
            seen.add((path.stem, path.suffix, failed))
        if len(contents) == 2 and None not in contents.values() and "random" not in request.name.lower():
            one, other = (comparable(content) for content in contents.values())
            if one != other:
                found.add(f"{request.name}: JSON and XML differ: {one!r:.300} {other!r:.300}")
    for method in methods:
        for suffix in (".json", ".xml"):
            for failed in (False, True):
                needless = (method in BYTES and not failed) or (method in NEVER_FAIL and failed)
                if not needless and (method, suffix, failed) not in seen:
                    found.add(f"{method} was not seen as {suffix[1:]} {'failing' if failed else 'in success'}")
    print(f"{len(seen)} kinds of responses", *sorted(found), sep="\n")
    sys.exit(1 if found or not methods or not seen else 0)


main()
