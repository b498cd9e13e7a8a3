"""Dice, exactly as the field plays it.

Source: the published scheme of the field (see `fairness`): roll = floor(f * 10001) / 100, and a
win pays 99 / chance, where chance is the winning side in percent. Everything here is in integers:
the roll and the target in hundredths, the multiplier as the ratio 9900 / chance in hundredths.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream, choose, weight
from fairhouse.games.dice.types import DiceOutcome, DiceParams, Direction
from fairhouse.games.original import Draw, Ended, Json, Setting, Stake
from fairhouse.games.params import among, decimal_text, only, plain_hundredths
from fairhouse.games.types import InvalidChoice, InvalidGameParams, Multiplier

ROLLS: Final = 10_001
"""0.00 to 100.00 in hundredths, both included."""

CHANCE_MIN: Final = 1
CHANCE_MAX: Final = 9_800
"""In hundredths of a percent, at the usual return: above, a win is hardly worth its stake."""

RETURN_BP: Final = 9_900
"""99 percent: the field's usual return, in the hundredths that chances are counted in."""

_SIDE: Final = 10_000
_SIDES: Final = tuple(side.value for side in Direction)
_SPREAD: Final = frozenset({1, 10, 100, 1_000, 2_500, 4_950, 5_000, 7_500, 9_000, 9_500})
"""Chances that the maths sheet names."""

_HUNDREDTHS: Final = tuple(f"{value // 100}.{value % 100:02d}" for value in range(ROLLS))


def chance(params: DiceParams) -> int:
    """How many of the 10001 rolls win: the chance in hundredths of a percent, as advertised."""
    return params.target if params.direction is Direction.UNDER else _SIDE - params.target


def chance_max(return_bp: int) -> int:
    """The greatest chance that a bet may have: a win is worth at least 1 % more than its stake."""
    return CHANCE_MAX - (RETURN_BP - return_bp)


def multiplier(params: DiceParams, return_bp: int = RETURN_BP) -> Multiplier:
    """99 / chance%, exactly."""
    return _multiplier(return_bp, chance(params))


@lru_cache(maxsize=CHANCE_MAX)
def _multiplier(return_bp: int, winning: int) -> Multiplier:
    return Multiplier(return_bp, winning)


@lru_cache(maxsize=CHANCE_MAX)
def _paid(return_bp: int, winning: int) -> tuple[Multiplier, str]:
    """What a chance pays, and how that is shown."""
    paid = _multiplier(return_bp, winning)
    return paid, paid.shown()


def parse_params(target: int, direction: str, return_bp: int = RETURN_BP) -> DiceParams:
    """The player's words to parameters. Refuses with InvalidGameParams, naming the field."""
    params = DiceParams(target, Direction(direction))
    most = chance_max(return_bp)
    if CHANCE_MIN <= chance(params) <= most:
        return params
    is_over = params.direction is Direction.OVER
    first, last = (_SIDE - most, _SIDE - CHANCE_MIN) if is_over else (CHANCE_MIN, most)
    raise InvalidGameParams(
        f"target must be from {_HUNDREDTHS[first]} to {_HUNDREDTHS[last]} when you bet "
        f"{direction}.",
        param="target",
        minimum=_HUNDREDTHS[first],
        maximum=_HUNDREDTHS[last],
    )


def shown_hundredths(hundredths: int) -> str:
    """5050 is "50.50"; from 0 to 10000."""
    return _HUNDREDTHS[hundredths]


def shown_params(params: DiceParams) -> dict[str, object]:
    """As stored and shown."""
    side = "under" if params.direction is Direction.UNDER else "over"
    return {"target": _HUNDREDTHS[params.target], "direction": side}


def roll(stream: Stream) -> int:
    """0 to 10000, in hundredths."""
    return choose(int.from_bytes(stream.digest(0)[:4], "big"), ROLLS)


def wins(params: DiceParams, rolled: int) -> bool:
    """The target itself loses on both sides."""
    if params.direction is Direction.UNDER:
        return rolled < params.target
    return rolled > params.target


def decide(
    stream: Stream, params: DiceParams, stake_units: int, return_bp: int = RETURN_BP
) -> DiceOutcome:
    """The one outcome that seeds, nonce and parameters allow; stake decides only its size."""
    rolled = roll(stream)
    won = wins(params, rolled)
    payout = multiplier(params, return_bp).payout_units(stake_units) if won else 0
    return DiceOutcome(rolled, won, payout)


def chance_of_win(params: DiceParams) -> Fraction:
    """By enumeration of all 10001 rolls, each weighed exactly."""
    below = _weights_below()
    if params.direction is Direction.UNDER:
        return Fraction(below[params.target], U32_RANGE)
    return Fraction(below[ROLLS] - below[params.target + 1], U32_RANGE)


def exact_return(params: DiceParams, return_bp: int = RETURN_BP) -> Fraction:
    """The theoretical return, exactly.

    The floor to ledger units is not in it: it takes less than one unit from a win.
    """
    paid = multiplier(params, return_bp)
    return chance_of_win(params) * Fraction(paid.numerator, paid.denominator)


@lru_cache(maxsize=1)
def _weights_below() -> tuple[int, ...]:
    """Per roll how many of the 2**32 numbers roll less."""
    return tuple(accumulate((weight(rolled, ROLLS) for rolled in range(ROLLS)), initial=0))


class Dice:
    """One roll from 0.00 to 100.00, over or under a target."""

    slug = "dice"
    name = "Dice"
    has_steps = False

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        """`return_bp`: what a bet returns, in basis points."""
        self._return_bp = return_bp

    def table(self) -> Json:
        """Every number that decides money."""
        return {
            "game": "dice",
            "mapping": "roll = floor(u32 * 10001 / 2^32), in hundredths",
            "rolls": ROLLS,
            "win": {"over": "roll > target", "under": "roll < target"},
            "chance": {"over": "10000 - target", "under": "target"},
            "chance_min": CHANCE_MIN,
            "chance_max": chance_max(self._return_bp),
            "payout": f"floor(stake_units * {self._return_bp} / chance)",
            "return_hundredths": self._return_bp,
        }

    def read(self, params: Json, stake: Stake) -> DiceParams:
        """Refuses with InvalidGameParams."""
        only(params, "target", "direction")
        direction = among(params, "direction", _SIDES)
        return parse_params(decimal_text(params, "target", 2), direction, self._return_bp)

    def written(self, params: DiceParams) -> Json:
        """As stored and shown."""
        return shown_params(params)

    def read_choice(self, params: DiceParams, choice: Json) -> Json:
        """There is nothing to choose. Refuses with InvalidChoice."""
        raise InvalidChoice("A bet on dice has no steps.", param="choice")

    def play(
        self, stream: Stream, params: DiceParams, stake: int, choices: Sequence[Json], most: int
    ) -> Ended:
        """One roll."""
        rolled = roll(stream)
        won = wins(params, rolled)
        winning = chance(params)
        paid, shown = _paid(self._return_bp, winning)
        outcome = {
            "roll": _HUNDREDTHS[rolled],
            "won": won,
            "multiplier": shown if won else "0.0000",
            "win_multiplier": shown,
            "chance": _HUNDREDTHS[winning],
        }
        return Ended(paid.payout_units(stake) if won else 0, stake, outcome)

    def win(self, params: DiceParams) -> Multiplier:
        """The only one there is."""
        return multiplier(params, self._return_bp)

    def top(self, params: DiceParams) -> Multiplier:
        """The only one there is."""
        return multiplier(params, self._return_bp)

    def draws(
        self, stream: Stream, params: DiceParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The roll."""
        (number,) = stream.u32s(1)
        rolled = roll(stream)
        return [Draw(number, ROLLS, rolled, shown_hundredths(rolled))]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`result`: the roll."""
        return {"result": Decimal(plain_hundredths(roll(stream)))}

    def maths(self) -> list[Setting]:
        """A spread of chances on both sides, and the least and greatest returns of all targets."""
        every = [
            params
            for side in Direction
            for target in range(_SIDE + 1)
            if CHANCE_MIN
            <= chance(params := DiceParams(target, side))
            <= chance_max(self._return_bp)
        ]
        ordered = sorted(every, key=lambda params: exact_return(params, self._return_bp))
        spread = [params for params in every if chance(params) in _SPREAD]
        shown = dict.fromkeys((*spread, ordered[0], ordered[-1]))
        return [self._setting(params) for params in shown]

    def _setting(self, params: DiceParams) -> Setting:
        paid = multiplier(params, self._return_bp)
        top, hit = Fraction(paid.numerator, paid.denominator), chance_of_win(params)
        return Setting(
            label=f"{params.direction.value} {shown_hundredths(params.target)}",
            rtp=top * hit,
            hit_rate=hit,
            variance=top * top * hit * (1 - hit),
            top=top,
            top_chance=hit,
            method="enumeration of all rolls, each weighed by its numbers of 2^32",
        )
