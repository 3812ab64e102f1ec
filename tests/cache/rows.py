"""The table: one row for each requirement on a shared cache, with the section that makes it.

`must` and `should` are the RFC's words; `may` marks what the RFC permits and a good cache does. A step without `origin` must be
answered without asking it. script.py explains the words.
"""

import time

from script import (
    ANY,
    answer,
    ask,
    down,
    get,
    gone,
    head,
    if_conditional,
    if_range,
    may,
    must,
    ok,
    post,
    raw,
    reset,
    should,
    unchanged,
    wait,
)

FRESH = "Cache-Control: max-age=60"
BRIEF = "Cache-Control: max-age=1"  # stale after a wait
STALE = "Cache-Control: max-age=0"
TAG = 'ETag: "a"'
WEAK = 'ETag: W/"a"'
OLD = "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT"  # heuristically fresh for a day
YESTERDAY = "Last-Modified: {-86400}"
DIGITS = "0123456789abcdef"
FAILED = (502, 503, 504)

# ---------------------------------------------------------------------------------------------------------------- storing

may("3", "a fresh response is stored and used again", get(origin=ok(FRESH)), get(), get())
may("3", "a Cookie in the request does not keep a stored response from being used", get(origin=ok(FRESH)), get("Cookie: a=b"))
may(
    "7.3",
    "Set-Cookie does not keep a response from being stored: its sender has Cache-Control for that",
    get(origin=ok("Cache-Control: public, max-age=60", "Set-Cookie: a=b")),
    get(),
)
for what, fields in {
    "heuristic freshness": [OLD],
    "no-cache": ["Cache-Control: no-cache", TAG],
    "max-age=0": [STALE, TAG],
    "Expires in the past": ["Expires: {-60}", TAG],
    "public without a lifetime": ["Cache-Control: public", OLD],
}.items():
    must(
        "7.3",
        f"a response with Set-Cookie and {what} is for one client",
        get(origin=ok(*fields, "Set-Cookie: a=1"), has=["Set-Cookie: a=1"]),
        get(origin=ok("Cache-Control: no-store", "Set-Cookie: a=2"), unsent=["If-None-Match"], has=["Set-Cookie: a=2"]),
    )
must(
    "7.3",
    "the Set-Cookie of a 304 is for the one whose request it answers",
    get(origin=ok("Cache-Control: no-cache", TAG)),
    get(origin=unchanged(TAG, "Set-Cookie: a=1"), has=["Set-Cookie: a=1"]),
    get(origin=unchanged(TAG), lacks=["Set-Cookie"]),
)
must("2", "the query is part of the key", get(path="?a=1", origin=ok(FRESH)), get(path="?a=2", origin=ok(FRESH)))
may("2", "the same query is the same key", get(path="?a=1", origin=ok(FRESH)), get(path="?a=1"))
must("2", "upper and lower case are different paths", get(path="a", origin=ok(FRESH)), get(path="A", origin=ok(FRESH)))
must(
    "2",
    "an empty query is not the absent one",
    get(path="a", origin=ok(FRESH)),
    get(path="a?", asked=(0, 1), origin=ok(FRESH), status=200, content=ANY),
    get(path="a?b", origin=ok(FRESH)),
)

for target in ("caf%C3%A9.txt", "a%2Fb", "100%25.txt", "a/...", "a/.b..", "a%2fB%41", "a%20b", "a;b=c/d", "%E9", "a//b", "x?a=%2E%2E/%5C"):
    may(
        "RFC 9110 4.2.3",
        f"'{target}' goes on byte for byte, and is the key as it is",
        get(path=target, origin=ok(FRESH)),
        get(path=target),
        get(path=target.swapcase(), origin=ok(FRESH)),
    )
for target in (
    *("../a", "a/../b", "a/..", "./a", "a/.", "%2e%2e/a", "a/%2E./b", "..%2fa", "a%2F..%2Fb", "a%2f%2e", "..;/a", "a/..;b=c/d", "..%3b/a"),
    *("a\\b", "a%5Cb", "..%5cb", "a%00b", "a%0d%0ab", "a%7fb", "%", "a%2", "a%zz", "%252e%252e/a", "%25252e%25252e%25252fa", "..%252fa", "a%255cb", ".%20./a", "..%20/a"),
):
    must(
        "RFC 9110 4.2.3",
        f"'{target}' may mean another path to somebody, and is refused",
        get(path=target, status=400, content=ANY),
    )

for status in (203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 451, 500, 501, 503):
    may("3", f"{status} with explicit freshness is stored and used again", get(origin=answer(status, FRESH)), get())
may(
    "3",
    "a final status that nobody has heard of is stored where it has explicit freshness",
    get(origin=answer(299, FRESH)),
    get(),
)
must("3", "a stale 404 is not used again", get(origin=answer(404, BRIEF)), wait, get(origin=answer(404, BRIEF)))
must(
    "5.2.2.3",
    "must-understand: an unknown status is not stored",
    get(origin=answer(299, "Cache-Control: max-age=60, must-understand")),
    get(origin=answer(299)),
)
should(
    "5.2.2.3",
    "must-understand: no-store beside it is ignored for a status that is understood",
    get(origin=ok("Cache-Control: max-age=60, must-understand, no-store")),
    get(),
)
must(
    "5.2.2.3",
    "must-understand: no-store beside it holds for an unknown status",
    get(origin=answer(299, "Cache-Control: max-age=60, must-understand, no-store")),
    get(origin=answer(299)),
)

must("3", "a POST is never answered from a stored GET", get(origin=ok(FRESH)), post(origin=ok("Cache-Control: no-store")))
must("4", "POST goes through each time", post(origin=ok(FRESH)), post(origin=ok(FRESH)))
must("4", "what a POST got is not a GET's answer", post(origin=ok(FRESH)), get(origin=ok(FRESH)))
must("4", "what a PUT got is not a GET's answer", ask("PUT", body="x", origin=ok(FRESH)), get(origin=ok(FRESH)))
must("4", "OPTIONS is not stored", ask("OPTIONS", origin=ok(FRESH)), ask("OPTIONS", origin=ok(FRESH)))
must(
    "4", "a method that nobody has heard of goes through each time", ask("FROB", origin=ok(FRESH)), ask("FROB", origin=ok(FRESH))
)
must(
    "RFC 9110 9.3.2",
    "what a HEAD got is not a GET's answer",
    head(asked=(0, 1), origin=ok(FRESH)),
    get(asked=(0, 1), origin=ok(FRESH)),
)

for value in ("no-store", "no-store, max-age=60", "max-age=60, no-store", "NO-STORE, max-age=60", "public, no-store, max-age=60"):
    must(
        "5.2.2.5",
        f"'{value}' is not stored",
        get(origin=ok(f"Cache-Control: {value}", TAG)),
        get(origin=ok(FRESH), unsent=("If-None-Match",)),
    )
may(
    "5.2.1.5",
    "nothing is stored of a request that says no-store",
    get("Cache-Control: no-store", origin=ok(FRESH)),
    get(origin=ok(FRESH)),
)
for value in ("private", "private, max-age=60", 'max-age=60, private, community="UCI"', "PRIVATE, max-age=60"):
    must(
        "5.2.2.7", f"'{value}' is not stored by a shared cache", get(origin=ok(f"Cache-Control: {value}")), get(origin=ok(FRESH))
    )
should(
    "4.2.1",
    "of 'public, private' the stricter holds",
    get(origin=ok("Cache-Control: public, private, max-age=60")),
    get(origin=ok(FRESH)),
)
must(
    "5.2.2.7",
    'a field that private="..." names is not given to others',
    get(origin=ok('Cache-Control: max-age=60, private="X-Secret"', "X-Secret: 1")),
    get(asked=(0, 1), origin=ok(FRESH), lacks=["X-Secret"]),
)
may(
    "5.2.2.7",
    'a field that private="..." names is given to the one who asked',
    get(origin=ok('Cache-Control: max-age=60, private="X-Secret"', "X-Secret: 1"), has=["X-Secret: 1"]),
)
may(
    "5.2.2.7",
    'the rest of a response with private="..." is stored',
    get(origin=ok('Cache-Control: max-age=60, private="X-Secret, x-other"', "X-Secret: 1", "X-Other: 2", "X-Open: 3")),
    get(lacks=["X-Secret", "X-Other"], has=["X-Open: 3"]),
)
must(
    "5.2.2.4",
    'a field that no-cache="..." names is not given without validation',
    get(origin=ok('Cache-Control: max-age=60, no-cache="X-Secret"', "X-Secret: 1")),
    get(asked=(0, 1), origin=ok(FRESH), lacks=["X-Secret"]),
)
may(
    "5.2.2.4",
    'the rest of a response with no-cache="..." is used without validation',
    get(origin=ok('Cache-Control: max-age=60, no-cache="X-Secret, x-other"', "X-Secret: 1", "X-Other: 2", "X-Open: 3")),
    get(lacks=["X-Secret", "X-Other"], has=["X-Open: 3"]),
)
must(
    "5.2.2.4", "no-cache is not used without asking", get(origin=ok("Cache-Control: no-cache, max-age=60")), get(origin=ok(FRESH))
)
may(
    "5.2.2.4",
    "no-cache is stored and validated",
    get(origin=ok("Cache-Control: no-cache, max-age=60", TAG)),
    get(origin=unchanged(TAG, "Cache-Control: no-cache, max-age=60"), sent=['If-None-Match: "a"']),
    get(origin=unchanged(TAG), sent=['If-None-Match: "a"']),
)

must(
    "3.5",
    "a response to a request with Authorization is not for others",
    get("Authorization: Basic YTpi", origin=ok(FRESH), sent=["Authorization: Basic YTpi"]),
    get(origin=answer(401)),
)
must(
    "3.5",
    "a future Expires does not make a response to Authorization one for others",
    get("Authorization: Basic YTpi", origin=ok("Expires: {+60}")),
    get(origin=answer(401)),
)
for directive in ("public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"):
    may(
        "3.5",
        f"'{directive}' makes a response to Authorization one for others",
        get("Authorization: Basic YTpi", origin=ok(f"Cache-Control: {directive}")),
        get(),
    )
must(
    "3.5",
    "a 401 without explicit freshness is asked for again",
    get(origin=answer(401, "WWW-Authenticate: Basic", OLD)),
    get("Authorization: Basic YTpi", origin=ok()),
)

# -------------------------------------------------------------------------------------------------- fields stored and sent on

for name, fields in {
    "Connection lists": ("Connection: X-Hop", "X-Hop: 1"),
    "are named Keep-Alive": ("Keep-Alive: timeout=5", "X-Hop: 1", "Connection: x-hop"),
    "are named Proxy-Connection": ("Proxy-Connection: keep-alive", "X-Hop: 1", "Connection: X-HOP"),
    "are named Upgrade": ("Upgrade: foo/1", "X-Hop: 1", "Connection: upgrade, x-hop"),
}.items():
    gone_fields = [f.split(":")[0] for f in fields if not f.startswith("Connection")]
    must(
        "3.1",
        f"response fields that {name} are neither passed on nor stored",
        get(origin=ok(FRESH, "X-End: 2", *fields), lacks=gone_fields, has=["X-End: 2"]),
        get(lacks=gone_fields, has=["X-End: 2"]),
    )
    must(
        "RFC 9110 7.6.1",
        f"request fields that {name} are not passed on",
        get(*fields, "X-End: 2", origin=ok(), unsent=gone_fields, sent=["X-End: 2"]),
    )
should("RFC 9110 7.6.1", "TE is not passed on", get("TE: trailers", "Connection: TE", origin=ok(), unsent=["TE"]))
must(
    "RFC 9110 7.6.1",
    "all lines of Connection count",
    get(
        "Connection: close",
        "Connection: X-Hop",
        "X-Hop: 1",
        "Connection: X-Other",
        "X-Other: 1",
        origin=ok(),
        unsent=["X-Hop", "X-Other"],
    ),
)
must(
    "3.1", "unknown fields are stored and given", get(origin=ok(FRESH, "X-A: 1", "Foo: a, b", "foo: c")), get(same=["X-A", "Foo"])
)
must(
    "RFC 9110 5.3",
    "lines of Set-Cookie stay lines",
    get(origin=ok("Cache-Control: no-store", "Set-Cookie: a=1", "Set-Cookie: b=2"), same=["Set-Cookie"]),
)
must("RFC 9110 7.6.3", "Via is added to the request", get(origin=ok(), sent=["Via: /^1\\.1 \\S+/"]))
must(
    "RFC 9110 7.6.3",
    "Via is added after the caches before",
    get("Via: 1.0 fred", origin=ok(), sent=["Via: /^1\\.0 fred, *1\\.1 \\S+/"]),
)
may(
    "RFC 9110 7.6.3",
    "Via is added to the response",
    get(origin=ok(FRESH, "Via: 1.0 fred"), has=["Via: /^1\\.0 fred, *1\\.1 \\S+/"]),
    get(has=["Via: /^1\\.0 fred, *1\\.1 \\S+/"]),
)
must(
    "RFC 9110 7.6.2",
    "OPTIONS with Max-Forwards: 0 goes no further",
    ask("OPTIONS", "Max-Forwards: 0", status=(200, 204, 405, 501), content=ANY),
)
must(
    "RFC 9110 7.6.2",
    "Max-Forwards of OPTIONS counts down",
    ask("OPTIONS", "Max-Forwards: 5", origin=ok(), sent=["Max-Forwards: 4"]),
)
must(
    "RFC 9110 6.6.1",
    "a response without Date gets one",
    get(origin=ok(FRESH, dated=False), has=["Date: / GMT$/"]),
    get(asked=(0, 1), origin=ok(FRESH, dated=False), has=["Date: / GMT$/"]),
)
must(
    "RFC 9110 6.6.1",
    "Date is not changed on the way or in the cache",
    get(origin=ok(FRESH, "Date: {-20}"), same=["Date"]),
    wait,
    get(same=["Date"]),
)
may(
    "5.5",
    "Warning is neither made nor taken away",
    get(origin=ok(BRIEF, 'Warning: 299 - "x"', TAG), same=["Warning"]),
    wait,
    get(origin=gone, stored=True, same=["Warning"]),
)
must(
    "RFC 9110 6.5.1",
    "trailers do not become header fields",
    get(origin=ok(FRESH, "Trailer: X-T", framing="chunked", trailers=("X-T: 1",)), lacks=["X-T"]),
    get(lacks=["X-T"]),
)
must(
    "RFC 9110 5.1", "bytes above 0x7f in a field pass", get(origin=ok(FRESH, "X-A: caf\xc3\xa9"), same=["X-A"]), get(same=["X-A"])
)

# -------------------------------------------------------------------------------------------------------------- freshness

must("4.2", "what max-age has made stale is not used without asking", get(origin=ok(BRIEF)), wait, get(origin=ok(BRIEF)))
must("5.2.2.1", "max-age=0 is stale at once", get(origin=ok(STALE)), get(origin=ok(STALE)))
may("4.2.1", "s-maxage wins over max-age: fresh", get(origin=ok("Cache-Control: s-maxage=60, max-age=0")), get())
must("5.2.2.10", "s-maxage wins over max-age: stale", get(origin=ok("Cache-Control: max-age=60, s-maxage=0")), get(origin=ok()))
may("4.2.1", "s-maxage wins over Expires: fresh", get(origin=ok("Cache-Control: s-maxage=60", "Expires: {-60}")), get())
must(
    "4.2.1", "s-maxage wins over Expires: stale", get(origin=ok("Cache-Control: s-maxage=0", "Expires: {+60}")), get(origin=ok())
)
may("5.3", "max-age wins over Expires: fresh", get(origin=ok(FRESH, "Expires: {-60}")), get())
may("5.3", "max-age wins over an Expires that is none", get(origin=ok(FRESH, "Expires: 0")), get())
must("5.3", "max-age wins over Expires: stale", get(origin=ok(STALE, "Expires: {+60}")), get(origin=ok()))

may("5.3", "Expires in the future is fresh", get(origin=ok("Expires: {+60}")), get())
may("5.3", "Expires in the future is fresh without Date too", get(origin=ok("Expires: {+60}", dated=False)), get())
should("RFC 9110 5.6.7", "Expires as of RFC 850 is understood", get(origin=ok("Expires: {+3600 rfc850}")), get())
should("RFC 9110 5.6.7", "Expires as asctime writes it is understood", get(origin=ok("Expires: {+3600 asctime}")), get())
must(
    "RFC 9110 5.6.7",
    "a year of two digits more than 50 years ahead is in the past",
    get(origin=ok(time.strftime("Expires: Saturday, 09-Nov-%y 08:49:37 GMT", time.gmtime(time.time() + 60 * 365.25 * 86400)))),
    get(origin=ok()),
)
must("5.3", "Expires in the past is stale", get(origin=ok("Expires: {-60}")), get(origin=ok()))
must("5.3", "Expires equal to Date is stale", get(origin=ok("Date: {+0}", "Expires: {+0}")), get(origin=ok()))
for value in ("0", "-1", "soon", "60", "Thu, 99 Foo 2050 02:01:18 GMT"):
    must("5.3", f"Expires: {value} is in the past", get(origin=ok(f"Expires: {value}", OLD)), get(origin=ok()))
must("5.3", "an empty Expires is in the past", get(origin=ok("Expires: ", OLD)), get(origin=ok()))
should(
    "4.2.1", "of two Expires the first counts, or neither", get(origin=ok("Expires: {-60}", "Expires: {+60}")), get(origin=ok())
)
must(
    "4.2.1",
    "Expires is relative to Date: its life ends before now",
    get(origin=ok("Date: {-7200}", "Expires: {-3600}")),
    get(origin=ok()),
)
must(
    "4.2.1",
    "Expires is relative to Date: a clock ahead does not lengthen it",
    get(origin=ok("Date: {+3600}", "Expires: {+3600}")),
    get(origin=ok()),
)
may("4.2.3", "a Date ahead of our clock makes no negative age", get(origin=ok("Date: {+3600}", "Expires: {+7200}")), get())

may("5.2", "a quoted number is understood", get(origin=ok('Cache-Control: max-age="60"')), get())
may("1.2.2", "leading zeros are understood", get(origin=ok("Cache-Control: max-age=0060")), get())
for value in ("-1", "abc", "a60", "60a", "60.5", "'60'", "", "0x60", "1e3"):
    should("4.2.1", f"'max-age={value}' is stale", get(origin=ok(f"Cache-Control: max-age={value}", OLD)), get(origin=ok()))
for value in (2**31 - 1, 2**31, 2**32 + 1, 99999999999, 10**30):
    must("1.2.2", f"max-age={value} is as good as for ever", get(origin=ok(f"Cache-Control: max-age={value}")), get())
must("1.2.2", "a huge s-maxage is too", get(origin=ok("Cache-Control: s-maxage=18446744073709551617")), get())
should(
    "4.2.1",
    "of two max-age the first counts, or neither (one line)",
    get(origin=ok("Cache-Control: max-age=0, max-age=60")),
    get(origin=ok()),
)
should("4.2.1", "of two max-age the first counts, or neither (two lines)", get(origin=ok(STALE, FRESH)), get(origin=ok()))
may("5.2", "names of directives have no case", get(origin=ok("Cache-Control: MaX-aGe=60")), get())
may("5.2", "directives may stand on several lines", get(origin=ok("Cache-Control: public", FRESH)), get())
must("5.2", "directives on the second line count", get(origin=ok(FRESH, "Cache-Control: no-store")), get(origin=ok()))
may("RFC 9110 5.6.1", "empty members of the list are nothing", get(origin=ok("Cache-Control: , ,max-age=60,")), get())
must("5.2.3", "unknown directives are ignored", get(origin=ok('Cache-Control: foo, bar=1, baz="q", max-age=60')), get())
must(
    "5.2.3",
    "a directive within a quoted string is none: max-age",
    get(origin=ok('Cache-Control: foo="max-age=60", max-age=0')),
    get(origin=ok()),
)
must(
    "5.2.3",
    "a directive within a quoted string is none: max-age first",
    get(origin=ok('Cache-Control: max-age=0, foo="max-age=60"')),
    get(origin=ok()),
)
may(
    "5.2.3",
    "a directive within a quoted string is none: no-store",
    get(origin=ok('Cache-Control: foo="bar, no-store", max-age=60')),
    get(),
)
may(
    "5.2.3",
    "an escaped quote does not end a quoted string",
    get(origin=ok('Cache-Control: foo="\\", no-store, \\"", max-age=60')),
    get(),
)
must(
    "RFC 8246 2",
    "immutable makes nothing last longer",
    get(origin=ok("Cache-Control: max-age=1, immutable")),
    wait,
    get(origin=ok()),
)
may("5.4", "Pragma in a response means nothing", get(origin=ok(FRESH, "Pragma: no-cache")), get())

should("4.2.2", "without freshness and Last-Modified nothing is used again", get(origin=ok()), get(origin=ok()))
should("4.2.2", "'public' alone makes nothing fresh", get(origin=ok("Cache-Control: public")), get(origin=ok()))
for status in (200, 203, 204, 300, 301, 404, 405, 410, 414, 501):
    may("4.2.2", f"{status} with Last-Modified alone is heuristically fresh", get(origin=answer(status, YESTERDAY)), get())
for status in (201, 202, 302, 303, 307, 403, 500, 502, 503, 504, 299):
    must(
        "4.2.2",
        f"{status} with Last-Modified alone is not heuristically fresh",
        get(origin=answer(status, YESTERDAY)),
        get(origin=answer(status)),
    )
for status in (302, 299):
    may(
        "4.2.2",
        f"'public' makes {status} heuristically fresh",
        get(origin=answer(status, YESTERDAY, "Cache-Control: public")),
        get(),
    )
must("4.2.2", "no heuristics where Expires says stale", get(origin=ok(OLD, "Expires: {-60}")), get(origin=ok()))
must("4.2.2", "no heuristics where max-age says stale", get(origin=ok(OLD, STALE)), get(origin=ok()))
should(
    "4.2.2",
    "what changed a moment ago is fresh for no longer than that",
    get(origin=ok("Last-Modified: {-1}")),
    wait,
    get(origin=ok()),
)
should(
    "4.2.2",
    "heuristically fresh for a part of the time since the change only",
    get(origin=ok("Last-Modified: {-1000}", "Age: 900")),
    get(origin=ok()),
)

# -------------------------------------------------------------------------------------------------------------------- Age

must("5.1", "Age is given with what is stored and grows", get(origin=ok(FRESH)), wait, get(age=(2, 59)))
must("4.2.3", "Age is given where Expires makes it fresh", get(origin=ok("Expires: {+60}")), wait, get(age=(2, 59)))
must(
    "5.1",
    "a response of the origin just now has no Age but its own",
    get(origin=ok(STALE, TAG, "Age: 1000")),
    # but for the time that it took to come
    get(origin=ok(STALE, TAG), check=lambda m: int(m.value("Age") or 0) > 60 and f"{m.value('Age')} s"),
)
must("4.2.3", "an Age that comes in counts on", get(origin=ok(FRESH, "Age: 30")), get(age=(30, 60)))
must("4.2.3", "time in the cache is added to an Age that comes in", get(origin=ok(FRESH, "Age: 30")), wait, get(age=(32, 60)))
must("4.2", "an Age above max-age is stale", get(origin=ok(FRESH, "Age: 120")), get(origin=ok()))
must(
    "4.2",
    "an Age above s-maxage is stale",
    get(origin=ok("Cache-Control: s-maxage=60, max-age=600", "Age: 120")),
    get(origin=ok()),
)
must("4.2", "an Age beyond Expires is stale", get(origin=ok("Expires: {+60}", "Age: 120")), get(origin=ok()))
must("4.2.3", "an old Date makes it old: stale", get(origin=ok(FRESH, "Date: {-120}")), get(origin=ok()))
must("4.2.3", "an old Date makes it old: Age", get(origin=ok(FRESH, "Date: {-30}")), get(age=(30, 60)))
must("4.2.3", "of Date and Age the older counts: Date", get(origin=ok(FRESH, "Date: {-30}", "Age: 5")), get(age=(30, 60)))
must("4.2.3", "of Date and Age the older counts: Age", get(origin=ok(FRESH, "Date: {-5}", "Age: 30")), get(age=(30, 60)))
must(
    "4.2.3",
    "the time until the answer came counts",
    get(origin=ok("Cache-Control: max-age=600", "Age: 100", delay=2.2)),
    get(age=(102, 160)),
)
must(
    "4.2.3",
    "the time until the answer came can make it stale",
    get(origin=ok("Cache-Control: max-age=61", "Age: 60", delay=2.2)),
    get(origin=ok()),
)
must("4.2.3", "the time that the body took counts", get(origin=ok(FRESH, slow=2.2)), get(age=(2, 59)))
for value in ("abc", "-7200", "7200.0", "1h"):
    should("5.1", f"'Age: {value}' is ignored", get(origin=ok(FRESH, f"Age: {value}")), get(age=(0, 59)))
should("5.1", "of 'Age: 120, 0' the first counts", get(origin=ok(FRESH, "Age: 120, 0")), get(origin=ok()))
should("5.1", "of 'Age: 0, 120' the first counts", get(origin=ok(FRESH, "Age: 0, 120")), get(age=(0, 59)))
should("5.1", "of two lines of Age the first counts", get(origin=ok(FRESH, "Age: 120", "Age: 0")), get(origin=ok()))
must("1.2.2", "an Age beyond 2^31 is very old", get(origin=ok(FRESH, "Age: 99999999999")), get(origin=ok()))
must("1.2.2", "an Age beyond 2^64 is very old", get(origin=ok(FRESH, "Age: 18446744073709551617")), get(origin=ok()))

# ----------------------------------------------------------------------------------------------------- request directives

may(
    "5.2.1.4",
    "no-cache in a request asks the origin",
    get(origin=ok(FRESH)),
    get("Cache-Control: no-cache", origin=ok(FRESH)),
    get(),
)
may(
    "5.2.1.4",
    "no-cache in a request validates",
    get(origin=ok(FRESH, TAG)),
    get("Cache-Control: no-cache", origin=unchanged(TAG), sent=['If-None-Match: "a"']),
)
may("5.2.1.1", "max-age=0 in a request asks the origin", get(origin=ok(FRESH)), get("Cache-Control: max-age=0", origin=ok(FRESH)))
may(
    "5.2.1.1",
    "max-age in a request: too old",
    get(origin=ok(FRESH, "Age: 30")),
    get("Cache-Control: max-age=20", origin=ok(FRESH)),
)
may("5.2.1.1", "max-age in a request: young enough", get(origin=ok(FRESH, "Age: 30")), get("Cache-Control: max-age=50"))
may("5.2.1.2", "max-stale takes what is stale", get(origin=ok(BRIEF)), wait, get("Cache-Control: max-stale=60", age=(2, 59)))
may(
    "5.2.1.2",
    "max-stale without a number takes anything",
    get(origin=ok(FRESH, TAG, "Age: 5000")),
    get("Cache-Control: max-stale"),
)
must(
    "5.2.1.2",
    "max-stale does not take what is staler",
    get(origin=ok(FRESH, TAG, "Age: 120")),
    get("Cache-Control: max-stale=30", origin=ok()),
)
for directive in ("must-revalidate", "proxy-revalidate", "no-cache"):
    must(
        "4.2.4",
        f"max-stale does not overrule {directive}",
        get(origin=ok(f"Cache-Control: max-age=1, {directive}", TAG)),
        wait,
        get("Cache-Control: max-stale=60", origin=ok()),
    )
may(
    "5.2.1.3",
    "min-fresh: not for long enough",
    get(origin=ok(FRESH, "Age: 30")),
    get("Cache-Control: min-fresh=40", origin=ok(FRESH)),
)
may("5.2.1.3", "min-fresh: for long enough", get(origin=ok(FRESH, "Age: 30")), get("Cache-Control: min-fresh=10"))
may("5.2.1.7", "only-if-cached: nothing there", get("Cache-Control: only-if-cached", status=504, content=ANY))
may("5.2.1.7", "only-if-cached: there", get(origin=ok(FRESH)), get("Cache-Control: only-if-cached"))
may(
    "5.2.1.7", "only-if-cached: stale", get(origin=ok(BRIEF)), wait, get("Cache-Control: only-if-cached", status=504, content=ANY)
)
may("5.4", "Pragma: no-cache asks the origin", get(origin=ok(FRESH)), get("Pragma: no-cache", origin=ok(FRESH)))
may("5.4", "Pragma is nothing beside Cache-Control", get(origin=ok(FRESH)), get("Pragma: no-cache", "Cache-Control: max-age=50"))
may("5.2.1", "unknown directives in a request are ignored", get(origin=ok(FRESH)), get('Cache-Control: foo, bar="no-cache"'))
must(
    "5.2.1.5",
    "no-store in a request takes nothing away that others stored",
    get(origin=ok(FRESH)),
    get("Cache-Control: no-store", asked=(0, 1), origin=ok("Cache-Control: no-store", body="other"), content=ANY),
    get(),
)

# ---------------------------------------------------------------------------------------------------- CDN-Cache-Control

CDN = "CDN-Cache-Control: "
for sentence, fields in {
    "max-age makes fresh": (CDN + "max-age=60",),
    "it wins over a stale Cache-Control": (CDN + "max-age=60", STALE),
    "it wins over no-store": (CDN + "max-age=60", "Cache-Control: no-store"),
    "it wins over private": (CDN + "max-age=60", "Cache-Control: private"),
    "it wins over a past Expires": (CDN + "max-age=60", "Expires: {-60}"),
    "a huge max-age is a long time": (CDN + "max-age=99999999999",),
    "unknown directives are ignored": (CDN + 'foo, bar=?0, max-age=60, baz="q"',),
    "parameters are ignored": (CDN + "max-age=60;foo=bar", STALE),
    "several lines are one": (CDN + "public", CDN + "max-age=60", STALE),
    "an empty field is as none": (CDN.strip(), FRESH),
    "one that is no structured field is as none": (CDN + "max-age=0, &&&", FRESH),
}.items():
    may("RFC 9213 2", f"CDN-Cache-Control: {sentence}", get(origin=ok(*fields)), get())
for sentence, fields in {
    "max-age=0 makes stale": (CDN + "max-age=0", FRESH),
    "max-age=0 wins over Expires": (CDN + "max-age=0", "Expires: {+60}"),
    "no-store is obeyed": (CDN + "no-store", FRESH),
    "no-store on a line of its own is obeyed": (CDN + "max-age=60", CDN + "no-store", FRESH),
    "private is obeyed": (CDN + "private", FRESH),
    "no-cache is obeyed": (CDN + "no-cache", FRESH),
    "Age counts": (CDN + "max-age=60", "Age: 120", FRESH),
    "an unterminated string is no structured field": (CDN + 'max-age=60, foo="', STALE),
    "a member that is none makes the field void": (CDN + "max-age=60, &&&", "Cache-Control: no-store"),
    "a string is no number": (CDN + 'max-age="60"', "Cache-Control: no-store"),
    "a decimal is no whole number": (CDN + "max-age=60.5", "Cache-Control: no-store"),
    "capitals are no key": (CDN + "MAX-AGE=60", STALE),
}.items():
    may("RFC 9213 2", f"CDN-Cache-Control: {sentence}", get(origin=ok(*fields, "X-V: 1")), get(origin=ok()))
may(
    "RFC 9213 3.1",
    "CDN-Cache-Control is passed on",
    get(origin=ok(CDN + "max-age=60", STALE), same=["CDN-Cache-Control", "Cache-Control"]),
    get(same=["CDN-Cache-Control", "Cache-Control"]),
)

# ------------------------------------------------------------------------------------------------------------ validation

should(
    "4.3.1",
    "a stale response is validated by its ETag",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG), sent=['If-None-Match: "a"']),
)
should(
    "4.3.1",
    "a stale response is validated by its weak ETag",
    get(origin=ok(BRIEF, WEAK)),
    wait,
    get(origin=unchanged(WEAK), sent=['If-None-Match: W/"a"']),
)
should(
    "4.3.1",
    "a stale response is validated by its Last-Modified",
    get(origin=ok(BRIEF, OLD)),
    wait,
    get(origin=unchanged(OLD), sent=["If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"]),
)
should(
    "4.3.1",
    "a stale response with ETag and Last-Modified is validated by both",
    get(origin=ok(BRIEF, TAG, OLD)),
    wait,
    get(origin=unchanged(TAG, OLD), sent=['If-None-Match: "a"', "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"]),
)
may(
    "4.3.1",
    "what was stored stale is validated too",
    get(origin=ok(FRESH, "Age: 120", TAG)),
    get(origin=unchanged(TAG), sent=['If-None-Match: "a"']),
)
must(
    "4.3.1",
    "Range of the client is no part of a validation that is answered whole",
    get(origin=ok(BRIEF, TAG, body=DIGITS)),
    wait,
    get(
        "Range: bytes=2-5",
        origin=unchanged(TAG),
        status=(200, 206),
        content=ANY,
        check=lambda m: agree(m),
        sent=['If-None-Match: "a"'],
    ),
)
may(
    "4.3.4",
    "after a 304 to an ETag it is fresh again",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG, FRESH)),
    get(),
)
may(
    "4.3.4",
    "after a 304 to Last-Modified it is fresh again",
    get(origin=ok(BRIEF, OLD)),
    wait,
    get(origin=unchanged(OLD, FRESH)),
    get(),
)
must(
    "4.3.4",
    "a 304 replaces stored fields, adds new ones, and leaves the others",
    get(origin=ok(BRIEF, TAG, "X-V: 1", "X-Old: 1")),
    wait,
    get(
        origin=unchanged(TAG, FRESH, "X-V: 2", "X-New: 3"), has=["X-V: 2", "X-New: 3", "X-Old: 1"], same=["X-V", "Cache-Control"]
    ),
    get(has=["X-V: 2", "X-New: 3", "X-Old: 1"], same=["X-V", "Cache-Control"]),
)
must(
    "4.3.4",
    "a 304 renews Date and Expires",
    get(origin=ok("Expires: {+1}", "Date: {+0}", TAG)),
    wait,
    get(origin=unchanged(TAG, "Expires: {+60}", "Date: {-2}"), same=["Date", "Expires"]),
    get(same=["Date", "Expires"]),
)
must(
    "3.2",
    "a 304's Content-Length is not the body's",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG, FRESH, "Content-Length: 3")),
    get(),
)
should(
    "3.2",
    "a 304's Content-Encoding is not the body's",
    get(origin=ok(BRIEF, TAG, "Content-Type: text/plain")),
    wait,
    get(
        origin=unchanged(TAG, FRESH, "Content-Encoding: gzip", "Content-Range: bytes 0-1/2"),
        lacks=["Content-Encoding", "Content-Range"],
    ),
    get(lacks=["Content-Encoding", "Content-Range"]),
)
must(
    "3.2",
    "a 304's hop-by-hop fields are not stored",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG, FRESH, "Connection: X-Hop", "X-Hop: 1"), lacks=["X-Hop"]),
    get(lacks=["X-Hop"]),
)
must(
    "5.1",
    "a validated response is as old as the 304",
    get(origin=ok(FRESH, TAG, "Age: 120")),
    get(origin=unchanged(TAG, FRESH)),
    get(age=(0, 59)),
)
must(
    "4.3.4",
    "a 304's no-store keeps nothing longer",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG, "Cache-Control: no-store")),
    get(asked=(1, 1), origin=if_conditional(unchanged(TAG), ok(body="new")), status=200, content=ANY),
)
must(
    "4.3.3",
    "a 304 without validators renews what it was asked about",
    get(origin=ok(STALE, TAG)),
    get(origin=unchanged(FRESH), sent=['If-None-Match: "a"'], asked=(1, 1)),
    get(),
)
must(
    "4.3.3",
    "a bare 304 never reaches a client that asked for the whole",
    get(origin=ok(BRIEF, OLD)),
    wait,
    get(asked=(1, 2), origin=[unchanged(dated=False), ok(FRESH, body="new")], status=200, content=ANY),
)
may(
    "4.3.4",
    "a 304 for something else does not make what is stored current",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(
        asked=(1, 3),
        origin=[unchanged('ETag: "z"', FRESH), ok(FRESH, 'ETag: "z"', body="new")],
        status=(200, *FAILED),
        content=ANY,
    ),
    get(asked=(0, 1), origin=ok(FRESH, 'ETag: "z"', body="new"), status=200, content="new"),
)
must(
    "4.3.3",
    "a 200 replaces what is stored",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=ok(FRESH, 'ETag: "b"')),
    get(has=['ETag: "b"']),
)
must(
    "4.3.3",
    "an uncacheable 200 is not hidden by what is stored",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=ok("Cache-Control: no-store")),
    get(origin=ok("Cache-Control: no-store")),
)
must("4.3.3", "a 404 is passed on though something is stored", get(origin=ok(BRIEF, TAG)), wait, get(origin=answer(404, STALE)))

for sentence, stored, wanted in (
    ("the stored ETag", TAG, '"a"'),
    ("* ", TAG, "*"),
    ("a list, first", TAG, '"a", "b", "c"'),
    ("a list, last", TAG, '"b", W/"c", "a"'),
    ("a list with commas in tags", 'ETag: "a,b"', '"x", "a,b"'),
    ("a list without blanks", TAG, '"b","a"'),
    ("a weak tag of a strong one", TAG, 'W/"a"'),
    ("the strong tag of a weak one", WEAK, '"a"'),
    ("a weak tag", WEAK, 'W/"a"'),
):
    may(
        "4.3.2",
        f"If-None-Match with {sentence.strip()} gets 304 from the cache",
        get(origin=ok(FRESH, stored)),
        get(f"If-None-Match: {wanted}", status=304),
    )
for sentence, wanted in (
    ("another tag", '"b"'),
    ("a part of the tag", '"a'),
    ("another case", '"A"'),
    ("a tag that holds it", '"xax"'),
):
    must("4.3.2", f"If-None-Match with {sentence} gets the whole", get(origin=ok(FRESH, TAG)), get(f"If-None-Match: {wanted}"))
may(
    "4.3.2",
    "If-None-Match on two lines is one list",
    get(origin=ok(FRESH, TAG)),
    get('If-None-Match: "b"', 'If-None-Match: "a"', status=304),
)
must(
    "RFC 9110 15.4.5",
    "a 304 from the cache has the fields that it must have",
    get(origin=ok(FRESH, TAG, "Content-Location: /x", "Vary: X-A", "Expires: {+60}", "X-Big: 1")),
    get('If-None-Match: "a"', status=304, same=["ETag", "Cache-Control", "Content-Location", "Vary", "Expires", "Date"]),
)
for sentence, since in (
    ("the same date", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ("a later date", "Sun, 02 Jan 2000 00:00:00 GMT"),
    ("the date as of RFC 850", "Saturday, 01-Jan-00 00:00:00 GMT"),
    ("the date of asctime", "Sat Jan  1 00:00:00 2000"),
):
    may(
        "4.3.2",
        f"If-Modified-Since with {sentence} gets 304 from the cache",
        get(origin=ok(FRESH, OLD)),
        get(f"If-Modified-Since: {since}", status=304),
    )
must(
    "4.3.2",
    "If-Modified-Since with an earlier date gets the whole",
    get(origin=ok(FRESH, OLD)),
    get("If-Modified-Since: Fri, 31 Dec 1999 23:59:59 GMT"),
)
must(
    "RFC 9110 13.1.3",
    "an If-Modified-Since that is no date is ignored",
    get(origin=ok(FRESH, OLD)),
    get("If-Modified-Since: soon"),
)
must(
    "RFC 9110 13.1.3",
    "If-Modified-Since is ignored beside If-None-Match: another tag, the same date",
    get(origin=ok(FRESH, TAG, OLD)),
    get('If-None-Match: "b"', "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"),
)
may(
    "RFC 9110 13.1.3",
    "If-Modified-Since is ignored beside If-None-Match: the same tag, an earlier date",
    get(origin=ok(FRESH, TAG, OLD)),
    get('If-None-Match: "a"', "If-Modified-Since: Fri, 31 Dec 1999 00:00:00 GMT", status=304),
)
must(
    "4.3.2",
    "conditions are for 200: a stored 404 is given",
    get(origin=answer(404, FRESH, TAG)),
    get('If-None-Match: "a"', asked=(0, 1), origin=answer(404, FRESH, TAG)),
)
may(
    "4.3.4",
    "a client's own validator is answered 304 after the stored one was validated",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get('If-None-Match: "a"', origin=unchanged(TAG, FRESH), status=304, sent=['If-None-Match: /"a"/']),
    get(),
)
must(
    "4.3.3",
    "a client with another validator gets the whole after that",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get('If-None-Match: "b"', origin=unchanged(TAG, FRESH), status=200, sent=['If-None-Match: /"a"/']),
)
must(
    "4.3.2",
    "a client's condition on a miss gets 304 or the whole, and a 304 is not stored as an answer",
    get('If-None-Match: "a"', origin=if_conditional(unchanged(TAG, FRESH), ok(TAG, FRESH)), status=304),
    get(asked=(0, 1), origin=ok(TAG, FRESH), status=200),
)
may(
    "RFC 9110 13.1.1",
    "If-Match of another tag does not get what is stored",
    get(origin=ok(FRESH, TAG)),
    get('If-Match: "b"', asked=(0, 1), origin=answer(412), status=412, content=ANY),
)

# ------------------------------------------------------------------------------------------------------------------ stale

may("4.2.4", "origin closes: stale with its Age", get(origin=ok(BRIEF, TAG)), wait, get(origin=gone, stored=True, age=(2, 60)))
may("4.2.4", "origin resets: stale", get(origin=ok(BRIEF)), wait, get(origin=reset, stored=True))
may("4.2.4", "origin is down: stale", get(origin=ok(BRIEF)), wait, down, get())
may("4.2.4", "origin is down: fresh as ever", get(origin=ok("Cache-Control: max-age=600")), down, get())
must("RFC 9110 15.6", "origin closes and nothing is stored: an error", get(origin=gone, status=FAILED, content=ANY))
must("RFC 9110 15.6", "origin resets and nothing is stored: an error", get(origin=reset, status=FAILED, content=ANY))
must("RFC 9110 15.6", "origin is down and nothing is stored: an error", down, get(status=FAILED, content=ANY))
may("4.3.3", "a failure of the origin is not stored", get(origin=gone, status=FAILED, content=ANY), get(origin=ok()))
for directive in ("must-revalidate", "proxy-revalidate", "s-maxage=1", "no-cache"):
    must(
        "5.2.2",
        f"origin closes: no stale one under {directive}, but an error",
        get(origin=ok(f"Cache-Control: max-age=1, {directive}", TAG)),
        wait,
        get(origin=gone, status=FAILED, content=ANY),
    )
must(
    "5.2.2.2",
    "origin is down: no stale one under must-revalidate, but an error",
    get(origin=ok("Cache-Control: max-age=1, must-revalidate", TAG)),
    wait,
    down,
    get(status=FAILED, content=ANY),
)
must("5.2.2.2", "must-revalidate is fresh while it is", get(origin=ok("Cache-Control: max-age=60, must-revalidate")), get())
may(
    "4.3.3",
    "a 503 to a validation loses nothing",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=answer(503), status=(200, 503), content=ANY),
    get(origin=unchanged(TAG, FRESH), sent=['If-None-Match: "a"'], status=200, content=ANY),
)
for status in (500, 502, 503, 504):
    may(
        "RFC 5861 4",
        f"stale-if-error: {status} gives the stale one",
        get(origin=ok("Cache-Control: max-age=1, stale-if-error=60", TAG)),
        wait,
        get(origin=answer(status), stored=True, has=[TAG]),
    )
may(
    "RFC 5861 4",
    "stale-if-error: so does an origin that closes",
    get(origin=ok("Cache-Control: max-age=1, stale-if-error=60")),
    wait,
    get(origin=gone, stored=True),
)
may(
    "RFC 5861 4",
    "stale-if-error: not beyond its time",
    get(origin=ok("Cache-Control: max-age=60, stale-if-error=60", TAG, "Age: 300")),
    get(origin=answer(503)),
)
must(
    "RFC 5861 4",
    "stale-if-error: a 404 is no error",
    get(origin=ok("Cache-Control: max-age=1, stale-if-error=60", TAG)),
    wait,
    get(origin=answer(404)),
)
must(
    "4.2.4",
    "stale-if-error: not under must-revalidate",
    get(origin=ok("Cache-Control: max-age=1, stale-if-error=60, must-revalidate", TAG)),
    wait,
    get(origin=answer(503)),
)
SWR = "Cache-Control: max-age=1, stale-while-revalidate=60"
may(
    "RFC 5861 3",
    "stale-while-revalidate: the stale one at once, the new one soon",
    get(origin=ok(SWR, TAG)),
    wait,
    get(aside=ok(FRESH, hold="head", body="new")),
    get(content="new", soon=True),
)
may(
    "RFC 5861 3",
    "stale-while-revalidate: a 304 makes it fresh",
    get(origin=ok(SWR, TAG)),
    wait,
    get(aside=unchanged(TAG, FRESH, "X-V: 2", hold="head"), sent=['If-None-Match: "a"']),
    get(has=["X-V: 2"], soon=True),
)
may(
    "RFC 5861 3",
    "stale-while-revalidate: an origin that fails leaves it",
    get(origin=ok(SWR, TAG)),
    wait,
    get(aside=answer(503)),
    wait,
    get(aside=answer(503), asked=(0, 1)),
)
must(
    "RFC 5861 3",
    "stale-while-revalidate: not beyond its time",
    get(origin=ok("Cache-Control: max-age=60, stale-while-revalidate=60", "Age: 300", TAG)),
    get(origin=ok()),
)
for directive in ("must-revalidate", "proxy-revalidate", "no-cache"):
    must(
        "4.2.4",
        f"stale-while-revalidate: not under {directive}",
        get(origin=ok(f"Cache-Control: max-age=1, stale-while-revalidate=60, {directive}", TAG)),
        wait,
        get(origin=ok()),
    )

# ------------------------------------------------------------------------------------------------------------------- Vary

VARY = "Vary: X-A"
may(
    "4.1",
    "the same value of the field in Vary selects what is stored",
    get("X-A: 1", origin=ok(FRESH, VARY)),
    get("X-A: 1", "X-B: 2"),
)
must("4.1", "another value does not select it", get("X-A: 1", origin=ok(FRESH, VARY)), get("X-A: 2", origin=ok(FRESH, VARY)))
must("4.1", "none is another value than one", get("X-A: 1", origin=ok(FRESH, VARY)), get(origin=ok(FRESH, VARY)))
must("4.1", "one is another value than none", get(origin=ok(FRESH, VARY)), get("X-A: 1", origin=ok(FRESH, VARY)))
may("4.1", "a field in Vary absent twice is the same", get(origin=ok(FRESH, VARY)), get("X-B: 2"))
may(
    "4.1",
    "variants are kept side by side",
    get("X-A: 1", origin=ok(FRESH, VARY, body="one")),
    get("X-A: 2", origin=ok(FRESH, VARY, body="two")),
    get(origin=ok(FRESH, VARY, body="none")),
    get("X-A: 1", content="one"),
    get("X-A: 2", content="two"),
    get(content="none"),
)
must(
    "4.1",
    "of two fields both must match",
    get("X-A: 1", "X-B: 1", origin=ok(FRESH, "Vary: X-A, X-B")),
    get("X-A: 1", "X-B: 2", origin=ok(FRESH, "Vary: X-A, X-B")),
    get("X-A: 2", "X-B: 1", origin=ok(FRESH, "Vary: X-A, X-B")),
)
may(
    "4.1",
    "of two fields the order does not matter",
    get("X-A: 1", "X-B: 1", origin=ok(FRESH, "Vary: X-A, X-B")),
    get("X-B: 1", "X-A: 1"),
)
must(
    "4.1",
    "Vary on two lines is one list",
    get("X-A: 1", "X-B: 1", origin=ok(FRESH, VARY, "Vary: X-B")),
    get("X-A: 1", "X-B: 2", origin=ok()),
)
must(
    "4.1",
    "a value moved to the other field does not match",
    get("X-A: 1", "X-B: ", origin=ok(FRESH, "Vary: X-A, X-B")),
    get("X-A: ", "X-B: 1", origin=ok()),
)
may("4.1", "names in Vary have no case where values agree", get("X-A: 1", origin=ok(FRESH, "Vary: x-a")), get("x-A: 1"))
must(
    "4.1",
    "names in Vary have no case where values differ",
    get("X-A: 1", origin=ok(FRESH, "Vary: x-a")),
    get("x-A: 2", origin=ok()),
)
must("4.1", "values of a field in Vary have case", get("X-A: a", origin=ok(FRESH, VARY)), get("X-A: A", origin=ok()))
may("4.1", "blanks around commas in a field in Vary do not matter", get("X-A: 1,2", origin=ok(FRESH, VARY)), get("X-A: 1,  2"))
may("4.1", "several lines of a field in Vary are one list", get("X-A: 1", "X-A: 2", origin=ok(FRESH, VARY)), get("X-A: 1, 2"))
must(
    "4.1",
    "the second line of a field in Vary counts",
    get("X-A: 1", "X-A: 2", origin=ok(FRESH, VARY)),
    get("X-A: 1", "X-A: 3", origin=ok()),
)
for value in ("*", "*, *", ", *", "X-A, *", "*, X-A"):
    must("4.1", f"'Vary: {value}' never matches", get("X-A: 1", origin=ok(FRESH, f"Vary: {value}")), get("X-A: 1", origin=ok()))
must(
    "4.1",
    "a * on the second line of Vary never matches",
    get("X-A: 1", origin=ok(FRESH, VARY, "Vary: *")),
    get("X-A: 1", origin=ok()),
)
may("4.1", "an empty Vary is none", get("X-A: 1", origin=ok(FRESH, "Vary: ")), get("X-A: 2"))
must(
    "4.1",
    "gzip is not given to those who do not take it",
    get(
        "Accept-Encoding: gzip",
        origin=ok(FRESH, "Vary: Accept-Encoding", "Content-Encoding: gzip", body="zipped"),
        has=["Content-Encoding: gzip"],
    ),
    get(origin=ok(FRESH, "Vary: Accept-Encoding", body="plain"), content="plain", lacks=["Content-Encoding"]),
)
may(
    "4.1",
    "gzip and identity are kept side by side",
    get("Accept-Encoding: gzip", origin=ok(FRESH, "Vary: Accept-Encoding", "Content-Encoding: gzip", body="zipped")),
    get(origin=ok(FRESH, "Vary: Accept-Encoding", body="plain")),
    get("Accept-Encoding: gzip", content="zipped", has=["Content-Encoding: gzip"]),
    get(content="plain"),
)
must(
    "4.1",
    "one who logs in does not get what another's Cookie got",
    get("Cookie: a=1", origin=ok(FRESH, "Vary: Cookie")),
    get("Cookie: a=2", origin=ok()),
)
must(
    "4.1",
    "a validated response has the Vary of the 304",
    get("X-A: 1", origin=ok(BRIEF, TAG)),
    wait,
    get("X-A: 1", origin=unchanged(TAG, FRESH, VARY)),
    get("X-A: 2", origin=ok()),
)
must(
    "4.3.1",
    "the fields that Vary names go along with a validation",
    get("X-A: 1", origin=ok(BRIEF, TAG, VARY)),
    wait,
    get("X-A: 1", origin=unchanged(TAG, VARY), sent=['If-None-Match: "a"', "X-A: 1"]),
)
must(
    "4.1",
    "a new response without Vary selects what asks for no variant",
    get("X-A: 1", origin=ok(BRIEF, VARY)),
    wait,
    get("X-A: 1", origin=ok(FRESH, body="new")),
    get("X-A: 1", content="new"),
)
may(
    "4.3.1",
    "a 304 refreshes its variant only",
    get("X-A: 1", origin=ok(BRIEF, VARY, TAG, body="one")),
    get("X-A: 2", origin=ok(BRIEF, VARY, 'ETag: "b"', body="two")),
    wait,
    get("X-A: 1", origin=unchanged(VARY, TAG, FRESH), sent=['If-None-Match: /"a"/'], content="one"),
    get("X-A: 2", origin=unchanged(VARY, 'ETag: "b"', FRESH), sent=['If-None-Match: /"b"/'], content="two"),
    get("X-A: 1", content="one"),
)

# ------------------------------------------------------------------------------------------------------------ invalidation

for method in ("POST", "PUT", "DELETE", "PATCH", "FROB"):
    must(
        "4.4",
        f"{method} that succeeds makes what is stored invalid",
        get(origin=ok(FRESH)),
        ask(method, body="x", origin=answer(200, body="done")),
        get(origin=ok(FRESH)),
    )
for status in (201, 204, 303):
    must(
        "4.4",
        f"a POST answered {status} makes what is stored invalid",
        get(origin=ok(FRESH)),
        post(origin=answer(status, body="")),
        get(origin=ok(FRESH)),
    )
for status in (400, 404, 500, 503):
    may(
        "4.4",
        f"a POST answered {status} makes nothing invalid",
        get(origin=ok(FRESH, body="x")),
        post(origin=answer(status)),
        get(content="x", status=200),
    )
for method in ("OPTIONS", "HEAD"):
    may(
        "4.4",
        f"{method} is safe and makes nothing invalid",
        get(origin=ok(FRESH, body="x")),
        ask(method, "Cache-Control: no-store", asked=(0, 1), origin=ok(body="x"), content=ANY),
        get(content="x"),
    )
must(
    "4.4",
    "all variants are invalid together",
    get("X-A: 1", origin=ok(FRESH, VARY)),
    get("X-A: 2", origin=ok(FRESH, VARY)),
    post("X-A: 3", origin=ok()),
    get("X-A: 1", origin=ok(FRESH, VARY)),
    get("X-A: 2", origin=ok(FRESH, VARY)),
)
must("4.4", "other queries are other targets", get(path="?a", origin=ok(FRESH)), post(origin=ok()), get(path="?a"))
for name in ("Location", "Content-Location"):
    for form, uri in (
        ("a path", "{path}/b"),
        ("a relative reference", "b"),
        ("a URI of the same origin", "http://{edge}{path}/b"),
    ):
        may(
            "4.4",
            f"what {name} names is invalid too: {form}",
            get(path="b", origin=ok(FRESH)),
            post(path="a", origin=answer(201, f"{name}: {uri}")),
            get(path="b", origin=ok(FRESH)),
        )
    must(
        "4.4",
        f"{name} of another origin makes nothing invalid",
        get(path="b", origin=ok(FRESH)),
        post(path="a", origin=answer(201, f"{name}: http://other.example{{path}}/b")),
        get(path="b"),
    )
may(
    "4.4",
    "Location of an error makes nothing invalid",
    get(path="b", origin=ok(FRESH)),
    post(path="a", origin=answer(500, "Location: b")),
    get(path="b"),
)
may(
    "4.4",
    "Location of a GET makes nothing invalid",
    get(path="b", origin=ok(FRESH)),
    get(path="a", origin=answer(302, "Location: b")),
    get(path="b"),
)

# ------------------------------------------------------------------------------------------------------------------- HEAD

may("4", "HEAD is answered from a stored GET", get(origin=ok(FRESH, TAG)), head(same=["ETag", "Content-Length"]))
may(
    "4.3.2",
    "a condition on a HEAD is answered from a stored GET",
    get(origin=ok(FRESH, TAG)),
    head('If-None-Match: "a"', status=304),
)
may(
    "4.3.5",
    "a HEAD that agrees freshens what is stored",
    get(origin=ok(BRIEF, TAG, "X-V: 1", body="same")),
    wait,
    head(
        origin=if_conditional(unchanged(TAG, FRESH, "X-V: 2"), ok(TAG, FRESH, "X-V: 2", body="same")), status=200, has=["X-V: 2"]
    ),
    get(has=["X-V: 2"], content="same", status=200),
)
should(
    "4.3.5",
    "a HEAD with another ETag makes what is stored stale",
    get(origin=ok(FRESH, TAG, body="old!")),
    head("Cache-Control: no-cache", origin=ok(FRESH, 'ETag: "b"', body="new!")),
    get(asked=(0, 1), origin=ok(FRESH, 'ETag: "b"', body="new!"), content="new!"),
)
should(
    "4.3.5",
    "a HEAD with another length makes what is stored stale",
    get(origin=ok(FRESH, body="old")),
    head("Cache-Control: no-cache", origin=ok(FRESH, body="newer")),
    get(asked=(0, 1), origin=ok(FRESH, body="newer"), content="newer"),
)
should(
    "4.3.5",
    "a HEAD with another Last-Modified makes what is stored stale",
    get(origin=ok(FRESH, OLD, body="old!")),
    head("Cache-Control: no-cache", origin=ok(FRESH, YESTERDAY, body="new!")),
    get(asked=(0, 1), origin=ok(FRESH, YESTERDAY, body="new!"), content="new!"),
)
must("RFC 9110 9.3.2", "HEAD of a chunked response ends with its head", get(origin=ok(FRESH, framing="chunked")), head())

# ---------------------------------------------------------------------------------------------------------------- partial

WHOLE = ok(FRESH, TAG, OLD, body=DIGITS)
for wanted, part, content_range in (
    ("2-5", DIGITS[2:6], "2-5"),
    ("10-", DIGITS[10:], "10-15"),
    ("-4", DIGITS[12:], "12-15"),
    ("0-0", "0", "0-0"),
    ("12-99", DIGITS[12:], "12-15"),
    ("-99", DIGITS, "0-15"),
    ("15-15", "f", "15-15"),
):
    may(
        "RFC 9110 14.2",
        f"bytes={wanted} of a stored response",
        get(origin=WHOLE),
        get(
            f"Range: bytes={wanted}",
            status=206,
            content=part,
            has=[f"Content-Range: bytes {content_range}/16", TAG],
            lacks=["Transfer-Encoding"],
        ),
    )
may("RFC 9110 14.1", "the unit has no case", get(origin=WHOLE), get("Range: BYTES=2-5", status=206, content=DIGITS[2:6]))
for wanted in ("16-", "99-100", "-0"):
    may(
        "RFC 9110 15.5.17",
        f"bytes={wanted} gets 416 with the length",
        get(origin=WHOLE),
        get(f"Range: bytes={wanted}", status=416, content=ANY, has=["Content-Range: bytes */16"]),
    )
must("RFC 9110 14.2", "ranges in a unit that nobody knows are ignored", get(origin=WHOLE), get("Range: items=0-1", status=200))
for wanted in ("bytes=5-2", "bytes=a-b", "bytes=-", "bytes 0-1", "bytes=", "bytes=0-1x"):
    may(
        "RFC 9110 14.2",
        f"'Range: {wanted}' makes no sense and is ignored",
        get(origin=WHOLE),
        get(f"Range: {wanted}", status=200),
    )
must(
    "RFC 9110 14.2",
    "several ranges get several, or the whole",
    get(origin=WHOLE),
    get(
        "Range: bytes=0-1,4-5",
        status=(200, 206),
        content=ANY,
        check=lambda m: None
        if m.status == 200
        and m.body == DIGITS.encode()
        or "multipart/byteranges" in (m.value("Content-Type") or "")
        and b"45" in m.body
        else "neither",
    ),
)
must("RFC 9110 14.2", "Range is for GET alone", get(origin=WHOLE), head("Range: bytes=0-1", status=200, same=["Content-Length"]))
must(
    "RFC 9110 13.2.2",
    "a condition that says 304 comes before Range",
    get(origin=WHOLE),
    get("Range: bytes=0-1", 'If-None-Match: "a"', status=304),
)
may(
    "RFC 9110 13.1.5",
    "If-Range with the tag: the range",
    get(origin=WHOLE),
    get("Range: bytes=2-5", 'If-Range: "a"', status=206, content=DIGITS[2:6]),
)
must(
    "RFC 9110 13.1.5",
    "If-Range with another tag: the whole",
    get(origin=WHOLE),
    get("Range: bytes=2-5", 'If-Range: "b"', status=200),
)
must(
    "RFC 9110 13.1.5",
    "If-Range with a weak tag: the whole",
    get(origin=ok(FRESH, WEAK, body=DIGITS)),
    get("Range: bytes=2-5", 'If-Range: W/"a"', status=200),
)
must(
    "RFC 9110 13.1.5",
    "If-Range with the tag of a weak one: the whole",
    get(origin=ok(FRESH, WEAK, body=DIGITS)),
    get("Range: bytes=2-5", 'If-Range: "a"', status=200),
)
may(
    "RFC 9110 13.1.5",
    "If-Range with the date: the range",
    get(origin=WHOLE),
    get("Range: bytes=2-5", "If-Range: Sat, 01 Jan 2000 00:00:00 GMT", status=206, content=DIGITS[2:6]),
)
must(
    "RFC 9110 13.1.5",
    "If-Range with a later date: the whole",
    get(origin=WHOLE),
    get("Range: bytes=2-5", "If-Range: Sun, 02 Jan 2000 00:00:00 GMT", status=200),
)


def agree(message):
    """Bytes 2-5 as 206, or the whole as 200: a server may ignore Range."""
    wanted = {200: DIGITS, 206: DIGITS[2:6]}.get(message.status, "")
    return None if message.body == wanted.encode() else f"{message.status} with {message.body}"


PART = answer(206, FRESH, TAG, "Content-Range: bytes 2-5/16", body=DIGITS[2:6])
must(
    "RFC 9110 14.2",
    "a range on a miss gets its bytes",
    get("Range: bytes=2-5", origin=if_range(PART, WHOLE), status=(200, 206), content=ANY, check=agree),
)
must(
    "3.3",
    "what a range got is not the whole",
    get("Range: bytes=2-5", origin=if_range(PART, WHOLE), status=(200, 206), content=ANY, check=agree),
    get(asked=(0, 1), origin=WHOLE, status=200, content=DIGITS),
)
may(
    "3.4",
    "a range on a miss fetches and stores the whole, once",
    get("Range: bytes=2-5", origin=if_range(PART, WHOLE), status=206, content=DIGITS[2:6], unsent=["Range"]),
    get("Range: bytes=8-", status=206, content=DIGITS[8:]),
    get(status=200, content=DIGITS),
)
may(
    "3.4",
    "a range on a miss is answered as soon as its bytes are there",
    get("Range: bytes=2-5", origin=if_range(PART, ok(FRESH, TAG, body=DIGITS, hold=8)), status=206, content=DIGITS[2:6]),
)
must(
    "RFC 9110 14.2",
    "an origin that ignores Range is no harm",
    get("Range: bytes=2-5", origin=WHOLE, status=(200, 206), content=ANY, check=agree),
)
must(
    "RFC 9110 15.3.7",
    "a 206 that nobody asked for is never the whole",
    get(asked=(1, 9), origin=[PART] * 9, status=(206, *FAILED), content=ANY),
    get(origin=WHOLE, status=200, content=DIGITS),
)

for sentence, failing in {
    "shorter than its Content-Length": ok(FRESH, body=DIGITS, cut=8),
    "chunked and not ended": ok(FRESH, body=DIGITS, framing="chunked", cut=8),
    "reset in the middle": ok(FRESH, body=DIGITS, cut=8, reset=True),
    "of an HTTP/1.0 origin that resets": ok(FRESH, body=DIGITS, framing="close", cut=8, reset=True),
    "with a chunk size that is none": raw(f"HTTP/1.1 200 OK\n{FRESH}\nTransfer-Encoding: chunked\n\n8\n01234567\nxyz\n"),
}.items():
    must(
        "3.3",
        f"a response {sentence} is a failure that shows, and is not stored as whole",
        get(origin=failing, broken=True),
        get(origin=WHOLE, status=200, content=DIGITS),
    )
may("RFC 9112 8", "a response that ends with the connection is whole", get(origin=ok(FRESH, framing="close")), get())
REST = answer(206, FRESH, TAG, "Content-Range: bytes 8-15/16", body=DIGITS[8:])
must(
    "3.4",
    "after a broken response the next client gets the right bytes",
    get(origin=ok(FRESH, TAG, body=DIGITS, cut=8), asked=(1, 9), broken=True),
    get(asked=(0, 2), origin=[if_range(REST, WHOLE)] * 2, status=200, content=DIGITS),
    get(status=200, content=DIGITS),
)
may(
    "3.4",
    "a response that breaks off is gone on with while the client reads it",
    get(origin=if_range(REST, ok(FRESH, TAG, body=DIGITS, cut=8)), asked=(2, 2), status=200, content=DIGITS),
    get(status=200, content=DIGITS),
)
may(
    "3.4",
    "a broken response with a strong ETag is continued with If-Range",
    get(origin=ok(FRESH, TAG, body=DIGITS, cut=8), asked=(1, 9), broken=True),
    get(origin=if_range(REST, WHOLE), status=200, content=DIGITS, sent=["Range: /^bytes=8-(15)?$/", 'If-Range: "a"']),
    get(status=200, content=DIGITS),
)
must(
    "3.4",
    "a broken response with a weak ETag is not continued",
    get(origin=ok(FRESH, WEAK, body=DIGITS, cut=8), broken=True),
    get(origin=ok(FRESH, WEAK, body=DIGITS), status=200, content=DIGITS, unsent=["Range"]),
)
OTHER = DIGITS[::-1]
must(
    "3.4",
    "what changed after a broken response is fetched whole",
    get(origin=ok(FRESH, TAG, body=DIGITS, cut=8), broken=True),
    get(origin=ok(FRESH, 'ETag: "b"', body=OTHER), status=200, content=OTHER),
    get(content=OTHER),
)
must(
    "3.4",
    "parts of different ETags are never mixed",
    get(origin=ok(FRESH, TAG, body=DIGITS, cut=8), broken=True),
    get(
        asked=(1, 3),
        origin=[
            if_range(
                answer(206, FRESH, 'ETag: "b"', "Content-Range: bytes 8-15/16", body=OTHER[8:]),
                ok(FRESH, 'ETag: "b"', body=OTHER),
            )
        ]
        * 3,
        status=(200, *FAILED),
        content=ANY,
        check=lambda m: None if m.status in FAILED or m.body == OTHER.encode() else f"mixed: {m.body}",
    ),
    get(asked=(0, 1), origin=ok(FRESH, 'ETag: "b"', body=OTHER), status=200, content=OTHER),
)

# ---------------------------------------------------------------------------------------------------------------- interim

EARLY = "HTTP/1.1 103 Early Hints\nLink: </a.css>; rel=preload\n"
for sentence, interim in {
    "103": (EARLY,),
    "100": ("HTTP/1.1 100 Continue\n",),
    "102": ("HTTP/1.1 102 Processing\n",),
    "several": ("HTTP/1.1 100 Continue\n", EARLY, EARLY),
}.items():
    must(
        "RFC 9110 15.2",
        f"{sentence} before the answer is not the answer",
        get(origin=ok(FRESH, interim=interim), lacks=["Link"]),
        get(lacks=["Link"]),
    )


def early(message):
    links = [interim.value("Link") for interim in message.interim if interim.status == 103]
    return None if links == ["</a.css>; rel=preload"] * 2 else f"the interim responses were {message.interim}"


must(
    "RFC 9110 15.2",
    "103 is passed on, each of them, to who asked",
    get(origin=ok(FRESH, interim=(EARLY, EARLY)), check=early),
    get(check=lambda message: "a stored answer has none" if message.interim else None),
)
must("RFC 9110 15.2", "103 is passed on before what is not stored", get(origin=ok("Cache-Control: no-store", interim=(EARLY, EARLY)), check=early))
must("RFC 9110 15.2", "103 is passed on before the answer to a POST", post(origin=ok(interim=(EARLY, EARLY)), check=early))
must(
    "RFC 9110 15.2",
    "an HTTP/1.0 client gets no 103",
    get(version="HTTP/1.0", origin=ok(interim=(EARLY, EARLY)), check=lambda message: "it got one" if message.interim else None),
)
must("RFC 9110 10.1.1", "Expect: 100-continue is answered before the body is sent", post("Expect: 100-continue", origin=ok()))
should(
    "RFC 9110 15.2.2",
    "101 that nobody asked for is a bad answer",
    get(origin=raw("HTTP/1.1 101 Switching Protocols\nUpgrade: foo\nConnection: upgrade\n\n"), status=FAILED, content=ANY),
)

# ---------------------------------------------------------------------------------------------------- HTTP/1.0 and framing

must(
    "RFC 9112 6.1",
    "a chunked response reaches an HTTP/1.0 client unchunked",
    get(version="HTTP/1.0", origin=ok(FRESH, framing="chunked"), lacks=["Transfer-Encoding"]),
    get(version="HTTP/1.0", lacks=["Transfer-Encoding"]),
)
must(
    "RFC 9112 7.1",
    "chunks are taken off before storing",
    get(origin=ok(FRESH, framing="chunked", body=DIGITS)),
    get(content=DIGITS),
)
must(
    "RFC 9112 7.1.1",
    "chunk extensions that nobody knows are ignored",
    get(origin=ok(FRESH, framing="chunked", body=DIGITS, chunk_extension=b';a="b;c"')),
    get(content=DIGITS),
)
may("RFC 9110 8.6", "an empty body is stored as one", get(origin=ok(FRESH, body="")), get(content=""))
must(
    "RFC 9110 6.4.1",
    "204 has no body and no Content-Length",
    get(origin=answer(204, FRESH), lacks=["Content-Length", "Transfer-Encoding"]),
    get(asked=(0, 1), origin=answer(204, FRESH), lacks=["Content-Length", "Transfer-Encoding"]),
)
must(
    "RFC 9112 2.5",
    "the answer says HTTP/1.1 whatever the origin spoke",
    get(origin=ok(FRESH, framing="close"), check=lambda m: None if m.start.startswith("HTTP/1.1 ") else m.start),
)
for sentence, head_lines in {
    "a Content-Length that is no number": "Content-Length: abc\n",
    "two different Content-Lengths": "Content-Length: 4\nContent-Length: 5\n",
    "a negative Content-Length": "Content-Length: -4\n",
    "a list of Content-Lengths": "Content-Length: 4, 5\n",
}.items():
    must(
        "RFC 9112 6.3",
        f"{sentence} is a bad answer",
        get(origin=raw(f"HTTP/1.1 200 OK\n{FRESH}\n{head_lines}\nabcd"), status=FAILED, content=ANY),
        get(origin=ok(), status=200),
    )
should(
    "RFC 9112 6.1",
    "a transfer coding that nobody knows is a failure that shows",
    get(origin=raw(f"HTTP/1.1 200 OK\n{FRESH}\nTransfer-Encoding: foo\nContent-Length: 4\n\nabcd"), broken=True),
    get(origin=ok(), status=200),
)
must(
    "RFC 9112 6.3",
    "Transfer-Encoding beside Content-Length: refused, or read by chunks and sent on with one length",
    get(
        origin=raw(f"HTTP/1.1 200 OK\n{FRESH}\nContent-Length: 3\nTransfer-Encoding: chunked\n\n4\nabcd\n0\n\n"),
        status=(200, *FAILED),
        content=ANY,
        check=lambda m: None
        if m.status in FAILED or m.body == b"abcd" and not (m.lines("Content-Length") and m.lines("Transfer-Encoding"))
        else f"{m.body} {m.fields}",
    ),
)
must(
    "RFC 9112 5.2",
    "a folded field is refused or unfolded",
    get(
        origin=raw(f"HTTP/1.1 200 OK\n{FRESH}\nContent-Length: 2\nX-Fold: a\n b\n\nhi"),
        status=(200, *FAILED),
        content=ANY,
        check=lambda m: None if m.status in FAILED or "".join((m.value("X-Fold") or "").split()) == "ab" else f"{m.fields}",
    ),
)
must(
    "RFC 9112 5.1",
    "a blank before the colon is refused or taken away",
    get(
        origin=raw(f"HTTP/1.1 200 OK\n{FRESH}\nContent-Length: 2\nX-Blank : a\n\nhi"),
        status=(200, *FAILED),
        content=ANY,
        check=lambda m: None if m.status in FAILED or "X-Blank " not in dict(m.fields) else f"{m.fields}",
    ),
)
for sentence, bytes_sent in {
    "no HTTP at all": "hello\n",
    "a head that does not end": f"HTTP/1.1 200 OK\n{FRESH}\n",
    "a status that is none": "HTTP/1.1 abc OK\nContent-Length: 2\n\nhi",
    "a status of two digits": "HTTP/1.1 20 OK\nContent-Length: 2\n\nhi",
    "NUL in a field": "HTTP/1.1 200 OK\nX-A: a\0b\nContent-Length: 2\n\nhi",
    "a field without a colon": "HTTP/1.1 200 OK\nX-A\nContent-Length: 2\n\nhi",
}.items():
    should(
        "RFC 9110 15.6.3",
        f"{sentence} from the origin is an error and not stored",
        get(origin=raw(bytes_sent), status=FAILED, content=ANY),
        get(origin=ok(), status=200),
    )

# ------------------------------------------------------------------------------------------------------- groups (RFC 9875)

may(
    "RFC 9875 3",
    "a group that a POST's answer invalidates is validated, with all that is in it",
    get(path="a", origin=ok(FRESH, TAG, 'Cache-Groups: "x{path}", "y{path}"')),
    get(path="b", origin=ok(FRESH, TAG, 'Cache-Groups: "y{path}";p="1,2"')),
    get(path="c", origin=ok(FRESH, TAG, 'Cache-Groups: "z{path}"')),
    post(path="d", origin=answer(204, 'Cache-Group-Invalidation: "q", "y{path}"')),
    wait,  # it is known by the second when a response came
    get(path="a", origin=unchanged(FRESH, TAG), sent=['If-None-Match: "a"']),
    get(path="b", origin=ok(FRESH, TAG)),
    get(path="c"),
    get(path="a"),
)
for what, step in {
    "a GET": get(path="d", origin=ok("Cache-Control: no-store", 'Cache-Group-Invalidation: "n{path}"')),
    "a POST that failed": post(path="d", origin=answer(500, 'Cache-Group-Invalidation: "n{path}"')),
    "a field that is no list of strings": post(path="d", origin=answer(204, 'Cache-Group-Invalidation: "n{path}", x')),
}.items():
    must(
        "RFC 9875 3",
        f"{what} invalidates no group",
        get(path="a", origin=ok(FRESH, TAG, 'Cache-Groups: "n{path}"')),
        step,
        get(path="a"),
    )

# ------------------------------------------------------------------------------------------------------- many at once

may(
    "4",
    "many at once ask the origin once, and all get bytes while it fills",
    get(clients=8, origin=ok(FRESH, body=DIGITS * 2000, hold=16000)),
)
must(
    "4",
    "many at once for what may not be shared get one of their own each",
    get(clients=4, origin=[ok("Cache-Control: private", body="mine", delay=0.3)] * 4),
)
FOR_ONE = {
    "no-cache": (200, "Cache-Control: no-cache", TAG),
    "no-cache beside max-age": (200, "Cache-Control: max-age=60, no-cache", TAG),
    "max-age=0": (200, STALE, TAG),
    "max-age=0, must-revalidate": (200, "Cache-Control: max-age=0, must-revalidate", TAG),
    "nothing but a Last-Modified of this moment": (200, "Last-Modified: {+0}"),
    "an Expires in the past": (200, "Expires: {-60}", TAG),
    "an Age above max-age": (200, FRESH, "Age: 100", TAG),
    "Set-Cookie and no freshness": (200, "Set-Cookie: a=b", OLD, TAG),
    "500 without Cache-Control": (500,),
    "503 without Cache-Control": (503,),
    "503 with Retry-After": (503, "Retry-After: 1"),
    "404 without Cache-Control": (404,),
    "stale-if-error alone": (200, "Cache-Control: max-age=0, stale-if-error=60", TAG),
}
for what, (status, *fields) in FOR_ONE.items():
    must(
        "4",
        f"many at once get their own answer each where none may be used for another without validation: {what}",
        get(
            clients=12,
            own=True,
            origin=[answer(status, *fields, body="for {cookie}", delay=0.3)]
            # the others go to the origin together, not one after the other; few are enough, for a busy cache may read some of them late
            + [answer(status, *fields, body="for {cookie}", gather=4)] * 11,
        ),
    )
must(
    "5.2.2.4",
    "many at once who validate get their own answer each where no-cache is said again",
    get(origin=ok("Cache-Control: no-cache", TAG)),
    get(
        clients=12,
        own=True,
        origin=[ok("Cache-Control: no-cache", 'ETag: "b"', body="for {cookie}", delay=0.3)]
        + [ok("Cache-Control: no-cache", 'ETag: "b"', body="for {cookie}", gather=4)] * 11,
    ),
)
must(
    "5.2.2.2",
    "what many at once validate and only one may use is validated for each",
    get(origin=ok("Cache-Control: no-cache", TAG, body="for one")),
    get(
        clients=4,
        content="for one",
        origin=[unchanged("Cache-Control: no-cache", TAG, delay=0.3)] + [unchanged("Cache-Control: no-cache", TAG)] * 3,
    ),
)
for wish in ("Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache"):
    may(
        "4",
        f"many at once with '{wish}' share one revalidation",
        get(origin=ok(FRESH, TAG)),
        get(wish, clients=20, asked=(1, 2), origin=[unchanged(FRESH, TAG, delay=0.3)] * 2),
        get(wish, clients=20, asked=(1, 2), origin=[ok(FRESH, 'ETag: "b"', body="b", delay=0.3)] * 2),
    )
may(
    "4",
    "many at once share what is stale but may be used while it is validated",
    get(clients=8, asked=(1, 2), origin=ok("Cache-Control: max-age=0, stale-while-revalidate=60", TAG, delay=0.3)),
)

# ----------------------------------------------------------------------------------------------------------- Cache-Status

OURS = "Cache-Status: /"
may(
    "RFC 9211 2",
    "Cache-Status: a miss and that it is stored",
    get(origin=ok(FRESH), has=[OURS + "fwd=(uri-)?miss/", OURS + "; *stored(;|$)/"]),
)
may(
    "RFC 9211 2",
    "Cache-Status: a hit and its ttl",
    get(origin=ok(FRESH)),
    get(
        has=[OURS + "; *hit(;|$)/", OURS + "; *ttl=(60|5\\d|4\\d)(;|$)/"],
        check=lambda m: "fwd beside hit" if "fwd=" in (m.value("Cache-Status") or "") else None,
    ),
)
may(
    "RFC 9211 2.2",
    "Cache-Status: what is not stored does not say so",
    get(
        origin=ok("Cache-Control: no-store"),
        has=[OURS + "fwd=/"],
        check=lambda m: "stored" if "stored" in m.value("Cache-Status") else None,
    ),
)
may(
    "RFC 9211 2.2",
    "Cache-Status: fwd=stale with the status of the 304",
    get(origin=ok(BRIEF, TAG)),
    wait,
    get(origin=unchanged(TAG, FRESH), has=[OURS + "fwd=stale/", OURS + "fwd-status=304/"]),
)
may(
    "RFC 9211 2.2",
    "Cache-Status: fwd=vary-miss",
    get("X-A: 1", origin=ok(FRESH, VARY)),
    get("X-A: 2", origin=ok(FRESH, VARY), has=[OURS + "fwd=(vary-)?miss/"]),
)
may("RFC 9211 2.2", "Cache-Status: fwd=method", post(origin=ok(), has=[OURS + "fwd=(method|bypass)/"]))
may(
    "RFC 9211 2.2",
    "Cache-Status: fwd=request",
    get(origin=ok(FRESH)),
    get("Cache-Control: no-cache", origin=ok(FRESH), has=[OURS + "fwd=request/"]),
)
may(
    "RFC 9211 2.4",
    "Cache-Status: ttl is negative when stale",
    get(origin=ok(BRIEF)),
    wait,
    get(origin=gone, stored=True, has=[OURS + "; *ttl=-\\d+/"]),
)
may(
    "RFC 9211 2",
    "Cache-Status: caches before come first",
    get(origin=ok(FRESH, "Cache-Status: first; hit"), has=[OURS + "^first; hit, *[^,]+;.*fwd=/"]),
    get(has=[OURS + "^first; hit, *[^,]+; *hit/"]),
)
may(
    "RFC 9211 2",
    "Cache-Status: a 304 and an error have it too",
    get(origin=ok(FRESH, TAG)),
    get('If-None-Match: "a"', status=304, has=[OURS + "; *hit/"]),
    get(path="x", origin=gone, status=FAILED, content=ANY, has=[OURS + "fwd=/"]),
)
