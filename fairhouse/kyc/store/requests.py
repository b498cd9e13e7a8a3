"""Requests and the words about them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kyc.types import Answer, Decision, Request, RequestId, RequestState, Tier, Why
from fairhouse.platform.database import Record, Tx


async def insert(tx: Tx, request: Request) -> bool:
    """False when this tier is being asked for already."""
    return bool(
        await tx.execute(
            "insert into kyc.request (id, player_id, brand_id, tier, state, reason, rules_version,"
            " asked_at, due_at, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
            " on conflict do nothing",
            request.id,
            request.player_id,
            request.brand_id,
            request.tier,
            request.state,
            request.why,
            request.rules_version,
            request.asked_at,
            request.due_at,
            request.note,
        )
    )


async def newest(tx: Tx, player_id: PlayerId) -> list[Request]:
    """The newest of each tier, lowest first."""
    rows = await tx.fetch(
        "select distinct on (tier) * from kyc.request where player_id = $1 order by tier, id desc",
        player_id,
    )
    return [_request(row) for row in rows]


async def lock(tx: Tx, request_id: RequestId) -> Request | None:
    """Ours until the transaction ends."""
    row = await tx.fetchrow("select * from kyc.request where id = $1 for update", request_id)
    return _request(row) if row else None


async def find(tx: Tx, request_id: RequestId) -> Request | None:
    """As it stands."""
    row = await tx.fetchrow("select * from kyc.request where id = $1", request_id)
    return _request(row) if row else None


async def move(
    tx: Tx,
    request_id: RequestId,
    state: RequestState,
    *,
    note: str = "",
    method: str = "",
    source: str = "",
    valid_until: datetime | None = None,
) -> None:
    """Into another state; empty texts leave what stands."""
    await tx.execute(
        "update kyc.request set state = $2, note = $3, method = coalesce(nullif($4, ''), method),"
        " source = coalesce(nullif($5, ''), source), valid_until = $6,"
        " submitted_at = case when $2 = 'submitted' then $7 else submitted_at end,"
        " decided_at = case when $2 in ('approved', 'rejected', 'retry') then $7"
        " else decided_at end where id = $1",
        request_id,
        state.value,
        note,
        method,
        source,
        valid_until,
        tx.now,
    )


async def add_decision(tx: Tx, request_id: RequestId, decision: Decision) -> None:
    """One word about it."""
    await tx.execute(
        "insert into kyc.decision (id, request_id, staff_id, answer, reason, is_effective, at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        tx.new_id(),
        request_id,
        decision.staff_id,
        decision.answer,
        decision.reason,
        decision.is_effective,
        decision.at,
    )


async def decisions(tx: Tx, request_id: RequestId) -> list[Decision]:
    """In the order they came."""
    rows = await tx.fetch(
        "select * from kyc.decision where request_id = $1 order by at, id", request_id
    )
    return [
        Decision(
            StaffId(row["staff_id"]) if row["staff_id"] else None,
            Answer(row["answer"]),
            row["reason"],
            row["is_effective"],
            row["at"],
        )
        for row in rows
    ]


async def queue(
    tx: Tx, *, brand_ids: Sequence[int], states: Sequence[RequestState], limit: int
) -> list[Request]:
    """For the desk: what waits longest first."""
    rows = await tx.fetch(
        "select * from kyc.request where brand_id = any($1) and state = any($2)"
        " order by coalesce(submitted_at, asked_at), id limit $3",
        list(brand_ids),
        [state.value for state in states],
        limit,
    )
    return [_request(row) for row in rows]


async def ending(tx: Tx, *, limit: int) -> list[Request]:
    """Approvals that are no longer believed, ours until the transaction ends."""
    rows = await tx.fetch(
        "select * from kyc.request where state = 'approved' and valid_until <= $1"
        " order by valid_until limit $2 for update skip locked",
        tx.now,
        limit,
    )
    return [_request(row) for row in rows]


async def late(tx: Tx, *, brand_ids: Sequence[int], since: datetime) -> list[Request]:
    """Asked only at a withdrawal."""
    rows = await tx.fetch(
        "select * from kyc.request where brand_id = any($1) and reason = 'withdrawal'"
        " and asked_at >= $2 order by asked_at desc limit 500",
        list(brand_ids),
        since,
    )
    return [_request(row) for row in rows]


def _request(row: Record) -> Request:
    return Request(
        id=RequestId(UUID(int=row["id"].int)),
        player_id=PlayerId(row["player_id"]),
        brand_id=row["brand_id"],
        tier=Tier(row["tier"]),
        state=RequestState(row["state"]),
        why=Why(row["reason"]),
        rules_version=row["rules_version"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        submitted_at=row["submitted_at"],
        decided_at=row["decided_at"],
        valid_until=row["valid_until"],
        method=row["method"],
        source=row["source"],
        note=row["note"],
    )
