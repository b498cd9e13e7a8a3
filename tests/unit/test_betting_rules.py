"""Ids, fingerprints, limits and shown multipliers."""

import pytest

from fairhouse.betting import rules
from fairhouse.betting.types import (
    FRESH_MS,
    FUTURE_TOLERANCE_MS,
    BetIdInFuture,
    ProfitTooLarge,
    StakeOutOfRange,
)
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import MinesParams
from fairhouse.games.types import Multiplier
from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.money import UNITS_MAX
from fairhouse.kernel.refusals import Malformed

NOW_MS = 1_767_000_000_000
USDT = CurrencyCode("USDT")


def id_at(unix_ms):
    return uuid7(unix_ms, bytes(10))


def test_ids_are_fresh_for_a_day_and_never_from_the_future():
    assert rules.is_fresh(id_at(NOW_MS), NOW_MS)
    assert rules.is_fresh(id_at(NOW_MS + FUTURE_TOLERANCE_MS), NOW_MS)
    assert rules.is_fresh(id_at(NOW_MS - FRESH_MS), NOW_MS)
    assert not rules.is_fresh(id_at(NOW_MS - FRESH_MS - 1), NOW_MS)
    with pytest.raises(BetIdInFuture):
        rules.is_fresh(id_at(NOW_MS + FUTURE_TOLERANCE_MS + 1), NOW_MS)
    with pytest.raises(Malformed):
        rules.is_fresh(type(id_at(0))(int=7), NOW_MS)


def test_a_fingerprint_covers_everything_asked_and_not_its_order():
    one = rules.fingerprint(stake=1, game="dice")

    assert one == rules.fingerprint(game="dice", stake=1)
    assert len(one) == 16
    others = [rules.fingerprint(stake=1, game="mines"), rules.fingerprint(stake=2, game="dice")]
    assert one not in others


def test_a_step_has_one_id_per_moment():
    round_id = id_at(NOW_MS)
    ids = {rules.step_id(round_id, step, NOW_MS) for step in (0, 1, 1, 2)}

    assert len(ids) == 3
    assert all(one.int >> 80 == NOW_MS for one in ids)


def test_every_currency_has_limits_and_an_empty_house_takes_nothing():
    for code, item in CURRENCIES.items():
        within = rules.limits(code, 0)
        assert rules.POLICIES[code].stake_min >= 1
        if item.kind == "real":
            with pytest.raises(StakeOutOfRange):
                rules.check_stake(1, code, within)
        assert rules.limits(code, -5) == within


def test_limits_bind_at_their_last_unit():
    within = rules.limits(USDT, 1_000_000)

    rules.check_stake(10_000, USDT, within)
    with pytest.raises(StakeOutOfRange):
        rules.check_stake(10_001, USDT, within)
    rules.check_profit(10_000, 20_000, USDT, within)
    with pytest.raises(ProfitTooLarge):
        rules.check_profit(10_000, 20_001, USDT, within)
    with pytest.raises(ProfitTooLarge):
        rules.check_profit(1, UNITS_MAX + 1, USDT, rules.limits(USDT, UNITS_MAX * 200))


def test_multipliers_are_shown_rounded_down_and_paid_exactly():
    third = Multiplier(9900, 3333)

    assert third.shown() == "2.9702"
    assert third.payout_units(10**9) == 10**9 * 9900 // 3333
    assert dice.multiplier(DiceParams(5050, Direction.OVER)).shown() == "2.0000"
    assert mines.multiplier(MinesParams(24), 1).shown() == "24.7500"
    assert mines.multiplier(MinesParams(12), 13).shown() == "5148297.0000"


def test_the_house_stops_a_round_at_the_last_reveal_it_can_pay():
    params = MinesParams(3)
    for reveals in range(1, 23):
        most = mines.multiplier(params, reveals).payout_units(1_000_000)
        assert mines.reveals_within(params, 1_000_000, most) == reveals
        assert mines.reveals_within(params, 1_000_000, most - 1) == reveals - 1
