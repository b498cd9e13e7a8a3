"""SQL of deposits, their cursor and what players owe for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fairhouse.cashier.types import (
    Deposit,
    DepositId,
    DepositState,
    DepositStep,
    Receivable,
    Sighting,
    SightingState,
)
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Record, Tx

_ACTIVE = "('SEEN', 'CONFIRMING', 'ORPHANED', 'REVERSED')"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain's observations were taken in."""

    after_seq: int
    height: int


async def lock_cursor(tx: Tx, chain: ChainId) -> Cursor:
    """The chain's cursor, ours until the transaction ends: one taker at a time."""
    await tx.execute("insert into cashier.cursor (chain) values ($1) on conflict do nothing", chain)
    row = await tx.fetchrow(
        "select after_seq, height from cashier.cursor where chain = $1 for update", chain
    )
    assert row is not None
    return Cursor(row["after_seq"], row["height"])


async def move_cursor(tx: Tx, chain: ChainId, cursor: Cursor) -> None:
    """The observations up to here are taken in."""
    await tx.execute(
        "update cashier.cursor set after_seq = $2, height = $3 where chain = $1",
        chain,
        cursor.after_seq,
        cursor.height,
    )


async def cursor_height(tx: Tx, chain: ChainId) -> int:
    """The head that every sighting is as new as; 0 before the first step."""
    height = await tx.fetchval("select height from cashier.cursor where chain = $1", chain)
    return height or 0


async def by_key(tx: Tx, *, chain: ChainId, tx_hash: str, idx: str) -> Deposit | None:
    """The deposit of a movement."""
    row = await tx.fetchrow(
        "select * from cashier.deposit where chain = $1 and tx_hash = $2 and idx = $3",
        chain,
        tx_hash,
        idx,
    )
    return _deposit(row) if row else None


async def insert(tx: Tx, deposit: Deposit) -> bool:
    """False when the movement has its deposit already."""
    added = await tx.execute(
        "insert into cashier.deposit (id, brand_id, player_id, chain, tx_hash, idx, asset,"
        " contract, address, from_address, base_units, seen_base_units, units, state, sighting,"
        " block_height, block_hash, required, seen_at, updated_at) values ($1, $2, $3, $4, $5,"
        " $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, $17, $18, $18)"
        " on conflict on constraint deposit_once do nothing",
        deposit.id,
        deposit.brand_id,
        deposit.player_id,
        deposit.chain,
        deposit.tx_hash,
        deposit.idx,
        deposit.asset,
        deposit.contract,
        deposit.address,
        deposit.from_address,
        deposit.base_units,
        deposit.units,
        deposit.state,
        deposit.sighting.state,
        deposit.sighting.block_height,
        deposit.sighting.block_hash,
        deposit.required,
        tx.now,
    )
    return added == 1


async def set_sighting(
    tx: Tx, *, deposit_id: DepositId, sighting: Sighting, base_units: int
) -> None:
    """The chain's last word; the deposit is to be judged again."""
    await tx.execute(
        "update cashier.deposit set sighting = $2, block_height = $3, block_hash = $4,"
        " seen_base_units = $5, due = true where id = $1",
        deposit_id,
        sighting.state,
        sighting.block_height,
        sighting.block_hash,
        base_units,
    )


async def amend(tx: Tx, deposit: Deposit) -> None:
    """Another amount than it was taken for; it is not in the books."""
    await tx.execute(
        "update cashier.deposit set base_units = $2, units = $3, required = $4 where id = $1",
        deposit.id,
        deposit.base_units,
        deposit.units,
        deposit.required,
    )


async def to_judge(tx: Tx, *, chain: ChainId, height: int, limit: int) -> list[DepositId]:
    """Deposits whose sighting changed, and active ones that were not judged at this head.

    What got stuck comes last.
    """
    rows = await tx.fetch(
        "(select id, stuck_at from cashier.deposit where chain = $1 and due"
        " order by stuck_at nulls first, id limit $3)"
        " union (select id, stuck_at from cashier.deposit where chain = $1 and judged_height < $2"
        f" and state in {_ACTIVE} and sighting = 'included'"
        " order by stuck_at nulls first, id limit $3)"
        " order by stuck_at nulls first, id limit $3",
        chain,
        height,
        limit,
    )
    return [DepositId(row["id"]) for row in rows]


async def set_due(tx: Tx, deposit_ids: Sequence[UUID]) -> None:
    """Something else than the chain has news of them."""
    await tx.execute("update cashier.deposit set due = true where id = any($1)", list(deposit_ids))


async def set_stuck(tx: Tx, deposit_id: UUID) -> None:
    """To the back of the line."""
    await tx.execute("update cashier.deposit set stuck_at = $2 where id = $1", deposit_id, tx.now)


async def lock(tx: Tx, deposit_id: DepositId) -> Deposit:
    """The deposit, ours until the transaction ends."""
    row = await tx.fetchrow("select * from cashier.deposit where id = $1 for update", deposit_id)
    assert row is not None, deposit_id
    return _deposit(row)


async def lock_suspended(tx: Tx, *, player_id: PlayerId, asset: AssetId) -> list[Deposit]:
    """The player's deposits below the minimum that still stand in the chain."""
    rows = await tx.fetch(
        "select * from cashier.deposit where player_id = $1 and asset = $2"
        " and state = 'BELOW_MINIMUM' and sighting = 'included' order by id for update",
        player_id,
        asset,
    )
    return [_deposit(row) for row in rows]


async def unsettled_units(tx: Tx, *, player_id: PlayerId, asset: AssetId) -> int:
    """Ledger units of the player's deposits that are on their way."""
    total = await tx.fetchval(
        "select coalesce(sum(units), 0)::bigint from cashier.deposit"
        " where player_id = $1 and asset = $2 and state in ('SEEN', 'CONFIRMING')",
        player_id,
        asset,
    )
    return int(total)


async def set_judged(tx: Tx, *, deposit_id: DepositId, step: DepositStep, height: int) -> None:
    """Where the deposit stands, as of a head."""
    await tx.execute(
        "update cashier.deposit set state = $2, confirmations = $3, judged_height = $4,"
        " stuck_at = null,"
        " due = state in ('CREDITED', 'BELOW_MINIMUM', 'HELD') and seen_base_units <> base_units,"
        " updated_at = $5 where id = $1",
        deposit_id,
        step.state,
        step.confirmations,
        height,
        tx.now,
    )


async def set_booked(tx: Tx, *, deposit_id: DepositId, round_: int) -> None:
    """One more time in the books."""
    await tx.execute("update cashier.deposit set rounds = $2 where id = $1", deposit_id, round_)


async def set_credited(
    tx: Tx, *, deposit_id: DepositId, round_: int, rate_id: UUID, value: int, balance_after: int
) -> None:
    """Credited, at this rate, leaving this balance."""
    await tx.execute(
        "update cashier.deposit set state = 'CREDITED', rounds = $2, rate_id = $3, value = $4,"
        " balance_after = $5, credited_at = $6, updated_at = $6 where id = $1",
        deposit_id,
        round_,
        rate_id,
        value,
        balance_after,
        tx.now,
    )


async def add_event(tx: Tx, *, deposit_id: DepositId, state: DepositState) -> None:
    """One more line of the story; the caller holds the lock."""
    await tx.execute(
        "insert into cashier.deposit_event (deposit_id, seq, state, at)"
        " select $1, count(*), $2, $3 from cashier.deposit_event where deposit_id = $1",
        deposit_id,
        state,
        tx.now,
    )


async def events(tx: Tx, deposit_id: DepositId) -> Sequence[tuple[DepositState, datetime]]:
    """Its story, oldest first."""
    rows = await tx.fetch(
        "select state, at from cashier.deposit_event where deposit_id = $1 order by seq",
        deposit_id,
    )
    return [(DepositState(row["state"]), row["at"]) for row in rows]


async def find(tx: Tx, deposit_id: DepositId) -> Deposit | None:
    """Any player's deposit."""
    row = await tx.fetchrow("select * from cashier.deposit where id = $1", deposit_id)
    return _deposit(row) if row else None


async def of_player(
    tx: Tx, *, player_id: PlayerId, before: UUID | None, limit: int
) -> list[Deposit]:
    """Newest first; `before` is the last id of the page before."""
    rows = await tx.fetch(
        "select * from cashier.deposit where player_id = $1 and ($2::uuid is null or id < $2)"
        " and state <> 'UNRECOGNISED' order by id desc limit $3",
        player_id,
        before,
        limit,
    )
    return [_deposit(row) for row in rows]


async def unrecognised(tx: Tx, *, before: UUID | None, limit: int) -> list[Deposit]:
    """The suspense list of tokens that are none of ours, newest first."""
    rows = await tx.fetch(
        "select * from cashier.deposit where state = 'UNRECOGNISED'"
        " and ($1::uuid is null or id < $1) order by id desc limit $2",
        before,
        limit,
    )
    return [_deposit(row) for row in rows]


async def matching(tx: Tx, *, text: str, limit: int) -> list[Deposit]:
    """By transaction hash or address, newest first."""
    rows = await tx.fetch(
        "select * from cashier.deposit where tx_hash = $1 or address = $1"
        " order by id desc limit $2",
        text,
        limit,
    )
    return [_deposit(row) for row in rows]


async def unbooked_base_units(
    tx: Tx, *, chain: ChainId, height: int
) -> dict[tuple[int, AssetId], int]:
    """By brand and asset: what stands in the chain at a height less what stands in the books."""
    rows = await tx.fetch(
        "select brand_id, asset, sum(base_units * ("
        "(sighting = 'included' and block_height <= $2)::int"
        " - (state in ('CREDITED', 'BELOW_MINIMUM', 'HELD'))::int)) unbooked"
        " from cashier.deposit where chain = $1 and asset is not null"
        " and not (state in ('CREDITED', 'BELOW_MINIMUM', 'HELD') and sighting = 'included'"
        " and block_height <= $2) group by brand_id, asset",
        chain,
        height,
    )
    return {(row["brand_id"], AssetId(row["asset"])): int(row["unbooked"]) for row in rows}


# --- Receivables


async def insert_receivable(tx: Tx, receivable: Receivable) -> None:
    """The player owes."""
    await tx.execute(
        "insert into cashier.receivable (deposit_id, round, brand_id, player_id, asset,"
        " owed_units, since) values ($1, $2, $3, $4, $5, $6, $7)",
        receivable.deposit_id,
        receivable.round,
        receivable.brand_id,
        receivable.player_id,
        receivable.asset,
        receivable.owed_units,
        tx.now,
    )


async def lock_receivable_of(tx: Tx, deposit_id: DepositId) -> Receivable | None:
    """What is still open for a deposit; at most one round is."""
    row = await tx.fetchrow(
        "select * from cashier.receivable where deposit_id = $1 and settled_at is null for update",
        deposit_id,
    )
    return _receivable(row) if row else None


async def open_receivables(tx: Tx, *, limit: int) -> list[Receivable]:
    """Oldest first."""
    rows = await tx.fetch(
        "select * from cashier.receivable where settled_at is null order by since limit $1", limit
    )
    return [_receivable(row) for row in rows]


async def settle_receivable(tx: Tx, receivable: Receivable, *, repaid_units: int) -> None:
    """Given back so far, by the balance or by the deposit's return; settled when all is."""
    await tx.execute(
        "update cashier.receivable set repaid_units = $3,"
        " settled_at = case when $3 = owed_units then $4::timestamptz end"
        " where deposit_id = $1 and round = $2",
        receivable.deposit_id,
        receivable.round,
        repaid_units,
        tx.now,
    )


def _deposit(row: Record) -> Deposit:
    return Deposit(
        id=DepositId(row["id"]),
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]),
        chain=ChainId(row["chain"]),
        tx_hash=row["tx_hash"],
        idx=row["idx"],
        asset=AssetId(row["asset"]) if row["asset"] else None,
        contract=row["contract"],
        address=row["address"],
        from_address=row["from_address"],
        base_units=int(row["base_units"]),
        seen_base_units=int(row["seen_base_units"]),
        units=row["units"],
        state=DepositState(row["state"]),
        sighting=Sighting(SightingState(row["sighting"]), row["block_height"], row["block_hash"]),
        confirmations=row["confirmations"],
        required=row["required"],
        rounds=row["rounds"],
        rate_id=row["rate_id"],
        value=row["value"],
        balance_after=row["balance_after"],
        seen_at=row["seen_at"],
        credited_at=row["credited_at"],
    )


def _receivable(row: Record) -> Receivable:
    return Receivable(
        deposit_id=DepositId(row["deposit_id"]),
        round=row["round"],
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]),
        asset=AssetId(row["asset"]),
        owed_units=row["owed_units"],
        repaid_units=row["repaid_units"],
    )
