"""Risk at the staff's desk: cases, rules with their back-tests, linked accounts as a drawing."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import rules
from fairhouse.backoffice.api import risking as api
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.types import Action, NothingThere
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, STAFF_PREFIX, PlayerId
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports
from fairhouse.risk import api as risk
from fairhouse.risk.types.links import Cluster
from fairhouse.risk.types.rules import CASE_PREFIX, VERSION_PREFIX, RuleInvalid

HERE: Final = "/admin/risk"
MONTH: Final = timedelta(days=30)
SHOWN_MAX: Final = 60
SIZE: Final = 480
_EXAMPLE: Final = """{
  "name": "many_deposits",
  "on": ["deposit"],
  "let": [["n", "count(deposit, 24 h)"], ["total", "sum(deposit.value, 24 h)"]],
  "when": "n >= 10 and total > 5000 usd",
  "action": "alert",
  "quiet": "24 h",
  "says": {
    "en": "{n} deposits of {total} in a day.",
    "de": "{n} Einzahlungen über {total} an einem Tag."
  }
}"""


@dataclass(frozen=True, slots=True)
class Spot:
    """An account as the drawing shows it."""

    x: int
    y: int
    wire: str
    label: str
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A link as the drawing shows it."""

    one: Spot
    other: Spot
    points: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A cluster on a circle."""

    spots: Sequence[Spot]
    lines: Sequence[Line]
    accounts: int


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Pages first, then deeds."""
    _add_overview(router, desk)
    _add_rule_pages(router, desk)
    _add_deeds(router, desk)


def _add_overview(router: APIRouter, desk: Desk) -> None:
    @router.get("/risk")
    async def overview(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.READ_RISK)
        shown = brands_of(visit)
        async with desk.deps.db.read() as tx:
            opened = await risk.cases(tx, brands=shown)
            closed = await risk.cases(tx, brands=shown, state="closed", limit=20)
            clusters = await risk.largest_clusters(tx, brands=shown, limit=20)
            concerned = {PlayerId(one.player_id) for one in (*opened, *closed)}
            concerned |= {PlayerId(first) for first, _, _, _ in clusters}
            quality = await risk.quality(tx, since=tx.now - MONTH)
            return desk.draw(
                visit,
                "risk.html",
                opened=opened,
                closed=closed,
                clusters=clusters,
                published=await risk.rule_versions(tx, states=("published",)),
                drafts=await risk.rule_versions(tx, states=("draft",)),
                quality={(one.name, one.version): one for one in quality},
                drifts=[await risk.drift(tx, brand_id=brand) for brand in shown],
                players=await identity.players_by_id(tx, player_ids=list(concerned)),
                now=tx.now,
            )

    @router.get("/risk/cases/{case}")
    async def one_case(visit: Annotated[Visit, Depends(desk.visit)], case: str) -> Response:
        rules.check_may(visit.actor, Action.READ_RISK)
        async with desk.deps.db.read() as tx:
            found = await risk.case(tx, case_id=from_wire(CASE_PREFIX, case, param="case"))
            rules.check_brand(visit.actor, found.brand_id)
            return await _about(desk, visit, tx, found.player_id, case=found)

    @router.get("/risk/players/{player}")
    async def one_player(visit: Annotated[Visit, Depends(desk.visit)], player: str) -> Response:
        rules.check_may(visit.actor, Action.READ_RISK)
        player_id = PlayerId(from_wire(PLAYER_PREFIX, player, param="player"))
        async with desk.deps.db.read() as tx:
            known = await identity.player(tx, player_id=player_id)
            rules.check_brand(visit.actor, known.brand_id)
            return await _about(desk, visit, tx, player_id, case=None)


async def _about(desk: Desk, visit: Visit, tx: Tx, player_id: UUID, *, case: object) -> Response:
    """Everything about a player, with the case that brought us here if there is one."""
    cluster = await risk.cluster_of(tx, player_id=player_id)
    return desk.draw(
        visit,
        "risk_case.html",
        case=case,
        player_id=player_id,
        decisions=await risk.decided(tx, player_id=player_id),
        points=await risk.points(tx, player_id=player_id),
        drawing=drawing(cluster, player_id) if cluster else None,
        size=SIZE,
        observed=await risk.observed(tx, player_id=player_id),
        names=await _names(tx),
        verdicts=api.VERDICTS,
        case_prefix=CASE_PREFIX,
    )


def drawing(cluster: Cluster, asked: UUID) -> Drawing:
    """At most SHOWN_MAX accounts on a circle, the one that was asked for always among them."""
    players = [asked, *(one for one in cluster.players if one != asked)][:SHOWN_MAX]
    spots: dict[UUID, Spot] = {}
    for place, player in enumerate(players):
        angle = 2 * math.pi * place / len(players) - math.pi / 2
        wire = to_wire(PLAYER_PREFIX, player)
        spots[player] = Spot(
            x=round(SIZE / 2 + SIZE * 0.38 * math.cos(angle)),
            y=round(SIZE / 2 + SIZE * 0.38 * math.sin(angle)),
            wire=wire,
            label=wire[-6:],
            is_asked=player == asked,
        )
    lines = [
        Line(spots[link.one], spots[link.other], link.points, tuple(map(str, link.reasons)))
        for link in cluster.links
        if link.one in spots and link.other in spots
    ]
    return Drawing(list(spots.values()), lines, len(cluster.players))


def _add_rule_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/risk/rules/new")
    async def new_rule(visit: Annotated[Visit, Depends(desk.visit)], like: str = "") -> Response:
        rules.check_may(visit.actor, Action.DRAFT_RULE)
        text = _EXAMPLE
        if like:
            async with desk.deps.db.read() as tx:
                found = await risk.rule_version(tx, version_id=_version(like))
            text = json.dumps(found.definition, indent=2, ensure_ascii=False)
        return desk.draw(visit, "risk_edit.html", text=text, wrong=None, reason="")

    @router.post("/risk/rules/new")
    async def draft(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        text = sent["definition"]
        try:
            async with desk.deps.db.tx() as tx:
                made = await api.draft_rule(
                    tx, actor=sent.actor, definition=_read(text), reason=sent["reason"]
                )
        except RuleInvalid as refusal:
            # Shown beside what was written: nothing of it is lost.
            return desk.draw(
                sent.visit,
                "risk_edit.html",
                status=422,
                text=text,
                wrong=refusal.message,
                reason=sent["reason"],
            )
        return back_to(_rule(to_wire(VERSION_PREFIX, made.id)), "rule_drafted")

    @router.get("/risk/rules/{version}")
    async def one_rule(visit: Annotated[Visit, Depends(desk.visit)], version: str) -> Response:
        rules.check_may(visit.actor, Action.READ_RISK)
        async with desk.deps.db.read() as tx:
            found = await risk.rule_version(tx, version_id=_version(version))
            return desk.draw(
                visit,
                "risk_rule.html",
                rule=found,
                wire_id=version,
                text=json.dumps(found.definition, indent=2, ensure_ascii=False),
                tested=await risk.newest_back_test(tx, version_id=found.id),
                names=await _names(tx),
                is_own=found.author == to_wire(STAFF_PREFIX, visit.actor.staff.id),
            )


def _add_deeds(router: APIRouter, desk: Desk) -> None:
    acts = {
        "publish": (api.publish_rule, "rule_published"),
        "reject": (api.reject_rule, "rule_rejected"),
        "retire": (api.retire_rule, "rule_retired"),
        "test": (api.test_rule, "rule_tested"),
    }

    @router.post("/risk/rules/{version}/{deed}")
    async def act(
        sent: Annotated[Submission, Depends(desk.form)], version: str, deed: str
    ) -> Response:
        if deed not in acts:
            raise NothingThere("There is no such action.")
        do, done = acts[deed]
        async with desk.deps.db.tx() as tx:
            await do(tx, actor=sent.actor, version_id=_version(version), reason=sent["reason"])
        return back_to(_rule(version), done)

    @router.post("/risk/cases/{case}/close")
    async def close(sent: Annotated[Submission, Depends(desk.form)], case: str) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.close_case(
                tx,
                actor=sent.actor,
                case_id=from_wire(CASE_PREFIX, case, param="case"),
                verdict=sent["verdict"],
                reason=sent["reason"],
            )
        return back_to(f"{HERE}/cases/{case}", "case_closed")


def _read(text: str) -> dict[str, object]:
    """Refuses with RuleInvalid, which names the place in the text."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RuleInvalid(f"definition: this is no JSON ({error}).", param="definition") from error
    if not isinstance(found, dict):
        raise RuleInvalid("definition: an object is expected. Write {…}.", param="definition")
    return {str(key): value for key, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


async def _names(tx: Tx) -> dict[str, str]:
    """Handles by wire id, as rules and cases keep who did it."""
    found = await reports.staff_names(tx)
    return {to_wire(STAFF_PREFIX, id_): handle for id_, handle in found.items()}


def _version(wire: str) -> UUID:
    return from_wire(VERSION_PREFIX, wire, param="version")


def _rule(wire: str) -> str:
    return f"{HERE}/rules/{wire}"
