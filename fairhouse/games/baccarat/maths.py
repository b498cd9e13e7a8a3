"""The mathematics of baccarat: every coup by the values of its cards, weighed exactly."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games import cards, maths
from fairhouse.games.baccarat.drawing import banker_draws, player_draws, value, winner
from fairhouse.games.original import Setting

Weights = Mapping[int, int]


def settings(pays: Mapping[str, Mapping[str, int]], spots: Sequence[str]) -> list[Setting]:
    """One line per spot."""
    chances = winners()
    return [
        maths.setting(
            spot,
            [(maths.cents(pays[won].get(spot, 0)), chance) for won, chance in chances.items()],
            maths.ENUMERATION,
        )
        for spot in spots
    ]


@cache
def winners() -> dict[str, Fraction]:
    """The exact chance of each winner."""
    values: Counter[int] = Counter()
    for card in range(cards.DECK):
        values[value(card)] += weight(card, cards.DECK)
    totals: Counter[int] = Counter()
    for (one, ways), (other, more) in product(values.items(), repeat=2):
        totals[(one + other) % 10] += ways * more
    won: Counter[str] = Counter()
    for (player, ways), (banker, more) in product(totals.items(), repeat=2):
        for who, rest in _outcomes(player, banker, values):
            won[who] += ways * more * rest
    return {who: Fraction(ways, U32_RANGE**6) for who, ways in won.items()}


def _outcomes(player: int, banker: int, values: Weights) -> Iterator[tuple[str, int]]:
    """Winners after third cards, with weights that add up to 2^64."""
    if not player_draws(player, banker):
        yield from _banker(player, player, banker, None, values)
        return
    for third, ways in values.items():
        after = (player + third) % 10
        for who, more in _banker(player, after, banker, third, values):
            # The banker's own weights add up to 2^64; one of the two numbers is the player's.
            yield who, ways * more // U32_RANGE


def _banker(
    player: int, after: int, banker: int, third: int | None, values: Weights
) -> Iterator[tuple[str, int]]:
    """Winners over the banker's third card, with weights that add up to 2^64."""
    if not banker_draws(player, banker, third):
        yield winner(after, banker), U32_RANGE**2
        return
    for own, ways in values.items():
        yield winner(after, (banker + own) % 10), ways * U32_RANGE
