"""`ledger.place.hot_row`: what a second hot row per bet costs.

The road keeps nonces and counters in the lane owner's memory and folds them out of the journal.
Here the same set-based batches run on one connection in SQL alone, with a row like `player_hot`
updated for every player of the batch and without it, in turn: the difference is what the fold
saves.
"""

import time
from statistics import median
from typing import Final

from bench import audit
from bench.baseline import Baseline
from bench.lines import Line, compared
from bench.stage import Sizes, Stage
from fairhouse.betting.types import BATCH_MAX
from fairhouse.platform.database import Database

FUNCTION: Final = """
create table bench.hot (
    player_id uuid primary key, brand_id integer not null, lane smallint not null,
    seed_pair_id uuid not null, nonce bigint not null, wagered bigint not null default 0,
    returned bigint not null default 0
) with (fillfactor = 80);
insert into bench.hot select player_id, 1, lane, seed_pair_id, 0 from bench.player;
create function bench.batch(size integer, with_hot boolean) returns bigint
language sql as $$
with who as materialized (
    select p.*, uuidv7() as bet, case when random() < 0.5 then 19800 else 0 end as won,
           nextval('bench.seq') as seq
    from (
        select distinct 100 * (random() * (select max(n) / 100 from bench.player))::integer
            + 1 + (random() * 98)::integer as n
        from generate_series(1, size)
    ) as pick join bench.player p using (n)
), locked as materialized (
    select b.account_id, b.credits_posted - b.debits_posted - b.debits_pending as available
    from ledger.balance b
    where b.account_id in (select cash_account from who union all select house_account from who)
    order by b.account_id for no key update of b
), hot as (
    update bench.hot h
    set nonce = h.nonce + 1, wagered = h.wagered + 10000, returned = h.returned + who.won
    from who where with_hot and h.player_id = who.player_id
), moved as (
    update ledger.balance b
    set debits_posted = b.debits_posted + leg.debit, credits_posted = b.credits_posted + leg.credit
    from (
        select cash_account as account_id, 10000 as debit, won as credit from who
        union all
        select house_account, sum(won), 10000 * count(*) from who group by house_account
    ) as leg where b.account_id = leg.account_id
), written as (
    insert into betting.entry (
        id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
        house_account, stake, payout, balance_after, game, game_version, table_hash, seed_pair_id,
        nonce, step, params, outcome, fingerprint, at)
    select bet, 'instant', bet, 1, lane, seq, player_id, 'PLAY', cash_account, house_account, 10000,
        won, locked.available - 10000 + won, 'dice', '1',
        'cd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b', seed_pair_id, seq, 0,
        '{"target": "50.00", "direction": "under"}',
        '{"won": true, "roll": "44.55", "chance": "50.00", "multiplier": "1.9800",
          "win_multiplier": "1.9800"}',
        '\\x00112233445566778899aabbccddeeff', now()
    from who join locked on locked.account_id = who.cash_account
    returning 1
)
select count(*) from written
$$;
"""


async def _round(owner: Database, seconds: float, *, with_hot: bool) -> float:
    """One audited round; bets per second."""
    under = await audit.begin(owner)
    done = 0
    async with owner.connection() as connection:
        batch = await connection.prepare("select bench.batch($1, $2)")
        started_s = time.perf_counter()
        while time.perf_counter() - started_s < seconds:
            done += await batch.fetchval(BATCH_MAX, with_hot)
        took_s = time.perf_counter() - started_s
    await audit.check(owner, under, answered=done, nonces=False)
    return done / took_s


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """With and without, in turn."""
    _, owner = await stage.prepare("bench_hot_row", sizes.players)
    async with owner.tx() as tx:
        await tx.connection.execute("create sequence bench.seq cache 100")
        await tx.connection.execute(FUNCTION)
    rates: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(sizes.rounds):
        for with_hot, found in rates.items():
            found.append(await _round(owner, sizes.round_s, with_hot=with_hot))
    await audit.check_everything(owner)
    line = Line(
        name="ledger.place.hot_row",
        value=round(median(rates[True])),
        unit="bets/s",
        concurrency=BATCH_MAX,
        notes="batches with a second hot row per bet against batches without it; SQL alone, one"
        " connection: the road does without, nonces and counters are folded from the journal",
    )
    line = compared(line, median(rates[False]))
    print(f"    with {line.value:,.0f}, without {line.baseline:,.0f} bets/s", flush=True)
    return [line]
