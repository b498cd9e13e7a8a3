"""Verifications and screening cases: the queues, one request with its documents, the deeds."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice.api import compliance as api
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.types import NothingThere
from fairhouse.identity import api as identity
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kyc import api as kyc
from fairhouse.kyc.types import (
    DOCUMENT_PREFIX,
    REQUEST_PREFIX,
    Answer,
    Details,
    DocumentId,
    RequestId,
)
from fairhouse.reports import api as reports
from fairhouse.screening import api as screening
from fairhouse.screening.types import CASE_PREFIX, CaseId, Vote

KYC: Final = "/admin/kyc"
SCREENING: Final = "/admin/screening"
_SANDBOX: Final = {
    # A document is somebody else's file: it runs nothing, loads nothing, and is kept nowhere.
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The desks of verification and screening."""
    tools = kyc.KycTools(desk.deps.sealer)
    _add_kyc(router, desk, tools)
    _add_documents(router, desk, tools)
    _add_screening(router, desk)


def _add_kyc(router: APIRouter, desk: Desk, tools: kyc.KycTools) -> None:
    @router.get("/kyc")
    async def queue(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            rows = await api.kyc_queue(tx, actor=visit.actor)
            players = await identity.players_by_id(tx, player_ids=[one.player_id for one in rows])
        return desk.draw(visit, "kyc.html", rows=rows, players=players)

    @router.get("/kyc/{request}")
    async def page(visit: Annotated[Visit, Depends(desk.visit)], request: str) -> Response:
        return await _request_page(desk, visit, request, None)

    @router.post("/kyc/{request}/details")
    async def details(sent: Annotated[Submission, Depends(desk.form)], request: str) -> Response:
        async with desk.deps.db.tx() as tx:
            found = await api.kyc_details(
                tx,
                actor=sent.actor,
                tools=tools,
                request_id=_request(request),
                reason=sent["reason"],
            )
        return await _request_page(desk, sent.visit, request, found)

    @router.post("/kyc/{request}/{answer}")
    async def answer(
        sent: Annotated[Submission, Depends(desk.form)], request: str, answer: str
    ) -> Response:
        if answer not in set(Answer):
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.answer_kyc(
                tx,
                actor=sent.actor,
                request_id=_request(request),
                answer=Answer(answer),
                reason=sent["reason"],
                # What the player reads is what the reviewer wrote for them.
                note=sent["reason"] if answer == Answer.RETRY else "",
            )
        return back_to(f"{KYC}/{to_wire(REQUEST_PREFIX, _request(request))}", "saved")


async def _request_page(
    desk: Desk, visit: Visit, request: str, details: Details | None
) -> Response:
    async with desk.deps.db.read() as tx:
        found, decisions, documents = await api.kyc_request(
            tx, actor=visit.actor, request_id=_request(request)
        )
        player = await identity.player(tx, player_id=found.player_id)
        names = await reports.staff_names(tx)
        cases = await screening.cases_of(tx, player_id=found.player_id)
    return desk.draw(
        visit,
        "kyc_request.html",
        one=found,
        decisions=decisions,
        documents=[paper for paper in documents if paper.tier == found.tier],
        player=player,
        names=names,
        cases=cases,
        details=details,
        answers=list(Answer),
    )


def _add_documents(router: APIRouter, desk: Desk, tools: kyc.KycTools) -> None:
    @router.get("/kyc/documents/{document}")
    async def document(visit: Annotated[Visit, Depends(desk.visit)], document: str) -> Response:
        id_ = DocumentId(from_wire(DOCUMENT_PREFIX, document, param="document"))
        async with desk.deps.db.tx() as tx:
            found, content = await api.kyc_document(
                tx, actor=visit.actor, tools=tools, document_id=id_
            )
        shown = "inline" if found.media_type == "image/jpeg" else "attachment"
        name = f'{shown}; filename="{found.kind}-{document}"'
        return Response(
            content,
            media_type=found.media_type,
            headers={**_SANDBOX, "content-disposition": name},
        )


def _add_screening(router: APIRouter, desk: Desk) -> None:
    @router.get("/screening")
    async def cases(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            rows = await api.screening_cases(tx, actor=visit.actor)
            votes = {one.id: await api.screening_votes(tx, case_id=one.id) for one in rows[:50]}
            versions = await screening.list_versions(tx)
            names = await reports.staff_names(tx)
            players = await identity.players_by_id(tx, player_ids=[one.player_id for one in rows])
        return desk.draw(
            visit,
            "screening.html",
            rows=rows,
            votes=votes,
            versions=versions,
            names=names,
            players=players,
            health=await screening.health(desk.deps.db, None),
        )

    @router.post("/screening/{case}/{vote}")
    async def decide(
        sent: Annotated[Submission, Depends(desk.form)], case: str, vote: str
    ) -> Response:
        if vote not in set(Vote):
            raise NothingThere("There is no such action.")
        async with desk.deps.db.tx() as tx:
            await api.decide_screening(
                tx,
                actor=sent.actor,
                case_id=CaseId(from_wire(CASE_PREFIX, case, param="case")),
                vote=Vote(vote),
                reason=sent["reason"],
            )
        return back_to(SCREENING, "saved")


def _request(text: str) -> RequestId:
    return RequestId(from_wire(REQUEST_PREFIX, text, param="request"))
