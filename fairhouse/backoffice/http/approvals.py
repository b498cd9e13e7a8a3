"""What waits for a second person, of every kind; and balances corrected by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.approvals.types import WISH_PREFIX
from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import csv_line, csv_response
from fairhouse.backoffice.types import Action, Adjustment, NothingThere
from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, currency
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import Money, format_units, parse_positive
from fairhouse.reports import api as reports

HERE: Final = "/admin/approvals"
DAYS: Final = "/admin/adjustments"
HISTORY_ROWS: Final = 50


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The queue of wishes, and adjustments with their daily report."""
    _add_queue(router, desk)
    _add_adjusting(router, desk)
    _add_report(router, desk)


def _add_queue(router: APIRouter, desk: Desk) -> None:
    @router.get("/approvals")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            return desk.draw(
                visit,
                "approvals.html",
                waiting=await api.waiting(tx, actor=visit.actor),
                decided=await api.decided(tx, actor=visit.actor, limit=HISTORY_ROWS),
                names=await reports.staff_names(tx),
                facts=facts,
            )

    @router.post("/approvals/{wish}/{verdict}")
    async def decide(
        sent: Annotated[Submission, Depends(desk.form)], wish: str, verdict: str
    ) -> Response:
        if verdict not in {"approve", "reject"}:
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.decide_wish(
                tx,
                actor=sent.actor,
                wish_id=from_wire(WISH_PREFIX, wish, param="wish"),
                is_approved=verdict == "approve",
                reason=sent["reason"],
            )
        return back_to(HERE, "wish_approved" if verdict == "approve" else "wish_rejected")


def _add_adjusting(router: APIRouter, desk: Desk) -> None:
    @router.post("/players/{player}/adjust")
    async def adjust(sent: Annotated[Submission, Depends(desk.form)], player: str) -> Response:
        if sent["currency"] not in CURRENCIES:
            raise NothingThere("There is no such currency.", param="currency")
        code = CurrencyCode(sent["currency"])
        units = parse_positive(sent["amount"].strip(), currency(code), param="amount")
        money = Money(-units if sent["direction"] == "take" else units, code)
        async with desk.deps.db.tx() as tx:
            is_done = await api.adjust(
                tx,
                actor=sent.actor,
                player_id=PlayerId(from_wire(PLAYER_PREFIX, player, param="player")),
                money=money,
                reason=sent["reason"],
            )
        card = f"/admin/players/{player}?tab=ledger&currency={code}"
        return back_to(card, "adjusted" if is_done else "adjust_wished", joined="&")


def _add_report(router: APIRouter, desk: Desk) -> None:
    @router.get("/adjustments")
    async def page(visit: Annotated[Visit, Depends(desk.visit)], day: str = "") -> Response:
        async with desk.deps.db.read() as tx:
            of = _day(day, tx.now.date())
            found = await api.adjustments(tx, actor=visit.actor, day=of)
            return desk.draw(
                visit,
                "adjustments.html",
                found=found,
                reviews=await api.reviews(tx, actor=visit.actor, day=of),
                names=await reports.staff_names(tx),
                day=of,
                before=of - timedelta(days=1),
                after=of + timedelta(days=1),
                today=tx.now.date(),
            )

    @router.get("/adjustments.csv")
    async def export(visit: Annotated[Visit, Depends(desk.visit)], day: str = "") -> Response:
        rules.check_may(visit.actor, Action.EXPORT)
        async with desk.deps.db.tx() as tx:
            of = _day(day, tx.now.date())
            await api.note_export(
                tx, actor=visit.actor, listing="adjustments", filters={"day": of.isoformat()}
            )
            found = await api.adjustments(tx, actor=visit.actor, day=of)

        async def lines():
            columns = ("id", "at", "brand_id", "player", "currency", "amount", "value")
            yield csv_line([*columns, "made_by", "approved_by", "reason"])
            for one in found:
                yield csv_line(_line(one))

        return csv_response(desk, f"adjustments-{of.isoformat()}", lines())

    @router.post("/adjustments/{brand}/{day}/review")
    async def review(
        sent: Annotated[Submission, Depends(desk.form)], brand: int, day: str
    ) -> Response:
        async with desk.deps.db.tx() as tx:
            of = _day(day, tx.now.date())
            await api.review(tx, actor=sent.actor, brand_id=brand, day=of, reason=sent["reason"])
        return back_to(f"{DAYS}?day={of.isoformat()}", "saved", joined="&")


def _line(one: Adjustment) -> list[str]:
    scale = currency(CurrencyCode(one.currency)).scale
    by = to_wire("stf", one.approved_by) if one.approved_by else ""
    return [
        *(to_wire("adj", one.id), one.at.isoformat(), str(one.brand_id)),
        *(to_wire(PLAYER_PREFIX, one.player_id), one.currency, format_units(one.units, scale)),
        *("" if one.value is None else str(one.value), to_wire("stf", one.made_by), by, one.reason),
    ]


def facts(values: Mapping[str, object]) -> str:
    """Facts of a wish in one line."""
    return ", ".join(f"{key}: {value}" for key, value in values.items() if value is not None)


def _day(text: str, otherwise: date) -> date:
    """A day in UTC; an unreadable one counts as not given."""
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise
