"""The verdict on one order: pure, from the raw bytes, the policy and what the journal knows.

What the order claims is only compared; destination, asset, amount, fee, chain and nonce are read
from the transaction itself. The first rule that objects decides; whatever no rule allows is
refused. Refuses with codes that `README.md` lists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.evm import UnsignedTx
from fairhouse.chains.codecs.orders import (
    Approval,
    MalformedOrder,
    Order,
    OrderKind,
    Refused,
    approval_message,
    intent_of,
)
from fairhouse.chains.codecs.vaults import KeyPath, Role, parse_path
from fairhouse.chains.types import Address, MalformedTransaction
from fairhouse.kernel.currencies import AssetId, ChainId, native_asset
from signer.policy import AssetCaps, ChainCaps, Policy

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
NONCE_MAX: Final = 2**32

_ROLE_OF: Final = {
    OrderKind.WITHDRAWAL: Role.HOT,
    OrderKind.SWEEP: Role.DEPOSIT,
    OrderKind.GAS: Role.GAS_TANK,
}


@dataclass(frozen=True, slots=True)
class FamilyRecord:
    """A payment that was signed at least once: one family, one nonce, for ever."""

    family_id: UUID
    kind: OrderKind
    chain: ChainId
    path: str
    nonce: int
    asset: AssetId
    destination: Address
    base_units: int
    max_fee: int
    first_signed_at: int
    to_new_destination: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What the journal has signed away, the family at hand not counted."""

    asset_hour: int
    asset_day: int
    new_destinations_day: int
    fees_day: int
    gas_day: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the journal knows when an order is judged."""

    now: int
    """Unix seconds by the signer's own clock."""
    family: FamilyRecord | None
    """The record under the order's family id."""
    nonce_holder: FamilyRecord | None
    """The record that holds the order's (chain, path, nonce)."""
    spent: Spent
    destination_seen_at: int | None
    """When a withdrawal to the destination was first asked for."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What the raw bytes do, as the signer reads them."""

    path: KeyPath
    tx: UnsignedTx
    kind: OrderKind
    chain: ChainId
    asset: AssetId
    destination: Address
    base_units: int
    max_fee: int


class Objection(Exception):
    """A rule objects."""

    def __init__(self, code: str, message: str, *, final: bool = True) -> None:
        super().__init__(message)
        self.refused = Refused(code, message, final)


def _object_if(condition: bool, code: str, message: str, *, final: bool = True) -> None:
    if condition:
        raise Objection(code, message, final=final)


def check_time(order: Order, policy: Policy, now: int) -> None:
    """Neither from the future, nor expired, nor valid for longer than the policy lets orders be."""
    lifetime = order.expires_at - order.issued_at
    _object_if(
        order.issued_at > now + policy.clock_skew_s, "future", "the order is from the future"
    )
    _object_if(
        not 0 < lifetime <= policy.order_lifetime_s, "lifetime", "the order lives for too long"
    )
    _object_if(order.expires_at <= now, "expired", "the order has expired", final=False)


def read_payment(order: Order, policy: Policy) -> Payment:
    """What the raw bytes do. Objects to everything but a plain transfer of a known asset."""
    chain = policy.chains.get(order.chain)
    if chain is None:
        raise Objection("unknown_chain", "the policy has no such chain")
    try:
        path, tx = parse_path(order.path), evm.decode_unsigned(order.raw_unsigned)
    except MalformedOrder as error:
        raise Objection("path", str(error)) from error
    except MalformedTransaction as error:
        raise Objection("transaction", error.message) from error
    _object_if(path.brand_id != order.brand_id, "path", "the path is another brand's")
    _object_if(order.brand_id not in policy.brands, "brand", "the policy has no such brand")
    _object_if(tx.chain_number != chain.number, "chain_id", "the transaction is for another chain")
    _object_if(tx.nonce >= NONCE_MAX, "transaction", "the nonce is out of range")
    asset, destination, base_units = _transfer(order.chain, tx, policy)
    return Payment(
        path=path,
        tx=tx,
        kind=order.kind,
        chain=order.chain,
        asset=asset,
        destination=destination,
        base_units=base_units,
        max_fee=tx.fee_max_wei,
    )


def _transfer(chain: ChainId, tx: UnsignedTx, policy: Policy) -> tuple[AssetId, Address, int]:
    if not tx.data:
        return native_asset(chain).id, tx.to, tx.value_wei
    call = evm.decode_token_transfer(tx.data)
    if call is None:
        raise Objection("calldata", "the calldata is not exactly a token transfer")
    _object_if(tx.value_wei != 0, "value_with_call", "a token transfer must not send coins too")
    for asset_id, caps in policy.assets.items():
        if caps.contract == tx.to:
            return asset_id, *call
    raise Objection("contract", "the token contract is not one of the policy's")


def check_claims(order: Order, payment: Payment) -> None:
    """The order must say what the bytes do."""
    claims = order.claims
    read = (payment.destination, payment.asset, payment.base_units, payment.max_fee)
    said = (claims.destination, claims.asset, claims.base_units, claims.max_fee)
    _object_if(read != said, "claims", "the transaction does something else than the order claims")


def check_fee(payment: Payment, caps: ChainCaps, spent: Spent) -> None:
    """A fee is money too: it has a cap per transaction and per day."""
    _object_if(payment.tx.gas_limit > caps.gas_limit_max, "fee", "the gas limit is above the cap")
    _object_if(payment.max_fee > caps.fee_per_tx, "fee", "the fee is above the cap")
    _object_if(
        spent.fees_day + payment.max_fee > caps.fees_per_day,
        "fee_cap",
        "the fees of the last 24 hours would pass the cap",
        final=False,
    )


def check_family(order: Order, payment: Payment, facts: Facts) -> None:
    """One family has one nonce and pays one thing; only its fee may change, or nothing is paid."""
    holder, family = facts.nonce_holder, facts.family
    _object_if(
        holder is not None and holder.family_id != order.family_id,
        "nonce_taken",
        "this nonce was signed for another payment",
    )
    if family is None:
        return
    place = (order.chain, order.path, payment.tx.nonce)
    _object_if(
        place != (family.chain, family.path, family.nonce),
        "family_moved",
        "this payment was signed with another nonce and may be paid there",
    )
    if payment.kind is OrderKind.CANCEL:
        return
    sweeps_coins = payment.kind is OrderKind.SWEEP and not payment.tx.data
    amount_differs = payment.base_units != family.base_units and not sweeps_coins
    known = (family.kind, family.asset, family.destination)
    _object_if(
        known != (payment.kind, payment.asset, payment.destination) or amount_differs,
        "family_changed",
        "this payment was signed with another destination, asset or amount",
    )


def check_destination(
    order: Order,
    payment: Payment,
    policy: Policy,
    facts: Facts,
    address_at: Callable[[KeyPath], Address],
) -> bool:
    """The rules of each kind; True when the destination of a withdrawal is new."""
    brand_id = payment.path.brand_id
    if payment.kind is OrderKind.CANCEL:
        _check_cancel(payment, address_at(payment.path))
        return False
    _object_if(
        payment.path.role is not _ROLE_OF[payment.kind], "path", "this kind pays from another key"
    )
    _object_if(payment.base_units == 0, "amount", "the amount must be more than zero")
    if payment.kind is OrderKind.SWEEP:
        hot = address_at(KeyPath(brand_id, Role.HOT, 0))
        _object_if(payment.destination != hot, "destination", "a sweep must go to the hot wallet")
        return False
    if payment.kind is OrderKind.GAS:
        _check_gas(payment, policy.chains[payment.chain], facts.spent)
        target = _deposit_path(order, brand_id)
        _object_if(
            target is None or address_at(target) != payment.destination,
            "destination",
            "gas goes to own deposit addresses only",
        )
        return False
    return _check_withdrawal(payment, policy, facts)


def _check_cancel(payment: Payment, own: Address) -> None:
    tx = payment.tx
    _object_if(
        tx.to != own or tx.value_wei != 0 or tx.data != b"",
        "destination",
        "a cancellation sends nothing to the own address",
    )


def _check_gas(payment: Payment, caps: ChainCaps, spent: Spent) -> None:
    _object_if(payment.tx.data != b"", "calldata", "gas is native coin")
    _object_if(
        payment.base_units > caps.gas_topup_per_tx, "cap_tx", "the gas top-up is above the cap"
    )
    _object_if(
        spent.gas_day + payment.base_units > caps.gas_topup_per_day,
        "cap_day",
        "the gas top-ups of the last 24 hours would pass the cap",
        final=False,
    )


def _deposit_path(order: Order, brand_id: int) -> KeyPath | None:
    try:
        path = parse_path(order.claims.destination_path or "")
    except MalformedOrder:
        return None
    is_deposit = path.role is Role.DEPOSIT and path.brand_id == brand_id
    return path if is_deposit else None


def _check_withdrawal(payment: Payment, policy: Policy, facts: Facts) -> bool:
    caps = policy.assets.get(payment.asset)
    if caps is None:
        raise Objection("asset", "the policy has no such asset")
    _object_if(
        any(payment.destination == item.contract for item in policy.assets.values()),
        "destination",
        "coins sent to a token's contract are lost",
    )
    amount, spent = payment.base_units, facts.spent
    _object_if(amount > caps.per_tx, "cap_tx", "the amount is above the cap of one transaction")
    _object_if(
        spent.asset_hour + amount > caps.per_hour,
        "cap_hour",
        "the payments of the last hour would pass the cap",
        final=False,
    )
    _object_if(
        spent.asset_day + amount > caps.per_day,
        "cap_day",
        "the payments of the last 24 hours would pass the cap",
        final=False,
    )
    if not _is_new(caps, facts):
        return False
    _object_if(
        amount > caps.new_per_tx or spent.new_destinations_day + amount > caps.new_per_day,
        "new_destination",
        "the destination is too new for this amount; ask again after the policy's delay",
        final=False,
    )
    return True


def _is_new(caps: AssetCaps, facts: Facts) -> bool:
    seen = facts.destination_seen_at
    if facts.family is not None:
        return facts.family.to_new_destination
    return seen is None or facts.now - seen < caps.new_delay_s


def check_approvals(
    order: Order, payment: Payment, approvals: tuple[Approval, ...], policy: Policy, now: int
) -> None:
    """A large withdrawal needs the signatures of several named people on what is paid to whom."""
    if payment.kind is not OrderKind.WITHDRAWAL:
        return
    if payment.base_units <= policy.assets[payment.asset].approval_above:
        return
    names = {item.approver for item in approvals if _approves(order, item, policy, now)}
    _object_if(
        len(names) < policy.approvals_required,
        "approval",
        f"the amount needs {policy.approvals_required} approvals; {len(names)} are valid",
        final=False,
    )


def _approves(order: Order, approval: Approval, policy: Policy, now: int) -> bool:
    key = policy.approvers.get(approval.approver)
    if key is None or approval.expires_at <= now:
        return False
    return verifies(
        key, approval.signature, approval_message(intent_of(order), approval.expires_at)
    )


def verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is good."""
    try:
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
