"""SIGNED → BROADCAST → settled: send identical bytes until the chain decides, then do as it did.

Whichever member of a family is mined settles it. A node's silence or refusal decides nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from fairhouse.chains.types import Absent, BlockRef, Included, Pending, TxState
from fairhouse.custody import rules
from fairhouse.custody.engine.ordering import order_replacement
from fairhouse.custody.engine.settling import settle
from fairhouse.custody.engine.steps import Tools, halt_lane, move
from fairhouse.custody.events import TransferBroadcast
from fairhouse.custody.store import families
from fairhouse.custody.types import (
    FAMILY_PREFIX,
    Family,
    FamilyState,
    Member,
    MemberState,
    Purpose,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.outcomes import Done, Rejected
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

_log = structlog.get_logger("custody")

_FOLLOWED: Final = (FamilyState.SIGNED, FamilyState.BROADCAST, FamilyState.STRANDED)

Seen = Sequence[tuple[Member, TxState]]


async def follow_all(tools: Tools) -> int:
    """Look after every family with signed bytes; returns how many were settled.

    A family in trouble does not hinder the others; the first trouble is raised at the end.
    """
    async with tools.db.read() as tx:
        found = await families.live(tx, chain=tools.policy.spec.chain, states=_FOLLOWED)
    if not found:
        return 0
    head = await tools.node.head()
    settled, trouble = 0, None
    for family in found:
        try:
            settled += await _follow(tools, family, head)
        except Unavailable as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return settled


async def _follow(tools: Tools, family: Family, head: BlockRef) -> int:
    seen = [
        (member, await tools.node.transaction(member.tx_hash))
        for member in family.signed_members
        if member.tx_hash is not None
    ]
    mined = next(((member, state) for member, state in seen if isinstance(state, Included)), None)
    if mined is not None:
        return await _mined(tools, family, head, *mined)
    if family.state is FamilyState.STRANDED:
        return 0
    newest = family.signed_members[-1]
    is_pending = any(isinstance(state, Pending) for _, state in seen)
    if not is_pending and await _nonce_is_gone(tools, family):
        return 0
    if newest.broadcast_at is None or not is_pending or isinstance(seen[-1][1], Absent):
        await _broadcast(tools, family)
    elif family.state is FamilyState.SIGNED:
        await _note_broadcast(tools, family, newest)
    await _replace_if_stuck(tools, family)
    return 0


async def _mined(
    tools: Tools, family: Family, head: BlockRef, member: Member, state: Included
) -> int:
    if family.state is FamilyState.SIGNED:
        await _note_broadcast(tools, family, member)
    if head.height - state.block_height + 1 < tools.policy.confirmations:
        return 0
    tools.at("before_settle")
    await settle(tools, family, member, state)
    tools.at("after_settle")
    return 1


async def _broadcast(tools: Tools, family: Family) -> None:
    """Send the newest member; an older one when the node will not have it: any of them pays."""
    for member in reversed(family.signed_members):
        assert member.raw_signed is not None
        tools.at("before_broadcast")
        outcome = await tools.node.broadcast(member.raw_signed)
        tools.at("after_broadcast")
        if isinstance(outcome, Done):
            await _note_broadcast(tools, family, member)
        if not isinstance(outcome, Rejected):
            return
        _log.warning("node rejects a transaction", family=str(family.id), reason=outcome.reason)
        async with tools.db.tx() as tx:
            await families.update(tx, family.id, failure=f"node: {outcome.reason}"[:200])


async def _note_broadcast(tools: Tools, seen: Family, member: Member) -> None:
    async with tools.db.tx() as tx:
        family = await families.by_id(tx, seen.id, lock=True)
        assert family is not None
        await families.set_broadcast(tx, family.id, member.seq)
        if family.nonce_gone_since is not None or family.failure is not None:
            await families.update(tx, family.id, nonce_gone_since=None, failure=None)
        if family.state is not FamilyState.SIGNED:
            return
        assert member.tx_hash is not None
        await move(tx, family, FamilyState.BROADCAST, member.tx_hash)
        await announce(
            tx,
            TransferBroadcast(
                brand_id=family.brand_id,
                subject=to_wire(FAMILY_PREFIX, family.id),
                kind=family.kind.value,
                ref=family.ref,
                tx_hash=member.tx_hash,
            ),
        )


# --- Replacing


async def _replace_if_stuck(tools: Tools, seen: Family) -> None:
    """Raise the fee of what is too cheap, or take the nonce of what is given up."""
    gives_up = seen.cancel_requested and seen.signed_members[-1].purpose is not Purpose.CANCEL
    if not gives_up and not rules.is_patience_over(seen, tools.policy, tools.db.now()):
        return
    quote = await tools.node.fee_quote()
    coins = await tools.node.balance(seen.source, None)
    if not gives_up and not rules.is_stuck(seen, quote, coins):
        return
    purpose = Purpose.CANCEL if gives_up else Purpose.BUMP
    tools.at("before_bump")
    async with tools.db.tx() as tx:
        family = await families.by_id(tx, seen.id, lock=True)
        assert family is not None
        has_order = any(item.state is MemberState.ORDERED for item in family.members)
        is_same = family.signed_members == seen.signed_members
        if has_order or not is_same or family.state not in _FOLLOWED:
            return
        if await order_replacement(tx, tools, family, quote, purpose, coins):
            _log.info("replacement ordered", family=str(family.id), purpose=purpose.value)
    tools.at("after_bump")


# --- A nonce that somebody else used


async def _nonce_is_gone(tools: Tools, family: Family) -> bool:
    """Whether the chain has used the family's nonce while no member is to be seen.

    For a moment that is only an answer out of date; when it lasts, the key is not ours alone.
    """
    assert family.nonce is not None
    if await tools.node.nonce(family.source, "latest") <= family.nonce:
        if family.nonce_gone_since is not None:
            async with tools.db.tx() as tx:
                await families.update(tx, family.id, nonce_gone_since=None)
        return False
    async with tools.db.tx() as tx:
        current = await families.by_id(tx, family.id, lock=True)
        stranded = current is not None and await _strand(tx, tools, current)
    if stranded:
        await tools.signer.halt(f"nonce {family.nonce} of {family.source} was used by a stranger")
    return True


async def _strand(tx: Tx, tools: Tools, family: Family) -> bool:
    if family.state not in {FamilyState.SIGNED, FamilyState.BROADCAST}:
        return False
    if family.nonce_gone_since is None:
        await families.update(tx, family.id, nonce_gone_since=tx.now)
        return False
    if tx.now - family.nonce_gone_since < timedelta(seconds=tools.policy.stranded_after_s):
        return False
    _log.error("nonce used by a stranger", family=str(family.id), nonce=family.nonce)
    await halt_lane(tx, family, f"nonce {family.nonce} was used by a transaction that is not ours")
    await move(tx, family, FamilyState.STRANDED, "its nonce was used by a stranger")
    return True


async def guard_lanes(tools: Tools) -> int:
    """Halt everything when a vault's address has sent what nobody ordered.

    The chain's nonce is read before ours, and ours rises before anything is sent: a chain that is
    ahead has seen a transaction that is none of ours.
    """
    chain = tools.policy.spec.chain
    async with tools.db.read() as tx:
        watched = await families.vault_lanes(tx, chain=chain)
    halted = 0
    for known in watched:
        chain_nonce = await tools.node.nonce(known.address, "latest")
        async with tools.db.tx() as tx:
            lane = await families.lock_lane(tx, chain=chain, address=known.address)
            if lane is None or lane.halted is not None or chain_nonce <= lane.next_nonce:
                continue
            reason = f"the chain is at nonce {chain_nonce}, we gave only {lane.next_nonce}"
            await halt_lane(tx, lane, reason)
        _log.error("unauthorised outflow", address=known.address, reason=reason)
        await tools.signer.halt(f"{known.address}: {reason}")
        halted += 1
    return halted
