"""The games over HTTP: bets, rounds, histories, the feed, and verification."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from fairhouse.betting import api as betting
from fairhouse.betting.api import bettor_of
from fairhouse.betting.types import Bet
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import SeedPair
from fairhouse.games import catalogue
from fairhouse.games.api import GameInfo, Games, game, verify
from fairhouse.games.crash.api import proofs_of
from fairhouse.games.pace import check_may_stake, pace_limiter
from fairhouse.games.verification import Verification, recompute_bet
from fairhouse.games.wire import BetView
from fairhouse.identity.types import Session
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.compressed import compressed_json
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter

PAGE_MAX: Final = 100
FEED_SIZE: Final = 30

SessionOf = Callable[[Request], Awaitable[Session]]


@dataclass(frozen=True, slots=True)
class GamesDeps:
    """What the game routes need."""

    db: Database
    games: Games
    sealer: Sealer
    player: SessionOf
    bettor: SessionOf
    """A player who may stake now: the terms in force are accepted."""
    visitor: Callable[[Request], Awaitable[Session | None]]
    brand_id: Callable[[Request], int]
    pace: RateLimiter = field(default_factory=pace_limiter)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class BetRequest(_Asked):
    id: str = Field(description="Made by the client: bet_ and a version 7 UUID; repeat it to retry")
    currency: str = Field(max_length=16)
    stake: str = Field(max_length=64, examples=["1.25"])
    table_hash: str | None = Field(
        default=None,
        max_length=64,
        description="The table that the player was shown: on any other the bet is refused",
    )
    automatic: bool | None = Field(
        default=None,
        description="No hand started this game: refused where every game must be started by hand",
    )
    params: dict[str, Any] = Field(
        description="What the game asks for; see its rules",
        examples=[{"target": "50.50", "direction": "over"}, {"mines": 3}],
    )


class StepRequest(_Asked):
    step: int = Field(ge=0, description="The number of this step, from 0: guards double clicks")
    choice: dict[str, Any] = Field(
        description="`do` and what belongs to it",
        examples=[{"do": "reveal", "tile": 7}, {"do": "cash_out"}],
    )


class VerifyRequest(_Asked):
    game: str = Field(max_length=32)
    server_seed: str = Field(max_length=128)
    client_seed: str = Field(max_length=256)
    nonce: int
    params: dict[str, Any] = {}
    choices: list[dict[str, Any]] = []
    game_version: str | None = Field(default=None, max_length=16)
    variant: str | None = Field(default=None, max_length=16)


class Bets(BaseModel):
    bets: list[BetView]
    next: str | None
    """Pass as `before` for the page after; None at the end."""


class Rounds(BaseModel):
    rounds: list[BetView]


class Feed(BaseModel):
    bets: list[BetView]


class HmacRoundView(BaseModel):
    message: str
    digest: str


class DrawView(BaseModel):
    """One 32-bit number of the stream, and what the game made of it."""

    number: int
    of: int
    """How many equally likely choices it picks from; 0 when it is held against thresholds."""
    choice: int
    means: str


class VerificationView(BaseModel):
    """What the seeds decide, with every step between."""

    game: str
    game_version: str
    variant: str
    table_hash: str
    server_seed_hash: str
    rounds: list[HmacRoundView]
    draws: list[DrawView]
    outcome: dict[str, Any]


class PublicBet(BaseModel):
    """A bet, and its server seed once that is revealed."""

    bet: BetView
    server_seed: str | None
    round_proof: dict[str, Any] | None = Field(
        description="Of a bet on crash or slide: what proves its round, once that is over"
    )
    steps: VerificationView | None = Field(
        description="From the seeds to the outcome; null before the seed is revealed"
    )


class GameTable(BaseModel):
    """Every number that decides money in a game; its canonical JSON hashes to `table_hash`."""

    slug: str
    version: str
    variant: str
    table_hash: str
    table: dict[str, Any]


class SettingView(BaseModel):
    """One way to play a game, by its exact mathematics; shares are of one, rounded down."""

    label: str
    rtp: str
    hit_rate: str
    deviation: str
    """Of the payout per stake: how wildly it swings."""
    top: str
    """The largest payout per stake."""
    top_odds: str
    method: str


class GameRules(BaseModel):
    """How a game is played in numbers."""

    slug: str
    name: str
    kind: str
    version: str
    variant: str
    table_hash: str
    rtp: str
    rtp_most: str
    edge: str
    max_multiplier: str
    settings: list[SettingView]


def routes(deps: GamesDeps) -> APIRouter:
    """`/v1/games`, `/v1/rounds`, `/v1/bets`, `/v1/feed`, `/v1/verify`."""
    router = APIRouter(tags=["games"])
    _add_play(router, deps)
    _add_reads(router, deps)
    _add_rules(router, deps)
    _add_calculator(router, deps)
    return router


def _add_play(router: APIRouter, deps: GamesDeps) -> None:
    """The routes of `hot` as FastAPI knows them: documented here, and answered here when the fast
    lane declines."""

    @router.post("/v1/games/{slug}/bets")
    async def place(
        session: Annotated[Session, Depends(deps.bettor)], slug: str, body: BetRequest
    ) -> BetView:
        """Bet: settled at once, or the opening of a round; the same `id` again answers the same."""
        check_may_stake(deps.pace, session, body.currency)
        return await deps.games.place(
            slug,
            bettor=bettor_of(session),
            bet_id=body.id,
            currency_code=body.currency,
            stake=body.stake,
            params=body.params,
            table_hash=body.table_hash,
            automatic=bool(body.automatic),
        )

    @router.post("/v1/games/{slug}/bets/{bet_id}/steps")
    async def step(
        session: Annotated[Session, Depends(deps.player)],
        slug: str,
        bet_id: str,
        body: StepRequest,
    ) -> BetView:
        """Go on with an open round as step number `step`; two clicks take one step."""
        deps.pace.take(session.player_id.int)
        return await deps.games.step(
            slug, bettor=bettor_of(session), bet_id=bet_id, step=body.step, choice=body.choice
        )


def _add_reads(router: APIRouter, deps: GamesDeps) -> None:

    @router.get("/v1/rounds/open")
    async def open_rounds(session: Annotated[Session, Depends(deps.player)]) -> Rounds:
        """Rounds to go on with, on any device."""
        async with deps.db.read() as tx:
            found = await betting.open_rounds(tx, player_id=session.player_id)
            views = await deps.games.views(tx, bets=found, reader=session.player_id)
        return Rounds(rounds=views)

    @router.get("/v1/bets")
    async def bets(
        session: Annotated[Session, Depends(deps.player)],
        before: str | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 30,
        slug: Annotated[str | None, Query(alias="game")] = None,
    ) -> Bets:
        """The player's bets, newest first."""
        chosen = None if slug is None else game(slug).slug
        async with deps.db.read() as tx:
            found = await betting.bets(
                tx, bettor=bettor_of(session), before=_cursor(before), limit=limit, game=chosen
            )
            views = await deps.games.views(tx, bets=found, reader=session.player_id)
        return Bets(bets=views, next=_next(found, limit))

    @router.get("/v1/bets/{bet_id}")
    async def bet(
        session: Annotated[Session | None, Depends(deps.visitor)], bet_id: str
    ) -> PublicBet:
        """A bet by its id, for anybody once settled; its server seed once revealed."""
        reader = None if session is None else session.player_id
        found = await deps.games.bet(bet_id=bet_id, reader=reader)
        pair_id = from_wire("sed", found.seed_pair_id)
        async with deps.db.read() as tx:
            pairs = await fairness.pairs(tx, sealer=deps.sealer, ids=[pair_id])
            stored = await betting.bet(tx, bet_id=from_wire("bet", bet_id), player_id=None)
            proof = (await proofs_of(tx, bets=[stored])).get(stored.id)
        return PublicBet(
            bet=found,
            server_seed=pairs[pair_id].server_seed,
            round_proof=None if proof is None else dict(proof),
            steps=_steps(stored, pairs[pair_id]),
        )

    @router.get("/v1/feed", response_model=Feed)
    async def feed(request: Request) -> Response:
        """The brand's newest finished bets."""
        async with deps.db.read() as tx:
            found = await betting.feed(tx, brand_id=deps.brand_id(request), limit=FEED_SIZE)
            views = await deps.games.views(tx, bets=found, reader=None)
        return compressed_json(request, Feed(bets=views))


def _add_rules(router: APIRouter, deps: GamesDeps) -> None:
    def release(request: Request, slug: str, version: str | None, variant: str | None) -> GameInfo:
        """The one named, or the one that the brand's new bets are made on."""
        if version is None and variant is None:
            return deps.games.offers.info(deps.brand_id(request), slug)
        return catalogue.release(slug, version, variant).info

    @router.get("/v1/games/{slug}/table")
    async def table(
        request: Request, slug: str, version: str | None = None, variant: str | None = None
    ) -> GameTable:
        """Every number that decides money in a game; its canonical JSON hashes to `table_hash`.

        Without a version, the table that new bets are made on. Needs no session.
        """
        info = release(request, slug, version, variant)
        return GameTable(
            slug=info.slug,
            version=info.version,
            variant=info.variant,
            table_hash=info.table_hash,
            table=dict(info.table),
        )

    @router.get("/v1/games/{slug}/rules")
    async def rules(
        request: Request, slug: str, version: str | None = None, variant: str | None = None
    ) -> GameRules:
        """What a game returns, setting by setting, exactly. Needs no session."""
        info = release(request, slug, version, variant)
        return GameRules(
            slug=info.slug,
            name=info.name,
            kind=info.kind.value,
            version=info.version,
            variant=info.variant,
            table_hash=info.table_hash,
            rtp=info.rtp,
            rtp_most=info.rtp_most,
            edge=info.edge,
            max_multiplier=info.max_multiplier,
            settings=[
                SettingView(**one) for one in catalogue.sheet(slug, info.version, info.variant)
            ],
        )


def _add_calculator(router: APIRouter, deps: GamesDeps) -> None:
    @router.post("/v1/verify")
    async def recompute(body: VerifyRequest) -> VerificationView:
        """Any bet recomputed from its seeds, with every step between."""
        params: Mapping[str, object] = body.params
        async with deps.db.read() as tx:
            found = await verify(
                tx,
                slug=body.game,
                server_seed=body.server_seed,
                client_seed=body.client_seed,
                nonce=body.nonce,
                params=params,
                choices=body.choices,
                version=body.game_version,
                variant=body.variant,
            )
        return _view(found)


def _steps(bet: Bet, pair: SeedPair) -> VerificationView | None:
    """How the seeds lead to a bet, once they are revealed; rounds of many players have their own
    proof instead.
    """
    if pair.server_seed is None or bet.game not in catalogue.GAMES:
        return None
    try:
        return _view(recompute_bet(bet, pair.server_seed, pair.client_seed))
    except (KeyError, Refusal):
        # A bet of a release that was never published here: it is shown, without the steps.
        return None


def _view(found: Verification) -> VerificationView:
    return VerificationView(
        game=found.game,
        game_version=found.game_version,
        variant=found.variant,
        table_hash=found.table_hash,
        server_seed_hash=found.server_seed_hash,
        rounds=[HmacRoundView(message=one.message, digest=one.digest) for one in found.rounds],
        draws=[
            DrawView(number=one.number, of=one.of, choice=one.choice, means=one.means)
            for one in found.draws
        ],
        outcome=dict(found.outcome),
    )


def _cursor(before: str | None) -> UUID | None:
    return None if before is None else from_wire("bet", before, param="before")


def _next(found: list[Bet], limit: int) -> str | None:
    return to_wire("bet", found[-1].id) if len(found) == limit else None
