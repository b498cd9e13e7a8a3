"""A wire to PostgreSQL that can be cut at a chosen point of the next batch.

It reads along just enough of the protocol to know a batch when it passes: which prepared statement
writes the bet journal, when it is bound, and when its answer comes back.
Message formats: PostgreSQL's documentation, "Message Formats" of the frontend/backend protocol.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

_BATCH = b"insert into betting.entry"
_SSL_REQUEST = 80877103


class Cut(Enum):
    """Where the wire breaks."""

    BEFORE = "before the statement leaves"
    WITHIN = "in the middle of the statement's message"
    SENT = "right behind the statement, while it is at work"
    ANSWERED = "when it is committed, before the answer arrives"
    HALF_ANSWERED = "in the middle of the answer"
    SILENT = "the statement arrives, and then nothing passes any more"


class _Broken(Exception):
    """This link ends now."""


@dataclass
class Wire:
    """Links pass through here; `next_cut` is used up by the first batch that meets it."""

    host: str
    port: int
    next_cut: Cut | None = None
    cuts: int = 0
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    links: set["_Link"] = field(default_factory=set["_Link"])

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's link, until either end is gone."""
        server = await asyncio.open_connection(self.host, self.port)
        link = _Link(self, reader, writer, *server)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)
            link.end()

    def cut_all(self) -> None:
        """Every link breaks at once."""
        for link in list(self.links):
            link.end()

    def take_cut(self, *kinds: Cut) -> Cut | None:
        """The cut that is due, if it is one of these."""
        if self.next_cut not in kinds:
            return None
        due, self.next_cut = self.next_cut, None
        self.cuts += 1
        self.happened.set()
        return due


class _Link:
    def __init__(
        self,
        wire: Wire,
        client_reader: asyncio.StreamReader,
        client_writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        self._wire = wire
        self._from_client, self._to_client = client_reader, client_writer
        self._from_server, self._to_server = server_reader, server_writer
        self._batches: set[bytes] = set()
        self._awaits_answer = False
        self._silent = False

    async def run(self) -> None:
        with contextlib.suppress(_Broken, OSError, asyncio.IncompleteReadError):
            await self._greet()
            tasks = [asyncio.create_task(self._forth()), asyncio.create_task(self._back())]
            _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        for writer in (self._to_client, self._to_server):
            writer.transport.abort()

    async def _greet(self) -> None:
        """Until the start-up message has passed messages have no type."""
        while True:
            head = await self._from_client.readexactly(8)
            length, code = struct.unpack("!ii", head)
            self._to_server.write(head + await self._from_client.readexactly(length - 8))
            if code != _SSL_REQUEST:
                return
            self._to_client.write(await self._from_server.readexactly(1))

    async def _forth(self) -> None:
        while True:
            kind, message = await _message(self._from_client)
            if kind == b"P":
                name, _, rest = message[5:].partition(b"\0")
                if _BATCH in rest:
                    self._batches.add(name)
            if kind == b"B" and message[5:].split(b"\0", 2)[1] in self._batches:
                self._batch_passes(message)
            elif not self._silent:
                self._to_server.write(message)
            if kind == b"S" and self._awaits_answer and self._wire.take_cut(Cut.SENT):
                await self._to_server.drain()
                raise _Broken

    def _batch_passes(self, message: bytes) -> None:
        if self._wire.take_cut(Cut.BEFORE):
            raise _Broken
        if self._wire.take_cut(Cut.WITHIN):
            self._to_server.write(message[: len(message) // 2])
            raise _Broken
        self._awaits_answer = True
        self._to_server.write(message)

    async def _back(self) -> None:
        while True:
            kind, message = await _message(self._from_server)
            if self._awaits_answer and kind == b"D" and self._wire.take_cut(Cut.HALF_ANSWERED):
                self._to_client.write(message[: len(message) // 2])
                await self._until_committed()
                raise _Broken
            if self._awaits_answer and self._wire.next_cut in {Cut.ANSWERED, Cut.SILENT}:
                await self._until_committed(kind)
                if self._wire.take_cut(Cut.SILENT):
                    self._silent = True
                    await asyncio.Event().wait()
                self._wire.take_cut(Cut.ANSWERED)
                raise _Broken
            if kind == b"Z":
                self._awaits_answer = False
            self._to_client.write(message)

    async def _until_committed(self, kind: bytes = b"") -> None:
        """Swallow the answer up to "ready for query"."""
        while kind != b"Z":
            kind, _ = await _message(self._from_server)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], head + await reader.readexactly(length - 4)


@asynccontextmanager
async def wire_to(url: str) -> AsyncGenerator[tuple[Wire, str]]:
    """A wire to the server of this URL, and the URL that leads over it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    wire = Wire(parts.hostname, parts.port)
    listening = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    place = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{port}"
    try:
        yield wire, urlunsplit(parts._replace(netloc=place))
    finally:
        listening.close()
        wire.cut_all()
