"""What a block moved, out of its transactions, receipts and traces; pure.

Completeness is checked against the block's own header: one receipt per transaction in the same
order, and the logs' bloom filter equal to the header's (Yellow Paper, 4.3.1), so that a node that
leaves logs out is caught.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from eth_hash.auto import keccak

from fairhouse.chains.codecs import evm
from fairhouse.chains.types import (
    Address,
    BlockMovements,
    BlockRef,
    Movement,
    NodeContradiction,
    TxHash,
)

Json = Mapping[str, Any]

_BLOOM_BITS: Final = 2048
_MOVING_CALLS: Final = frozenset({"CALL", "CREATE", "CREATE2", "SELFDESTRUCT"})
"""The others run with their caller's coins or with none."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block with everything that was asked about it."""

    ref: BlockRef
    block: Json
    """With whole transactions."""
    receipts: Sequence[Json]
    traces: Sequence[Json] | None
    """callTracer answers per transaction; None when the node has none for this block."""


def block_ref(block: Json) -> BlockRef:
    """The reference of a block as the node wrote it."""
    return BlockRef(
        height=int(block["number"], 16),
        hash=str(block["hash"]),
        parent_hash=str(block["parentHash"]),
        time=datetime.fromtimestamp(int(block["timestamp"], 16), UTC),
    )


def movements_of(raw: RawBlock) -> BlockMovements:
    """Everything the block moved. Raises NodeContradiction when its parts do not fit together."""
    transactions: Sequence[Json] = raw.block["transactions"]
    hashes = [TxHash(tx["hash"]) for tx in transactions]
    _check_complete(raw, hashes)
    moved: list[Movement] = []
    for place, (tx, receipt) in enumerate(zip(transactions, raw.receipts, strict=True)):
        if int(receipt["status"], 16) != 1:
            continue
        moved += _of_value(tx)
        moved += _of_logs(hashes[place], receipt["logs"])
        if raw.traces is not None:
            moved += _of_trace(hashes[place], raw.traces[place]["result"])
    return BlockMovements(
        raw.ref, frozenset(hashes), tuple(moved), has_internal=raw.traces is not None
    )


def waiting_movements(tx: Json) -> Iterator[Movement]:
    """What a waiting transaction will move if it succeeds, as far as it can be told unrun."""
    yield from _of_value(tx)
    to, data = tx.get("to"), bytes.fromhex(str(tx.get("input") or "0x")[2:])
    transfer = evm.decode_token_transfer(data)
    if to is None or transfer is None or transfer[1] == 0:
        return
    recipient, base_units = transfer
    sender = evm.from_hex(tx["from"])
    # A plain ERC-20 writes exactly one log; should it be another one, the sighting is replaced.
    yield Movement(TxHash(tx["hash"]), "l0", evm.from_hex(to), sender, recipient, base_units)


def _check_complete(raw: RawBlock, hashes: Sequence[TxHash]) -> None:
    where = f"block {raw.ref.height} ({raw.ref.hash})"
    if raw.block["hash"] != raw.ref.hash:
        raise NodeContradiction(f"The node gave another block than {where}.")
    if [receipt["transactionHash"] for receipt in raw.receipts] != hashes:
        raise NodeContradiction(f"The node left receipts of {where} out.")
    if any(receipt["blockHash"] != raw.ref.hash for receipt in raw.receipts):
        raise NodeContradiction(f"The node mixed receipts of another block into {where}.")
    if raw.traces is not None and not _are_traces_of(raw.traces, hashes):
        raise NodeContradiction(f"The node left traces of {where} out.")
    logs = [log for receipt in raw.receipts for log in receipt["logs"]]
    if logs_bloom(logs) != int(raw.block["logsBloom"], 16):
        raise NodeContradiction(f"The logs of {where} are not those that its header counts.")


def _are_traces_of(traces: Sequence[Json], hashes: Sequence[TxHash]) -> bool:
    """One trace per transaction, in order; older nodes do not name the transactions."""
    if len(traces) != len(hashes):
        return False
    return all(
        trace.get("txHash", tx_hash) == tx_hash
        for trace, tx_hash in zip(traces, hashes, strict=True)
    )


def logs_bloom(logs: Sequence[Json]) -> int:
    """The 2048-bit filter of the addresses and topics of logs."""
    entries = {str(log["address"]).lower() for log in logs}
    entries |= {str(topic).lower() for log in logs for topic in log["topics"]}
    bloom = 0
    for entry in entries:
        digest = keccak(bytes.fromhex(entry[2:]))
        for place in (0, 2, 4):
            bloom |= 1 << int.from_bytes(digest[place : place + 2], "big") % _BLOOM_BITS
    return bloom


def _of_value(tx: Json) -> Iterator[Movement]:
    value, to = int(tx["value"], 16), tx.get("to")
    if value and to is not None and to != tx["from"]:
        sender, recipient = evm.from_hex(tx["from"]), evm.from_hex(to)
        yield Movement(TxHash(tx["hash"]), "n", None, sender, recipient, value)


def _of_logs(tx_hash: TxHash, logs: Sequence[Json]) -> Iterator[Movement]:
    for place, log in enumerate(logs):
        transfer = evm.decode_transfer_log(log["topics"], log["data"])
        if transfer is None or not transfer.base_units:
            continue
        if transfer.from_address == transfer.to_address:
            continue
        contract = evm.from_hex(log["address"])
        yield Movement(
            tx_hash,
            f"l{place}",
            contract,
            transfer.from_address,
            transfer.to_address,
            transfer.base_units,
        )


def _of_trace(tx_hash: TxHash, trace: Json) -> Iterator[Movement]:
    """Coins moved by calls inside the transaction; an error undoes everything below it."""
    stack: list[tuple[str, Json]] = [("", trace)]
    while stack:
        path, call = stack.pop()
        if call.get("error"):
            continue
        if path:
            yield from _of_call(tx_hash, path, call)
        inner: Sequence[Json] = call.get("calls") or ()
        for place, item in reversed(list(enumerate(inner))):
            stack.append((f"{path}.{place}" if path else str(place), item))


def _of_call(tx_hash: TxHash, path: str, call: Json) -> Iterator[Movement]:
    value, to = int(call.get("value") or "0x0", 16), call.get("to")
    if not value or to is None or str(call["type"]).upper() not in _MOVING_CALLS:
        return
    sender: Address = evm.from_hex(call["from"])
    recipient = evm.from_hex(to)
    if sender != recipient:
        yield Movement(tx_hash, f"i{path}", None, sender, recipient, value)
