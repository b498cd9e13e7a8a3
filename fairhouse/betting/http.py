"""Seeds over HTTP: the active pair, rotation, and every pair revealed before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from fairhouse.betting.api import Road, bettor_of, seeds
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import SeedPair
from fairhouse.identity.types import Session
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database

PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class SeedDeps:
    """What the seed routes need."""

    db: Database
    road: Road
    sealer: Sealer
    player: Callable[[Request], Awaitable[Session]]


class ActiveSeed(BaseModel):
    """The pair that decides the next bets; its server seed is still secret."""

    id: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    next_server_seed_hash: str


class RevealedSeed(BaseModel):
    """A pair that is closed: everything about it is known."""

    id: str
    server_seed: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    """How many bets it decided."""
    created_at: datetime
    rotated_at: datetime


class Seeds(BaseModel):
    active: ActiveSeed


class Rotated(BaseModel):
    revealed: RevealedSeed
    active: ActiveSeed


class SeedHistory(BaseModel):
    pairs: list[RevealedSeed]
    next: str | None
    """Pass as `before` for the page after; None at the end."""


class RotateRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client_seed: str | None = Field(default=None, max_length=256)


def routes(deps: SeedDeps) -> APIRouter:
    """`/v1/seeds`."""
    router = APIRouter(tags=["fairness"])

    @router.get("/v1/seeds")
    async def active(session: Annotated[Session, Depends(deps.player)]) -> Seeds:
        """The active pair: commitment, client seed, nonce, and the commitment to the next."""
        async with deps.db.tx() as tx:
            pair = await seeds(tx, sealer=deps.sealer, bettor=bettor_of(session))
        return Seeds(active=_active(pair))

    @router.post("/v1/seeds/rotate")
    async def rotate(
        session: Annotated[Session, Depends(deps.player)], body: RotateRequest
    ) -> Rotated:
        """Reveal the seed, begin with the one committed before; not while a round is open."""
        rotation = await deps.road.rotate(bettor_of(session), client_seed=body.client_seed)
        return Rotated(revealed=_revealed(rotation.revealed), active=_active(rotation.active))

    @router.get("/v1/seeds/history")
    async def history(
        session: Annotated[Session, Depends(deps.player)],
        before: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
    ) -> SeedHistory:
        """Revealed pairs, newest first."""
        cursor = _cursor(before)
        async with deps.db.read() as tx:
            pairs = await fairness.history(
                tx,
                sealer=deps.sealer,
                player_id=session.player_id,
                before=cursor,
                limit=limit,
            )
        more = to_wire("sed", pairs[-1].id) if len(pairs) == limit else None
        return SeedHistory(pairs=[_revealed(pair) for pair in pairs], next=more)

    return router


def _cursor(before: str | None) -> UUID | None:
    return None if before is None else from_wire("sed", before, param="before")


def _active(pair: SeedPair) -> ActiveSeed:
    assert pair.next_server_seed_hash is not None, "an active pair has its successor committed"
    return ActiveSeed(
        id=to_wire("sed", pair.id),
        server_seed_hash=pair.server_seed_hash,
        client_seed=pair.client_seed,
        nonce=pair.nonce,
        next_server_seed_hash=pair.next_server_seed_hash,
    )


def _revealed(pair: SeedPair) -> RevealedSeed:
    assert pair.server_seed is not None
    assert pair.rotated_at is not None
    return RevealedSeed(
        id=to_wire("sed", pair.id),
        server_seed=pair.server_seed,
        server_seed_hash=pair.server_seed_hash,
        client_seed=pair.client_seed,
        nonce=pair.nonce,
        created_at=pair.created_at,
        rotated_at=pair.rotated_at,
    )
