"""The player's WebSocket over a real server: tickets are used once, origins are checked."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from fairhouse.app.gate import Unauthenticated
from fairhouse.app.store import TicketInvalid, issue_ticket, redeem_ticket
from fairhouse.app.ws import SocketDeps, feed_channel, player_channel, routes, session_channel
from fairhouse.identity.types import Session
from fairhouse.platform.database import Database
from fairhouse.platform.push import Hub


async def _nobody(_: object) -> Session:
    raise Unauthenticated("Log in first.")


@pytest.fixture
async def served(db: Database) -> AsyncGenerator[tuple[str, Hub]]:
    hub = Hub()

    app = FastAPI()
    deps = SocketDeps(db, hub, _nobody, lambda _: 1, lambda _: {"http://ours"})
    app.include_router(routes(deps))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{port}/v1/ws", hub
    server.should_exit = True
    await task


async def _ticket(db: Database, player_id: UUID, session_id: UUID) -> str:
    async with db.tx() as tx:
        return await issue_ticket(tx, player_id=player_id, session_id=session_id)


async def test_a_player_hears_own_news_and_the_feed_until_the_session_ends(
    db: Database, served: tuple[str, Hub]
) -> None:
    url, hub = served
    player_id, session_id = uuid4(), uuid4()
    ticket = await _ticket(db, player_id, session_id)

    async with connect(f"{url}?ticket={ticket}", origin=Origin("http://ours")) as mine:
        while not hub.has_listeners(player_channel(player_id)):
            await asyncio.sleep(0.01)
        hub.publish(player_channel(player_id), '{"type":"balance"}')
        hub.publish(feed_channel(1), '{"type":"feed"}')
        heard = [await mine.recv(), await mine.recv()]
        hub.end(session_channel(session_id))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(mine.recv(), 5)

    assert heard == ['{"type":"balance"}', '{"type":"feed"}']
    assert not hub.has_listeners(feed_channel(1))


async def test_a_ticket_works_once(db: Database, served: tuple[str, Hub]) -> None:
    url, _ = served
    ticket = await _ticket(db, uuid4(), uuid4())
    async with connect(f"{url}?ticket={ticket}"):
        pass

    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(f"{url}?ticket={ticket}") as second:
            await second.recv()


async def test_an_expired_ticket_is_refused(db: Database, clock) -> None:
    ticket = await _ticket(db, uuid4(), uuid4())
    clock.advance(seconds=31)

    with pytest.raises(TicketInvalid):
        async with db.tx() as tx:
            await redeem_ticket(tx, ticket=ticket)


async def test_a_foreign_origin_is_refused(served: tuple[str, Hub]) -> None:
    with contextlib.suppress(ConnectionClosed), pytest.raises(InvalidStatus):
        async with connect(served[0], origin=Origin("http://evil")) as socket_:
            await socket_.recv()
