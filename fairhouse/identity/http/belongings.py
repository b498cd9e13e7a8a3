"""What a player keeps here: phrase, referral code, addresses; closing, and taking one's data."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps
from fairhouse.identity.http.wire_belongings import (
    AddressBookView,
    AddressEntryView,
    AddressRequest,
    PhraseRequest,
    PhraseView,
    ReferralView,
    WhitelistRequest,
)
from fairhouse.identity.types import ADDRESS_PREFIX, AddressBook, AddressId, Session
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx


def routes(deps: IdentityDeps) -> APIRouter:
    """Phrase, referral, addresses, closing, export."""
    router = APIRouter()
    router.include_router(_words(deps))
    router.include_router(_addresses(deps))
    router.include_router(_leaving(deps))
    return router


def _words(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    sealer = deps.sealer
    registered = Depends(deps.gate.registered)

    @router.get("/v1/security/phrase")
    async def phrase(session: Annotated[Session, registered]) -> PhraseView:
        """The words that every mail of ours repeats."""
        async with deps.db.read() as tx:
            found = await api.phrase(tx, sealer=sealer, player_id=session.player_id)
        return PhraseView(phrase=found)

    @router.put("/v1/security/phrase")
    async def set_phrase(
        body: PhraseRequest, session: Annotated[Session, registered]
    ) -> PhraseView:
        """Chooses them, or none. Needs a fresh step-up."""
        async with deps.db.tx() as tx:
            found = await api.set_phrase(tx, sealer=sealer, session=session, phrase=body.phrase)
        return PhraseView(phrase=found)

    @router.get("/v1/referral")
    async def referral(session: Annotated[Session, registered]) -> ReferralView:
        """One's own code, to give to friends."""
        async with deps.db.tx() as tx:
            return ReferralView(code=await api.referral_code(tx, player_id=session.player_id))

    return router


def _view(book: AddressBook) -> AddressBookView:
    return AddressBookView(
        whitelist=book.is_whitelist,
        off_at=book.off_at,
        entries=[
            AddressEntryView(
                id=to_wire(ADDRESS_PREFIX, one.id),
                chain=one.chain,
                address=one.address,
                label=one.label,
                created_at=one.created_at,
                usable_at=one.usable_at,
            )
            for one in book.entries
        ],
    )


def _addresses(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    sealer = deps.sealer
    registered = Depends(deps.gate.registered)

    @router.get("/v1/addresses")
    async def book(session: Annotated[Session, registered]) -> AddressBookView:
        """One's own list of addresses to be paid at."""
        async with deps.db.read() as tx:
            found = await api.address_book(tx, sealer=sealer, player_id=session.player_id)
        return _view(found)

    @router.post("/v1/addresses")
    async def add(body: AddressRequest, session: Annotated[Session, registered]) -> AddressBookView:
        """Adds an address. Needs a fresh step-up; while only listed ones are paid it is usable
        after 24 hours."""
        address = deps.parse_address(body.chain, body.address)
        async with deps.db.tx() as tx:
            found = await api.list_address(
                tx,
                sealer=sealer,
                session=session,
                chain=body.chain,
                address=address,
                label=body.label,
                is_confirmed=body.confirmed,
            )
        return _view(found)

    @router.put("/v1/addresses/whitelist")
    async def whitelist(
        body: WhitelistRequest, session: Annotated[Session, registered]
    ) -> AddressBookView:
        """Pays only listed addresses from now on; switching that off takes 24 hours."""
        async with deps.db.tx() as tx:
            found = await api.set_whitelist(tx, sealer=sealer, session=session, is_on=body.on)
        return _view(found)

    @router.delete("/v1/addresses/{address_id}")
    async def remove(address_id: str, session: Annotated[Session, registered]) -> AddressBookView:
        """Takes an address off the list."""
        own_id = AddressId(from_wire(ADDRESS_PREFIX, address_id, param="id"))
        async with deps.db.tx() as tx:
            found = await api.unlist_address(tx, sealer=sealer, session=session, address_id=own_id)
        return _view(found)

    return router


def _leaving(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    registered = Depends(deps.gate.registered)

    @router.post("/v1/account/close", status_code=204)
    async def close(session: Annotated[Session, registered]) -> None:
        """Ends play and deposits; what is in the account can be taken out. Needs a fresh
        step-up."""
        async with deps.db.tx() as tx:
            await api.close_account(tx, sealer=deps.sealer, session=session)
        deps.sessions.drop_player(session.player_id)

    @router.get("/v1/account/export", response_class=Response)
    async def export(session: Annotated[Session, registered]) -> Response:
        """All that we keep of the player, as JSON files in one ZIP. Needs a fresh step-up."""
        deps.limits.proofs.take(str(session.player_id))
        async with deps.db.read() as tx:
            await api.require_step_up(tx, session=session)
            files = {**await _own_data(deps, tx, session), **await deps.own_data(tx, session)}
        return Response(
            _zipped(files),
            media_type="application/zip",
            headers={"content-disposition": 'attachment; filename="my-data.zip"'},
        )

    return router


async def _own_data(deps: IdentityDeps, tx: Tx, session: Session) -> Mapping[str, object]:
    player_id, sealer = session.player_id, deps.sealer
    player = await api.player(tx, player_id=player_id)
    data = await api.personal_data(tx, sealer=sealer, player_id=player_id)
    devices = await api.sessions_of(tx, sealer=sealer, player_id=player_id)
    told = await messages.notifications(tx, player_id=player_id, limit=100)
    return {
        "account": {
            **asdict(player),
            "personal": asdict(data) if data else None,
            "phrase": await api.phrase(tx, sealer=sealer, player_id=player_id),
            "referred_by": await api.referred_by(tx, player_id=player_id),
        },
        "ways_in": asdict(await api.ways_in(tx, sealer=sealer, player_id=player_id)),
        "devices": [asdict(one) for one in devices],
        "addresses": asdict(await api.address_book(tx, sealer=sealer, player_id=player_id)),
        "notifications": [asdict(one) for one in told],
    }


def _zipped(files: Mapping[str, object]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in sorted(files.items()):
            text = json.dumps(content, default=_plain, ensure_ascii=False, indent=2)
            out.writestr(f"{name}.json", text)
    return buffer.getvalue()


def _plain(value: object) -> str:
    """Times as ISO 8601, ids as text."""
    return value.isoformat() if isinstance(value, date) else str(value)
