"""Pure decisions of custody: the state machine, fees, bytes to sign, and lines in the books."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import Claims, Order, OrderKind
from fairhouse.chains.codecs.vaults import child_public_key
from fairhouse.chains.types import FeeQuote
from fairhouse.custody.types import (
    CustodyPolicy,
    Family,
    FamilyKind,
    FamilyState,
    Member,
    MemberState,
    Place,
    Purpose,
)
from fairhouse.kernel.currencies import AssetId, ChainId, asset, native_asset
from fairhouse.kernel.ids import derived_id, to_wire, unix_ms_of
from fairhouse.kernel.money import Rounding, divide
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer

S = FamilyState

TRANSITIONS: Final[Mapping[FamilyState, frozenset[FamilyState]]] = {
    S.PLANNED: frozenset({S.ORDERED, S.CANCELLED_UNSIGNED}),
    S.ORDERED: frozenset({S.SIGNED, S.PLANNED, S.CANCELLED_UNSIGNED}),
    S.SIGNED: frozenset({S.BROADCAST, S.CONFIRMED, S.FAILED_ON_CHAIN, S.STRANDED}),
    S.BROADCAST: frozenset({S.CONFIRMED, S.FAILED_ON_CHAIN, S.STRANDED}),
    S.STRANDED: frozenset({S.CONFIRMED, S.FAILED_ON_CHAIN}),
    S.CONFIRMED: frozenset(),
    S.FAILED_ON_CHAIN: frozenset(),
    S.CANCELLED_UNSIGNED: frozenset(),
}
"""From SIGNED on, only what is mined leads on. ORDERED goes back only by the signer's refusal."""

NATIVE_TRANSFER_GAS: Final = 21_000
REPLACEMENT_PERCENT: Final = 13
"""Nodes demand 10 % (geth) to 12.5 % (others) more, in both fee fields."""

_SOURCE_OF: Final = {
    FamilyKind.WITHDRAWAL: Place.HOT,
    FamilyKind.SWEEP: Place.DEPOSIT,
    FamilyKind.GAS: Place.GAS_TANK,
}
_TRANSIT_OF: Final = {
    FamilyKind.WITHDRAWAL: AccountCode.WITHDRAWAL_IN_FLIGHT,
    FamilyKind.SWEEP: AccountCode.IN_TRANSIT,
    FamilyKind.GAS: AccountCode.IN_TRANSIT,
}
_DESTINATION_OF: Final = {
    FamilyKind.WITHDRAWAL: None,
    FamilyKind.SWEEP: Place.HOT,
    FamilyKind.GAS: Place.DEPOSIT,
}


# --- Addresses


def derived_address(xpub: str, index: int) -> evm.Address:
    """The deposit address at an index below a brand's extended public key."""
    return evm.address_of(child_public_key(xpub, index))


# --- Fees


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559 fees per gas, in wei."""

    max_wei: int
    priority_wei: int


def first_fees(quote: FeeQuote, *, exact: bool) -> Fees:
    """Fees for a first try. `exact`: all of it goes to the miner, so that the fee is known before.

    A tip as high as the maximum makes the price paid the maximum, whatever the base fee does; only
    so can a sweep of coins leave nothing behind.
    """
    if exact:
        return Fees(quote.max_fee_wei, quote.max_fee_wei)
    return Fees(quote.max_fee_wei, min(quote.priority_fee_wei, quote.max_fee_wei))


def bumped_fees(last: Member, quote: FeeQuote) -> Fees:
    """Fees that replace a member: at least 13 % more in both fields, or what is quoted now."""
    exact = last.priority_fee_wei == last.max_fee_wei
    now = first_fees(quote, exact=exact)
    fees = Fees(
        max(raised(last.max_fee_wei), now.max_wei),
        max(raised(last.priority_fee_wei), now.priority_wei),
    )
    return Fees(max(fees.max_wei, fees.priority_wei), fees.priority_wei)


def raised(wei: int) -> int:
    """A fee per gas that nodes accept as a replacement of this one."""
    return divide(wei * (100 + REPLACEMENT_PERCENT), 100, Rounding.UP) + 1


def is_underpriced(member: Member, quote: FeeQuote) -> bool:
    """Whether the member cannot be mined at today's base fee with the tip that is asked."""
    return member.max_fee_wei < quote.base_fee_wei + min(
        quote.priority_fee_wei, member.priority_fee_wei
    )


def is_patience_over(family: Family, policy: CustodyPolicy, now: datetime) -> bool:
    """Whether a family has waited for so long that it may be called stuck."""
    waited = now - family.signed_members[-1].created_at
    is_due = family.retry_at is None or family.retry_at <= now
    return is_due and waited >= timedelta(seconds=policy.bump_after_s)


def is_stuck(family: Family, quote: FeeQuote, coins: int) -> bool:
    """Whether a family's newest member cannot be mined as things are.

    Its fee is too low; or it sweeps more than the address has (`coins`): a reorg may have made an
    earlier transaction of the address dearer.
    """
    newest = family.signed_members[-1]
    exceeds = sweeps_coins(family) and newest.base_units + newest.fee_max > coins
    return exceeds or is_underpriced(newest, quote)


def sweeps_coins(family: Family) -> bool:
    """Whether the family pays its fee out of what it moves."""
    return family.kind is FamilyKind.SWEEP and asset(family.asset).is_native


def patience(family: Family, policy: CustodyPolicy) -> timedelta:
    """How long to wait after a refusal that may pass: longer each time, up to 64 times as long."""
    refusals = sum(item.state is MemberState.REFUSED for item in family.members)
    return timedelta(seconds=policy.retry_after_s * 2 ** min(refusals, 6))


# --- Transactions


def transaction(
    family: Family,
    policy: CustodyPolicy,
    *,
    nonce: int,
    base_units: int,
    gas_limit: int,
    fees: Fees,
) -> evm.UnsignedTx:
    """The family's payment as an unsigned transaction."""
    is_native = asset(family.asset).is_native
    contract = family.destination if is_native else contract_of(policy, family.asset)
    data = b"" if is_native else evm.encode_token_transfer(family.destination, base_units)
    return evm.UnsignedTx(
        chain_number=policy.spec.number,
        nonce=nonce,
        max_priority_fee_wei=fees.priority_wei,
        max_fee_wei=fees.max_wei,
        gas_limit=gas_limit,
        to=contract,
        value_wei=base_units if is_native else 0,
        data=data,
    )


def cancellation(family: Family, policy: CustodyPolicy, fees: Fees) -> evm.UnsignedTx:
    """Nothing to oneself: takes the nonce so that those behind it can be mined."""
    assert family.nonce is not None
    return evm.UnsignedTx(
        chain_number=policy.spec.number,
        nonce=family.nonce,
        max_priority_fee_wei=fees.priority_wei,
        max_fee_wei=fees.max_wei,
        gas_limit=NATIVE_TRANSFER_GAS,
        to=family.source,
        value_wei=0,
    )


def contract_of(policy: CustodyPolicy, asset_id: AssetId) -> evm.Address:
    """The pinned contract of a token."""
    return next(item.contract for item in policy.spec.tokens if item.asset == asset_id)


def signing_order(
    family: Family,
    tx: evm.UnsignedTx,
    purpose: Purpose,
    *,
    base_units: int,
    order_id: UUID,
    now: datetime,
    lifetime_s: int,
) -> Order:
    """What the worker asks of the signer; says what the bytes do."""
    issued_at = int(now.timestamp())
    is_cancel = purpose is Purpose.CANCEL
    kind = OrderKind.CANCEL if is_cancel else OrderKind(family.kind.value)
    claims = Claims(
        destination=family.source if is_cancel else family.destination,
        asset=native_asset(family.chain).id if is_cancel else family.asset,
        base_units=0 if is_cancel else base_units,
        max_fee=tx.fee_max_wei,
        destination_path=None if is_cancel else family.destination_path,
    )
    return Order(
        order_id=order_id,
        family_id=family.id,
        kind=kind,
        brand_id=family.brand_id,
        chain=family.chain,
        path=family.source_path,
        raw_unsigned=evm.encode_unsigned(tx),
        claims=claims,
        issued_at=issued_at,
        expires_at=issued_at + lifetime_s,
    )


# --- Books


def source_account(kind: FamilyKind) -> AccountCode:
    """Where the paying address stands in the books."""
    return _SOURCE_OF[kind].account


def transit_account(kind: FamilyKind) -> AccountCode:
    """Where the amount stands while nobody knows."""
    return _TRANSIT_OF[kind]


def destination_account(kind: FamilyKind) -> AccountCode | None:
    """Where the amount arrives; None outside of custody (the cashier books the crossing)."""
    place = _DESTINATION_OF[kind]
    return None if place is None else place.account


def depart(family: Family, base_units: int, seq: int) -> list[Transfer]:
    """The amount leaves its account before anything is signed: nothing else may count on it."""
    return _line(
        family, "depart", seq, transit_account(family.kind), source_account(family.kind), base_units
    )


def give_back(family: Family, base_units: int, seq: int) -> list[Transfer]:
    """It never went: the signer refused."""
    return _line(
        family, "return", seq, source_account(family.kind), transit_account(family.kind), base_units
    )


def settle(family: Family, winner: Member, *, success: bool, fee: int) -> list[Transfer]:
    """What the mined member did: the amount arrives or returns, and its fee is spent."""
    source, transit = source_account(family.kind), transit_account(family.kind)
    moved = winner.base_units if success and winner.purpose is not Purpose.CANCEL else 0
    destination = destination_account(family.kind)
    lines = _line(family, "return", winner.seq, source, transit, family.base_units - moved)
    if destination is not None:
        lines += _line(family, "arrive", winner.seq, destination, transit, moved)
    return lines + _fee_line(family, winner.seq, fee)


def settle_again(old: list[Transfer], new: list[Transfer], *, round_: int) -> list[Transfer]:
    """What turns one settlement into another; nothing when both are the same."""
    booked = {line.id: line for line in old}
    wanted = {line.id: line for line in new}
    undone = [
        replace(
            line,
            id=_again_id(line, "undo", round_),
            debit=line.credit,
            credit=line.debit,
            reason=f"{line.reason}_undone",
        )
        for line in old
        if wanted.get(line.id) != line
    ]
    redone = [
        replace(
            line,
            id=_again_id(line, "redo", round_),
        )
        for line in new
        if booked.get(line.id) != line
    ]
    return undone + redone


def _again_id(line: Transfer, what: str, round_: int) -> UUID:
    return derived_id("custody", str(line.id), what, str(round_), unix_ms=unix_ms_of(line.id))


def _fee_line(family: Family, seq: int, fee: int) -> list[Transfer]:
    native = native_asset(family.chain).id
    account = source_account(family.kind)
    return _line(family, "network_fee", seq, AccountCode.NETWORK_FEE, account, fee, unit=native)


def _line(
    family: Family,
    what: str,
    seq: int,
    debit: AccountCode,
    credit: AccountCode,
    amount: int,
    *,
    unit: AssetId | None = None,
) -> list[Transfer]:
    if amount == 0:
        return []
    of = unit or family.asset
    return [
        Transfer(
            id=derived_id("custody", str(family.id), what, str(seq), unix_ms=unix_ms_of(family.id)),
            debit=AccountKey(family.brand_id, debit, of),
            credit=AccountKey(family.brand_id, credit, of),
            amount=amount,
            reason=f"{family.kind}_{what}",
            ref=to_wire("fam", family.id),
        )
    ]


def funding(
    *,
    brand_id: int,
    place: Place,
    asset_id: AssetId,
    base_units: int,
    chain: ChainId,
    key: tuple[str, str],
    round_: int,
    reverse: bool,
) -> Transfer:
    """Coins that the treasury sent to a vault from outside, or that a reorg took back."""
    vault = AccountKey(brand_id, place.account, asset_id)
    outside = AccountKey(brand_id, AccountCode.EXTERNAL, asset_id)
    what = "unfunded" if reverse else "funded"
    return Transfer(
        id=derived_id("custody.funding", chain, *key, str(round_), what),
        debit=outside if reverse else vault,
        credit=vault if reverse else outside,
        amount=base_units,
        reason=f"vault_{what}",
        ref=key[0],
    )
