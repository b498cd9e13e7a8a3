"""Words of the audit log: deeds, entries, checkpoints, and how a chain can be broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from fairhouse.kernel.refusals import NotFound

Fact: TypeAlias = "str | int | bool | datetime | UUID | Sequence[Fact] | Mapping[str, Fact] | None"
"""What an entry may hold: references and values, never personal data. No floats."""
Facts: TypeAlias = Mapping[str, Fact]

HOLD_PREFIX: Final = "hld"
HOUSE: Final = "house"


class Significant(StrEnum):
    """What a regulator wants written down whenever it happens: GLI-19 2.8.8, LOG-02."""

    LOGIN_FAILED = "login_failed"
    PROGRAM_ERROR = "program_error"
    """A loop that keeps failing, a signer that objects, books that do not balance."""
    PROGRAM_MISMATCH = "program_mismatch"
    """A file, setting or table definition is not what was approved."""
    PROCESS_STARTED = "process_started"
    PROCESS_STOPPED = "process_stopped"
    LARGE_WAGER = "large_wager"
    LARGE_WIN = "large_win"
    BET_VOIDED = "bet_voided"
    CLOCK_DRIFT = "clock_drift"
    PARAMETER_CHANGED = "parameter_changed"
    """Limits, tables, switches, rules."""
    PERSONAL_DATA_CHANGED = "personal_data_changed"
    ACCOUNT_STATUS_CHANGED = "account_status_changed"
    LARGE_TRANSACTION = "large_transaction"
    EXCLUDED = "excluded"
    VARIANCE = "variance"
    """A custody account is not what its chain says."""
    GLASS_BROKEN = "glass_broken"
    """Somebody took every right of the house for half an hour."""
    RESERVE_SHORT = "reserve_short"
    """What is kept for players is less than what is owed to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is about to be written into the log."""

    stream: str
    """`house`, `brand:<id>`, `events`, `events:<id>`, `personal`, `personal:<id>`."""
    actor: str
    """Wire id of a person, or the name of a job (`job:drift`)."""
    action: str
    """What was done, as `noun.verb`."""
    subject: str
    """Wire id or key; never personal data."""
    reason: str
    details: Facts = field(default_factory=dict[str, Fact])
    """Facts; values before and after stand under `before` and `after`."""
    component: str | None = None
    """The process that wrote it; None in entries older than this field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of a chain, as it was written."""

    stream: str
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    details: Mapping[str, object]
    component: str | None
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a chain had come, authenticated under keys that the database never sees."""

    stream: str
    seq: int
    hash: bytes
    mac: bytes
    """HMAC-SHA-256: the house's own proof."""
    signature: bytes | None
    """Ed25519 over the same text, for anybody who has the public key; None in the oldest."""
    public_key: bytes | None


class Flaw(StrEnum):
    """How a chain is broken."""

    ALTERED = "altered"
    """The row's content does not have the hash that it carries."""
    UNLINKED = "unlinked"
    """The row does not follow the one before it: something was removed, added or moved."""
    CUT = "cut"
    """The chain ends before a checkpoint."""
    REWRITTEN = "rewritten"
    """The chain passes a checkpoint with another hash."""
    FORGED = "forged"
    """A checkpoint was not made with our key."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a chain does not hold."""

    stream: str
    seq: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying the whole log found."""

    entries: int
    streams: int
    breaks: tuple[Break, ...]
    """At most one per stream, the first; empty when every chain holds."""


# --- Programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What was approved to run."""

    digest: str
    """SHA-256 over the manifest as `sha256sum` prints it."""
    manifest: Mapping[str, str]
    """SHA-256 by path; empty in lists."""
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What runs against what was approved."""

    digest: str
    approved: Program | None
    """None: nothing was approved yet."""
    changed: Mapping[str, str]
    """Path to `altered`, `added` or `removed`."""
    at: datetime

    @property
    def agrees(self) -> bool:
        """Whether what runs is what was approved."""
        return self.approved is not None and self.approved.digest == self.digest


# --- Legal holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something about a subject must be kept, whatever retention says."""

    id: UUID
    subject: str
    """Wire id."""
    brand_id: int
    reason: str
    placed_by: str
    at: datetime


class UnknownHold(NotFound):
    """There is no such hold in force."""

    code = "unknown_hold"
