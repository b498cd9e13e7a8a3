"""The SQL of the schema `chains`.

Every change of an observation happens under the lock of its chain's cursor row and takes the next
change numbers from it: numbers become visible in their order.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from fairhouse.chains.types import (
    Address,
    BlockRef,
    ChainHead,
    ChainIdentity,
    Cursor,
    Key,
    Observation,
    ObservationState,
    Sighting,
    TxHash,
    UnknownChain,
)
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Record, Tx

BLOCKS_KEPT: Final = 1_000
"""Recent blocks kept for finding a fork; more than any policy's depth."""

OPEN_MAX: Final = 5_000
SILENCE_MAX: Final = timedelta(seconds=15)
"""Without news of the node for longer the head counts as unhealthy."""

CHANNEL: Final = "chains_observation"

_CURSOR: Final = """
select chain, number, genesis_hash, height, hash, halted_reason, rescan_next, rescan_last
from chains.cursor where chain = $1
"""

_OBSERVATION: Final = """
select chain, tx_hash, idx, asset, contract, from_address, to_address, base_units, state,
       block_height, block_hash, first_seen_at, version, change_seq
from chains.observation
"""


# --- Cursor and blocks


async def cursor(tx: Tx, chain: ChainId) -> Cursor | None:
    """How far the chain was read; None before first contact."""
    row = await tx.fetchrow(_CURSOR, chain)
    return Cursor(**dict(row)) if row else None


async def lock_cursor(tx: Tx, chain: ChainId) -> Cursor:
    """The same, locked until the transaction ends."""
    row = await tx.fetchrow(_CURSOR + " for update", chain)
    assert row is not None
    return Cursor(**dict(row))


async def open_cursor(tx: Tx, chain: ChainId, identity: ChainIdentity, block: BlockRef) -> None:
    """First contact: remember which chain this is. A second first contact changes nothing."""
    made = await tx.execute(
        "insert into chains.cursor (chain, number, genesis_hash, height, hash, node_height,"
        " reached_at, updated_at) values ($1, $2, $3, $4, $5, $4, $6, $6) on conflict do nothing",
        chain,
        identity.number,
        identity.genesis_hash,
        block.height,
        block.hash,
        tx.now,
    )
    if made:
        await add_blocks(tx, chain, [block])


async def move_cursor(tx: Tx, chain: ChainId, to: BlockRef) -> None:
    """All blocks up to `to` have been read."""
    await tx.execute(
        "update chains.cursor set height = $2, hash = $3, updated_at = $4, halted_reason = null"
        " where chain = $1",
        chain,
        to.height,
        to.hash,
        tx.now,
    )
    await tx.execute(
        "delete from chains.block where chain = $1 and height < $2", chain, to.height - BLOCKS_KEPT
    )


async def note_reached(tx: Tx, chain: ChainId, node_height: int) -> None:
    """The node gave a trustworthy answer, and the chain can be followed."""
    await tx.execute(
        "update chains.cursor set node_height = $2, reached_at = $3, last_error = null,"
        " halted_reason = null where chain = $1",
        chain,
        node_height,
        tx.now,
    )


async def note_trouble(tx: Tx, chain: ChainId, error: str, *, halted: bool) -> None:
    """The node did not; `halted` says that a person must look."""
    await tx.execute(
        "update chains.cursor set last_error = $2, halted_reason = case when $3 then $2 end"
        " where chain = $1",
        chain,
        error,
        halted,
    )


async def add_blocks(tx: Tx, chain: ChainId, blocks: Sequence[BlockRef]) -> None:
    """Remember blocks of the followed chain."""
    await tx.execute(
        "insert into chains.block (chain, height, hash, parent_hash, mined_at)"
        " select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[])",
        chain,
        [block.height for block in blocks],
        [block.hash for block in blocks],
        [block.parent_hash for block in blocks],
        [block.time for block in blocks],
    )


async def block_hashes(tx: Tx, chain: ChainId, first: int, last: int) -> dict[int, str]:
    """Hashes of the followed chain between two heights, as far as they are kept."""
    rows = await tx.fetch(
        "select height, hash from chains.block where chain = $1 and height between $2 and $3",
        chain,
        first,
        last,
    )
    return {row["height"]: row["hash"] for row in rows}


async def head(tx: Tx, chain: ChainId, *, lag_max: int) -> ChainHead:
    """How far the watcher is. Refuses with UnknownChain before first contact."""
    row = await tx.fetchrow(
        "select height, hash, node_height, halted_reason, last_error, reached_at, updated_at"
        " from chains.cursor where chain = $1",
        chain,
    )
    if row is None:
        raise UnknownChain(
            f"The watcher of {chain} has not reached its node yet. Try again soon.", param="chain"
        )
    halted = row["halted_reason"] is not None
    silent = tx.now - row["reached_at"] > SILENCE_MAX
    lag = row["node_height"] - row["height"]
    return ChainHead(
        chain=chain,
        height=row["height"],
        hash=row["hash"],
        node_height=row["node_height"],
        healthy=not halted and not silent and lag <= lag_max,
        halted=halted,
        last_error=row["last_error"],
        updated_at=row["updated_at"],
    )


# --- Watched addresses


async def watch(tx: Tx, chain: ChainId, address: Address) -> None:
    """Watch an address; a second time changes nothing."""
    await tx.execute(
        "insert into chains.watched (chain, address, since) values ($1, $2, $3)"
        " on conflict do nothing",
        chain,
        address,
        tx.now,
    )


async def watched_among(tx: Tx, chain: ChainId, addresses: Iterable[Address]) -> set[Address]:
    """Which of the addresses are watched."""
    rows = await tx.fetch(
        "select address from chains.watched where chain = $1 and address = any($2::text[])",
        chain,
        list(addresses),
    )
    return {row["address"] for row in rows}


async def newly_watched(tx: Tx, chain: ChainId, limit: int) -> list[Address]:
    """Addresses whose past has not been looked at yet."""
    rows = await tx.fetch(
        "select address from chains.watched where chain = $1 and not looked_back"
        " order by since, address limit $2",
        chain,
        limit,
    )
    return [row["address"] for row in rows]


async def mark_looked_back(tx: Tx, chain: ChainId, addresses: Sequence[Address]) -> None:
    """Their past has been looked at, or will be by a rescan that is now ordered."""
    await tx.execute(
        "update chains.watched set looked_back = true where chain = $1 and address = any($2)",
        chain,
        list(addresses),
    )


async def observed_sums(
    tx: Tx, chain: ChainId, addresses: Sequence[Address]
) -> dict[tuple[Address, AssetId], int]:
    """Base units that included observations brought to each address, per asset."""
    rows = await tx.fetch(
        "select to_address, asset, sum(base_units) as total from chains.observation"
        " where chain = $1 and to_address = any($2) and state = 'included' and asset is not null"
        " group by to_address, asset",
        chain,
        list(addresses),
    )
    return {(row["to_address"], row["asset"]): int(row["total"]) for row in rows}


# --- Observations


async def record_included(tx: Tx, chain: ChainId, found: Sequence[Sighting]) -> int:
    """Insert or bring up to date what blocks hold; returns how many rows changed."""
    return await _record(tx, chain, found, _INCLUDED, 0)


async def record_waiting(tx: Tx, chain: ChainId, found: Sequence[Sighting], at_height: int) -> int:
    """Insert or revive what the mempool holds; an included one is never made less."""
    changed = await _record(tx, chain, found, _WAITING, at_height)
    await touch(tx, chain, {item.movement.tx_hash for item in found}, at_height)
    return changed


_COLUMNS: Final = """
insert into chains.observation as o
    (chain, tx_hash, idx, asset, contract, from_address, to_address, base_units, state,
     block_height, block_hash, first_seen_at, last_seen_height, change_seq)
select $1, tx_hash, idx, asset, contract, from_address, to_address, base_units, $11,
       block_height, block_hash, $12, coalesce(block_height, $13), $14 + place
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::numeric[], $9::bigint[], $10::text[]) with ordinality
     as found (tx_hash, idx, asset, contract, from_address, to_address, base_units,
               block_height, block_hash, place)
on conflict (chain, tx_hash, idx) do update set
    state = excluded.state, asset = excluded.asset, base_units = excluded.base_units,
    from_address = excluded.from_address,
    block_height = excluded.block_height, block_hash = excluded.block_hash,
    last_seen_height = excluded.last_seen_height, version = o.version + 1,
    change_seq = excluded.change_seq
"""
_INCLUDED: Final = (
    _COLUMNS
    + "where (o.state, o.block_hash, o.base_units, o.asset)"
    + " is distinct from (excluded.state, excluded.block_hash, excluded.base_units, excluded.asset)"
)
_WAITING: Final = _COLUMNS + "where o.state = 'dropped'"


async def _record(
    tx: Tx, chain: ChainId, found: Sequence[Sighting], sql: str, at_height: int
) -> int:
    if not found:
        return 0
    moves = [item.movement for item in found]
    blocks = [item.block for item in found]
    state = ObservationState.INCLUDED if sql is _INCLUDED else ObservationState.SEEN
    return await tx.execute(
        sql,
        chain,
        [move.tx_hash for move in moves],
        [move.index for move in moves],
        [item.asset for item in found],
        [move.contract for move in moves],
        [move.from_address for move in moves],
        [move.to_address for move in moves],
        [move.base_units for move in moves],
        [block.height if block else None for block in blocks],
        [block.hash if block else None for block in blocks],
        state,
        tx.now,
        at_height,
        await _take_numbers(tx, chain, len(found)),
    )


async def rewind(tx: Tx, chain: ChainId, to_height: int, at_height: int) -> int:
    """Blocks above `to_height` left the chain: their observations are orphaned.

    `at_height` is where the cursor stood: from there on their transactions may come back.
    """
    orphaned = await _change(
        tx,
        chain,
        "select tx_hash, idx from chains.observation"
        " where chain = $1 and state = 'included' and block_height > $2 order by block_height",
        to_height,
        state=ObservationState.ORPHANED,
        at_height=at_height,
    )
    await tx.execute("delete from chains.block where chain = $1 and height > $2", chain, to_height)
    return orphaned


async def drop(tx: Tx, chain: ChainId, keys: Sequence[Key]) -> int:
    """Open observations that will not come any more."""
    if not keys:
        return 0
    return await _change(
        tx,
        chain,
        "select o.tx_hash, o.idx from chains.observation o"
        " join unnest($2::text[], $3::text[]) as k (tx_hash, idx) using (tx_hash, idx)"
        " where o.chain = $1 and o.state in ('seen', 'orphaned')",
        [key[0] for key in keys],
        [key[1] for key in keys],
        state=ObservationState.DROPPED,
    )


async def _change(
    tx: Tx,
    chain: ChainId,
    select: str,
    *values: object,
    state: ObservationState,
    at_height: int = 0,
) -> int:
    """Give the selected observations a state without a block."""
    rows = await tx.fetch(select, chain, *values)
    if not rows:
        return 0
    return await tx.execute(
        "update chains.observation o set state = $4, block_height = null, block_hash = null,"
        " last_seen_height = greatest(last_seen_height, $6),"
        " version = version + 1, change_seq = $5 + k.place"
        " from unnest($2::text[], $3::text[]) with ordinality as k (tx_hash, idx, place)"
        " where o.chain = $1 and o.tx_hash = k.tx_hash and o.idx = k.idx",
        chain,
        [row["tx_hash"] for row in rows],
        [row["idx"] for row in rows],
        state,
        await _take_numbers(tx, chain, len(rows)),
        at_height,
    )


async def _take_numbers(tx: Tx, chain: ChainId, count: int) -> int:
    """Reserve change numbers; returns the one before the first. Wakes who listens at commit."""
    taken = await tx.fetchval(
        "update chains.cursor set change_seq = change_seq + $2 where chain = $1"
        " returning change_seq - $2",
        chain,
        count,
    )
    await tx.execute("select pg_notify($1, $2)", CHANNEL, chain)
    return int(taken)


async def touch(tx: Tx, chain: ChainId, tx_hashes: Iterable[TxHash], at_height: int) -> None:
    """Open observations of these transactions are still in the mempool at this height."""
    await tx.execute(
        "update chains.observation set last_seen_height = $3 where chain = $1"
        " and tx_hash = any($2) and state in ('seen', 'orphaned') and last_seen_height < $3",
        chain,
        list(tx_hashes),
        at_height,
    )


async def open_observations(tx: Tx, chain: ChainId) -> dict[Key, int]:
    """Those seen or orphaned, with the height at which each was last seen; oldest news first."""
    rows = await tx.fetch(
        "select tx_hash, idx, last_seen_height from chains.observation"
        " where chain = $1 and state in ('seen', 'orphaned') order by last_seen_height limit $2",
        chain,
        OPEN_MAX,
    )
    return {(row["tx_hash"], row["idx"]): row["last_seen_height"] for row in rows}


async def known(
    tx: Tx, chain: ChainId, tx_hashes: Iterable[TxHash]
) -> dict[Key, tuple[Address, Address | None]]:
    """Recipient and contract of everything observed of these transactions."""
    rows = await tx.fetch(
        "select tx_hash, idx, to_address, contract from chains.observation"
        " where chain = $1 and tx_hash = any($2)",
        chain,
        list(tx_hashes),
    )
    return {(row["tx_hash"], row["idx"]): (row["to_address"], row["contract"]) for row in rows}


async def changed_after(tx: Tx, chain: ChainId, after_seq: int, limit: int) -> list[Observation]:
    """Observations whose last change came after a number, in the order of the changes."""
    rows = await tx.fetch(
        _OBSERVATION + "where chain = $1 and change_seq > $2 order by change_seq limit $3",
        chain,
        after_seq,
        limit,
    )
    return [_observation(row) for row in rows]


async def of_transaction(tx: Tx, chain: ChainId, tx_hash: TxHash) -> list[Observation]:
    """Everything observed of one transaction."""
    rows = await tx.fetch(
        _OBSERVATION + "where chain = $1 and tx_hash = $2 order by idx", chain, tx_hash
    )
    return [_observation(row) for row in rows]


def _observation(row: Record) -> Observation:
    fields = dict(row)
    fields["index"] = fields.pop("idx")
    fields["base_units"] = int(fields["base_units"])
    fields["state"] = ObservationState(fields["state"])
    return Observation(**fields)


# --- Rescans


async def order_rescan(tx: Tx, chain: ChainId, from_height: int) -> None:
    """Read the blocks from a height to the cursor once more; joins a rescan under way."""
    await tx.execute(
        "update chains.cursor set rescan_next = least(coalesce(rescan_next, $2), $2),"
        " rescan_last = greatest(coalesce(rescan_last, height), height) where chain = $1",
        chain,
        from_height,
    )


async def advance_rescan(tx: Tx, chain: ChainId, read: BlockRef, last: int) -> None:
    """The rescan has read up to a block."""
    done = read.height >= last
    await tx.execute(
        "update chains.cursor set rescan_next = $2, rescan_last = $3 where chain = $1",
        chain,
        None if done else read.height + 1,
        None if done else last,
    )
