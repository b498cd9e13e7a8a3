"""Ten thousand clients in one process: `python -m bench.push_client PORT`.

A client is an `asyncio.Protocol` that shakes hands, answers pings and reads the time of sending
out of what it hears. Sender and receiver share a machine, hence a monotonic clock.
"""

import array
import asyncio
import base64
import gc
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop

from bench.child import answer, orders
from bench.lines import quantile
from fairhouse.app.process import allow_many_files

SOURCES: Final = 4
"""Loopback addresses in turn: one alone has 28,000 ports."""
AT_ONCE: Final = 100
SHAKE_S: Final = 30
TEXT: Final = 0x81
PING: Final = 0x89
CLOSE: Final = 0x88
SHORT: Final = 126
KIND_AT: Final = 9
"""Where the kind begins in `{"type":"…`: its first letter tells crash and balance apart."""


@dataclass(slots=True)
class Heard:
    """What all clients heard since the last order."""

    crash_ns: "array.array[int]" = field(default_factory=lambda: array.array("q"))
    balance_ns: "array.array[int]" = field(default_factory=lambda: array.array("q"))
    others: int = 0
    lost: int = 0
    """Connections that ended."""

    def note(self, payload: bytes, now_ns: int) -> None:
        """One message."""
        kind = payload[KIND_AT : KIND_AT + 1]
        took = {b"c": self.crash_ns, b"b": self.balance_ns}.get(kind)
        at = payload.rfind(b'"t":')
        if took is None or at < 0:
            self.others += 1
            return
        took.append(now_ns - int(payload[at + 4 : payload.index(b"}", at)]))


class Client(asyncio.Protocol):
    """One player's page."""

    __slots__ = ("_buffer", "_heard", "_path", "_transport", "opened")

    def __init__(self, path: str, heard: Heard, opened: "asyncio.Future[None]") -> None:
        self._path = path
        self._heard = heard
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] | None = opened

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade as a browser would, compression and all."""
        self._transport = transport
        host, port = transport.get_extra_info("peername")[:2]
        key = base64.b64encode(os.urandom(16)).decode()
        head = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: http://{host}:{port}",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept-Language: en-US,en;q=0.9",
            f"Cookie: fh_session={'x' * 43}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            f"Sec-WebSocket-Key: {key}",
        ]
        transport.write("\r\n".join([*head, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        """Frames, or the answer to the handshake."""
        now_ns = time.monotonic_ns()
        if self._buffer:
            data = self._buffer + data
        if self.opened is not None:
            data = self._shaken(data)
        self._buffer = self._read(data, now_ns) if self.opened is None else data

    def _shaken(self, data: bytes) -> bytes:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end or self.opened is None:
            return data
        if head[9:12] == b"101":
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(head[:80].decode(errors="replace")))
        self.opened = None
        return rest

    def _read(self, data: bytes, now_ns: int) -> bytes:
        """Take whole frames; what is left is the beginning of one."""
        at, size = 0, len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == SHORT:
                length, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            if start + length > size:
                break
            payload = data[start : start + length]
            if data[at] == TEXT:
                self._heard.note(payload, now_ns)
            elif data[at] == PING and self._transport is not None:
                # Masked with zeroes: allowed, and cheap.
                self._transport.write(bytes((0x8A, 0x80 | length, 0, 0, 0, 0)) + payload)
            at = start + length
        return data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Counted; nobody comes again."""
        self._heard.lost += 1
        if self.opened is not None and not self.opened.done():
            self.opened.set_exception(ConnectionError("closed during the handshake"))


async def _open(port: int, tickets: list[str], heard: Heard, clients: list[Client]) -> None:
    loop = asyncio.get_running_loop()
    for first in range(0, len(tickets), AT_ONCE):
        waiting: list[asyncio.Future[None]] = []
        for ticket in tickets[first : first + AT_ONCE]:
            opened: asyncio.Future[None] = loop.create_future()
            client = Client(f"/v1/ws?ticket={ticket}", heard, opened)
            source = f"127.0.0.{1 + len(clients) % SOURCES}"
            await loop.create_connection(
                lambda client=client: client, "127.0.0.1", port, local_addr=(source, 0)
            )
            clients.append(client)
            waiting.append(opened)
        await asyncio.wait_for(asyncio.gather(*waiting), SHAKE_S)


def _told(heard: Heard, cpu_s: float) -> dict[str, object]:
    def in_ms(took_ns: "array.array[int]") -> dict[str, float]:
        ordered = sorted(took_ns)
        shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
        return {"count": len(ordered)} | {
            name: round(quantile(ordered, share) / 1e6, 2) for name, share in shares.items()
        }

    return {
        "crash": in_ms(heard.crash_ns),
        "balance": in_ms(heard.balance_ns),
        "others": heard.others,
        "lost": heard.lost,
        "cpu_s": cpu_s,
    }


async def main(port: int) -> None:
    """Open, forget, report: as told."""
    heard, clients = Heard(), list[Client]()
    since_s = time.process_time()
    async for order in orders():
        if order["do"] == "open":
            await _open(port, order["tickets"], heard, clients)
            answer(open=len(clients) - heard.lost)
        elif order["do"] == "forget":
            # What is open stays open: the collector need not look at it again and again.
            gc.collect()
            gc.freeze()
            heard.crash_ns, heard.balance_ns = array.array("q"), array.array("q")
            heard.others, since_s = 0, time.process_time()
            answer()
        else:
            answer(**_told(heard, time.process_time() - since_s))


if __name__ == "__main__":
    allow_many_files()
    uvloop.run(main(int(sys.argv[1])))
