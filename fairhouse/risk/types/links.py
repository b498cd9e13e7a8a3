"""What accounts have in common, and which of them belong together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LinkKind(StrEnum):
    """What two accounts were both seen with."""

    DEVICE = "device"
    NETWORK = "network"
    WALLET = "wallet"
    """Paid in from it."""
    PAYOUT = "payout"
    """Asked to be paid there."""
    DOCUMENT = "document"
    PHONE = "phone"
    REFERRAL = "referral"
    """The same referrer, or one referred the other."""
    CLAIM = "claim"
    """The same bonus claimed within ten minutes: behaviour."""
    CASH_OUT = "cash_out"
    """The same amount asked for within an hour: behaviour."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that accounts may share; the value is a keyed hash."""

    kind: LinkKind
    value: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """An account was first seen with an attribute."""

    attribute: Attribute
    player_id: UUID
    brand_id: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Two accounts (the smaller id first), why, and how much that says."""

    one: UUID
    other: UUID
    points: int
    reasons: tuple[LinkKind, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Accounts that belong together through links of JOIN_POINTS and more."""

    players: tuple[UUID, ...]
    """In order; the first names the cluster."""
    points: int
    """Mean of its links, at most 100."""
    links: tuple[Link, ...]
