"""What staff do about verifications. The back office asks for roles; every look is logged here."""

from collections.abc import Sequence
from datetime import date, datetime

from fairhouse.audit import api as audit
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, STAFF_PREFIX, PlayerId, StaffId
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc import rules
from fairhouse.kyc.api.player import document_context
from fairhouse.kyc.engine import people as sealed_people
from fairhouse.kyc.engine.deciding import apply, note_down
from fairhouse.kyc.engine.people import KycTools
from fairhouse.kyc.engine.standing import open_request
from fairhouse.kyc.store import documents, people
from fairhouse.kyc.store import requests as store
from fairhouse.kyc.types import (
    DOCUMENT_PREFIX,
    Answer,
    Decision,
    Details,
    Document,
    DocumentId,
    DocumentNotFound,
    NothingAsked,
    Request,
    RequestId,
    RequestNotFound,
    RequestState,
    SecondReviewerNeeded,
    Tier,
    Why,
)
from fairhouse.platform.database import Tx

QUEUE_MAX = 200


async def answer(
    tx: Tx,
    *,
    request_id: RequestId,
    staff_id: StaffId,
    answer: Answer,
    reason: str,
    note: str = "",
) -> Request:
    """A reviewer's word: effective at once, or when a second person has said the same.

    `note` is what the player reads beside a retry. The caller has checked role, brand and reason.
    Refuses with RequestNotFound, RequestDecided, SecondReviewerNeeded and PersonKnown.
    """
    # CHECK
    request = await store.lock(tx, request_id)
    if request is None:
        raise RequestNotFound("There is no such request.", param="request_id")
    person = await people.person(tx, request.player_id)
    is_pep = person is not None and person[1]
    # DECIDE
    before = await store.decisions(tx, request_id)
    since = request.submitted_at or request.asked_at
    same = {one.staff_id for one in before if one.answer is answer and one.at >= since}
    if staff_id in same:
        raise SecondReviewerNeeded("You have said this already: a second person has to.")
    needed = rules.reviewers(request.tier, answer, is_pep=is_pep)
    is_effective = len(same | {staff_id}) >= needed
    # RECORD
    decision = Decision(staff_id, answer, reason, is_effective, tx.now)
    actor = to_wire(STAFF_PREFIX, staff_id)
    if is_effective:
        request = await apply(
            tx, request, answer, method="review", source=f"staff:{actor}", note=note
        )
    await note_down(tx, request, decision, actor)
    return request


async def ask_player(tx: Tx, *, player_id: PlayerId, brand_id: int, tier: Tier) -> Request:
    """Ask a player for a tier, for staff's reasons. Refuses with NothingAsked."""
    made = await open_request(tx, player_id, brand_id, tier, Why.STAFF)
    if made is None:
        raise NothingAsked("This tier is being asked for already, or was rejected for good.")
    return made


async def queue(
    tx: Tx, *, brand_ids: Sequence[int], states: Sequence[RequestState], limit: int = QUEUE_MAX
) -> Sequence[Request]:
    """What waits for a person, the longest first."""
    return await store.queue(tx, brand_ids=brand_ids, states=states, limit=min(limit, QUEUE_MAX))


async def request_of(tx: Tx, *, request_id: RequestId) -> tuple[Request, Sequence[Decision]]:
    """A request and every word about it. Refuses with RequestNotFound."""
    found = await store.find(tx, request_id)
    if found is None:
        raise RequestNotFound("There is no such request.", param="request_id")
    return found, await store.decisions(tx, request_id)


async def late_requests(tx: Tx, *, brand_ids: Sequence[int], since: datetime) -> Sequence[Request]:
    """What was asked only when money was to go out (ACC-03)."""
    return await store.late(tx, brand_ids=brand_ids, since=since)


async def documents_of(tx: Tx, *, player_id: PlayerId) -> Sequence[Document]:
    """What a player has uploaded, without content."""
    return await documents.of_player(tx, player_id)


async def details_of(
    tx: Tx, *, tools: KycTools, player_id: PlayerId, brand_id: int, staff_id: StaffId, reason: str
) -> Details | None:
    """What a person told us, decrypted; the look is logged. None after erasure."""
    await _log_look(tx, player_id, brand_id, staff_id, "kyc.read_details", reason, "")
    return await sealed_people.details(tx, tools, player_id)


async def open_document(
    tx: Tx, *, tools: KycTools, document_id: DocumentId, staff_id: StaffId, reason: str
) -> tuple[Document, bytes]:
    """A document's content, decrypted; the look is logged. Refuses with DocumentNotFound."""
    found = await documents.find(tx, document_id)
    if found is None or found[1] is None:
        raise DocumentNotFound("There is no such document.", param="id")
    document, sealed = found[0], found[1]
    plain = await identity.open_personal(
        tx,
        sealer=tools.sealer,
        player_id=document.player_id,
        sealed=sealed,
        context=document_context(document.id),
    )
    if plain is None:
        raise DocumentNotFound("The person was erased, and the document with them.", param="id")
    await _log_look(
        tx,
        document.player_id,
        document.brand_id,
        staff_id,
        "kyc.read_document",
        reason,
        to_wire(DOCUMENT_PREFIX, document.id),
    )
    return document, plain


async def document_of(tx: Tx, *, document_id: DocumentId) -> Document:
    """Without its content. Refuses with DocumentNotFound."""
    found = await documents.find(tx, document_id)
    if found is None:
        raise DocumentNotFound("There is no such document.", param="id")
    return found[0]


async def set_expiry(tx: Tx, *, document_id: DocumentId, expires_on: date) -> None:
    """What the reviewer reads on the document."""
    await documents.set_expiry(tx, document_id, expires_on)


async def _log_look(
    tx: Tx,
    player_id: PlayerId,
    brand_id: int,
    staff_id: StaffId,
    deed: str,
    reason: str,
    document: str,
) -> None:
    await audit.record(
        tx,
        stream=audit.personal_of(brand_id),
        actor=to_wire(STAFF_PREFIX, staff_id),
        deed=deed,
        subject=to_wire(PLAYER_PREFIX, player_id),
        reason=reason,
        details={"document": document} if document else {},
    )
