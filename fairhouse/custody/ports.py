"""What custody needs from the outside: somebody who signs, and a node of the chain.

`chains.adapters` has nodes; this port is the part of theirs that custody uses.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from fairhouse.chains.codecs.orders import Hello, Refused, Signed, SignRequest
from fairhouse.chains.types import (
    Address,
    BlockMovements,
    BlockRef,
    FeeQuote,
    TxHash,
    TxState,
)
from fairhouse.kernel.outcomes import Outcome, Unknown


class Signer(Protocol):
    """The process that holds the keys."""

    async def sign(self, request: SignRequest) -> Signed | Refused | Unknown:
        """The same order gets the same bytes, however often it is sent.

        Unknown: the order may have been signed or not; only the same order may follow.
        """
        ...

    async def hello(self) -> Hello | Unknown:
        """Who is there, under which policy, and whether it is halted."""
        ...

    async def halt(self, reason: str) -> bool:
        """Ask the signer to sign nothing more; True when it confirmed."""
        ...


class Node(Protocol):
    """A chain's node. Reads raise NodeUnavailable when there is no trustworthy answer."""

    async def head(self) -> BlockRef:
        """The newest block."""
        ...

    async def block(self, height: int) -> BlockRef | None:
        """The block at a height; None above the head."""
        ...

    async def movements(self, blocks: Sequence[BlockRef]) -> Sequence[BlockMovements]:
        """Everything the blocks moved, complete."""
        ...

    async def transaction(self, tx_hash: TxHash) -> TxState:
        """Where a transaction stands in this node's eyes."""
        ...

    async def nonce(self, address: Address, at: Literal["latest", "pending"]) -> int:
        """The next nonce of an address, by the chain or with the mempool counted."""
        ...

    async def balance(
        self, address: Address, contract: Address | None, height: int | None = None
    ) -> int:
        """Base units of a token (None: the native coin) at a height; None is the head."""
        ...

    async def estimate_gas(self, sender: Address, to: Address, value_wei: int, data: bytes) -> int:
        """Gas units the call would use now; raises when it would fail."""
        ...

    async def fee_quote(self) -> FeeQuote:
        """Fees for a transaction made now."""
        ...

    async def broadcast(self, raw: bytes) -> Outcome[TxHash]:
        """Send signed bytes. The same bytes may be sent as often as one likes."""
        ...
