"""What the house takes and pays: limits, how they are changed, and what is refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import NotFound, Refusal


class HouseLimitOutOfRange(Refusal):
    """A house limit that cannot be; `param` names the value at fault."""

    code = "house_limit_out_of_range"
    status = 422


class HouseLimitPending(Refusal):
    """A change of the same limit waits for a second person."""

    code = "house_limit_pending"


class HouseLimitDecided(Refusal):
    """The change was approved or rejected before."""

    code = "house_limit_decided"


class SecondPersonNeeded(Refusal):
    """Nobody approves their own wish."""

    code = "second_person_needed"


class HouseLimitChanged(Refusal):
    """The limit is no longer what the wish was to replace."""

    code = "house_limit_changed"


class UnknownHouseLimitChange(NotFound):
    """There is no such change of a house limit."""

    code = "unknown_house_limit_change"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one bet may stake and win now, in ledger units of one currency."""

    stake_min: int
    stake_max: int
    profit_max: int


ANY_GAME: Final = "*"
"""A limit of this game holds for every game of the brand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseLimit:
    """What staff set for a game in a currency; None: the next wider rule holds."""

    brand_id: int
    game: str
    """Slug, or ANY_GAME."""
    currency: CurrencyCode
    stake_min: int | None
    """Ledger units, as `stake_max`."""
    stake_max: int | None
    profit_share_bp: int | None
    """The most one bet may win, in basis points of the bankroll."""


class Source(StrEnum):
    """Which rule binds."""

    DEFAULT = "default"
    BANKROLL = "bankroll"
    CURRENCY = "currency"
    """Set for every game in the currency."""
    GAME = "game"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What one bet may stake and win now, and which rules say so."""

    limits: Limits
    profit_share_bp: int
    stake_min_by: Source
    stake_max_by: Source
    profit_by: Source


LIMIT_CHANGE_PREFIX: Final = "hlc"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """A limit that somebody wished for, and what another decided about it."""

    id: UUID
    limit: HouseLimit
    replaces: UUID | None
    """The change that was in force when this was wished."""
    proposed_by: UUID
    reason: str
    at: datetime
    is_approved: bool | None
    """None: it waits."""
    decided_by: UUID | None
    decided_reason: str | None
    decided_at: datetime | None
