"""What risk knows and says: facts in, checks out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from fairhouse.kernel.refusals import FieldValue
from fairhouse.screening.types import Verdict

VALUE_SCALE: Final = 6
"""Reference values are integers of a millionth of a US dollar."""


def usd(whole: int) -> int:
    """Whole dollars in reference units, for tables of policy."""
    return whole * 10**VALUE_SCALE


class CheckCode(StrEnum):
    """Every question a withdrawal has to answer, in the order they are shown."""

    BALANCE = "balance"
    AMOUNT_LIMITS = "amount_limits"
    ADDRESS_VALID = "address_valid"
    ADDRESS_OWN = "address_own"
    ADDRESS_LOOKALIKE = "address_lookalike"
    SANCTIONS = "sanctions"
    KYC = "kyc"
    PAUSE = "pause"
    FROZEN = "frozen"
    CREDENTIALS_HOLD = "credentials_hold"
    SECOND_FACTOR = "second_factor"
    VELOCITY = "velocity"
    NEW_ADDRESS_AGE = "new_address_age"
    HOT_LIQUIDITY = "hot_liquidity"
    VELOCITY_RULES = "velocity_rules"
    PASS_THROUGH = "pass_through"  # noqa: S105 - a check, no secret
    LINKED_ACCOUNTS = "linked_accounts"
    SOURCE_OF_FUNDS = "source_of_funds"
    RISK_SCORE = "risk_score"
    RISK_RULES = "risk_rules"
    MANUAL_APPROVAL = "manual_approval"


class CheckState(StrEnum):
    """`waiting` ends by itself, `needs_review` by a member of staff, `failed` not at all."""

    PASSED = "passed"
    WAITING = "waiting"
    NEEDS_REVIEW = "needs_review"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list that player and staff both see."""

    code: CheckCode
    state: CheckState
    reason: str
    """Catalogue key of the explanation."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict[str, FieldValue])
    """What the explanation's placeholders say."""
    fix: str | None = None
    """Catalogue key of what the reader can do about it."""
    due_at: datetime | None = None
    """When it passes by itself, as far as anybody can know."""


class FreezeKind(StrEnum):
    """Why a player's withdrawals stand still."""

    REORG_RECEIVABLE = "reorg_receivable"
    COMPLIANCE = "compliance"
    ACCOUNT = "account"
    """The account itself is locked or closed."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A reason to let nothing out; `ref` says what it is about (a deposit, a case)."""

    kind: FreezeKind
    ref: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Outflow:
    """What left, or is about to leave, in a period."""

    count: int = 0
    value: int = 0
    """Reference units."""
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """What we know of an address from this player's own history."""

    first_seen_at: datetime | None = None
    """When the player first asked to be paid there; None: never."""
    paid_count: int = 0
    similar_to: str | None = None
    """Another address of the player's history that looks the same at both ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskMark:
    """A rule's decision that stands in a withdrawal's way until a person has looked."""

    code: CheckCode
    """The line of the list it speaks in."""
    rule: str
    version: int
    is_asking: bool
    """The player is asked for something."""
    since: datetime
    due_at: datetime
    """When a person will have looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAge:
    """Above `from_value`, an address never paid before waits `age_s` seconds."""

    from_value: int
    age_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTier:
    """At or above `from_value`, this many different members of staff must approve."""

    from_value: int
    approvals: int
    marks: tuple[RiskMark, ...] = ()
    """Decisions of rules that nobody has resolved."""
    risk_points: int = 0
    """Points of scoring rules that nobody has resolved, 0 to 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """Limits of one brand; every value in reference units."""

    day_count: int
    """Withdrawals a player may ask for in 24 hours."""
    day_value: int
    brand_hour_value: int
    """When a brand pays out more than this in an hour, everything further needs a person."""
    address_ages: tuple[AddressAge, ...]
    approval_tiers: tuple[ApprovalTier, ...]
    step_up_from_value: int
    """At or above this a fresh second factor (or password) is needed."""
    review_from_points: int = 60
    """At or above these points of 100 a person looks first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFacts:
    """All that a verdict may depend on; gathered once, judged purely."""

    now: datetime
    units: int
    """What leaves the player's balance, in ledger units; the fee is inside."""
    fee_units: int
    scale: int
    """Decimal places of the ledger unit, for the texts."""
    currency: str
    minimum_units: int
    maximum_units: int
    available_units: int
    """What the player may spend, the withdrawal's own hold included."""
    value: int
    """Worth of `units` in reference units."""
    address_problem: str | None
    """Why the address cannot be read, as the refusal's code; None: it can."""
    address_ours: bool
    destination: Destination
    lookalike_accepted: bool
    paused_reason: str | None
    freezes: tuple[Freeze, ...]
    held_until: datetime | None
    """End of the hold that follows a change of credentials."""
    stepped_up: bool
    player_day: Outflow
    """The player's last 24 hours before this request, without it."""
    brand_hour: Outflow
    """The brand's last hour before this request, without it."""
    hot_units: int
    """What the hot vault can pay of this asset now, others' orders deducted."""
    approvals: int
    screened: Verdict = Verdict.CLEAR
    """What lists and the analysis provider say of the destination."""
    kyc_needed: int = 0
    """The tier of verification that this withdrawal asks for."""
    kyc_tier: int = 0
    """What the player has reached."""
    kyc_state: str | None = None
    """Where the missing verification stands; None: not begun."""
    kyc_due_at: datetime | None = None
    screened_by: datetime | None = None
    """When an answer about the destination is due."""
    marks: tuple[RiskMark, ...] = ()
    """Decisions of rules that nobody has resolved."""
    risk_points: int = 0
    """Points of scoring rules that nobody has resolved, 0 to 100."""
