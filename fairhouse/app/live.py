"""The live games of one API process: its candidates for running rounds, its view, its settling."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

import httpx
from fastapi import FastAPI, Request

from fairhouse.app import wiring
from fairhouse.app.forward import Forwarder, Where
from fairhouse.app.process import Process
from fairhouse.app.settings import Settings
from fairhouse.betting.api import Road
from fairhouse.brands.api import all_brands
from fairhouse.brands.types import BrandId
from fairhouse.games.api import Games
from fairhouse.games.crash.api import INFO, Crash, Runner, Settler, Stage
from fairhouse.games.crash.types import LIVE, RunnerElsewhere, Timing
from fairhouse.games.types import GameSlug
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, system_clock
from fairhouse.platform.push import Hub

SETTLE_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Live:
    """What plays crash and slide in this process."""

    client: httpx.AsyncClient
    stage: Stage
    settler: Settler
    runners: Mapping[str, Runner]
    crash: Crash

    def add_work(self, run: Process) -> None:
        """Follow the rounds, settle, and run them when nobody else does."""
        run.stack.push_async_callback(self.client.aclose)
        run.task(self.stage.follow)
        run.loop("live bets", SETTLE_EVERY_S, self.settler.step, wake=self.stage.changed)
        for runner in self.runners.values():
            run.task(runner.run, farewell=runner.stop)


def make_live(
    settings: Settings,
    db: Database,
    seal: Sealer,
    road: Road,
    hub: Hub,
    *,
    pauses: Callable[[int], Mapping[str, str]],
    games: Games,
    address: str | None,
) -> Live:
    """Everything, wired; nothing is running yet."""
    client = httpx.AsyncClient(trust_env=False)
    beacons = wiring.beacons(settings, seal, client, system_clock)

    def profit_max(brand_id: int, game: str, of: CurrencyCode) -> int:
        return road.limits(brand_id, game, of).profit_max

    timing = Timing(
        betting_ms=settings.live.betting_s * 1000, pause_ms=settings.live.pause_s * 1000
    )

    def brand_ids() -> list[BrandId]:
        return [brand.id for brand in all_brands()]

    def is_offered(game: str) -> bool:
        version = INFO[GameSlug(game)].version
        return games.offers.runs(game, version, brand_ids())

    stage = Stage(db, hub, brand_ids)
    settler = Settler(db, road)
    runners = {
        game: Runner(
            db,
            game=game,
            sealer=seal,
            beacons=beacons,
            profit_max=profit_max,
            is_offered=partial(is_offered, game),
            timing=timing,
            lease_s=settings.lanes.lease_s,
            address=address,
        )
        for game in LIVE
    }
    crash = Crash(
        db,
        road,
        stage=stage,
        runners=runners,
        pauses=pauses,
        check_runs=games.offers.check_runs,
        starts=games.starts,
    )
    return Live(client, stage, settler, runners, crash)


def forward_cash_outs(app: FastAPI, forwarder: Forwarder, stage: Stage) -> None:
    """A cash-out goes to the process that runs its round, which judges it by its clock."""

    async def runner_of(_: Request, error: Exception) -> Where:
        game = str(cast("RunnerElsewhere", error).fields["game"])
        return lambda: stage.runner_address(game)

    forwarder.install_for(app, RunnerElsewhere, runner_of)
