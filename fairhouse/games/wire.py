"""Bets as they cross the wire: amounts, multipliers and times as text, ids with their prefix."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from fairhouse.betting.types import Bet, RoundState
from fairhouse.fairness.types import SeedPair
from fairhouse.games.types import shown_multiplier
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units

REFERENCE_SCALE: Final = 6
_SETTLED: Final = RoundState.SETTLED.value
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class BetView:
    """A bet as HTTP and sockets send it; every value is JSON already."""

    id: str
    game: str
    game_version: str
    table_hash: str
    currency: str
    stake: str
    """All of it: the opening's and what steps added."""
    added: str
    """What of the stake steps added: doubling, splitting, insurance."""
    payout: str
    multiplier: str
    """What the bet paid per stake, or, while a round is open, what it would pay now."""
    celebrate: bool
    """Whether the bet paid more than its stake: nothing less is celebrated."""
    params: Mapping[str, object]
    outcome: Mapping[str, object]
    state: str
    """settled, open or void."""
    step: int
    """The step that comes next in an open round."""
    seed_pair_id: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    balance_after: str | None
    """Available balance after the newest change; None for anybody but its player."""
    value: str | None
    """Of the stake, in the brand's reference currency; None for play money."""
    at: str
    closed_at: str | None
    expires_at: str | None


def view(bet: Bet, pair: SeedPair, *, is_owner: bool) -> BetView:
    """The bet for its player, or for anybody else with what is private left out."""
    return BetView(**_fields(bet, pair, is_owner=is_owner))


def encoded(bet: Bet, pair: SeedPair) -> bytes:
    """The view of the bet's player as JSON, without the detour over an object: for the hot road."""
    return _encode(_fields(bet, pair, is_owner=True))


def _fields(bet: Bet, pair: SeedPair, *, is_owner: bool) -> dict[str, Any]:
    """What `BetView` is made of, in its order."""
    scale = currency(bet.currency).scale
    value = bet.stake_value
    is_open = bet.state is RoundState.OPEN
    return {
        "id": to_wire("bet", bet.id),
        "game": bet.game,
        "game_version": bet.game_version,
        "table_hash": bet.table_hash,
        "currency": bet.currency,
        "stake": format_units(bet.stake, scale),
        "added": format_units(bet.added, scale) if bet.added else "0",
        "payout": format_units(bet.payout, scale),
        "multiplier": _multiplier(bet),
        "celebrate": bet.payout > bet.stake,
        "params": bet.params,
        "outcome": bet.outcome,
        "state": _SETTLED if bet.state is RoundState.SETTLED else bet.state.value,
        "step": bet.step,
        "seed_pair_id": _seed_wire(bet.seed_pair_id),
        "server_seed_hash": pair.server_seed_hash,
        "client_seed": pair.client_seed,
        "nonce": bet.nonce,
        "balance_after": format_units(bet.balance_after, scale) if is_owner else None,
        "value": None if value is None else format_units(value, REFERENCE_SCALE),
        "at": _time(bet.at),
        "closed_at": _time(bet.closed_at) if bet.closed_at else None,
        "expires_at": _time(bet.expires_at) if is_open and bet.expires_at else None,
    }


@lru_cache(maxsize=4_096)
def _seed_wire(id_: UUID) -> str:
    return to_wire("sed", id_)


def _multiplier(bet: Bet) -> str:
    won = bet.outcome.get("multiplier")
    if isinstance(won, str) and bet.state is not RoundState.VOID:
        return won
    return shown_multiplier(bet.payout, bet.stake)


@lru_cache(maxsize=64)
def _time(at: datetime) -> str:
    """The bets of a batch share their time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
