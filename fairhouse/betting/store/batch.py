"""The one statement that commits a batch.

Every part hangs on `moved`: the players whose ids are new, whose stakes their balance covers, and
whose lanes are still ours. `fence` locks our lane rows FOR SHARE with their epoch: a taker bumps
the epoch before its first batch, and waits for us to end before it can. The update of the players'
balances is their lock, in the order of account ids, as the ledger does it; a row that a deposit
changed meanwhile is checked anew. Wagers locked in rounds and the house's money follow: only the
owner of a lane moves those. Where a round does not stand where the owner believed, `betting.fail`
undoes the whole statement.

What is not here: nonces and counters. A fenced owner is a lane's only writer, so they are a fold
of the journal (`store.upkeep`, docs/decisions/0022).

This statement and `betting.bankroll` are the documented places where betting touches the ledger's
tables (docs/decisions/0020).
"""

from collections.abc import Mapping
from typing import Final

from fairhouse.betting.tables import Batch, BatchResult
from fairhouse.platform.database import Connection

_FENCE: Final = """
with fence as materialized (
    select count(*) as lanes from (
        select from betting.lane l
        join unnest($1::smallint[], $2::bigint[]) as own (lane, epoch)
            on own.lane = l.lane and own.epoch = l.epoch
        for share of l
    ) as held
),
line as materialized (
    select l.*,
        case when l.kind <= 3 then l.stake else 0 end as debit,
        case l.kind when 1 then l.payout when 4 then l.payout when 5 then l.stake else 0 end
            as credit
    from unnest($3::betting.line[]) as l
),
"""
_KNOWN: Final = """
known as materialized (
    select distinct line.cash_account from betting.known_ids($13::uuid[]) as k (id)
    join line on line.id = k.id
),
"""
_WANTED: Final = """
wanted as materialized (
    select cash_account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
    from line
    {unless_known}
    group by cash_account
    order by cash_account
),
"""
_UNLESS_KNOWN: Final = (
    "where not exists (select from known where known.cash_account = line.cash_account)"
)
_MOVED: Final = """
moved as materialized (
    update ledger.balance b
    set debits_posted = b.debits_posted + w.debit, credits_posted = b.credits_posted + w.credit
    from wanted w
    where b.account_id = w.cash_account
      and b.credits_posted - b.debits_posted - b.debits_pending >= w.debit
      and (select lanes from fence) = cardinality($1::smallint[])
    returning b.account_id,
        b.credits_posted - b.debits_posted - b.debits_pending - w.credit + w.debit as available
),
good as materialized (
    select line.*, moved.available
    from line join moved on moved.account_id = line.cash_account
),
refused as materialized (
    select asked.cash_account, (
        select b.credits_posted - b.debits_posted - b.debits_pending
        from ledger.balance b where b.account_id = asked.cash_account) as available
    from unnest($12::bigint[]) as asked (cash_account)
    where asked.cash_account not in (select account_id from moved)
),
house_wanted as materialized (
    select ($6::bigint[])[what] as account_id,
        sum(case when kind in (1, 4) then payout else 0 end)::bigint as debit,
        sum(case when kind in (1, 4) then stake else 0 end)::bigint as credit
    from good
    group by 1
    order by 1
),
house as (
    update ledger.balance b
    set debits_posted = b.debits_posted + w.debit, credits_posted = b.credits_posted + w.credit
    from house_wanted w
    where b.account_id = w.account_id
    returning 1
),
"""
_ROUNDS: Final = """
lock_wanted as materialized (
    select locked_account,
        sum(case when kind in (4, 5) then stake else 0 end)::bigint as debit,
        sum(case when kind in (2, 3) then stake else 0 end)::bigint as credit
    from good where locked_account is not null
    group by locked_account
    order by locked_account
),
locked as (
    update ledger.balance b
    set debits_posted = b.debits_posted + w.debit, credits_posted = b.credits_posted + w.credit
    from lock_wanted w
    where b.account_id = w.locked_account
    returning 1
),
move_on as materialized (
    select m.* from unnest($14::betting.round_change[]) as m
),
opened as (
    insert into betting.round (
        id, brand_id, lane, player_id, currency, game, game_version, table_hash, seed_pair_id,
        nonce, params, stake, payout, state, step, progress, rate_id, stake_value, opened_at,
        expires_at, balance_after
    )
    select m.id, ($4::int[])[g.what], g.lane, g.player_id, ($5::text[])[g.what],
        ($7::text[])[g.what], ($8::text[])[g.what], ($9::text[])[g.what], g.seed_pair_id,
        g.nonce, g.params, g.stake, 0, 'open', 0, m.progress, ($10::uuid[])[g.what],
        g.stake_value, $11, m.expires_at, g.available + m.delta
    from move_on m join good g on g.id = m.id
    where m.step_before is null and g.kind = 2
    returning 1
),
stepped as (
    update betting.round d
    set payout = m.payout, state = m.state, step = m.step, progress = m.progress,
        closed_at = m.closed_at, balance_after = g.available + m.delta, added = m.added,
        added_value = m.added_value
    from move_on m join good g on g.round_id = m.id
    where m.step_before is not null and g.kind >= 3
      and d.id = m.id and d.state = 'open' and d.step = m.step_before
      and d.player_id = g.player_id
    returning 1
),
"""
_WRITTEN: Final = """
written as (
    insert into betting.entry (
        id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
        house_account, locked_account, stake, payout, balance_after, game, game_version,
        table_hash, seed_pair_id, nonce, step, params, outcome, rate_id, stake_value, fingerprint,
        at
    )
    select id, ('{instant,open,step,settle,void}'::text[])[kind],
        coalesce(round_id, id), ($4::int[])[what],
        lane, lane_seq, player_id, ($5::text[])[what], cash_account, ($6::bigint[])[what],
        locked_account, stake, payout, available + delta, ($7::text[])[what],
        ($8::text[])[what], ($9::text[])[what], seed_pair_id, nonce, step, params, outcome,
        ($10::uuid[])[what], stake_value, fingerprint, $11::timestamptz
    from good
    returning 1
)
select
    (select array_agg(account_id) from moved) as accepted,
    (select array_agg(available) from moved) as available,
    (select array_agg(cash_account) from refused) as refused,
    (select array_agg(available) from refused) as short,
    (select lanes from fence) < cardinality($1::smallint[]) as fenced
"""
_CHECKED: Final = """,
    case when (select count(*) from house) <> (select count(*) from house_wanted)
           or (select count(*) from written) <> (select count(*) from good)
           {or_rounds}
         then betting.fail('the owner is behind the database') end as checked
"""
_OR_ROUNDS: Final = """
           or (select count(*) from locked) <> (select count(*) from lock_wanted)
           or (select count(*) from opened) + (select count(*) from stepped)
              <> (select count(*) from move_on m
                  join moved on moved.account_id = m.cash_account)
"""

PLAIN: Final = (
    _FENCE + _WANTED.format(unless_known="") + _MOVED + _WRITTEN + _CHECKED.format(or_rounds="")
)
"""Bets decided at once under ids that are new: what most batches are, with half the fixed cost."""

BATCH: Final = (
    _FENCE
    + _KNOWN
    + _WANTED.format(unless_known=_UNLESS_KNOWN)
    + _MOVED
    + _ROUNDS
    + _WRITTEN
    + ",\n    (select array_agg(cash_account) from known) as known"
    + _CHECKED.format(or_rounds=_OR_ROUNDS)
)
"""Any batch."""


async def prepare(connection: Connection, *, lock_timeout_ms: int) -> None:
    """Make a connection fit for batches.

    Its plans are kept while tables grow from nothing to millions of rows: without sequential scans
    every one of them is right at any size.
    """
    await connection.execute("set enable_seqscan = off")
    await connection.execute(f"set lock_timeout = {lock_timeout_ms}")


async def commit_batch(
    connection: Connection, epochs: Mapping[int, int], sent: Batch
) -> BatchResult:
    """Write for each player what the database accepts, whole or not at all; see the module.

    `epochs` are the lanes that the batch touches. Raises asyncpg's errors when the statement as a
    whole fails: nothing was written then, unless the connection was lost.
    """
    is_plain = not sent.moves and not sent.suspects
    row = await connection.fetchrow(
        PLAIN if is_plain else BATCH,
        list(epochs),
        list(epochs.values()),
        sent.lines,
        *zip(*sent.whats, strict=True),
        sent.at,
        sent.accounts,
        *(() if is_plain else (sent.suspects, sent.moves)),
    )
    assert row is not None
    available: dict[int, int] = dict(
        zip(row["accepted"] or (), row["available"] or (), strict=True)
    )
    return BatchResult(
        fenced=row["fenced"],
        accepted=available,
        refused=dict(zip(row["refused"] or (), row["short"] or (), strict=True)),
        known=frozenset(() if is_plain else row["known"] or ()),
    )
