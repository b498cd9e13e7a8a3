"""Pause switches, the audit log, staff, and how the platform fares."""

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from fairhouse.audit import api as audit
from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to, brand_name
from fairhouse.backoffice.http.home import chain_states
from fairhouse.backoffice.http.lists import brands_of, csv_line, csv_response
from fairhouse.backoffice.http.people import staff_by_wire
from fairhouse.backoffice.types import Action
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

PAGE_ROWS = 50
EXPORT_ROWS = 1_000


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Everything about running the house."""
    _add_switches(router, desk)
    _add_audit(router, desk)
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


def _add_audit(router: APIRouter, desk: Desk) -> None:
    @router.get("/audit")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        query = visit.request.query_params
        filters = {key: query.get(key, "") for key in ("action", "actor", "subject")}
        async with desk.deps.db.read() as tx:
            entries = await api.audit_entries(
                tx,
                actor=visit.actor,
                before=_cursor(visit.request),
                filters=filters,
                limit=PAGE_ROWS,
            )
            names = await staff_by_wire(tx)
        more = None
        if len(entries) == PAGE_ROWS:
            last = entries[-1]
            cursor = f"{last.at.isoformat()}~{last.stream}~{last.seq}"
            chosen = {key: value for key, value in filters.items() if value}
            more = f"/admin/audit?{urlencode({**chosen, 'before': cursor})}"
        template = "audit_rows.html" if visit.request.headers.get("hx-request") else "audit.html"
        return desk.draw(
            visit,
            template,
            entries=entries,
            names=names,
            more=more,
            filters=filters,
            actions=[str(action) for action in Action],
        )

    @router.get("/audit.csv")
    async def export(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.READ_AUDIT)
        async with desk.deps.db.tx() as tx:
            await api.note_export(tx, actor=visit.actor, listing="audit", filters={})
        return csv_response(desk, "audit", _audit_lines(desk, visit))

    @router.post("/audit/verify")
    async def verify(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        rules.check_may(sent.actor, Action.VERIFY_AUDIT)
        async with desk.deps.db.read() as tx:
            verdict = await audit.verify(tx, keys=audit.audit_keys(desk.deps.sealer))
            at = tx.now
        async with desk.deps.db.tx() as tx:
            await api.note_verification(tx, actor=sent.actor, verdict=verdict)
        return desk.draw(sent.visit, "verdict.html", verdict=verdict, at=at)


async def _audit_lines(desk: Desk, visit: Visit) -> AsyncGenerator[str]:
    """The whole log that the reader may see, newest first, a thousand entries at a time."""
    columns = ("stream", "seq", "at", "actor", "action", "subject", "reason", "details")
    yield csv_line([*columns, "previous_hash", "hash"])
    before: tuple[datetime, str, int] | None = None
    while True:
        async with desk.deps.db.read() as tx:
            entries = await api.audit_entries(
                tx, actor=visit.actor, before=before, limit=EXPORT_ROWS
            )
        for entry in entries:
            details = json.dumps(dict(entry.details), sort_keys=True, ensure_ascii=False)
            facts = (entry.actor, entry.action, entry.subject, entry.reason, details)
            hashes = (entry.previous_hash.hex(), entry.hash.hex())
            yield csv_line([entry.stream, str(entry.seq), entry.at.isoformat(), *facts, *hashes])
        if len(entries) < EXPORT_ROWS:
            return
        before = (entries[-1].at, entries[-1].stream, entries[-1].seq)


def _cursor(request: Request) -> tuple[datetime, str, int] | None:
    """Where a page of the log begins; an unreadable cursor is the beginning."""
    at, _, rest = request.query_params.get("before", "").partition("~")
    stream, _, seq = rest.partition("~")
    try:
        return (datetime.fromisoformat(at), stream, int(seq)) if rest else None
    except ValueError:
        return None


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
