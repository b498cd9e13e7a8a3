"""What players do for their verification."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

from fairhouse.audit import api as audit
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, Player, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc import rules
from fairhouse.kyc.codecs.documents import CleanDocument, clean
from fairhouse.kyc.engine.people import KycTools, context, look_for, pack
from fairhouse.kyc.engine.standing import jurisdiction_of, open_request, standing
from fairhouse.kyc.engine.telling import tell
from fairhouse.kyc.store import documents, people
from fairhouse.kyc.store import requests as store
from fairhouse.kyc.types import (
    DISCLOSURE_VERSION,
    OPEN,
    Details,
    DetailsFixed,
    DisclosureNeeded,
    Document,
    DocumentId,
    DocumentKind,
    DocumentNotFound,
    DocumentsMissing,
    NothingAsked,
    PersonKnown,
    Request,
    RequestState,
    Standing,
    Tier,
    TooManyDocuments,
    Why,
)
from fairhouse.platform.database import Database, Tx

DOCUMENTS_MAX: Final = 20
_WRITABLE: Final = {RequestState.WANTED, RequestState.RETRY}
_at_once = asyncio.Semaphore(1)
"""Pictures are decoded one by one, so that uploads never take the processor from bets."""


async def player_standing(tx: Tx, *, player_id: PlayerId, brand_id: int) -> Standing:
    """All that is known of a player's verification."""
    return await standing(tx, player_id, brand_id)


async def accept_disclosure(tx: Tx, *, player_id: PlayerId, version: str) -> None:
    """The player was told what may be asked for. Refuses with DisclosureNeeded (another text)."""
    if version != DISCLOSURE_VERSION:
        raise DisclosureNeeded(
            f"version must be {DISCLOSURE_VERSION}: the text has changed, show the new one.",
            param="version",
            version=DISCLOSURE_VERSION,
        )
    await people.accept_disclosure(tx, player_id, version)


async def save_details(tx: Tx, *, tools: KycTools, player: Player, details: Details) -> None:
    """Who the player is, sealed; looked for on the lists at once.

    Refuses with DetailsInvalid, DetailsFixed and PersonKnown.
    """
    # CHECK
    await tx.lock("kyc", player.id)
    minimum = jurisdiction_of(player.brand_id).minimum_age
    given = rules.clean_details(details, today=tx.now.date(), minimum_age=minimum)
    found = await standing(tx, player.id, player.brand_id)
    identity_request = _of(found.requests, Tier.IDENTITY)
    is_fixed = identity_request is not None and identity_request.state not in {
        *_WRITABLE,
        RequestState.EXPIRED,
    }
    if found.has_details and is_fixed:
        raise DetailsFixed("Your details are being checked or verified; support changes them.")
    index = tools.sealer.blind_index(
        rules.person_text(given), purpose=f"kyc.person:{player.brand_id}"
    )
    twin = await people.verified_twin(tx, brand_id=player.brand_id, index=index, but=player.id)
    if twin is not None:
        raise PersonKnown("There is an account in your name already: log in to that one.")
    # RECORD
    sealed = await identity.seal_personal(
        tx,
        sealer=tools.sealer,
        player_id=player.id,
        plain=pack(given),
        context=context(player.id),
    )
    await people.save_person(
        tx,
        player.id,
        brand_id=player.brand_id,
        sealed=sealed,
        index=index,
        is_pep=given.is_pep,
    )
    await look_for(tx, tools, player.id, player.brand_id, given)


async def note_twin(db: Database, *, player: Player) -> None:
    """A second account of a verified person was tried: a significant event (ACC-01)."""
    async with db.tx() as tx:
        await audit.record(
            tx,
            stream=audit.events_of(player.brand_id),
            actor=to_wire(PLAYER_PREFIX, player.id),
            deed="kyc.second_account",
            subject=to_wire(PLAYER_PREFIX, player.id),
            reason="The details are those of a person who has a verified account at this brand.",
        )


async def checked(content: bytes) -> CleanDocument:
    """The upload made harmless, outside of any transaction. Refuses with DocumentRefused."""
    async with _at_once:
        return await asyncio.to_thread(clean, content)


async def upload(
    tx: Tx,
    *,
    tools: KycTools,
    player: Player,
    tier: Tier,
    kind: DocumentKind,
    document: CleanDocument,
    expires_on: date | None = None,
) -> Document:
    """Keep a document for a tier, sealed under the person's key; asks for the tier if nobody has.

    Refuses with NothingAsked, TooManyDocuments and DocumentRefused.
    """
    # CHECK
    await tx.lock("kyc", player.id)
    request = await _writable(tx, player, tier)
    kept = await documents.of_player(tx, player.id)
    if len(kept) >= DOCUMENTS_MAX:
        raise TooManyDocuments(
            f"You have uploaded {len(kept)} documents: submit them, or remove one.", param="file"
        )
    digest = hashlib.sha256(document.content).digest()
    same = next((one for one in kept if one.sha256 == digest and one.kind is kind), None)
    if same is not None:
        return same
    # RECORD
    made = Document(
        id=DocumentId(tx.new_id()),
        player_id=player.id,
        brand_id=player.brand_id,
        tier=request.tier,
        kind=kind,
        media_type=document.media_type,
        size_bytes=len(document.content),
        sha256=digest,
        expires_on=expires_on,
        uploaded_at=tx.now,
        removed_at=None,
    )
    sealed = await identity.seal_personal(
        tx,
        sealer=tools.sealer,
        player_id=player.id,
        plain=document.content,
        context=document_context(made.id),
    )
    await documents.insert(tx, made, sealed=sealed)
    return made


async def remove_document(tx: Tx, *, player: Player, document_id: DocumentId) -> None:
    """Take back what was not submitted yet. Refuses with DocumentNotFound and NothingAsked."""
    await tx.lock("kyc", player.id)
    found = await documents.find(tx, document_id)
    if found is None or found[0].player_id != player.id or found[1] is None:
        raise DocumentNotFound("There is no such document.", param="id")
    await _writable(tx, player, found[0].tier)
    await documents.remove(tx, document_id)


async def own_documents(tx: Tx, *, player_id: PlayerId) -> Sequence[Document]:
    """What a player has uploaded, without content."""
    return await documents.of_player(tx, player_id)


async def submit(tx: Tx, *, player: Player, tier: Tier) -> Request:
    """Hand in what a tier needs. Refuses with NothingAsked and DocumentsMissing."""
    # CHECK
    await tx.lock("kyc", player.id)
    request = await _writable(tx, player, tier)
    kept = await documents.of_player(tx, player.id)
    there = {one.kind for one in kept if one.tier == tier}
    missing = [kind.value for kind in rules.NEEDED_DOCUMENTS[tier] if kind not in there]
    if tier is Tier.IDENTITY and await people.person(tx, player.id) is None:
        missing.insert(0, "details")
    if not missing and not any(one.tier == tier and _is_new(one, request) for one in kept):
        missing.append("new_document")
    if missing:
        raise DocumentsMissing(f"Still missing: {', '.join(missing)}.", missing=",".join(missing))
    # RECORD
    await store.move(tx, request.id, RequestState.SUBMITTED, method="documents", source="upload")
    # ANNOUNCE
    await tell(tx, request, RequestState.SUBMITTED)
    found = await store.find(tx, request.id)
    assert found is not None
    return found


def _is_new(document: Document, request: Request) -> bool:
    """After a retry something new has to come."""
    return request.decided_at is None or document.uploaded_at > request.decided_at


def document_context(document_id: DocumentId) -> str:
    """Binds sealed content to its row."""
    return f"kyc.document:{document_id}"


async def _writable(tx: Tx, player: Player, tier: Tier) -> Request:
    """The request of a tier that the player may work on; made when the one below is done."""
    found = await standing(tx, player.id, player.brand_id)
    request = _of(found.requests, tier)
    if request is not None and request.state in OPEN:
        if request.state not in _WRITABLE:
            raise NothingAsked("This is being looked at already.", state=request.state)
        return request
    if tier != found.tier + 1 or (request and request.state is RequestState.REJECTED):
        raise NothingAsked(
            "Verify the tiers one after the other.", tier=int(tier), state=str(found.tier)
        )
    made = await open_request(tx, player.id, player.brand_id, tier, Why.PLAYER)
    assert made is not None, tier
    return made


def _of(requests: Sequence[Request], tier: Tier) -> Request | None:
    return next((one for one in requests if one.tier == tier), None)
