"""A small block explorer: everything is asked of the node, nothing is kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from devnet.bank.settings import CHAIN
from devnet.evm import BANK, FORWARDER, ISSUER, USDT, AnvilFailed, EvmDevnet
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address
from fairhouse.kernel.currencies import ChainId
from fairhouse.kernel.refusals import Malformed, NotFound

ADDRESS_BLOCKS: Final = 400
"""How far back an address's transactions are looked for."""
_CALLS_AT_ONCE: Final = 16
_NAMES: Final[Mapping[str, str]] = {
    BANK: "Demo bank",
    ISSUER: "Token issuer",
    USDT: "Test USDT",
    FORWARDER: "Forwarder contract",
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Movement:
    """Coins or tokens that a transaction moved."""

    sender: str
    to: str
    amount: str
    symbol: str
    note: str = ""


def name_of(address: str | None) -> str:
    """What an address is, where we know."""
    return _NAMES.get(address or "", "")


def shown(units: int, decimals: int) -> str:
    """Base units as a decimal text without trailing zeros."""
    return f"{Decimal(units).scaleb(-decimals).normalize():f}"


def time_of(block: Json) -> datetime:
    """When a block says it was made."""
    return datetime.fromtimestamp(int(block["timestamp"], 16), UTC)


async def latest_blocks(devnet: EvmDevnet, count: int) -> list[Json]:
    """The newest blocks, newest first, in short form."""
    height = await devnet.height()
    heights = range(height, max(-1, height - count), -1)
    blocks = await asyncio.gather(*(_block(devnet, at, full=False) for at in heights))
    return [
        {
            "height": int(block["number"], 16),
            "hash": block["hash"],
            "at": time_of(block).isoformat(),
            "transactions": len(block["transactions"]),
        }
        for block in blocks
        if block is not None
    ]


async def block_page(devnet: EvmDevnet, reference: str) -> Json:
    """A block with its transactions, by height or hash. Refuses with NotFound."""
    head = await devnet.height()
    if reference.startswith("0x") and len(reference) == 66:
        block = await devnet.rpc("eth_getBlockByHash", reference, True)
    elif reference.isdecimal() and len(reference) < 16:
        block = await _block(devnet, int(reference), full=True)
    else:
        raise Malformed("A block is named by its height or its hash.", param="block")
    if block is None:
        raise NotFound("No such block; after a reorg it may be gone.", param="block")
    height = int(block["number"], 16)
    return {
        "block": block,
        "height": height,
        "head": head,
        "at": time_of(block),
        "gas_used": int(block["gasUsed"], 16),
        "transactions": [_line(tx) for tx in block["transactions"]],
    }


async def tx_page(devnet: EvmDevnet, tx_hash: str) -> Json:
    """A transaction with its movements. Refuses with NotFound."""
    if not tx_hash.startswith("0x") or len(tx_hash) != 66:
        raise Malformed("A transaction is named by 0x and 64 hex characters.", param="tx")
    tx, receipt, head = await asyncio.gather(
        devnet.rpc("eth_getTransactionByHash", tx_hash),
        devnet.rpc("eth_getTransactionReceipt", tx_hash),
        devnet.height(),
    )
    if tx is None:
        raise NotFound(
            "The node knows no such transaction; after a reorg it may be gone.", param="tx"
        )
    page: Json = {"tx": tx, "line": _line(tx), "nonce": int(tx["nonce"], 16), "receipt": receipt}
    if receipt is None:
        return {**page, "state": "pending", "confirmations": 0, "movements": [_native(tx)]}
    height = int(receipt["blockNumber"], 16)
    price, used = int(receipt["effectiveGasPrice"], 16), int(receipt["gasUsed"], 16)
    block = await _block(devnet, height, full=False)
    return {
        **page,
        "state": "success" if receipt["status"] == "0x1" else "failed",
        "height": height,
        "confirmations": head - height + 1,
        "at": time_of(block) if block else None,
        "fee": shown(price * used, 18),
        "gas_used": used,
        "gas_price_gwei": shown(price, 9),
        "movements": await _movements(devnet, tx, receipt),
    }


async def address_page(devnet: EvmDevnet, address: str) -> Json:
    """What an address holds, and its recent transactions. Refuses with BadAddress."""
    of = evm.parse_address(address, ChainId(CHAIN))
    wei, tokens, nonce, code, height = await asyncio.gather(
        devnet.balance(of),
        devnet.token_balance(of),
        devnet.rpc("eth_getTransactionCount", of, "latest"),
        devnet.rpc("eth_getCode", of, "latest"),
        devnet.height(),
    )
    return {
        "address": of,
        "name": name_of(of),
        "is_contract": code != "0x",
        "eth": shown(wei, 18),
        "usdt": shown(tokens, 6),
        "nonce": int(nonce, 16),
        "since": max(0, height - ADDRESS_BLOCKS),
        "transactions": await _recent(devnet, of, height),
    }


async def _recent(devnet: EvmDevnet, of: Address, height: int) -> list[Json]:
    """Transactions from or to an address, token transfers included, newest first."""
    since = max(0, height - ADDRESS_BLOCKS)
    topic = "0x" + of[2:].lower().rjust(64, "0")
    logs: list[Json] = []
    for place in ([None, topic], [None, None, topic]):
        asked = {"fromBlock": hex(since), "toBlock": hex(height), "topics": place}
        logs += await devnet.rpc("eth_getLogs", asked)
    token_hashes = {log["transactionHash"] for log in logs}
    found: list[Json] = []
    for start in range(height, since - 1, -_CALLS_AT_ONCE):
        heights = range(start, max(since - 1, start - _CALLS_AT_ONCE), -1)
        blocks = await asyncio.gather(*(_block(devnet, at, full=True) for at in heights))
        found += [
            {**_line(tx), "height": int(block["number"], 16), "at": time_of(block)}
            for block in blocks
            if block is not None
            for tx in block["transactions"]
            if tx["hash"] in token_hashes or of.lower() in {_low(tx["from"]), _low(tx["to"])}
        ]
    return found


def _low(text: str | None) -> str:
    return (text or "").lower()


async def _block(devnet: EvmDevnet, height: int, *, full: bool) -> Json | None:
    return await devnet.rpc("eth_getBlockByNumber", hex(height), full)


def _line(tx: Json) -> Json:
    """A transaction in a table: a token transfer is shown as what it moves."""
    move = _native(tx)
    token = evm.decode_token_transfer(bytes.fromhex(tx["input"][2:]))
    if token is not None:
        is_ours = tx["to"] is not None and evm.from_hex(tx["to"]) == USDT
        symbol = "USDT" if is_ours else "unknown token"
        move = Movement(move.sender, token[0], shown(token[1], 6), symbol)
    created = "creates a contract" if tx["to"] is None else ""
    return {"hash": tx["hash"], "move": move, "note": created}


def _native(tx: Json) -> Movement:
    sender = evm.from_hex(tx["from"])
    to = evm.from_hex(tx["to"]) if tx["to"] else "new contract"
    return Movement(sender, to, shown(int(tx["value"], 16), 18), "ETH")


async def _movements(devnet: EvmDevnet, tx: Json, receipt: Json) -> list[Movement]:
    """The coins sent, what internal calls moved, and the token transfers of the receipt."""
    moves = [_native(tx)] if int(tx["value"], 16) else []
    moves += await _internal(devnet, tx)
    for log in receipt["logs"]:
        transfer = evm.decode_transfer_log(log["topics"], log["data"])
        if transfer is None:
            continue
        ours = evm.from_hex(log["address"]) == USDT
        moves.append(
            Movement(
                transfer.from_address,
                transfer.to_address,
                shown(transfer.base_units, 6),
                "USDT" if ours else "unknown token",
                "" if ours else f"contract {log['address']}",
            )
        )
    return moves


async def _internal(devnet: EvmDevnet, tx: Json) -> list[Movement]:
    """Coins moved by calls inside; anvil keeps traces only of blocks made since its start."""
    try:
        traces: list[Json] = await devnet.rpc("trace_transaction", tx["hash"])
    except AnvilFailed:
        return []
    inner = [trace for trace in traces or [] if trace["traceAddress"]]
    calls: list[Json] = [trace["action"] for trace in inner if trace["type"] == "call"]
    return [
        Movement(
            evm.from_hex(call["from"]),
            evm.from_hex(call["to"]),
            shown(int(call["value"], 16), 18),
            "ETH",
            "internal call",
        )
        for call in calls
        if int(call["value"], 16)
    ]
