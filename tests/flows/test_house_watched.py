"""What the worker tells Prometheus about the house and about PostgreSQL."""

from collections.abc import Mapping

from prometheus_client import REGISTRY

from fairhouse.betting.types import Bettor
from fairhouse.ledger.jobs import BooksWatch
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.stats import watch_postgres
from fairhouse.reports.jobs import watch_house
from tests.flows.betting_kit import new_player, table_on
from tests.flows.cashier_world import ETH, a_world


def sample(name: str, labels: Mapping[str, str] | None = None) -> float | None:
    return REGISTRY.get_sample_value(name, dict(labels or {}))


async def test_a_withdrawal_that_waits_is_counted_with_its_age(db: Database, worker_db: Database):
    world = await a_world(db, worker_db)
    await world.give(ETH, 10**10)
    asked = await world.ask(2 * 10**9)
    await watch_house(worker_db)

    waiting = {"kind": "withdrawal", "state": asked.state}
    assert sample("fairhouse_payments_waiting", waiting) == 1
    assert (sample("fairhouse_payments_oldest_seconds", waiting) or 0) > 0
    assert sample("fairhouse_payments_waiting", {**waiting, "state": "BROADCAST"}) == 0


async def test_lanes_without_an_owner_are_counted(db: Database, worker_db: Database):
    await watch_house(worker_db)
    assert sample("fairhouse_bet_lanes_unowned") == 16

    async with table_on(db):
        await watch_house(worker_db)
        assert sample("fairhouse_bet_lanes_unowned") == 0


async def test_an_imbalance_is_counted_until_it_is_gone(
    db: Database, worker_db: Database, owner_db: Database
):
    player: Bettor = new_player()
    async with table_on(db) as table:
        await table.give(player, 10**6)
    watch = BooksWatch(worker_db)
    await watch.step()
    assert sample("fairhouse_ledger_imbalances") == 0

    async with owner_db.tx() as tx:
        await tx.execute("update ledger.balance set credits_posted = credits_posted + 1")
    await watch.step()
    assert (sample("fairhouse_ledger_imbalances") or 0) > 0


async def test_postgres_tells_of_itself(worker_db: Database, db: Database):
    async with db.tx() as tx:
        await tx.fetchval("select 1")
        await watch_postgres(worker_db)

        committed = {"outcome": "committed"}
        assert (sample("fairhouse_postgres_transactions_total", committed) or 0) > 0
        assert (sample("fairhouse_postgres_wal_bytes_total") or 0) > 0
        assert sample("fairhouse_postgres_checkpoints_total", {"kind": "timed"}) is not None
        assert sample("fairhouse_postgres_dead_rows", {"table": "ledger.balance"}) is not None
        assert sample("fairhouse_postgres_dead_rows", {"table": "betting.entry"}) is not None
        idle = {"state": "idle in transaction"}
        assert sample("fairhouse_postgres_connections", idle) == 1
        assert (sample("fairhouse_postgres_oldest_transaction_seconds") or 0) > 0
