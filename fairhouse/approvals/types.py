"""A wish, what became of it, and what is refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.audit.types import Facts
from fairhouse.kernel.refusals import NotFound, Refusal

WISH_PREFIX: Final = "wsh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A change that one person wants and another has to approve."""

    id: UUID
    kind: str
    """What is to change, as `noun` or `noun.part`: `ledger.adjust`, `risk.rule`."""
    brand_id: int | None
    """None: the whole house."""
    subject: str
    """Wire id or key of what is to change; never personal data."""
    before: Facts
    """What held when it was wished."""
    after: Facts
    """What is to hold."""
    wished_by: UUID
    reason: str
    at: datetime
    is_approved: bool | None
    """None: it waits."""
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.is_approved is None


class UnknownWish(NotFound):
    """There is no wish of that id."""

    code = "unknown_wish"


class WishDecided(Refusal):
    """Somebody has approved or rejected it."""

    code = "wish_decided"


class WishWaits(Refusal):
    """A wish about the same thing waits for a second person."""

    code = "wish_waits"


class WishOutdated(Refusal):
    """What it was to replace holds no more."""

    code = "wish_outdated"


class SecondPersonNeeded(Refusal):
    """Nobody approves their own wish."""

    code = "second_person_needed"
    status = 403
