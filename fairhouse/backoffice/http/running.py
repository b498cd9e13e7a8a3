"""Pause switches, staff, and how the platform fares."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to, brand_name
from fairhouse.backoffice.http.home import chain_states
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.http.people import staff_by_wire
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand
from fairhouse.custody import api as custody
from fairhouse.games.api import GAMES
from fairhouse.identity import api as identity
from fairhouse.identity.types import STAFF_PREFIX, StaffId
from fairhouse.kernel.ids import from_wire
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateUnavailable, Snapshot


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Everything about running the house."""
    _add_switches(router, desk)
    _add_staff(router, desk)
    _add_health(router, desk)


def _add_switches(router: APIRouter, desk: Desk) -> None:
    switches = (
        brands.DEPOSITS,
        brands.WITHDRAWALS,
        brands.BETTING,
        *(brands.game_switch(slug) for slug in GAMES),
    )

    @router.get("/switches")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            shown: list[tuple[Brand, dict[str, object]]] = []
            for brand_id in brands_of(visit):
                brand = brands.brand(brand_id)
                off = {item.switch: item for item in await brands.pauses(tx, brand_id=brand.id)}
                shown.append((brand, {switch: off.get(switch) for switch in switches}))
            names = await staff_by_wire(tx)
        return desk.draw(visit, "switches.html", shown=shown, names=names)

    @router.post("/switches")
    async def change(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        is_paused = sent["change"] == "pause"
        async with desk.deps.db.tx() as tx:
            await api.set_pause(
                tx,
                actor=sent.actor,
                brand_id=int(sent["brand"]) if sent["brand"].isdigit() else 0,
                switch=sent["switch"],
                is_paused=is_paused,
                reason=sent["reason"],
            )
        return back_to("/admin/switches", "paused" if is_paused else "resumed")


def _add_staff(router: APIRouter, desk: Desk) -> None:
    @router.get("/staff")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            members = await identity.staff_members(tx)
            limits = await api.restrictions(tx)
        granted = [(action, sorted(roles)) for action, roles in sorted(rules.PERMISSIONS.items())]
        return desk.draw(
            visit,
            "staff.html",
            members=members,
            limits=limits,
            granted=granted,
            brands=brands.all_brands(),
        )

    @router.post("/staff/{member}/limit")
    async def limit(sent: Annotated[Submission, Depends(desk.form)], member: str) -> Response:
        chosen = [
            int(brand.id) for brand in brands.all_brands() if sent[f"brand_{brand.id}"] == "on"
        ]
        every = len(chosen) == len(brands.all_brands())
        async with desk.deps.db.tx() as tx:
            await api.limit_staff(
                tx,
                actor=sent.actor,
                staff_id=StaffId(from_wire(STAFF_PREFIX, member, param="member")),
                brands=[] if every else chosen,
                reason=sent["reason"],
            )
        return back_to("/admin/staff", "saved")


def _add_health(router: APIRouter, desk: Desk) -> None:
    @router.get("/health")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        parts = await desk.deps.parts()
        async with desk.deps.db.read() as tx:
            return desk.draw(
                visit,
                "health.html",
                parts=parts,
                chains=await chain_states(tx),
                custody=await custody.health(tx),
                imbalances=await ledger.imbalances(tx),
                prices=await _prices(tx),
                brand_name=brand_name,
                at=tx.now,
            )

    @router.post("/prices/confirm")
    async def confirm(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        async with desk.deps.db.tx() as tx:
            snapshot = await rates.snapshot(tx)
            await api.confirm_prices(
                tx, actor=sent.actor, snapshot_id=snapshot.prices.id, reason=sent["reason"]
            )
        return back_to("/admin/health", "saved")


async def _prices(tx: Tx) -> Snapshot | None:
    try:
        return await rates.snapshot(tx)
    except RateUnavailable:
        return None
