"""The words in which rows.py is written: what a client asks, what the origin answers, what must be seen.

Fields are written as lines, "Name: value". In them and in bodies these stand for things known only at run time:
    {+60} {-60}          now plus or minus so many seconds, as an HTTP-date (RFC 9110 5.6.7)
    {+60 rfc850}         the same in the first obsolete form, {+60 asctime} in the second
    {path}               the path that the row has to itself
    {edge}               host:port of the cache under test
    {cookie}             in a body: the Cookie field of the request that it answers
"""

import dataclasses
import re
import time

MUST, SHOULD, MAY = "must", "should", "may"  # MAY: the RFC permits it and a good cache does it

HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
FORMS = {None: HTTP_DATE, "rfc850": "%A, %d-%b-%y %H:%M:%S GMT", "asctime": "%a %b %e %H:%M:%S %Y"}


def fill_in(text, known):
    """Replace what stands in braces (see above); `known` has the values of {path} and {edge}."""

    def replace(match):
        if match[1]:
            return time.strftime(FORMS[match[2]], time.gmtime(time.time() + int(match[1])))
        return known[match[3]]

    return re.sub(r"\{(?:([+-]\d+)(?: (rfc850|asctime))?|(path|edge|cookie))\}", replace, text)


def split_field(line):
    name, _, value = line.partition(":")
    return name, value.strip()


@dataclasses.dataclass
class Answer:
    """What the origin answers. Content-Length (or chunks) and Date come by themselves."""

    status: int = 200
    fields: tuple = ()
    body: str = None  # None: one of its own for each answer, so that it shows which one was used
    framing: str = "length"  # or "chunked", or "close": HTTP/1.0, ended by closing
    dated: bool = True
    interim: tuple = ()  # raw heads of 1xx responses to send first
    chunk_extension: bytes = b""
    trailers: tuple = ()
    claims: int = None  # a Content-Length other than the true one
    cut: int = None  # close after so many bytes of body
    reset: bool = False  # close with RST instead of FIN
    raw: str = None  # send just this, and close
    gone: bool = False  # close without a word
    gather: int = 0  # wait until the step's requests are so many
    hold: object = None  # wait until the clients are served: "head" before the head, or after so many bytes of body
    delay: float = 0  # seconds before the head
    slow: float = 0  # seconds between the first half of the body and the second

    @property
    def fails(self):
        return self.gone or self.raw is not None or self.cut is not None


@dataclasses.dataclass
class Either:
    """An answer that depends on what the cache sends: `yes` when it has one of the fields named, else `no`."""

    names: tuple
    yes: Answer
    no: Answer

    def choose(self, request):
        return self.yes if any(request.value(name) for name in self.names) else self.no


@dataclasses.dataclass
class Step:
    """One request and what must be seen. Without `origin` the cache must answer without asking."""

    method: str = "GET"
    fields: tuple = ()
    path: str = ""
    body: str = None
    version: str = "HTTP/1.1"
    clients: int = 1  # so many at once
    own: bool = False  # each client has a Cookie of its own, and must get the body made for it: "for {cookie}"
    origin: object = None  # Answer, Either, or a list of them in the order in which the origin is asked
    aside: object = None  # the same, but asked for while or after the client gets what is stored
    asked: tuple = None  # how often the origin may be asked: (least, most)
    soon: bool = False  # what is wanted may come a moment later: ask again until it does
    stored: bool = False  # the client must get what is stored, whatever the origin says now
    # what the client must see; what is not given follows from what the origin sent last for this path
    status: object = None  # a number, or a tuple of those allowed
    content: object = None  # the body, or a tuple of those allowed; ANY: not looked at
    broken: bool = False  # the client must see the failure: an incomplete message, no message, or a 5xx
    has: tuple = ()  # lines, a value in /slashes/ is a regular expression
    lacks: tuple = ()
    same: tuple = ()  # fields with just the values that the origin sent last
    age: tuple = None  # (least, most)
    # what the origin must have received
    sent: tuple = ()
    unsent: tuple = ()
    check: object = None  # function of (client's message) -> what is wrong with it, or None

    @property
    def from_stored(self):
        return self.stored or self.aside is not None


class Wait:
    """Time passes: enough for what was fresh for a second to be stale."""

    seconds = 2.2


class Down:
    """The origin's listener closes; all rows come here together, after the rest."""


ANY = object()
wait = Wait()
down = Down()

ROWS = []


@dataclasses.dataclass
class Row:
    section: str
    level: str
    sentence: str
    steps: tuple

    def clients(self):
        return max(getattr(step, "clients", 1) for step in self.steps)


def row(section, level, sentence, *steps):
    assert all(sentence != other.sentence for other in ROWS), sentence
    ROWS.append(Row(section if section.startswith("RFC") else "RFC 9111 " + section, level, sentence, steps))


def must(section, sentence, *steps):
    row(section, MUST, sentence, *steps)


def should(section, sentence, *steps):
    row(section, SHOULD, sentence, *steps)


def may(section, sentence, *steps):
    row(section, MAY, sentence, *steps)


def ask(method, *fields, **rest):
    return Step(method, fields, **rest)


def get(*fields, **rest):
    return Step("GET", fields, **rest)


def head(*fields, **rest):
    return Step("HEAD", fields, **rest)


def post(*fields, **rest):
    return Step("POST", fields, body="x", **rest)


def answer(status, *fields, **rest):
    return Answer(status, fields, **rest)


def ok(*fields, **rest):
    return Answer(200, fields, **rest)


def unchanged(*fields, **rest):
    return Answer(304, fields, body="", **rest)


def raw(text):
    """Bytes as they are; lines end in CRLF."""
    return Answer(raw=text.replace("\n", "\r\n"))


gone = Answer(gone=True)
reset = Answer(gone=True, reset=True)


def if_conditional(yes, no):
    return Either(("If-None-Match", "If-Modified-Since"), yes, no)


def if_range(yes, no):
    return Either(("Range",), yes, no)
