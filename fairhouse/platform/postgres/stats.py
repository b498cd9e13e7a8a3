"""What PostgreSQL tells about itself, as metrics: checkpoints, autovacuum, WAL, connections.

One process reads it slowly (the worker); Prometheus gets the newest reading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fairhouse.platform.database import Database, Tx

EVERY_S: Final = 15.0

_COUNTED: Final = {
    "fairhouse_postgres_checkpoints": ("Checkpoints begun", "kind"),
    "fairhouse_postgres_checkpoint_seconds": ("Time spent in checkpoints", "phase"),
    "fairhouse_postgres_wal_bytes": ("Write-ahead log written", None),
    "fairhouse_postgres_wal_buffers_full": ("Writes because the WAL buffers were full", None),
    "fairhouse_postgres_transactions": ("Transactions of this database", "outcome"),
    "fairhouse_postgres_deadlocks": ("Deadlocks in this database", None),
    "fairhouse_postgres_autovacuums": ("Tables vacuumed by autovacuum", None),
    "fairhouse_postgres_autoanalyzes": ("Tables analyzed by autovacuum", None),
}
_MEASURED: Final = {
    "fairhouse_postgres_dead_rows": ("Dead rows by table, partitions together", "table"),
    "fairhouse_postgres_vacuums_running": ("Vacuums under way", None),
    "fairhouse_postgres_connections": ("Connections of ours by state", "state"),
    "fairhouse_postgres_oldest_transaction_seconds": ("Age of our oldest transaction", None),
    "fairhouse_postgres_database_bytes": ("Size of this database", None),
    "fairhouse_outbox_lag_seconds": ("Age of the oldest news that no reader may see yet", None),
}

_FIGURES: Final = """
select c.num_timed, c.num_requested, c.write_time / 1000 as write_s, c.sync_time / 1000 as sync_s,
       w.wal_bytes::float8 as wal_bytes, w.wal_buffers_full, d.xact_commit, d.xact_rollback,
       d.deadlocks, pg_database_size(d.datid) as database_bytes,
       (select count(*) from pg_stat_progress_vacuum v where v.datid = d.datid) as vacuums
from pg_stat_checkpointer c, pg_stat_wal w, pg_stat_database d
where d.datname = current_database()
"""
_TABLES: Final = r"""
select schemaname || '.' || regexp_replace(relname, '_\d{8}$', '') as name,
       sum(n_dead_tup)::bigint as dead, sum(autovacuum_count)::bigint as vacuums,
       sum(autoanalyze_count)::bigint as analyzes
from pg_stat_user_tables group by 1
"""
_CONNECTIONS: Final = """
select coalesce(state, 'other') as state, count(*) as count,
       coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 as oldest_s
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
group by 1
"""

_OUTBOX: Final = """
select coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8
from platform.outbox where xid >= pg_snapshot_xmin(pg_current_snapshot())
"""

Reading = Mapping[tuple[str, str], float]
"""By metric and label value ("" without a label)."""


async def read(tx: Tx) -> Reading:
    """All figures now."""
    figures = await tx.fetchrow(_FIGURES)
    assert figures is not None
    tables = await tx.fetch(_TABLES)
    connections = await tx.fetch(_CONNECTIONS)
    lag_s = max(await tx.fetchval(_OUTBOX), 0)
    found: dict[tuple[str, str], float] = {
        ("fairhouse_postgres_checkpoints", "timed"): figures["num_timed"],
        ("fairhouse_postgres_checkpoints", "requested"): figures["num_requested"],
        ("fairhouse_postgres_checkpoint_seconds", "write"): figures["write_s"],
        ("fairhouse_postgres_checkpoint_seconds", "sync"): figures["sync_s"],
        ("fairhouse_postgres_wal_bytes", ""): figures["wal_bytes"],
        ("fairhouse_postgres_wal_buffers_full", ""): figures["wal_buffers_full"],
        ("fairhouse_postgres_transactions", "committed"): figures["xact_commit"],
        ("fairhouse_postgres_transactions", "rolled_back"): figures["xact_rollback"],
        ("fairhouse_postgres_deadlocks", ""): figures["deadlocks"],
        ("fairhouse_postgres_autovacuums", ""): sum(row["vacuums"] for row in tables),
        ("fairhouse_postgres_autoanalyzes", ""): sum(row["analyzes"] for row in tables),
        ("fairhouse_outbox_lag_seconds", ""): lag_s,
        ("fairhouse_postgres_vacuums_running", ""): figures["vacuums"],
        ("fairhouse_postgres_database_bytes", ""): figures["database_bytes"],
        ("fairhouse_postgres_oldest_transaction_seconds", ""): max(
            (row["oldest_s"] for row in connections), default=0
        ),
    }
    found |= {("fairhouse_postgres_dead_rows", row["name"]): row["dead"] for row in tables}
    found |= {("fairhouse_postgres_connections", row["state"]): row["count"] for row in connections}
    return found


@dataclass(slots=True, eq=False)
class _Newest(Collector):
    """The newest reading of this process."""

    reading: Reading = field(default_factory=dict[tuple[str, str], float])

    def describe(self) -> Iterator[Metric]:
        """Their names, before anything was read."""
        yield from self.collect()

    def collect(self) -> Iterator[Metric]:
        """As Prometheus wants them; metrics that were not read have no samples."""
        for name, (text, label) in _COUNTED.items():
            yield self._filled(CounterMetricFamily(name, text, labels=_labels(label)))
        for name, (text, label) in _MEASURED.items():
            yield self._filled(GaugeMetricFamily(name, text, labels=_labels(label)))

    def _filled(self, family: CounterMetricFamily | GaugeMetricFamily) -> Metric:
        for (name, value), figure in self.reading.items():
            if name == family.name:
                family.add_metric([value] if value else [], figure)
        return family


def _labels(label: str | None) -> list[str]:
    return [] if label is None else [label]


_newest = _Newest()
REGISTRY.register(_newest)


async def watch_postgres(db: Database) -> int:
    """A step for a slow loop: read everything once."""
    async with db.read() as tx:
        _newest.reading = await read(tx)
    return 0
