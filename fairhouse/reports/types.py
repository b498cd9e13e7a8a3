"""Rows of histories, sums of periods, and what a search finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fairhouse.reports.drift import Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a history: newest first, older than `before`, in these brands only."""

    brands: Sequence[int]
    before: UUID | None = None
    limit: int = 50
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Column to wanted value; a name that the history does not know is ignored."""


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """A player in a list; personal data is not in it."""

    id: UUID
    brand_id: int
    kind: str
    status: str
    username: str | None
    language: str
    is_test: bool
    created_at: datetime
    last_login_at: datetime | None
    withdrawals_held_until: datetime | None
    locked_until: datetime | None
    erased_at: datetime | None
    wagered_value: int
    """Reference micro-units, ever."""
    returned_value: int


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A deposit in a list; `base_units` of the asset on its chain."""

    id: UUID
    brand_id: int
    player_id: UUID
    username: str | None
    is_test: bool
    chain: str
    tx_hash: str
    idx: str
    asset: str | None
    address: str
    from_address: str
    base_units: int
    units: int
    state: str
    confirmations: int
    required: int
    value: int | None
    seen_at: datetime
    credited_at: datetime | None


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """A withdrawal in a list; `units` include the fee."""

    id: UUID
    brand_id: int
    player_id: UUID
    username: str | None
    is_test: bool
    chain: str
    asset: str
    currency: str
    units: int
    fee_units: int
    destination: str
    state: str
    open_checks: tuple[str, ...]
    """Codes of the checks that have not passed."""
    value: int
    tx_hash: str | None
    note: str | None
    requested_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalStep:
    """One change of a withdrawal, with who made it: for staff only."""

    seq: int
    state: str
    at: datetime
    actor: str
    staff_id: UUID | None
    note: str | None


@dataclass(frozen=True, slots=True)
class BetRow:
    """A bet or round in a list, in ledger units."""

    id: UUID
    brand_id: int
    player_id: UUID
    username: str | None
    is_test: bool
    game: str
    currency: str
    nonce: int
    seed_pair_id: UUID
    stake: int
    payout: int
    state: str
    stake_value: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A payment of custody's, whatever its fee went through."""

    id: UUID
    brand_id: int
    kind: str
    chain: str
    asset: str
    source: str
    destination: str
    base_units: int
    ref: str
    state: str
    nonce: int | None
    failure: str | None
    fee_base_units: int | None
    block_height: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FamilyStep:
    """One change of a family, and why."""

    state: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer with the full names of its accounts."""

    id: UUID
    kind: str
    brand_id: int
    unit: str
    amount: int
    debit_name: str
    credit_name: str
    reason: str
    ref: str
    at: datetime
    pending_id: UUID | None


@dataclass(frozen=True, slots=True)
class PlaySum:
    """Real-money play of one brand and currency in a period, test accounts left out."""

    brand_id: int
    currency: str
    bets: int
    players: int
    stake: int
    payout: int
    stake_value: int
    payout_value: int
    bonus_value: int


@dataclass(frozen=True, slots=True)
class FlowSum:
    """Money of one brand and direction in a period."""

    brand_id: int
    count: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """One brand in one period; values in reference micro-units, test accounts left out."""

    brand_id: int
    bets: int
    active_players: int
    turnover: int
    ggr: int
    """Stakes less payouts, of bets whose result is known."""
    bonus_cost: int
    network_fees: int | None
    """None while no price of the coin is known."""
    deposits: FlowSum
    withdrawals: FlowSum
    registrations: int
    currencies: tuple[PlaySum, ...]

    @property
    def ngr(self) -> int | None:
        """GGR less bonus money staked and network fees; None while those have no price."""
        return None if self.network_fees is None else self.ggr - self.bonus_cost - self.network_fees


@dataclass(frozen=True, slots=True)
class Queues:
    """What waits in one brand."""

    brand_id: int
    undecided: int
    """Withdrawals that nothing has been signed for."""
    needs_review: int
    """Of those, the ones that wait for a person."""
    in_flight: int
    confirming: int
    """Deposits on their way."""
    troubled: int
    """Deposits that left the chain, reversed credits, and stranded payments."""


class HitKind(StrEnum):
    """What a search can lead to."""

    PLAYER = "player"
    BET = "bet"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FAMILY = "family"
    LEDGER = "ledger"
    STAFF = "staff"
    TREASURY = "treasury"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a search found."""

    kind: HitKind
    key: str
    """The wire id, or the ledger reference."""
    label: str
    """What about it matched."""
    brand_id: int | None


@dataclass(frozen=True, slots=True)
class PulseRow:
    """What a lane owner wrote about a span of about a second; buckets as it counts them."""

    owner: str
    at: datetime
    age_s: float
    span_ms: int
    waits: Sequence[int]
    commits: Sequence[int]
    sizes: Sequence[int]
    commands: int
    outcomes: Mapping[str, int]
    refusals: Mapping[str, int]
    slow: int
    queued: int
    oldest_wait_us: int
    in_flight: int
    lags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane and who holds it, by the database's clock."""

    lane: int
    owner: str | None
    epoch: int
    is_owned: bool
    lease_left_s: float | None
    """Negative once it has run out; None when nobody ever held it, or it was given up."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A value that some share of what was counted does not exceed."""

    value: int | None
    """None when nothing was counted."""
    is_beyond: bool = False
    """It lies beyond the last bound, which `value` is then."""


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """A process that owns lanes, by its newest pulse."""

    owner: str
    age_s: float
    is_stale: bool
    commands_per_s: int
    queued: int
    oldest_wait_us: int
    in_flight: int
    lag: int
    """Entries that are not folded yet, at most."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A few seconds of the recent past."""

    commands_per_s: int
    wait_p99: Quantile


@dataclass(frozen=True, slots=True)
class RoadView:
    """The road as its owners tell of it: the last seconds, and the minutes before."""

    owners: Sequence[OwnerRow]
    lanes: Sequence[LaneRow]
    lags: Mapping[int, int]
    commands_per_s: int
    batches: int
    wait_p50: Quantile
    wait_p99: Quantile
    commit_p50: Quantile
    commit_p99: Quantile
    size_p50: Quantile
    size_p99: Quantile
    queued: int
    oldest_wait_us: int
    in_flight: int
    slow: int
    outcomes: Mapping[str, int]
    refusals: Mapping[str, int]
    """By code, most frequent first, of the minutes."""
    beats: Sequence[Beat]
    """Oldest first; gaps are beats without anything."""
    newest_age_s: float | None
    """None when nobody wrote anything in the last minutes."""

    @property
    def is_stale(self) -> bool:
        """Whether nobody tells anything now."""
        return not any(not owner.is_stale for owner in self.owners)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Payments of a kind that are in a state which is not the last."""

    kind: str
    """deposit or withdrawal."""
    state: str
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class ResultKey:
    """One table of a game in a brand."""

    brand_id: int
    game: str
    version: str
    table_hash: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a table returned, ever since or on one day."""

    key: ResultKey
    day: datetime | None
    sums: Moments


@dataclass(frozen=True, slots=True)
class Marks:
    """From which value on a bet is a significant event; micro-units of the reference currency."""

    wager: int = 5_000 * 10**6
    win: int = 10_000 * 10**6


@dataclass(frozen=True, slots=True)
class NotableBet:
    """A bet that is large, or was undone."""

    brand_id: int
    player_id: UUID
    round_id: UUID
    game: str
    kind: str
    """As in the journal: instant, settle or void."""
    currency: str
    stake: int
    payout: int
    """Ledger units, as the stake."""
    staked: int
    returned: int
    """Micro-units of the reference currency, as what was staked."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table as a regulator gets it."""

    name: str
    source: str
    """The view."""
    columns: tuple[str, ...]
    at: str
    """The column of its time."""
    unit: str
    """What its totals are kept by."""
    sums: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """Control totals of one unit."""

    unit: str
    rows: int
    sums: Mapping[str, str]
    """Whole units, as text."""
