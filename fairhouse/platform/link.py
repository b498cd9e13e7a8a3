"""Calls between processes of ours: one connection per peer, many calls at once, each sealed.

A framed protocol over TCP or a Unix socket, for loopback and private networks: authenticated, not
encrypted. Both sides prove that they have the key before anything is said; every frame carries an
HMAC-SHA-256 over the connection's two random values and its own bytes, so that nothing can be
altered, replayed, or taken over from another connection.

    client: 32 random bytes
    server: 32 random bytes, HMAC(key, "hello" + client's + server's)
    then frames both ways: length (4 bytes, big endian), MAC (32 bytes), payload
"""

import asyncio
import hmac
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter

_log = structlog.get_logger("link")
_calls = Counter("fairhouse_link_calls_total", "Calls to other processes", ["result"])

RANDOM_BYTES: Final = 32
MAC_BYTES: Final = 32
FRAME_BYTES_MAX: Final = 256 * 1024
_HEAD: Final = struct.Struct(">IQ")
"""Bytes of MAC and payload that follow the number, and the call's number."""
UNDER_WAY_MAX: Final = 1_024
"""Calls of one connection at once; what comes beyond waits in the socket."""
CONNECT_TIMEOUT_S: Final = 2.0

Handler = Callable[[bytes], Awaitable[bytes]]


class PeerSilent(Exception):
    """The connection broke, or no answer came in time: whether the call was done is not known."""


class PeerAbsent(Exception):
    """Nobody who has the key answers at the address: the call was not sent."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals the frames of one connection."""

    key: bytes
    randoms: bytes

    def mac(self, what: bytes, number: int, payload: bytes) -> bytes:
        """`what` tells calls from answers."""
        head = what + self.randoms + number.to_bytes(8, "big")
        return hmac.digest(self.key, head + payload, "sha256")

    def frame(self, what: bytes, number: int, payload: bytes) -> bytes:
        """Ready to be sent."""
        size = MAC_BYTES + len(payload)
        return _HEAD.pack(size, number) + self.mac(what, number, payload) + payload

    async def read(self, reader: asyncio.StreamReader, what: bytes) -> tuple[int, bytes]:
        """The next frame's number and payload. Raises ValueError when it is not in order."""
        size, number = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        if not MAC_BYTES <= size <= FRAME_BYTES_MAX:
            raise ValueError("a frame of an impossible size")
        mac = await reader.readexactly(MAC_BYTES)
        payload = await reader.readexactly(size - MAC_BYTES)
        if not hmac.compare_digest(mac, self.mac(what, number, payload)):
            raise ValueError("a frame that is not sealed by our key")
        return number, payload


def bind(address: str) -> tuple[socket.socket, str]:
    """Listen at `tcp:HOST:PORT` or `unix:PATH`; returns where, with the port that 0 became."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        Path(rest).unlink(missing_ok=True)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        bound.bind(rest)
        Path(rest).chmod(0o600)
        return bound, address
    host, _, port = rest.rpartition(":")
    if kind != "tcp" or not host or not port.isdigit():
        raise ValueError(f"{address!r} is neither tcp:HOST:PORT nor unix:PATH")
    bound = socket.create_server((host, int(port)))
    return bound, f"tcp:{host}:{bound.getsockname()[1]}"


async def serve(bound: socket.socket, key: bytes, handler: Handler) -> None:
    """Answer calls until cancelled. What the handler raises ends the connection."""

    async def on_connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve_one(reader, writer, key, handler)
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # At the end of the process; asyncio's streams cannot bear a connection that is
            # cancelled (python/cpython#110894), and this task ends here anyway.
            pass
        except ValueError as error:
            _log.warning("a peer was turned away", error=str(error))
        finally:
            writer.close()

    is_unix = bound.family == socket.AF_UNIX
    start = asyncio.start_unix_server if is_unix else asyncio.start_server
    server = await start(on_connected, sock=bound)
    try:
        await server.serve_forever()
    finally:
        server.close()


async def _serve_one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes, handler: Handler
) -> None:
    theirs = await asyncio.wait_for(reader.readexactly(RANDOM_BYTES), CONNECT_TIMEOUT_S)
    ours = os.urandom(RANDOM_BYTES)
    sealing = Sealing(key, theirs + ours)
    writer.write(ours + sealing.mac(b"hello", 0, b""))
    slots = asyncio.Semaphore(UNDER_WAY_MAX)
    under_way: set[asyncio.Task[None]] = set()
    last = 0

    async def answer(number: int, payload: bytes) -> None:
        try:
            writer.write(sealing.frame(b"answer", number, await handler(payload)))
            await writer.drain()
        except OSError:
            _log.info("an answer came too late: the peer has gone")
        except Exception as error:  # noqa: BLE001 - the peer is told nothing, which is the truth
            _log.error("a call failed", exc_info=error)
            writer.close()
        finally:
            slots.release()

    # What a peer asked for is finished when the peer goes: its outcome must not hang on that.
    while True:
        await slots.acquire()
        number, payload = await sealing.read(reader, b"call")
        if number <= last:
            raise ValueError("a frame that came before")
        last = number
        task = asyncio.create_task(answer(number, payload))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


@dataclass(slots=True)
class Link:
    """Our connection to one peer; made at the first call, and anew after it broke."""

    address: str
    key: bytes
    timeout_s: float = 10.0
    waiting_max: int = 4_096
    _sealing: Sealing | None = None
    _writer: asyncio.StreamWriter | None = None
    _reading: asyncio.Task[None] | None = None
    _number: int = 0
    _waiting: dict[int, asyncio.Future[bytes]] = field(
        default_factory=dict[int, asyncio.Future[bytes]]
    )
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(self, payload: bytes) -> bytes:
        """Raises PeerAbsent when it was not sent, and PeerSilent when nobody knows."""
        if len(self._waiting) >= self.waiting_max:
            raise PeerAbsent(f"{self.waiting_max} calls to {self.address} are waiting")
        async with self._connecting:
            if self._writer is None or self._writer.is_closing():
                await self._connect()
        assert self._writer is not None
        assert self._sealing is not None
        self._number += 1
        number, waiting = self._number, self._waiting
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting[number] = answer
        try:
            self._writer.write(self._sealing.frame(b"call", number, payload))
            got = await asyncio.wait_for(answer, self.timeout_s)
        except (TimeoutError, ConnectionError) as error:
            _calls.labels("unknown").inc()
            raise PeerSilent(self.address) from error
        finally:
            waiting.pop(number, None)
        _calls.labels("answered").inc()
        return got

    async def _connect(self) -> None:
        self.close()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await _open(self.address)
                ours = os.urandom(RANDOM_BYTES)
                writer.write(ours)
                theirs = await reader.readexactly(RANDOM_BYTES)
                sealing = Sealing(self.key, ours + theirs)
                proof = await reader.readexactly(MAC_BYTES)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            _calls.labels("absent").inc()
            raise PeerAbsent(self.address) from error
        if not hmac.compare_digest(proof, sealing.mac(b"hello", 0, b"")):
            writer.close()
            _log.error("a peer does not have our key", address=self.address)
            raise PeerAbsent(self.address)
        self._sealing, self._writer, self._number = sealing, writer, 0
        self._reading = asyncio.create_task(self._read(reader, writer, sealing, self._waiting))

    async def _read(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sealing: Sealing,
        waiting: dict[int, asyncio.Future[bytes]],
    ) -> None:
        """Hand answers to who waits; at the end of the connection nobody waits on."""
        try:
            while True:
                number, payload = await sealing.read(reader, b"answer")
                answer = waiting.pop(number, None)
                if answer is not None and not answer.done():
                    answer.set_result(payload)
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            _log.info("a link ended", address=self.address, error=repr(error))
        finally:
            writer.close()
            for answer in waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError(self.address))

    def close(self) -> None:
        """Hang up; whoever waits is told that the outcome is unknown."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self._waiting = {}
        self._reading = self._writer = self._sealing = None


async def _open(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, rest = address.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(rest)
    host, _, port = rest.rpartition(":")
    return await asyncio.open_connection(host, int(port))
