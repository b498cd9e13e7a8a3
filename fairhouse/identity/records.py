"""What `store` reads and writes and only identity sees: accounts with their credentials."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fairhouse.identity.types import (
    Credential,
    PasskeyFacts,
    Player,
    PlayerId,
    Purpose,
    RegistrationId,
    SessionId,
    Staff,
)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed proofs of one account in a row."""

    recent: tuple[datetime, ...] = ()
    """Those that may still lead to a lock, oldest first."""
    locked_until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until


@dataclass(frozen=True, slots=True)
class Account:
    """A player with what proves them."""

    player: Player
    password_hash: str | None
    failures: Failures
    sealed_data: bytes | None
    last_login_at: datetime | None
    sealed_phrase: bytes | None = None
    """What every mail to the player repeats."""


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """A registration whose mailbox is not proven yet."""

    id: RegistrationId
    brand_id: int
    email_index: bytes
    code_hash: bytes | None
    """None when the mailbox has an account already: no code fits."""
    attempts_left: int
    sealed_data: bytes
    username: str
    password_hash: str | None
    sealed_entry: bytes | None
    """The way in that it began with, when that is no password."""
    language: str
    terms_version: str
    created_at: datetime
    expires_at: datetime
    referral: str | None = None


@dataclass(frozen=True, slots=True)
class MailedCode:
    """A code that was mailed: the token of a reset, or the digits of a changed e-mail."""

    id: UUID
    player_id: PlayerId
    brand_id: int
    code_hash: bytes | None
    attempts_left: int
    email_index: bytes | None
    sealed_email: bytes | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Totp:
    """A second factor, confirmed or waiting for its first code."""

    sealed_secret: bytes
    is_confirmed: bool
    last_used_step: int | None


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A way in with its names still sealed."""

    credential: Credential
    """Its label is empty: it is sealed."""
    player_id: PlayerId
    sealed_external: bytes
    sealed_label: bytes
    passkey: PasskeyFacts | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question of ours, or a ticket, that was taken and can be taken no more."""

    id: UUID
    brand_id: int | None
    player_id: PlayerId | None
    session_id: SessionId | None
    kind: str
    """A credential kind."""
    purpose: Purpose
    sealed_content: bytes
    attempts_left: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffPasskey:
    """A staff member's passkey."""

    id: UUID
    staff_id: UUID
    label: str
    facts: PasskeyFacts
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """A staff member with what proves them."""

    staff: Staff
    password_hash: str
    sealed_totp_secret: bytes
    last_used_step: int | None
    failures: Failures
