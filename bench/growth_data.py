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
from bench.stage import PLAY, RICH_UNITS, SEALER, STAKE_UNITS, Stage, bettor, checkpoint, is_rich
from fairhouse.betting.types import LANES
from fairhouse.fairness import rules as fairness
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls

FIRST_ACCOUNT: Final = 1_000
DAYS: Final = 30
SESSIONS: Final = 20_000
_STEP: Final = 7_919
"""A prime: `g * _STEP % accounts` goes through all players before it comes to one again."""

_PLAYER: Final = "(lpad(to_hex(1765000000000 + n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))"
_PAIR: Final = "(lpad(to_hex(1764000000000 + n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))"

_ACCOUNTS: Final = f"""
insert into ledger.account (id, brand_id, code, unit, owner) overriding system value
select {FIRST_ACCOUNT} + n, 1, 'player_cash', 'PLAY', {_PLAYER}::uuid
from generate_series(0, $1::bigint - 1) as n
"""
_BALANCES: Final = f"""
insert into ledger.balance (account_id, floored, credits_posted)
select {FIRST_ACCOUNT} + n, true,
    case when n % $2::bigint = 0 and n / $2 % 100 = 0 then 0 else {RICH_UNITS} end
from generate_series(0, $1::bigint - 1) as n
"""
_ISSUED: Final = """
update ledger.balance set debits_posted = (
    select sum(credits_posted) from ledger.balance where floored
) where account_id = $1
"""
_HOT: Final = f"""
insert into betting.player_hot (player_id, brand_id, lane, seed_pair_id, nonce)
select {_PLAYER}::uuid, 1, n % {LANES}, {_PAIR}::uuid, $2::bigint
from generate_series(0, $1::bigint - 1) as n
"""
_ENTRIES: Final = f"""
insert into betting.{{table}} (
    id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account, house_account,
    stake, payout, balance_after, game, game_version, table_hash, seed_pair_id, nonce, step, params,
    outcome, fingerprint, at)
select id, 'instant', id, 1, n % {LANES}, g + 1, {_PLAYER}::uuid, 'PLAY', {FIRST_ACCOUNT} + n,
    ($5::bigint[])[(n % {LANES})::integer + 1], {STAKE_UNITS},
    case when g % 2 = 0 then 19800 else 0 end, {RICH_UNITS}, 'dice', '1', $6::text,
    {_PAIR}::uuid, g / $4::bigint, 0,
    '{{{{"target": "50.00", "direction": "under"}}}}',
    '{{{{"won": true, "roll": "44.55", "chance": "50.00", "multiplier": "1.9800",
      "win_multiplier": "1.9800"}}}}',
    '\\x00112233445566778899aabbccddeeff', at
from (
    select g, g * {_STEP} % $4::bigint as n, $3::timestamptz + (g - $1) * interval '0.01 s' as at,
        (lpad(to_hex((extract(epoch from $3::timestamptz) * 1000)::bigint + (g - $1) * 10), 12, '0')
            || '70008' || lpad(to_hex(g), 15, '0'))::uuid as id
    from generate_series($1::bigint, $2::bigint - 1) as g
) as made
"""
_CURSOR: Final = """
update betting.fold_cursor set lane_seq = $1
"""
_VISITORS: Final = f"""
insert into identity.player (id, brand_id, kind, lane, language, created_at)
select {_PLAYER}::uuid, 1, 'guest', n % {LANES}, 'en', now()
from (select k * $2::bigint as n from generate_series(1, $1::bigint) as k where k % 100 <> 0) as p
"""
_SESSIONS: Final = f"""
insert into identity.session (
    id, token_hash, player_id, brand_id, device, created_at, last_seen_at, expires_at)
select uuidv7(), sha256(('bench-' || n)::bytea), {_PLAYER}::uuid, 1, 'bench', now(), now(),
    now() + interval '7 days'
from (select k * $2::bigint as n from generate_series(1, $1::bigint) as k where k % 100 <> 0) as p
"""


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
    assert size.accounts % _STEP
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
            FIRST_ACCOUNT + size.accounts,
        )
        await connection.execute(_CURSOR, size.whole_rows)
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
    await connection.execute(_ACCOUNTS, size.accounts)
    await connection.execute(_BALANCES, size.accounts, size.stride)
    await connection.execute(_ISSUED, issuance)


async def _fill_hot(connection: "asyncpg.Connection[asyncpg.Record]", size: Size) -> None:
    await connection.execute(_HOT, size.accounts, size.whole_rows // size.accounts)


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
            _ENTRIES.format(table=table), first, last, day, size.accounts, house, "cd2b0a7b" * 8
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
            (k, one.player_id, one.lane, FIRST_ACCOUNT + n, house[one.lane], _pair(n), is_rich(k))
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
    await connection.execute(_VISITORS, count, size.stride)
    await connection.execute(_SESSIONS, count, size.stride)
    await connection.execute("analyze")


def _pair(number: int) -> UUID:
    """As `_PAIR` makes it."""
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
