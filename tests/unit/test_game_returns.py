"""The theoretical return of every setting of every game, by exact enumeration."""

from fractions import Fraction
from itertools import product
from math import comb

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games import catalogue
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import TILES, MinesParams


def dice_weights_below():
    below = [0]
    for rolled in range(dice.ROLLS):
        below.append(below[-1] + weight(rolled, dice.ROLLS))
    return below


def test_weights_cover_every_number_once():
    for of in (2, 25, 37, 10_001):
        weights = [weight(choice, of) for choice in range(of)]

        assert sum(weights) == U32_RANGE
        assert max(weights) - min(weights) <= 1


def test_dice_returns_99_percent_of_10000_in_10001_at_every_target():
    below = dice_weights_below()
    nominal = Fraction(99, 100) * Fraction(10_000, 10_001)
    for target, direction in product(range(10_001), Direction):
        params = DiceParams(target, direction)
        won = dice.chance(params)
        if not dice.CHANCE_MIN <= won <= dice.CHANCE_MAX:
            continue
        winning = (
            below[target] if direction is Direction.UNDER else below[dice.ROLLS] - below[target + 1]
        )
        paid = dice.multiplier(params)
        exact = Fraction(winning, U32_RANGE) * Fraction(paid.numerator, paid.denominator)

        assert nominal == Fraction(won, 10_001) * Fraction(paid.numerator, paid.denominator)
        assert abs(exact - nominal) < Fraction(1, 400_000)


def test_dice_enumeration_agrees_with_prefix_sums():
    below = dice_weights_below()
    params = DiceParams(5050, Direction.OVER)
    winning = below[dice.ROLLS] - below[5051]

    assert dice.exact_return(params) == Fraction(winning, U32_RANGE) * Fraction(9900, 4950)


def test_mines_returns_99_percent_at_every_stop():
    for count in range(1, mines.MINES_MAX + 1):
        params = MinesParams(count)
        for reveals in range(1, mines.safe_tiles(params) + 1):
            ways = Fraction(comb(TILES - reveals, count), comb(TILES, count))
            paid = mines.multiplier(params, reveals)

            assert ways * Fraction(paid.numerator, paid.denominator) == Fraction(99, 100)
            assert abs(mines.exact_return(params, reveals) - Fraction(99, 100)) < Fraction(1, 10**6)


def test_every_win_is_worth_more_than_its_stake():
    for count in range(1, mines.MINES_MAX + 1):
        first = mines.multiplier(MinesParams(count), 1)
        assert first.numerator > first.denominator
    safest = dice.multiplier(DiceParams(9800, Direction.UNDER))
    assert safest.numerator > safest.denominator


def test_least_stake_is_the_least():
    for count in range(1, mines.MINES_MAX + 1):
        paid = mines.multiplier(MinesParams(count), 1)
        least = paid.least_stake_units()

        assert paid.payout_units(least) > least
        assert least == 1 or paid.payout_units(least - 1) <= least - 1


def test_the_catalogue_declares_no_more_than_it_returns():
    below = dice_weights_below()
    exact = min(Fraction(below[t] * 9900, U32_RANGE * t) for t in range(1, 9801))

    assert Fraction(catalogue.game("dice").rtp) <= exact
    assert Fraction(catalogue.game("mines").rtp) <= Fraction(99, 100)
    for one in catalogue.ALL:
        assert Fraction(1) == Fraction(one.info.rtp) + Fraction(one.info.edge)
        assert Fraction(3, 4) < Fraction(one.info.rtp) <= Fraction(one.info.rtp_most) < 1
