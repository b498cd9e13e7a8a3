"""What custody tells: how each transaction family fares."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSigned:
    """Signed bytes are on disk."""

    TYPE: ClassVar[str] = "custody.transfer_signed"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    """fam_ id."""
    kind: str
    ref: str
    """What the family was requested for."""
    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBroadcast:
    """A node has taken the bytes."""

    TYPE: ClassVar[str] = "custody.transfer_broadcast"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    kind: str
    ref: str
    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferConfirmed:
    """One member is mined and final: the family has paid, once."""

    TYPE: ClassVar[str] = "custody.transfer_confirmed"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    kind: str
    ref: str
    tx_hash: str
    block_height: int
    fee_base_units: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed:
    """Nothing was paid, and nothing of this family ever will be."""

    TYPE: ClassVar[str] = "custody.transfer_failed"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    kind: str
    ref: str
    reason: str
    """"reverted", "cancelled", or the signer's refusal code."""
    tx_hash: str | None
    fee_base_units: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRefused:
    """The signer objected to an order."""

    TYPE: ClassVar[str] = "custody.signer_refused"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    kind: str
    ref: str
    code: str
    message: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHalted:
    """A nonce was used by a transaction that is none of ours: somebody else may have the key."""

    TYPE: ClassVar[str] = "custody.lane_halted"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    """The sending address."""
    chain: str
    reason: str
