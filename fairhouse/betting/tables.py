"""What the lane owner keeps in memory and hands to one batch statement."""

from dataclasses import dataclass, field
from uuid import UUID

from fairhouse.betting.types import BetId, Entry, Round
from fairhouse.fairness.types import ActiveSeeds
from fairhouse.kernel.currencies import CurrencyCode


@dataclass(frozen=True, slots=True)
class PlayerAccounts:
    """Ledger account ids of a player in one currency."""

    cash: int
    locked: int


@dataclass(slots=True)
class HotPlayer:
    """A player as the lane owner knows them; the database decides whether it is still so."""

    player_id: UUID
    brand_id: int
    lane: int
    seeds: ActiveSeeds
    nonce: int
    """The next bet's."""
    accounts: dict[CurrencyCode, PlayerAccounts] = field(
        default_factory=dict[CurrencyCode, PlayerAccounts]
    )
    rounds: dict[BetId, Round] = field(default_factory=dict[BetId, Round])
    """All open ones."""


@dataclass(frozen=True, slots=True)
class HotRow:
    """`betting.player_hot`, as far as the owner needs it."""

    player_id: UUID
    seed_pair_id: UUID
    nonce: int


@dataclass(frozen=True, slots=True)
class RoundChange:
    """A round opened (`step_before` None) or moved on by one entry of the batch."""

    after: Round
    """With `balance_after` still relative to what is available before the batch."""
    step_before: int | None


@dataclass(slots=True)
class Group:
    """All of one player's entries in a batch: written together or not at all."""

    player: HotPlayer
    accounts: PlayerAccounts
    currency: CurrencyCode
    house_account: int
    nonce_after: int
    entries: list[Entry] = field(default_factory=list[Entry])
    """With `balance_after` still relative to what is available before the batch."""
    rounds: list[RoundChange] = field(default_factory=list[RoundChange])
    need: int = 0
    """What must be available beforehand: the sum of the stakes, whatever is won meanwhile."""
    cash_debit: int = 0
    cash_credit: int = 0
    locked_debit: int = 0
    locked_credit: int = 0
    house_debit: int = 0
    house_credit: int = 0
    wagered_value: int = 0
    returned_value: int = 0


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What the database said to a group."""

    accepted: bool
    known: bool
    """One of its ids is in the journal already; nothing was written."""
    available: int
    """The player's available cash before the batch."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What the database said to a batch."""

    fenced: bool
    """The owner has lost one of its lanes: nothing was written."""
    groups: list[GroupResult]


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
