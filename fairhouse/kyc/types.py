"""The words of verification: tiers, requests, documents, a vendor's word, refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Final, NewType
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal, Unavailable

REQUEST_PREFIX: Final = "kyc"
DOCUMENT_PREFIX: Final = "doc"

RequestId = NewType("RequestId", UUID)
DocumentId = NewType("DocumentId", UUID)

DISCLOSURE_VERSION: Final = "2026-11"
"""Of the page that says what may be asked for, when and why; a new text needs a new acceptance."""


class Tier(IntEnum):
    """How well a player is known."""

    REGISTERED = 0
    IDENTITY = 1
    """Name, birth date and address, checked against a document."""
    ADDRESS = 2
    """Address and enhanced checks."""
    FUNDS = 3
    """Where the money comes from."""


class RequestState(StrEnum):
    """Where one verification stands. See rules.TRANSITIONS."""

    WANTED = "wanted"
    """The player has to do something."""
    SUBMITTED = "submitted"
    ON_HOLD = "on_hold"
    APPROVED = "approved"
    RETRY = "retry"
    """Not good enough yet: the player may try again, as often as it takes."""
    REJECTED = "rejected"
    """For good: the account is closed."""
    EXPIRED = "expired"
    """Was approved, and has to be done again."""


OPEN: Final = frozenset(
    {RequestState.WANTED, RequestState.SUBMITTED, RequestState.ON_HOLD, RequestState.RETRY}
)


class Answer(StrEnum):
    """What staff or a vendor says of what was submitted."""

    APPROVE = "approve"
    RETRY = "retry"
    REJECT = "reject"
    HOLD = "hold"


class Why(StrEnum):
    """Why somebody is asked: stands with the request, and the late-request report reads it."""

    PLAYER = "player"
    """Did it of their own accord."""
    THRESHOLD = "threshold"
    JURISDICTION = "jurisdiction"
    WITHDRAWAL = "withdrawal"
    """Only when money was to go out, though it may have been known before (ACC-03)."""
    REFRESH = "refresh"
    DOCUMENT_EXPIRED = "document_expired"
    STAFF = "staff"


class DocumentKind(StrEnum):
    """What a document shows."""

    IDENTITY = "identity"
    ADDRESS = "address"
    SELFIE = "selfie"
    FUNDS = "funds"


@dataclass(frozen=True, slots=True)
class Details:
    """What a person says of themselves. Sealed at rest."""

    given_names: str
    family_name: str
    birth_date: date
    nationality: str
    """ISO 3166-1 alpha-2."""
    country: str
    """Of residence."""
    address: str
    is_pep: bool = False
    """Holds or held a prominent public function, or is close to somebody who does."""

    @property
    def name(self) -> str:
        """As it is looked for on lists."""
        return f"{self.given_names} {self.family_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One verification of one tier."""

    id: RequestId
    player_id: PlayerId
    brand_id: int
    tier: Tier
    state: RequestState
    why: Why
    rules_version: int
    asked_at: datetime
    due_at: datetime | None
    submitted_at: datetime | None
    decided_at: datetime | None
    valid_until: datetime | None
    method: str
    source: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One uploaded document; its content is read apart, and every look is logged."""

    id: DocumentId
    player_id: PlayerId
    brand_id: int
    tier: Tier
    kind: DocumentKind
    media_type: str
    size_bytes: int
    sha256: bytes
    expires_on: date | None
    uploaded_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One word about a request."""

    staff_id: StaffId | None
    """None: a vendor's."""
    answer: Answer
    reason: str
    is_effective: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """A player's cumulative money, in millionths of the reference currency."""

    deposits: int = 0
    withdrawals: int = 0
    first_deposit_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that is known of a player's verification."""

    tier: Tier
    needed: Tier
    """What the money so far asks for."""
    totals: Totals
    requests: Sequence[Request]
    """The newest of each tier."""
    has_details: bool
    is_pep: bool
    disclosure: str | None
    """Newest version that was accepted."""
    overdue_at: datetime | None
    """When an unanswered request stops money; None: nothing is due."""


@dataclass(frozen=True, slots=True)
class MoneyFact:
    """What verification says of money that is to go out."""

    tier: Tier = Tier.REGISTERED
    needed: Tier = Tier.REGISTERED
    state: RequestState | None = None
    """Of the request that is missing; None: nobody has asked yet."""
    due_at: datetime | None = None

    @property
    def is_enough(self) -> bool:
        """Whether the player is known well enough."""
        return self.tier >= self.needed


# --- A vendor's word


@dataclass(frozen=True, slots=True)
class VendorWord:
    """What a vendor says of an applicant, in our words."""

    applicant_id: str
    answer: Answer | None
    """None: nothing is decided."""
    at_ms: int
    """The vendor's own time: an older word after a newer one does not count."""
    event_id: str
    is_test: bool = False
    reason: str = ""
    """Labels, for staff."""
    note: str = ""
    """What the vendor would have the player read."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """A player as a vendor knows them."""

    player_id: PlayerId
    tier: Tier
    newest_ms: int
    """The vendor's time of the last word that counted."""


# --- Refusals


class KycRequired(Refusal):
    """The player has to be known better first; `fields["tier"]` says how well."""

    code = "kyc_required"
    status = 403


class DisclosureNeeded(Refusal):
    """The player has not yet accepted what may be asked for, when and why."""

    code = "kyc_disclosure_needed"
    status = 403


class DetailsInvalid(Malformed):
    """A detail is missing or impossible; `param` names it."""

    code = "kyc_details_invalid"


class DetailsFixed(Refusal):
    """Details are verified or being verified; support changes them."""

    code = "kyc_details_fixed"


class PersonKnown(Refusal):
    """This person has an account at this brand already (one per person)."""

    code = "kyc_person_known"


class DocumentRefused(Malformed):
    """The file is not what we take; `fields["why"]` says what is wrong."""

    code = "kyc_document_refused"


class TooManyDocuments(Refusal):
    """Enough: what is there is looked at first."""

    code = "kyc_too_many_documents"
    status = 429


class DocumentsMissing(Refusal):
    """Not everything that this tier needs is there; `fields["missing"]` names it."""

    code = "kyc_documents_missing"


class NothingAsked(Refusal):
    """This tier is not to be done now; `fields["state"]` says where it stands."""

    code = "kyc_nothing_asked"


class RequestNotFound(NotFound):
    """No such request."""

    code = "kyc_request_not_found"


class DocumentNotFound(NotFound):
    """No such document, or it is gone."""

    code = "kyc_document_not_found"


class RequestDecided(Refusal):
    """The request has moved on."""

    code = "kyc_request_decided"


class SecondReviewerNeeded(Refusal):
    """Whoever said it first cannot say it again: a second person has to."""

    code = "second_person_needed"


class WebhookRefused(Refusal):
    """The signature does not fit, or nobody can check it."""

    code = "webhook_refused"
    status = 401


class VendorUnavailable(Unavailable):
    """The vendor does not answer; documents can be uploaded here instead."""

    code = "kyc_vendor_unavailable"
