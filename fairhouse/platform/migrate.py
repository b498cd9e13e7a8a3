"""Bring a database to the newest schema: plain SQL files, applied in order by Alembic.

    python -m fairhouse.platform.migrate [URL of the owner role]

Alembic keeps the place in `platform.migration_head`; beside it `platform.migration_log` keeps each
file's hash, so that an edited past or a file that came in below the head is noticed, not skipped.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy
from alembic import command
from alembic.config import Config

ROOT: Final = Path(__file__).resolve().parents[2] / "migrations"
LOCK_TIMEOUT: Final = "5s"

_SETUP: Final = f"""
set lock_timeout = '{LOCK_TIMEOUT}';
select pg_advisory_lock(hashtext('fairhouse.migrate'));
create schema if not exists platform;
create table if not exists platform.migration_log (
    name text primary key, sha256 text not null, at timestamptz not null default now()
);
"""

_REVISION: Final = '''"""Made from {name}.sql."""

from pathlib import Path

from alembic import op

revision = {name!r}
down_revision = {below!r}


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    connection.execute("set local lock_timeout = {lock_timeout!r}")
    connection.execute(Path({path!r}).read_text())
    connection.execute(
        "insert into platform.migration_log (name, sha256) values (%s, %s)",
        [{name!r}, {sha256!r}],
    )
'''


class MigrationRefused(RuntimeError):
    """The database's past differs from the files; the message names the file and the fix."""


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """One SQL file of the chain."""

    name: str
    path: Path
    sha256: str


def migration_files(folder: Path = ROOT / "sql") -> list[MigrationFile]:
    """The chain in the order in which it is applied."""
    return [
        MigrationFile(path.stem, path, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]


def chain_digest(files: Sequence[MigrationFile] | None = None) -> str:
    """One short hash over the whole chain; names the tests' template database."""
    chain = migration_files() if files is None else files
    text = "\n".join(f"{file.name} {file.sha256}" for file in chain)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def upgrade(owner_url: str, files: Sequence[MigrationFile] | None = None) -> list[str]:
    """Apply what is missing and return the names applied, each in its own transaction.

    Raises MigrationRefused when an applied file was edited, removed, or overtaken by a lower one.
    """
    chain = migration_files() if files is None else list(files)
    engine = sqlalchemy.create_engine(
        owner_url.replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection, tempfile.TemporaryDirectory() as folder:
        connection.exec_driver_sql(_SETUP)
        connection.commit()
        applied = _applied(connection)
        _check_past(chain, applied)
        missing = [file.name for file in chain if file.name not in applied]
        if missing:
            _write_revisions(chain, Path(folder))
            config = Config()
            config.set_main_option("script_location", str(ROOT))
            config.set_main_option("version_locations", folder)
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    engine.dispose()
    return missing


def _applied(connection: sqlalchemy.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("select name, sha256 from platform.migration_log").all()
    connection.commit()
    return {str(name): str(sha256) for name, sha256 in rows}


def _check_past(chain: list[MigrationFile], applied: dict[str, str]) -> None:
    known = {file.name: file.sha256 for file in chain}
    head = max(applied, default="")
    for name, sha256 in applied.items():
        if known.get(name) != sha256:
            raise MigrationRefused(
                f"This database was made with another {name}.sql. Restore that file, or begin "
                "anew: `make demo-reset` for the demo."
            )
    for file in chain:
        if file.name < head and file.name not in applied:
            raise MigrationRefused(
                f"{file.name}.sql comes before {head}, which this database already has. Give it "
                "a later number, or begin anew: `make demo-reset` for the demo."
            )


def _write_revisions(chain: list[MigrationFile], folder: Path) -> None:
    """Alembic wants one Python file per revision: made from the SQL files, in their order."""
    below: str | None = None
    for file in chain:
        text = _REVISION.format(
            name=file.name,
            below=below,
            path=str(file.path),
            sha256=file.sha256,
            lock_timeout=LOCK_TIMEOUT,
        )
        (folder / f"{file.name}.py").write_text(text)
        below = file.name


def main() -> None:
    """Migrate the database named by the argument or by FAIRHOUSE_DATABASE_URL."""
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FAIRHOUSE_DATABASE_URL", "")
    if not url:
        sys.exit("Name the owner's database URL as argument or in FAIRHOUSE_DATABASE_URL.")
    for name in upgrade(url):
        print(f"applied {name}")


if __name__ == "__main__":
    main()
