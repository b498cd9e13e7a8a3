"""Crash and slide over HTTP: bets, cash-outs, rounds with their proofs.

Bets and cash-outs have the addresses of every game (`games.http`), which documents them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from fairhouse.betting.api import bettor_of
from fairhouse.betting.types import Bet
from fairhouse.games.api import Games
from fairhouse.games.crash.api import Crash, TableView
from fairhouse.games.crash.types import LIVE
from fairhouse.games.crash.views import HashChainView, ProofView, RoundView, SeatView
from fairhouse.games.http import BetRequest, SessionOf, StepRequest
from fairhouse.games.pace import check_may_stake
from fairhouse.games.wire import BetView
from fairhouse.identity.types import Session
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter

PAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class CrashDeps:
    """What the routes of live games need."""

    db: Database
    crash: Crash
    games: Games
    player: SessionOf
    bettor: SessionOf
    """A player who may stake now: the terms in force are accepted."""
    brand_id: Callable[[Request], int]
    pace: RateLimiter


class ProvenRound(BaseModel):
    """A round with all that proves it."""

    round: RoundView
    proof: ProofView


class RoundDetail(ProvenRound):
    seats: Sequence[SeatView]
    """The highest stakes of the brand, at most 500."""


class RoundPage(BaseModel):
    rounds: list[ProvenRound]
    next: int | None
    """Pass as `before` for the page after; None at the end."""


class Chains(BaseModel):
    chains: Sequence[HashChainView]
    """In the order in which they are used; the last one may still wait."""


def routes(deps: CrashDeps) -> APIRouter:
    """`/v1/crash/…`, and the play routes of the live games; to be included before `games.http`."""
    router = APIRouter(tags=["crash"])
    for game in LIVE:
        _add_play(router, deps, game)
    _add_reads(router, deps)
    return router


def _add_play(router: APIRouter, deps: CrashDeps, game: str) -> None:
    async def viewed(session: Session, bet: Awaitable[Bet]) -> BetView:
        found = await bet
        async with deps.db.read() as tx:
            views = await deps.games.views(tx, bets=[found], reader=session.player_id)
        return views[0]

    @router.post(f"/v1/games/{game}/bets", include_in_schema=False)
    async def place(session: Annotated[Session, Depends(deps.bettor)], body: BetRequest) -> BetView:
        """Stake on the round that takes bets."""
        check_may_stake(deps.pace, session, body.currency)
        placing = deps.crash.place(
            game=game,
            bettor=bettor_of(session),
            bet_id=body.id,
            currency_code=body.currency,
            stake=body.stake,
            params=body.params,
            automatic=bool(body.automatic),
        )
        return await viewed(session, placing)

    @router.post(f"/v1/games/{game}/bets/{{bet_id}}/steps", include_in_schema=False)
    async def step(
        session: Annotated[Session, Depends(deps.player)], bet_id: str, body: StepRequest
    ) -> BetView:
        """Cash out."""
        deps.pace.take(session.player_id.int)
        leaving = deps.crash.step(
            game=game,
            bettor=bettor_of(session),
            bet_id=bet_id,
            step=body.step,
            choice=body.choice,
        )
        return await viewed(session, leaving)


def _add_reads(router: APIRouter, deps: CrashDeps) -> None:
    @router.get("/v1/crash/{game}")
    async def table(request: Request, game: str) -> TableView:
        """The round as it stands, who is in, and the last 100 rounds."""
        return await deps.crash.table(game=game, brand_id=deps.brand_id(request))

    @router.get("/v1/crash/{game}/rounds")
    async def rounds(
        request: Request,
        game: str,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 30,
    ) -> RoundPage:
        """Rounds that are over, newest first, each with its proof."""
        brand_id = deps.brand_id(request)
        found = await deps.crash.history(game=game, brand_id=brand_id, before=before, limit=limit)
        last = found[-1][0].number if len(found) == limit else None
        proven = [ProvenRound(round=one, proof=proof) for one, proof in found]
        return RoundPage(rounds=proven, next=last)

    @router.get("/v1/crash/{game}/rounds/{round_id}")
    async def one_round(request: Request, game: str, round_id: str) -> RoundDetail:
        """One round with its proof and who was in."""
        brand_id = deps.brand_id(request)
        found, proof, seats = await deps.crash.round(
            game=game, brand_id=brand_id, round_id=round_id
        )
        return RoundDetail(round=found, proof=proof, seats=seats)

    @router.get("/v1/crash/{game}/chains")
    async def chains(game: str) -> Chains:
        """The published ends of the game's hash chains."""
        return Chains(chains=await deps.crash.chains(game=game))
