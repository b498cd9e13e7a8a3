"""The play routes on the fast lane: the same four as in `http`, without a framework around them.

Well-formed requests are answered here; what does not decode is declined, and the route of the same
path in `http` says what is wrong with it (see `platform.hot`). Both check and play alike.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import msgspec

from fairhouse.betting.api import bettor_of
from fairhouse.betting.types import LaneElsewhere
from fairhouse.games.api import BetView, Games
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
_Word = Annotated[str, msgspec.Meta(max_length=8)]
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


class _Dice(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: str
    currency: _Code
    stake: _Amount
    target: _Word
    direction: _Word


class _Mines(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: str
    currency: _Code
    stake: _Amount
    mines: int


class _Reveal(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    step: _Count
    tile: int


def routes(deps: HotDeps) -> list[HotRoute]:
    """The four play routes; each takes a step of the road."""
    return [
        HotRoute("/v1/games/dice/bets", _dice(deps)),
        HotRoute("/v1/games/mines/rounds", _mines(deps)),
        HotRoute("/v1/games/mines/rounds/{bet_id}/reveal", _reveal(deps)),
        HotRoute("/v1/games/mines/rounds/{bet_id}/cash-out", _cash_out(deps)),
    ]


def _dice(deps: HotDeps) -> HotHandler:
    decoder = msgspec.json.Decoder(_Dice)

    async def play(request: HotRequest, asked: _Dice) -> HotResponse:
        session = await deps.bettor(request)
        check_may_stake(deps.pace, session, asked.currency)
        playing = deps.games.play_dice_as_json(
            bettor=bettor_of(session),
            bet_id=asked.id,
            currency_code=asked.currency,
            stake=asked.stake,
            target=asked.target,
            direction=asked.direction,
        )
        return await _answer(deps, request, session, playing)

    return _handler(decoder, play)


def _mines(deps: HotDeps) -> HotHandler:
    decoder = msgspec.json.Decoder(_Mines)

    async def play(request: HotRequest, asked: _Mines) -> HotResponse:
        session = await deps.bettor(request)
        check_may_stake(deps.pace, session, asked.currency)
        playing = deps.games.open_mines(
            bettor=bettor_of(session),
            bet_id=asked.id,
            currency_code=asked.currency,
            stake=asked.stake,
            mines_count=asked.mines,
        )
        return await _answer(deps, request, session, playing)

    return _handler(decoder, play)


def _reveal(deps: HotDeps) -> HotHandler:
    decoder = msgspec.json.Decoder(_Reveal)

    async def play(request: HotRequest, asked: _Reveal) -> HotResponse:
        session = await deps.player(request)
        deps.pace.take(session.player_id.int)
        playing = deps.games.reveal_mines(
            bettor=bettor_of(session), bet_id=request.variable, step=asked.step, tile=asked.tile
        )
        return await _answer(deps, request, session, playing)

    return _handler(decoder, play)


def _cash_out(deps: HotDeps) -> HotHandler:
    async def play(request: HotRequest) -> HotResponse:
        session = await deps.player(request)
        deps.pace.take(session.player_id.int)
        playing = deps.games.cash_out_mines(bettor=bettor_of(session), bet_id=request.variable)
        return await _answer(deps, request, session, playing)

    return play


def _handler(
    decoder: msgspec.json.Decoder[T], play: Callable[[HotRequest, T], Awaitable[HotResponse]]
) -> HotHandler:
    def handle(request: HotRequest) -> Awaitable[HotResponse] | None:
        if not is_json(request.headers):
            return None
        try:
            asked = decoder.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
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
