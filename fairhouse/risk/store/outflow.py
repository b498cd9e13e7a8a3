"""Known destinations, recent outflow, freezes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.types.checks import Freeze, FreezeKind, Outflow

ADDRESSES_MAX = 500
"""Of a player's history, so many newest addresses are compared for looks."""


async def insert_destination(tx: Tx, *, player_id: UUID, chain: str, address: str) -> None:
    """The first time counts; later ones change nothing."""
    await tx.execute(
        "insert into risk.destination (player_id, chain, address, first_seen_at)"
        " values ($1, $2, $3, $4) on conflict do nothing",
        player_id,
        chain,
        address,
        tx.now,
    )


async def count_payment(tx: Tx, *, player_id: UUID, chain: str, address: str) -> None:
    """One more payment has arrived there."""
    await tx.execute(
        "insert into risk.destination as d"
        " (player_id, chain, address, first_seen_at, paid_count, last_paid_at)"
        " values ($1, $2, $3, $4, 1, $4) on conflict (player_id, chain, address)"
        " do update set paid_count = d.paid_count + 1, last_paid_at = $4",
        player_id,
        chain,
        address,
        tx.now,
    )


async def destinations(
    tx: Tx, *, player_id: UUID, chain: str
) -> Sequence[tuple[str, datetime, int]]:
    """(address, first seen, times paid) of a player on a chain, newest first."""
    rows = await tx.fetch(
        "select address, first_seen_at, paid_count from risk.destination"
        " where player_id = $1 and chain = $2 order by first_seen_at desc limit $3",
        player_id,
        chain,
        ADDRESSES_MAX,
    )
    return [(row["address"], row["first_seen_at"], row["paid_count"]) for row in rows]


async def insert_outflow(tx: Tx, *, id_: UUID, brand_id: int, player_id: UUID, value: int) -> None:
    """Count a request towards the limits."""
    await tx.execute(
        "insert into risk.outflow (id, brand_id, player_id, value, at) values ($1, $2, $3, $4, $5)",
        id_,
        brand_id,
        player_id,
        value,
        tx.now,
    )


async def release_outflow(tx: Tx, *, id_: UUID) -> None:
    """Stop counting a request whose money stayed."""
    await tx.execute(
        "update risk.outflow set released_at = $2 where id = $1 and released_at is null",
        id_,
        tx.now,
    )


async def player_outflow(
    tx: Tx, *, player_id: UUID, since: datetime, before: datetime, without: UUID
) -> Outflow:
    """What counts of a player in [since, before], one request left out."""
    row = await tx.fetchrow(
        "select count(*) n, coalesce(sum(value), 0)::bigint total, min(at) oldest"
        " from risk.outflow where player_id = $1 and at > $2 and at <= $3"
        " and released_at is null and id <> $4",
        player_id,
        since,
        before,
        without,
    )
    assert row is not None
    return Outflow(row["n"], row["total"], row["oldest"])


async def brand_outflow(
    tx: Tx, *, brand_id: int, since: datetime, before: datetime, without: UUID
) -> Outflow:
    """What counts of a brand in [since, before], one request left out."""
    row = await tx.fetchrow(
        "select count(*) n, coalesce(sum(value), 0)::bigint total, min(at) oldest"
        " from risk.outflow where brand_id = $1 and at > $2 and at <= $3"
        " and released_at is null and id <> $4",
        brand_id,
        since,
        before,
        without,
    )
    assert row is not None
    return Outflow(row["n"], row["total"], row["oldest"])


async def insert_freeze(tx: Tx, *, player_id: UUID, kind: FreezeKind, ref: str) -> bool:
    """True when it was not in force yet."""
    added = await tx.execute(
        "insert into risk.freeze (id, player_id, kind, ref, since) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing",
        tx.new_id(),
        player_id,
        kind,
        ref,
        tx.now,
    )
    return added == 1


async def lift_freeze(tx: Tx, *, player_id: UUID, kind: FreezeKind, ref: str) -> bool:
    """True when it was in force."""
    lifted = await tx.execute(
        "update risk.freeze set lifted_at = $4"
        " where player_id = $1 and kind = $2 and ref = $3 and lifted_at is null",
        player_id,
        kind,
        ref,
        tx.now,
    )
    return lifted == 1


async def freezes(tx: Tx, *, player_id: UUID) -> list[Freeze]:
    """In force, oldest first."""
    rows = await tx.fetch(
        "select kind, ref, since from risk.freeze where player_id = $1 and lifted_at is null"
        " order by since",
        player_id,
    )
    return [Freeze(FreezeKind(row["kind"]), row["ref"], row["since"]) for row in rows]
