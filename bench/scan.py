"""`chains.scan`: transfers per second matched against ten million watched addresses.

The watcher keeps no addresses in memory: it asks the index of `chains.watched` for a batch of
blocks at a time. So what grows is the table, not the process; the line tells both, and compares
with ten thousand addresses.
"""

import hashlib
import os
import random
import time
from datetime import UTC, datetime
from statistics import median
from typing import Final

from bench import audit, cpu
from bench.baseline import Baseline
from bench.lines import Line, compared, in_ms
from bench.stage import Sizes, Stage
from fairhouse.app.settings import ChainSettings
from fairhouse.app.wiring import chain_spec
from fairhouse.chains import rules, store
from fairhouse.chains.types import Address, BlockMovements, BlockRef, ChainSpec, Movement, TxHash
from fairhouse.platform.database import Database

ADDRESSES: Final = 10_000_000
ADDRESSES_QUICK: Final = 1_000_000
ADDRESSES_SMALL: Final = 10_000
BLOCKS: Final = 20
TRANSFERS_A_BLOCK: Final = 250
OURS_EVERY: Final = 50
"""Every so many transfers goes to a watched address."""

_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)

FILL: Final = """
insert into chains.watched (chain, address, since, looked_back)
select 'ethereum', '0x' || substr(encode(sha256(n::text::bytea), 'hex'), 1, 40), now(), true
from generate_series(1, $1::integer) as n
"""


def address(number: int) -> Address:
    """As `FILL` makes it."""
    return Address("0x" + hashlib.sha256(str(number).encode()).hexdigest()[:40])


def spec() -> ChainSpec:
    """Ethereum, as the settings of a platform describe it."""
    return chain_spec(
        "ethereum",
        ChainSettings(rpc_urls=[], chain_id=1, explorer_tx="", explorer_address=""),
    )


def blocks(addresses: int, rng: random.Random) -> list[BlockMovements]:
    """A batch of blocks as the node's adapter hands it over."""
    made: list[BlockMovements] = []
    for height in range(BLOCKS):
        movements = tuple(
            Movement(
                tx_hash=TxHash(f"0x{rng.getrandbits(256):064x}"),
                index="n",
                contract=None,
                from_address=Address(f"0x{rng.getrandbits(160):040x}"),
                to_address=_recipient(number, addresses, rng),
                base_units=10**15,
            )
            for number in range(TRANSFERS_A_BLOCK)
        )
        block = BlockRef(height, f"0x{height + 1:064x}", f"0x{height:064x}", _TIME)
        hashes = frozenset(one.tx_hash for one in movements)
        made.append(BlockMovements(block, hashes, movements, has_internal=True))
    return made


def _recipient(number: int, addresses: int, rng: random.Random) -> Address:
    if number % OURS_EVERY == 0:
        return address(rng.randint(1, addresses))
    return Address(f"0x{rng.getrandbits(160):040x}")


async def _fill(owner: Database, addresses: int) -> None:
    """Watch that many: the primary key is built afterwards, which is quicker."""
    async with owner.tx() as tx:
        await tx.execute("truncate chains.watched")
        await tx.execute("alter table chains.watched drop constraint watched_pkey")
        await tx.execute("set local maintenance_work_mem = '1GB'")
        await tx.execute(FILL, addresses)
        await tx.execute("alter table chains.watched add primary key (chain, address)")
    async with owner.connection() as connection:
        await connection.execute("vacuum analyze chains.watched")


async def _round(
    db: Database, of: ChainSpec, addresses: int, seconds: float, waits_s: list[float]
) -> float:
    """Batches of blocks through the watcher's own matching; transfers per second."""
    rng = random.Random(len(waits_s))
    ready = [blocks(addresses, rng) for _ in range(4)]
    done = 0
    until_s = time.perf_counter() + seconds
    began_s = time.perf_counter()
    while (started_s := time.perf_counter()) < until_s:
        batch = ready[done // (BLOCKS * TRANSFERS_A_BLOCK) % len(ready)]
        async with db.read() as tx:
            watched = await store.watched_among(tx, of.chain, rules.recipients(batch))
        found = rules.matched(of, batch, watched)
        if len(found) != BLOCKS * TRANSFERS_A_BLOCK // OURS_EVERY:
            raise audit.BooksBroken(f"the watcher found {len(found)} transfers of ours")
        waits_s.append(time.perf_counter() - started_s)
        done += BLOCKS * TRANSFERS_A_BLOCK
    return done / (time.perf_counter() - began_s)


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """Many addresses and few, in turn, in a database each."""
    many = int(os.environ.get("SCAN_ADDRESSES", ADDRESSES_QUICK if sizes.is_quick else ADDRESSES))
    of = spec()
    owners: dict[int, Database] = {}
    for count in (ADDRESSES_SMALL, many):
        _, owners[count] = await stage.prepare(f"bench_scan_{count}", 0)
        started_s = time.monotonic()
        await _fill(owners[count], count)
        print(f"    {count:,} addresses watched ({time.monotonic() - started_s:.0f} s)", flush=True)
    before_mb = cpu.resident_mb(os.getpid())
    rates: dict[int, list[float]] = {count: [] for count in owners}
    waits_s: dict[int, list[float]] = {count: [] for count in owners}
    for _ in range(sizes.rounds):
        for count, owner in owners.items():
            rates[count].append(await _round(owner, of, count, sizes.round_s, waits_s[count]))
    grown_mb = cpu.resident_mb(os.getpid()) - before_mb
    async with owners[many].read() as tx:
        table_mb = await tx.fetchval("select pg_total_relation_size('chains.watched') >> 20")
    ordered = sorted(waits_s[many])
    line = Line(
        name="chains.scan",
        value=round(median(rates[many])),
        unit="transfers/s",
        p50_ms=in_ms(ordered, 0.5),
        p99_ms=in_ms(ordered, 0.99),
        concurrency=1,
        notes=f"{many:,} watched addresses in an index of PostgreSQL, {table_mb} MB on disk with"
        f" the table; the watcher's memory grew by {grown_mb:.0f} MB; latencies of a batch of"
        f" {BLOCKS} blocks; baseline: {ADDRESSES_SMALL:,} addresses",
    )
    line = compared(line, median(rates[ADDRESSES_SMALL]))
    print(f"    {line.value:,.0f} transfers/s, {line.baseline:,.0f} with few", flush=True)
    return [line]
