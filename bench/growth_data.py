"""Large databases for `growth`, made by set-based SQL: accounts, balances, years of play.

What is filled: a cash account with its balance and a `player_hot` row for every player; the bet
rows, spread over daily partitions of the past; seed pairs and sessions
for the active players alone. Players are numbered; player n has the ids that SQL and
`bench.stage.bettor` both make of n, and the active ones are spread evenly over all.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from bench import bulk
from bench import growth_sql as sql
from bench.stage import PLAY, SEALER, Stage, bettor, checkpoint, is_rich
from fairhouse.betting.types import LANES
from fairhouse.fairness import rules as fairness
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls

DAYS: Final = 30
SESSIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large a database is."""

    accounts: int
    active: int
    rows: int

    @property
    def stride(self) -> int:
        """Every so many players one is active; odd, so that all lanes have some."""
        return max(1, (self.accounts // self.active - 1) | 1)

    @property
    def whole_rows(self) -> int:
        """As many for each player."""
        return -(-self.rows // self.accounts) * self.accounts

    def __str__(self) -> str:
        return f"{self.active:,} active of {self.accounts:,} accounts, {self.whole_rows:,} rows"

    def tokens(self) -> list[str]:
        """Bearer tokens of the sessions that are there."""
        count = min(SESSIONS, self.active - 1)
        return [f"bench-{k * self.stride}" for k in range(1, count + 1) if is_rich(k)]


async def fill(stage: Stage, name: str, size: Size) -> tuple[DatabaseUrls, Database]:
    """A database of this size; its URLs and its owner's pool."""
    assert size.accounts % sql.STEP
    urls, owner = await stage.prepare(name, 0)
    house, issuance = await _fixed_accounts(owner)
    admin = stage.urls.to(name).admin
    jobs: list[Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[None]]] = []
    async with bulk.filler(admin) as connection:
        tables = ["ledger.account", "ledger.balance", "betting.player_hot"]
        stripped = [await bulk.strip(connection, table) for table in tables]
    jobs.append(lambda on: _fill_ledger(on, size, issuance))
    jobs.append(lambda on: _fill_hot(on, size))
    jobs += _days(size, house)
    await _in_turn(admin, jobs)
    async with bulk.filler(admin) as connection:
        await bulk.restore(connection, stripped)
        await connection.execute(
            "select setval(pg_get_serial_sequence('ledger.account', 'id'), $1)",
            sql.FIRST_ACCOUNT + size.accounts + size.active,
        )
        await connection.execute(sql.CURSOR, size.whole_rows)
        await _fill_active(connection, size, house)
    await _in_turn(admin, [lambda on, one=table: _settle(on, one) for table in _big(size)])
    await asyncio.to_thread(checkpoint, stage.urls)
    return urls, owner


async def _in_turn(
    admin: str, jobs: list[Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]]
) -> None:
    """Two at a time, each on a connection of its own."""
    waiting = list(reversed(jobs))

    async def work() -> None:
        async with bulk.filler(admin) as connection:
            while waiting:
                await waiting.pop()(connection)

    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(work())


async def _fixed_accounts(owner: Database) -> tuple[list[int], int]:
    """The house's accounts by lane, and where play money comes from."""
    keys = [AccountKey(1, AccountCode.HOUSE_BANKROLL, PLAY, lane=lane) for lane in range(LANES)]
    issuance = AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY)
    async with owner.tx() as tx:
        found = await ledger.open_accounts(tx, keys=[*keys, issuance])
    return [found[key] for key in keys], found[issuance]


async def _fill_ledger(
    connection: "asyncpg.Connection[asyncpg.Record]", size: Size, issuance: int
) -> None:
    await connection.execute(sql.ACCOUNTS, size.accounts)
    await connection.execute(sql.BALANCES, size.accounts, size.stride)
    await connection.execute(sql.ISSUED, issuance)
    await connection.execute(sql.LOCKED, size.accounts, size.active, size.stride)
    await connection.execute(sql.LOCKED_BALANCES, size.accounts, size.active)
    await connection.execute(sql.PLAYER_ACCOUNTS, size.accounts, size.active, size.stride)


async def _fill_hot(connection: "asyncpg.Connection[asyncpg.Record]", size: Size) -> None:
    await connection.execute(sql.HOT, size.accounts, size.whole_rows // size.accounts)


def _days(
    size: Size, house: list[int]
) -> list[Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]]:
    """A job for each day of play."""
    days = DAYS if size.whole_rows else 0
    # The partitions of the last two days are there already.
    newest = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = [size.whole_rows * number // DAYS for number in range(DAYS + 1)]

    def job(
        number: int,
    ) -> Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]:
        day = newest - timedelta(days=2 + DAYS - number)
        return lambda on: _fill_day(on, day, bounds[number], bounds[number + 1], size, house)

    return [job(number) for number in range(days)]


async def _fill_day(
    connection: "asyncpg.Connection[asyncpg.Record]",
    day: datetime,
    first: int,
    last: int,
    size: Size,
    house: list[int],
) -> None:
    table = f"entry_{day:%Y%m%d}"
    async with connection.transaction():
        await connection.execute(
            f"create table betting.{table} (like betting.entry including defaults"
            f" including constraints)"
        )
        await connection.execute(f"alter table betting.{table} owner to fairhouse_owner")
        await connection.execute(
            sql.ENTRIES.format(table=table), first, last, day, size.accounts, house, "cd2b0a7b" * 8
        )
    await connection.execute(f"alter table betting.{table} add primary key (id)")
    await connection.execute(f"create index on betting.{table} (lane, lane_seq)")
    await connection.execute(f"create index on betting.{table} (cash_account, id)")
    await connection.execute(
        f"create index on betting.{table} (locked_account, id) where locked_account is not null"
    )
    await connection.execute(
        f"alter table betting.entry attach partition betting.{table} for values"
        f" from (betting.id_floor('{day.isoformat()}'))"
        f" to (betting.id_floor('{(day + timedelta(days=1)).isoformat()}'))"
    )
    print(f"      {table}: {last - first:,} bets", flush=True)


async def _fill_active(
    connection: "asyncpg.Connection[asyncpg.Record]", size: Size, house: list[int]
) -> None:
    """What only those who play need."""
    numbers = [k * size.stride for k in range(size.active)]
    players = [bettor(number) for number in numbers]
    await connection.copy_records_to_table(
        "player",
        schema_name="bench",
        records=[
            (
                k,
                one.player_id,
                one.lane,
                sql.FIRST_ACCOUNT + n,
                house[one.lane],
                _pair(n),
                is_rich(k),
            )
            for k, (n, one) in enumerate(zip(numbers, players, strict=True))
        ],
    )
    now = datetime.now(UTC)
    seeds: list[tuple[object, ...]] = []
    for n, one in zip(numbers, players, strict=True):
        seeds.append(_seed(_pair(n), one.player_id, now, is_next=False))
        seeds.append(_seed(UUID(int=_pair(n).int + (1 << 60)), one.player_id, now, is_next=True))
    await connection.copy_records_to_table("seed_pair", schema_name="fairness", records=seeds)
    count = min(SESSIONS, size.active - 1)
    await connection.execute(sql.VISITORS, count, size.stride)
    await connection.execute(sql.MADE_SESSIONS, count, size.stride)
    await connection.execute("analyze")


def _pair(number: int) -> UUID:
    """As SQL makes it (`growth_sql`)."""
    return UUID(int=(1_764_000_000_000 + number) << 80 | 7 << 76 | 2 << 62 | number)


def _seed(pair_id: UUID, player_id: UUID, now: datetime, *, is_next: bool) -> tuple[object, ...]:
    text = hashlib.sha256(pair_id.bytes).hexdigest()
    sealed = SEALER.seal(text.encode(), context=f"fairness.seed_pair:{pair_id}")
    client_seed, activated_at = (None, None) if is_next else ("bench", now)
    state = "next" if is_next else "active"
    return (
        *(pair_id, 1, player_id, sealed, fairness.commitment(text), state),
        *(client_seed, None, now, activated_at, None),
    )


def _big(size: Size) -> list[str]:
    """Tables whose rows autovacuum would otherwise visit while the clock runs."""
    fixed = ["ledger.account", "ledger.balance", "betting.player_hot"]
    newest = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [newest - timedelta(days=3 + number) for number in range(DAYS if size.rows else 0)]
    return [*fixed, *(f"betting.entry_{day:%Y%m%d}" for day in days)]


async def _settle(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> None:
    await connection.execute(f"vacuum (freeze, analyze) {table}")
