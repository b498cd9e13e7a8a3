"""The audit log, what runs, and what a regulator is handed."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from fairhouse.audit import api as audit
from fairhouse.audit.types import AuditEntry, Significant
from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit
from fairhouse.backoffice.http.lists import brands_of, csv_line, csv_response
from fairhouse.backoffice.http.people import staff_by_wire
from fairhouse.backoffice.types import Action
from fairhouse.kernel.refusals import Malformed
from fairhouse.reports import api as reports

PAGE_ROWS: Final = 50
EXPORT_ROWS: Final = 1_000
FILTERS: Final = ("stream", "action", "actor", "subject")
PERIOD: Final = timedelta(days=30)


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Search, verify and export the log; whole tables for a regulator; what was approved."""
    _add_log(router, desk)
    _add_exports(router, desk)
    _add_regulator(router, desk)


def _add_log(router: APIRouter, desk: Desk) -> None:
    @router.get("/audit")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        filters, since, until = _asked(visit.request)
        async with desk.deps.db.read() as tx:
            entries = await api.audit_entries(
                tx,
                actor=visit.actor,
                before=_cursor(visit.request),
                filters=filters,
                since=since,
                until=until,
                limit=PAGE_ROWS,
            )
            names = await staff_by_wire(tx)
        chosen = {**filters, **_times(visit.request)}
        template = "audit_rows.html" if visit.request.headers.get("hx-request") else "audit.html"
        return desk.draw(
            visit,
            template,
            entries=entries,
            names=names,
            more=_more(entries, chosen),
            filters=chosen,
            query=urlencode({key: value for key, value in chosen.items() if value}),
            streams=audit.streams_of(visit.actor.brands),
            actions=[*(str(one) for one in Action), *(f"event.{one}" for one in Significant)],
        )

    @router.post("/audit/verify")
    async def verify(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        rules.check_may(sent.actor, Action.VERIFY_AUDIT)
        keys = audit.audit_keys(desk.deps.sealer)
        async with desk.deps.db.read() as tx:
            verdict = await audit.verify(tx, keys=keys)
            at = tx.now
        async with desk.deps.db.tx() as tx:
            await api.note_verification(tx, actor=sent.actor, verdict=verdict)
        key = keys.public.hex()
        return desk.draw(sent.visit, "verdict.html", verdict=verdict, at=at, key=key)


def _add_exports(router: APIRouter, desk: Desk) -> None:
    @router.get("/audit.csv")
    async def export(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.READ_AUDIT)
        filters, since, until = _asked(visit.request)
        noted = {**filters, **_times(visit.request)}
        async with desk.deps.db.tx() as tx:
            await api.note_export(tx, actor=visit.actor, listing="audit", filters=noted)
        return csv_response(desk, "audit", _lines(desk, visit, filters, since, until))

    @router.get("/audit.jsonl")
    async def chains(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.READ_AUDIT)
        async with desk.deps.db.tx() as tx:
            await api.note_export(tx, actor=visit.actor, listing="audit chains", filters={})

        async def lines() -> AsyncGenerator[str]:
            keys, streams = (
                audit.audit_keys(desk.deps.sealer),
                audit.streams_of(visit.actor.brands),
            )
            async with desk.deps.db.read() as tx:
                async for line in audit.export(tx, keys=keys, streams=streams):
                    yield line

        return _file(desk, "audit", "jsonl", lines())


def _add_regulator(router: APIRouter, desk: Desk) -> None:
    @router.get("/regulator")
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.REPORT)
        async with desk.deps.db.read() as tx:
            return desk.draw(
                visit,
                "regulator.html",
                datasets=reports.DATASETS,
                formats=reports.FORMATS,
                programs=await audit.programs(tx, limit=20),
                since=(tx.now - PERIOD).date().isoformat(),
                until=(tx.now + timedelta(days=1)).date().isoformat(),
            )

    @router.get("/regulator/export")
    async def export(
        visit: Annotated[Visit, Depends(desk.visit)],
        since: str,
        until: str,
        dataset: str = "",
        format: str = "jsonl",  # noqa: A002 - the name of the field in the form
    ) -> Response:
        rules.check_may(visit.actor, Action.REPORT)
        if dataset not in reports.DATASETS or format not in reports.FORMATS:
            raise Malformed("There is no such table or format.", param="dataset")
        brands, period = brands_of(visit), (_time(since, "since"), _time(until, "until"))
        async with desk.deps.db.tx() as tx:
            noted = {"since": since, "until": until, "format": format}
            await api.note_export(
                tx, actor=visit.actor, listing=f"regulator {dataset}", filters=noted
            )

        async def lines() -> AsyncGenerator[str]:
            async with desk.deps.db.read() as tx:
                async for line in reports.regulator_export(
                    tx,
                    dataset=dataset,
                    format_=format,
                    brands=brands,
                    since=period[0],
                    until=period[1],
                ):
                    yield line

        return _file(desk, dataset, format, lines())


def _file(desk: Desk, name: str, suffix: str, lines: AsyncGenerator[str]) -> StreamingResponse:
    file = f"{name}-{desk.deps.db.now():%Y%m%dT%H%M%SZ}.{suffix}"
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson" if suffix == "jsonl" else "text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{file}"',
            "cache-control": "no-store",
        },
    )


async def _lines(
    desk: Desk,
    visit: Visit,
    filters: Mapping[str, str],
    since: datetime | None,
    until: datetime | None,
) -> AsyncGenerator[str]:
    """What the search finds, newest first, a thousand entries at a time."""
    columns = ("stream", "seq", "at", "actor", "action", "subject", "reason", "details")
    yield csv_line([*columns, "component", "previous_hash", "hash"])
    before: tuple[datetime, str, int] | None = None
    while True:
        async with desk.deps.db.read() as tx:
            entries = await api.audit_entries(
                tx,
                actor=visit.actor,
                before=before,
                filters=filters,
                since=since,
                until=until,
                limit=EXPORT_ROWS,
            )
        for entry in entries:
            yield csv_line(_columns(entry))
        if len(entries) < EXPORT_ROWS:
            return
        before = (entries[-1].at, entries[-1].stream, entries[-1].seq)


def _columns(entry: AuditEntry) -> list[str]:
    details = rules.facts_text(entry.details)
    facts = (entry.actor, entry.action, entry.subject, entry.reason, details)
    hashes = (entry.component or "", entry.previous_hash.hex(), entry.hash.hex())
    return [entry.stream, str(entry.seq), entry.at.isoformat(), *facts, *hashes]


def _asked(request: Request) -> tuple[dict[str, str], datetime | None, datetime | None]:
    """What the log is searched for. Refuses with Malformed."""
    query = request.query_params
    filters = {key: query.get(key, "").strip() for key in FILTERS}
    since, until = query.get("since", ""), query.get("until", "")
    return (
        filters,
        _time(since, "since") if since else None,
        _time(until, "until") if until else None,
    )


def _times(request: Request) -> dict[str, str]:
    return {key: request.query_params.get(key, "") for key in ("since", "until")}


def _time(text: str, param: str) -> datetime:
    """A day, or a day and a time, in UTC. Refuses with Malformed."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Malformed(
            f"{param} must be a date, or a date and a time in UTC like 2026-01-31T12:00.",
            param=param,
        ) from None


def _more(entries: Sequence[AuditEntry], chosen: Mapping[str, str]) -> str | None:
    if len(entries) < PAGE_ROWS:
        return None
    last = entries[-1]
    cursor = f"{last.at.isoformat()}~{last.stream}~{last.seq}"
    kept = {key: value for key, value in chosen.items() if value}
    return f"/admin/audit?{urlencode({**kept, 'before': cursor})}"


def _cursor(request: Request) -> tuple[datetime, str, int] | None:
    """Where a page of the log begins; an unreadable cursor is the beginning."""
    at, _, rest = request.query_params.get("before", "").partition("~")
    stream, _, seq = rest.partition("~")
    try:
        return (datetime.fromisoformat(at), stream, int(seq)) if rest else None
    except ValueError:
        return None
