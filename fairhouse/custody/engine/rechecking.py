"""Settled families once more: a reorg deeper than our confirmations may undo what was final.

What was thrown out is sent again, identical. Mined again in another block it may have cost another
fee, or another member may have been mined: the books then follow the chain a second time.
"""

from typing import Final

import structlog

from fairhouse.chains.types import Included
from fairhouse.custody import rules
from fairhouse.custody.engine.settling import failure_of
from fairhouse.custody.engine.steps import Tools, halt_lane
from fairhouse.custody.store import families
from fairhouse.custody.types import Family, FamilyState, Member
from fairhouse.ledger import api as ledger

_log = structlog.get_logger("custody")

BATCH: Final = 500


async def recheck_settled(tools: Tools) -> int:
    """Look at what was settled lately; returns how many had to be sent or booked again."""
    head = await tools.node.head()
    chain, since = tools.policy.spec.chain, head.height - tools.policy.recheck_blocks
    async with tools.db.read() as tx:
        settled = await families.settled_since(tx, chain=chain, height=since, limit=BATCH)
    return sum([await _recheck(tools, family) for family in settled])


async def _recheck(tools: Tools, family: Family) -> int:
    mined = await _mined(tools, family)
    if mined is None:
        winner = _winner(family)
        assert winner.raw_signed is not None
        _log.error("a settled transaction left the chain", family=str(family.id))
        await tools.node.broadcast(winner.raw_signed)
        return 1
    member, state = mined
    found = (member.seq, state.block_height, state.fee_base_units)
    if found == (family.winner_seq, family.block_height, family.fee_base_units):
        return 0
    succeeded = await failure_of(tools, family, member, state) is None
    await _correct(tools, family, member, state, succeeded=succeeded)
    return 1


async def _mined(tools: Tools, family: Family) -> tuple[Member, Included] | None:
    for member in family.signed_members:
        assert member.tx_hash is not None
        state = await tools.node.transaction(member.tx_hash)
        if isinstance(state, Included):
            return member, state
    return None


async def _correct(
    tools: Tools, seen: Family, member: Member, mined: Included, *, succeeded: bool
) -> None:
    async with tools.db.tx() as tx:
        family = await families.by_id(tx, seen.id, lock=True)
        if family is None or family != seen:
            return
        if succeeded is not (family.state is FamilyState.CONFIRMED):
            # Paid has become unpaid, or the reverse: no rule of ours may decide that.
            _log.error("a reorg changed what a settled family did", family=str(family.id))
            await halt_lane(tx, family, f"a reorg changed the outcome of {family.id}")
            return
        assert family.fee_base_units is not None
        lines = rules.settle_again(
            rules.settle(family, _winner(family), success=succeeded, fee=family.fee_base_units),
            rules.settle(family, member, success=succeeded, fee=mined.fee_base_units),
            round_=await families.steps(tx, family.id),
        )
        await families.settled_again(
            tx,
            family,
            winner_seq=member.seq,
            block_height=mined.block_height,
            fee_base_units=mined.fee_base_units,
        )
        if lines:
            await ledger.post(tx, transfers=lines)


def _winner(family: Family) -> Member:
    return next(item for item in family.members if item.seq == family.winner_seq)
