"""The player's WebSocket: news of balances, sittings, payments, bets, notifications, feed.

A browser cannot set headers on a WebSocket, so a signed-in page first asks for a one-time ticket
(`POST /v1/ws-ticket`) and opens `/v1/ws?ticket=…`; visitors open it without and get the feed.
`topics=crash,slide` adds the rounds of live games (`games/crash/README.md`). The
origin must be one of the brand's own (cross-site WebSocket hijacking, CWE-1385).
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from fairhouse.app.gate import foreign_origin
from fairhouse.app.store import issue_ticket, redeem_ticket
from fairhouse.games.crash.api import channel as live_channel
from fairhouse.games.crash.types import LIVE
from fairhouse.identity.types import Session
from fairhouse.platform import sockets
from fairhouse.platform.database import Database
from fairhouse.platform.http import AsgiApp, Scope
from fairhouse.platform.push import Hub
from fairhouse.platform.sockets import SOCKETS_MAX, SocketApp

PATH: Final = "/v1/ws"


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
    """What sockets need."""

    db: Database
    hub: Hub
    player: Callable[[Request], Awaitable[Session]]
    brand_id: Callable[[HTTPConnection], int]
    origins: Callable[[HTTPConnection], Collection[str]]
    """The origins this socket may be opened from."""
    sockets_max: int = SOCKETS_MAX


class TicketView(BaseModel):
    """Opens one socket within 30 seconds."""

    ticket: str


def routes(deps: SocketDeps) -> APIRouter:
    """`/v1/ws-ticket`."""
    router = APIRouter(tags=["push"])

    @router.post("/v1/ws-ticket")
    async def give_ticket(session: Annotated[Session, Depends(deps.player)]) -> TicketView:
        """A one-time ticket for `/v1/ws`, valid for 30 seconds."""
        async with deps.db.tx() as tx:
            ticket = await issue_ticket(tx, player_id=session.player_id, session_id=session.id)
        return TicketView(ticket=ticket)

    return router


def in_front(deps: SocketDeps, app: AsgiApp) -> AsgiApp:
    """`/v1/ws` before the app, whose layers a socket would keep in memory."""

    async def admit(scope: Scope) -> list[str]:
        return await _channels(deps, HTTPConnection(scope))

    served = SocketApp(deps.hub, admit, sockets_max=deps.sockets_max)
    return sockets.in_front(PATH, served, app)


async def _channels(deps: SocketDeps, connection: HTTPConnection) -> list[str]:
    origin = connection.headers.get("origin")
    if origin is not None and origin not in deps.origins(connection):
        raise foreign_origin(origin)
    brand_id = deps.brand_id(connection)
    channels = [feed_channel(brand_id)]
    wanted = connection.query_params.get("topics", "").split(",")
    channels += [live_channel(game, brand_id) for game in LIVE if game in wanted]
    ticket = connection.query_params.get("ticket")
    if ticket is not None:
        async with deps.db.tx() as tx:
            who = await redeem_ticket(tx, ticket=ticket)
        channels += [player_channel(who.player_id), session_channel(who.session_id)]
    return channels
