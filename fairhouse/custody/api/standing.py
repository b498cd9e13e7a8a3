"""What stands still, and whether the books equal the chain."""

from collections.abc import Mapping

from fairhouse.chains.types import Address
from fairhouse.custody.engine import reconciling
from fairhouse.custody.ports import Node
from fairhouse.custody.store import families, health_rows
from fairhouse.custody.types import CustodyPolicy, Health, Reconciled
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Tx


async def health(tx: Tx) -> Health:
    """What stands still and why, and what was last heard of the signer."""
    waiting, oldest_at = await health_rows.waiting(tx)
    return Health(
        signer=await health_rows.signer_state(tx),
        halted_lanes=tuple(await families.halted_lanes(tx)),
        waiting=waiting,
        oldest_at=oldest_at,
    )


async def resume_lane(tx: Tx, *, chain: ChainId, address: Address) -> None:
    """Let a halted lane send again, after somebody has found out what took its nonce."""
    await families.set_halted(tx, chain=chain, address=address, reason=None)


async def reconcile(
    tx: Tx,
    *,
    node: Node,
    policy: CustodyPolicy,
    height: int,
    uncredited: Mapping[tuple[int, AssetId], int],
) -> list[Reconciled]:
    """Every custody account of every brand on a chain against the chain at `height`, exactly.

    `tx` is one snapshot (`Database.read`). `uncredited`: by brand and asset, base units at deposit
    addresses at that height that the cashier has not booked, less what it booked from later blocks.
    Raises NodeUnavailable.
    """
    return await reconciling.reconcile(tx, node, policy, height=height, uncredited=uncredited)
