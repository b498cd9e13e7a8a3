"""Player protection at the staff's desk: who is excluded, one player's limits, and the deeds."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.cells import usd
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.types import LIMIT_WISH_PREFIX, NothingThere
from fairhouse.betting.api import played
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, Player, PlayerId
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.platform.database import Tx
from fairhouse.protection import api as protection
from fairhouse.protection.types import (
    CASE_PREFIX,
    Exclusion,
    ExclusionKind,
    LimitKind,
    Period,
)
from fairhouse.reports import api as reports

HERE: Final = "/admin/protection"
ROWS: Final = 50
HISTORY_ROWS: Final = 50


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The list of those who are kept from playing, and what staff do about one player."""
    _add_list(router, desk)
    _add_deeds(router, desk)


def _add_list(router: APIRouter, desk: Desk) -> None:
    @router.get("/protection")
    async def page(
        visit: Annotated[Visit, Depends(desk.visit)],
        q: str = "",
        kind: str = "",
        before: str = "",
    ) -> Response:
        if q.strip():
            return await _found(desk, visit, q.strip())
        chosen = ExclusionKind(kind) if kind in set(ExclusionKind) else None
        shown = brands_of(visit)
        async with desk.deps.db.read() as tx:
            rows = await protection.excluded_players(
                tx,
                brand_ids=shown,
                kind=chosen,
                before=from_wire(CASE_PREFIX, before, param="before") if before else None,
                limit=ROWS,
            )
            flagged = await protection.flagged_deposits(tx, brand_ids=shown)
            wishes = await api.open_wishes(tx, brand_ids=shown)
            concerned = {one.player_id for one in (*rows, *flagged, *wishes)}
            players = await identity.players_by_id(tx, player_ids=list(concerned))
            return desk.draw(
                visit,
                "protection.html",
                rows=[(one, _state(one, tx)) for one in rows],
                flagged=flagged,
                wishes=wishes,
                amount=amount,
                names=await reports.staff_names(tx),
                players=players,
                kinds=list(ExclusionKind),
                chosen={"kind": kind, "brand": visit.request.query_params.get("brand", "")},
                more=to_wire(CASE_PREFIX, rows[-1].id) if len(rows) == ROWS else None,
            )


async def _found(desk: Desk, visit: Visit, wire: str) -> Response:
    """The player of an id. Refuses with Malformed, NotFound and OutOfScope."""
    async with desk.deps.db.read() as tx:
        player = await identity.player(tx, player_id=_id(wire))
    rules.check_brand(visit.actor, player.brand_id)
    return RedirectResponse(_card(wire), status_code=303)


def _add_deeds(router: APIRouter, desk: Desk) -> None:
    @router.post("/players/{player}/protection/limit")
    async def limit(sent: Annotated[Submission, Depends(desk.form)], player: str) -> Response:
        kind, period = _limit_of(sent["limit"])
        text = sent["amount"].strip()
        async with desk.deps.db.tx() as tx:
            in_force = await api.set_player_limit(
                tx,
                actor=sent.actor,
                sealer=desk.deps.sealer,
                player_id=_id(player),
                kind=kind,
                period=period,
                amount=protection.parse_amount(kind, text) if text else None,
                reason=sent["reason"],
            )
        return back_to(_card(player), "saved" if in_force else "limit_wished", joined="&")

    @router.post("/players/{player}/protection/wishes/{wish}/{verdict}")
    async def decide(
        sent: Annotated[Submission, Depends(desk.form)], player: str, wish: str, verdict: str
    ) -> Response:
        if verdict not in {"approve", "reject"}:
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.decide_player_limit(
                tx,
                actor=sent.actor,
                sealer=desk.deps.sealer,
                wish_id=from_wire(LIMIT_WISH_PREFIX, wish, param="wish"),
                is_approved=verdict == "approve",
                reason=sent["reason"],
            )
        return back_to(_card(player), "saved", joined="&")

    @router.post("/players/{player}/protection/{deed}")
    async def deed(
        sent: Annotated[Submission, Depends(desk.form)], player: str, deed: str
    ) -> Response:
        asked: dict[str, Any] = {
            "actor": sent.actor,
            "sealer": desk.deps.sealer,
            "player_id": _id(player),
            "reason": sent["reason"],
        }
        done = "saved"
        async with desk.deps.db.tx() as tx:
            match deed:
                case "cool-off":
                    kind = ExclusionKind.COOL_OFF
                    await api.exclude_player(tx, **asked, kind=kind, term=sent["term"])
                case "exclude":
                    kind = ExclusionKind.SELF_EXCLUSION
                    await api.exclude_player(tx, **asked, kind=kind, term=sent["term"])
                case "readmit":
                    is_back = await api.readmit_player(tx, **asked)
                    done = "readmitted" if is_back else "readmission_noted"
                case _:
                    raise NothingThere("There is no such action.")
        return back_to(_card(player), done, joined="&")


async def protection_tab(tx: Tx, player: Player) -> dict[str, Any]:
    """Everything that protects one player, for their card."""
    play = await played(tx, player_id=player.id)
    exclusions, readmissions = await protection.exclusions_of(tx, player_id=player.id)
    cool_offs, terms = protection.terms(player.brand_id)
    return {
        "found": await protection.protection(tx, player_id=player.id, play=play),
        "exclusions": [(one, _state(one, tx)) for one in exclusions],
        "readmissions": readmissions,
        "flagged": await protection.flagged_deposits(
            tx, brand_ids=[player.brand_id], player_id=player.id
        ),
        "wishes": await api.wishes_of(tx, player_id=player.id),
        "changes": await protection.history(tx, player_id=player.id, limit=HISTORY_ROWS),
        "names": await reports.staff_names(tx),
        "amount": amount,
        "kinds": list(LimitKind),
        "periods": list(Period),
        "cool_off_terms": cool_offs,
        "exclusion_terms": terms,
    }


def _state(one: Exclusion, tx: Tx) -> str:
    """Ended, in force, or on the way back."""
    is_over = one.until is not None and one.until <= tx.now
    if one.ended_at is not None or (is_over and one.kind is ExclusionKind.COOL_OFF):
        return "ended"
    if one.return_asked_at is not None:
        return "return_asked"
    return "term_over" if is_over else "in_force"


def amount(kind: LimitKind, value: int | None) -> str:
    """A limit's amount for staff."""
    if value is None:
        return "–"
    return f"{value} min" if kind is LimitKind.SESSION else usd(value)


def _limit_of(text: str) -> tuple[LimitKind, Period]:
    kind, _, period = text.partition(".")
    try:
        return LimitKind(kind), Period(period)
    except ValueError:
        raise NothingThere("There is no such limit.", param="limit") from None


def _card(player: str) -> str:
    return f"/admin/players/{to_wire(PLAYER_PREFIX, _uuid(player))}?tab=protection"


def _uuid(player: str) -> UUID:
    return from_wire(PLAYER_PREFIX, player, param="player")


def _id(player: str) -> PlayerId:
    return PlayerId(_uuid(player))
