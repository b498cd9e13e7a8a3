"""What brands offer of each game: tables in force, stops, wishes, and who decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.games.types import GameSlug, Offer, OfferWish, Stop, VoidWish
from fairhouse.platform.database import Record, Tx

_WISH = (
    "select w.id, w.brand_id, w.game, w.version, w.variant, w.replaces, w.stop_id, w.proposed_by,"
    " w.reason, w.at, d.is_approved, d.staff_id as decided_by, d.reason as decided_reason,"
    " d.at as decided_at from games.wish w left join games.wish_decision d on d.wish_id = w.id"
)
_STOPPED = (
    "select s.id, s.brand_id, s.game, s.version, s.stopped_by, s.reason, s.at from games.stop s"
    " where not exists (select from games.wish w join games.wish_decision d on d.wish_id = w.id"
    " where w.stop_id = s.id and d.is_approved)"
)


async def offers(tx: Tx) -> list[Offer]:
    """What brands have chosen, all of them."""
    rows = await tx.fetch("select brand_id, game, version, variant from games.offer")
    return [
        Offer(row["brand_id"], GameSlug(row["game"]), row["version"], row["variant"])
        for row in rows
    ]


async def stops(tx: Tx) -> list[Stop]:
    """The stops that hold, the oldest first."""
    return [_stop(row) for row in await tx.fetch(f"{_STOPPED} order by s.id")]


async def restarts(tx: Tx) -> dict[tuple[int, str, str], datetime]:
    """When the last stop of a version was taken back."""
    rows = await tx.fetch(
        "select w.brand_id, w.game, w.version, max(d.at) as at from games.wish w"
        " join games.wish_decision d on d.wish_id = w.id and d.is_approved"
        " where w.stop_id is not null group by w.brand_id, w.game, w.version"
    )
    return {(row["brand_id"], row["game"], row["version"]): row["at"] for row in rows}


async def stop(tx: Tx, stop_id: UUID) -> Stop | None:
    """A stop that holds."""
    row = await tx.fetchrow(f"{_STOPPED} and s.id = $1", stop_id)
    return None if row is None else _stop(row)


async def add_stop(
    tx: Tx, brand_id: int, game: str, version: str, *, staff_id: UUID | None, reason: str
) -> UUID:
    """No new bets from the next refresh on; returns its id."""
    id_ = tx.new_id()
    await tx.execute(
        "insert into games.stop values ($1, $2, $3, $4, $5, $6, $7)",
        id_,
        brand_id,
        game,
        version,
        staff_id,
        reason,
        tx.now,
    )
    return id_


async def lock_game(tx: Tx, brand_id: int, game: str) -> UUID | None:
    """One at a time per brand and game; the wish in force, if any."""
    await tx.lock("games.offer", f"{brand_id}:{game}")
    return await tx.fetchval(
        "select wish_id from games.offer where brand_id = $1 and game = $2", brand_id, game
    )


async def waiting(tx: Tx, brand_id: int, game: str) -> UUID | None:
    """The undecided wish about a game."""
    return await tx.fetchval(
        "select w.id from games.wish w where w.brand_id = $1 and w.game = $2 and not exists"
        " (select from games.wish_decision d where d.wish_id = w.id) limit 1",
        brand_id,
        game,
    )


async def add_wish(
    tx: Tx,
    wished: Offer,
    *,
    replaces: UUID | None,
    stop_id: UUID | None,
    staff_id: UUID,
    reason: str,
) -> UUID:
    """Write a wish down; returns its id."""
    id_ = tx.new_id()
    await tx.execute(
        "insert into games.wish values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id_,
        wished.brand_id,
        wished.game,
        wished.version,
        wished.variant,
        replaces,
        stop_id,
        staff_id,
        reason,
        tx.now,
    )
    return id_


async def add_decision(
    tx: Tx, wish_id: UUID, *, is_approved: bool, staff_id: UUID, reason: str
) -> None:
    """Write the decision down; the caller holds the game's lock and knows there is none."""
    await tx.execute(
        "insert into games.wish_decision values ($1, $2, $3, $4, $5)",
        wish_id,
        is_approved,
        staff_id,
        reason,
        tx.now,
    )


async def put_in_force(tx: Tx, wish: OfferWish) -> None:
    """From the next refresh on, new bets are made on it; the database checks it again."""
    touched = await tx.execute(
        "insert into games.offer as o values ($1, $2, $3, $4, $5)"
        " on conflict (brand_id, game) do update set version = excluded.version,"
        " variant = excluded.variant, wish_id = excluded.wish_id",
        wish.brand_id,
        wish.game,
        wish.version,
        wish.variant,
        wish.id,
    )
    assert touched == 1


async def wish(tx: Tx, wish_id: UUID) -> OfferWish | None:
    """One wish with what became of it."""
    row = await tx.fetchrow(f"{_WISH} where w.id = $1", wish_id)
    return None if row is None else _wish(row)


async def wishes(tx: Tx, brand_ids: Sequence[int], *, is_open: bool, limit: int) -> list[OfferWish]:
    """Of these brands, the newest first: those that wait, or those that were decided."""
    rows = await tx.fetch(
        f"{_WISH} where w.brand_id = any($1::integer[]) and (d.wish_id is null) = $2"
        " order by w.id desc limit $3",
        list(brand_ids),
        is_open,
        limit,
    )
    return [_wish(row) for row in rows]


def _stop(row: Record) -> Stop:
    return Stop(
        id=row["id"],
        brand_id=row["brand_id"],
        game=GameSlug(row["game"]),
        version=row["version"],
        stopped_by=row["stopped_by"],
        reason=row["reason"],
        at=row["at"],
    )


def _wish(row: Record) -> OfferWish:
    return OfferWish(
        id=row["id"],
        brand_id=row["brand_id"],
        game=GameSlug(row["game"]),
        version=row["version"],
        variant=row["variant"],
        replaces=row["replaces"],
        stop_id=row["stop_id"],
        proposed_by=row["proposed_by"],
        reason=row["reason"],
        at=row["at"],
        is_approved=row["is_approved"],
        decided_by=row["decided_by"],
        decided_reason=row["decided_reason"],
        decided_at=row["decided_at"],
    )


# --- Voids

_VOID = (
    "select w.id, w.bet_id, w.brand_id, w.player_id, w.lane, w.proposed_by, w.reason, w.at,"
    " d.is_approved, d.staff_id as decided_by from games.void_wish w"
    " left join games.void_decision d on d.wish_id = w.id"
)


async def add_void(tx: Tx, made: VoidWish) -> None:
    """Write a wish down; one at a time per bet."""
    await tx.execute(
        "insert into games.void_wish values ($1, $2, $3, $4, $5, $6, $7, $8)",
        made.id,
        made.bet_id,
        made.brand_id,
        made.player_id,
        made.lane,
        made.proposed_by,
        made.reason,
        made.at,
    )


async def newest_void(tx: Tx, bet_id: UUID) -> VoidWish | None:
    """The last wish about a bet."""
    row = await tx.fetchrow(f"{_VOID} where w.bet_id = $1 order by w.id desc limit 1", bet_id)
    return None if row is None else _void(row)


async def decide_void(
    tx: Tx, wish_id: UUID, staff_id: UUID, reason: str, *, is_approved: bool
) -> None:
    """Write the decision down."""
    await tx.execute(
        "insert into games.void_decision values ($1, $2, $3, $4, $5)",
        wish_id,
        is_approved,
        staff_id,
        reason,
        tx.now,
    )


async def voids_to_do(tx: Tx, limit: int) -> list[VoidWish]:
    """Approved and not done, the oldest first."""
    rows = await tx.fetch(
        f"{_VOID} where d.is_approved and not exists"
        " (select from games.void_done v where v.wish_id = w.id) order by w.id limit $1",
        limit,
    )
    return [_void(row) for row in rows]


async def open_voids(tx: Tx, brand_ids: Sequence[int], limit: int) -> list[VoidWish]:
    """Undecided, the newest first."""
    rows = await tx.fetch(
        f"{_VOID} where w.brand_id = any($1::integer[]) and d.wish_id is null"
        " order by w.id desc limit $2",
        list(brand_ids),
        limit,
    )
    return [_void(row) for row in rows]


async def void_done(tx: Tx, wish_id: UUID) -> None:
    """The round is over."""
    await tx.execute(
        "insert into games.void_done values ($1, $2) on conflict do nothing", wish_id, tx.now
    )


def _void(row: Record) -> VoidWish:
    return VoidWish(**dict(row.items()))
