"""`ledger.place`: bets over the road, with one lane owner and with two.

Owners are processes (`bench.owner`), each with its own clients; with two, the lanes are split and
the rates of one common window are added. Rounds of all ways, the baseline among them, take turns.
"""

import asyncio
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench import audit, cpu
from bench.baseline import Baseline
from bench.child import Child
from bench.lines import Line, compared, in_ms, judged_place, judged_zipf
from bench.stage import Sizes, Stage
from fairhouse.betting.types import LANES
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls

LEAD_S: Final = 0.25
"""Between the order and the start of a round, so that all owners start together."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways that are measured."""

    owners: int
    in_flight: int
    """Of all owners together."""
    weights: str = "uniform"

    @property
    def label(self) -> str:
        """For the progress lines."""
        return f"{self.owners} owner{'s' * (self.owners > 1)}, {self.in_flight}, {self.weights}"


FULL: Final = tuple(
    Way(owners, in_flight, weights)
    for owners in (1, 2)
    for weights in ("uniform", "zipf")
    for in_flight in (64, 256, 1024)
)
QUICK: Final = (
    Way(1, 64),
    Way(1, 1024),
    Way(1, 1024, "zipf"),
    Way(2, 64),
    Way(2, 1024),
    Way(2, 1024, "zipf"),
)


@dataclass(slots=True)
class Measured:
    """One way over its rounds."""

    rates: list[float] = field(default_factory=list[float])
    waits_s: "array[float]" = field(default_factory=lambda: array("d"))
    cpu_us: list[float] = field(default_factory=list[float])
    """Owner and clients, per bet."""
    server_us: list[float] = field(default_factory=list[float])
    """All of PostgreSQL, per bet."""

    followed_s: list[float] = field(default_factory=list[float])
    """Until the fold had caught up with the journal, after a round."""

    def costs(self) -> str:
        """For the notes and the progress lines."""
        return (
            f"{median(self.cpu_us):.0f} us client + {median(self.server_us):.0f} us server,"
            f" journal folded {median(self.followed_s):.1f} s later"
        )


@dataclass(slots=True)
class Owners:
    """Processes on one database; some of them hold the lanes."""

    owner: Database
    processes: list[Child]
    active: int
    """How many players bet."""
    stride: int = 1
    """The k-th of them is the player of number k times this."""
    whole: bool = True
    """Whether the audit looks at every balance, or at the active players' and the house's."""
    holding: int = 0

    @staticmethod
    async def started(
        urls: DatabaseUrls,
        owner: Database,
        folder: Path,
        *,
        active: int,
        stride: int = 1,
        whole: bool = True,
        count: int = 2,
    ) -> "Owners":
        """Running, without lanes."""
        processes = [
            await Child.started("bench.owner", urls.app, str(folder)) for _ in range(count)
        ]
        return Owners(owner, processes, active, stride, whole)

    async def hold(self, owners: int) -> None:
        """Share all lanes among this many processes, and warm them up."""
        if owners == self.holding:
            return
        for process in self.processes[: self.holding]:
            await process.ask("release")
        self.holding = owners
        for number, process in enumerate(self.processes[:owners]):
            lanes = list(range(number * LANES // owners, (number + 1) * LANES // owners))
            await process.ask("take", lanes=lanes, active=self.active, stride=self.stride)

    async def round(self, way: Way, seconds: float, into: Measured) -> float:
        """One audited round; bets per second."""
        await self.hold(way.owners)
        under = await audit.begin(self.owner, whole=self.whole)
        server_s = await self._server_s()
        start_s = time.perf_counter() + LEAD_S
        answers = await asyncio.gather(
            *(
                process.ask(
                    "play",
                    name=number,
                    in_flight=way.in_flight // way.owners,
                    start_s=start_s,
                    seconds=seconds,
                    weights=way.weights,
                )
                for number, process in enumerate(self.processes[: way.owners])
            )
        )
        server_s = await self._server_s() - server_s
        into.followed_s.append(await audit.followed(self.owner))
        fresh = sum(answer["fresh"] for answer in answers)
        await audit.check(self.owner, under, answered=fresh)
        for answer in answers:
            waits = Path(answer["waits"])
            into.waits_s.frombytes(await asyncio.to_thread(waits.read_bytes))
            await asyncio.to_thread(waits.unlink)
        rate = sum(answer["in_time"] for answer in answers) / seconds
        into.rates.append(rate)
        into.cpu_us.append(sum(answer["cpu_s"] for answer in answers) / max(1, fresh) * 1e6)
        into.server_us.append(server_s / max(1, fresh) * 1e6)
        return rate

    async def _server_s(self) -> float:
        """Processor time of PostgreSQL with all its backends."""
        postmaster = await cpu.postmaster_of(self.owner)
        return await asyncio.to_thread(cpu.of_family, postmaster)

    async def stop(self) -> None:
        """Let the processes go."""
        await asyncio.gather(*(process.stop() for process in self.processes))


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """All ways and the baseline in turn; the books in full at the end."""
    here, owner = await stage.prepare("bench_place", sizes.players)
    before = len(baseline.rates)
    ways = QUICK if sizes.is_quick else FULL
    measured = {way: Measured() for way in ways}
    owners = await Owners.started(here, owner, stage.folder, active=sizes.players)
    try:
        for number in range(sizes.rounds):
            print(f"  round {number + 1} of {sizes.rounds}")
            rate = await baseline.round(sizes.round_s)
            print(f"    pgbench, {baseline.clients} clients: {rate:10,.0f} bets/s", flush=True)
            for way in ways:
                rate = await owners.round(way, sizes.round_s, measured[way])
                costs = measured[way].costs()
                print(f"    {way.label:28}: {rate:10,.0f} bets/s   {costs}", flush=True)
    finally:
        await owners.stop()
    bets = await audit.check_everything(owner)
    print(f"  the books of {bets:,} bets are exact", flush=True)
    return _lines(measured, baseline.rate_since(before))


def _lines(measured: dict[Way, Measured], baseline: float) -> list[Line]:
    lines = {way: compared(_line(way, found), baseline) for way, found in measured.items()}
    best = {
        (way.in_flight, way.weights): max(
            (other for other in lines if _is_rival(way, other)), key=lambda one: lines[one].value
        )
        for way in lines
    }
    for (in_flight, weights), way in best.items():
        if weights == "uniform":
            lines[way] = judged_place(lines[way])
            continue
        uniform = best.get((in_flight, "uniform"))
        if uniform is not None:
            lines[way] = judged_zipf(lines[way], lines[uniform].value)
    return list(lines.values())


def _is_rival(way: Way, other: Way) -> bool:
    """The better of one and two owners is what counts at a concurrency."""
    return (other.in_flight, other.weights) == (way.in_flight, way.weights)


def _line(way: Way, found: Measured) -> Line:
    ordered = sorted(found.waits_s)
    owners = "one lane owner" if way.owners == 1 else f"{way.owners} lane owners"
    return Line(
        name="ledger.place",
        value=round(median(found.rates)),
        unit="bets/s",
        p50_ms=in_ms(ordered, 0.5),
        p99_ms=in_ms(ordered, 0.99),
        concurrency=way.in_flight,
        notes=f"{way.weights} players, {owners}, 1 % repetitions, 1 % refusals beside,"
        f" CPU per bet {found.costs()}",
    )
