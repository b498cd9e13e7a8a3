"""Words of identity: ids, players, sessions, ways in, staff."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from fairhouse.kernel.refusals import Refusal

PlayerId = NewType("PlayerId", UUID)
SessionId = NewType("SessionId", UUID)
StaffId = NewType("StaffId", UUID)
CredentialId = NewType("CredentialId", UUID)
AddressId = NewType("AddressId", UUID)
RegistrationId = NewType("RegistrationId", UUID)

PLAYER_PREFIX = "ply"
SESSION_PREFIX = "ses"
STAFF_PREFIX = "stf"
REGISTRATION_PREFIX = "reg"
CREDENTIAL_PREFIX = "cred"
ADDRESS_PREFIX = "adr"


class PlayerKind(StrEnum):
    GUEST = "guest"
    """Plays with play money only; lives as long as its session."""
    REGISTERED = "registered"


class PlayerStatus(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"
    """By staff, until they unlock; not the lock of three failed logins, which ends by itself."""
    CLOSED = "closed"


class Closure(StrEnum):
    """Why an account is closed to play and deposits; money can be taken out by `PLAYER`."""

    PLAYER = "player"
    MINOR = "minor"


class Role(StrEnum):
    SUPPORT = "support"
    TREASURER = "treasurer"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class CredentialKind(StrEnum):
    """What opens an account besides the password."""

    PASSKEY = "passkey"
    ETHEREUM = "ethereum"
    SOLANA = "solana"
    TELEGRAM = "telegram"
    OIDC = "oidc"
    PHONE = "phone"


class Purpose(StrEnum):
    """What an answered question is for."""

    ENTER = "enter"
    LINK = "link"
    STEP_UP = "step_up"
    SECOND_FACTOR = "second_factor"
    """A ticket: one way in is proven and a code is still asked for."""
    REGISTER = "register"
    """A ticket: proven, and no account has it."""
    STAFF = "staff"


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
    REPLACED = "replaced"
    """By a login elsewhere, where a jurisdiction allows one session."""
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

    @property
    def allows_anonymous(self) -> bool:
        """Whether an account may be opened without an e-mail address."""
        ...


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
    closed_at: datetime | None = None
    closure: Closure | None = None
    dormant_at: datetime | None = None
    """Since when nobody uses it; a login ends that."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What is sealed under the person's own key and gone when that key is deleted."""

    email: str | None
    """None where the account was opened without one."""
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
    idle_s: int | None = None
    """Without a request for so long it ends; None: the usual for its kind."""
    is_closed: bool = False
    """The account is closed to play and deposits."""


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
    device: str = ""
    """The secret of the browser's own device cookie; a known one makes no new-device notice."""
    signals: str = ""
    """What the browser says of itself with every request: language, platform."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session came from, in the clear: for keyed hashes and lookups, never stored."""

    ip: str
    network: str
    """IPv4 /24, IPv6 /48."""
    device: str
    """For example "Firefox on Linux": no identity of a device."""


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
class PasskeyFacts:
    """What is kept of a passkey besides its id."""

    raw_id: bytes
    user_handle: bytes
    """What the authenticator was told instead of a name."""
    public_key: bytes
    """COSE key."""
    sign_count: int
    is_backed_up: bool
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """A name of the outside world that somebody has just proven to be theirs."""

    kind: CredentialKind
    external: str
    """In its one canonical spelling: an address, a subject, a number."""
    label: str
    provider: str = ""
    """Which issuer or chain vouches for it, where there are several."""
    email: str | None = None
    """Only when the provider says that it verified it."""
    passkey: PasskeyFacts | None = None

    @property
    def is_two_factors(self) -> bool:
        """A passkey with user verification is possession and knowledge in one."""
        return self.kind is CredentialKind.PASSKEY


@dataclass(frozen=True, slots=True)
class Credential:
    """One way in, as its owner sees it."""

    id: CredentialId
    kind: CredentialKind
    provider: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    is_backed_up: bool | None = None
    """Of passkeys: whether a copy is kept by its maker's cloud."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An address of one's own list."""

    id: AddressId
    chain: str
    address: str
    label: str
    created_at: datetime
    usable_at: datetime
    """Where only listed addresses are paid, from then on."""


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Where the player's money may go."""

    is_whitelist: bool
    """Only listed addresses are paid."""
    off_at: datetime | None
    """When a wish to switch that off takes effect."""
    entries: tuple[BookEntry, ...]


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Everything that opens an account."""

    has_password: bool
    credentials: tuple[Credential, ...]

    @property
    def count(self) -> int:
        return self.has_password + len(self.credentials)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One way in is proven, and something is missing: hand it in within minutes, once."""

    token: str
    purpose: Purpose
    expires_at: datetime
    email: str | None = None
    """The proven address that the account would open with."""


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
    glass_until: datetime | None = None
    """Until then all roles are theirs: they broke the glass."""


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
