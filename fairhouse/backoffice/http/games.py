"""What brands offer of each game, what it returned, and the deeds about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.api.games import WINDOWS, WISH_PREFIX
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.types import NothingThere
from fairhouse.brands import api as brands
from fairhouse.games import api as games
from fairhouse.games.types import GameInfo, Kind, OfferWish, Stop
from fairhouse.kernel.ids import from_wire
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports
from fairhouse.reports.api import Judgement, judge
from fairhouse.reports.types import ResultKey, Results

HERE: Final = "/admin/games"
HISTORY_ROWS: Final = 30
SKILL: Final = frozenset({"blackjack", "videopoker"})
"""Their published return is that of best play: below it is normal."""
WIDTH: Final = 120
HEIGHT: Final = 26
_ROOM: Final = Decimal("0.15")
"""The chart shows the published return and as much above and below."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A small chart as SVG draws it: the band as an area, what was returned as a line."""

    band: str
    line: str


@dataclass(frozen=True, slots=True)
class Row:
    """One game of a brand."""

    info: GameInfo
    is_open: bool
    stop: Stop | None
    rounds: int
    day: Judgement | None
    month: Judgement | None
    chart: Chart | None
    path: str


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The page of games, the page of one, and the deeds."""
    _add_pages(router, desk)

    @router.post("/games/wishes/{wish}/{verdict}")
    async def decide(
        sent: Annotated[Submission, Depends(desk.form)], wish: str, verdict: str
    ) -> Response:
        if verdict not in {"approve", "reject"}:
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.decide_offer(
                tx,
                actor=sent.actor,
                wish_id=from_wire(WISH_PREFIX, wish, param="wish"),
                is_approved=verdict == "approve",
                reason=sent["reason"],
            )
        return back_to(HERE, "game_approved" if verdict == "approve" else "game_rejected")

    @router.post("/games/{brand}/{game}/{deed}")
    async def change(
        sent: Annotated[Submission, Depends(desk.form)], brand: int, game: str, deed: str
    ) -> Response:
        if deed not in {"stop", "restart", "table"}:
            raise NothingThere("There is no such action.")
        version, _, variant = sent["table" if deed == "table" else "version"].partition("/")
        async with desk.deps.db.tx() as tx:
            if deed == "table":
                await api.propose_offer(
                    tx,
                    actor=sent.actor,
                    brand_id=brand,
                    game=game,
                    version=version,
                    variant=variant,
                    reason=sent["reason"],
                )
            else:
                act = api.stop_game if deed == "stop" else api.propose_restart
                await act(
                    tx,
                    actor=sent.actor,
                    brand_id=brand,
                    game=game,
                    version=version,
                    reason=sent["reason"],
                )
        return back_to(HERE, "game_stopped" if deed == "stop" else "game_wished")


def _add_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/games")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        shown = brands_of(visit)
        async with desk.deps.db.read() as tx:
            return desk.draw(
                visit,
                "games.html",
                tables=[(brands.brand(one), await _rows(tx, one)) for one in shown],
                waiting=await games.offer_wishes(tx, brand_ids=shown, is_open=True),
                decided=await games.offer_wishes(
                    tx, brand_ids=shown, is_open=False, limit=HISTORY_ROWS
                ),
                names=await reports.staff_names(tx),
                per_cent=per_cent,
                words=words,
                said=wish_words,
                prefix=WISH_PREFIX,
            )

    @router.get("/games/{brand}/{game}")
    async def one_game(
        visit: Annotated[Visit, Depends(desk.visit)], brand: int, game: str
    ) -> Response:
        rules.check_brand(visit.actor, brand)
        async with desk.deps.db.read() as tx:
            rows = {str(row.info.slug): row for row in await _rows(tx, brand)}
            if game not in rows:
                raise NothingThere("There is no such game.", param="game")
            names = await reports.staff_names(tx)
        row = rows[game]
        info = row.info
        return desk.draw(
            visit,
            "game.html",
            brand=brands.brand(brand),
            row=row,
            tables=[one.info for one in games.ALL if one.info.slug == game],
            sheet=games.sheet(info.slug, info.version, info.variant),
            is_live=info.kind is Kind.LIVE,
            names=names,
            per_cent=per_cent,
            words=words,
        )


async def _rows(tx: Tx, brand_id: int) -> list[Row]:
    """Every game as the brand's new bets are made on it, in the order of the lobby."""
    offered = await games.offered(tx, brand_id=brand_id)
    off = {item.switch for item in await brands.pauses(tx, brand_id=brands.brand(brand_id).id)}
    stops = {(one.game, one.version): one for one in await games.stops(tx, brand_id=brand_id)}
    rounds = await reports.open_rounds(tx, [brand_id])
    day = await api.judgements(tx, window=WINDOWS["day"])
    month = await api.judgements(tx, window=WINDOWS["month"])
    days = await reports.daily_results(tx, [brand_id], tx.now - WINDOWS["month"])
    made: list[Row] = []
    for slug, usual in games.GAMES.items():
        info = offered[slug].info if slug in offered else usual
        key = ResultKey(brand_id, slug, info.version, info.table_hash)
        made.append(
            Row(
                info=info,
                is_open=brands.game_switch(slug) not in off and brands.BETTING not in off,
                stop=stops.get((info.slug, info.version)),
                rounds=sum(count for (_, game, _), count in rounds.items() if game == slug),
                day=day.get(key),
                month=month.get(key),
                chart=chart(info, [one for one in days if one.key == key], tx.now),
                path=f"{HERE}/{brand_id}/{slug}",
            )
        )
    return made


def chart(info: GameInfo, days: Sequence[Results], now: datetime) -> Chart | None:
    """A point per UTC day that had bets; what lies beyond the chart is drawn at its edge."""
    if not days:
        return None
    lowest, highest = Decimal(info.rtp) - _ROOM, Decimal(info.rtp_most) + _ROOM
    span, count = highest - lowest, WINDOWS["month"].days

    def point(day: datetime, share: Decimal) -> str:
        place = WIDTH - WIDTH * (now - day).days / count
        height = HEIGHT * (highest - min(max(share, lowest), highest)) / span
        return f"{place:.1f},{height:.1f}"

    upper: list[str] = []
    lower: list[str] = []
    line: list[str] = []
    for one in days:
        found = judge(one.sums, least=info.rtp, most=info.rtp_most)
        if one.day is None or found.actual is None or found.low is None or found.high is None:
            continue
        upper.append(point(one.day, found.high))
        lower.append(point(one.day, found.low))
        line.append(point(one.day, found.actual))
    if len(line) == 1:
        # A day alone: drawn from the left edge, so that there is something to see.
        upper, lower, line = ([_from_left(one[0]), one[0]] for one in (upper, lower, line))
    return Chart(" ".join([*upper, *reversed(lower)]), " ".join(line))


def _from_left(point: str) -> str:
    return f"0.0,{point.partition(',')[2]}"


def per_cent(share: str | Decimal | None, decimals: int = 2) -> str:
    """A share as per cent, cut to its decimals."""
    if share is None:
        return "–"
    return f"{Decimal(share) * 100:.{decimals}f} %"


def words(slug: str, found: Judgement) -> str:
    """The key of the word for where a return lies."""
    if found.is_above:
        return "games.above"
    if found.is_below:
        return "games.skill" if slug in SKILL else "games.below"
    return "games.inside"


def wish_words(wish: OfferWish) -> tuple[str, Mapping[str, str]]:
    """The key and the places of what somebody wished."""
    if wish.variant is None:
        return "games.wish.restart", {"version": wish.version}
    return "games.wish.table", {"version": wish.version, "variant": wish.variant}
