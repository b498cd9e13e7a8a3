"""Words of identity: ids, players, sessions, staff and the refusals about them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from fairhouse.kernel.refusals import Refusal

PlayerId = NewType("PlayerId", UUID)
SessionId = NewType("SessionId", UUID)
StaffId = NewType("StaffId", UUID)
RegistrationId = NewType("RegistrationId", UUID)

PLAYER_PREFIX = "ply"
SESSION_PREFIX = "ses"
STAFF_PREFIX = "stf"
REGISTRATION_PREFIX = "reg"


class PlayerKind(StrEnum):
    GUEST = "guest"
    """Plays with play money only; lives as long as its session."""
    REGISTERED = "registered"


class PlayerStatus(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"
    """By staff, until they unlock; not the lock of three failed logins, which ends by itself."""
    CLOSED = "closed"


class Role(StrEnum):
    SUPPORT = "support"
    TREASURER = "treasurer"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class CodePurpose(StrEnum):
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, no secret
    CHANGE_EMAIL = "change_email"


class RevokeReason(StrEnum):
    LOGGED_OUT = "logged_out"
    REVOKED = "revoked"
    """By the player, from the device list."""
    CREDENTIALS_CHANGED = "credentials_changed"
    UPGRADED = "upgraded"
    """A guest became a registered player."""
    LOCKED = "locked"
    CLOSED = "closed"
    EXCLUDED = "excluded"
    """The player may log in again, to take money out."""


class BrandTerms(Protocol):
    """What identity needs to know of a brand; `brands.types.Brand` satisfies it."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def terms_version(self) -> str: ...

    @property
    def minimum_age(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Player:
    """A person (or visitor) as one brand knows them. Personal data is not in here."""

    id: PlayerId
    brand_id: int
    kind: PlayerKind
    lane: int
    """0..15: which lane writes this player's bets."""
    username: str | None
    status: PlayerStatus
    email_verified: bool
    created_at: datetime
    withdrawals_held_until: datetime | None
    terms_version: str | None
    language: str
    totp_enabled: bool
    is_test: bool
    """A test account: cannot withdraw, is left out of every report."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What is sealed under the person's own key and gone when that key is deleted."""

    email: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Session:
    """A live session as routes see it."""

    id: SessionId
    player_id: PlayerId
    brand_id: int
    kind: PlayerKind
    lane: int
    language: str
    terms_version: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    """The end whatever happens; inactivity may end it earlier."""
    step_up_until: datetime | None
    previous_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class Device:
    """A line of the player's device list."""

    session_id: SessionId
    summary: str
    """For example "Firefox on Linux"."""
    ip: str
    """Shortened to its network (IPv4 /24, IPv6 /48): enough to recognise, not to locate."""
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """An argon2id hash of a password that passed the strength check."""

    phc: str


@dataclass(frozen=True, slots=True)
class PasswordChallenge:
    """Whose password is to be checked against which hash; a stranger gets a dummy hash."""

    player_id: PlayerId | None
    phc: str


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """The result of the slow check, made outside of any transaction."""

    challenge: PasswordChallenge
    matches: bool
    rehashed: str | None = None
    """A hash with today's cost, when the stored one is older than that."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. The token is told once and never stored; its SHA-256 is."""

    session: Session
    player: Player
    token: str


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal that counts: the attempt is recorded, so the caller commits and then raises."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """A secret that is not active before one of its codes is confirmed."""

    secret: str
    """Base32, to type by hand."""
    uri: str
    """`otpauth://…`, for the QR code."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the operator's."""

    id: StaffId
    handle: str
    """The name they log in with."""
    name: str
    roles: frozenset[Role]
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A live staff session."""

    id: SessionId
    staff: Staff
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffLoggedIn:
    """A new staff session; the token is told once."""

    session: StaffSession
    token: str


class WeakPassword(Refusal):
    """The password is too short, too long or too easy to guess."""

    code = "weak_password"
    status = 422


class NotOfAge(Refusal):
    """Younger than the brand's minimum age."""

    code = "not_of_age"
    status = 422


class TermsOutdated(Refusal):
    """Not the terms version in force; `fields["terms_version"]` is."""

    code = "terms_outdated"
    status = 409


class UsernameTaken(Refusal):
    """Somebody of this brand has the username already. Usernames are public."""

    code = "username_taken"
    status = 409


class EmailTaken(Refusal):
    """Told only to somebody who has just proven that the mailbox is theirs."""

    code = "email_taken"
    status = 409


class NotEligible(Refusal):
    """On the operator's list of restricted persons."""

    code = "not_eligible"
    status = 403


class Unauthenticated(Refusal):
    """No session, or it has ended."""

    code = "unauthenticated"
    status = 401


class BadCredentials(Refusal):
    """Unknown, wrong or locked: which of them is never told."""

    code = "bad_credentials"
    status = 401


class SecondFactorRequired(Refusal):
    """The password is right and a second factor is asked for."""

    code = "second_factor_required"
    status = 401


class WrongCode(Refusal):
    """The code is wrong, used, expired, or was tried too often."""

    code = "wrong_code"
    status = 422


class StepUpRequired(Refusal):
    """Needs a fresh proof; `fields["method"]` is "totp" or "password"."""

    code = "step_up_required"
    status = 403


class AlreadyEnrolled(Refusal):
    """A second factor is active already."""

    code = "already_enrolled"
    status = 409


class NotEnrolled(Refusal):
    """No second factor is active or waiting to be confirmed."""

    code = "not_enrolled"
    status = 409


class RegistrationRequired(Refusal):
    """Guests cannot do this."""

    code = "registration_required"
    status = 403


class AccountLocked(Refusal):
    """Locked or closed by staff; told only to somebody who is logged in."""

    code = "account_locked"
    status = 403


class Forbidden(Refusal):
    """The staff member has none of the roles that this needs."""

    code = "forbidden"
    status = 403
