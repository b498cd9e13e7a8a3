"""One post of 500 transfers beside 500 posts of one: `python -m bench.ledger_post`.

A durable PostgreSQL (fsync, checksums, synchronous commit) in a folder of its own; the three ways
take turns in one run, so that only their ratios count.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from uuid import uuid4

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger import api
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.server import PostgresServer

COUNT = 500
ROUNDS = 5
USDT = CurrencyCode("USDT")
HOUSE = AccountKey(1, AccountCode.HOUSE_BANKROLL, USDT, lane=0)
PLAYERS = [AccountKey(1, AccountCode.PLAYER_CASH, USDT, owner=uuid4()) for _ in range(COUNT)]


def transfers() -> list[Transfer]:
    """The house pays each of the players."""
    return [
        Transfer(id=uuid4(), debit=HOUSE, credit=player, amount=1, reason="bench", ref="bench")
        for player in PLAYERS
    ]


async def as_one(db: Database) -> None:
    """One linked post in one transaction."""
    async with db.tx() as tx:
        await api.post(tx, transfers=transfers())


async def one_by_one(db: Database) -> None:
    """A post each, all in one transaction."""
    async with db.tx() as tx:
        for transfer in transfers():
            await api.post(tx, transfers=[transfer])


async def one_transaction_each(db: Database) -> None:
    """A post and a commit each."""
    for transfer in transfers():
        async with db.tx() as tx:
            await api.post(tx, transfers=[transfer])


async def timed(way: Callable[[Database], Awaitable[None]], db: Database) -> float:
    """Seconds that one round took."""
    started = time.perf_counter()
    await way(db)
    return time.perf_counter() - started


async def measure(url: str) -> None:
    """Rounds of all three ways in turn; prints medians and ratios."""
    db = await Database.connect(url, PoolSettings(size_max=2))
    ways = (as_one, one_by_one, one_transaction_each)
    await as_one(db)
    took: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            took[way.__name__].append(await timed(way, db))
    base = median(took[as_one.__name__])
    for name, times in took.items():
        rate = COUNT / median(times)
        print(
            f"{name:22} {rate:9.0f} transfers/s  {median(times) / base:6.1f} x the time of one post"
        )
    async with db.read() as tx:
        started = time.perf_counter()
        assert await api.imbalances(tx) == []
        rows = COUNT * (1 + ROUNDS * len(ways))
        print(f"invariants over {rows} transfers: {time.perf_counter() - started:.2f} s")
    await db.close()


def main() -> None:
    """Start the server, measure, clean up."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "postgres")
        try:
            urls = server.start()
            upgrade(urls.owner)
            asyncio.run(measure(urls.app))
        finally:
            server.destroy()


if __name__ == "__main__":
    main()
