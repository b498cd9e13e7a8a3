"""What the lane owner keeps in memory and hands to one batch statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from fairhouse.betting.types import Json
from fairhouse.kernel.currencies import CurrencyCode

INSTANT, OPEN, STEP, SETTLE, VOID = 1, 2, 3, 4, 5
"""Kinds of lines as the batch statement writes them: `EntryKind` in its order."""


class What(NamedTuple):
    """What many lines of a batch share; a line points at it by its place, from 1."""

    brand_id: int
    currency: CurrencyCode
    house_account: int
    game: str
    game_version: str
    table_hash: str
    rate_id: UUID | None


class Line(NamedTuple):
    """A journal line as it is sent: field for field the type `betting.line`."""

    id: UUID
    round_id: UUID | None
    """None: the line is a whole bet."""
    kind: int
    what: int
    lane: int
    lane_seq: int
    player_id: UUID
    seed_pair_id: UUID
    nonce: int
    cash_account: int
    locked_account: int | None
    stake: int
    payout: int
    delta: int
    """Change of the player's balance from before the batch to after this line."""
    stake_value: int | None
    step: int
    params: Json
    outcome: Json
    fingerprint: bytes


class Move(NamedTuple):
    """A round that opens (`step_before` None) or moves on: the type `betting.round_change`."""

    id: UUID
    cash_account: int
    step_before: int | None
    step: int
    state: str
    payout: int
    progress: Json
    expires_at: datetime
    closed_at: datetime | None
    delta: int
    added: int
    """Stake that steps have added until now, and its value."""
    added_value: int


@dataclass(frozen=True, slots=True)
class PlayerAccounts:
    """Ledger account ids of a player in one currency."""

    cash: int
    locked: int


@dataclass(frozen=True, slots=True)
class HotRow:
    """`betting.player_hot`, as far as the owner needs it."""

    player_id: UUID
    seed_pair_id: UUID
    nonce: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one statement is to write."""

    accounts: Sequence[int]
    """The cash account of each player, ascending: their lines stand or fall together."""
    lines: Sequence[Line]
    moves: Sequence[Move]
    whats: Sequence[What]
    suspects: Sequence[UUID]
    """Ids that may be in the journal already."""
    at: datetime


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What the database said to a batch, by cash account."""

    fenced: bool
    """The owner has lost one of its lanes: nothing was written."""
    accepted: Mapping[int, int]
    """Written, with what was available before."""
    refused: Mapping[int, int]
    """Not written, with what is available."""
    known: frozenset[int]
    """Of the refused: one of their ids is in the journal already."""


@dataclass(slots=True)
class LaneHold:
    """A lane as its owner holds it."""

    lane: int
    epoch: int
    lane_seq: int
    """The newest one used."""


@dataclass(frozen=True, slots=True)
class LaneSight:
    """A lane as everybody sees it."""

    lane: int
    owner: str | None
    epoch: int
    address: str | None
    """Where its owner takes forwarded requests."""
    is_free: bool
    """Nobody owns it, or the owner's lease has run out."""


@dataclass(frozen=True, slots=True)
class OwnerSight:
    """A process that owns lanes, or would."""

    name: str
    lanes: frozenset[int]
    """Those it wants."""
    is_leaving: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """The lanes and their owners at one moment."""

    lanes: dict[int, LaneSight]
    owners: tuple[OwnerSight, ...]
    """Those that are alive, by name."""


@dataclass(frozen=True, slots=True)
class BankrollRow:
    """The house's money in one currency, summed over its lanes."""

    brand_id: int
    currency: CurrencyCode
    units: int
