"""The stage of a run: one durable PostgreSQL, and in each of its databases the same players.

Every way of betting has a database of its own on the one server, with the same schema, players and
money: neither meets the other's rows, and each has its own books to be audited.
"""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from bench.machine import check_durable
from fairhouse.betting.types import LANES, Bettor
from fairhouse.fairness import api as fairness
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id, uuid7
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings, Tx
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.roles import DatabaseUrls, ensure_database
from fairhouse.platform.postgres.server import PostgresServer

PLAY: Final = CurrencyCode("PLAY")
MASTER_KEY: Final = bytes(range(32))
SEALER: Final = Sealer({1: MASTER_KEY})
RICH_UNITS: Final = 10**11
"""What a player begins with: nobody runs dry."""
STAKE_UNITS: Final = 10_000
POOR_EVERY: Final = 100
"""Every so many players has no money: their bets are the refusals."""
_POSTED_AT_ONCE: Final = 2_000

SCHEMA: Final = """
create schema bench;
grant usage on schema bench to fairhouse_app;
create table bench.player (
    n integer primary key,
    player_id uuid not null,
    lane smallint not null,
    cash_account bigint not null,
    house_account bigint not null,
    seed_pair_id uuid not null,
    is_rich boolean not null
);
grant select on bench.player to fairhouse_app;
create table bench.before (
    account_id bigint primary key, debits_posted bigint not null, credits_posted bigint not null
);
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured, and for how long."""

    is_quick: bool
    players: int = 4_000
    rounds: int = 3
    round_s: float = 3.0

    @staticmethod
    def chosen(*, rounds: int | None = None, round_s: float | None = None) -> "Sizes":
        """QUICK=1: the main lines in under three minutes."""
        is_quick = os.environ.get("QUICK") == "1"
        usual_s = 1.0 if is_quick else 3.0
        return Sizes(is_quick, rounds=rounds or 3, round_s=round_s or usual_s)


@dataclass(frozen=True, slots=True)
class Stage:
    """A durable server, and whatever was opened on it."""

    server: PostgresServer
    urls: DatabaseUrls
    stack: AsyncExitStack
    folder: Path
    """Deleted afterwards."""

    async def owner_of(self, urls: DatabaseUrls) -> Database:
        """A pool that may make tables, and may take its time."""
        # Nothing stands open while it rests: a server may be killed and started meanwhile.
        patient = PoolSettings(
            size_min=0, size_max=4, statement_timeout_ms=1_800_000, lock_timeout_ms=60_000
        )
        owner = await Database.connect(urls.owner, patient)
        self.stack.push_async_callback(owner.close)
        return owner

    async def prepare(self, name: str, players: int) -> tuple[DatabaseUrls, Database]:
        """A database of this name with schema and players; its URLs and its owner's pool."""
        here = self.urls.to(name)
        await asyncio.to_thread(ensure_database, self.urls.admin, name)
        await asyncio.to_thread(upgrade, here.owner)
        owner = await self.owner_of(here)
        async with owner.tx() as tx:
            await tx.connection.execute(SCHEMA)
            await check_durable(tx)
        await _make_players(owner, players)
        async with owner.connection() as connection:
            await connection.execute("vacuum analyze")
        await asyncio.to_thread(checkpoint, self.urls)
        return here, owner


@asynccontextmanager
async def stage() -> AsyncGenerator[Stage]:
    """A server in a folder that is deleted afterwards."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="fairhouse-bench-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    # On one port for good: who was connected finds it again after it was killed.
    server = PostgresServer(folder / "postgres", port=free_port(), durable=True)
    try:
        urls = await asyncio.to_thread(server.start)
        async with AsyncExitStack() as stack:
            yield Stage(server, urls, stack, folder)
    finally:
        await asyncio.to_thread(server.destroy)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def checkpoint(urls: DatabaseUrls) -> None:
    """Begin from a clean slate: what was prepared is on disk."""
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("checkpoint")


def bettor(number: int) -> Bettor:
    """The player of this number: the same in every database."""
    player_id = uuid7(1_765_000_000_000 + number, number.to_bytes(10, "big"))
    return Bettor(player_id, 1, player_id.int % LANES)


def is_rich(number: int) -> bool:
    """Whether the player has money."""
    return number % POOR_EVERY != 0


async def _make_players(owner: Database, count: int) -> None:
    for first in range(0, count, _POSTED_AT_ONCE):
        numbers = range(first, min(first + _POSTED_AT_ONCE, count))
        async with owner.tx() as tx:
            await _make_some(tx, numbers)


async def _make_some(tx: Tx, numbers: range) -> None:
    bettors = {number: bettor(number) for number in numbers}
    await ledger.post(
        tx,
        transfers=[_gift(one.player_id) for number, one in bettors.items() if is_rich(number)],
    )
    ids = [one.player_id for one in bettors.values()]
    seeds = await fairness.active_seeds(tx, sealer=SEALER, brand_id=1, player_ids=ids)
    cash = {one.player_id: _cash(one.player_id) for one in bettors.values()}
    locked = {one.player_id: _locked(one.player_id) for one in bettors.values()}
    house = {
        lane: AccountKey(1, AccountCode.HOUSE_BANKROLL, PLAY, lane=lane) for lane in range(LANES)
    }
    accounts = await ledger.open_accounts(
        tx, keys=[*cash.values(), *locked.values(), *house.values()]
    )
    await tx.executemany(
        "insert into betting.player_account values ($1, $2, $3, $4)",
        [
            (one, PLAY, accounts[cash[one]], accounts[locked[one]])
            for one in sorted(cash, key=lambda player_id: player_id.int)
        ],
    )
    await tx.executemany(
        "insert into bench.player values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                number,
                one.player_id,
                one.lane,
                accounts[cash[one.player_id]],
                accounts[house[one.lane]],
                seeds[one.player_id].id,
                is_rich(number),
            )
            for number, one in bettors.items()
        ],
    )


def _locked(player_id: UUID) -> AccountKey:
    return AccountKey(1, AccountCode.LOCKED_WAGER, PLAY, owner=player_id)


def _cash(player_id: UUID) -> AccountKey:
    return AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=player_id)


def _gift(player_id: UUID) -> Transfer:
    return Transfer(
        id=derived_id("bench", str(player_id)),
        debit=AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY),
        credit=_cash(player_id),
        amount=RICH_UNITS,
        reason="bench",
        ref="bench",
    )
