"""`http.bet`: dice bets over HTTP through the real application process.

Session, pause switches, limits, seed pair and nonce, outcome, durable commit: all of it, by
`python -m fairhouse.app api` with real settings; the load comes from a process of its own. Every
HTTP server that the settings offer has a database and a process of its own, and they take turns.
"""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench import audit, cpu, load, visitors
from bench.api_process import ApiProcess, servers, settings_of
from bench.baseline import Baseline
from bench.lines import Line, compared, judged_http
from bench.load import Load
from bench.stage import Sizes, Stage
from fairhouse.platform.database import Database

CONNECTIONS: Final = (64, 256)
GUESTS: Final = 2_400
"""So many that nobody comes near the pace limit of a player."""
WARM_S: Final = 2
FRESH_S: Final = 1
"""Before each round: after a pause every session is read anew, all at once, as never under load."""
ROUND_MIN_S: Final = 3.0
"""Sessions are read anew every five seconds; a round must hold its share of that."""


@dataclass(slots=True)
class Served:
    """One server with its database, its process, and what was measured."""

    name: str
    owner: Database
    process: ApiProcess
    tokens: Path
    loads: dict[int, list[Load]] = field(default_factory=dict[int, list[Load]])
    cpu_us: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Of the API's process, per bet."""
    whole: bool = True
    """As in `audit.begin`."""

    @staticmethod
    async def started(stage: Stage, name: str, guests: int = GUESTS) -> "Served":
        """Running, with its guests warm."""
        urls, owner = await stage.prepare(f"bench_http_{name}".replace("-", "_"), 0)
        folder = stage.folder / f"api-{name}"
        folder.mkdir()
        made = await visitors.tokens(owner, guests)
        tokens = folder / "tokens"
        await asyncio.to_thread(tokens.write_text, "\n".join(made) + "\n")
        process = ApiProcess(settings_of(urls, folder, name), folder)
        stage.stack.push_async_callback(process.stop)
        await process.start()
        served = Served(name, owner, process, tokens)
        await served.warm(2 * guests)
        return served

    async def warm(self, bets: int) -> None:
        """Let every session bet, so that nobody is loaded while the clock runs."""
        done = 0
        while done < bets:
            seen = await load.run(self.process.url, self.tokens, CONNECTIONS[-1], WARM_S)
            done += seen.answered
        await audit.quiet(self.owner)

    async def load_only(self, connections: int, seconds: float) -> Load:
        """Load without an audit: what is asked may fail."""
        return await load.run(self.process.url, self.tokens, connections, seconds)

    async def round(self, connections: int, seconds: float) -> Load:
        """One audited round. Raises BooksBroken when anything was not answered with 200."""
        await self.load_only(connections, FRESH_S)
        await audit.quiet(self.owner)
        await audit.followed(self.owner)
        under = await audit.begin(self.owner, whole=self.whole)
        used_s = cpu.of_process(self.process.pid)
        seen = await self.load_only(connections, max(ROUND_MIN_S, seconds))
        used_s = cpu.of_process(self.process.pid) - used_s
        await audit.quiet(self.owner)
        await audit.followed(self.owner)
        if seen.refused or seen.broken:
            raise audit.BooksBroken(f"{seen.refused} refused, {seen.broken} broken of {seen}")
        # The load ends with a request under way on each connection, which may be committed.
        await audit.check(self.owner, under, answered=seen.answered, spare=connections)
        self.loads.setdefault(connections, []).append(seen)
        self.cpu_us.setdefault(connections, []).append(used_s / max(1, seen.answered) * 1e6)
        return seen

    @property
    def sessions(self) -> int:
        """How many different players bet."""
        return len(self.tokens.read_text().split())

    def line(self, connections: int) -> Line:
        """Medians of the rounds."""
        loads = self.loads[connections]
        return Line(
            name="http.bet",
            value=round(median(one.rate for one in loads)),
            unit="bets/s",
            p50_ms=median(one.p50_ms for one in loads),
            p99_ms=median(one.p99_ms for one in loads),
            concurrency=connections,
            notes=f"{self.name}, load by {load.program()}, {self.sessions} sessions,"
            f" CPU per bet {median(self.cpu_us[connections]):.0f} us API process",
        )


def chosen_servers(*, is_quick: bool) -> list[str]:
    """FAIRHOUSE_BENCH_SERVER names one; quick is the default one alone."""
    named = os.environ.get("FAIRHOUSE_BENCH_SERVER")
    if named:
        return [named]
    return servers()[:1] if is_quick else servers()


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """All servers and the baseline in turn."""
    names = chosen_servers(is_quick=sizes.is_quick)
    print(f"  starting {', '.join(names)} with {GUESTS} guests each", flush=True)
    all_served = [await Served.started(stage, name) for name in names]
    before = len(baseline.rates)
    for number in range(sizes.rounds):
        print(f"  round {number + 1} of {sizes.rounds}")
        rate = await baseline.round(sizes.round_s)
        print(f"    pgbench, {baseline.clients} clients: {rate:10,.0f} bets/s", flush=True)
        for connections in CONNECTIONS:
            for served in all_served:
                seen = await served.round(connections, sizes.round_s)
                print(
                    f"    {served.name:14} {connections:4} connections: {seen.rate:10,.0f} bets/s"
                    f"   p99 {seen.p99_ms} ms, {served.cpu_us[connections][-1]:.0f} us API",
                    flush=True,
                )
    for served in all_served:
        await served.process.stop()
        bets = await audit.check_everything(served.owner)
        print(f"  the books of {bets:,} bets are exact", flush=True)
    return _lines(all_served, baseline.rate_since(before))


def _lines(all_served: list[Served], baseline: float) -> list[Line]:
    lines: list[Line] = []
    for connections in CONNECTIONS:
        found = [compared(served.line(connections), baseline) for served in all_served]
        best = max(found, key=lambda line: line.value)
        lines += [judged_http(line) if line is best else line for line in found]
    return lines
