"""What other modules may ask of the chains."""

from fairhouse.chains import rules, store
from fairhouse.chains.types import (
    Address,
    ChainHead,
    Observation,
    TxHash,
)
from fairhouse.kernel.currencies import ChainId
from fairhouse.platform.database import Tx

CHANNEL = store.CHANNEL
"""Notified, with the chain's name, whenever an observation changes; only a hint, poll beside it."""

LAG_MAX = 200
"""Blocks behind the node beyond which the head does not count as healthy."""

confirmations = rules.confirmations


async def watch_address(tx: Tx, *, chain: ChainId, address: Address) -> None:
    """Observe what arrives at an address from now on.

    Coins that are there already are found too: the watcher compares the balance with what it has
    observed and reads the recent blocks again if it must.
    """
    # RECORD
    await store.watch(tx, chain, address)


async def observations_changed(
    tx: Tx, *, chain: ChainId, after_seq: int, limit: int = 500
) -> list[Observation]:
    """Observations whose last change is numbered above `after_seq`, in that order.

    Each stands in its present state; states in between that were never the latest are not told.
    """
    return await store.changed_after(tx, chain, after_seq, limit)


async def observations_of(tx: Tx, *, chain: ChainId, tx_hash: TxHash) -> list[Observation]:
    """Everything observed of one transaction, for a search by hash."""
    return await store.of_transaction(tx, chain, tx_hash)


async def head(tx: Tx, *, chain: ChainId) -> ChainHead:
    """How far the chain was read. Refuses with UnknownChain before the watcher's first contact."""
    return await store.head(tx, chain, lag_max=LAG_MAX)


async def rescan(tx: Tx, *, chain: ChainId, from_height: int) -> None:
    """Have the blocks from a height up to the cursor read once more; nothing counts twice.

    Refuses with UnknownChain.
    """
    # CHECK
    await store.head(tx, chain, lag_max=LAG_MAX)
    # RECORD
    await store.order_rescan(tx, chain, max(0, from_height))
