"""What one bet may stake and win: the limits in force, the wishes that wait, and the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.types import NothingThere
from fairhouse.betting import api as betting
from fairhouse.betting.types import (
    ANY_GAME,
    LIMIT_CHANGE_PREFIX,
    Effective,
    HouseLimit,
)
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand
from fairhouse.games.api import GAMES
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import format_units, parse_units
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports

SHARE_SCALE: Final = 2
"""A basis point is a hundredth of a per cent."""
HISTORY_ROWS: Final = 50
HERE: Final = "/admin/limits"
EVERY_GAME: Final = "all"
"""ANY_GAME in a path."""


@dataclass(frozen=True, slots=True)
class Row:
    """One game in one currency: what binds, and what staff have set for it."""

    game: str
    currency: CurrencyCode
    effective: Effective
    own: HouseLimit | None
    path: str


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The page of limits, the form of one, and the decision about a wish."""
    _add_pages(router, desk)

    @router.post("/limits/changes/{change}/{verdict}")
    async def decide(
        sent: Annotated[Submission, Depends(desk.form)], change: str, verdict: str
    ) -> Response:
        if verdict not in {"approve", "reject"}:
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.decide_limit(
                tx,
                actor=sent.actor,
                change_id=from_wire(LIMIT_CHANGE_PREFIX, change, param="change"),
                is_approved=verdict == "approve",
                reason=sent["reason"],
            )
        return back_to(HERE, "limit_approved" if verdict == "approve" else "limit_rejected")

    @router.post("/limits/{brand}/{game}/{code}")
    async def propose(
        sent: Annotated[Submission, Depends(desk.form)], brand: int, game: str, code: str
    ) -> Response:
        of = _brand(sent.visit, brand)
        try:
            wished = _wished(of, game, code, sent)
            async with desk.deps.db.tx() as tx:
                await api.propose_limit(tx, actor=sent.actor, wished=wished, reason=sent["reason"])
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            return await _draw_form(
                desk, sent.visit, of, game, code, fields=sent.fields, refusal=refusal
            )
        return back_to(HERE, "limit_wished")


def _add_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/limits")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        shown = brands_of(visit)
        async with desk.deps.db.read() as tx:
            tables = [
                (brands.brand(brand_id), await _rows(tx, brands.brand(brand_id)))
                for brand_id in shown
            ]
            return desk.draw(
                visit,
                "limits.html",
                tables=tables,
                waiting=await betting.limit_changes(tx, brand_ids=shown, is_open=True),
                decided=await betting.limit_changes(
                    tx, brand_ids=shown, is_open=False, limit=HISTORY_ROWS
                ),
                names=await reports.staff_names(tx),
                per_cent=per_cent,
            )

    @router.get("/limits/{brand}/{game}/{code}")
    async def form(
        visit: Annotated[Visit, Depends(desk.visit)], brand: int, game: str, code: str
    ) -> Response:
        return await _draw_form(desk, visit, _brand(visit, brand), game, code)


async def _draw_form(
    desk: Desk,
    visit: Visit,
    brand: Brand,
    game: str,
    code: str,
    *,
    fields: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """The form as it was sent, with what is wrong about it; else with what is set now."""
    async with desk.deps.db.read() as tx:
        rows = await _rows(tx, brand)
    slug, of = _game(game), _currency(brand, code)
    (row,) = [one for one in rows if (one.game, one.currency) == (slug, of)]
    (wider,) = [one for one in rows if (one.game, one.currency) == (ANY_GAME, of)]
    context: dict[str, Any] = {
        "brand": brand,
        "row": row,
        "wider": wider.own if slug != ANY_GAME else None,
        "fields": fields if fields is not None else _fields_of(row.own, of),
        "refusal": refusal,
        "per_cent": per_cent,
    }
    return desk.draw(visit, "limit.html", status=refusal.status if refusal else 200, **context)


async def _rows(tx: Tx, brand: Brand) -> list[Row]:
    """Every game in every currency, what holds for all games first."""
    effective = await betting.effective_limits(
        tx, brand_id=brand.id, games=list(GAMES), currencies=brand.currencies
    )
    own = {
        (one.game, one.currency): one for one in await betting.house_limits(tx, brand_id=brand.id)
    }
    return [
        Row(
            game=game,
            currency=code,
            effective=effective[game, code],
            own=own.get((game, code)),
            path=f"{HERE}/{brand.id}/{EVERY_GAME if game == ANY_GAME else game}/{quote(code)}",
        )
        for code in brand.currencies
        for game in (ANY_GAME, *GAMES)
    ]


def _brand(visit: Visit, brand_id: int) -> Brand:
    rules.check_brand(visit.actor, brand_id)
    return brands.brand(brand_id)


def _game(text: str) -> str:
    if text == EVERY_GAME:
        return ANY_GAME
    if text not in GAMES:
        raise NothingThere("There is no such game.", param="game")
    return text


def _currency(brand: Brand, code: str) -> CurrencyCode:
    if code not in brand.currencies:
        raise NothingThere("The brand does not have this currency.", param="currency")
    return CurrencyCode(code)


def _fields_of(own: HouseLimit | None, code: CurrencyCode) -> Mapping[str, str]:
    if own is None:
        return {}
    scale = currency(code).scale
    amounts = {"stake_min": own.stake_min, "stake_max": own.stake_max}
    shown = {name: format_units(one, scale) for name, one in amounts.items() if one is not None}
    if own.profit_share_bp is not None:
        shown["profit_share_bp"] = per_cent(own.profit_share_bp)
    return shown


def _wished(brand: Brand, game: str, code: str, sent: Submission) -> HouseLimit:
    """What the form asks for; an empty field means the next wider rule."""
    of = _currency(brand, code)
    scale = currency(of).scale

    def read(name: str, scale: int) -> int | None:
        text = sent[name].strip().removesuffix("%").strip()
        return parse_units(text, scale, param=name) if text else None

    return HouseLimit(
        brand_id=brand.id,
        game=_game(game),
        currency=of,
        stake_min=read("stake_min", scale),
        stake_max=read("stake_max", scale),
        profit_share_bp=read("profit_share_bp", SHARE_SCALE),
    )


def per_cent(basis_points: int) -> str:
    """Basis points as per cent, without the sign."""
    return format_units(basis_points, SHARE_SCALE)
