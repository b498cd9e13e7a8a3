"""What the watcher saw: deposit addresses become dirty, and coins from outside fund the vaults."""

from collections.abc import Mapping
from typing import Final

from fairhouse.chains import api as chains
from fairhouse.chains.types import Observation, ObservationState
from fairhouse.custody import rules
from fairhouse.custody.engine.steps import Tools
from fairhouse.custody.store import addresses, funding
from fairhouse.custody.store.funding import Funding
from fairhouse.custody.types import OwnAddress, Place
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx

BATCH: Final = 500


async def take_in(tools: Tools) -> int:
    """Take in what has changed, and book what is final; returns how many changes there were."""
    chain = tools.policy.spec.chain
    async with tools.db.tx() as tx:
        after_seq = await funding.lock_cursor(tx, chain=chain)
        if after_seq is None:
            return 0
        changes = await chains.observations_changed(
            tx, chain=chain, after_seq=after_seq, limit=BATCH
        )
        if changes:
            await _take_in(tx, changes)
            await funding.move_cursor(tx, chain=chain, after_seq=changes[-1].change_seq)
    tools.at("after_take_in")
    await _book(tools)
    return len(changes)


async def _take_in(tx: Tx, changes: list[Observation]) -> None:
    chain = changes[0].chain
    ends = {item.to_address for item in changes} | {item.from_address for item in changes}
    own = await addresses.own(tx, chain=chain, addresses=list(ends))
    xpubs = {item.brand_id: item.deposit_xpub for item in await addresses.vaults(tx, chain=chain)}
    for item in changes:
        target = own.get(item.to_address)
        if target is None or item.asset is None or item.base_units == 0:
            continue
        if target.place is not Place.DEPOSIT and item.from_address not in own:
            await _see(tx, target, item)
        elif item.block_height is not None and _is_derived(xpubs, target):
            await addresses.touch(tx, chain=chain, address=target.address, height=item.block_height)


def _is_derived(xpubs: Mapping[int, str], target: OwnAddress) -> bool:
    """The API may write deposit addresses; what it wrote counts only when the keys say the same."""
    return target.place is Place.DEPOSIT and target.address == rules.derived_address(
        xpubs[target.brand_id], target.index
    )


async def _see(tx: Tx, target: OwnAddress, item: Observation) -> None:
    assert item.asset is not None
    is_included = item.state is ObservationState.INCLUDED
    seen = Funding(
        chain=item.chain,
        tx_hash=item.tx_hash,
        idx=item.index,
        brand_id=target.brand_id,
        place=target.place,
        asset=item.asset,
        base_units=item.base_units,
        block_height=item.block_height if is_included else None,
        is_booked=False,
        round=0,
    )
    await funding.see(tx, seen)


async def _book(tools: Tools) -> None:
    chain = tools.policy.spec.chain
    async with tools.db.tx() as tx:
        head = await chains.head(tx, chain=chain)
        final = head.height - tools.policy.confirmations + 1
        due = await funding.to_settle(tx, chain=chain, final_height=final)
        lines = [
            rules.funding(
                brand_id=item.brand_id,
                place=item.place,
                asset_id=item.asset,
                base_units=item.base_units,
                chain=item.chain,
                key=(item.tx_hash, item.idx),
                round_=item.round,
                reverse=item.is_booked,
            )
            for item in due
        ]
        for item in due:
            await funding.set_booked(tx, item, is_booked=not item.is_booked)
        if lines:
            await ledger.post(tx, transfers=lines)
