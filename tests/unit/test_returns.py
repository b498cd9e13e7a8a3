"""Returns of the instant games: by enumeration, against those computed independently."""

import json
from decimal import Decimal
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

import pytest

from fairhouse.fairness.types import U32_RANGE
from fairhouse.games.baccarat.rules import Baccarat
from fairhouse.games.bars.rules import Bars
from fairhouse.games.cases.rules import Cases
from fairhouse.games.chicken.rules import Chicken
from fairhouse.games.diamonds.rules import Diamonds
from fairhouse.games.drill.rules import Drill
from fairhouse.games.keno.rules import Keno
from fairhouse.games.limbo.rules import GRAIN, Limbo
from fairhouse.games.maths import hypergeometric, setting
from fairhouse.games.params import shown_hundredths
from fairhouse.games.plinko.rules import Plinko
from fairhouse.games.pump.rules import Pump
from fairhouse.games.roulette.layout import PLACES, pays
from fairhouse.games.roulette.rules import Roulette
from fairhouse.games.thresholds import rows
from fairhouse.games.wheel.rules import Wheel

CHECK = json.loads(
    (Path(__file__).parents[1] / "vectors/rtp_check.json").read_text(), parse_float=Decimal
)


def returns(game):
    return {one.label: one.rtp for one in game.maths()}


def to_six(value):
    return round(Decimal(value.numerator) / value.denominator, 6)


@pytest.mark.parametrize(
    ("name", "game", "key"),
    [
        ("plinko", Plinko(), "{2}{0}"),
        ("keno", Keno(), "{0}{1}"),
        ("wheel", Wheel(), "{2}{0}"),
        ("cases", Cases(), "{0}"),
        ("bars", Bars(), "{0}"),
    ],
    ids=["plinko", "keno", "wheel", "cases", "bars"],
)
def test_as_computed_independently(name, game, key):
    found = {
        key.format(*label.replace(",", "").split()): to_six(rtp)
        for label, rtp in returns(game).items()
    }

    assert CHECK[name].keys() == found.keys()
    # There the numbers are real ones: ours are multiples of 2^-32, which moves a row by one.
    grain = max(one.top for one in game.maths()) / U32_RANGE
    for label, expected in CHECK[name].items():
        assert abs(expected - found[label]) < Decimal("0.0000011") + Decimal(float(grain)), label


def test_plinko_pays_the_same_on_both_sides():
    multipliers: Any = Plinko().table()["multipliers"]
    for risks in multipliers.values():
        for buckets in risks.values():
            assert buckets == buckets[::-1]


def test_every_number_of_the_wheel_weighs():
    """The grain moves 99 % by less than 2 / 10^8."""
    assert all(
        abs(rtp - Fraction(99, 100)) < Fraction(2, 10**8) for rtp in returns(Wheel()).values()
    )


def test_roulette_returns_36_of_37_everywhere():
    assert all(
        Fraction(len(covered), 37) * pays(place) == Fraction(36, 37)
        for place, covered in PLACES.items()
    )
    for rtp in returns(Roulette()).values():
        assert abs(rtp - Fraction(36, 37)) < Fraction(1, 10**8)


def test_baccarat_returns_what_the_field_states():
    stated = {"player": "0.9877", "banker": "0.9894", "tie": "0.8588"}

    for spot, rtp in returns(Baccarat()).items():
        assert abs(rtp - Fraction(stated[spot])) < Fraction(1, 10_000)


def test_diamonds_return_what_the_field_states():
    (rtp,) = returns(Diamonds()).values()

    assert abs(rtp - Fraction(16_520, 16_807)) < Fraction(1, 10**8)
    assert Decimal("0.982924") == to_six(rtp)


def test_limbo_loses_less_than_one_result():
    limbo = Limbo()
    for target in (*range(101, 3_000), 10_000, 99_999, 10**6, 97_702_611, 10**8):
        rtp = Fraction(limbo.winning(target) * target, 100 * GRAIN)
        assert Fraction(99, 100) - Fraction(target, 100 * GRAIN) < rtp <= Fraction(99, 100)
    assert Decimal("0.953674") == to_six(returns(limbo)["target 1000000.00"])


def test_limbo_names_the_least_return_of_all_targets():
    limbo = Limbo()
    least = min(returns(limbo).values())
    nearby = range(90_000_000, 100_000_001, 997)

    assert all(Fraction(limbo.winning(one) * one, 100 * GRAIN) >= least for one in nearby)
    assert Decimal("0.931765") == to_six(least)


def test_drill_returns_98_percent():
    drill = Drill()
    for target in (101, 102, 150, 333, 9_999, 10**6, 2 * 10**8):
        rtp = Fraction(drill.winning(target) * target, 100 * U32_RANGE)
        assert Fraction(98, 100) - Fraction(target, 100 * U32_RANGE) < rtp <= Fraction(98, 100)


@pytest.mark.parametrize("target", [101, 150, 200, 12_345])
def test_counted_numbers_are_those_that_win(target):
    """The number before the first winning one loses."""
    limbo, drill = Limbo(), Drill()
    last = limbo.winning(target) - 1
    first = U32_RANGE - drill.winning(target)

    assert limbo._result_of(last << 8) >= target > limbo._result_of((last + 1) << 8)
    assert drill._result_of(first) >= target > drill._result_of(first - 1)


@pytest.mark.parametrize("name", ["pump", "chicken"])
def test_ladders_pay_what_was_computed_independently(name):
    game = {"pump": Pump(), "chicken": Chicken()}[name]
    assert CHECK[name]
    for label, rtp in returns(game).items():
        difficulty, steps = label.replace(",", "").split()[:2]
        assert abs(CHECK[name][difficulty][int(steps)] - to_six(rtp)) < Decimal("0.00001"), label


def test_keno_odds_are_all_there_is():
    for chosen in range(1, 11):
        assert 1 == sum(hypergeometric(hits, chosen, 10, 40) for hits in range(chosen + 1))
    assert Fraction(1, comb(40, 10)) == hypergeometric(10, 10, 10, 40)


def test_thresholds_count_every_number_once():
    table = rows(
        [
            {"min": "0.97000001", "multiplier": "10"},
            {"min": "0.5", "multiplier": "2"},
            {"min": "0", "multiplier": "0"},
        ]
    )

    assert [0, 0, 1, 1, 2, 2] == [
        table.place(number)
        for number in (
            *(U32_RANGE - 1, table.minima[0], table.minima[0] - 1),
            *(U32_RANGE // 2, U32_RANGE // 2 - 1, 0),
        )
    ]
    assert 1 == sum(chance for _, chance in table.odds())
    assert Fraction(table.minima[0] - 1, U32_RANGE) < Fraction("0.97000001")
    assert Fraction(table.minima[0], U32_RANGE) >= Fraction("0.97000001")


def test_a_distribution_that_does_not_add_up_is_no_setting():
    with pytest.raises(AssertionError):
        setting("half", [(Fraction(2), Fraction(1, 2))], "none")


def test_the_moments_of_a_coin():
    coin = setting("coin", [(Fraction(2), Fraction(1, 2)), (Fraction(0), Fraction(1, 2))], "none")

    assert (1, Fraction(1, 2), 1, 2) == (coin.rtp, coin.hit_rate, coin.variance, coin.top)
    assert "2.50" == shown_hundredths(250)
