"""PLANNED → ORDERED: give a family its nonce and write its signing order to disk.

A lane (sending address) has at most one family between nonce and signature, so that a refusal by
the signer can give the nonce back without leaving a gap.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import encode_order
from fairhouse.chains.types import FeeQuote
from fairhouse.custody import rules
from fairhouse.custody.engine.steps import Tools, halt_lane, move
from fairhouse.custody.rules import Fees
from fairhouse.custody.store import families
from fairhouse.custody.types import (
    Family,
    FamilyKind,
    FamilyState,
    Lane,
    Member,
    MemberState,
    Purpose,
)
from fairhouse.kernel.currencies import AssetId, asset, native_asset
from fairhouse.kernel.refusals import Unavailable
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountKey
from fairhouse.platform.database import Tx

BATCH: Final = 50
GAS_MARGIN_PERCENT: Final = 25


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the chain says before a family is ordered."""

    chain_nonce: int
    """By the chain, not the mempool."""
    balance: int
    """Native coin of the sender now, in base units."""
    held: int
    """What a sweep may take: there now, and deep enough in the chain."""
    gas_limit: int
    fees: Fees

    @property
    def fee(self) -> int:
        """The most that mining it can cost."""
        return self.gas_limit * self.fees.max_wei


async def order_due(tools: Tools) -> int:
    """Order what is due, oldest first; returns how many families were ordered."""
    async with tools.db.read() as tx:
        due = await families.due(tx, chain=tools.policy.spec.chain, limit=BATCH)
    if not due:
        return 0
    quote = await tools.node.fee_quote()
    ordered = 0
    seen: set[str] = set()
    for family in due:
        if family.source in seen:
            continue
        try:
            conditions = await _conditions(tools, family, quote)
        except Unavailable as error:
            await _wait(tools, family, f"node: {error.message}"[:200])
            continue
        tools.at("before_order")
        async with tools.db.tx() as tx:
            done = await _order(tx, tools, family, conditions)
        tools.at("after_order")
        ordered += done
        if done:
            seen.add(family.source)
    return ordered


async def _wait(tools: Tools, family: Family, problem: str) -> None:
    """Not now: the node is away, or says that the payment would fail."""
    async with tools.db.tx() as tx:
        retry_at = tx.now + timedelta(seconds=tools.policy.retry_after_s)
        await families.update(tx, family.id, failure=problem, retry_at=retry_at)


async def _conditions(tools: Tools, family: Family, quote: FeeQuote) -> Conditions:
    is_native = asset(family.asset).is_native
    fees = rules.first_fees(quote, exact=is_native and family.kind is FamilyKind.SWEEP)
    chain_nonce = await tools.node.nonce(family.source, "latest")
    held = await _held(tools, family) if family.kind is FamilyKind.SWEEP else 0
    return Conditions(
        chain_nonce=chain_nonce,
        balance=await tools.node.balance(family.source, None),
        held=held,
        gas_limit=await _gas_limit(tools, family, held or family.base_units),
        fees=fees,
    )


async def _held(tools: Tools, family: Family) -> int:
    """Without what a reorg may still take back: that is left for the next sweep."""
    is_native = asset(family.asset).is_native
    contract = None if is_native else rules.contract_of(tools.policy, family.asset)
    final = (await tools.node.head()).height - tools.policy.confirmations + 1
    return min(
        await tools.node.balance(family.source, contract, final),
        await tools.node.balance(family.source, contract),
    )


async def _gas_limit(tools: Tools, family: Family, base_units: int) -> int:
    """Gas for the family's payment: exact where a plain account receives, else with a margin."""
    is_native = asset(family.asset).is_native
    if is_native and family.kind is not FamilyKind.WITHDRAWAL:
        return rules.NATIVE_TRANSFER_GAS
    fees = Fees(0, 0)
    tx = rules.transaction(
        family, tools.policy, nonce=0, base_units=base_units, gas_limit=0, fees=fees
    )
    used = await tools.node.estimate_gas(family.source, tx.to, tx.value_wei, tx.data)
    if used == rules.NATIVE_TRANSFER_GAS:
        return used
    return min(used * (100 + GAS_MARGIN_PERCENT) // 100, tools.policy.token_gas_limit_max)


async def _order(tx: Tx, tools: Tools, seen: Family, conditions: Conditions) -> int:
    await families.open_lane(
        tx,
        chain=seen.chain,
        address=seen.source,
        brand_id=seen.brand_id,
        next_nonce=conditions.chain_nonce,
    )
    lane = await families.lock_lane(tx, chain=seen.chain, address=seen.source)
    family = await families.by_id(tx, seen.id, lock=True)
    assert lane is not None
    if family is None or family.state is not FamilyState.PLANNED or lane.halted is not None:
        return 0
    if conditions.chain_nonce > lane.next_nonce:
        await halt_lane(tx, family, "the chain has used nonces that we never gave")
        return 0
    if await families.has_unsigned(tx, chain=seen.chain, address=seen.source):
        return 0
    base_units = _amount(family, conditions)
    is_sweep = family.kind is FamilyKind.SWEEP
    if is_sweep and conditions.chain_nonce < lane.next_nonce:
        problem = "earlier_unmined"
    elif is_sweep and base_units <= 0:
        gone = "nothing_to_sweep"
        await move(tx, family, FamilyState.CANCELLED_UNSIGNED, gone, failure=gone)
        return 0
    else:
        problem = await _problem(tx, tools, family, conditions, base_units)
    if problem is not None:
        retry_at = tx.now + timedelta(seconds=tools.policy.retry_after_s)
        await families.update(tx, family.id, failure=problem, retry_at=retry_at)
        return 0
    await _record(tx, tools, family, lane, conditions, base_units)
    return 1


def _amount(family: Family, conditions: Conditions) -> int:
    if family.kind is not FamilyKind.SWEEP:
        return family.base_units
    return conditions.held - (conditions.fee if rules.sweeps_coins(family) else 0)


async def _problem(
    tx: Tx, tools: Tools, family: Family, conditions: Conditions, base_units: int
) -> str | None:
    fee = conditions.fee
    if fee > tools.policy.fee_per_tx_max:
        return "network_fee_too_high"
    is_native = asset(family.asset).is_native
    if conditions.balance < fee + (base_units if is_native else 0):
        return "source_too_low"
    if family.kind is FamilyKind.SWEEP:
        return None
    held = await _booked(tx, family, family.asset)
    # What was ordered before has left the account, but its fees are still to come.
    coins = await _booked(tx, family, native_asset(family.chain).id)
    coins -= await families.fees_to_come(tx, chain=family.chain, address=family.source)
    if held < base_units or coins < fee + (base_units if is_native else 0):
        return "source_too_low"
    return None


async def _booked(tx: Tx, family: Family, asset_id: AssetId) -> int:
    code = rules.source_account(family.kind)
    key = AccountKey(family.brand_id, code, asset_id)
    return (await ledger.balance(tx, key=key)).available


async def _record(
    tx: Tx, tools: Tools, family: Family, lane: Lane, conditions: Conditions, base_units: int
) -> None:
    unsigned = rules.transaction(
        family,
        tools.policy,
        nonce=lane.next_nonce,
        base_units=base_units,
        gas_limit=conditions.gas_limit,
        fees=conditions.fees,
    )
    seq = await add_order(tx, tools, family, unsigned, Purpose.PAY, base_units=base_units)
    await families.set_nonce(tx, lane, next_nonce=lane.next_nonce + 1)
    await move(
        tx,
        family,
        FamilyState.ORDERED,
        f"nonce {lane.next_nonce}",
        nonce=lane.next_nonce,
        base_units=base_units,
        failure=None,
        retry_at=None,
    )
    await ledger.post(tx, transfers=rules.depart(family, base_units, seq))


async def add_order(
    tx: Tx,
    tools: Tools,
    family: Family,
    unsigned: evm.UnsignedTx,
    purpose: Purpose,
    *,
    base_units: int,
) -> int:
    """Write the next member of a locked family with its order; returns its number."""
    current = await families.by_id(tx, family.id)
    assert current is not None
    order_id = tx.new_id()
    order = rules.signing_order(
        family,
        unsigned,
        purpose,
        base_units=base_units,
        order_id=order_id,
        now=tx.now,
        lifetime_s=tools.policy.order_lifetime_s,
    )
    data = encode_order(order)
    member = Member(
        seq=len(current.members) + 1,
        purpose=purpose,
        state=MemberState.ORDERED,
        base_units=base_units,
        gas_limit=unsigned.gas_limit,
        max_fee_wei=unsigned.max_fee_wei,
        priority_fee_wei=unsigned.max_priority_fee_wei,
        raw_unsigned=order.raw_unsigned,
        order=data,
        order_signature=tools.key.sign_order(data),
        raw_signed=None,
        tx_hash=None,
        refusal=None,
        created_at=tx.now,
        broadcast_at=None,
    )
    await families.add_member(tx, family.id, member, order_id)
    return member.seq


async def order_replacement(
    tx: Tx, tools: Tools, family: Family, quote: FeeQuote, purpose: Purpose, coins: int
) -> bool:
    """Order a member with higher fees for the same nonce.

    False when the fee would be too high, or more than the sender's `coins` can pay.
    """
    assert family.nonce is not None
    newest = family.signed_members[-1]
    if purpose is not Purpose.CANCEL and newest.purpose is Purpose.CANCEL:
        purpose = Purpose.CANCEL
    fees = rules.bumped_fees(newest, quote)
    if purpose is Purpose.CANCEL:
        unsigned, base_units = rules.cancellation(family, tools.policy, fees), 0
    else:
        base_units = _replaced_amount(family, newest, fees, coins)
        unsigned = rules.transaction(
            family,
            tools.policy,
            nonce=family.nonce,
            base_units=base_units,
            gas_limit=newest.gas_limit,
            fees=fees,
        )
    too_dear = unsigned.fee_max_wei > tools.policy.fee_per_tx_max
    problem: str | None = None
    if too_dear or (base_units <= 0 and purpose is not Purpose.CANCEL):
        problem = "network_fee_too_high"
    elif unsigned.fee_max_wei + unsigned.value_wei > coins:
        problem = "source_too_low"
    if problem is not None:
        await families.update(tx, family.id, failure=problem)
        return False
    await add_order(tx, tools, family, unsigned, purpose, base_units=base_units)
    return True


def _replaced_amount(family: Family, newest: Member, fees: Fees, coins: int) -> int:
    """A sweep of coins pays its higher fee out of what it moves; everything else moves the same."""
    if not rules.sweeps_coins(family):
        return newest.base_units
    available = min(newest.base_units + newest.fee_max, coins)
    return available - newest.gas_limit * fees.max_wei
