"""What a mined member means: the books follow the chain, once."""

from fairhouse.chains.types import Address, Included, NodeUnavailable
from fairhouse.custody import rules
from fairhouse.custody.engine.steps import Tools, move
from fairhouse.custody.events import TransferConfirmed, TransferFailed
from fairhouse.custody.store import addresses, families
from fairhouse.custody.types import (
    FAMILY_PREFIX,
    Family,
    FamilyKind,
    FamilyState,
    Member,
    Purpose,
)
from fairhouse.kernel.currencies import asset
from fairhouse.kernel.ids import to_wire
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


async def settle(tools: Tools, seen: Family, winner: Member, mined: Included) -> None:
    """Close the family by its mined member; nothing when it is closed already."""
    reason = await failure_of(tools, seen, winner, mined)
    async with tools.db.tx() as tx:
        family = await families.by_id(tx, seen.id, lock=True)
        assert family is not None
        if family.state not in {FamilyState.SIGNED, FamilyState.BROADCAST, FamilyState.STRANDED}:
            return
        lines = rules.settle(family, winner, success=reason is None, fee=mined.fee_base_units)
        await move(
            tx,
            family,
            FamilyState.CONFIRMED if reason is None else FamilyState.FAILED_ON_CHAIN,
            reason or f"block {mined.block_height}",
            winner_seq=winner.seq,
            block_height=mined.block_height,
            fee_base_units=mined.fee_base_units,
            failure=reason,
        )
        await _touch(tx, family, mined.block_height)
        await _tell(tx, family, winner, mined, reason)
        await ledger.post(tx, transfers=lines)


async def failure_of(tools: Tools, family: Family, winner: Member, mined: Included) -> str | None:
    """Why a mined member did not pay; None when it did. Raises NodeUnavailable during a reorg."""
    if winner.purpose is Purpose.CANCEL:
        return "cancelled"
    if not mined.success:
        return "reverted"
    if asset(family.asset).is_native or await _did_transfer(tools, family, winner, mined):
        return None
    return "no_transfer"


async def _did_transfer(tools: Tools, family: Family, winner: Member, mined: Included) -> bool:
    """A token may answer "false" in a successful transaction: only its log proves the transfer."""
    block = await tools.node.block(mined.block_height)
    if block is None or block.hash != mined.block_hash:
        raise NodeUnavailable("The block of a transaction is gone; a reorg is under way.")
    contract: Address = rules.contract_of(tools.policy, family.asset)
    expected = (winner.tx_hash, contract, family.destination, winner.base_units)
    return any(
        expected == (item.tx_hash, item.contract, item.to_address, item.base_units)
        for block_movements in await tools.node.movements([block])
        for item in block_movements.movements
    )


async def _touch(tx: Tx, family: Family, height: int) -> None:
    """Deposit addresses whose balance has changed are looked at again by the sweeper."""
    if family.kind is FamilyKind.GAS:
        await addresses.touch(tx, chain=family.chain, address=family.destination, height=height)
    if family.kind is FamilyKind.SWEEP:
        await addresses.touch(tx, chain=family.chain, address=family.source, height=height)


async def _tell(
    tx: Tx, family: Family, winner: Member, mined: Included, reason: str | None
) -> None:
    subject = to_wire(FAMILY_PREFIX, family.id)
    assert winner.tx_hash is not None
    if reason is None:
        await announce(
            tx,
            TransferConfirmed(
                brand_id=family.brand_id,
                subject=subject,
                kind=family.kind.value,
                ref=family.ref,
                tx_hash=winner.tx_hash,
                block_height=mined.block_height,
                fee_base_units=str(mined.fee_base_units),
            ),
        )
        return
    await announce(
        tx,
        TransferFailed(
            brand_id=family.brand_id,
            subject=subject,
            kind=family.kind.value,
            ref=family.ref,
            reason=reason,
            tx_hash=winner.tx_hash,
            fee_base_units=str(mined.fee_base_units),
        ),
    )
