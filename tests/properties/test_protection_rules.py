"""Limits hold for every way to play, on whatever days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from fairhouse.kernel.refusals import Refusal
from fairhouse.protection.rules import (
    cancelled,
    check_bet,
    confirmed,
    guard_of,
    months_later,
    period_start,
    resets_at,
    roll,
    wish,
)
from fairhouse.protection.types import (
    Guard,
    IncreaseTooEarly,
    LimitKind,
    LimitState,
    LossLimitReached,
    NothingPending,
    PendingChange,
    Period,
    Play,
    WagerLimitReached,
)

days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
periods = st.sampled_from(list(Period))
limits = st.dictionaries(periods, st.integers(0, 1_000))


@dataclass(frozen=True)
class Staked:
    """One bet: days after the one before, stake, and what came back."""

    after_days: int
    stake: int
    returned: int


bets = st.lists(
    st.builds(
        Staked,
        after_days=st.sampled_from([0, 0, 0, 1, 2, 7, 30]),
        stake=st.integers(1, 500),
        returned=st.integers(0, 700),
    ),
    max_size=30,
)


def moment(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def count(play: Play, bet: Staked) -> None:
    play.wagered_day += bet.stake
    play.wagered_week += bet.stake
    play.wagered_month += bet.stake
    play.returned_day += bet.returned
    play.returned_week += bet.returned
    play.returned_month += bet.returned


def passed(guard: Guard, first: date, wanted: Sequence[Staked]) -> list[tuple[date, Staked]]:
    """The bets that a lane's owner would have let pass."""
    play, day, done = Play(), first, []
    for bet in wanted:
        day += timedelta(days=bet.after_days)
        roll(play, day.toordinal())
        try:
            check_bet(guard, play, bet.stake, moment(day))
        except Refusal:
            continue
        count(play, bet)
        done.append((day, bet))
    return done


@given(loss=limits, wager=limits, first=days, wanted=bets)
def test_no_period_ever_goes_beyond_a_limit(
    loss: dict[Period, int], wager: dict[Period, int], first: date, wanted: list[Staked]
):
    done = passed(guard_of((), loss, wager), first, wanted)

    for number, (day, bet) in enumerate(done):
        for period in Period:
            start = period_start(period, day)
            before = [one for on, one in done[:number] if on >= start]
            wagered = sum(one.stake for one in before) + bet.stake
            returned = sum(one.returned for one in before)
            assert wagered <= wager.get(period, wagered)
            assert wagered - returned <= loss.get(period, wagered - returned)


@given(loss=limits, wager=limits, first=days, wanted=bets)
def test_a_refusal_is_never_without_cause(
    loss: dict[Period, int], wager: dict[Period, int], first: date, wanted: list[Staked]
):
    guard, play, day = guard_of((), loss, wager), Play(), first
    for bet in wanted:
        day += timedelta(days=bet.after_days)
        try:
            check_bet(guard, play, bet.stake, moment(day))
        except LossLimitReached as refusal:
            period = Period(str(refusal.fields["period"]))
            used = sum_of(play, period)
            assert used[0] - used[1] + bet.stake > loss[period]
        except WagerLimitReached as refusal:
            period = Period(str(refusal.fields["period"]))
            assert sum_of(play, period)[0] + bet.stake > wager[period]
        else:
            count(play, bet)


def sum_of(play: Play, period: Period) -> tuple[int, int]:
    return getattr(play, f"wagered_{period}"), getattr(play, f"returned_{period}")


@given(first=days, second=days)
@example(first=date(2024, 12, 31), second=date(2025, 1, 1))
@example(first=date(2025, 1, 5), second=date(2025, 1, 6))
@example(first=date(2024, 2, 28), second=date(2024, 2, 29))
def test_counters_live_as_long_as_their_period(first: date, second: date):
    play = Play(first.toordinal(), 1, 2, 3, 4, 5, 6)
    roll(play, second.toordinal())

    for period in Period:
        is_same = period_start(period, first) == period_start(period, second)
        kept = is_same or second <= first
        assert kept == (sum_of(play, period) != (0, 0))
    assert max(first, second).toordinal() == play.day


@given(day=days, period=periods)
def test_a_period_ends_where_the_next_begins(day: date, period: Period):
    end = resets_at(period, day)

    assert period_start(period, day) <= day < end.date()
    assert end.date() == period_start(period, end.date())
    assert period_start(period, end.date() - timedelta(days=1)) == period_start(period, day)


@given(start=days, later=days)
def test_iso_weeks_begin_on_monday(start: date, later: date):
    is_same_week = start.isocalendar()[:2] == later.isocalendar()[:2]

    assert is_same_week == (period_start(Period.WEEK, start) == period_start(Period.WEEK, later))


@dataclass(frozen=True)
class Deed:
    """What a player does with one limit: ask for an amount (None: remove it), confirm, cancel."""

    after_hours: int
    what: str
    amount: int | None = None


deeds = st.lists(
    st.builds(
        Deed,
        after_hours=st.sampled_from([0, 1, 23, 24, 25]),
        what=st.sampled_from(["wish", "wish", "wish", "confirm", "confirm", "cancel"]),
        amount=st.none() | st.integers(0, 5),
    ),
    max_size=25,
)
WAIT = timedelta(hours=24)


def looseness(amount: int | None) -> float:
    return float("inf") if amount is None else amount


@given(done=deeds)
def test_lower_at_once_and_higher_only_a_day_after_it_was_asked_for(done: list[Deed]):
    state, now = LimitState(3, None), moment(date(2026, 1, 1))
    asked: tuple[datetime, int | None] | None = None
    for deed in done:
        now += timedelta(hours=deed.after_hours)
        before = state.amount
        try:
            state = follow(state, deed, now)
        except (NothingPending, IncreaseTooEarly):
            continue
        if deed.what == "wish":
            assert looseness(state.amount) <= looseness(before)
            is_lower = looseness(deed.amount) < looseness(before)
            assert not is_lower or (state.amount, state.pending) == (deed.amount, None)
        if looseness(state.amount) > looseness(before):
            assert deed.what == "confirm"
            assert asked is not None
            assert asked[1] == state.amount
            assert now - asked[0] >= WAIT
        asked = (
            (state.pending.asked_at, state.pending.amount) if state.pending is not None else None
        )


def follow(state: LimitState, deed: Deed, now: datetime) -> LimitState:
    if deed.what == "confirm":
        return confirmed(state, now)
    if deed.what == "cancel":
        return cancelled(state)
    change = PendingChange(LimitKind.LOSS, Period.DAY, deed.amount, now, now + WAIT)
    return wish(state, change, now)


@given(start=days, months=st.integers(1, 120))
def test_a_term_of_months_ends_on_the_same_day_or_the_last_one(start: date, months: int):
    end = months_later(moment(start), months)

    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1
    assert end.time() == moment(start).time()
