"""What every test may ask for: a settable clock and fresh, migrated databases.

Each test process has a PostgreSQL for itself: started by the first test that asks, stopped at the
end (without fsync; it holds nothing of value). Its folder is in memory where there is room, since
each test makes and drops a database, and that is a thousand files: on disk ten times as slow.
There it goes with the process; on disk it is kept for the next run.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, LiteralString

import hypothesis
import psycopg
import pytest
from psycopg import sql

from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.migrate import chain_digest, upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls, drop_database, ensure_database
from fairhouse.platform.postgres.server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 3 * 2**30
LONG = (
    *("tests/flows/test_demo.py", "tests/flows/test_crash_over_http.py"),
    *("tests/flows/test_crash_matrix.py", "tests/flows/test_several_apis.py"),
    *("tests/flows/test_disk_full.py", "tests/flows/test_link_cut.py"),
    *("tests/contracts/test_web_app.py", "tests/simulation", "tests/flows/test_demo_bank.py"),
    *("tests/properties/test_road_twins.py", "tests/properties/test_ledger_machine.py"),
    *("tests/properties/test_typescript", "tests/vectors/test_batch_vectors.py"),
)
"""What takes long, the longest first."""
POOL = PoolSettings(size_min=1, size_max=12, application_name="fairhouse-tests")

# No test asserts a time, and machines are busy.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


class SettableClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **timedelta_parts: float) -> datetime:
        """Move forward, for example `advance(minutes=5)`."""
        self.time += timedelta(**timedelta_parts)
        return self.time


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes are dealt a half each, and who is done takes from the end of the other's: so
    both halves begin with what takes long, the browser's tests side by side in one of them.
    """
    browser = [item for item in items if "tests/e2e/" in item.nodeid]
    long = [item for name in LONG for item in items if item.nodeid.startswith(name)]
    chosen = {*browser, *long}
    rest = [item for item in items if item not in chosen]
    half = max(0, len(items) // 2 - len(browser))
    items[:] = [*browser, *rest[:half], *long, *rest[half:]]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With FAIRHOUSE_REFUSE_SKIPS=1, as in CI, a skipped test fails the run."""
    if os.environ.get("FAIRHOUSE_REFUSE_SKIPS") != "1":
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("")
        for report in skipped:
            reporter.write_line(f"SKIPPED, which this run refuses: {report.nodeid}")


@pytest.fixture
def clock() -> SettableClock:
    """The time of the `db` fixtures; stands at 2026-01-02 03:04:05 UTC."""
    return SettableClock()


def _ground() -> Path:
    """Where the servers' folders are. A machine gives half of its memory to files at most."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        return MEMORY
    return Path(tempfile.gettempdir())


class _Slot:
    """A server that this test process has for itself, in the first folder that nobody holds.

    One each, because the outbox is read below the oldest running transaction of the whole server:
    processes that shared one would wait for each other's.
    """

    def __init__(self) -> None:
        self._lock: IO[str] | None = None
        self.server: PostgresServer | None = None
        self.is_in_memory = False

    def take(self) -> PostgresServer:
        """Our server, not started yet; the lock ends with the process."""
        digest = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
        base = _ground() / f"fairhouse-tests-{os.geteuid()}-{digest}"
        base.mkdir(exist_ok=True, mode=0o711)
        for number in range(64):
            lock = (base / f"{number}.lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock = lock
            self.is_in_memory = base.is_relative_to(MEMORY)
            self.server = PostgresServer(base / str(number), durable=False)
            return self.server
        raise RuntimeError(f"64 test processes are using {base} at once")


_slot = _Slot()


def pytest_unconfigure() -> None:
    """Stop our server, if any test asked for one."""
    if _slot.server is None:
        return
    if _slot.is_in_memory:
        _slot.server.destroy()
    else:
        _slot.server.stop()


@pytest.fixture(scope="session")
def postgres() -> DatabaseUrls:
    """Our server's URLs; the database they name is not for tests, see `database_urls`."""
    return _slot.take().start()


@pytest.fixture(scope="session")
def template(postgres: DatabaseUrls) -> str:
    """The name of a migrated database that tests are copied from, made once per chain of files."""
    name = f"template_{chain_digest()}"
    if not _is_whole(postgres.admin, name):
        drop_database(postgres.admin, name)
        ensure_database(postgres.admin, name)
        upgrade(postgres.to(name).owner)
        _mark_whole(postgres.admin, name)
    return name


def _is_whole(admin_url: str, name: str) -> bool:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        row = connection.execute(
            "select datistemplate from pg_database where datname = %s", [name]
        ).fetchone()
    return bool(row and row[0])


def _mark_whole(admin_url: str, name: str) -> None:
    """Mark it as a template, and forget the templates of former chains."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        rows = connection.execute(
            "select datname from pg_database where datname like 'template!_%%' escape '!'"
            " and datname <> %s",
            [name],
        ).fetchall()
        for (old,) in rows:
            _set_template(connection, old, "false")
            drop_database(admin_url, old)
        _set_template(connection, name, "true")


def _set_template(connection: psycopg.Connection, name: str, value: LiteralString) -> None:
    statement = sql.SQL("alter database {} is_template " + value).format(sql.Identifier(name))
    connection.execute(statement)


@pytest.fixture
def database_urls(postgres: DatabaseUrls, template: str) -> Generator[DatabaseUrls]:
    """A fresh migrated database for this test, as URLs per role; dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    ensure_database(postgres.admin, name, template=template)
    yield postgres.to(name)
    drop_database(postgres.admin, name)


@pytest.fixture
async def db(database_urls: DatabaseUrls, clock: SettableClock) -> AsyncGenerator[Database]:
    """The fresh database as the API processes see it (role fairhouse_app)."""
    database = await Database.connect(database_urls.app, POOL, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def worker_db(database_urls: DatabaseUrls, clock: SettableClock) -> AsyncGenerator[Database]:
    """The same database as the workers see it (role fairhouse_worker)."""
    database = await Database.connect(database_urls.worker, POOL, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def owner_db(database_urls: DatabaseUrls, clock: SettableClock) -> AsyncGenerator[Database]:
    """The same database as migrations see it (role fairhouse_owner): to tamper with the past."""
    database = await Database.connect(database_urls.owner, POOL, clock=clock)
    yield database
    await database.close()
