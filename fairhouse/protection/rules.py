"""Pure decisions: what a bet may still stake, when a change of a limit takes effect."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fairhouse.kernel.money import format_units
from fairhouse.protection.types import (
    VALUE_SCALE,
    CoolingOff,
    Excluded,
    Guard,
    LossLimitReached,
    Period,
    Play,
    SessionTimeReached,
    WagerLimitReached,
)

EXCLUDED: Final = Excluded.code
COOLING_OFF: Final = CoolingOff.code
SESSION_TIME_REACHED: Final = SessionTimeReached.code

_ORDER: Final = {Period.DAY: 0, Period.WEEK: 1, Period.MONTH: 2}
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)


# --- Calendar periods, all UTC


def period_start(period: Period, day: date) -> date:
    """The first day of the period that contains `day`."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)


def resets_at(period: Period, day: date) -> datetime:
    """The moment at which the period that contains `day` is over."""
    start = period_start(period, day)
    match period:
        case Period.DAY:
            end = start + timedelta(days=1)
        case Period.WEEK:
            end = start + timedelta(days=7)
        case Period.MONTH:
            end = period_start(Period.MONTH, start + timedelta(days=31))
    return datetime(end.year, end.month, end.day, tzinfo=UTC)


def roll(play: Play, day: int) -> None:
    """Zero the counters of periods that ended before `day` (proleptic ordinal, UTC).

    A day before the counted one changes nothing: a clock that stands back forgets no stake.
    """
    if day <= play.day:
        return
    play.wagered_day = play.returned_day = 0
    # Ordinal 1 was a Monday.
    if (day - 1) // 7 != (play.day - 1) // 7:
        play.wagered_week = play.returned_week = 0
    if play.day == 0 or _month(day) != _month(play.day):
        play.wagered_month = play.returned_month = 0
    play.day = day


def _month(day: int) -> tuple[int, int]:
    on = date.fromordinal(day)
    return on.year, on.month


# --- The betting road


def check_bet(guard: Guard, play: Play, stake_value: int | None, now: datetime) -> None:
    """Whether the player may stake `stake_value` (micro-units; None: play money) now.

    `now` is UTC. Rolls `play` to `now`. Refuses with Excluded, CoolingOff and SessionTimeReached,
    which stop play money too, and with LossLimitReached and WagerLimitReached.
    """
    if guard.blocked_code is not None and _is_blocked(guard, now):
        raise blocked(guard.blocked_code, guard.blocked_until)
    if stake_value is None or not (guard.loss or guard.wager):
        return
    roll(play, now.toordinal())
    for period, limit in guard.loss:
        left = limit - lost(play, period)
        if stake_value > left:
            message = "Your loss limit leaves less than this stake; stake less or wait."
            fields = _fields(period, limit, left, play.day)
            raise LossLimitReached(message, param="stake", **fields)
    for period, limit in guard.wager:
        left = limit - wagered(play, period)
        if stake_value > left:
            message = "Your wager limit leaves less than this stake; stake less or wait."
            fields = _fields(period, limit, left, play.day)
            raise WagerLimitReached(message, param="stake", **fields)


def wagered(play: Play, period: Period) -> int:
    """Staked in the running period, micro-units."""
    match period:
        case Period.DAY:
            return play.wagered_day
        case Period.WEEK:
            return play.wagered_week
        case Period.MONTH:
            return play.wagered_month


def lost(play: Play, period: Period) -> int:
    """Staked less returned in the running period; negative when the player is ahead."""
    match period:
        case Period.DAY:
            return play.wagered_day - play.returned_day
        case Period.WEEK:
            return play.wagered_week - play.returned_week
        case Period.MONTH:
            return play.wagered_month - play.returned_month


def blocked(code: str, until: datetime | None) -> Excluded | CoolingOff | SessionTimeReached:
    """The refusal that a block's code stands for."""
    end = iso(until) if until else ""
    if code == COOLING_OFF:
        return CoolingOff(f"You take a break until {end}; withdrawals stay open.", resets_at=end)
    if code == SESSION_TIME_REACHED:
        return SessionTimeReached(f"Your time to play is used up until {end}.", resets_at=end)
    return Excluded("You are excluded from play; withdrawals stay open.")


def _is_blocked(guard: Guard, now: datetime) -> bool:
    return guard.blocked_until is None or now < guard.blocked_until


def _fields(period: Period, limit: int, left: int, day: int) -> dict[str, str]:
    return limit_fields(period, limit, left, date.fromordinal(day))


def limit_fields(period: Period, limit: int, left: int, day: date) -> dict[str, str]:
    """What a refusal says about a limit on money: plain decimals, ISO 8601."""
    return {
        "period": period.value,
        "limit": format_units(limit, VALUE_SCALE),
        "remaining": format_units(max(left, 0), VALUE_SCALE),
        "resets_at": iso(resets_at(period, day)),
    }


def iso(at: datetime) -> str:
    """As on the wire."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# --- Guards


def guard_of(
    blocks: Iterable[tuple[str, datetime | None]],
    loss: Mapping[Period, int],
    wager: Mapping[Period, int],
) -> Guard:
    """Of several blocks the one that ends last is told."""
    code, until = max(blocks, key=lambda block: block[1] or _FOR_EVER, default=(None, None))
    return Guard(blocked_until=until, blocked_code=code, loss=_sorted(loss), wager=_sorted(wager))


def _sorted(limits: Mapping[Period, int]) -> tuple[tuple[Period, int], ...]:
    return tuple(sorted(limits.items(), key=lambda item: _ORDER[item[0]]))
