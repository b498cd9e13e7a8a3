"""Words of the back office: actions, notes, wishes, and what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from fairhouse.custody.types import Reconciled
from fairhouse.identity.types import Forbidden, PlayerId, Role, Staff, StaffSession
from fairhouse.kernel.refusals import NotFound, Refusal
from fairhouse.protection.types import LimitKind, Period

NOTE_PREFIX: Final = "not"


class Action(StrEnum):
    """Everything that staff can do; each stands in the audit log under this name."""

    LOG_IN = "staff.log_in"
    LOG_OUT = "staff.log_out"
    LIMIT_STAFF = "staff.limit"
    ADD_PASSKEY = "staff.add_passkey"
    REMOVE_PASSKEY = "staff.remove_passkey"
    BREAK_GLASS = "staff.break_glass"
    ADD_NOTE = "player.note"
    REVEAL_PERSON = "player.reveal"
    SEE_DEVICES = "player.devices"
    LOCK_PLAYER = "player.lock"
    UNLOCK_PLAYER = "player.unlock"
    HOLD_PAYOUTS = "player.hold"
    LIFT_HOLD = "player.lift_hold"
    LEGAL_HOLD = "legal.hold"
    APPROVE_LIFT = "legal.lift.approve"
    REJECT_LIFT = "legal.lift.reject"
    FLAG_TEST = "player.flag_test"
    APPROVE_WITHDRAWAL = "withdrawal.approve"
    REJECT_WITHDRAWAL = "withdrawal.reject"
    PAUSE = "switch.pause"
    RESUME = "switch.resume"
    PROPOSE_LIMIT = "limit.propose"
    APPROVE_LIMIT = "limit.approve"
    REJECT_LIMIT = "limit.reject"
    SET_PLAYER_LIMIT = "protection.limit"
    APPROVE_PLAYER_LIMIT = "protection.approve_limit"
    REJECT_PLAYER_LIMIT = "protection.reject_limit"
    COOL_OFF = "protection.cool_off"
    EXCLUDE = "protection.exclude"
    READMIT = "protection.readmit"
    PROPOSE_OFFER = "game.propose"
    APPROVE_OFFER = "game.approve"
    REJECT_OFFER = "game.reject"
    STOP_GAME = "game.stop"
    PROPOSE_VOID = "round.propose_void"
    APPROVE_VOID = "round.approve_void"
    REJECT_VOID = "round.reject_void"
    CONFIRM_PRICES = "rates.confirm"
    ADJUST = "ledger.adjust"
    APPROVE_ADJUSTMENT = "ledger.adjust.approve"
    REJECT_ADJUSTMENT = "ledger.adjust.reject"
    REVIEW_ADJUSTMENTS = "ledger.review"
    PROPOSE_BRAND = "brand.propose"
    APPROVE_BRAND = "brand.approve"
    REJECT_BRAND = "brand.reject"
    READ_RISK = "risk.read"
    DRAFT_RULE = "risk.draft"
    TEST_RULE = "risk.test"
    PUBLISH_RULE = "risk.publish"
    REJECT_RULE = "risk.reject"
    RETIRE_RULE = "risk.retire"
    CLOSE_CASE = "risk.close_case"
    EXPORT = "list.export"
    READ_AUDIT = "audit.read"
    VERIFY_AUDIT = "audit.verify"
    REPORT = "regulator.export"
    REVIEW_KYC = "kyc.review"
    DECIDE_SCREENING = "screening.decide"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is at the keyboard, and which brands they may look into."""

    session: StaffSession
    brands: tuple[int, ...]

    @property
    def staff(self) -> Staff:
        """The person."""
        return self.session.staff

    @property
    def roles(self) -> frozenset[Role]:
        """What they may do follows from these alone."""
        return self.session.staff.roles


@dataclass(frozen=True, slots=True)
class Note:
    """What a member of staff wrote down about a player."""

    id: UUID
    staff_id: UUID
    text: str
    at: datetime


LIMIT_WISH_PREFIX: Final = "lwi"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitWish:
    """A looser limit of the operator's for a player, and what another decided about it."""

    id: UUID
    brand_id: int
    player_id: PlayerId
    kind: LimitKind
    period: Period
    from_amount: int
    """Micro-units of the reference currency, or minutes: what held when it was wished."""
    to_amount: int | None
    """None: the limit is to be removed."""
    staff_id: UUID
    reason: str
    at: datetime
    is_approved: bool | None
    """None: it waits."""
    decided_by: UUID | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A wish of any journal that another person has to decide about."""

    id: str
    """Wire id."""
    kind: str
    brand_id: int | None
    """None: the whole house."""
    subject: str
    href: str | None
    """The page of what is to change."""
    before: Mapping[str, object]
    after: Mapping[str, object]
    wished_by: UUID
    reason: str
    at: datetime
    path: str | None
    """`/approve` and `/reject` below it take the decision; None: on a page of its own."""
    approve: Action | None
    reject: Action | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A player's balance corrected by hand."""

    id: UUID
    brand_id: int
    player_id: PlayerId
    currency: str
    units: int
    """Ledger units; negative: taken from the player."""
    value: int | None
    """Micro-units of the reference currency; None when no price was to be had."""
    made_by: UUID
    approved_by: UUID | None
    """None: within what one person may do; reviewed with its day."""
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentReview:
    """Somebody looked at all adjustments of a day."""

    brand_id: int
    day: date
    staff_id: UUID
    note: str
    at: datetime


class Condition(StrEnum):
    """How a part of the platform fares."""

    WELL = "well"
    ILL = "ill"
    SILENT = "silent"
    """It does not answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process or loop of the platform."""

    name: str
    condition: Condition
    detail: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The books against the chain at one height."""

    chain: str
    height: int
    rows: Sequence[Reconciled]


class StaffLoginNeeded(Refusal):
    """No staff session, or it has ended."""

    code = "staff_login_needed"
    status = 401


class StaffCsrfInvalid(Refusal):
    """The form is not one that this session was given, or is too old."""

    code = "csrf_invalid"
    status = 403


class OutOfScope(Forbidden):
    """The staff member has nothing to do with that brand."""

    code = "brand_out_of_scope"


class ReasonNeeded(Refusal):
    """Every action has a reason of 3 to 500 characters."""

    code = "reason_missing"
    status = 422


class NoteNeeded(Refusal):
    """A note has 3 to 2000 characters."""

    code = "note_missing"
    status = 422


class AccountClosed(Refusal):
    """A closed account is not opened or locked again."""

    code = "account_closed"


class WishDecided(Refusal):
    """Somebody has approved or rejected it."""

    code = "wish_decided"


class WishWaits(Refusal):
    """A looser limit of the same kind waits for a second person."""

    code = "wish_waits"


class WishOutdated(Refusal):
    """The limit is no longer what the wish was to replace."""

    code = "wish_outdated"


class SecondPersonMissing(Refusal):
    """Nobody approves their own wish."""

    code = "second_person_needed"


class OwnAdjustment(Refusal):
    """Nobody reviews a day on which they adjusted themselves."""

    code = "second_person_needed"
    status = 403


class NothingThere(NotFound):
    """There is no such page, or nothing of that id."""

    code = "not_found"
