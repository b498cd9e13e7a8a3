"""The words of custody: vaults, deposit addresses, transaction families and their members.

Amounts are whole base units of the asset on its chain; fees are base units of the native coin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from fairhouse.chains.codecs.orders import Approval
from fairhouse.chains.types import Address, ChainSpec, TxHash
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.kernel.refusals import IdempotencyConflict, NotFound, Refusal, Unavailable
from fairhouse.ledger.types import AccountCode

FamilyId = NewType("FamilyId", UUID)

FAMILY_PREFIX: Final = "fam"


# --- Addresses and vaults


@dataclass(frozen=True, slots=True)
class Vault:
    """A brand's keys on a chain, as far as the platform knows them."""

    brand_id: int
    chain: ChainId
    deposit_xpub: str
    hot_address: Address
    gas_address: Address


@dataclass(frozen=True, slots=True)
class DepositAddress:
    """Where a player sends coins; the same for all assets of a chain."""

    brand_id: int
    player_id: UUID
    chain: ChainId
    index: int
    address: Address

    @property
    def path(self) -> str:
        """Where its key stands in the signer's tree."""
        return deposit_path(self.brand_id, self.index)


def deposit_path(brand_id: int, index: int) -> str:
    """The derivation path of a deposit address."""
    return f"m/44'/60'/{brand_id}'/0'/{index}"


def hot_path(brand_id: int) -> str:
    """The derivation path of a hot wallet."""
    return f"m/44'/60'/{brand_id}'/1'/0"


def gas_path(brand_id: int) -> str:
    """The derivation path of a gas tank."""
    return f"m/44'/60'/{brand_id}'/2'/0"


class Place(StrEnum):
    """What an own address is; the value is its ledger account."""

    DEPOSIT = AccountCode.DEPOSIT_ADDRESSES.value
    HOT = AccountCode.HOT.value
    GAS_TANK = AccountCode.GAS_TANK.value

    @property
    def account(self) -> AccountCode:
        """The asset account that the address belongs to."""
        return AccountCode(self.value)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """An address whose key is the signer's."""

    brand_id: int
    chain: ChainId
    address: Address
    place: Place
    index: int
    """Below its branch of the key tree; 0 for vaults."""


# --- Families


class FamilyKind(StrEnum):
    """What a family is for."""

    WITHDRAWAL = "withdrawal"
    SWEEP = "sweep"
    GAS = "gas"


class FamilyState(StrEnum):
    """Where a family stands. See rules.TRANSITIONS."""

    PLANNED = "planned"
    """Asked for. No nonce, nothing signed."""
    ORDERED = "ordered"
    """Has a nonce and a signing order on disk; the signer may have signed it."""
    SIGNED = "signed"
    """Signed bytes are on disk."""
    BROADCAST = "broadcast"
    """A node has taken the bytes."""
    CONFIRMED = "confirmed"
    """One member is mined, successful and deep enough."""
    FAILED_ON_CHAIN = "failed_on_chain"
    """One member is mined and deep enough, and moved nothing: reverted, or a cancellation."""
    CANCELLED_UNSIGNED = "cancelled_unsigned"
    """Given up with proof that nothing was ever signed."""
    STRANDED = "stranded"
    """Its nonce was used by a transaction that is none of ours: a person must look."""


LIVE: Final = frozenset(
    {FamilyState.PLANNED, FamilyState.ORDERED, FamilyState.SIGNED, FamilyState.BROADCAST}
)
ON_CHAIN: Final = frozenset({FamilyState.SIGNED, FamilyState.BROADCAST})
"""States in which signed bytes exist and may be mined at any time."""


class Purpose(StrEnum):
    """Why a member was made."""

    PAY = "pay"
    BUMP = "bump"
    CANCEL = "cancel"


class MemberState(StrEnum):
    """Where a member stands."""

    ORDERED = "ordered"
    SIGNED = "signed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Member:
    """One transaction of a family: same sender, same nonce; at most one member is ever mined."""

    seq: int
    purpose: Purpose
    state: MemberState
    base_units: int
    """What it moves; differs within a family only for sweeps of coins (value minus fee) and
    cancellations (0)."""
    gas_limit: int
    max_fee_wei: int
    priority_fee_wei: int
    raw_unsigned: bytes
    order: bytes
    order_signature: bytes
    raw_signed: bytes | None
    tx_hash: TxHash | None
    refusal: str | None
    created_at: datetime
    broadcast_at: datetime | None

    @property
    def fee_max(self) -> int:
        """The most that mining it can cost, in base units of the native coin."""
        return self.gas_limit * self.max_fee_wei


@dataclass(frozen=True, slots=True)
class Family:
    """One payment, whatever happens to its fee: one nonce, settled once by whichever is mined."""

    id: FamilyId
    brand_id: int
    kind: FamilyKind
    chain: ChainId
    asset: AssetId
    source: Address
    source_path: str
    destination: Address
    destination_path: str | None
    base_units: int
    """What is paid. 0 for a planned sweep: known when it is ordered."""
    ref: str
    state: FamilyState
    nonce: int | None
    failure: str | None
    """Why it failed, waits or was given up; a code."""
    cancel_requested: bool
    approvals: tuple[Approval, ...]
    winner_seq: int | None
    block_height: int | None
    fee_base_units: int | None
    """What mining it cost, in base units of the native coin."""
    retry_at: datetime | None
    nonce_gone_since: datetime | None
    created_at: datetime
    updated_at: datetime
    members: tuple[Member, ...] = ()

    @property
    def signed_members(self) -> tuple[Member, ...]:
        """Those that may be mined."""
        return tuple(item for item in self.members if item.raw_signed is not None)

    @property
    def tx_hashes(self) -> tuple[TxHash, ...]:
        """All hashes it may be known by, the newest last."""
        return tuple(item.tx_hash for item in self.members if item.tx_hash is not None)

    @property
    def tx_hash(self) -> TxHash | None:
        """The mined member's hash, else the newest one's."""
        if self.winner_seq is not None:
            return next(item.tx_hash for item in self.members if item.seq == self.winner_seq)
        return self.tx_hashes[-1] if self.tx_hashes else None


@dataclass(frozen=True, slots=True)
class Lane:
    """The nonces of one sending address: strictly one after the other."""

    chain: ChainId
    address: Address
    brand_id: int
    next_nonce: int
    halted: str | None
    """Why nothing is sent from it until a person has looked."""


# --- Policy and reports


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyPolicy:
    """How one chain's transactions are made, followed and given up on."""

    spec: ChainSpec
    confirmations: int
    """Blocks, its own included, until a transaction counts as final."""
    sweep_minimums: Mapping[AssetId, int] = field(default_factory=dict[AssetId, int])
    """Base units from which an address is swept; an asset that is missing is never swept."""
    fee_per_tx_max: int = 10**16
    """Base units of the native coin; above it, transactions wait for lower fees."""
    token_gas_limit_max: int = 150_000
    bump_after_s: int = 60
    order_lifetime_s: int = 300
    retry_after_s: int = 30
    """After a refusal that may pass, or while the hot wallet is too low."""
    stranded_after_s: int = 120
    """How long a nonce must be gone, with no member in sight, before the lane halts."""
    recheck_blocks: int = 64
    """How long settled families are looked at again, in case a deep reorg throws them out."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One custody account of one brand against the chain at a height, in base units."""

    brand_id: int
    asset: AssetId
    account: AccountCode
    addresses: tuple[Address, ...]
    ledger: int
    """What the books say now."""
    in_flight: int
    """What own transactions and outside funding explain between the books and that block."""
    uncredited: int
    """Deposits in the chain that the cashier has not booked yet (given by the caller)."""
    chain: int
    """The sum of the addresses' balances at the height."""

    @property
    def difference(self) -> int:
        """0, always."""
        return self.ledger + self.in_flight + self.uncredited - self.chain


@dataclass(frozen=True, slots=True)
class SignerState:
    """What the worker last heard of the signer."""

    asked_at: datetime
    answered_at: datetime | None
    """None: never."""
    identity_key: str | None
    policy_digest: str | None
    halted: str | None
    """The reason, while halted."""

    @property
    def answers(self) -> bool:
        """Whether the last question was answered."""
        return self.answered_at == self.asked_at


@dataclass(frozen=True, slots=True)
class Health:
    """What a person should look at."""

    signer: SignerState | None
    """None: no worker has asked yet."""
    halted_lanes: tuple[Lane, ...]
    waiting: Mapping[str, int]
    """Live families by their state and failure code, such as `planned:source_too_low`."""
    oldest_at: datetime | None
    """When the oldest live family was requested."""


# --- Refusals


class NoVault(Unavailable):
    """The brand has no vault on that chain yet: its public keys were never imported."""

    code = "no_vault"


class UntrustedVault(Refusal):
    """A vault record is not signed by the signer that the settings name, or contradicts ours."""

    code = "untrusted_vault"


class UnknownFamily(NotFound):
    """No such transaction family."""

    code = "unknown_family"


class FamilyConflict(IdempotencyConflict):
    """The family id was used for another payment."""

    code = "idempotency_conflict"
