"""Which cap on slots binds at which age, to the day."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as some

from fairhouse.brands.types import GameKind, StakeCap
from fairhouse.identity.rules import age_on
from fairhouse.protection.rules import bound_caps, check_bet
from fairhouse.protection.types import Guard, Play, StakeCapped

CAPS = (
    StakeCap(GameKind.SLOT, 2_000_000, age_from=18, age_below=25),
    StakeCap(GameKind.SLOT, 5_000_000, age_from=25),
)
births = some.dates(date(1950, 1, 1), date(2009, 12, 31))
moments = some.times()


def allows(guard: Guard, stake: int, at: datetime) -> bool:
    try:
        check_bet(guard, Play(), stake, at, GameKind.SLOT)
    except StakeCapped:
        return False
    return True


@given(births, some.integers(-2, 2), moments)
def test_the_cap_follows_the_age_around_the_birthday(birth: date, days: int, at: time) -> None:
    guard = Guard(stake_caps=bound_caps(CAPS, birth))
    birthday = date(birth.year + 25, birth.month, min(birth.day, 28))
    now = datetime.combine(birthday + timedelta(days=days), at, UTC)
    most = 5_000_000 if age_on(birth, now.date()) >= 25 else 2_000_000
    assert allows(guard, most, now)
    assert not allows(guard, most + 1, now)
    check_bet(guard, Play(), most + 1, now)
    check_bet(guard, Play(), None, now, GameKind.SLOT)


@given(moments)
def test_the_day_before_and_the_day_itself(at: time) -> None:
    guard = Guard(stake_caps=bound_caps(CAPS, date(2001, 11, 23)))
    assert not allows(guard, 2_000_001, datetime.combine(date(2026, 11, 22), at, UTC))
    assert allows(guard, 5_000_000, datetime.combine(date(2026, 11, 23), at, UTC))


def test_nobody_s_birthday_is_needed_for_the_first_cap() -> None:
    guard = Guard(stake_caps=bound_caps(CAPS, None))
    assert not allows(guard, 2_000_001, datetime(2026, 1, 1, tzinfo=UTC))
    assert bound_caps((), date(2000, 1, 1)) == ()
