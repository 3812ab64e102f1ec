"""Whether JSON responses have the form that OpenSubsonic publishes (openapi/schemas of opensubsonic/open-subsonic-api, November 2026).

`opensubsonic.py FILE` reads responses, one after the other; it prints what is wrong and ends with 1. It knows the types that
stretto-subsonic sends. A key that the schemas do not have is an error too: it would be a misspelled one.
"""

import json
import re
import sys

TEXT, NUMBER, FLAG, DATE = "text", "number", "flag", "date"
# a required key has a star; a list of a type is [type]
TYPES = {
    "ArtistID3": {"id*": TEXT, "name*": TEXT, "coverArt": TEXT, "artistImageUrl": TEXT, "albumCount": NUMBER, "musicBrainzId": TEXT,
                  "sortName": TEXT, "roles": [TEXT]},
    "ArtistWithAlbumsID3": {"id*": TEXT, "name*": TEXT, "coverArt": TEXT, "albumCount": NUMBER, "album*": ["AlbumID3"]},
    # the schema lacks the last two, which servers send and apps show
    "Artist": {"id*": TEXT, "name*": TEXT, "artistImageUrl": TEXT, "coverArt": TEXT, "albumCount": NUMBER},
    "AlbumID3": {"id*": TEXT, "name*": TEXT, "songCount*": NUMBER, "duration*": NUMBER, "created*": DATE, "artist": TEXT, "artistId": TEXT,
                 "year": NUMBER, "coverArt": TEXT, "playCount": NUMBER, "genre": TEXT, "played": DATE, "musicBrainzId": TEXT,
                 "artists": ["ArtistID3"], "displayArtist": TEXT, "sortName": TEXT, "isCompilation": FLAG, "song": ["Child"]},
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
    "OpenSubsonicExtension": {"name*": TEXT, "versions*": [NUMBER]},
    "Error": {"code*": (0, 10, 20, 30, 40, 41, 42, 43, 44, 50, 60, 70), "message": TEXT, "helpUrl": TEXT},
    "Response": {"status*": ("ok", "failed"), "version*": TEXT, "type*": TEXT, "serverVersion*": TEXT, "openSubsonic*": (True,),
                 "error": "Error", "artists": "ArtistsID3", "artist": "ArtistWithAlbumsID3", "album": "AlbumID3", "song": "Child",
                 "albumList2": "AlbumList2", "searchResult3": "SearchResult3", "randomSongs": "Songs", "indexes": "Indexes",
                 "directory": "Directory", "musicFolders": "MusicFolders", "license": "License", "tokenInfo": "TokenInfo",
                 "openSubsonicExtensions": ["OpenSubsonicExtension"]},
}  # fmt: skip
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


def main():
    text, at, count, found = open(sys.argv[1], encoding="utf-8").read(), 0, 0, set()
    while text[at:].strip():
        while text[at].isspace():
            at += 1
        response, at = json.JSONDecoder().raw_decode(text, at)
        found.update(wrong(response.get("subsonic-response"), "Response", "response"))
        count += 1
    print(f"{count} responses", *sorted(found), sep="\n")
    sys.exit(1 if found or not count else 0)


main()
