"""Verifications and screening cases at the staff's desk: roles, brands, and the log."""

from collections.abc import Sequence

from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.identity.types import PLAYER_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc import api as kyc
from fairhouse.kyc.types import (
    Answer,
    Decision,
    Details,
    Document,
    DocumentId,
    Request,
    RequestId,
    RequestState,
)
from fairhouse.platform.database import Tx
from fairhouse.screening import api as screening
from fairhouse.screening.types import CASE_PREFIX, Case, CaseId, CaseVote, Vote

WAITING = (RequestState.SUBMITTED, RequestState.ON_HOLD)


async def kyc_queue(tx: Tx, *, actor: Actor) -> Sequence[Request]:
    """What waits for a reviewer, the longest first. Refuses with Forbidden."""
    rules.check_may(actor, Action.REVIEW_KYC)
    return await kyc.queue(tx, brand_ids=actor.brands, states=WAITING)


async def kyc_request(
    tx: Tx, *, actor: Actor, request_id: RequestId
) -> tuple[Request, Sequence[Decision], Sequence[Document]]:
    """A request, every word about it, and what was uploaded; nothing personal is opened.

    Refuses with Forbidden, OutOfScope and RequestNotFound.
    """
    rules.check_may(actor, Action.REVIEW_KYC)
    request, decisions = await kyc.request_of(tx, request_id=request_id)
    rules.check_brand(actor, request.brand_id)
    return request, decisions, await kyc.documents_of(tx, player_id=request.player_id)


async def kyc_details(
    tx: Tx, *, actor: Actor, tools: kyc.KycTools, request_id: RequestId, reason: str
) -> Details | None:
    """What the person told us; the look is logged. Refuses as `kyc_request`, and ReasonNeeded."""
    request, *_ = await kyc_request(tx, actor=actor, request_id=request_id)
    return await kyc.details_of(
        tx,
        tools=tools,
        player_id=request.player_id,
        brand_id=request.brand_id,
        staff_id=actor.staff.id,
        reason=rules.clean_reason(reason),
    )


async def kyc_document(
    tx: Tx, *, actor: Actor, tools: kyc.KycTools, document_id: DocumentId
) -> tuple[Document, bytes]:
    """A document's content; the look is logged. Refuses with Forbidden, OutOfScope and
    DocumentNotFound.
    """
    rules.check_may(actor, Action.REVIEW_KYC)
    found, content = await kyc.open_document(
        tx,
        tools=tools,
        document_id=document_id,
        staff_id=actor.staff.id,
        reason="review of a verification",
    )
    rules.check_brand(actor, found.brand_id)
    return found, content


async def answer_kyc(
    tx: Tx, *, actor: Actor, request_id: RequestId, answer: Answer, reason: str, note: str
) -> Request:
    """A reviewer's word. Refuses with Forbidden, OutOfScope, ReasonNeeded and as kyc does."""
    # CHECK
    before, *_ = await kyc_request(tx, actor=actor, request_id=request_id)
    given = rules.clean_reason(reason)
    # RECORD
    after = await kyc.answer(
        tx,
        request_id=request_id,
        staff_id=actor.staff.id,
        answer=answer,
        reason=given,
        note=" ".join(note.split())[:300],
    )
    await record(
        tx,
        actor=actor,
        action=Action.REVIEW_KYC,
        brand_id=after.brand_id,
        subject=to_wire(PLAYER_PREFIX, after.player_id),
        reason=given,
        details={
            "tier": int(after.tier),
            "answer": answer,
            "before": before.state,
            "after": after.state,
        },
    )
    return after


async def screening_cases(tx: Tx, *, actor: Actor) -> Sequence[Case]:
    """Every case of the actor's brands, the newest first. Refuses with Forbidden."""
    rules.check_may(actor, Action.DECIDE_SCREENING)
    return await screening.list_cases(tx, brand_ids=actor.brands)


async def screening_votes(tx: Tx, *, case_id: CaseId) -> Sequence[CaseVote]:
    """What was said of a case so far."""
    _, votes = await screening.case_of(tx, case_id=case_id)
    return votes


async def decide_screening(
    tx: Tx, *, actor: Actor, case_id: CaseId, vote: Vote, reason: str
) -> Case:
    """One person confirms, two different ones clear.

    Refuses with Forbidden, OutOfScope, ReasonNeeded and as screening does.
    """
    # CHECK
    rules.check_may(actor, Action.DECIDE_SCREENING)
    before, _ = await screening.case_of(tx, case_id=case_id)
    rules.check_brand(actor, before.brand_id)
    given = rules.clean_reason(reason)
    # RECORD
    after = await screening.decide_case(
        tx, case_id=case_id, staff_id=actor.staff.id, vote=vote, reason=given
    )
    await record(
        tx,
        actor=actor,
        action=Action.DECIDE_SCREENING,
        brand_id=after.brand_id,
        subject=to_wire(CASE_PREFIX, case_id),
        reason=given,
        details={"vote": vote, "before": before.state, "after": after.state},
    )
    return after
