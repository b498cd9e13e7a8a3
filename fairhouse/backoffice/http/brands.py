"""Brands and jurisdictions: what is in force, what changed, and the wish for a change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.brands import api as brands
from fairhouse.brands.types import (
    Brand,
    BrandDefinition,
    DefinitionInvalid,
    DefinitionVersion,
    Difference,
    JurisdictionVersion,
)
from fairhouse.games.api import GAMES
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.refusals import Refusal
from fairhouse.reports import api as reports

HERE: Final = "/admin/brands"
RULES: Final = "/admin/jurisdictions"
FIELDS: Final = (
    *("name", "domains", "public_url", "jurisdiction", "entity", "terms_version"),
    *("currencies", "languages", "games"),
    *("theme.accent", "theme.accent_ink", "theme.accent_soft", "theme.ground", "theme.mark"),
)
"""What the form changes, in its order."""
LISTS: Final = frozenset({"domains", "currencies", "languages", "games"})


@dataclass(frozen=True, slots=True)
class Step:
    """One version, with what it changed of the one before."""

    version: int
    actor: str
    reason: str
    made_at: Any
    changes: Sequence[Difference]


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The overview, a page each, and the wishes."""
    _add_brands(router, desk)
    _add_jurisdictions(router, desk)


def _add_brands(router: APIRouter, desk: Desk) -> None:
    @router.get("/brands")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        shown = [one for one in brands.all_brands() if one.id in visit.actor.brands]
        return desk.draw(
            visit,
            "brands.html",
            brands=shown,
            jurisdictions=brands.jurisdictions(),
            users={
                known.code: [one.name for one in shown if one.jurisdiction.code == known.code]
                for known in brands.jurisdictions()
            },
        )

    @router.get("/brands/{brand}")
    async def one(visit: Annotated[Visit, Depends(desk.visit)], brand: int) -> Response:
        return await _draw_brand(desk, visit, brand)

    @router.post("/brands/{brand}")
    async def wish(sent: Annotated[Submission, Depends(desk.form)], brand: int) -> Response:
        rules.check_brand(sent.actor, brand)
        try:
            wanted = _wanted(brands.brand(brand), sent)
            async with desk.deps.db.tx() as tx:
                await api.wish_brand(
                    tx,
                    actor=sent.actor,
                    brand_id=brand,
                    based_on=_version(sent),
                    definition=wanted,
                    reason=sent["reason"],
                )
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            return await _draw_brand(desk, sent.visit, brand, sent=sent, refusal=refusal)
        return back_to(f"{HERE}/{brand}", "limit_wished")


async def _draw_brand(
    desk: Desk,
    visit: Visit,
    brand_id: int,
    *,
    sent: Submission | None = None,
    refusal: Refusal | None = None,
) -> Response:
    rules.check_brand(visit.actor, brand_id)
    brand = brands.brand(brand_id)
    async with desk.deps.db.read() as tx:
        history = await brands.brand_history(tx, brand_id=brand_id)
        names = await reports.staff_names(tx)
    now = shown_fields(brand)
    return desk.draw(
        visit,
        "brand.html",
        status=refusal.status if refusal else 200,
        brand=brand,
        now=now,
        fields={name: sent[name] for name in now} if sent else now,
        version=sent["version"] if sent else str(brand.version),
        reason=sent["reason"] if sent else "",
        steps=brand_steps(history),
        who=partial(_who, names=names),
        refusal=refusal,
    )


def shown_fields(brand: Brand) -> Mapping[str, str]:
    """A brand's fields as the form writes them."""
    raw = json.loads(brands.as_json(brands.definition_of(brand)))
    return {name: _shown(_at(raw, name)) for name in FIELDS}


def _shown(value: object) -> str:
    return ", ".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def _at(raw: Mapping[str, Any], name: str) -> object:
    found: Any = raw
    for part in name.split("."):
        found = found[part]
    return found


def _wanted(brand: Brand, sent: Submission) -> BrandDefinition:
    """The definition that the form asks for. Refuses with DefinitionInvalid."""
    raw: dict[str, Any] = json.loads(brands.as_json(brands.definition_of(brand)))
    for name in FIELDS:
        text = sent[name].strip()
        value: object = text
        if name in LISTS:
            value = [part.strip() for part in text.split(",") if part.strip()]
        within, _, last = name.rpartition(".")
        target = cast("dict[str, object]", raw[within] if within else raw)
        target[last] = value
    wanted = brands.parse_definition(json.dumps(raw))
    for slug in wanted.games:
        if slug not in GAMES:
            raise DefinitionInvalid(f"games: there is no game {slug[:40]!r}.", param="games")
    return wanted


def _version(sent: Submission) -> int:
    """The version that the form was drawn from."""
    text = sent["version"]
    return int(text) if text.isdigit() and len(text) < 9 else -1


def brand_steps(history: Sequence[DefinitionVersion]) -> list[Step]:
    """Every version with its changes, the newest first."""
    before = [*(line.definition for line in history[1:]), None][: len(history)]
    return [
        Step(
            line.version,
            line.actor,
            line.reason,
            line.made_at,
            brands.definition_differences(was, line.definition) if was else [],
        )
        for line, was in zip(history, before, strict=True)
    ]


def _who(actor: str, names: Mapping[UUID, str]) -> str:
    """A member of staff by name, else the command or release."""
    known = {to_wire(STAFF_PREFIX, id_): name for id_, name in names.items()}
    return known.get(actor, actor)


def _add_jurisdictions(router: APIRouter, desk: Desk) -> None:
    @router.get("/jurisdictions/{code}")
    async def one(visit: Annotated[Visit, Depends(desk.visit)], code: str) -> Response:
        return await _draw_rules(desk, visit, code)

    @router.post("/jurisdictions/{code}")
    async def wish(sent: Annotated[Submission, Depends(desk.form)], code: str) -> Response:
        try:
            wanted = brands.parse_jurisdiction(sent["definition"])
            if wanted.code != code:
                raise DefinitionInvalid("code stays what it is.", param="code")
            async with desk.deps.db.tx() as tx:
                await api.wish_jurisdiction(
                    tx,
                    actor=sent.actor,
                    based_on=_version(sent),
                    jurisdiction=wanted,
                    reason=sent["reason"],
                )
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            return await _draw_rules(desk, sent.visit, code, sent=sent, refusal=refusal)
        return back_to(f"{RULES}/{code}", "limit_wished")


async def _draw_rules(
    desk: Desk,
    visit: Visit,
    code: str,
    *,
    sent: Submission | None = None,
    refusal: Refusal | None = None,
) -> Response:
    known = brands.jurisdiction(code)
    async with desk.deps.db.read() as tx:
        history = await brands.jurisdiction_history(tx, code=code)
        names = await reports.staff_names(tx)
    raw = json.loads(brands.as_json(known)) | {"version": known.version + 1}
    return desk.draw(
        visit,
        "jurisdiction.html",
        status=refusal.status if refusal else 200,
        rules=known,
        lines=brands.jurisdiction_differences(None, known),
        assumed=known.unknown,
        definition=sent["definition"] if sent else json.dumps(raw, indent=1, ensure_ascii=False),
        version=sent["version"] if sent else str(known.version),
        reason=sent["reason"] if sent else "",
        steps=rules_steps(history),
        who=partial(_who, names=names),
        refusal=refusal,
    )


def rules_steps(history: Sequence[JurisdictionVersion]) -> list[Step]:
    """Every version with its changes, the newest first."""
    before = [*(line.jurisdiction for line in history[1:]), None][: len(history)]
    return [
        Step(
            line.jurisdiction.version,
            line.actor,
            line.reason,
            line.made_at,
            brands.jurisdiction_differences(was, line.jurisdiction) if was else [],
        )
        for line, was in zip(history, before, strict=True)
    ]
