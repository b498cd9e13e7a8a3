"""The words of screening: lists, checks of addresses, findings, verdicts, cases."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal

CASE_PREFIX: Final = "scr"

CaseId = NewType("CaseId", UUID)
ListName = NewType("ListName", str)

OFAC: Final = ListName("ofac_sdn")


# --- Lists


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion:
    """One published state of a list, whole."""

    id: UUID
    list: ListName
    version: str
    """What the publisher calls it: for OFAC the date of issue."""
    published_on: date
    sha256: bytes
    """Of the document as it came."""
    is_fixture: bool
    """Known to be out of date: better than nothing, and said loudly."""
    addresses: int
    parties: int
    added: int
    """Addresses and names that the version before did not have."""
    removed: int
    """Delisted with this version."""
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """One address of a list."""

    canonical: str
    """`rules.addresses.canonical` of what was published."""
    published: str
    tickers: tuple[str, ...]
    """The currencies the list names beside it; matching does not look at them."""
    party: str
    """The list's own reference of the person or entity; empty when it is not known."""


class Topic(StrEnum):
    """Why a list names somebody."""

    SANCTIONS = "sanctions"
    PEP = "pep"


@dataclass(frozen=True, slots=True)
class ListedName:
    """One name of a listed person or entity."""

    party: str
    name: str
    is_weak: bool
    """Too common to judge by alone, says the publisher."""
    births: tuple[tuple[date, date], ...]
    """Spans of days, one of which holds the day of birth; empty when it is not known."""
    countries: tuple[str, ...]
    """ISO 3166-1 alpha-2 of nationality and citizenship."""
    topic: Topic = Topic.SANCTIONS

    @property
    def fingerprint(self) -> bytes:
        """The same for the same entry in two versions of a list."""
        births = ",".join(f"{since}/{until}" for since, until in sorted(self.births))
        parts = (self.party, self.name, str(self.is_weak), births, ",".join(sorted(self.countries)))
        return hashlib.sha256("\x1f".join((*parts, self.topic)).encode()).digest()


@dataclass(frozen=True, slots=True)
class AddressHit:
    """An address of ours is on a list."""

    list: ListName
    version: str
    address: ListedAddress


# --- People


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to look for; nothing of it is stored here."""

    names: tuple[str, ...]
    """As the person writes it, and as a document does, in any script."""
    birth_date: date | None = None
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 of nationality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why a person may be one that a list names."""

    party: str
    listed: str
    """The name as the list has it."""
    topic: Topic
    score: float
    """Of all together, from 0 to 1."""
    name_score: float
    pairs: tuple[tuple[str, str, float], ...]
    """Which words met, and how well; the person's own words are not stored with a case."""
    birth: str
    """`same`, `possible` (within a span), `near` (a year off, or day and month swapped), `other`,
    `far`, `unknown`."""
    country: str
    """`same`, `other`, `unknown`."""


# --- What a provider says


class Category(StrEnum):
    """Where coins come from or go to, in our words."""

    SANCTIONS = "sanctions"
    TERRORISM = "terrorism"
    CHILD_ABUSE = "child_abuse"
    STOLEN = "stolen"
    RANSOMWARE = "ransomware"
    DARKNET = "darknet"
    MIXER = "mixer"
    SCAM = "scam"
    OTHER_RISK = "other_risk"
    """The provider warns of something that our table does not know."""
    HARMLESS = "harmless"
    """An exchange, a merchant, a pool: named, and no reason to act."""


class Exposure(StrEnum):
    """Whether the other side itself is meant, or somebody before it."""

    DIRECT = "direct"
    INDIRECT = "indirect"


class AlertLevel(StrEnum):
    """How grave the provider finds it."""

    SEVERE = "severe"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a provider, or a list, says about coins or an address."""

    category: Category
    exposure: Exposure
    share_bps: int
    """How much of the amount, in hundredths of a per cent; 10 000 when it is not known."""
    level: AlertLevel = AlertLevel.LOW
    service: str = ""
    """Whom the provider names."""


class Verdict(StrEnum):
    """What is to be done. Later is graver, but for WAITING, which is no verdict yet."""

    WAITING = "waiting"
    CLEAR = "clear"
    HOLD = "hold"
    """A person looks first; enhanced due diligence."""
    FREEZE = "freeze"
    """Nothing moves; it is reported."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons."""

    verdict: Verdict
    score: int
    """Points of what is not grave enough alone."""
    reasons: tuple[str, ...]
    """`category.exposure.share_bps`, `listed.<list>.<version>`, or `provider.<why>`."""
    policy_version: str


# --- Checks of addresses


class Subject(StrEnum):
    """What an address is checked for."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Coins that came, or are to go: what a check needs to know."""

    id: UUID
    """Of the deposit or withdrawal."""
    subject: Subject
    brand_id: int
    player_id: PlayerId
    chain: str
    currency: str
    address: str
    """The other side: who sent, or who is to receive."""
    tx_hash: str
    """Empty for a withdrawal that is not on the chain yet."""
    own_address: str
    """Where a deposit arrived; empty for a withdrawal."""
    amount: str
    """Plain decimal of the currency."""
    at: datetime
    """When it was seen, or asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressCheck:
    """Where the check of one movement stands."""

    movement: Movement
    canonical: str
    verdict: Verdict
    score: int
    reasons: tuple[str, ...]
    policy_version: str
    provider: str
    """Empty: only lists were asked."""
    external_id: str
    """The provider's id of it; empty until it is registered."""
    asked_at: datetime
    decided_at: datetime | None
    expires_at: datetime | None
    polls: int
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningPolicy:
    """How addresses are screened; data of the operator."""

    uses_provider: bool = False
    """False: the list alone decides. True: nothing moves before the provider has answered."""
    valid: timedelta = timedelta(hours=24)
    """How long a provider's word on a destination counts."""
    case_due: timedelta = timedelta(hours=72)
    """Until when a person decides about what is held."""


LISTS_ONLY: Final = ScreeningPolicy()
"""Where no provider is wired."""


# --- Cases


class CaseKind(StrEnum):
    """What a person has to look at."""

    ADDRESS = "address"
    NAME = "name"
    PEP = "pep"


class CaseState(StrEnum):
    """OPEN until somebody confirms or two people clear."""

    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A possible match that people decide about."""

    id: CaseId
    kind: CaseKind
    brand_id: int
    player_id: PlayerId
    subject: str
    """What it is about: a deposit's or withdrawal's id, or `list:party`."""
    state: CaseState
    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: Mapping[str, object]
    """Scores and their parts, list versions; nothing that the player told us."""
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None


class Vote(StrEnum):
    """What a member of staff says of a case."""

    CLEAR = "clear"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class CaseVote:
    """One member of staff's word."""

    staff_id: StaffId
    vote: Vote
    reason: str
    at: datetime


# --- Refusals


class CaseNotFound(NotFound):
    """There is no such case."""

    code = "screening_case_not_found"


class CaseDecided(Refusal):
    """The case is closed."""

    code = "screening_case_decided"


class OtherPersonNeeded(Refusal):
    """Whoever cleared first cannot clear again: a second person has to."""

    code = "second_person_needed"


class ListMalformed(Malformed):
    """A list's document is not what it says it is; nothing of it was taken."""

    code = "list_malformed"


class ListOlder(Refusal):
    """The document was published before the one in force."""

    code = "list_older"
