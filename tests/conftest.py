"""What every test may ask for: a settable clock and fresh, migrated databases.

One PostgreSQL per checkout serves all test processes at once. It is started by the first test that
asks, kept between runs (without fsync; it holds nothing of value), and stopped by the last pytest.
"""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, LiteralString

import psycopg
import pytest
from psycopg import sql

from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.migrate import chain_digest, upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls, drop_database, ensure_database
from fairhouse.platform.postgres.server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
POOL = PoolSettings(size_min=1, size_max=12, application_name="fairhouse-tests")


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


def _shared_folder() -> Path:
    digest = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"fairhouse-tests-{os.geteuid()}-{digest}"
    folder.mkdir(exist_ok=True, mode=0o711)
    return folder


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Users:
    """Counts the pytest processes that use the server: each holds a shared lock."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def enter(self) -> None:
        if self._file is None:
            self._file = (_shared_folder() / "users.lock").open("w")
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Let go; True when nobody else is left."""
        if self._file is None:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            self._file.close()
            self._file = None
        return True


_users = _Users()


def _server() -> PostgresServer:
    return PostgresServer(_shared_folder() / "postgres", durable=False)


def pytest_unconfigure() -> None:
    """Stop the server when we are the last pytest that used it."""
    with _locked(_shared_folder() / "start.lock"):
        if _users.leave():
            _server().stop()


@pytest.fixture(scope="session")
def postgres() -> DatabaseUrls:
    """The shared server's URLs; the database they name is not for tests, see `database_urls`."""
    with _locked(_shared_folder() / "start.lock"):
        _users.enter()
        return _server().start()


@pytest.fixture(scope="session")
def template(postgres: DatabaseUrls) -> str:
    """The name of a migrated database that tests are copied from, made once per chain of files."""
    name = f"template_{chain_digest()}"
    with _locked(_shared_folder() / "template.lock"):
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
