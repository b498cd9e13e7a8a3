"""What risk remembers: facts that happened once, and the windows that are asked about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

KEPT: Final = timedelta(days=400)
"""How long observations are kept; the longest window."""
BRAND_WINDOW_MAX: Final = timedelta(days=1)
"""A window over a whole brand is bounded: it reads every row in it."""


class Kind(StrEnum):
    """What was observed."""

    REGISTRATION = "registration"
    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    CREDENTIAL_CHANGED = "credential_changed"
    DEPOSIT = "deposit"
    """Credited."""
    DEPOSIT_FAILED = "deposit_failed"
    DEPOSIT_REVERSED = "deposit_reversed"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    WITHDRAWAL_PAID = "withdrawal_paid"
    WITHDRAWAL_ENDED = "withdrawal_ended"
    """Cancelled, rejected or failed: the money stayed."""
    BET = "bet"
    """A summary of one player's finished bets between two readings of the journal."""
    ADDRESS_ADDED = "address_added"
    BONUS = "bonus"
    TIP = "tip"
    DOCUMENT = "document"
    PHONE = "phone"
    REFERRAL = "referral"
    LINK = "link"
    """The component of linked accounts changed: `value` accounts, `moved` points of evidence."""
    ANOMALY = "anomaly"
    """A model's score: `value` points of 100."""


class Dimension(StrEnum):
    """Whose window is asked for."""

    PLAYER = "player"
    DEVICE = "device"
    IP = "ip"
    NETWORK = "network"
    """IPv4 /24, IPv6 /48."""
    ADDRESS = "address"
    BRAND = "brand"


class Aggregate(StrEnum):
    """What is made of a window's observations."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    LATEST = "latest"
    DISTINCT = "distinct"
    FRESH = "fresh"
    """As `distinct`, but only of what never appeared before the window."""
    AGE = "age"
    """Seconds since the newest one; the window's length when there is none."""
    OLDEST = "oldest"
    """Seconds since the oldest one; 0 when there is none."""


class Field(StrEnum):
    """What of an observation is looked at. The first four are integers, the others identities."""

    VALUE = "value"
    """Reference units: millionths of a US dollar."""
    MOVED = "moved"
    """Of bets: of each stake the part that was at risk, min(stake, |payout - stake|)."""
    RETURNED = "returned"
    POINTS = "points"
    """`value` read as a plain number: accounts of a link, points of an anomaly."""
    PLAYER = "player"
    DEVICE = "device"
    IP = "ip"
    NETWORK = "network"
    ADDRESS = "address"
    COUNTRY = "country"
    ASSET = "asset"
    MINUTE = "minute"


NUMBERS: Final = frozenset({Field.VALUE, Field.MOVED, Field.RETURNED, Field.POINTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One fact. What could name a person beyond the platform is a keyed hash (`blind`)."""

    key: str
    """Names the fact at its source, for ever; the same key again changes nothing."""
    kind: Kind
    at: datetime
    """When it happened, by its source: a fact has one time."""
    brand_id: int
    player_id: UUID
    count: int = 1
    value: int = 0
    moved: int = 0
    returned: int = 0
    device: bytes | None = None
    ip: bytes | None = None
    network: bytes | None = None
    address: bytes | None = None
    country: str | None = None
    """Where the person is; None behind a VPN, Tor or a hosting range, which say nothing of it."""
    asset: str | None = None
    ref: str | None = None
    """What it is about, for people: a withdrawal, a deposit."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An observation with its place in the order of recording."""

    seq: int
    fact: Observation


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reading of a lane of the journal stands."""

    lane_seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Feature:
    """One number about the past of a subject, as of a time.

    The window is (at - window, at]; with `since`, only what came after the newest observation of
    that kind in it. Observations that were recorded later than the asking one are not seen.
    """

    aggregate: Aggregate
    kind: Kind
    field: Field | None
    window: timedelta
    by: Dimension = Dimension.PLAYER
    since: Kind | None = None
    low: int | None = None
    """Only observations with `value` at least this."""
    high: int | None = None
    """Only observations with `value` below this."""
