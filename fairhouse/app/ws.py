"""The player's WebSocket: news of balances, deposits, withdrawals, bets, notifications, feed.

A browser cannot set headers on a WebSocket, so a signed-in page first asks for a one-time ticket
(`POST /v1/ws-ticket`) and opens `/v1/ws?ticket=…`; visitors open it without and get the feed. The
origin must be one of the brand's own (cross-site WebSocket hijacking, CWE-1385).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from fairhouse.app.store import issue_ticket, redeem_ticket
from fairhouse.identity.types import Session
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database
from fairhouse.platform.push import ENDED, Hub, Listener

PING_EVERY_S: Final = 25.0
CLOSE_TRY_AGAIN: Final = 1013
CLOSE_POLICY: Final = 1008


def player_channel(player_id: UUID) -> str:
    """Everything that concerns one player."""
    return f"player:{player_id}"


def session_channel(session_id: UUID) -> str:
    """Closed when the session is revoked."""
    return f"session:{session_id}"


def feed_channel(brand_id: int) -> str:
    """What every visitor of a brand sees."""
    return f"feed:{brand_id}"


@dataclass(frozen=True, slots=True)
class SocketDeps:
    """What the socket route needs."""

    db: Database
    hub: Hub
    player: Callable[[Request], Awaitable[Session]]
    brand_id: Callable[[HTTPConnection], int]
    origins: Callable[[HTTPConnection], Collection[str]]
    """The origins this socket may be opened from."""
    sockets_max: int = 20_000


class TicketView(BaseModel):
    """Opens one socket within 30 seconds."""

    ticket: str


def routes(deps: SocketDeps) -> APIRouter:
    """`/v1/ws-ticket` and `/v1/ws`."""
    router = APIRouter(tags=["push"])
    open_sockets = 0

    @router.post("/v1/ws-ticket")
    async def give_ticket(session: Annotated[Session, Depends(deps.player)]) -> TicketView:
        """A one-time ticket for `/v1/ws`, valid for 30 seconds."""
        async with deps.db.tx() as tx:
            ticket = await issue_ticket(tx, player_id=session.player_id, session_id=session.id)
        return TicketView(ticket=ticket)

    @router.websocket("/v1/ws")
    async def socket(websocket: WebSocket, ticket: str | None = None) -> None:
        nonlocal open_sockets
        origin = websocket.headers.get("origin")
        if origin is not None and origin not in deps.origins(websocket):
            await websocket.close(CLOSE_POLICY, "origin")
            return
        if open_sockets >= deps.sockets_max:
            await websocket.close(CLOSE_TRY_AGAIN, "full")
            return
        try:
            channels = await _channels(deps, websocket, ticket)
        except Refusal as refusal:
            await websocket.close(CLOSE_POLICY, refusal.code)
            return
        await websocket.accept()
        listener = deps.hub.attach(channels)
        open_sockets += 1
        try:
            await _serve(websocket, listener)
        finally:
            open_sockets -= 1
            deps.hub.detach(listener)

    return router


async def _channels(deps: SocketDeps, websocket: WebSocket, ticket: str | None) -> list[str]:
    channels = [feed_channel(deps.brand_id(websocket))]
    if ticket is not None:
        async with deps.db.tx() as tx:
            who = await redeem_ticket(tx, ticket=ticket)
        channels += [player_channel(who.player_id), session_channel(who.session_id)]
    return channels


async def _serve(websocket: WebSocket, listener: Listener) -> None:
    """Send until the client goes, the session ends, or the inbox overflows."""
    reader = asyncio.create_task(_read_until_closed(websocket))
    writer = asyncio.create_task(_write(websocket, listener))
    _, pending = await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(reader, writer, return_exceptions=True)
    if websocket.application_state is WebSocketState.CONNECTED and listener.closed is not None:
        code = CLOSE_POLICY if listener.closed == ENDED else CLOSE_TRY_AGAIN
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(code, listener.closed)


async def _read_until_closed(websocket: WebSocket) -> None:
    """Clients say nothing we act on; reading is how a disconnect is noticed."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.receive_text()


async def _write(websocket: WebSocket, listener: Listener) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            try:
                message = await asyncio.wait_for(listener.queue.get(), PING_EVERY_S)
            except TimeoutError:
                message = '{"type":"ping","data":{}}'
            if message is None:
                return
            await websocket.send_text(message)
