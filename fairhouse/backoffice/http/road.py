"""The bet road, live: read anew every second from what its owners write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice.http.desk import Desk, Visit
from fairhouse.reports import api as reports
from fairhouse.reports.types import Quantile, RoadView

WIDTH: Final = 600
HEIGHT: Final = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A sparkline as SVG draws it, and its highest value in words."""

    points: str
    """The line."""
    area: str
    """The line with the ground under it."""
    highest: str


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The page, and the part of it that is fetched again."""

    async def draw(visit: Visit, template: str) -> Response:
        async with desk.deps.db.read() as tx:
            found = await reports.road(tx)
            at = tx.now
        return desk.draw(visit, template, at=at, **_shown(found))

    @router.get("/road")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return await draw(visit, "road.html")

    @router.get("/road/live")
    async def live(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return await draw(visit, "road_live.html")


def _shown(found: RoadView) -> dict[str, Any]:
    rates = [beat.commands_per_s for beat in found.beats]
    waits = [beat.wait_p99.value or 0 for beat in found.beats]
    return {
        "road": found,
        "rate_line": line(rates, f"{max(rates, default=0):,}"),
        "wait_line": line(waits, span_text(max(waits, default=0))),
        "span": span_text,
        "quantile": quantile_text,
    }


def line(values: Sequence[int], highest: str) -> Line:
    """Scaled to its own maximum; flat on the ground when nothing happened."""
    top = max(*values, 1)
    step = WIDTH / max(len(values) - 1, 1)
    points = " ".join(
        f"{place * step:.1f},{HEIGHT - 2 - (HEIGHT - 4) * value / top:.1f}"
        for place, value in enumerate(values)
    )
    return Line(points, f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}", highest)


def span_text(span_us: int) -> str:
    """A short time in the unit that fits it."""
    if span_us < 1_000:
        return f"{span_us} µs"
    if span_us < 1_000_000:
        return f"{span_us / 1_000:.1f} ms"
    return f"{span_us / 1_000_000:.1f} s"


def quantile_text(found: Quantile, *, is_time: bool = True) -> str:
    """A quantile, a dash for none, and > for one beyond what is counted."""
    if found.value is None:
        return "–"
    text = span_text(found.value) if is_time else str(found.value)
    return f"> {text}" if found.is_beyond else text
