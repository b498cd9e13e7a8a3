"""`growth`: the same active players in a small database and in large ones.

`ledger.place` and `http.bet` with the same number of active players, alone and among ten million
accounts with fifty million bets behind them; and how long the application takes to start, and the
whole to be ready again after PostgreSQL was killed (kill -9) in the middle of betting.
GROWTH_ACCOUNTS, GROWTH_ROWS and GROWTH_ACTIVE scale it; all databases live on one server, and
their rounds take turns.
"""

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Final

from bench import audit, cpu, growth_data
from bench.api_process import ApiProcess, settings_of
from bench.baseline import Baseline
from bench.growth_data import Size
from bench.lines import Line, compared, in_ms, judged_growth
from bench.place import Measured, Owners, Way
from bench.served import End, Served
from bench.stage import Sizes, Stage, checkpoint
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls

ACCOUNTS: Final = 10_000_000
ROWS: Final = 50_000_000
ACTIVE: Final = 100_000
PLACE: Final = Way(1, 1024)
CONNECTIONS: Final = 256
KILLED_AFTER_S: Final = 4


@dataclass(slots=True)
class Grown:
    """One database of its size, and what was measured in it."""

    size: Size
    urls: DatabaseUrls
    owner: Database
    placed: Measured = field(default_factory=Measured)
    served: Served | None = None
    start_s: float = 0.0
    recovery_s: float = 0.0


def sizes_of_growth() -> list[Size]:
    """Small first; the largest last, with the rows."""
    accounts = int(os.environ.get("GROWTH_ACCOUNTS", ACCOUNTS))
    rows = int(os.environ.get("GROWTH_ROWS", ROWS))
    active = min(int(os.environ.get("GROWTH_ACTIVE", ACTIVE)), accounts // 10)
    found = [Size(active, active, 0), Size(accounts // 10, active, 0), Size(accounts, active, rows)]
    return [size for at, size in enumerate(found) if size not in found[:at]]


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """Fill, place, serve, kill."""
    del baseline
    grown: list[Grown] = []
    for number, size in enumerate(sizes_of_growth()):
        began_s = time.monotonic()
        urls, owner = await growth_data.fill(stage, f"bench_growth_{number}", size)
        grown.append(Grown(size, urls, owner))
        print(f"    {size} ({time.monotonic() - began_s:.0f} s)", flush=True)
    await _place(stage, grown, sizes)
    await _serve(stage, [grown[0], grown[-1]], sizes)
    for one in grown:
        await _kill(stage, one)
    return _lines(grown)


async def _place(stage: Stage, grown: list[Grown], sizes: Sizes) -> None:
    all_owners: list[Owners] = []
    async with contextlib.AsyncExitStack() as stack:
        for one in grown:
            owners = await Owners.started(
                *(one.urls, one.owner, stage.folder),
                active=one.size.active,
                stride=one.size.stride,
                whole=False,
                count=1,
            )
            stack.push_async_callback(owners.stop)
            began_s = time.monotonic()
            await owners.hold(1)
            warm_s = time.monotonic() - began_s
            print(f"    {one.size}: all warm after {warm_s:.0f} s", flush=True)
            all_owners.append(owners)
        await asyncio.to_thread(checkpoint, stage.urls)
        for _ in range(sizes.rounds):
            for one, owners in zip(grown, all_owners, strict=True):
                rate = await owners.round(PLACE, sizes.round_s, one.placed)
                costs = one.placed.costs()
                print(f"    place, {one.size}: {rate:10,.0f} bets/s   {costs}", flush=True)
    for one in grown:
        await _check_sums(one.owner)


async def _check_sums(owner: Database) -> None:
    """Debits and credits of everything are equal. The rounds were audited account by account."""
    async with owner.read() as tx:
        delta = await tx.fetchval(
            "select sum(debits_posted) - sum(credits_posted) from ledger.balance"
        )
    if delta:
        raise audit.BooksBroken(f"a money delta of {delta}")


async def _serve(stage: Stage, grown: list[Grown], sizes: Sizes) -> None:
    for one in grown:
        one.served, one.start_s = await _api(stage, one)
        await one.served.warm(2 * len(one.size.tokens()))
    await asyncio.to_thread(checkpoint, stage.urls)
    for _ in range(sizes.rounds):
        for one in grown:
            assert one.served is not None
            seen = await one.served.round(CONNECTIONS, sizes.round_s)
            shown = f"{seen.rate:10,.0f} bets/s   p99 {seen.p99_ms} ms"
            print(f"    http, {one.size}: {shown}", flush=True)
    for one in grown:
        assert one.served is not None
        await one.served.stop()


async def _api(stage: Stage, one: Grown) -> tuple[Served, float]:
    """The application on this database, and the seconds that its start took."""
    folder = stage.folder / f"growth-{one.urls.app.rpartition('/')[2]}"
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    tokens = folder / "tokens"
    await asyncio.to_thread(tokens.write_text, "\n".join(one.size.tokens()) + "\n")
    process = ApiProcess(settings_of(one.urls, folder, None), folder)
    stage.stack.push_async_callback(process.stop)
    began_s = time.monotonic()
    await process.start()
    served = Served("default", one.owner, [End(process, tokens)], whole=False)
    return served, time.monotonic() - began_s


async def _kill(stage: Stage, one: Grown) -> None:
    """kill -9 of PostgreSQL under load; until the application's lanes are its own again."""
    await asyncio.to_thread(checkpoint, stage.urls)
    served, start_s = await _api(stage, one)
    one.start_s = one.start_s or start_s
    postmaster = await cpu.postmaster_of(one.owner)
    loading = asyncio.create_task(
        served.load_only(CONNECTIONS, KILLED_AFTER_S + 2), name="load under a kill"
    )
    await asyncio.sleep(KILLED_AFTER_S)
    backends = await asyncio.to_thread(cpu.children, postmaster)
    os.kill(postmaster, signal.SIGKILL)
    began_s = time.monotonic()
    # The backends see it and leave; before that their memory cannot be taken over.
    for pid in (postmaster, *backends):
        await asyncio.to_thread(_until_gone, pid)
    await asyncio.to_thread(stage.server.start)
    await served.ends[0].process.until_ready()
    one.recovery_s = time.monotonic() - began_s
    await loading
    await served.stop()
    await _check_sums(one.owner)
    print(
        f"    {one.size}: start {one.start_s:.1f} s, ready {one.recovery_s:.1f} s after kill -9",
        flush=True,
    )


def _until_gone(pid: int) -> None:
    while Path(f"/proc/{pid}").exists() and "Z" not in _state(pid):
        time.sleep(0.01)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _lines(grown: list[Grown]) -> list[Line]:
    lines: list[Line] = []
    small, largest = grown[0], grown[-1]
    for one in grown:
        ordered = sorted(one.placed.waits_s)
        line = Line(
            name="growth.ledger.place",
            value=round(median(one.placed.rates)),
            unit="bets/s",
            p50_ms=in_ms(ordered, 0.5),
            p99_ms=in_ms(ordered, 0.99),
            concurrency=PLACE.in_flight,
            notes=f"{one.size}, one lane owner, CPU per bet {one.placed.costs()}",
        )
        lines.append(_against(line, median(small.placed.rates), one, small, largest))
    for one in grown:
        if one.served is not None and small.served is not None:
            line = replace(
                one.served.line(CONNECTIONS), name="growth.http.bet", notes=str(one.size)
            )
            of_small = small.served.line(CONNECTIONS).value
            lines.append(_against(line, of_small, one, small, largest))
    for one in grown:
        lines += [
            Line("growth.start", round(one.start_s, 1), "s", notes=f"{one.size}, API until ready"),
            Line(
                "growth.recovery",
                round(one.recovery_s, 1),
                "s",
                notes=f"{one.size}, kill -9 of PostgreSQL under load, until the lanes are ready",
            ),
        ]
    return lines


def _against(line: Line, of_small: float, one: Grown, small: Grown, largest: Grown) -> Line:
    if one is small:
        return line
    line = compared(line, of_small)
    return judged_growth(line) if one is largest else line
