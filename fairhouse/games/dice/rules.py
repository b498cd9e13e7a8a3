"""Dice, exactly as the field plays it.

Source: the published scheme of the field (see `fairness`): roll = floor(f * 10001) / 100, and a
win pays 99 / chance, where chance is the winning side in percent. Everything here is in integers:
the roll and the target in hundredths, the multiplier as the ratio 9900 / chance in hundredths.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream, weight
from fairhouse.games.dice.types import DiceOutcome, DiceParams, Direction
from fairhouse.games.types import InvalidGameParams, Multiplier
from fairhouse.kernel.money import parse_units

ROLLS: Final = 10_001
"""0.00 to 100.00 in hundredths, both included."""

CHANCE_MIN: Final = 1
CHANCE_MAX: Final = 9_800
"""In hundredths of a percent: above 98 % a win would hardly be worth more than its stake."""

RETURN_HUNDREDTHS: Final = 9_900
"""99 percent, in the hundredths that chances are counted in."""

_SIDE: Final = 10_000
_CHOICES_KEPT: Final = 4_096
"""How many of the players' choices are remembered as parsed; most play a few."""
_HUNDREDTHS: Final = tuple(f"{value // 100}.{value % 100:02d}" for value in range(ROLLS))


def chance(params: DiceParams) -> int:
    """How many of the 10001 rolls win: the chance in hundredths of a percent, as advertised."""
    return params.target if params.direction is Direction.UNDER else _SIDE - params.target


def multiplier(params: DiceParams) -> Multiplier:
    """99 / chance%, exactly."""
    return _multiplier(chance(params))


@lru_cache(maxsize=CHANCE_MAX)
def _multiplier(winning: int) -> Multiplier:
    return Multiplier(RETURN_HUNDREDTHS, winning)


@lru_cache(maxsize=CHANCE_MAX)
def _shown_multiplier(winning: int) -> str:
    return _multiplier(winning).shown()


@lru_cache(maxsize=_CHOICES_KEPT)
def parse_params(target: str, direction: str) -> DiceParams:
    """The player's words to parameters. Refuses with InvalidGameParams, naming the field."""
    if direction not in {Direction.OVER, Direction.UNDER}:
        raise InvalidGameParams('direction must be "over" or "under".', param="direction")
    hundredths = parse_units(target, 2, param="target")
    params = DiceParams(hundredths, Direction(direction))
    if not CHANCE_MIN <= chance(params) <= CHANCE_MAX:
        least, most = ("2.00", "99.99") if params.direction is Direction.OVER else ("0.01", "98.00")
        raise InvalidGameParams(
            f"target must be from {least} to {most} when you bet {direction}.",
            param="target",
            minimum=least,
            maximum=most,
        )
    return params


def shown_hundredths(hundredths: int) -> str:
    """5050 is "50.50"; from 0 to 10000."""
    return _HUNDREDTHS[hundredths]


def shown_params(params: DiceParams) -> dict[str, object]:
    """As stored and shown."""
    side = "under" if params.direction is Direction.UNDER else "over"
    return {"target": _HUNDREDTHS[params.target], "direction": side}


def shown_outcome(params: DiceParams, outcome: DiceOutcome) -> dict[str, object]:
    """As stored and shown."""
    winning = chance(params)
    paid = _shown_multiplier(winning)
    return {
        "roll": _HUNDREDTHS[outcome.roll],
        "won": outcome.won,
        "multiplier": paid if outcome.won else "0.0000",
        "win_multiplier": paid,
        "chance": _HUNDREDTHS[winning],
    }


def roll(stream: Stream) -> int:
    """0 to 10000, in hundredths."""
    return stream.choices(1, ROLLS)[0]


def wins(params: DiceParams, rolled: int) -> bool:
    """The target itself loses on both sides."""
    if params.direction is Direction.UNDER:
        return rolled < params.target
    return rolled > params.target


def decide(stream: Stream, params: DiceParams, stake_units: int) -> DiceOutcome:
    """The one outcome that seeds, nonce and parameters allow; stake decides only its size."""
    rolled = roll(stream)
    won = wins(params, rolled)
    payout = multiplier(params).payout_units(stake_units) if won else 0
    return DiceOutcome(rolled, won, payout)


def exact_return(params: DiceParams) -> Fraction:
    """The theoretical return, by enumeration of all 10001 rolls, each weighed exactly.

    The floor to ledger units is not in it: it takes less than one unit from a win.
    """
    winning = sum(weight(rolled, ROLLS) for rolled in range(ROLLS) if wins(params, rolled))
    paid = multiplier(params)
    return Fraction(winning, U32_RANGE) * Fraction(paid.numerator, paid.denominator)


def table() -> dict[str, object]:
    """Every number that decides money, as data to be hashed and published."""
    return {
        "game": "dice",
        "mapping": "roll = floor(u32 * 10001 / 2^32), in hundredths",
        "rolls": ROLLS,
        "win": {"over": "roll > target", "under": "roll < target"},
        "chance": {"over": "10000 - target", "under": "target"},
        "chance_min": CHANCE_MIN,
        "chance_max": CHANCE_MAX,
        "payout": "floor(stake_units * 9900 / chance)",
        "return_hundredths": RETURN_HUNDREDTHS,
    }
