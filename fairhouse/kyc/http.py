"""A player's verification: what is asked, why and when; details, documents, handing in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId, KycRules
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, PlayerId, Session
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import format_units
from fairhouse.kyc import api, rules
from fairhouse.kyc.api.player import checked, note_twin
from fairhouse.kyc.codecs.documents import BYTES_MAX
from fairhouse.kyc.engine.people import KycTools
from fairhouse.kyc.types import (
    DISCLOSURE_VERSION,
    DOCUMENT_PREFIX,
    REQUEST_PREFIX,
    Details,
    Document,
    DocumentId,
    DocumentKind,
    PersonKnown,
    RequestState,
    Standing,
    Tier,
    VendorUnavailable,
    Why,
)
from fairhouse.kyc.types import Request as KycRequest
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter

VALUE_SCALE: Final = 6
UPLOAD_PATH: Final = "/v1/kyc/documents"
UPLOADS: Final = {UPLOAD_PATH: BYTES_MAX + 1024}
"""Paths whose bodies are larger than others', for the edge."""


class Gate(Protocol):
    """Who is asking: `app.gate.Gate` satisfies it."""

    async def registered(self, request: Request) -> Session: ...


VendorLink = Callable[[PlayerId, int, Tier], Awaitable[str]]
"""Where a player is verified by the vendor. Refuses with VendorUnavailable."""


async def no_vendor(player_id: PlayerId, brand_id: int, tier: Tier) -> str:
    """Where none is wired."""
    raise VendorUnavailable("Upload your documents here.")


@dataclass(frozen=True, slots=True)
class KycDeps:
    """What these routes need."""

    db: Database
    gate: Gate
    tools: KycTools
    vendor_link: VendorLink = no_vendor
    has_vendor: bool = False
    uploads: RateLimiter = field(default_factory=lambda: RateLimiter(burst=12, per_minute=6))


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DisclosureBody(_Body):
    """The version that was shown."""

    version: Annotated[str, Field(max_length=20)]


class DetailsBody(_Body):
    """As on the identity document."""

    given_names: Annotated[str, Field(min_length=1, max_length=100)]
    family_name: Annotated[str, Field(min_length=1, max_length=100)]
    birth_date: date
    nationality: Annotated[str, Field(min_length=2, max_length=2, examples=["DE"])]
    country: Annotated[str, Field(min_length=2, max_length=2, examples=["DE"])]
    address: Annotated[str, Field(min_length=1, max_length=300)]
    is_pep: bool = False


class DocumentView(BaseModel):
    """One uploaded document; its content goes to reviewers alone."""

    id: str
    tier: int
    kind: DocumentKind
    media_type: str
    size_bytes: int
    expires_on: date | None
    uploaded_at: datetime


class KycTierView(BaseModel):
    """One tier: what it needs, from when, and where it stands."""

    tier: int
    from_value: str | None
    """Cumulative deposits or withdrawals in the reference currency; null: by risk alone."""
    documents: list[DocumentKind]
    needs_details: bool
    state: RequestState | None
    """Null: nobody has asked, and nothing was handed in."""
    request_id: str | None
    why: Why | None
    due_at: datetime | None
    valid_until: datetime | None
    note: str
    """What the reviewer would have the player do."""
    is_next: bool
    """Whether the player can work on it now."""


class KycView(BaseModel):
    """What we know of the player, what we ask, why and when."""

    tier: int
    needed: int
    currency: str
    deposits: str
    withdrawals: str
    tiers: list[KycTierView]
    documents: list[DocumentView]
    has_details: bool
    disclosure_version: str
    disclosure_accepted: bool
    before_play: bool
    """Nobody stakes or moves real money before tier 1 here."""
    withdrawal_tier: int
    deadline_days: int | None
    overdue_at: datetime | None
    has_vendor: bool
    minimum_age: int


class LinkView(BaseModel):
    """Where to go on."""

    url: str


def routes(deps: KycDeps) -> APIRouter:
    """`/v1/kyc`."""
    router = APIRouter(prefix="/v1/kyc", tags=["kyc"])
    _reading(router, deps)
    _writing(router, deps)
    _documents(router, deps)
    return router


def _reading(router: APIRouter, deps: KycDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.get("")
    async def kyc(session: Annotated[Session, registered]) -> KycView:
        """What is asked, why and when, from the first day on."""
        return await _view(deps, session)

    @router.post("/disclosure")
    async def disclosure(body: DisclosureBody, session: Annotated[Session, registered]) -> KycView:
        """The player was told; needed before the first deposit."""
        async with deps.db.tx() as tx:
            await api.accept_disclosure(tx, player_id=session.player_id, version=body.version)
        return await _view(deps, session)


def _writing(router: APIRouter, deps: KycDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.put("/details")
    async def details(body: DetailsBody, session: Annotated[Session, registered]) -> KycView:
        """Who the player is; stored sealed, and looked for on sanctions lists."""
        player = await _player(deps, session)
        try:
            async with deps.db.tx() as tx:
                given = Details(**body.model_dump())
                await api.save_details(tx, tools=deps.tools, player=player, details=given)
        except PersonKnown:
            await note_twin(deps.db, player=player)
            raise
        return await _view(deps, session)

    @router.post("/tiers/{tier}/submit")
    async def submit(tier: Tier, session: Annotated[Session, registered]) -> KycView:
        """Hand in what the tier needs; a person, or the vendor, looks at it."""
        player = await _player(deps, session)
        async with deps.db.tx() as tx:
            await api.submit(tx, player=player, tier=tier)
        return await _view(deps, session)

    @router.post("/tiers/{tier}/vendor")
    async def vendor(tier: Tier, session: Annotated[Session, registered]) -> LinkView:
        """Be verified by the vendor instead; answers where to go."""
        deps.uploads.take(session.player_id)
        return LinkView(url=await deps.vendor_link(session.player_id, session.brand_id, tier))


def _documents(router: APIRouter, deps: KycDeps) -> None:
    registered = Depends(deps.gate.registered)
    body = {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}

    @router.post("/documents", openapi_extra={"requestBody": {**body, "required": True}})
    async def upload(
        request: Request,
        session: Annotated[Session, registered],
        tier: Annotated[Tier, Query()],
        kind: Annotated[DocumentKind, Query()],
        expires_on: Annotated[date | None, Query()] = None,
    ) -> KycView:
        """A picture (JPEG, PNG, WebP) or PDF of at most 8 MB as the body; rewritten and sealed."""
        deps.uploads.take(session.player_id, param="file")
        document = await checked(await request.body())
        player = await _player(deps, session)
        async with deps.db.tx() as tx:
            await api.upload(
                tx,
                tools=deps.tools,
                player=player,
                tier=tier,
                kind=kind,
                document=document,
                expires_on=expires_on,
            )
        return await _view(deps, session)

    @router.delete("/documents/{document}")
    async def remove(document: str, session: Annotated[Session, registered]) -> KycView:
        """Take a document back before it is handed in."""
        player = await _player(deps, session)
        id_ = DocumentId(from_wire(DOCUMENT_PREFIX, document, param="document"))
        async with deps.db.tx() as tx:
            await api.remove_document(tx, player=player, document_id=id_)
        return await _view(deps, session)


async def _player(deps: KycDeps, session: Session) -> Player:
    async with deps.db.read() as tx:
        return await identity.player(tx, player_id=session.player_id)


async def _view(deps: KycDeps, session: Session) -> KycView:
    brand = brands.brand(BrandId(session.brand_id))
    of = brand.jurisdiction.kyc
    async with deps.db.read() as tx:
        found = await api.player_standing(
            tx, player_id=session.player_id, brand_id=session.brand_id
        )
        kept = await api.own_documents(tx, player_id=session.player_id)
    return KycView(
        tier=found.tier,
        needed=found.needed,
        currency=brand.reference_currency,
        deposits=_value(found.totals.deposits),
        withdrawals=_value(found.totals.withdrawals),
        tiers=[_tier(tier, found, of) for tier in (Tier.IDENTITY, Tier.ADDRESS, Tier.FUNDS)],
        documents=[_document(one) for one in kept],
        has_details=found.has_details,
        disclosure_version=DISCLOSURE_VERSION,
        disclosure_accepted=found.disclosure == DISCLOSURE_VERSION,
        before_play=of.verified_before_play,
        withdrawal_tier=of.withdrawal_tier,
        deadline_days=of.deadline_days,
        overdue_at=found.overdue_at,
        has_vendor=deps.has_vendor,
        minimum_age=brand.minimum_age,
    )


def _tier(tier: Tier, found: Standing, of: KycRules) -> KycTierView:
    bounds = {
        Tier.IDENTITY: 0 if of.verified_before_play else of.tier1_value,
        Tier.ADDRESS: of.tier2_value,
        Tier.FUNDS: of.tier3_value,
    }
    bound = bounds[tier]
    request: KycRequest | None = next((one for one in found.requests if one.tier == tier), None)
    state = request.state if request else None
    is_open = state in {None, RequestState.WANTED, RequestState.RETRY, RequestState.EXPIRED}
    return KycTierView(
        tier=tier,
        from_value=None if bound is None else _value(bound),
        documents=list(rules.NEEDED_DOCUMENTS[tier]),
        needs_details=tier is Tier.IDENTITY and not found.has_details,
        state=state,
        request_id=to_wire(REQUEST_PREFIX, request.id) if request else None,
        why=request.why if request else None,
        due_at=request.due_at if request else None,
        valid_until=request.valid_until if request else None,
        note=request.note if request else "",
        is_next=is_open and tier == found.tier + 1,
    )


def _value(value: int) -> str:
    return format_units(value, VALUE_SCALE)


def _document(one: Document) -> DocumentView:
    return DocumentView(
        id=to_wire(DOCUMENT_PREFIX, one.id),
        tier=one.tier,
        kind=one.kind,
        media_type=one.media_type,
        size_bytes=one.size_bytes,
        expires_on=one.expires_on,
        uploaded_at=one.uploaded_at,
    )
