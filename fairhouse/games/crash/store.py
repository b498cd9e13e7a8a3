"""All SQL of crash and slide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.games.crash.types import CashOut, Entrant, Round, RunnerElsewhere, State
from fairhouse.platform.database import Record, Tx

CHANNEL: Final = "fairhouse_crash"
"""Notified with the game's name whenever something of a round is committed."""

_IDLE_MS: Final = 3_000
"""A runner that is stopped in the middle of a transaction must not keep others waiting for ever."""

_ROUND: Final = """
    r.id, r.game, r.number, r.state, r.chain_id, r.chain_number, r.opened_at, r.closes_at,
    r.beacon, r.beacon_key, r.beacon_round, r.signature, r.started_at, r.caps, r.entrants,
    r.seen_ms, r.seen_epoch, r.point, r.hash, r.made_good, r.ended_at, r.reason, r.settled_at
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who runs a game's rounds."""

    owner: str | None
    address: str | None
    epoch: int
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Left:
    """A cash-out with its entrant, as it is settled and shown."""

    entrant: Entrant
    taken: CashOut
    written_at: datetime


async def keep_lease(
    tx: Tx, game: str, owner: str, address: str | None, lease_s: float
) -> Lease | None:
    """Prolong our lease, or take one that has run out; None while it is another's.

    A taker bumps the epoch: nothing of the former owner's passes the fence from then on.
    """
    row = await tx.fetchrow(
        """
        update games.crash_runner r
        set epoch = case when r.owner = $2 then r.epoch else r.epoch + 1 end,
            owner = $2, address = $3,
            lease_until = clock_timestamp() + make_interval(secs => $4)
        where r.game = $1 and (r.owner = $2 or r.lease_until < clock_timestamp())
        returning r.owner, r.address, r.epoch, true as is_valid
        """,
        game,
        owner,
        address,
        lease_s,
    )
    return None if row is None else Lease(**dict(row.items()))


async def release(tx: Tx, game: str, owner: str) -> None:
    """Give the game up at once: another process may take it without waiting."""
    await tx.execute(
        """
        update games.crash_runner
        set owner = null, address = null, epoch = epoch + 1, lease_until = '-infinity'
        where game = $1 and owner = $2
        """,
        game,
        owner,
    )
    await tell(tx, game)


async def lease(tx: Tx, game: str) -> Lease:
    """Who runs the game now."""
    row = await tx.fetchrow(
        """
        select owner, address, epoch, lease_until >= clock_timestamp() as is_valid
        from games.crash_runner where game = $1
        """,
        game,
    )
    assert row is not None
    return Lease(**dict(row.items()))


async def fence(tx: Tx, game: str, epoch: int) -> None:
    """The game is still ours, and stays so until the transaction ends.

    Refuses with RunnerElsewhere.
    """
    await tx.execute(f"set local idle_in_transaction_session_timeout = {_IDLE_MS}")
    found = await tx.fetchval(
        "select 1 from games.crash_runner where game = $1 and epoch = $2 for share", game, epoch
    )
    if found is None:
        raise elsewhere(game)


def elsewhere(game: str) -> RunnerElsewhere:
    """The refusal for a round that this process does not run."""
    return RunnerElsewhere(
        "The round is being taken over by another process; repeat in a moment.",
        retry_after_ms=200,
        game=game,
    )


async def tell(tx: Tx, game: str) -> None:
    """Wake whoever follows the game, once this is committed."""
    await tx.execute(f"select pg_notify('{CHANNEL}', $1)", game)


# --- Rounds


async def add_round(tx: Tx, new: Round) -> None:
    """Betting opens."""
    await tx.execute(
        """
        insert into games.crash_round
            (id, game, number, state, chain_id, chain_number, opened_at, closes_at, beacon,
             beacon_key, beacon_round)
        values ($1, $2, $3, 'betting', $4, $5, $6, $7, $8, $9, $10)
        """,
        new.id,
        new.game,
        new.number,
        new.chain_id,
        new.chain_number,
        new.opened_at,
        new.closes_at,
        new.beacon,
        new.beacon_key,
        new.beacon_round,
    )


async def newest_round(tx: Tx, game: str) -> Round | None:
    """The game's round that is under way, else the last one."""
    row = await tx.fetchrow(
        f"select {_ROUND} from games.crash_round r where r.game = $1"
        " order by r.number desc limit 1",
        game,
    )
    return None if row is None else _round(row)


async def rounds_by_id(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Round]:
    """Rounds by id; unknown ids are left out."""
    rows = await tx.fetch(
        f"select {_ROUND} from games.crash_round r where r.id = any($1::uuid[])", list(ids)
    )
    return {row["id"]: _round(row) for row in rows}


async def past_rounds(tx: Tx, game: str, before: int | None, limit: int) -> list[Round]:
    """Rounds that are over, the newest first."""
    rows = await tx.fetch(
        f"""
        select {_ROUND} from games.crash_round r
        where r.game = $1 and r.state in ('crashed', 'settled', 'void')
          and ($2::bigint is null or r.number < $2)
        order by r.number desc limit $3
        """,
        game,
        before,
        limit,
    )
    return [_round(row) for row in rows]


async def unsettled_rounds(tx: Tx, game: str) -> list[Round]:
    """Rounds that are over while bets of theirs may still be open, the oldest first."""
    rows = await tx.fetch(
        f"""
        select {_ROUND} from games.crash_round r
        where r.game = $1 and r.state in ('crashed', 'void') and r.settled_at is null
        order by r.number
        """,
        game,
    )
    return [_round(row) for row in rows]


async def last_of_chain(tx: Tx, chain_id: UUID) -> int:
    """The newest game that was opened on a chain; 0 when none was."""
    found = await tx.fetchval(
        "select max(chain_number) from games.crash_round where chain_id = $1", chain_id
    )
    return found or 0


async def lock_round(tx: Tx, id_: UUID) -> None:
    """Betting is over."""
    await _moved(tx, "state = 'locked'", "state = 'betting'", id_)


async def start_round(tx: Tx, begun: Round) -> None:
    """The run is about to begin: the signature is told, who is in stands."""
    await _moved(
        tx,
        "state = 'running', signature = $2, started_at = $3, caps = $4, entrants = $5,"
        " seen_epoch = $6",
        "state = 'locked'",
        begun.id,
        begun.signature,
        begun.started_at,
        begun.caps,
        begun.entrants,
        begun.seen_epoch,
    )


async def note_seen(tx: Tx, id_: UUID, at_ms: int, epoch: int) -> None:
    """The runner was alive in this millisecond of the run."""
    await _moved(
        tx,
        "seen_ms = greatest(seen_ms, $2), seen_epoch = $3",
        "state = 'running'",
        id_,
        at_ms,
        epoch,
    )


async def end_round(tx: Tx, ended: Round) -> None:
    """It crashed: the hash is told."""
    await _moved(
        tx,
        "state = 'crashed', point = $2, hash = $3, made_good = $4, ended_at = $5",
        "state = 'running'",
        ended.id,
        ended.point,
        ended.hash,
        ended.made_good,
        ended.ended_at,
    )


async def void_round(tx: Tx, id_: UUID, hash_: bytes, reason: str) -> None:
    """It is given up; the hash is told all the same, so that the chain can be followed."""
    await _moved(
        tx,
        "state = 'void', hash = $2, reason = $3, ended_at = $4",
        "state in ('betting', 'locked')",
        id_,
        hash_,
        reason,
        tx.now,
    )


async def settle_round(tx: Tx, id_: UUID) -> None:
    """Nothing of it is open any more; again it changes nothing."""
    await tx.execute(
        """
        update games.crash_round
        set settled_at = $2, state = case when state = 'crashed' then 'settled' else state end
        where id = $1 and state in ('crashed', 'void') and settled_at is null
        """,
        id_,
        tx.now,
    )


async def _moved(tx: Tx, change: str, when: str, id_: UUID, *values: object) -> None:
    touched = await tx.execute(
        f"update games.crash_round set {change} where id = $1 and {when}", id_, *values
    )
    assert touched == 1, "the fence holds: nobody else moves the round"


# --- Who is in, and who left


async def add_entrants(tx: Tx, entrants: Sequence[Entrant]) -> None:
    """Everybody who is in, in one statement."""
    columns = list(
        zip(
            *(
                (
                    one.bet_id,
                    one.round_id,
                    one.brand_id,
                    one.lane,
                    one.player_id,
                    one.currency,
                    one.stake,
                    one.auto,
                    one.ends_at,
                )
                for one in entrants
            ),
            strict=True,
        )
    )
    if not columns:
        return
    await tx.execute(
        """
        insert into games.crash_bet
            (bet_id, round_id, brand_id, lane, player_id, currency, stake, auto, ends_at)
        select * from unnest(
            $1::uuid[], $2::uuid[], $3::integer[], $4::smallint[], $5::uuid[], $6::text[],
            $7::bigint[], $8::bigint[], $9::bigint[])
        """,
        *columns,
    )


async def entrants(tx: Tx, round_id: UUID) -> list[Entrant]:
    """Everybody who was in."""
    rows = await tx.fetch("select * from games.crash_bet where round_id = $1", round_id)
    return [_entrant(row) for row in rows]


async def entrants_by_id(tx: Tx, bet_ids: Sequence[UUID]) -> dict[UUID, Entrant]:
    """Entrants by bet; a bet that came too late is left out."""
    rows = await tx.fetch(
        "select * from games.crash_bet where bet_id = any($1::uuid[])", list(bet_ids)
    )
    return {row["bet_id"]: _entrant(row) for row in rows}


async def add_cash_outs(tx: Tx, round_id: UUID, taken: Sequence[CashOut]) -> None:
    """Write cash-outs of a round that runs; of one bet the first stands."""
    await tx.execute(
        """
        with running as (
            select id from games.crash_round where id = $1 and state = 'running' for share)
        insert into games.crash_cash_out (bet_id, round_id, at_ms, multiplier, written_at)
        select bet_id, running.id, at_ms, multiplier, $5
        from unnest($2::uuid[], $3::integer[], $4::bigint[]) as new (bet_id, at_ms, multiplier)
        cross join running
        on conflict (bet_id) do nothing
        """,
        round_id,
        [one.bet_id for one in taken],
        [one.at_ms for one in taken],
        [one.multiplier for one in taken],
        tx.now,
    )


async def cash_outs(tx: Tx, bet_ids: Sequence[UUID]) -> dict[UUID, CashOut]:
    """Cash-outs by bet."""
    rows = await tx.fetch(
        """
        select bet_id, at_ms, multiplier from games.crash_cash_out
        where bet_id = any($1::uuid[])
        """,
        list(bet_ids),
    )
    return {row["bet_id"]: CashOut(**dict(row.items())) for row in rows}


async def left(tx: Tx, round_id: UUID, since: datetime | None = None) -> list[Left]:
    """Everybody who left a round by their own hand, in the order of the run; `since`: written
    then or later.
    """
    rows = await tx.fetch(
        """
        select b.*, c.at_ms, c.multiplier, c.written_at
        from games.crash_cash_out c join games.crash_bet b on b.bet_id = c.bet_id
        where c.round_id = $1 and ($2::timestamptz is null or c.written_at >= $2)
        order by c.at_ms, c.bet_id
        """,
        round_id,
        since,
    )
    found: list[Left] = []
    for row in rows:
        values = dict(row.items())
        taken = CashOut(values["bet_id"], values.pop("at_ms"), values.pop("multiplier"))
        written_at = values.pop("written_at")
        found.append(Left(Entrant(**values), taken, written_at))
    return found


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake in a round, per brand and currency."""

    brand_id: int
    currency: str
    bets: int
    staked: int
    left: int
    """Bets that were cashed out by hand."""


async def stakes(tx: Tx, round_id: UUID) -> list[Stakes]:
    """For the live monitor."""
    rows = await tx.fetch(
        """
        select b.brand_id, b.currency, count(*)::integer as bets, sum(b.stake)::bigint as staked,
               count(c.bet_id)::integer as left
        from games.crash_bet b left join games.crash_cash_out c on c.bet_id = b.bet_id
        where b.round_id = $1 group by b.brand_id, b.currency order by b.brand_id, b.currency
        """,
        round_id,
    )
    return [Stakes(**dict(row.items())) for row in rows]


def _round(row: Record) -> Round:
    values = dict(row.items())
    values["state"] = State(values["state"])
    return Round(**values)


def _entrant(row: Record) -> Entrant:
    return Entrant(**dict(row.items()))
