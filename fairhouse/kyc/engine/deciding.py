"""A word about a request, whoever gave it, and what follows."""

from dataclasses import replace

from fairhouse.audit import api as audit
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, PlayerStatus
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc import rules
from fairhouse.kyc.engine.standing import ask, jurisdiction_of, open_request, standing
from fairhouse.kyc.engine.telling import tell
from fairhouse.kyc.store import documents, people
from fairhouse.kyc.store import requests as store
from fairhouse.kyc.types import (
    Answer,
    Decision,
    PersonKnown,
    Request,
    RequestDecided,
    RequestState,
    Tier,
    Why,
)
from fairhouse.platform.database import Tx


async def apply(
    tx: Tx, request: Request, answer: Answer, *, method: str, source: str, note: str = ""
) -> Request:
    """Move the request by an effective answer. The caller holds its lock.

    Refuses with RequestDecided, and with PersonKnown when another account of the brand is proven to
    be the same person's.
    """
    state = rules.AFTER[answer]
    if state is request.state:
        return request
    if state not in rules.TRANSITIONS[request.state]:
        raise RequestDecided(f"The request is {request.state} already.", state=request.state)
    valid_until = None
    if state is RequestState.APPROVED:
        if request.tier is Tier.IDENTITY:
            await _prove_person(tx, request)
        ends = await documents.earliest_expiry(tx, request.player_id, request.tier)
        valid_until = rules.valid_until(tx.now, jurisdiction_of(request.brand_id).kyc, ends)
    await store.move(
        tx,
        request.id,
        state,
        note=note,
        method=method,
        source=source,
        valid_until=valid_until,
    )
    after = replace(request, state=state, note=note, valid_until=valid_until)
    await tell(tx, after, state)
    if state is RequestState.REJECTED:
        await identity.set_status(tx, player_id=request.player_id, status=PlayerStatus.CLOSED)
    if state is RequestState.APPROVED:
        found = await standing(tx, request.player_id, request.brand_id)
        await ask(tx, request.player_id, request.brand_id, found.needed, Why.THRESHOLD)
    return after


async def _prove_person(tx: Tx, request: Request) -> None:
    index = await people.index_of(tx, request.player_id)
    if index is None:
        raise RequestDecided("The person has told no details yet.", state=request.state)
    twin = await people.verified_twin(
        tx, brand_id=request.brand_id, index=index, but=request.player_id
    )
    if twin is not None:
        raise PersonKnown(
            "This person has a verified account at this brand: reject, or merge under review.",
            player=to_wire(PLAYER_PREFIX, twin),
        )
    await people.set_verified(tx, request.player_id)


async def note_down(tx: Tx, request: Request, decision: Decision, actor: str) -> None:
    """In the history of the request, and among the significant events."""
    await store.add_decision(tx, request.id, decision)
    await audit.record(
        tx,
        stream=audit.events_of(request.brand_id),
        actor=actor,
        deed=f"kyc.{decision.answer}",
        subject=to_wire(PLAYER_PREFIX, request.player_id),
        reason=decision.reason,
        details={
            "tier": int(request.tier),
            "effective": decision.is_effective,
            "rules_version": request.rules_version,
        },
    )


async def expire(tx: Tx, *, limit: int) -> int:
    """Verifications that are no longer believed are asked for again."""
    ended = await store.ending(tx, limit=limit)
    for request in ended:
        await store.move(tx, request.id, RequestState.EXPIRED)
        await tell(tx, request, RequestState.EXPIRED)
        ends = await documents.earliest_expiry(tx, request.player_id, request.tier)
        is_document = ends is not None and ends <= tx.now.date()
        why = Why.DOCUMENT_EXPIRED if is_document else Why.REFRESH
        await open_request(tx, request.player_id, request.brand_id, request.tier, why)
    return len(ended)
