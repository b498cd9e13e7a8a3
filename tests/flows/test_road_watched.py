"""What the road tells about itself: to Prometheus, to the back office, and to the log when slow."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from fairhouse.kernel.refusals import Refusal
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.platform.database import Database
from fairhouse.reports import api as reports
from tests.conftest import SettableClock
from tests.flows.betting_kit import SETTINGS, Table, new_player, table_on

UNIT = 10**6


@pytest.fixture
async def table(db: Database, clock: SettableClock) -> AsyncGenerator[Table]:
    async with table_on(db, replace(SETTINGS, slow_ms=60, lock_timeout_ms=5_000)) as opened:
        yield opened


async def test_the_view_tells_what_was_played(table: Table):
    async with table.db.read() as tx:
        before = await reports.road(tx)
    assert before.newest_age_s is None
    assert before.is_stale
    assert before.owners == []

    rich, poor = new_player(), new_player()
    await table.give(rich, 100 * UNIT)
    for _ in range(5):
        await table.dice(rich)
    with pytest.raises(InsufficientFunds):
        await table.dice(poor)
    await table.road.pulses.step()
    async with table.db.read() as tx:
        view = await reports.road(tx)

    assert not view.is_stale
    assert [owner.owner for owner in view.owners] == [view.lanes[0].owner]
    assert [lane.is_owned for lane in view.lanes] == [True] * 16
    assert view.refusals == {"insufficient_funds": 1}
    assert view.outcomes["committed"] == view.batches >= 6
    assert sum(beat.commands_per_s for beat in view.beats) >= 1
    assert view.commit_p99.value
    assert view.size_p99.value == 1
    assert (view.queued, view.in_flight) == (0, 0)
    assert sum(view.lags.values()) >= 5, "nobody has folded yet"


async def test_a_pulse_counts_only_what_is_new(table: Table):
    player = new_player()
    await table.give(player, 100 * UNIT)
    await table.dice(player)
    await table.road.pulses.step()
    await table.dice(player)
    await table.dice(player)
    await table.road.pulses.step()

    async with table.db.read() as tx:
        rows = await tx.fetch("select commands, waits from betting.pulse order by at")
    assert [row["commands"] for row in rows] == [1, 2]
    assert [sum(row["waits"]) for row in rows] == [1, 2]


async def test_prometheus_reads_the_same(table: Table):
    player = new_player()
    await table.give(player, 100 * UNIT)
    before = REGISTRY.get_sample_value("fairhouse_bet_batch_size_sum") or 0
    await asyncio.gather(*(table.dice(player) for _ in range(20)))

    assert REGISTRY.get_sample_value("fairhouse_bet_batch_size_sum") == before + 20
    assert REGISTRY.get_sample_value("fairhouse_bet_lane_epoch", {"lane": "0"}) is not None
    waited = REGISTRY.get_sample_value("fairhouse_bet_queue_seconds_bucket", {"le": "+Inf"})
    assert waited == REGISTRY.get_sample_value("fairhouse_bet_queue_seconds_count")


async def test_a_slow_batch_is_told_with_its_plan_and_what_it_waited_for(table: Table):
    player = new_player()
    await table.give(player, 100 * UNIT)
    await table.dice(player)
    watching = asyncio.create_task(_watch(table))
    with capture_logs() as lines:
        async with table.db.tx() as tx:
            await tx.execute(
                "select 1 from ledger.balance b join betting.player_account a"
                " on b.account_id = a.cash_account where a.player_id = $1 for update of b",
                player.player_id,
            )
            waiting = asyncio.create_task(table.dice(player))
            async with asyncio.timeout(30):
                while not _was_looked_at(table):
                    await asyncio.sleep(0.01)
        await waiting
        await asyncio.sleep(0.1)
    watching.cancel()

    told = [one for one in lines if one["event"] == "slow batch"]
    (line,) = [one for one in told if one["waited_for"].startswith("Lock:")]
    assert line["size"] == 1
    assert line["lanes"] == (0,) or player.lane in line["lanes"]
    assert line["took_ms"] >= 60
    assert "behind [" in line["waited_for"]
    (plan,) = [one["plan"] for one in told if "Scan" in one["plan"]]
    assert "Update on balance" in plan


def _was_looked_at(table: Table) -> bool:
    writing = table.road._writer.meter.writing
    return writing is not None and writing.seen is not None


async def _watch(table: Table) -> None:
    while True:
        await table.road.slow_batches.step()
        await asyncio.sleep(0.02)


async def test_a_refusal_by_a_limit_is_counted_too(table: Table):
    table.pauses["betting"] = "pause"
    with pytest.raises(Refusal) as caught:
        await table.dice(new_player())
    await table.road.pulses.step()

    async with table.db.read() as tx:
        assert (await reports.road(tx)).refusals == {caught.value.code: 1}
