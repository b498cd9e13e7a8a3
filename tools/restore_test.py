"""Prove a backup by restoring it: `python -m tools.restore_test [OWNER_URL] [--keep FILE]`. LOG-12.

Dumps the database (pg_dump, one snapshot), restores the dump into a PostgreSQL that was made empty
for it, and compares what came back with what is there: the trial balance of every brand, unit and
account, every chain of the audit log with its end, and the rows of every table. The source must be
quiet or the numbers be of the dump's moment: it is read from the same snapshot as the dump.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from fairhouse.platform.postgres.binaries import choose_user, find_programs
from fairhouse.platform.postgres.roles import DatabaseUrls, drop_database, ensure_database
from fairhouse.platform.postgres.server import PostgresServer

RESTORED: Final = "restored"
_TABLES: Final = """
select format('%I.%I', n.nspname, c.relname) as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
  and n.nspname !~ '^(pg_|information_schema$)' and c.relpersistence = 'p'
order by 1
"""
_BALANCES: Final = """
select a.name || ' ' || sum(x.debits) || ' ' || sum(x.credits) as line
from ledger.account a
join (
    select account_id, debits_posted::numeric as debits, credits_posted::numeric as credits
    from ledger.balance
    union all select account_id, debits_posted, credits_posted from ledger.asset_balance
) x on x.account_id = a.id
group by a.name order by a.name
"""
_CHAINS: Final = """
select distinct on (stream) stream || ' ' || seq || ' ' || encode(hash, 'hex') as line
from audit.entry order by stream, seq desc
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a database holds, for comparison."""

    rows: Mapping[str, int]
    balances: tuple[str, ...]
    chains: tuple[str, ...]

    def differences(self, other: "Picture") -> list[str]:
        """What is not the same, in words."""
        found = [
            f"{name}: {self.rows.get(name)} rows, restored {other.rows.get(name)}"
            for name in sorted(self.rows.keys() | other.rows.keys())
            if self.rows.get(name) != other.rows.get(name)
        ]
        if self.balances != other.balances:
            missing = set(self.balances) ^ set(other.balances)
            found += [f"trial balance: {line}" for line in sorted(missing)[:10]]
        if self.chains != other.chains:
            found += [f"chain: {line}" for line in sorted(set(self.chains) ^ set(other.chains))]
        return found


async def picture(connection: "asyncpg.Connection[asyncpg.Record]") -> Picture:
    """Out of the transaction that is open on it."""
    names = [row["name"] for row in await connection.fetch(_TABLES)]
    return Picture(
        rows={name: await connection.fetchval(f"select count(*) from {name}") for name in names},
        balances=tuple(row["line"] for row in await connection.fetch(_BALANCES)),
        chains=tuple(row["line"] for row in await connection.fetch(_CHAINS)),
    )


async def dump(owner_url: str, file: Path) -> Picture:
    """Write the dump, and say what the database holds in the very snapshot that was dumped."""
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("select pg_export_snapshot()")
            command = [_program("pg_dump"), "--format=custom", f"--snapshot={snapshot}"]
            await asyncio.to_thread(_run, [*command, f"--file={file}", owner_url])
            return await picture(connection)
    finally:
        await connection.close()


async def restore(urls: DatabaseUrls, file: Path) -> Picture:
    """Into a database that is made for it, and say what it holds."""
    drop_database(urls.admin, RESTORED)
    ensure_database(urls.admin, RESTORED)
    admin_url = urls.to(RESTORED).admin
    command = [_program("pg_restore"), "--exit-on-error", "--no-publications"]
    await asyncio.to_thread(_run, [*command, f"--dbname={admin_url}", str(file)])
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await picture(connection)
    finally:
        await connection.close()


def _program(name: str) -> str:
    return str(find_programs(choose_user()) / name)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()[-800:]}")


@contextmanager
def empty_server() -> Generator[DatabaseUrls]:
    """A PostgreSQL that nobody used before; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairhouse-restore-") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder), durable=False)
        try:
            yield server.start()
        finally:
            server.destroy()


async def prove(owner_url: str, file: Path) -> tuple[Picture, list[str]]:
    """What was dumped, and what did not come back."""
    before = await dump(owner_url, file)
    with empty_server() as urls:
        after = await restore(urls, file)
    return before, before.differences(after)


def main() -> int:
    """0 when everything came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default=os.environ.get("FAIRHOUSE_DATABASE_URL", ""))
    parser.add_argument("--keep", type=Path, help="keep the dump here")
    given = parser.parse_args()
    if not given.url:
        sys.exit("Name the owner's database URL as argument or in FAIRHOUSE_DATABASE_URL.")
    with tempfile.TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "fairhouse.dump"
        before, differences = asyncio.run(prove(given.url, file))
    for line in differences:
        print(line)
    print(
        f"{len(before.rows)} tables, {sum(before.rows.values())} rows, {len(before.balances)} "
        f"accounts, {len(before.chains)} chains: {'broken' if differences else 'all came back'}"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
