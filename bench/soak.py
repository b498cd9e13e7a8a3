"""`soak`: ten minutes at 70 % of the best rate just measured (SOAK_S, SOAK_SHARE).

What must not drift from the first third to the last: the rate that is held, p99, the memory of the
lane owner's process and of PostgreSQL's. Beside it: what checkpoints and autovacuum did meanwhile.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any, Final

from bench import audit, cpu
from bench.baseline import Baseline
from bench.histogram import quantile_s
from bench.lines import DRIFT_MAX, MISS, Line, compared
from bench.place import Measured, Owners, Way
from bench.stage import Sizes, Stage
from fairhouse.platform.database import Database

SOAK_S: Final = 600.0
SHARE: Final = 0.70
PROBED_S: Final = 3.0
LEFT_OUT_MAX: Final = 0.01
"""Of the bets asked for: beyond it the rate was not held."""
SAMPLE_S: Final = 2.0
AUDITED_IN_FULL_MAX: Final = 6_000_000

_STATS: Final = """
select c.num_timed + c.num_requested as checkpoints,
    c.buffers_written, (c.write_time / 1000)::bigint as checkpoint_write_s,
    (select (wal_bytes / 1048576)::bigint from pg_stat_wal) as wal_mb,
    (select sum(autovacuum_count)::bigint from pg_stat_all_tables) as autovacuums,
    (select n_dead_tup from pg_stat_all_tables where relid = 'ledger.balance'::regclass)
        as dead_balances
from pg_stat_checkpointer c
"""


@dataclass(slots=True)
class Memory:
    """Samples over the time, in megabytes."""

    owner_mb: list[float] = field(default_factory=list[float])
    postgres_mb: list[float] = field(default_factory=list[float])

    async def watch(self, owner_pid: int, postmaster: int) -> None:
        """Sample until cancelled."""
        while True:
            self.owner_mb.append(await asyncio.to_thread(cpu.resident_mb, owner_pid))
            self.postgres_mb.append(await asyncio.to_thread(_family_mb, postmaster))
            await asyncio.sleep(SAMPLE_S)


def _family_mb(postmaster: int) -> float:
    return sum(cpu.resident_mb(pid) for pid in (postmaster, *cpu.children(postmaster)))


def thirds_of(samples: list[float]) -> tuple[float, float]:
    """The means of the first and of the last third."""
    size = max(1, len(samples) // 3)
    return mean(samples[:size]), mean(samples[-size:])


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """Probe the best rate, then hold a share of it for long."""
    del baseline
    seconds = float(os.environ.get("SOAK_S", SOAK_S))
    share = float(os.environ.get("SOAK_SHARE", SHARE))
    urls, owner = await stage.prepare("bench_soak", sizes.players)
    owners = await Owners.started(urls, owner, stage.folder, active=sizes.players, count=1)
    try:
        probe = Measured()
        for _ in range(sizes.rounds):
            rate = await owners.round(Way(1, 1024), PROBED_S, probe)
            print(f"    best rate: {rate:,.0f} bets/s", flush=True)
        return await _soak(owners, owner, max(probe.rates) * share, seconds)
    finally:
        await owners.stop()


async def _soak(owners: Owners, owner: Database, rate: float, seconds: float) -> list[Line]:
    print(f"    {rate:,.0f} bets/s for {seconds:,.0f} s", flush=True)
    under = await audit.begin(owner)
    before = await _stats(owner)
    memory = Memory()
    postmaster = await cpu.postmaster_of(owner)
    process = owners.processes[0]
    watching = asyncio.create_task(memory.watch(process.pid, postmaster))
    telling = asyncio.create_task(_tell(memory, seconds))
    used_s = [cpu.of_process(process.pid), await asyncio.to_thread(cpu.of_family, postmaster)]
    answer = await process.ask("soak", rate=rate, seconds=seconds)
    now_s = [cpu.of_process(process.pid), await asyncio.to_thread(cpu.of_family, postmaster)]
    watching.cancel()
    telling.cancel()
    each = [(b - a) / max(1, answer["answered"]) * 1e6 for a, b in zip(used_s, now_s, strict=True)]
    costs = f"CPU per bet {each[0]:.0f} us client + {each[1]:.0f} us server"
    await audit.check(owner, under, answered=answer["answered"])
    if answer["answered"] <= AUDITED_IN_FULL_MAX:
        await audit.check_everything(owner)
    print(f"    the books of {answer['answered']:,} bets are exact", flush=True)
    after = await _stats(owner)
    changed = ", ".join(f"{name} {after[name] - before[name]:,}" for name in before)
    return soak_lines(answer, rate, seconds, memory, f"{costs}; {changed}")


async def _tell(memory: Memory, seconds: float) -> None:
    began_s = time.monotonic()
    while True:
        await asyncio.sleep(max(SAMPLE_S, seconds / 10))
        passed_s = time.monotonic() - began_s
        print(
            f"      {passed_s:5.0f} s: owner {memory.owner_mb[-1]:.0f} MB,"
            f" PostgreSQL {memory.postgres_mb[-1]:.0f} MB",
            flush=True,
        )


async def _stats(owner: Database) -> dict[str, int]:
    async with owner.read() as tx:
        row = await tx.fetchrow(_STATS)
        assert row is not None
        return {name: int(value or 0) for name, value in row.items()}


def soak_lines(
    answer: dict[str, Any], rate: float, seconds: float, memory: Memory, changed: str
) -> list[Line]:
    """The last third against the first."""
    thirds = answer["thirds"]
    third_s = seconds / len(thirds)
    rates = [third["answered"] / third_s for third in thirds]
    p50 = [quantile_s(third["counts"], 0.5) * 1000 for third in thirds]
    p99 = [quantile_s(third["counts"], 0.99) * 1000 for third in thirds]
    held = Line(
        name="soak.throughput",
        value=round(rates[-1]),
        unit="bets/s",
        p50_ms=round(p50[-1], 2),
        p99_ms=round(p99[-1], 2),
        notes=f"{rate:,.0f} asked for {seconds:,.0f} s, {answer['left_out']:,} left out; {changed}",
    )
    tail = Line("soak.p99", round(p99[-1], 2), "ms", notes="from the moment a bet was due")
    throughput = _steady(held, rates[0], is_more_better=True)
    if answer["left_out"] > LEFT_OUT_MAX * rate * seconds:
        throughput = replace(throughput, verdict=MISS)
    lines = [throughput, _steady(tail, p99[0])]
    for name, samples in (("owner", memory.owner_mb), ("postgres", memory.postgres_mb)):
        first_mb, last_mb = thirds_of(samples)
        line = Line(f"soak.memory.{name}", round(last_mb, 1), "MB", notes="private memory")
        lines.append(_steady(line, first_mb))
    return lines


def _steady(line: Line, first: float, *, is_more_better: bool = False) -> Line:
    """The last third against the first: worse by a tenth at most."""
    line = compared(line, first)
    ratio = line.value / first if first else 1.0
    worse = 1 / ratio - 1 if is_more_better and ratio else ratio - 1
    return line.judged(worse <= DRIFT_MAX, f"drift of the last third at most {DRIFT_MAX:.0%}")
