"""Windows in memory and in the database are what brute force over everything finds."""

from datetime import timedelta
from random import Random

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.platform.database import Database
from fairhouse.risk.store import observations as store
from fairhouse.risk.types.observations import (
    Aggregate,
    Dimension,
    Feature,
    Field,
    Kind,
    Recorded,
)
from fairhouse.risk.windows import History
from tests.conftest import SettableClock
from tests.risk_cases import arriving, brute_force, feature


@given(st.integers(0, 2**32))
def test_memory_is_exact_under_a_moving_clock_with_late_and_duplicate_events(seed: int):
    rng = Random(seed)
    history, known = History(), list[Recorded]()
    for one in arriving(rng, 40):
        recorded = history.record(one)
        assert (recorded is None) == any(old.fact.key == one.key for old in known)
        if recorded is None:
            continue
        known.append(recorded)
        # Of the newest, and of one from the past: what came later is not seen.
        for asking in (recorded, rng.choice(known)):
            asked = feature(rng)
            assert brute_force(known, asked, asking) == history.value(asked, asking), asked


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_database_is_exact_too(worker_db: Database, clock: SettableClock, seed: int):
    rng = Random(seed)
    known: list[Recorded] = []
    waiting = list(arriving(rng, 150))
    while waiting:
        batch, waiting = waiting[:13], waiting[13:]
        clock.advance(hours=1)
        async with worker_db.tx() as tx:
            new = await store.append(tx, batch)
        assert [one.seq for one in new] == sorted(one.seq for one in new)
        known += new
    assert len({one.fact.key for one in known}) == len(known)
    for _ in range(60):
        asked, asking = feature(rng), rng.sample(known, 20)
        async with worker_db.read() as tx:
            found = await store.values(tx, asked, asking)
        assert [brute_force(known, asked, one) for one in asking] == found, asked


async def test_a_repeated_batch_changes_nothing(worker_db: Database):
    facts = list(arriving(Random(7), 30))
    async with worker_db.tx() as tx:
        first = await store.append(tx, facts)
    async with worker_db.tx() as tx:
        assert [] == await store.append(tx, facts)
    assert len(first) == len({one.key for one in facts})


async def test_nobody_rewrites_what_was_observed(owner_db: Database, worker_db: Database):
    async with worker_db.tx() as tx:
        await store.append(tx, list(arriving(Random(1), 3)))
    for statement in ("update risk.observation set value = 0", "delete from risk.observation"):
        with pytest.raises(Exception, match="append-only"):
            async with owner_db.tx() as tx:
                await tx.execute(statement)


@pytest.mark.parametrize("by", list(Dimension))
@pytest.mark.parametrize("aggregate", [Aggregate.COUNT, Aggregate.LATEST, Aggregate.FRESH])
def test_every_window_walks_an_index_of_its_dimension(database_urls, by, aggregate):
    of = {Aggregate.LATEST: Field.VALUE, Aggregate.FRESH: Field.DEVICE}.get(aggregate)
    asked = Feature(
        aggregate, Kind.DEPOSIT, of, timedelta(hours=24), by, since=Kind.LOGIN, low=1, high=9
    )
    with psycopg.connect(database_urls.worker) as connection:
        connection.execute("set enable_seqscan = off")
        text = store.window_sql(asked)
        rows = connection.cursor().execute(f"explain (generic_plan) {text}".encode())
        plan = "\n".join(row[0] for row in rows)

    assert "Seq Scan" not in plan, plan
    assert f"{by.value.removesuffix('_id')}_" in plan or "brand_id_kind" in plan, plan
    assert "Index" in plan, plan
