"""A table for crash and slide: a road, a runner turned by hand, and a clock that is moved."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fairhouse.betting.api import WriterSettings
from fairhouse.betting.types import Bet, Bettor
from fairhouse.brands.tables import DEMONSTRATION
from fairhouse.brands.types import Jurisdiction
from fairhouse.fairness import chains
from fairhouse.fairness.adapters.local_beacon import LocalBeacon
from fairhouse.fairness.schemes.crash import ours
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.api import Beacons, Crash, Runner, Settler, Stage
from fairhouse.games.crash.types import CRASH, LIVE, ROUND_PREFIX, Round, State, Timing
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.outcomes import Outcome, Unknown
from fairhouse.platform.database import Database
from fairhouse.platform.push import Hub
from tests.conftest import SettableClock
from tests.flows.betting_kit import SEALER, SETTINGS, Table, table_on

SEED = bytes(range(32))
LENGTH = 40
"""Games of a test's chain."""
BRANDS = (1, 2)
TIMING = Timing()
CASH_OUT = {"do": "cash_out"}


class FickleBeacon:
    """The local beacon, which a test may silence."""

    def __init__(self, clock: SettableClock) -> None:
        self._inner = LocalBeacon(SEED, clock)
        self.info = self._inner.info
        self.is_silent = False

    async def signature(self, number: int) -> Outcome[bytes]:
        return Unknown("silent") if self.is_silent else await self._inner.signature(number)


@dataclass
class Scene:
    """What a test of rounds works with."""

    table: Table
    clock: SettableClock
    beacon: FickleBeacon
    game: str
    stage: Stage
    settler: Settler
    runner: Runner
    crash: Crash
    hub: Hub = field(default_factory=Hub)

    @property
    def db(self) -> Database:
        return self.table.db

    async def newest(self) -> Round:
        async with self.db.read() as tx:
            found = await store.newest_round(tx, self.game)
        assert found is not None
        return found

    async def turn(self) -> None:
        """One look of the runner at the clock, and what follows from it."""
        await self.runner.turn()
        await self.stage.refresh()

    async def until(self, *states: State, step_ms: int = 250, most: int = 4_000) -> Round:
        """Let time pass until the newest round is in one of these states."""
        for _ in range(most):
            await self.turn()
            found = await self.newest()
            if found.state in states:
                return found
            self.clock.advance(milliseconds=step_ms)
        raise AssertionError(f"the round never became {states}")

    async def at(self, at_ms: int) -> None:
        """Move to this millisecond of the run; never back."""
        found = await self.newest()
        assert found.started_at is not None
        wanted = found.started_at.timestamp() * 1000 + at_ms
        now_ms = self.clock.time.timestamp() * 1000
        assert wanted >= now_ms - 1
        self.clock.advance(milliseconds=round(wanted - now_ms))

    async def settle(self) -> None:
        """Until nothing is left to settle."""
        while await self.settler.step():
            pass
        await self.settler.step_late()
        self.runner._settled_due_s = 0
        await self.turn()

    async def bet(
        self, bettor: Bettor, stake: str = "1", auto: str | None = None, **changes: Any
    ) -> Bet:
        found = await self.newest()
        asked: dict[str, Any] = {
            "game": self.game,
            "bettor": bettor,
            "bet_id": self.table.bet_id(),
            "currency_code": "PLAY",
            "stake": stake,
            "params": {"round": to_wire(ROUND_PREFIX, found.id), "auto_cash_out": auto},
        } | changes
        return await self.crash.place(**asked)

    async def cash_out(self, bettor: Bettor, bet: Bet, step: int = 0) -> Bet:
        return await self.crash.step(
            game=self.game,
            bettor=bettor,
            bet_id=to_wire("bet", bet.id),
            step=step,
            choice=CASH_OUT,
        )

    async def bet_now(self, bet: Bet) -> Bet:
        return await self.crash.bet_of(bet_id=to_wire("bet", bet.id))


async def commit_chain_with(
    db: Database, beacon: FickleBeacon, game: str, low: int, high: int
) -> int:
    """A chain whose first game, opened now, crashes within these hundredths; returns where."""
    now_ms = int(db.now().timestamp() * 1000)
    number = beacon.info.first_round_at(now_ms + TIMING.betting_ms + TIMING.beacon_margin_ms)
    silent, clock = LocalBeacon(SEED, lambda: db.now().replace(year=2030)), db.now()
    signature = (await silent.signature(number)).value  # type: ignore[union-attr]
    assert clock == db.now()
    for tried in range(100_000):
        made = chains.make(tried.to_bytes(32, "big"), LENGTH)
        point = ours(made.hash_of(1), signature, rules.RETURN_BP[game])
        if low <= point <= high:
            async with db.tx() as tx:
                await chains.commit_chain(tx, sealer=SEALER, purpose=game, made=made)
            return point
    raise AssertionError("no seed found")


def new_runner(
    db: Database, table: Table, beacon: FickleBeacon, game: str, lease_s: float = 5.0
) -> Runner:
    """A candidate as another process would have it."""
    return Runner(
        db,
        game=game,
        sealer=SEALER,
        beacons=Beacons(beacon),
        profit_max=lambda brand_id, slug, of: table.road.limits(brand_id, slug, of).profit_max,
        is_offered=lambda: table.games.offers.runs(game, "1", BRANDS),
        timing=TIMING,
        lease_s=lease_s,
        chain_length=LENGTH,
    )


@asynccontextmanager
async def scene_on(
    db: Database,
    clock: SettableClock,
    game: str = CRASH,
    lease_s: float = 5.0,
    settings: WriterSettings = SETTINGS,
    ruling: Jurisdiction = DEMONSTRATION,
):
    """A whole scene; the first round is opened by the test's first turn."""
    beacon = FickleBeacon(clock)
    async with table_on(db, settings, ruling) as table:
        hub = Hub()
        stage = Stage(db, hub, lambda: BRANDS)
        settler = Settler(db, table.road)
        runner = new_runner(db, table, beacon, game, lease_s)
        idle = {slug: new_runner(db, table, beacon, slug) for slug in LIVE}
        crash = Crash(
            db,
            table.road,
            stage=stage,
            runners=idle | {game: runner},
            pauses=lambda _: table.pauses,
            check_runs=table.games.offers.check_runs,
            starts=table.games.starts,
        )
        yield Scene(table, clock, beacon, game, stage, settler, runner, crash, hub)


def take_over(scene: Scene, runner: Runner) -> None:
    """Another process's candidate is what this scene turns and asks from now on."""
    scene.runner = runner
    scene.crash._runners = {**scene.crash._runners, scene.game: runner}
