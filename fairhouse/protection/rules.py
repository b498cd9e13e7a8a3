"""Pure decisions: what a bet may still stake, when a change of a limit takes effect."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fairhouse.brands.types import GameKind, StakeCap
from fairhouse.kernel.money import format_units, parse_units
from fairhouse.protection.types import (
    VALUE_SCALE,
    BoundCap,
    CoolingOff,
    Excluded,
    Exclusion,
    Guard,
    IncreaseTooEarly,
    Limit,
    LimitKind,
    LimitStanding,
    LimitState,
    LossLimitReached,
    NothingPending,
    NotReadmissible,
    PendingChange,
    Period,
    Play,
    SessionTimeReached,
    StakeCapped,
    WagerLimitReached,
)

EXCLUDED: Final = Excluded.code
COOLING_OFF: Final = CoolingOff.code
SESSION_TIME_REACHED: Final = SessionTimeReached.code

_ORDER: Final = {Period.DAY: 0, Period.WEEK: 1, Period.MONTH: 2}
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
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
    return midnight(end)


def midnight(day: date) -> datetime:
    """When a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


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


def count(play: Play, day: date, wagered: int, returned: int) -> None:
    """Add what happened on a UTC day to a player's counters, in micro-units."""
    roll(play, day.toordinal())
    play.wagered_day += wagered
    play.wagered_week += wagered
    play.wagered_month += wagered
    play.returned_day += returned
    play.returned_week += returned
    play.returned_month += returned


def _month(day: int) -> tuple[int, int]:
    on = date.fromordinal(day)
    return on.year, on.month


# --- The betting road


def check_bet(
    guard: Guard,
    play: Play,
    stake_value: int | None,
    now: datetime,
    kind: GameKind = GameKind.OTHER,
) -> None:
    """Whether the player may stake `stake_value` (micro-units; None: play money) now.

    Only for new stakes: a round that is open may always be finished. `now` is UTC. Rolls `play`
    to `now`. Refuses with Excluded, CoolingOff and SessionTimeReached, which stop play money too,
    and with StakeCapped, LossLimitReached and WagerLimitReached.
    """
    if guard.blocked_code is not None and _is_blocked(guard, now):
        raise blocked(guard.blocked_code, guard.blocked_until)
    if stake_value is None:
        return
    for cap in guard.stake_caps:
        if cap.kind is kind and stake_value > cap.value_max and cap.since <= now < cap.until:
            raise _capped(cap)
    if not (guard.loss or guard.wager):
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


def _capped(cap: BoundCap) -> StakeCapped:
    shown = format_units(cap.value_max, VALUE_SCALE)
    return StakeCapped(
        f"The law lets you stake at most {shown} on one such game; stake less.",
        param="stake",
        maximum=shown,
    )


def bound_caps(caps: Iterable[StakeCap], birth: date | None) -> tuple[BoundCap, ...]:
    """When which cap binds somebody; all of them, and so the lowest, whose birth is not known."""
    if birth is None:
        return tuple(BoundCap(one.kind, one.value_max, _ALWAYS, _FOR_EVER) for one in caps)
    return tuple(
        BoundCap(
            one.kind,
            one.value_max,
            midnight(birthday(birth, one.age_from)),
            _FOR_EVER if one.age_below is None else midnight(birthday(birth, one.age_below)),
        )
        for one in caps
    )


def birthday(birth: date, age: int) -> date:
    """The day on which somebody is of an age; born on 29 February, 1 March of other years."""
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:
        return date(birth.year + age, 3, 1)


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


# --- Limits


def is_looser(before: int | None, after: int | None) -> bool:
    """Whether a change lets more pass (None: no limit): then it has to wait."""
    if before is None:
        return False
    return after is None or after > before


def wish(state: LimitState, change: PendingChange, now: datetime) -> LimitState:
    """What a player's wish makes of a limit: lower or first at once, higher or none later.

    `change` is the wish as it would wait. Lower drops what waited; a new wait replaces the old.
    """
    assert change.asked_at == now
    if is_looser(state.amount, change.amount):
        return LimitState(state.amount, change)
    return LimitState(change.amount, None)


def confirmed(state: LimitState, now: datetime) -> LimitState:
    """After the wait and the player's word. Refuses with NothingPending and IncreaseTooEarly."""
    if state.pending is None:
        raise NothingPending("No change of this limit is waiting.", param="kind")
    if now < state.pending.ready_at:
        at = iso(state.pending.ready_at)
        raise IncreaseTooEarly(f"This can be confirmed from {at} on.", ready_at=at)
    return LimitState(state.pending.amount, None)


def cancelled(state: LimitState) -> LimitState:
    """The player thought better of it. Refuses with NothingPending."""
    if state.pending is None:
        raise NothingPending("No change of this limit is waiting.", param="kind")
    return LimitState(state.amount, None)


def standing(limit: Limit, used: int, today: date) -> LimitStanding:
    """How far a limit is used up."""
    spent = max(used, 0)
    # Being ahead leaves more than the limit itself: what was won may be lost again.
    left = max(limit.amount - used, 0)
    return LimitStanding(limit, spent, left, resets_at(limit.period, today))


def amount_text(kind: LimitKind, amount: int) -> str:
    """Whole minutes, or plain decimals of the reference currency."""
    return str(amount) if kind is LimitKind.SESSION else format_units(amount, VALUE_SCALE)


def parse_amount(kind: LimitKind, text: str) -> int:
    """The opposite. Refuses with InvalidAmount."""
    return parse_units(text, 0 if kind is LimitKind.SESSION else VALUE_SCALE)


def lowest_headroom(standings: Iterable[LimitStanding]) -> LimitStanding | None:
    """The limit that binds first."""
    return min(standings, key=lambda one: one.remaining, default=None)


# --- Exclusions


def months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one where the month is shorter."""
    ahead = at.month - 1 + months
    first = at.replace(year=at.year + ahead // 12, month=ahead % 12 + 1, day=1)
    length = (resets_at(Period.MONTH, first.date()).date() - first.date()).days
    return first.replace(day=min(at.day, length))


def reaches_further(new_until: datetime | None, until: datetime | None) -> bool:
    """Whether an exclusion to `new_until` outlasts one to `until`; None: for ever."""
    return until is not None and (new_until is None or new_until > until)


def check_may_return(exclusion: Exclusion, now: datetime, wait: timedelta) -> None:
    """Refuses with NotReadmissible until term, request and wait are all behind."""
    if exclusion.until is None:
        raise NotReadmissible("This exclusion is permanent.")
    if now < exclusion.until:
        raise NotReadmissible(f"The term ends {iso(exclusion.until)}.")
    if exclusion.return_asked_at is None:
        raise NotReadmissible("The player has not asked to come back.")
    ready_at = exclusion.return_asked_at + wait
    if now < ready_at:
        raise NotReadmissible(f"The wait after the player's request ends {iso(ready_at)}.")


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
