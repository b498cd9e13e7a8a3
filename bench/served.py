"""The application as it serves HTTP in a round: one API process, or several that share the lanes.

With several, each client goes to the process that owns its lane, as a balancer that knows lanes
would send it: a load generator per process holds the tokens of that process's players. What lands
wrong is forwarded, which is not measured here.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench import audit, cpu, load
from bench.api_process import ApiProcess, settings_of
from bench.lines import Line
from bench.load import Load
from bench.stage import Stage
from bench.visitors import guests
from fairhouse.platform.database import Database

GUESTS: Final = 2_400
"""So many that nobody comes near the pace limit of a player."""
WARM_S: Final = 2
WARM_CONNECTIONS: Final = 256
FRESH_S: Final = 1
"""Before each round: after a pause every session is read anew, all at once, as never under load."""
ROUND_MIN_S: Final = 3.0
"""Sessions are read anew every five seconds; a round must hold its share of that."""
SHARED_S: Final = 30
"""So long the processes may take to share the lanes."""
NUMBERS: Final = {1: "one process", 2: "two processes"}


@dataclass(frozen=True, slots=True)
class End:
    """One process, and the tokens of those who bet there."""

    process: ApiProcess
    tokens: Path


@dataclass(slots=True)
class Served:
    """One way to serve, with its database and processes, and what was measured."""

    name: str
    owner: Database
    ends: list[End]
    loads: dict[int, list[Load]] = field(default_factory=dict[int, list[Load]])
    cpu_us: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Of the API's processes, per bet."""
    whole: bool = True
    """As in `audit.begin`."""
    fresh_s: float = FRESH_S

    @staticmethod
    async def started(
        stage: Stage, server: str, *, count: int = 1, sessions: int = GUESTS
    ) -> "Served":
        """Running, with its guests warm; `count` processes share the lanes."""
        name = f"{server} {NUMBERS[count]}"
        short = f"{server}_{count}_{sessions}".replace("-", "_")
        urls, owner = await stage.prepare(f"bench_http_{short}", 0)
        made = await guests(owner, sessions)
        processes: list[ApiProcess] = []
        for number in range(count):
            folder = stage.folder / f"api-{short}-{number}"
            folder.mkdir()
            processes.append(ApiProcess(settings_of(urls, folder, server), folder))
            stage.stack.push_async_callback(processes[-1].stop)
        await asyncio.gather(*(process.start() for process in processes))
        addresses = await _addresses(owner, processes)
        tokens: defaultdict[str, list[str]] = defaultdict(list)
        for token, lane in made:
            tokens[addresses[lane]].append(token)
        ends: list[End] = []
        for number, process in enumerate(processes):
            file = stage.folder / f"tokens-{short}-{number}"
            await asyncio.to_thread(file.write_text, "\n".join(tokens[process.lanes]) + "\n")
            ends.append(End(process, file))
        # Many sessions come to their steady pace of being read anew only after a while.
        served = Served(name, owner, ends, fresh_s=FRESH_S if sessions <= GUESTS else 5)
        await served.warm(2 * sessions)
        return served

    async def warm(self, bets: int) -> None:
        """Let every session bet, so that nobody is loaded while the clock runs."""
        done = 0
        while done < bets:
            done += (await self.load_only(WARM_CONNECTIONS, WARM_S)).answered
        await audit.quiet(self.owner)

    async def load_only(self, connections: int, seconds: float) -> Load:
        """Load without an audit: what is asked may fail. Connections are split evenly."""
        each = connections // len(self.ends)
        loads = [load.run(end.process.url, end.tokens, each, seconds) for end in self.ends]
        return Load.together(await asyncio.gather(*loads))

    async def round(self, connections: int, seconds: float) -> Load:
        """One audited round. Raises BooksBroken when anything was not answered with 200."""
        await self.load_only(connections, self.fresh_s)
        await audit.quiet(self.owner)
        await audit.followed(self.owner)
        under = await audit.begin(self.owner, whole=self.whole)
        used_s = self._cpu_s()
        seen = await self.load_only(connections, max(ROUND_MIN_S, seconds))
        used_s = self._cpu_s() - used_s
        await audit.quiet(self.owner)
        await audit.followed(self.owner)
        if seen.refused or seen.broken:
            raise audit.BooksBroken(f"{seen.refused} refused, {seen.broken} broken of {seen}")
        # The load ends with a request under way on each connection, which may be committed.
        await audit.check(self.owner, under, answered=seen.answered, spare=connections)
        self.loads.setdefault(connections, []).append(seen)
        self.cpu_us.setdefault(connections, []).append(used_s / max(1, seen.answered) * 1e6)
        return seen

    def _cpu_s(self) -> float:
        return sum(cpu.of_process(end.process.pid) for end in self.ends)

    async def stop(self) -> None:
        """End the processes in good order."""
        for end in self.ends:
            await end.process.stop()

    @property
    def sessions(self) -> int:
        """How many different players bet."""
        texts = (end.tokens.read_text().split() for end in self.ends)
        return sum(1 for _ in itertools.chain.from_iterable(texts))

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
            f" CPU per bet {median(self.cpu_us[connections]):.0f} us API",
        )


async def _addresses(owner: Database, processes: Sequence[ApiProcess]) -> dict[int, str]:
    """Where each lane lives, once each process has its share."""
    wanted = {process.lanes for process in processes}
    async with asyncio.timeout(SHARED_S):
        while True:
            async with owner.read() as tx:
                rows = await tx.fetch(
                    "select l.lane, o.address from betting.lane l"
                    " join betting.owner o on o.name = l.owner"
                )
            found = {row["lane"]: row["address"] for row in rows}
            sizes = [sum(one == address for one in found.values()) for address in wanted]
            if set(found.values()) == wanted and max(sizes) - min(sizes) <= 1:
                return found
            await asyncio.sleep(0.1)
