"""The live games for those who watch over them, read anew every second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice.http.desk import Desk, Visit
from fairhouse.games.api import live
from fairhouse.kernel.money import format_units

RECENT: Final = 20
_PATIENCE_MS: Final = live.Timing().beacon_patience_ms


@dataclass(frozen=True, slots=True)
class Line:
    """What one brand's players have in the round, in one currency."""

    brand_id: int
    currency: str
    bets: int
    staked: int
    left: int
    exposure: int | None
    """The most that everybody together can be paid; None before it is fixed."""


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The page, and the part of it that is fetched again."""

    async def draw(visit: Visit, template: str) -> Response:
        async with desk.deps.db.read() as tx:
            found = [await live.monitor(tx, game=game) for game in live.LIVE]
            at = tx.now
        return desk.draw(
            visit,
            template,
            at=at,
            games=[(one, lines(one, visit.actor.brands), is_late(one.round, at)) for one in found],
            shown=shown,
            recent=RECENT,
        )

    @router.get("/crash")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return await draw(visit, "crash.html")

    @router.get("/crash/live")
    async def part(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return await draw(visit, "crash_live.html")


def lines(found: live.Monitor, brands: tuple[int, ...]) -> list[Line]:
    """The stakes of these brands; what can be paid is the stake at the highest multiplier."""
    none: Mapping[str, int] = {}
    caps = none if found.round is None else found.round.caps
    return [
        Line(
            brand_id=one.brand_id,
            currency=one.currency,
            bets=one.bets,
            staked=one.staked,
            left=one.left,
            exposure=None if cap is None else one.staked * cap // 100,
        )
        for one in found.stakes
        for cap in (caps.get(f"{one.brand_id}:{one.currency}"),)
        if one.brand_id in brands
    ]


def is_late(found: live.Round | None, now: datetime) -> bool:
    """Whether the beacon has been silent for most of what a round waits for it."""
    if found is None or found.state is not live.State.LOCKED or found.signature is not None:
        return False
    return (now - found.closes_at).total_seconds() * 2_000 > _PATIENCE_MS


def shown(hundredths: int | None) -> str:
    """A multiplier with two decimals."""
    return "–" if hundredths is None else f"{format_units(hundredths, 2)}×"
