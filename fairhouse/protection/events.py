"""Facts of protection. Every one of them means: read the player's guard again."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.protection.types import ExclusionKind, LimitKind, Period


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """A limit was set, lowered, raised or removed, and binds so from now on."""

    TYPE: ClassVar[str] = "protection.limits_changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    kind: LimitKind
    period: Period
    amount: int | None
    """Micro-units or minutes; None: removed."""

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class PlayerExcluded:
    """The player may not play, from now on."""

    TYPE: ClassVar[str] = "protection.excluded"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    kind: ExclusionKind
    until: datetime | None

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class GuardChanged:
    """Time to play was used up, or staff let the player play again."""

    TYPE: ClassVar[str] = "protection.guard_changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    why: str
    """`session_time` or `readmitted`."""

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class DepositBeyond:
    """A deposit arrived that should not have come; it was credited."""

    TYPE: ClassVar[str] = "protection.deposit_beyond"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    deposit_id: str
    """Wire id."""
    beyond: int
    """Micro-units."""
    cause: str

    @property
    def subject(self) -> str:
        return self.deposit_id
