"""The one statement that commits a batch.

Every part hangs on `good`: the groups whose ids are new, whose stakes the balance covers, and whose
lanes are still ours. `fence` locks our lane rows FOR SHARE with their epoch: a taker bumps the
epoch before its first batch, and waits for us to end before it can. Balances are locked in the
order of their account ids, as the ledger does. Where the database does not stand where the owner
believed (nonce, round step), `betting.fail` undoes the whole statement.

This statement and `betting.bankroll` are the documented places where betting touches the ledger's
tables (docs/decisions/0020).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fairhouse.betting.tables import BatchResult, Group, GroupResult
from fairhouse.platform.database import Connection

_BATCH: Final = """
with fence as materialized (
    select count(*) as lanes from (
        select from betting.lane l
        join unnest($1::smallint[], $2::bigint[]) as own (lane, epoch)
            on own.lane = l.lane and own.epoch = l.epoch
        for share of l
    ) as held
),
grp as materialized (
    select * from unnest(
        $4::int[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
        $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::text[], $22::int[],
        $23::smallint[]
    ) as g (
        grp, player_id, seed_pair_id, nonce_before, nonce_after, cash_account, locked_account,
        house_account, need, cash_debit, cash_credit, locked_debit, locked_credit, house_debit,
        house_credit, wagered_value, returned_value, currency, brand_id, lane
    )
),
line as materialized (
    select * from unnest(
        $24::int[], $25::uuid[], $26::text[], $27::uuid[], $28::bigint[], $29::bigint[],
        $30::bigint[], $31::bigint[], $32::text[], $33::text[], $34::text[], $35::bigint[],
        $36::int[], $37::jsonb[], $38::jsonb[], $39::uuid[], $40::bigint[], $41::bytea[],
        $42::timestamptz[]
    ) as l (
        grp, id, kind, round_id, lane_seq, stake, payout, delta, game, game_version, table_hash,
        nonce, step, params, outcome, rate_id, stake_value, fingerprint, at
    )
),
move_on as materialized (
    select * from unnest(
        $43::int[], $44::uuid[], $45::int[], $46::int[], $47::text[], $48::bigint[], $49::jsonb[],
        $50::timestamptz[], $51::timestamptz[], $52::bigint[]
    ) as r (
        grp, id, step_before, step, state, payout, progress, expires_at, closed_at, delta
    )
),
known as materialized (
    select distinct line.grp from betting.known_ids($25::uuid[]) as k (id)
    join line on line.id = k.id
),
locked as materialized (
    select b.account_id, b.credits_posted - b.debits_posted - b.debits_pending as available
    from ledger.balance b
    where b.account_id = any($3::bigint[])
    order by b.account_id
    for no key update of b
),
good as materialized (
    select grp.*, locked.available
    from grp join locked on locked.account_id = grp.cash_account
    where locked.available >= grp.need
      and (select lanes from fence) = cardinality($1::smallint[])
      and not exists (select from known where known.grp = grp.grp)
),
hot as (
    update betting.player_hot p
    set nonce = good.nonce_after,
        wagered_value = p.wagered_value + good.wagered_value,
        returned_value = p.returned_value + good.returned_value
    from good
    where p.player_id = good.player_id and p.seed_pair_id = good.seed_pair_id
      and p.nonce = good.nonce_before
    returning 1
),
opened as (
    insert into betting.round (
        id, brand_id, lane, player_id, currency, game, game_version, table_hash, seed_pair_id,
        nonce, params, stake, payout, state, step, progress, rate_id, stake_value, opened_at,
        expires_at, balance_after
    )
    select r.id, good.brand_id, good.lane, good.player_id, good.currency, line.game,
        line.game_version, line.table_hash, good.seed_pair_id, line.nonce, line.params, line.stake,
        0, 'open', 0, r.progress, line.rate_id, line.stake_value, line.at, r.expires_at,
        good.available + r.delta
    from move_on r
    join good on good.grp = r.grp
    join line on line.id = r.id
    where r.step_before is null
    returning 1
),
stepped as (
    update betting.round d
    set payout = r.payout, state = r.state, step = r.step, progress = r.progress,
        closed_at = r.closed_at, balance_after = good.available + r.delta
    from move_on r join good on good.grp = r.grp
    where r.step_before is not null
      and d.id = r.id and d.state = 'open' and d.step = r.step_before
      and d.player_id = good.player_id
    returning 1
),
movement as materialized (
    select leg.account_id, sum(leg.debit)::bigint as debit, sum(leg.credit)::bigint as credit
    from good cross join lateral (values
        (good.cash_account, good.cash_debit, good.cash_credit),
        (good.locked_account, good.locked_debit, good.locked_credit),
        (good.house_account, good.house_debit, good.house_credit)
    ) as leg (account_id, debit, credit)
    where leg.debit > 0 or leg.credit > 0
    group by leg.account_id
),
moved as (
    update ledger.balance b
    set debits_posted = b.debits_posted + m.debit, credits_posted = b.credits_posted + m.credit
    from movement m
    where b.account_id = m.account_id
    returning 1
),
written as (
    insert into betting.entry (
        id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
        house_account, locked_account, stake, payout, balance_after, game, game_version,
        table_hash, seed_pair_id, nonce, step, params, outcome, rate_id, stake_value, fingerprint,
        at
    )
    select line.id, line.kind, line.round_id, good.brand_id, good.lane, line.lane_seq,
        good.player_id, good.currency, good.cash_account, good.house_account,
        case when line.kind <> 'instant' then good.locked_account end, line.stake, line.payout,
        good.available + line.delta, line.game, line.game_version, line.table_hash,
        good.seed_pair_id, line.nonce, line.step, line.params, line.outcome, line.rate_id,
        line.stake_value, line.fingerprint, line.at
    from line join good on good.grp = line.grp
    returning 1
)
select grp.grp, good.grp is not null as accepted, coalesce(locked.available, 0) as available,
    exists (select from known where known.grp = grp.grp) as known,
    (select lanes from fence) < cardinality($1::smallint[]) as fenced,
    case when (select count(*) from hot) <> (select count(*) from good)
           or (select count(*) from opened) + (select count(*) from stepped)
              <> (select count(*) from move_on r join good on good.grp = r.grp)
           or (select count(*) from moved) <> (select count(*) from movement)
           or (select count(*) from written)
              <> (select count(*) from line join good on good.grp = line.grp)
         then betting.fail('the owner is behind the database') end as checked
from grp
left join good on good.grp = grp.grp
left join locked on locked.account_id = grp.cash_account
order by grp.grp
"""


async def prepare(connection: Connection, *, lock_timeout_ms: int) -> None:
    """Make a connection fit for batches.

    Its plans are kept while tables grow from nothing to millions of rows: without sequential scans
    every one of them is right at any size.
    """
    await connection.execute("set enable_seqscan = off")
    await connection.execute(f"set lock_timeout = {lock_timeout_ms}")


async def commit_batch(
    connection: Connection, epochs: Mapping[int, int], groups: Sequence[Group]
) -> BatchResult:
    """Write the groups that the database accepts, each whole; see the module.

    `epochs` are the lanes that the groups touch. Raises asyncpg's errors when the statement as a
    whole fails: nothing was written then, unless the connection was lost.
    """
    accounts = {
        account
        for group in groups
        for account in (group.accounts.cash, group.accounts.locked, group.house_account)
        if account != group.accounts.locked or group.locked_debit or group.locked_credit
    }
    rows = await connection.fetch(
        _BATCH,
        list(epochs),
        list(epochs.values()),
        sorted(accounts),
        *_group_columns(groups),
        *_line_columns(groups),
        *_round_columns(groups),
    )
    results = [GroupResult(row["accepted"], row["known"], row["available"]) for row in rows]
    return BatchResult(fenced=rows[0]["fenced"], groups=results)


def _group_columns(groups: Sequence[Group]) -> list[list[object]]:
    return [
        list(range(len(groups))),
        [group.player.player_id for group in groups],
        [group.player.seeds.id for group in groups],
        [group.player.nonce for group in groups],
        [group.nonce_after for group in groups],
        [group.accounts.cash for group in groups],
        [group.accounts.locked for group in groups],
        [group.house_account for group in groups],
        [group.need for group in groups],
        [group.cash_debit for group in groups],
        [group.cash_credit for group in groups],
        [group.locked_debit for group in groups],
        [group.locked_credit for group in groups],
        [group.house_debit for group in groups],
        [group.house_credit for group in groups],
        [group.wagered_value for group in groups],
        [group.returned_value for group in groups],
        [group.currency for group in groups],
        [group.player.brand_id for group in groups],
        [group.player.lane for group in groups],
    ]


def _line_columns(groups: Sequence[Group]) -> list[list[object]]:
    lines = [entry for group in groups for entry in group.entries]
    return [
        [index for index, group in enumerate(groups) for _ in group.entries],
        [line.id for line in lines],
        [line.kind.value for line in lines],
        [line.round_id for line in lines],
        [line.lane_seq for line in lines],
        [line.stake for line in lines],
        [line.payout for line in lines],
        [line.balance_after for line in lines],
        [line.game for line in lines],
        [line.game_version for line in lines],
        [line.table_hash for line in lines],
        [line.nonce for line in lines],
        [line.step for line in lines],
        [line.params for line in lines],
        [line.outcome for line in lines],
        [line.rate_id for line in lines],
        [line.stake_value for line in lines],
        [line.fingerprint for line in lines],
        [line.at for line in lines],
    ]


def _round_columns(groups: Sequence[Group]) -> list[list[object]]:
    changes = [change for group in groups for change in group.rounds]
    return [
        [index for index, group in enumerate(groups) for _ in group.rounds],
        [change.after.id for change in changes],
        [change.step_before for change in changes],
        [change.after.step for change in changes],
        [change.after.state.value for change in changes],
        [change.after.payout for change in changes],
        [change.after.progress for change in changes],
        [change.after.expires_at for change in changes],
        [change.after.closed_at for change in changes],
        [change.after.balance_after for change in changes],
    ]
