"""Whether a game returns what its mathematics says: pure.

For a published return r, bets of stake s and payout p have deviations d = p - r*s. Their sum over
the root of the sum of their squares is close to normal whatever stakes were mixed (a
self-normalised sum: de la Peña, Lai, Shao, "Self-Normalized Processes", 2009), and one huge win
moves it by one at most: it cannot stop a game alone. Money is measured in reference micro-units.

Bets of one round of a live game share its outcome: together they are one outcome, with the sums of
their stakes and payouts.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

BAND_Z: Final = Decimal("2.5758")
"""99 % of what is returned lies within this many standard errors."""

_MATHS: Final = Context(prec=60)


@dataclass(frozen=True, slots=True)
class DriftRules:
    """When a game is stopped, and when it is only spoken about."""

    stop_z: Decimal = Decimal(5)
    """Standard errors above its highest published return. By chance once in 3.5 million looks;
    looking again and again, about once in ten thousand games."""
    bets_min: int = 1_000
    """Fewer bets, or rounds of a live game, say nothing: the sum is not normal yet."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over outcomes: of stakes s, payouts p, s*s, s*p and p*p."""

    bets: int = 0
    staked: int = 0
    returned: int = 0
    staked_squared: int = 0
    crossed: int = 0
    returned_squared: int = 0
    outcomes: int = 0
    """Independent ones: bets, but rounds of live games."""

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.bets + other.bets,
            self.staked + other.staked,
            self.returned + other.returned,
            self.staked_squared + other.staked_squared,
            self.crossed + other.crossed,
            self.returned_squared + other.returned_squared,
            self.outcomes + other.outcomes,
        )

    @staticmethod
    def of(stake: int, payout: int, bets: int = 1) -> "Moments":
        """One bet, or all that shared one outcome."""
        return Moments(bets, stake, payout, stake * stake, stake * payout, payout * payout, 1)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was returned against what should be; shares of the stakes."""

    bets: int
    outcomes: int
    actual: Decimal | None
    """None without bets."""
    low: Decimal | None
    """The band's ends; None without deviations."""
    high: Decimal | None
    above_z: Decimal
    """Standard errors above the highest published return; negative below it."""
    below_z: Decimal
    """Standard errors below the lowest published return; negative above it."""

    @property
    def is_above(self) -> bool:
        """Beyond the band: too much was returned."""
        return self.above_z > BAND_Z

    @property
    def is_below(self) -> bool:
        """Beyond the band: too little was returned. Players of games of skill return less."""
        return self.below_z > BAND_Z

    def stops(self, rules: DriftRules) -> bool:
        """Whether so much too much was returned that the game must not go on."""
        return self.outcomes >= rules.bets_min and self.above_z >= rules.stop_z


def judge(sums: Moments, *, least: str, most: str) -> Judgement:
    """Against the least and the highest published return, as shares ("0.989901")."""
    if not sums.staked:
        return Judgement(sums.bets, sums.outcomes, None, None, None, Decimal(0), Decimal(0))
    staked, returned = Decimal(sums.staked), Decimal(sums.returned)
    low_return, high_return = Decimal(least), Decimal(most)
    low_error, high_error = _error(sums, low_return), _error(sums, high_return)
    return Judgement(
        bets=sums.bets,
        outcomes=sums.outcomes,
        actual=_MATHS.divide(returned, staked),
        low=low_return - _MATHS.divide(BAND_Z * low_error, staked),
        high=high_return + _MATHS.divide(BAND_Z * high_error, staked),
        above_z=_over(returned - high_return * staked, high_error),
        below_z=_over(low_return * staked - returned, low_error),
    )


def _error(sums: Moments, share: Decimal) -> Decimal:
    """The root of the sum of squared deviations from a return."""
    crossed = _MATHS.multiply(2 * share, Decimal(sums.crossed))
    stakes = _MATHS.multiply(share * share, Decimal(sums.staked_squared))
    squares = _MATHS.add(_MATHS.subtract(Decimal(sums.returned_squared), crossed), stakes)
    return _MATHS.sqrt(max(squares, Decimal(0)))


def _over(deviation: Decimal, error: Decimal) -> Decimal:
    return _MATHS.divide(deviation, error) if error else Decimal(0)
