"""What the lane owner loads about players, and the house's money."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting.store.reads import round_of
from fairhouse.betting.tables import BankrollRow, HotRow, PlayerAccounts
from fairhouse.betting.types import Bettor, Round
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Tx
from fairhouse.protection.api import count
from fairhouse.protection.types import Play


async def hot_rows(tx: Tx, player_ids: Sequence[UUID]) -> dict[UUID, HotRow]:
    """Those players who have bet before."""
    rows = await tx.fetch(
        "select player_id, seed_pair_id, nonce from betting.player_hot"
        " where player_id = any($1::uuid[])",
        player_ids,
    )
    return {
        row["player_id"]: HotRow(row["player_id"], row["seed_pair_id"], row["nonce"])
        for row in rows
    }


async def next_nonce(tx: Tx, player_id: UUID) -> tuple[UUID, int] | None:
    """The active seed pair and its next nonce, complete to the newest commit; None before the
    first bet.
    """
    row = await tx.fetchrow(
        """
        select h.seed_pair_id, greatest(h.nonce, (
            select max(e.nonce) + 1
            from betting.fold_cursor c
            join betting.entry e on e.lane = c.lane and e.lane_seq > c.lane_seq
                and e.id >= c.id_floor
            where c.lane = h.lane and e.player_id = h.player_id
              and e.seed_pair_id = h.seed_pair_id)) as nonce
        from betting.player_hot h where h.player_id = $1
        """,
        player_id,
    )
    return None if row is None else (row["seed_pair_id"], row["nonce"])


# One statement: nothing can be folded between reading the row and reading the tail.
_PLAYS: Final = """
with tail as (
    select e.player_id, (e.at at time zone 'UTC')::date as day,
        sum(betting.wagered_value(e.kind, e.stake, e.stake_value))::bigint as wagered,
        sum(betting.returned_value(e.kind, e.stake, e.payout, e.stake_value))::bigint as returned
    from betting.player_hot h
    join betting.fold_cursor c on c.lane = h.lane
    join betting.entry e on e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor
        and e.player_id = h.player_id
    where h.player_id = any($1::uuid[])
    group by 1, 2
)
select h.player_id, h.counted_day, h.wagered_day, h.wagered_week, h.wagered_month,
    h.returned_day, h.returned_week, h.returned_month, t.day, t.wagered, t.returned
from betting.player_hot h left join tail t on t.player_id = h.player_id
where h.player_id = any($1::uuid[])
order by h.player_id, t.day
"""


async def plays(tx: Tx, player_ids: Sequence[UUID]) -> dict[UUID, Play]:
    """What these players staked and got back in their newest periods, to the newest commit.

    Those who never bet are absent.
    """
    found: dict[UUID, Play] = {}
    for row in await tx.fetch(_PLAYS, player_ids):
        play = found.get(row["player_id"])
        if play is None:
            play = found[row["player_id"]] = Play(
                day=row["counted_day"].toordinal(),
                wagered_day=row["wagered_day"],
                wagered_week=row["wagered_week"],
                wagered_month=row["wagered_month"],
                returned_day=row["returned_day"],
                returned_week=row["returned_week"],
                returned_month=row["returned_month"],
            )
        if row["day"] is not None:
            count(play, row["day"], row["wagered"], row["returned"])
    return found


async def add_hot(tx: Tx, bettor: Bettor, seed_pair_id: UUID) -> None:
    """A player's first bet is about to come."""
    await tx.execute(
        "insert into betting.player_hot (player_id, brand_id, lane, seed_pair_id, nonce)"
        " values ($1, $2, $3, $4, 0) on conflict do nothing",
        bettor.player_id,
        bettor.brand_id,
        bettor.lane,
        seed_pair_id,
    )


async def accounts_of(
    tx: Tx, player_ids: Sequence[UUID]
) -> dict[UUID, dict[CurrencyCode, PlayerAccounts]]:
    """The ledger accounts of these players, in the currencies they have bet in."""
    rows = await tx.fetch(
        "select player_id, currency, cash_account, locked_account from betting.player_account"
        " where player_id = any($1::uuid[])",
        player_ids,
    )
    found: dict[UUID, dict[CurrencyCode, PlayerAccounts]] = {}
    for row in rows:
        accounts = PlayerAccounts(row["cash_account"], row["locked_account"])
        found.setdefault(row["player_id"], {})[row["currency"]] = accounts
    return found


async def add_accounts(tx: Tx, player_id: UUID, of: CurrencyCode, accounts: PlayerAccounts) -> None:
    """Remember a player's accounts in a currency."""
    await tx.execute(
        "insert into betting.player_account values ($1, $2, $3, $4) on conflict do nothing",
        player_id,
        of,
        accounts.cash,
        accounts.locked,
    )


async def use_seeds(tx: Tx, player_id: UUID, seed_pair_id: UUID) -> None:
    """From the next bet on another pair decides, from nonce 0.

    The caller holds the cursor of the player's lane (`upkeep.lock_cursor`).
    """
    touched = await tx.execute(
        "update betting.player_hot set seed_pair_id = $2, nonce = 0 where player_id = $1",
        player_id,
        seed_pair_id,
    )
    assert touched == 1


async def open_rounds_of(tx: Tx, player_ids: Sequence[UUID]) -> list[Round]:
    """All open rounds of these players."""
    rows = await tx.fetch(
        "select * from betting.round where player_id = any($1::uuid[]) and state = 'open'",
        player_ids,
    )
    return [round_of(row) for row in rows]


async def bankrolls(tx: Tx) -> list[BankrollRow]:
    """The house's money per brand and currency."""
    rows = await tx.fetch("select brand_id, currency, units from betting.bankroll")
    return [BankrollRow(row["brand_id"], row["currency"], int(row["units"])) for row in rows]
