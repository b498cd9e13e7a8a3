"""The play routes on the fast lane: the same as in `http`, without a framework around them.

Well-formed requests are answered here; what does not decode is declined, and the route of the same
path in `http` says what is wrong with it (see `platform.hot`). Both check and play alike.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import msgspec

from fairhouse.betting.api import bettor_of
from fairhouse.betting.types import LaneElsewhere
from fairhouse.games.api import BetView, Games
from fairhouse.games.catalogue import GAMES
from fairhouse.games.pace import check_may_stake
from fairhouse.identity.types import Session
from fairhouse.platform.hot import (
    Forwarder,
    HotHandler,
    HotRequest,
    HotResponse,
    HotRoute,
    is_json,
)
from fairhouse.platform.http import RateLimiter

T = TypeVar("T")

Asker = Callable[[HotRequest], Awaitable[Session]]
_Code = Annotated[str, msgspec.Meta(max_length=16)]
_Amount = Annotated[str, msgspec.Meta(max_length=64)]
_Hash = Annotated[str, msgspec.Meta(max_length=64)]
_Count = Annotated[int, msgspec.Meta(ge=0)]

_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class HotDeps:
    """What the fast lane needs."""

    games: Games
    player: Asker
    bettor: Asker
    """A player who may stake now: the terms in force are accepted."""
    pace: RateLimiter
    """Shared with the routes of `http`."""
    forward: Forwarder | None = None
    """Takes a request to the owner of its lane when that is another process."""


class _Bet(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: str
    currency: _Code
    stake: _Amount
    params: dict[str, Any]
    table_hash: _Hash | None = None
    automatic: bool | None = None


class _Step(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    step: _Count
    choice: dict[str, Any]


def routes(deps: HotDeps) -> list[HotRoute]:
    """The play routes; each takes a step of the road."""
    return [
        *(HotRoute(f"/v1/games/{slug}/bets", _bet(deps, slug)) for slug in GAMES),
        *(HotRoute(f"/v1/games/{slug}/bets/{{bet_id}}/steps", _step(deps, slug)) for slug in GAMES),
    ]


def _bet(deps: HotDeps, slug: str) -> HotHandler:
    decoder = msgspec.json.Decoder(_Bet)

    async def play(request: HotRequest, asked: _Bet) -> HotResponse:
        session = await deps.bettor(request)
        check_may_stake(deps.pace, session, asked.currency)
        playing = deps.games.place_as_json(
            slug,
            bettor=bettor_of(session),
            bet_id=asked.id,
            currency_code=asked.currency,
            stake=asked.stake,
            params=asked.params,
            table_hash=asked.table_hash,
            automatic=bool(asked.automatic),
        )
        return await _answer(deps, request, session, playing)

    return _handler(decoder, play)


def _step(deps: HotDeps, slug: str) -> HotHandler:
    decoder = msgspec.json.Decoder(_Step)

    async def play(request: HotRequest, asked: _Step) -> HotResponse:
        session = await deps.player(request)
        deps.pace.take(session.player_id.int)
        playing = deps.games.step(
            slug,
            bettor=bettor_of(session),
            bet_id=request.variable,
            step=asked.step,
            choice=asked.choice,
        )
        return await _answer(deps, request, session, playing)

    return _handler(decoder, play)


def _handler(
    decoder: msgspec.json.Decoder[T], play: Callable[[HotRequest, T], Awaitable[HotResponse]]
) -> HotHandler:
    def handle(request: HotRequest) -> Awaitable[HotResponse] | None:
        if not is_json(request.headers):
            return None
        try:
            asked = decoder.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return play(request, asked)

    return handle


async def _answer(
    deps: HotDeps, request: HotRequest, session: Session, playing: Awaitable[BetView | bytes]
) -> HotResponse:
    """The bet, or what the owner of the player's lane says when that is another process."""
    try:
        bet = await playing
        return HotResponse(200, bet if isinstance(bet, bytes) else _encode(bet))
    except LaneElsewhere:
        if deps.forward is None:
            raise
        return await deps.forward(request, session.lane)
