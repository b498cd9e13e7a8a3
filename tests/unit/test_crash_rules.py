"""Crash and slide as mathematics: growth, caps, verdicts, what is made good."""

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.fairness.schemes import crash as schemes
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import (
    CRASH,
    SLIDE,
    CashOut,
    Ended,
    Entrant,
    Round,
    State,
    Timing,
)
from fairhouse.games.types import InvalidGameParams
from fairhouse.kernel.currencies import CurrencyCode

AT = datetime(2026, 1, 2, tzinfo=UTC)
ID = UUID(int=7)
MS = st.integers(0, 700_000)
HUNDREDTHS = st.integers(rules.LEAST, rules.MOST)


def test_the_curve_at_known_times():
    """e^(6t/100000) by hand: 2x at 11552.5 ms, 10x at 38376.4 ms."""
    assert [100, 100, 101, 199, 200, 999, 1_000] == [
        rules.multiplier_at(ms) for ms in (0, 165, 166, 11_552, 11_553, 38_376, 38_377)
    ]
    assert [0, 166, 11_553, 38_377] == [rules.reached_ms(one) for one in (100, 101, 200, 1_000)]


@given(MS)
def test_the_curve_is_the_published_formula(at_ms):
    with localcontext() as context:
        context.prec = 80
        exact = 100 * (Decimal(6 * at_ms) / 100_000).exp()
    assert int(exact) == rules.multiplier_at(at_ms)
    assert rules.multiplier_at(at_ms) <= rules.multiplier_at(at_ms + 1)


@given(HUNDREDTHS)
def test_a_multiplier_is_reached_when_it_is_reached(multiplier):
    at_ms = rules.reached_ms(multiplier)

    assert rules.multiplier_at(at_ms) >= multiplier > rules.multiplier_at(at_ms - 1)
    assert rules.multiplier_at(rules.ends_ms(CRASH, multiplier, Timing()) - 1) <= multiplier


@pytest.mark.parametrize("game", [CRASH, SLIDE])
@given(target=HUNDREDTHS)
def test_the_return_is_the_declared_one_at_every_target(game, target):
    wins, of = schemes.chance_52(target, rules.RETURN_BP[game])
    declared = Fraction(rules.RETURN_BP[game], 10_000)

    assert Fraction(wins * target, of * 100) == rules.exact_return(game, target)
    assert 0 <= declared - rules.exact_return(game, target) < Fraction(target, 100 << 52)


def entrant(
    stake: int = 1_000,
    auto: int | None = None,
    ends_at: int = rules.MOST,
    brand_id: int = 1,
    currency: str = "PLAY",
):
    return Entrant(
        bet_id=ID,
        round_id=ID,
        brand_id=brand_id,
        lane=0,
        player_id=ID,
        currency=CurrencyCode(currency),
        stake=stake,
        auto=auto,
        ends_at=ends_at,
    )


def a_round(**changes: Any):
    values: dict[str, Any] = {
        "id": ID,
        "game": CRASH,
        "number": 1,
        "state": State.CRASHED,
        "chain_id": ID,
        "chain_number": 1,
        "opened_at": AT,
        "closes_at": AT,
        "beacon": "local",
        "beacon_key": b"",
        "beacon_round": 1,
        "point": 200,
    }
    return Round(**values | changes)


def test_verdicts():
    crashed, good = a_round(), a_round(made_good=130)
    ordered, capped = entrant(auto=200, ends_at=200), entrant(auto=300, ends_at=150)
    for one, taken, found, expected in (
        (entrant(), None, crashed, (0, Ended.CRASHED)),
        (entrant(), CashOut(ID, 5, 137), crashed, (137, Ended.CASH_OUT)),
        (ordered, None, crashed, (200, Ended.AUTO)),
        (entrant(auto=201, ends_at=201), None, crashed, (0, Ended.CRASHED)),
        (capped, None, crashed, (150, Ended.FORCED)),
        (entrant(), None, good, (130, Ended.INTERRUPTED)),
        (ordered, None, good, (200, Ended.AUTO)),
        (entrant(), CashOut(ID, 5, 110), good, (110, Ended.CASH_OUT)),
    ):
        verdict = rules.verdict(one, taken, found)
        assert (verdict.multiplier, verdict.ended) == expected


def test_made_good():
    timing, ends = Timing(), 20_000
    for seen_ms, seen_epoch, expected in (
        (20_000, 1, None),
        (19_000, 1, 312),
        (19_000, 2, None),
        (17_000, 2, None),
        (16_999, 2, 277),
        (0, 1, 100),
    ):
        found = a_round(seen_ms=seen_ms, seen_epoch=seen_epoch)
        assert expected == rules.made_good(found, 2, timing, ends), seen_ms
    assert rules.made_good(a_round(game=SLIDE, seen_epoch=1), 2, timing, ends) is None


@given(
    st.lists(st.tuples(st.integers(100, 10**9), HUNDREDTHS), min_size=1, max_size=30),
    st.integers(10**9, 10**13),
)
def test_a_round_never_wins_more_than_its_maximum(entrants, profit_max):
    """Whatever the point and whoever leaves earlier: the cap bounds the sum, and is the largest."""

    def profit(at):
        paid = sum(rules.payout_units(stake, min(at, ends)) for stake, ends in entrants)
        return paid - sum(stake for stake, _ in entrants)

    cap = rules.round_cap(entrants, profit_max)
    if cap is None:
        assert profit(rules.MOST) <= profit_max
    else:
        assert profit(cap) <= profit_max < profit(cap + 1)


def test_caps_are_per_brand_and_currency():
    people = [
        entrant(100, None, 1_000, 1, "BTC"),
        entrant(100, None, 1_000, 1, "ETH"),
        entrant(100, None, 1_000, 2, "BTC"),
    ]
    caps = rules.caps_of(people, {"1:BTC": 50, "1:ETH": 10**9, "2:BTC": 100})

    assert {"1:BTC": 150, "2:BTC": 200} == caps
    assert [150, 1_000, 200] == [rules.capped(one, caps) for one in people]


@given(st.integers(100, 10**12), st.integers(0, 10**12))
def test_a_bet_is_capped_within_what_the_house_pays(stake, profit_max):
    cap = rules.bet_cap(stake, stake + profit_max)

    assert rules.payout_units(stake, cap) <= stake + profit_max
    assert cap == rules.MOST or stake * (cap + 1) > (stake + profit_max) * 100


@pytest.mark.parametrize(
    "text", ["1", "1.00", "0", "-2", "1.005", "x", "", "1e3", 2, None, "9" * 40]
)
def test_targets_that_are_none(text):
    with pytest.raises(InvalidGameParams) as refused:
        rules.parse_target(text, param="params.auto_cash_out")
    assert refused.value.param == "params.auto_cash_out"


def test_targets():
    assert [101, 150, 200, rules.MOST] == [
        rules.parse_target(text, param="x") for text in ("1.01", "1.5", "2", "1000000")
    ]
