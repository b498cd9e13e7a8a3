"""SQL of withdrawals, their timeline and their approvals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fairhouse.cashier.types import (
    IN_FLIGHT,
    UNDECIDED,
    Actor,
    Approval,
    TimelineEntry,
    Withdrawal,
    WithdrawalId,
    WithdrawalState,
)
from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kernel.currencies import AssetId, ChainId, CurrencyCode
from fairhouse.platform.database import Record, Tx
from fairhouse.risk.types import Check, CheckCode, CheckState


async def insert(tx: Tx, withdrawal: Withdrawal, *, key: str) -> None:
    """A new request; the caller has looked under the player's lock that id and key are free."""
    await tx.execute(
        "insert into cashier.withdrawal (id, brand_id, player_id, asset, currency, chain, units,"
        " fee_units, base_units, destination, lookalike_accepted, state, checks, rate_id, value,"
        " requested_at, updated_at, judged_at, request_key) values ($1, $2, $3, $4, $5, $6, $7,"
        " $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $16, $17)",
        withdrawal.id,
        withdrawal.brand_id,
        withdrawal.player_id,
        withdrawal.asset,
        withdrawal.currency,
        withdrawal.chain,
        withdrawal.units,
        withdrawal.fee_units,
        withdrawal.base_units,
        withdrawal.destination,
        withdrawal.lookalike_accepted,
        withdrawal.state,
        _to_json(withdrawal.checks),
        withdrawal.rate_id,
        withdrawal.value,
        tx.now,
        key,
    )


async def by_key(tx: Tx, *, player_id: PlayerId, key: str) -> Withdrawal | None:
    """What the player asked for under this key."""
    row = await tx.fetchrow(
        "select * from cashier.withdrawal where player_id = $1 and request_key = $2",
        player_id,
        key,
    )
    return _withdrawal(row) if row else None


async def find(tx: Tx, withdrawal_id: WithdrawalId) -> Withdrawal | None:
    """Any player's withdrawal."""
    row = await tx.fetchrow("select * from cashier.withdrawal where id = $1", withdrawal_id)
    return _withdrawal(row) if row else None


async def lock(tx: Tx, withdrawal_id: WithdrawalId) -> Withdrawal | None:
    """The withdrawal, ours until the transaction ends: whoever comes second sees what we did."""
    row = await tx.fetchrow(
        "select * from cashier.withdrawal where id = $1 for update", withdrawal_id
    )
    return _withdrawal(row) if row else None


async def move(
    tx: Tx,
    *,
    withdrawal_id: WithdrawalId,
    since: Collection[WithdrawalState],
    state: WithdrawalState,
    note: str | None = None,
    tx_hash: str | None = None,
    attempt: int | None = None,
) -> bool:
    """Compare and set: False when it is in none of the states it should come from."""
    moved = await tx.execute(
        "update cashier.withdrawal set state = $3, updated_at = $4, note = coalesce($5, note),"
        " tx_hash = coalesce($6, tx_hash), attempt = coalesce($7, attempt), stuck_at = null"
        " where id = $1 and state = any($2::text[])",
        withdrawal_id,
        list(since),
        state,
        tx.now,
        note,
        tx_hash,
        attempt,
    )
    return moved == 1


async def set_tx_hash(tx: Tx, *, withdrawal_id: WithdrawalId, tx_hash: str) -> None:
    """Another member of the family pays it now."""
    await tx.execute(
        "update cashier.withdrawal set tx_hash = $2, updated_at = $3 where id = $1",
        withdrawal_id,
        tx_hash,
        tx.now,
    )


async def set_stuck(tx: Tx, withdrawal_id: UUID) -> None:
    """To the back of the line."""
    await tx.execute(
        "update cashier.withdrawal set stuck_at = $2, judged_at = $2 where id = $1",
        withdrawal_id,
        tx.now,
    )


async def set_checks(tx: Tx, *, withdrawal_id: WithdrawalId, checks: Sequence[Check]) -> None:
    """What stands in the way now."""
    await tx.execute(
        "update cashier.withdrawal set checks = $2, judged_at = $3, stuck_at = null where id = $1",
        withdrawal_id,
        _to_json(checks),
        tx.now,
    )


async def add_event(
    tx: Tx,
    *,
    withdrawal_id: WithdrawalId,
    state: WithdrawalState,
    actor: Actor,
    staff_id: StaffId | None = None,
    note: str | None = None,
) -> None:
    """One more line of the timeline; the caller holds the withdrawal's lock."""
    await tx.execute(
        "insert into cashier.withdrawal_event (withdrawal_id, seq, state, at, actor, staff_id,"
        " note) select $1, count(*), $2, $3, $4, $5, $6 from cashier.withdrawal_event"
        " where withdrawal_id = $1",
        withdrawal_id,
        state,
        tx.now,
        actor,
        staff_id,
        note,
    )


async def timeline(tx: Tx, withdrawal_id: WithdrawalId) -> tuple[TimelineEntry, ...]:
    """Oldest first."""
    rows = await tx.fetch(
        "select state, at, actor, note from cashier.withdrawal_event where withdrawal_id = $1"
        " order by seq",
        withdrawal_id,
    )
    return tuple(
        TimelineEntry(WithdrawalState(row["state"]), row["at"], Actor(row["actor"]), row["note"])
        for row in rows
    )


async def undecided(tx: Tx, *, judged_before: datetime, limit: int) -> list[WithdrawalId]:
    """What waits for its checks, the longest unjudged first, what got stuck last."""
    rows = await tx.fetch(
        "select id from cashier.withdrawal where state = any($1::text[]) and judged_at <= $2"
        " order by stuck_at nulls first, judged_at limit $3",
        list(UNDECIDED),
        judged_before,
        limit,
    )
    return [WithdrawalId(row["id"]) for row in rows]


async def in_flight(tx: Tx, *, limit: int) -> list[WithdrawalId]:
    """What custody has in hand, oldest first, what got stuck last."""
    rows = await tx.fetch(
        "select id from cashier.withdrawal where state = any($1::text[])"
        " order by stuck_at nulls first, id limit $2",
        list(IN_FLIGHT),
        limit,
    )
    return [WithdrawalId(row["id"]) for row in rows]


async def of_player(
    tx: Tx, *, player_id: PlayerId, before: UUID | None, limit: int
) -> list[Withdrawal]:
    """Newest first; `before` is the last id of the page before."""
    rows = await tx.fetch(
        "select * from cashier.withdrawal where player_id = $1 and ($2::uuid is null or id < $2)"
        " order by id desc limit $3",
        player_id,
        before,
        limit,
    )
    return [_withdrawal(row) for row in rows]


async def in_states(
    tx: Tx,
    *,
    states: Collection[WithdrawalState],
    brand_id: int | None,
    after: UUID | None,
    limit: int,
) -> list[Withdrawal]:
    """The staff's queue, oldest first; `after` is the last id of the page before."""
    rows = await tx.fetch(
        "select * from cashier.withdrawal where state = any($1::text[])"
        " and ($2::int is null or brand_id = $2) and ($3::uuid is null or id > $3)"
        " order by id limit $4",
        list(states),
        brand_id,
        after,
        limit,
    )
    return [_withdrawal(row) for row in rows]


async def matching(tx: Tx, *, text: str, limit: int) -> list[Withdrawal]:
    """By transaction hash or destination, newest first."""
    rows = await tx.fetch(
        "select * from cashier.withdrawal where tx_hash = $1 or destination = $1"
        " order by id desc limit $2",
        text,
        limit,
    )
    return [_withdrawal(row) for row in rows]


async def insert_approval(
    tx: Tx, *, withdrawal_id: WithdrawalId, staff_id: StaffId, reason: str
) -> bool:
    """False when this member of staff has approved it before."""
    added = await tx.execute(
        "insert into cashier.approval (withdrawal_id, staff_id, reason, at)"
        " values ($1, $2, $3, $4) on conflict do nothing",
        withdrawal_id,
        staff_id,
        reason,
        tx.now,
    )
    return added == 1


async def approvals(tx: Tx, withdrawal_id: WithdrawalId) -> tuple[Approval, ...]:
    """Oldest first."""
    rows = await tx.fetch(
        "select staff_id, at, reason from cashier.approval where withdrawal_id = $1 order by at",
        withdrawal_id,
    )
    return tuple(Approval(StaffId(row["staff_id"]), row["at"], row["reason"]) for row in rows)


def _to_json(checks: Sequence[Check]) -> list[dict[str, object]]:
    return [
        {
            "code": check.code,
            "state": check.state,
            "reason": check.reason,
            "fields": dict(check.fields),
            "fix": check.fix,
            "due_at": check.due_at,
        }
        for check in checks
    ]


def _from_json(items: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    return tuple(
        Check(
            CheckCode(item["code"]),
            CheckState(item["state"]),
            item["reason"],
            item["fields"],
            item["fix"],
            datetime.fromisoformat(item["due_at"]) if item["due_at"] else None,
        )
        for item in items
    )


def _withdrawal(row: Record) -> Withdrawal:
    return Withdrawal(
        id=WithdrawalId(row["id"]),
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]),
        asset=AssetId(row["asset"]),
        currency=CurrencyCode(row["currency"]),
        chain=ChainId(row["chain"]),
        units=row["units"],
        fee_units=row["fee_units"],
        base_units=int(row["base_units"]),
        destination=row["destination"],
        state=WithdrawalState(row["state"]),
        checks=_from_json(row["checks"]),
        rate_id=row["rate_id"],
        value=row["value"],
        lookalike_accepted=row["lookalike_accepted"],
        attempt=row["attempt"],
        tx_hash=row["tx_hash"],
        note=row["note"],
        requested_at=row["requested_at"],
        updated_at=row["updated_at"],
    )
