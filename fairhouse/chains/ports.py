"""What a chain's node must be able to do. One conformance suite holds every adapter to it.

Reads raise NodeUnavailable when there is no trustworthy answer; they never guess. A transaction is
sent with an outcome: only Rejected says that it cannot be mined by what was just done.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from fairhouse.chains.types import (
    Address,
    BlockMovements,
    BlockRef,
    ChainIdentity,
    FeeQuote,
    Movement,
    TxHash,
    TxState,
)
from fairhouse.kernel.outcomes import Outcome


class ChainNode(Protocol):
    """One node, or several that are treated as one."""

    async def identity(self) -> ChainIdentity:
        """Which chain this is."""
        ...

    async def head(self) -> BlockRef:
        """The newest block of the node's chain."""
        ...

    async def block(self, height: int) -> BlockRef | None:
        """The block of the node's chain at a height; None above its head."""
        ...

    async def blocks(self, first: int, last: int) -> Sequence[BlockRef]:
        """The blocks from `first` to `last`, both included; fewer when the head is lower."""
        ...

    async def movements(self, blocks: Sequence[BlockRef]) -> Sequence[BlockMovements]:
        """Everything the blocks moved, asked by hash. Raises NodeContradiction when incomplete."""
        ...

    async def mempool(self) -> Sequence[Movement]:
        """What waiting transactions would move, as far as it can be read without running them."""
        ...

    async def transaction(self, tx_hash: TxHash) -> TxState:
        """Where a transaction stands in this node's eyes."""
        ...

    async def transactions(self, tx_hashes: Sequence[TxHash]) -> Sequence[TxState]:
        """The same for many, in their order."""
        ...

    async def nonce(self, address: Address, at: Literal["latest", "pending"]) -> int:
        """The next nonce of an address, by the chain or with the mempool counted."""
        ...

    async def balance(
        self, address: Address, contract: Address | None, height: int | None = None
    ) -> int:
        """Base units of a token (None: the native coin) at a height; None is the head."""
        ...

    async def token_decimals(self, contract: Address) -> int:
        """Decimal places that a token's contract claims."""
        ...

    async def estimate_gas(self, sender: Address, to: Address, value_wei: int, data: bytes) -> int:
        """Gas units the call would use now."""
        ...

    async def fee_quote(self) -> FeeQuote:
        """Fees for a transaction made now."""
        ...

    async def broadcast(self, raw: bytes) -> Outcome[TxHash]:
        """Send signed bytes. The same bytes may be sent as often as one likes."""
        ...
