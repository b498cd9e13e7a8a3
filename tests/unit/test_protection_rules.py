"""What a guard says to a bet."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from fairhouse.protection.rules import (
    COOLING_OFF,
    EXCLUDED,
    SESSION_TIME_REACHED,
    check_bet,
    guard_of,
)
from fairhouse.protection.types import (
    CoolingOff,
    Excluded,
    LossLimitReached,
    Period,
    Play,
    SessionTimeReached,
    WagerLimitReached,
)

NOW = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
"""A Wednesday."""
TODAY = NOW.toordinal()
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
NOTHING: Mapping[Period, int] = {}
USD = 1_000_000


def test_a_stake_may_use_a_limit_up_but_not_exceed_it():
    guard = guard_of((), {Period.DAY: 50 * USD}, NOTHING)
    play = Play(day=TODAY, wagered_day=40 * USD, returned_day=10 * USD)

    check_bet(guard, play, 20 * USD, NOW)
    with pytest.raises(LossLimitReached) as refused:
        check_bet(guard, play, 20 * USD + 1, NOW)

    assert "stake" == refused.value.param
    assert {
        "period": "day",
        "limit": "50",
        "remaining": "20",
        "resets_at": "2026-03-05T00:00:00Z",
    } == refused.value.fields


def test_a_limit_begins_anew_with_its_period():
    guard = guard_of((), NOTHING, {Period.DAY: 10, Period.WEEK: 15})
    play = Play(day=TODAY, wagered_day=10, wagered_week=10, wagered_month=10)

    with pytest.raises(WagerLimitReached):
        check_bet(guard, play, 1, NOW)
    check_bet(guard, play, 5, MIDNIGHT)
    with pytest.raises(WagerLimitReached) as refused:
        check_bet(guard, play, 6, MIDNIGHT)

    assert "week" == refused.value.fields["period"]
    assert "2026-03-09T00:00:00Z" == refused.value.fields["resets_at"]


def test_what_was_lost_beyond_a_limit_leaves_nothing():
    guard = guard_of((), {Period.MONTH: 10}, NOTHING)
    play = Play(day=TODAY, wagered_month=30)

    with pytest.raises(LossLimitReached) as refused:
        check_bet(guard, play, 1, NOW)

    assert "0" == refused.value.fields["remaining"]
    assert "2026-04-01T00:00:00Z" == refused.value.fields["resets_at"]


def test_play_money_is_not_counted_but_blocked():
    check_bet(guard_of((), {Period.DAY: 0}, {Period.DAY: 0}), Play(), None, NOW)

    with pytest.raises(Excluded):
        check_bet(guard_of([(EXCLUDED, None)], NOTHING, NOTHING), Play(), None, NOW)


def test_a_block_ends_by_itself_when_it_has_an_end():
    guard = guard_of([(COOLING_OFF, MIDNIGHT)], NOTHING, NOTHING)

    with pytest.raises(CoolingOff) as refused:
        check_bet(guard, Play(), 1, NOW)
    check_bet(guard, Play(), 1, MIDNIGHT)

    assert {"resets_at": "2026-03-05T00:00:00Z"} == refused.value.fields


def test_of_several_blocks_the_one_that_ends_last_is_told():
    timed_out = (SESSION_TIME_REACHED, datetime(2026, 4, 1, tzinfo=UTC))
    blocks = [(COOLING_OFF, MIDNIGHT), timed_out]

    with pytest.raises(SessionTimeReached):
        check_bet(guard_of(blocks, NOTHING, NOTHING), Play(), 1, NOW)
    with pytest.raises(Excluded):
        check_bet(guard_of([*blocks, (EXCLUDED, None)], NOTHING, NOTHING), Play(), 1, NOW)


def test_a_clock_that_stands_back_forgets_no_stake():
    guard = guard_of((), NOTHING, {Period.DAY: 10})
    play = Play(day=MIDNIGHT.toordinal(), wagered_day=10, wagered_week=10, wagered_month=10)

    with pytest.raises(WagerLimitReached):
        check_bet(guard, play, 1, NOW)
