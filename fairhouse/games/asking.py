"""What a player asked for, as it was sent: by it the same request is known again.

No table, no rule and no default has a part in it, so that a repetition is recognised whatever has
changed meanwhile.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from fairhouse.betting import api as betting
from fairhouse.betting.types import BetId, BetKey, Bettor
from fairhouse.kernel.ids import from_wire

KEPT: Final = 8_192
"""How many of the players' ways to bet are remembered; most repeat a few."""
BYTES_MAX: Final = 512
"""Longer ones are read anew each time, so that memory stays small."""

_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Wish(msgspec.Struct, frozen=True, gc=False):
    """A bet as it was sent."""

    key: BetKey
    game: str
    currency: str
    stake: str
    params: Mapping[str, object]
    plain: bytes | None
    """The parameters as JSON with sorted keys; None when they are too long to be remembered, or
    nothing that a game could ask for."""


def wish(
    bettor: Bettor,
    *,
    bet_id: str,
    game: str,
    currency: str,
    stake: str,
    params: Mapping[str, object],
) -> Wish:
    """Refuses with Malformed when `bet_id` is no id of a bet."""
    id_ = BetId(from_wire("bet", bet_id))
    plain = _plain(params)
    if plain is not None and len(plain) + len(stake) <= BYTES_MAX:
        print_ = _remembered(game, currency, stake, plain)
    else:
        print_ = _print(game, currency, stake, plain or b"")
        plain = None
    return Wish(BetKey(id_, bettor, print_), game, currency, stake, params, plain)


def _plain(params: Mapping[str, object]) -> bytes | None:
    try:
        return _encode(params)
    except (OverflowError, ValueError, TypeError):
        # JSON that no parameter can be; the game says what is wrong with it.
        return None


def _print(game: str, currency: str, stake: str, params: bytes) -> bytes:
    return betting.fingerprint(game=game, currency=currency, stake=stake, params=params)


_remembered: Final = lru_cache(maxsize=KEPT)(_print)
