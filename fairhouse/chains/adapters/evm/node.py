"""EvmNode: the ChainNode port over JSON-RPC."""

from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any, Final, Literal, cast

import structlog

from fairhouse.chains.adapters.evm.blocks import (
    Json,
    RawBlock,
    block_ref,
    movements_of,
    waiting_movements,
)
from fairhouse.chains.adapters.evm.rpc import Rpc, RpcError, RpcSettings
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import (
    Absent,
    Address,
    AnotherChain,
    BlockMovements,
    BlockRef,
    ChainIdentity,
    ChainSpec,
    FeeQuote,
    Included,
    Movement,
    NodeContradiction,
    NodeUnavailable,
    NoToken,
    Pending,
    StateUnavailable,
    TxHash,
    TxState,
)
from fairhouse.kernel.outcomes import Done, Outcome, Rejected, Unknown

BLOCKS_AT_ONCE: Final = 20
"""Full blocks held in memory while a stretch is read."""

MEMPOOL_MAX: Final = 10_000
"""Waiting transactions looked at; a busier mempool shows its first ones."""

TIP_MIN_WEI: Final = 1

_REFUSED_FOR_GOOD: Final = (
    "nonce too low",
    "insufficient funds",
    "intrinsic gas too low",
    "exceeds block gas limit",
    "gas limit exceeds",
    "underpriced",
    "invalid chain id",
    "invalid sender",
    "oversized data",
    "priority fee",
    "failed to decode",
)
"""Words by which geth, erigon, reth and anvil decline a transaction that they will not keep."""

_log = structlog.get_logger("chains")


class EvmNode:
    """One EVM node. Every answer is checked to be of the chain that the spec names."""

    def __init__(self, spec: ChainSpec, settings: RpcSettings) -> None:
        self._spec = spec
        self._rpc = Rpc(settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._rpc.close()

    async def identity(self) -> ChainIdentity:
        """Chain id and genesis. Refuses with AnotherChain when the id is not the spec's."""
        number, genesis = await self._rpc.read_many(
            [("eth_chainId", ()), ("eth_getBlockByNumber", ("0x0", False))]
        )
        if int(number, 16) != self._spec.number:
            raise AnotherChain(
                f"The node of {self._spec.chain} serves chain id {int(number, 16)} instead of "
                f"{self._spec.number}. Correct its URL in the settings.",
                found=int(number, 16),
                expected=self._spec.number,
            )
        if genesis is None:
            raise NodeUnavailable("The chain's node has no first block yet. Try again later.")
        return ChainIdentity(int(number, 16), str(genesis["hash"]))

    async def head(self) -> BlockRef:
        """The newest block."""
        found = await self._rpc.read("eth_getBlockByNumber", "latest", False)
        if found is None:
            raise NodeUnavailable("The chain's node has no head. Try again later.")
        return block_ref(found)

    async def block(self, height: int) -> BlockRef | None:
        """The block at a height, None above the head."""
        found = await self.blocks(height, height)
        return found[0] if found else None

    async def blocks(self, first: int, last: int) -> Sequence[BlockRef]:
        """A stretch of the chain; each block names the one before, or NodeContradiction."""
        heights = range(first, last + 1)
        found = await self._rpc.read_many(
            [("eth_getBlockByNumber", (hex(height), False)) for height in heights]
        )
        refs: list[BlockRef] = []
        for height, item in zip(heights, found, strict=True):
            if item is None:
                break
            ref = block_ref(item)
            if ref.height != height or (refs and ref.parent_hash != refs[-1].hash):
                raise NodeContradiction(f"The node's blocks around {height} do not join.")
            refs.append(ref)
        return refs

    async def movements(self, blocks: Sequence[BlockRef]) -> Sequence[BlockMovements]:
        """Everything the blocks moved, complete by the node's own counts."""
        found: list[BlockMovements] = []
        for start in range(0, len(blocks), BLOCKS_AT_ONCE):
            found += await self._movements(blocks[start : start + BLOCKS_AT_ONCE])
        return found

    async def _movements(self, refs: Sequence[BlockRef]) -> list[BlockMovements]:
        wholes = await self._rpc.read_many(
            [("eth_getBlockByHash", (ref.hash, True)) for ref in refs]
        )
        for ref, whole in zip(refs, wholes, strict=True):
            if whole is None:
                raise NodeContradiction(f"The node no longer knows block {ref.height} {ref.hash}.")
        busy = [ref.hash for ref, whole in zip(refs, wholes, strict=True) if whole["transactions"]]
        receipts = await self._rpc.read_many([("eth_getBlockReceipts", (hash_,)) for hash_ in busy])
        receipts_of = dict(zip(busy, receipts, strict=True))
        traces_of = await self._traces(busy)
        return [
            movements_of(
                RawBlock(
                    ref,
                    whole,
                    receipts_of.get(ref.hash, ()) or (),
                    traces_of.get(ref.hash) if whole["transactions"] else (),
                )
            )
            for ref, whole in zip(refs, wholes, strict=True)
        ]

    async def _traces(self, hashes: Sequence[str]) -> Mapping[str, Sequence[Json]]:
        """Call traces of the blocks; a block whose old state the node has dropped is left out."""
        if not self._spec.has_traces:
            return {}
        options = {"tracer": "callTracer"}
        answers = await self._rpc.read_each(
            [("debug_traceBlockByHash", (hash_, options)) for hash_ in hashes]
        )
        found: dict[str, Sequence[Json]] = {}
        for hash_, answer in zip(hashes, answers, strict=True):
            if isinstance(answer, StateUnavailable) or (answer and _lacks_state(answer)):
                _log.warning("block cannot be traced any more", block=hash_)
                continue
            if isinstance(answer, NodeUnavailable):
                raise answer
            found[hash_] = answer
        return found

    async def mempool(self) -> Sequence[Movement]:
        """What waiting transactions would move."""
        if self._spec.has_txpool:
            pool = await self._rpc.read("txpool_content")
            waiting = [tx for sent in pool["pending"].values() for tx in sent.values()]
        else:
            block = await self._rpc.read("eth_getBlockByNumber", "pending", True)
            waiting = list(block["transactions"]) if block else []
        return [movement for tx in waiting[:MEMPOOL_MAX] for movement in waiting_movements(tx)]

    async def transaction(self, tx_hash: TxHash) -> TxState:
        """Where a transaction stands."""
        return (await self.transactions([tx_hash]))[0]

    async def transactions(self, tx_hashes: Sequence[TxHash]) -> Sequence[TxState]:
        """Where each of many transactions stands."""
        methods = ("eth_getTransactionReceipt", "eth_getTransactionByHash")
        answers = await self._rpc.read_many(
            [(method, (tx_hash,)) for tx_hash in tx_hashes for method in methods]
        )
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [_state_of(receipt, found) for receipt, found in pairs]

    async def nonce(self, address: Address, at: Literal["latest", "pending"]) -> int:
        """The next nonce."""
        return int(await self._rpc.read("eth_getTransactionCount", address, at), 16)

    async def balance(
        self, address: Address, contract: Address | None, height: int | None = None
    ) -> int:
        """Base units at a height. Raises StateUnavailable when the node has forgotten it."""
        at = "latest" if height is None else hex(height)
        if contract is None:
            return int(await self._rpc.read("eth_getBalance", address, at), 16)
        return await self._ask_token(contract, evm.encode_balance_of(address), at)

    async def token_decimals(self, contract: Address) -> int:
        """What `decimals()` answers."""
        return await self._ask_token(contract, evm.DECIMALS_CALL, "latest")

    async def _ask_token(self, contract: Address, data: bytes, at: str) -> int:
        """A view function's one number. Raises NoToken when the contract has none."""
        call = {"to": contract, "data": "0x" + data.hex()}
        answer = str(await self._rpc.read("eth_call", call, at))
        if len(answer) != 66:
            raise NoToken(f"{contract} is no token on the chain of this node.")
        return int(answer, 16)

    async def estimate_gas(self, sender: Address, to: Address, value_wei: int, data: bytes) -> int:
        """Gas units. Raises NodeUnavailable with the node's words when the call would fail."""
        call = {"from": sender, "to": to, "value": hex(value_wei), "data": "0x" + data.hex()}
        return int(await self._rpc.read("eth_estimateGas", call), 16)

    async def fee_quote(self) -> FeeQuote:
        """Base fee of the next block, the usual tip, and twice the base fee on top of it."""
        history, tip = await self._rpc.read_many(
            [("eth_feeHistory", ("0x4", "latest", [50])), ("eth_maxPriorityFeePerGas", ())]
        )
        base = int(history["baseFeePerGas"][-1], 16)
        rewards = cast("list[list[str]]", history.get("reward") or [])
        paid = [int(reward[0], 16) for reward in rewards if reward]
        priority = max(median_low(paid) if paid else 0, int(tip, 16), TIP_MIN_WEI)
        return FeeQuote(base, priority, 2 * base + priority)

    async def broadcast(self, raw: bytes) -> Outcome[TxHash]:
        """Send signed bytes; an error is believed only after the node was asked for the hash."""
        tx_hash = evm.tx_hash(raw)
        try:
            answer = await self._rpc.send("eth_sendRawTransaction", "0x" + raw.hex())
        except RpcError as error:
            return await self._after_error(tx_hash, error)
        except NodeUnavailable as error:
            return Unknown(error.message)
        if answer != tx_hash:
            return Unknown(f"The node answered with {str(answer)[:80]!r} instead of {tx_hash}.")
        return Done(tx_hash)

    async def _after_error(self, tx_hash: TxHash, error: RpcError) -> Outcome[TxHash]:
        text = error.message.lower()
        try:
            state = await self.transaction(tx_hash)
        except NodeUnavailable:
            return Unknown(error.message)
        if not isinstance(state, Absent):
            return Done(tx_hash)
        if any(words in text for words in _REFUSED_FOR_GOOD):
            return Rejected(error.message)
        return Unknown(error.message)


def _lacks_state(answer: Sequence[Json]) -> bool:
    """Anvil answers per transaction when it has restarted since."""
    errors = [RpcError(0, str(item["error"])) for item in answer if item.get("error")]
    for error in errors:
        refusal = error.as_refusal()
        if not isinstance(refusal, StateUnavailable):
            raise refusal
    return bool(errors)


def _state_of(receipt: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> TxState:
    if receipt is not None:
        gas_used = int(receipt["gasUsed"], 16)
        return Included(
            block_height=int(receipt["blockNumber"], 16),
            block_hash=str(receipt["blockHash"]),
            success=int(receipt["status"], 16) == 1,
            fee_base_units=gas_used * int(receipt["effectiveGasPrice"], 16),
            gas_used=gas_used,
        )
    if found is None:
        return Absent()
    if found.get("blockNumber") is not None:
        raise NodeContradiction("The node has the transaction in a block, but no receipt of it.")
    return Pending()
