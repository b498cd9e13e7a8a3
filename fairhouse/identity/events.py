"""Facts of identity. No event carries personal data: consumers ask by id."""

from dataclasses import dataclass
from typing import ClassVar

from fairhouse.identity.types import (
    PLAYER_PREFIX,
    SESSION_PREFIX,
    CredentialId,
    PlayerId,
    RevokeReason,
    SessionId,
)
from fairhouse.kernel.ids import to_wire


@dataclass(frozen=True, slots=True)
class GuestStarted:
    TYPE: ClassVar[str] = "identity.guest_started"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class PlayerRegistered:
    TYPE: ClassVar[str] = "identity.player_registered"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    was_guest: bool

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """Only for accounts that exist; strangers are counted by the rate limiter's metrics."""

    TYPE: ClassVar[str] = "identity.login_failed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    locked: bool

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class SessionStarted:
    TYPE: ClassVar[str] = "identity.session_started"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    session_id: SessionId
    device: str | None = None
    """SHA-256 (hex) of the browser's own device cookie."""
    signals: str | None = None
    """A coarse likeness of devices (hex); many share one."""

    @property
    def subject(self) -> str:
        return to_wire(SESSION_PREFIX, self.session_id)


@dataclass(frozen=True, slots=True)
class SessionRevoked:
    """Every cache of sessions drops it at once."""

    TYPE: ClassVar[str] = "identity.session_revoked"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    session_id: SessionId
    reason: RevokeReason

    @property
    def subject(self) -> str:
        return to_wire(SESSION_PREFIX, self.session_id)


@dataclass(frozen=True, slots=True)
class CredentialsChanged:
    """`what` is "password", "email", "totp_on", "totp_off", "way_added" or "way_removed"."""

    TYPE: ClassVar[str] = "identity.credentials_changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    what: str

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class PlayerStatusChanged:
    TYPE: ClassVar[str] = "identity.player_status_changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    status: str
    before: str = ""
    """Empty in news from before this field."""

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class PlayerErased:
    """The person's key is deleted: what was sealed under it is gone."""

    TYPE: ClassVar[str] = "identity.player_erased"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class PasskeySuspected:
    """A passkey's counter ran backwards: a copy of it may exist."""

    TYPE: ClassVar[str] = "identity.passkey_suspected"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    credential_id: CredentialId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class AccountClosedByPlayer:
    """The player closed it: play and deposits end, withdrawals stay open."""

    TYPE: ClassVar[str] = "identity.account_closed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class MinorFound:
    """Somebody under age: the money part follows in the cashier."""

    TYPE: ClassVar[str] = "identity.minor_found"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class AccountDormant:
    """Nobody has used it for as long as the jurisdiction says."""

    TYPE: ClassVar[str] = "identity.account_dormant"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)


@dataclass(frozen=True, slots=True)
class DormancyNoticed:
    """The player was told that the account will count as dormant."""

    TYPE: ClassVar[str] = "identity.dormancy_noticed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)
