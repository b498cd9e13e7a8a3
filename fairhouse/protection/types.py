"""Words of protection: limits, exclusions, what the betting road asks, and what is refused.

Amounts are micro-units of the brand's reference currency (6 decimals), real money only. Periods are
calendar periods in UTC: the day from midnight, the ISO week from Monday, the month from its first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

import msgspec

from fairhouse.brands.types import GameKind
from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal

CaseId = NewType("CaseId", UUID)
"""One decision to exclude a person, on however many accounts."""

CASE_PREFIX: Final = "exc"
CHANGE_PREFIX: Final = "chg"
VALUE_SCALE: Final = 6
"""Decimal places of the reference values."""


class Period(StrEnum):
    """How long a limit counts before it begins anew."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class LimitKind(StrEnum):
    """What a limit counts."""

    LOSS = "loss"
    """Stakes less what came back; open rounds count as lost."""
    WAGER = "wager"
    """Stakes."""
    DEPOSIT = "deposit"
    """Gross deposits; a withdrawal gives no headroom back (UKGC RTS 12B)."""
    SESSION = "session"
    """Minutes in which the player used the site."""


class LimitSource(StrEnum):
    """Whose limit it is; of two the lower binds."""

    PLAYER = "player"
    OPERATOR = "operator"


class ExclusionKind(StrEnum):
    """How a player is kept from playing."""

    COOL_OFF = "cool_off"
    """A short break; ends by itself."""
    SELF_EXCLUSION = "self_exclusion"
    """Ends after its term, on the player's request, when two of staff re-admit."""


class Scope(StrEnum):
    """How far an exclusion reaches."""

    BRAND = "brand"
    OPERATOR = "operator"
    """Every account of the person on this platform."""


class Actor(StrEnum):
    """Who changed something."""

    PLAYER = "player"
    STAFF = "staff"
    SYSTEM = "system"


class Cause(StrEnum):
    """Why a deposit should not have come."""

    LIMIT = "limit"
    EXCLUDED = "excluded"


# --- What the betting road asks


class Play(msgspec.Struct):
    """What a player staked and got back in the running periods; mutable, owned by one lane.

    The counters are those of the periods that contain `day`; see `rules.roll`.
    """

    day: int = 0
    """Proleptic ordinal of the newest counted UTC day; 0: nothing was counted yet."""
    wagered_day: int = 0
    wagered_week: int = 0
    wagered_month: int = 0
    returned_day: int = 0
    returned_week: int = 0
    returned_month: int = 0


class BoundCap(msgspec.Struct, frozen=True):
    """The most that one game of a kind may be played for, between two birthdays."""

    kind: GameKind
    value_max: int
    """Micro-units."""
    since: datetime
    until: datetime


class Guard(msgspec.Struct, frozen=True):
    """What binds one player's bets; a player without anything set has none."""

    blocked_until: datetime | None = None
    """End of the block; None beside a code: not by time alone."""
    blocked_code: str | None = None
    """`excluded`, `cooling_off` or `session_time_reached`; None: not blocked."""
    loss: tuple[tuple[Period, int], ...] = ()
    """The lowest loss limit of each period."""
    wager: tuple[tuple[Period, int], ...] = ()
    """The lowest wager limit of each period."""
    stake_caps: tuple[BoundCap, ...] = ()
    """What the jurisdiction sets for the player's age."""


@dataclass(frozen=True, slots=True)
class GuardChange:
    """A player whose guard changed."""

    player_id: UUID
    at: datetime


# --- Limits


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit in force."""

    kind: LimitKind
    period: Period
    source: LimitSource
    amount: int
    """Micro-units; minutes for `session`."""
    set_at: datetime


@dataclass(frozen=True, slots=True)
class PendingChange:
    """An increase or removal that waits, or is ready for the player's confirmation."""

    kind: LimitKind
    period: Period
    amount: int | None
    """None: the limit is to be removed."""
    asked_at: datetime
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit of the player's own, with what waits to replace it."""

    amount: int | None
    """What binds; None: nothing."""
    pending: PendingChange | None


@dataclass(frozen=True, slots=True)
class LimitStanding:
    """A limit with what of it is used."""

    limit: Limit
    used: int
    """Never negative: a player who is ahead has used nothing."""
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class FlaggedDeposit:
    """A credited deposit that should not have come."""

    deposit_id: UUID
    player_id: PlayerId
    brand_id: int
    value: int
    """Micro-units."""
    beyond: int
    """The part beyond the limit; all of it during an exclusion."""
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One account kept from playing."""

    id: UUID
    case_id: CaseId
    player_id: PlayerId
    brand_id: int
    kind: ExclusionKind
    scope: Scope
    term: str
    since: datetime
    until: datetime | None
    """None: permanent."""
    person_index: bytes | None
    """Finds the person under another account; no personal data can be read from it."""
    return_asked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Readmission:
    """One member of staff who agreed that a player may return."""

    case_id: CaseId
    staff_id: StaffId
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history."""

    id: UUID
    player_id: PlayerId
    brand_id: int
    at: datetime
    actor: Actor
    staff_id: StaffId | None
    action: str
    kind: LimitKind | None = None
    period: Period | None = None
    from_amount: int | None = None
    to_amount: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """All that protects one player."""

    limits: tuple[LimitStanding, ...]
    pending: tuple[PendingChange, ...]
    exclusion: Exclusion | None
    """The one in force that reaches furthest."""
    reality_check_minutes: int | None
    minutes_today: int
    """Time played since midnight, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionPolicy:
    """What a jurisdiction asks; data, see tables.py."""

    increase_waits: Mapping[Period, timedelta]
    """How long a raised or removed limit waits before it can be confirmed."""
    cool_offs: Mapping[str, timedelta]
    self_exclusions: Mapping[str, int | None]
    """Months; None: permanent."""
    return_wait: timedelta
    """Between the request to come back and the re-admission."""
    readmitters: int
    """How many different members of staff re-admit."""


# --- Refusals


class LossLimitReached(Refusal):
    """The stake could be lost, and that would be more than the limit leaves.

    `fields`: period, limit, remaining, resets_at.
    """

    code = "loss_limit_reached"


class WagerLimitReached(Refusal):
    """The stake is more than the limit leaves. `fields`: period, limit, remaining, resets_at."""

    code = "wager_limit_reached"


class StakeCapped(Refusal):
    """More than the law lets anybody of the player's age stake on such a game.

    `fields`: maximum.
    """

    code = "stake_capped"


class DepositLimitReached(Refusal):
    """No more deposits in this period. `fields`: period, limit, remaining, resets_at."""

    code = "deposit_limit_reached"


class SessionTimeReached(Refusal):
    """The time to play is used up. `fields`: resets_at."""

    code = "session_time_reached"
    status = 403


class CoolingOff(Refusal):
    """The player takes a break. `fields`: resets_at."""

    code = "cooling_off"
    status = 403


class Excluded(Refusal):
    """The player is excluded; only the operator's staff can let them play again."""

    code = "excluded"
    status = 403


class NothingPending(NotFound):
    """No change of this limit waits."""

    code = "nothing_pending"


class IncreaseTooEarly(Refusal):
    """The wait is not over. `fields`: ready_at."""

    code = "increase_too_early"


class LimitOutOfRange(Malformed):
    """The limit's amount is not possible."""

    code = "limit_out_of_range"


class UnknownTerm(Malformed):
    """There is no break or exclusion of this length. `fields`: terms."""

    code = "unknown_term"


class ExclusionNotShortened(Refusal):
    """A longer one is in force already; nothing makes it shorter."""

    code = "exclusion_not_shortened"
    status = 403


class NotReadmissible(Refusal):
    """The term has not ended, nobody asked, or the wait after the request is not over."""

    code = "not_readmissible"


class NothingToLift(NotFound):
    """No self-exclusion is in force."""

    code = "not_excluded"


class ProtectionReasonMissing(Malformed):
    """What staff do to a player needs a reason of 3 to 500 characters."""

    code = "reason_missing"


class SecondPersonNeeded(Refusal):
    """Another member of staff must agree."""

    code = "second_person_needed"
