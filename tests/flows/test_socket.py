"""The player's WebSocket over real servers: tickets are used once, origins are checked, a slow
socket harms nobody. Each story runs with prebuilt frames and, as the safe fallback, over ASGI.
"""

import asyncio
import contextlib
import gc
import logging
import os
import socket
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import psutil
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.server import ServerProtocol
from websockets.typing import Origin

from fairhouse.app.gate import Unauthenticated
from fairhouse.app.store import TicketInvalid, issue_ticket, redeem_ticket
from fairhouse.app.ws import SocketDeps, feed_channel, in_front, player_channel, session_channel
from fairhouse.identity.types import Session
from fairhouse.platform.database import Database
from fairhouse.platform.frames import CLOSE_GRACE_S, UVICORN, FrameProtocol
from fairhouse.platform.push import ENDED, SLOW, Hub, Listener

QUIET: Final[Mapping[str, Any]] = {"log_level": "error"}
SERVERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "frames": UVICORN,
    "asgi": {**UVICORN, "ws": "websockets-sansio"},
}
SOCKETS_MAX: Final = 1_010
SLOW_BYTES: Final = 16_000

GONE_TRIES = 100
"""Busy machines close sockets late; what only the collector could free never goes."""


@dataclass(frozen=True)
class Served:
    """A server with its hub."""

    port: int
    hub: Hub

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/ws"

    async def listened(self, channel: str) -> None:
        """Wait until a socket has this channel."""
        async with asyncio.timeout(30):
            while not self.hub.has_listeners(channel):
                await asyncio.sleep(0.005)

    async def deserted(self, channel: str) -> None:
        """Wait until no socket has this channel."""
        async with asyncio.timeout(30):
            while self.hub.has_listeners(channel):
                await asyncio.sleep(0.005)


async def _nobody(_: object) -> Session:
    raise Unauthenticated("Log in first.")


@pytest.fixture(params=SERVERS)
async def served(db: Database, request: pytest.FixtureRequest) -> AsyncGenerator[Served]:
    async with _serving(db, SERVERS[request.param]) as found:
        yield found


@contextlib.asynccontextmanager
async def _serving(db: Database, settings: Mapping[str, Any]) -> AsyncGenerator[Served]:
    hub = Hub()
    deps = SocketDeps(
        db, hub, _nobody, lambda _: 1, lambda _: {"http://ours"}, sockets_max=SOCKETS_MAX
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(
        in_front(deps, FastAPI()),  # pyright: ignore[reportArgumentType]
        port=port,
        lifespan="off",
        timeout_graceful_shutdown=2,
        **{**QUIET, **settings},
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(port, hub)
    server.should_exit = True
    await task


async def _ticket(db: Database, player_id: UUID, session_id: UUID) -> str:
    async with db.tx() as tx:
        return await issue_ticket(tx, player_id=player_id, session_id=session_id)


async def test_a_player_hears_own_news_and_the_feed_until_the_session_ends(
    db: Database, served: Served
) -> None:
    hub = served.hub
    player_id, session_id = uuid4(), uuid4()
    ticket = await _ticket(db, player_id, session_id)
    long = "x" * 70_000

    async with connect(f"{served.url}?ticket={ticket}", origin=Origin("http://ours")) as mine:
        await served.listened(player_channel(player_id))
        hub.publish(player_channel(player_id), '{"type":"balance"}')
        hub.publish(feed_channel(1), '{"type":"feed"}', "ünïcode", long)
        heard = [await mine.recv() for _ in range(4)]
        await mine.send("clients have nothing to say")
        await mine.ping()
        hub.publish(session_channel(session_id), "bye")
        hub.end(session_channel(session_id))
        last = await mine.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(mine.recv(), 5)

    assert heard == ['{"type":"balance"}', '{"type":"feed"}', "ünïcode", long]
    assert last == "bye"
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, ENDED)
    await served.deserted(feed_channel(1))


async def test_a_ticket_works_once(db: Database, served: Served) -> None:
    ticket = await _ticket(db, uuid4(), uuid4())
    async with connect(f"{served.url}?ticket={ticket}"):
        pass

    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(f"{served.url}?ticket={ticket}") as second:
            await second.recv()


async def test_an_expired_ticket_is_refused(db: Database, clock) -> None:
    ticket = await _ticket(db, uuid4(), uuid4())
    clock.advance(seconds=31)

    with pytest.raises(TicketInvalid):
        async with db.tx() as tx:
            await redeem_ticket(tx, ticket=ticket)


async def test_a_ticket_of_a_session_that_was_revoked_meanwhile_opens_nothing(
    db: Database, served: Served
) -> None:
    session_id = uuid4()
    ticket = await _ticket(db, uuid4(), session_id)
    served.hub.end(session_channel(session_id))

    with pytest.raises(ConnectionClosed) as closed:
        async with connect(f"{served.url}?ticket={ticket}") as late:
            await asyncio.wait_for(late.recv(), 5)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == ENDED


async def test_a_foreign_origin_is_refused(served: Served) -> None:
    with contextlib.suppress(ConnectionClosed), pytest.raises(InvalidStatus):
        async with connect(served.url, origin=Origin("http://evil")) as socket_:
            await socket_.recv()


async def test_a_thousand_sockets_hear_one_broadcast_and_no_more_come_than_are_allowed(
    served: Served,
) -> None:
    crowd: list[ClientConnection] = []
    try:
        for _ in range(10):
            opening = [connect(served.url, compression=None) for _ in range(100)]
            crowd += await asyncio.gather(*opening)
        served.hub.publish(feed_channel(1), "one")
        served.hub.publish(feed_channel(1), "two")
        heard = await asyncio.gather(*(_two(client) for client in crowd))

        assert heard == [("one", "two")] * 1_000
        crowd += [await connect(served.url) for _ in range(SOCKETS_MAX - 1_000)]
        with pytest.raises(InvalidStatus):
            await connect(served.url)
    finally:
        for client in crowd:
            client.transport.abort()
    await served.deserted(feed_channel(1))


async def _two(client: ClientConnection) -> tuple[object, object]:
    return await client.recv(), await client.recv()


async def test_a_slow_socket_is_closed_while_others_go_on_and_memory_is_bounded(
    served: Served,
) -> None:
    slow = [_RawSocket(served.port) for _ in range(20)]
    for raw in slow:
        await raw.open()
    async with connect(served.url, max_queue=None) as quick:
        await asyncio.sleep(0.1)
        before = psutil.Process().memory_info().rss
        for number in range(600):
            served.hub.publish(feed_channel(1), f"{number:>{SLOW_BYTES}}")
            assert int(await quick.recv()) == number
        grown = psutil.Process().memory_info().rss - before
        served.hub.publish(feed_channel(1), "after")
        assert await quick.recv() == "after"
        # Each got 9.6 MB to hear; what one may make us hold is far below.
        assert grown < 20 * 600 * SLOW_BYTES / 4
        reasons = await asyncio.gather(*(raw.close_reason() for raw in slow))
        assert reasons == [SLOW] * 20
    await served.deserted(feed_channel(1))


async def test_a_socket_that_only_lags_gets_the_newest_state(served: Served) -> None:
    raw = _RawSocket(served.port)
    await raw.open()
    await served.listened(feed_channel(1))
    for number in range(2_000):
        served.hub.publish(feed_channel(1), f"{number:>{SLOW_BYTES}}", state="multiplier")
        if not number % 50:
            await asyncio.sleep(0)

    heard = await raw.numbers_until(1_999)

    assert heard == sorted(heard)
    assert len(heard) < 1_000


async def test_a_dead_peer_is_noticed_even_with_news_that_it_never_took(db: Database) -> None:
    often = {**UVICORN, "ws_ping_interval": 0.2, "ws_ping_timeout": 1.0}
    async with _serving(db, often) as served, connect(served.url) as alive:
        dead = _RawSocket(served.port)
        await dead.open()
        await asyncio.sleep(0.05)
        before = _open_sockets()
        for number in range(600):
            served.hub.publish(feed_channel(1), f"{number:>{SLOW_BYTES}}", state="multiplier")
            assert int(await alive.recv()) == number
        async with asyncio.timeout(CLOSE_GRACE_S + 30):
            while _open_sockets() == before:
                await asyncio.sleep(0.05)
        served.hub.publish(feed_channel(1), "after")

        assert await alive.recv() == "after"


async def test_a_socket_that_has_gone_leaves_nothing_to_the_collector(db: Database) -> None:
    async with _serving(db, UVICORN) as served:
        gc.collect()
        gc.disable()
        # Of tests before this one in the same process.
        older = _alive(ServerProtocol) + _alive(Listener)
        try:
            crowd = await asyncio.gather(*(connect(served.url) for _ in range(20)))
            served.hub.publish(feed_channel(1), "news")
            for client in crowd:
                await client.recv()
            open_now = _alive(FrameProtocol)
            await asyncio.gather(*(client.close() for client in crowd))
            await served.deserted(feed_channel(1))
            left = 1
            for _ in range(GONE_TRIES):
                await asyncio.sleep(0.05)
                left = _alive(FrameProtocol) + _alive(ServerProtocol) + _alive(Listener) - older
                if not left:
                    break
        finally:
            gc.enable()

    assert (open_now, left) == (20, 0)


def _open_sockets() -> float:
    return REGISTRY.get_sample_value("fairhouse_push_sockets") or 0


def _alive(kind: type) -> int:
    return sum(type(item) is kind for item in gc.get_objects())


async def test_tickets_are_not_logged(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    ticket = await _ticket(db, uuid4(), uuid4())
    async with _serving(db, {**UVICORN, "log_config": None, "log_level": None}) as served:
        caplog.set_level(logging.INFO)
        async with connect(f"{served.url}?ticket={ticket}"):
            pass

    assert not [record for record in caplog.records if ticket in record.getMessage()]


class _RawSocket:
    """A client that does not read until it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.socket()
        # Small, so that the kernel does not hide the laziness.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self._socket.setblocking(False)
        self._seen = b""

    async def open(self) -> None:
        """Shake hands."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, ("127.0.0.1", self._port))
        key = os.urandom(16).hex()[:22] + "=="
        await loop.sock_sendall(
            self._socket,
            f"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
        )
        while b"\r\n\r\n" not in self._seen:
            self._seen += await loop.sock_recv(self._socket, 4096)
        self._seen = self._seen.partition(b"\r\n\r\n")[2]

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recv(self._socket, 1 << 20), 10)

    async def close_reason(self) -> str:
        """Read to the end; the close frame comes last, its reason after four bytes."""
        while b"\x88" not in self._seen[-16:]:
            self._seen = (self._seen + await self._read())[-64:]
        self._socket.close()
        return self._seen[self._seen.rindex(b"\x88") + 4 :].decode()

    async def numbers_until(self, last: int) -> list[int]:
        """The numbers of all messages up to one."""
        size = SLOW_BYTES + 4
        numbers: list[int] = []
        while not numbers or numbers[-1] != last:
            while len(self._seen) >= size:
                numbers.append(int(self._seen[4:size]))
                self._seen = self._seen[size:]
            if not numbers or numbers[-1] != last:
                self._seen += await self._read()
        self._socket.close()
        return numbers
