"""What the chain itself says, block by block: receipts and logs, read past the platform."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devnet.evm import EvmDevnet
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address, TxHash

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


@dataclass(frozen=True, slots=True)
class Paid:
    """One movement that a mined transaction made."""

    tx_hash: TxHash
    source: Address
    target: Address
    contract: Address | None
    base_units: int


@dataclass(frozen=True, slots=True)
class Block:
    """One block's transactions in order, those that succeeded, and what these moved."""

    hash: str
    hashes: tuple[TxHash, ...]
    succeeded: frozenset[TxHash]
    paid: tuple[Paid, ...]


class ChainBook:
    """The chain as of the last `read`; blocks that a reorg replaced are read again."""

    def __init__(self, devnet: EvmDevnet) -> None:
        self._devnet = devnet
        self.blocks: dict[int, Block] = {}

    @property
    def height(self) -> int:
        return max(self.blocks, default=-1)

    async def read(self) -> None:
        """Back from the head to the first block that is known."""
        height = await self._devnet.height()
        for gone in [number for number in self.blocks if number > height]:
            del self.blocks[gone]
        while height >= 0:
            raw = await self._devnet.rpc("eth_getBlockByNumber", hex(height), True)
            known = self.blocks.get(height)
            if known is not None and known.hash == raw["hash"]:
                return
            self.blocks[height] = await self._block(raw)
            height -= 1

    def paid(self) -> Iterator[Paid]:
        for block in self.blocks.values():
            yield from block.paid

    def height_of(self, tx_hash: TxHash) -> int | None:
        """Where a transaction is mined with success."""
        found = (number for number, block in self.blocks.items() if tx_hash in block.succeeded)
        return next(found, None)

    async def _block(self, raw: dict[str, Any]) -> Block:
        transactions: list[dict[str, Any]] = raw["transactions"]
        receipts: list[dict[str, Any]] = []
        if transactions:
            receipts = await self._devnet.rpc("eth_getBlockReceipts", raw["number"])
        pairs = [*zip(transactions, receipts, strict=True)]
        return Block(
            raw["hash"],
            tuple(TxHash(tx["hash"]) for tx in transactions),
            frozenset(TxHash(tx["hash"]) for tx, receipt in pairs if _has_succeeded(receipt)),
            tuple(item for pair in pairs for item in _paid(*pair)),
        )


def _has_succeeded(receipt: dict[str, Any]) -> bool:
    return int(receipt["status"], 16) == 1


def _paid(tx: dict[str, Any], receipt: dict[str, Any]) -> Iterator[Paid]:
    assert tx["hash"] == receipt["transactionHash"]
    if not _has_succeeded(receipt):
        return
    tx_hash, value = TxHash(tx["hash"]), int(tx["value"], 16)
    if value and tx["to"]:
        yield Paid(tx_hash, evm.from_hex(tx["from"]), evm.from_hex(tx["to"]), None, value)
    for log in receipt["logs"]:
        if log["topics"] and log["topics"][0] == TRANSFER:
            source, target = (evm.from_hex("0x" + topic[-40:]) for topic in log["topics"][1:3])
            contract = evm.from_hex(log["address"])
            yield Paid(tx_hash, source, target, contract, int(log["data"], 16))
