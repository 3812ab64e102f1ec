"""HTTP/1.1 on asyncio streams. Reads messages as they are, so that broken ones can be told from whole ones."""

import asyncio
import dataclasses


@dataclasses.dataclass
class Message:
    """A request or a response. `complete` is false when the connection ended before the body did."""

    start: str
    fields: list  # (name, value) in order of arrival
    body: bytes = b""
    complete: bool = True
    trailers: list = dataclasses.field(default_factory=list)
    interim: list = dataclasses.field(default_factory=list)  # the 1xx responses before this one

    def lines(self, name):
        """The values of a field, one a line."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def value(self, name):
        """The lines of a field joined; None when there is none."""
        lines = self.lines(name)
        return ", ".join(lines) if lines else None

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]


async def read_fields(reader):
    fields = []
    while (line := (await reader.readuntil(b"\n")).rstrip(b"\r\n")) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        fields.append((name, value.strip()))
    return fields


async def read_head(reader):
    """A message without its body; None when the peer closes before it or in the middle of it."""
    try:
        start = (await reader.readuntil(b"\n")).decode("latin-1").rstrip("\r\n")
        return Message(start, await read_fields(reader))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def read_exactly(reader, message, size, progress):
    """Append up to `size` bytes to the body, telling `progress` of each piece; false when there were fewer."""
    while size > 0:
        piece = await reader.read(min(size, 65536))
        if not piece:
            return False
        message.body += piece
        size -= len(piece)
        progress(message)
    return True


async def read_chunks(reader, message, progress):
    while size := int((await reader.readuntil(b"\n")).split(b";")[0], 16):
        if not await read_exactly(reader, message, size, progress):
            return False
        await reader.readuntil(b"\n")
    message.trailers = await read_fields(reader)
    return True


async def read_body(reader, message, until_close=False, progress=lambda message: None):
    """The body that the head announces. `until_close`: one without a length ends with the connection."""
    try:
        if "chunked" in (message.value("Transfer-Encoding") or "").lower():
            message.complete = await read_chunks(reader, message, progress)
        elif length := message.value("Content-Length"):
            message.complete = await read_exactly(reader, message, int(length), progress)
        elif until_close:
            await read_exactly(reader, message, 1 << 40, progress)
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        message.complete = False


async def read_response(reader, method, progress=lambda message: None):
    """A final response with the interim ones before it; None when the connection ended before its head did."""
    interim = []
    while response := await read_head(reader):
        if response.status >= 200 or response.status == 101:
            break
        interim.append(response)
    else:
        return None
    response.interim = interim
    if method != "HEAD" and response.status not in (204, 304):
        await read_body(reader, response, until_close=True, progress=progress)
    return response
