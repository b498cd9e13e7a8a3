"""Bets, rounds and the journal as they are read."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting.types import BetId, Entry, EntryKind, Round, RoundState, Staked
from fairhouse.platform.database import Record, Tx

_ENTRY: Final = """
    e.id, e.kind, e.round_id, e.brand_id, e.lane, e.lane_seq, e.player_id, e.currency,
    e.cash_account, e.house_account, e.locked_account, e.stake, e.payout, e.balance_after, e.game,
    e.game_version, e.table_hash, e.seed_pair_id, e.nonce, e.step, e.params, e.outcome, e.rate_id,
    e.stake_value, e.fingerprint, e.at
"""


async def entries(tx: Tx, ids: Sequence[UUID]) -> list[Entry]:
    """Journal lines by id."""
    rows = await tx.fetch(f"select {_ENTRY} from betting.entry e where e.id = any($1::uuid[])", ids)
    return [entry_of(row) for row in rows]


async def entries_of_round(tx: Tx, first: Entry) -> list[Entry]:
    """A round's journal lines in their order, found through its locked account."""
    rows = await tx.fetch(
        f"""
        select {_ENTRY} from betting.entry e
        where e.locked_account = $2 and e.id >= $1 and e.round_id = $1
        order by e.lane_seq
        """,
        first.round_id,
        first.locked_account,
    )
    return [entry_of(row) for row in rows]


async def entries_after(tx: Tx, lane: int, lane_seq: int, limit: int) -> list[Entry]:
    """The lane's next journal lines: how consumers read the road."""
    rows = await tx.fetch(
        f"select {_ENTRY} from betting.entry e where e.lane = $1 and e.lane_seq > $2"
        " order by e.lane_seq limit $3",
        lane,
        lane_seq,
        limit,
    )
    return [entry_of(row) for row in rows]


async def first_entries_of(
    tx: Tx, player_id: UUID, before: UUID | None, game: str | None, limit: int
) -> list[Entry]:
    """The first line of each of a player's bets, newest first."""
    rows = await tx.fetch(
        f"""
        select own.* from betting.player_account a
        cross join lateral (
            select {_ENTRY} from betting.entry e
            where e.cash_account = a.cash_account and e.kind in ('instant', 'open')
              and e.id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and ($3::text is null or e.game = $3)
            order by e.id desc limit $4
        ) as own
        where a.player_id = $1
        order by own.id desc limit $4
        """,
        player_id,
        before,
        game,
        limit,
    )
    return [entry_of(row) for row in rows]


async def newest_entries(tx: Tx, brand_id: int, since: UUID, limit: int) -> list[Entry]:
    """The newest finished bets of a brand since an id, newest first, for the lobby."""
    rows = await tx.fetch(
        f"""
        select {_ENTRY} from betting.entry e
        where e.id >= $2 and e.brand_id = $1 and e.kind in ('instant', 'settle')
        order by e.id desc limit $3
        """,
        brand_id,
        since,
        limit,
    )
    return [entry_of(row) for row in rows]


async def rounds(tx: Tx, ids: Sequence[UUID]) -> dict[BetId, Round]:
    """Rounds by id, open or closed."""
    rows = await tx.fetch("select * from betting.round where id = any($1::uuid[])", ids)
    return {row["id"]: round_of(row) for row in rows}


async def expired_rounds(tx: Tx, limit: int) -> list[Round]:
    """Open rounds whose time is over."""
    rows = await tx.fetch(
        "select * from betting.round where state = 'open' and expires_at <= $1"
        " order by expires_at limit $2",
        tx.now,
        limit,
    )
    return [round_of(row) for row in rows]


async def open_of_game(
    tx: Tx, game: str, lanes: Sequence[int], having: Mapping[str, object], limit: int
) -> list[Round]:
    """Open rounds of a game in these lanes whose parameters have these values, oldest first."""
    # `offset 0`: sorted after they are found, never searched for along all rounds ever.
    rows = await tx.fetch(
        "select * from (select * from betting.round where state = 'open' and game = $1"
        " and lane = any($2::smallint[]) and params @> $3 offset 0) as found"
        " order by id limit $4",
        game,
        lanes,
        having,
        limit,
    )
    return [round_of(row) for row in rows]


async def staked_on(tx: Tx, game: str, having: Mapping[str, object]) -> list[Staked]:
    """What is at stake in a game's open rounds whose parameters have these values."""
    rows = await tx.fetch(
        "select brand_id, currency, count(*)::integer as bets, sum(stake + added)::bigint as staked"
        " from betting.round where state = 'open' and game = $1 and params @> $2"
        " group by brand_id, currency order by brand_id, currency",
        game,
        having,
    )
    return [Staked(**dict(row.items())) for row in rows]


def entry_of(row: Record) -> Entry:
    """A row of `betting.entry`."""
    values = dict(row.items())
    values["kind"] = EntryKind(row["kind"])
    return Entry(**values)


def round_of(row: Record) -> Round:
    """A row of `betting.round`."""
    values = dict(row.items())
    values["state"] = RoundState(row["state"])
    values["stake"] += row["added"]
    if row["stake_value"] is not None:
        values["stake_value"] += row["added_value"]
    return Round(**values)
