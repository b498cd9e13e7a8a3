"""What a player takes away: signed receipts, the keys that sign them, and the whole history."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from fairhouse.betting import api as betting
from fairhouse.betting.api import Taken
from fairhouse.betting.types import FUTURE_TOLERANCE_MS, RoundState, UnknownBet
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import ReceiptKey, SeedPair
from fairhouse.games.crash.api import proofs_of
from fairhouse.games.records import RoundStillOpen, Row, as_csv, as_json_lines, csv_head, row
from fairhouse.identity.types import Session
from fairhouse.kernel.ids import from_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter

PAGE: Final = 200
"""Bets read, signed and sent at a time: what an export holds in memory."""
_RANDOM_BITS: Final = 80

Form = Literal["csv", "jsonl"]


def export_limiter() -> RateLimiter:
    """Whole histories per player: reading them is the most that a request can ask for."""
    return RateLimiter(burst=3, per_minute=2)


@dataclass(frozen=True, slots=True)
class ProofDeps:
    """What these routes need."""

    db: Database
    sealer: Sealer
    player: Callable[[Request], Awaitable[Session]]
    visitor: Callable[[Request], Awaitable[Session | None]]
    pace: RateLimiter = field(default_factory=export_limiter)


class ReceiptKeyView(BaseModel):
    """A key that signs receipts; without `active_until` and `revoked_at` it is the newest."""

    id: str
    algorithm: Literal["Ed25519"]
    public_key: str = Field(description="32 bytes in hexadecimal")
    created_at: datetime
    active_from: datetime
    active_until: datetime | None
    revoked_at: datetime | None
    revoked_because: str | None


class ReceiptKeys(BaseModel):
    keys: list[ReceiptKeyView]


class Replaced(BaseModel):
    """A key that was revoked: a receipt which it signed before is replaced by this one."""

    key_id: str
    revoked_at: datetime
    because: str


class Receipt(BaseModel):
    """A bet as the house signed it; `signed` is the very text that `signature` is over."""

    row: dict[str, Any]
    signed: str
    signature: str = Field(description="Ed25519, 64 bytes in hexadecimal")
    key_id: str
    public_key: str = Field(description="32 bytes in hexadecimal; also at /v1/fairness/keys")
    replaces: Replaced | None = Field(
        description="Why an earlier receipt of the same bet may be signed by another key"
    )


def routes(deps: ProofDeps) -> APIRouter:
    """`/v1/bets/export`, `/v1/bets/{id}/receipt`, `/v1/fairness/keys`."""
    router = APIRouter(tags=["fairness"])

    @router.get("/v1/fairness/keys")
    async def keys() -> ReceiptKeys:
        """Every key that ever signed receipts, newest first."""
        async with deps.db.tx() as tx:
            await fairness.receipt_signer(tx, sealer=deps.sealer)
            found = await fairness.receipt_keys(tx)
        return ReceiptKeys(keys=[_key(key, _until(key, found)) for key in found])

    @router.get(
        "/v1/bets/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}, "application/x-ndjson": {}}}},
    )
    async def export(
        session: Annotated[Session, Depends(deps.player)],
        form: Annotated[Form, Query(alias="format")] = "jsonl",
    ) -> StreamingResponse:
        """All bets, oldest first; seeds where they are revealed. See history-format.md."""
        deps.pace.take(session.player_id.int)
        media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
        name = f'attachment; filename="fairhouse-bets.{form}"'
        return StreamingResponse(
            _export(deps, session.player_id, form),
            media_type=media,
            headers={"Content-Disposition": name, "Cache-Control": "no-store"},
        )

    @router.get("/v1/bets/{bet_id}/receipt")
    async def receipt(
        session: Annotated[Session | None, Depends(deps.visitor)], bet_id: str
    ) -> Receipt:
        """The signed receipt of a closed bet, for anybody who has its link."""
        return await _receipt(deps, bet_id, None if session is None else session.player_id)

    return router


async def _receipt(deps: ProofDeps, bet_id: str, reader: UUID | None) -> Receipt:
    async with deps.db.tx() as tx:
        signer = await fairness.receipt_signer(tx, sealer=deps.sealer)
    async with deps.db.read() as tx:
        taken = await betting.bet_to_take(tx, bet_id=from_wire("bet", bet_id))
        bet = taken.bet
        if bet.state is RoundState.OPEN or bet.closed_at is None:
            if bet.player_id != reader:
                raise UnknownBet("There is no such bet.", param="id")
            raise RoundStillOpen("The round is open: a receipt says how it ended.", param="id")
        pairs = await fairness.pairs(tx, sealer=deps.sealer, ids=[bet.seed_pair_id])
        proofs = await proofs_of(tx, bets=[bet])
    key = signer.key_of(bet.closed_at)
    found = row(taken, pairs[bet.seed_pair_id], signer, proofs.get(bet.id))
    return Receipt(
        row=dict(found),
        signed=fairness.signed_bytes(found).decode(),
        signature=str(found["receipt_signature"]),
        key_id=key.id,
        public_key=key.public_key.hex(),
        replaces=_replaced(signer.replaced(bet.closed_at)),
    )


def _replaced(key: ReceiptKey | None) -> Replaced | None:
    if key is None or key.revoked_at is None:
        return None
    return Replaced(key_id=key.id, revoked_at=key.revoked_at, because=key.revoked_because or "")


async def _export(deps: ProofDeps, player_id: UUID, form: Form) -> AsyncGenerator[bytes, None]:
    """A page at a time, each read, signed and sent before the next is asked for."""
    async with deps.db.tx() as tx:
        await fairness.receipt_signer(tx, sealer=deps.sealer)
        until = _last_id_at(tx.now)
    if form == "csv":
        yield csv_head()
    after, size = betting.BEFORE_ALL, PAGE
    while size == PAGE:
        async with deps.db.read() as tx:
            # Anew for each page: a long export must not sign by keys of long ago.
            signer = await fairness.receipt_signer(tx, sealer=deps.sealer)
            taken = await betting.bets_to_take(
                tx, player_id=player_id, after=after, until=until, limit=PAGE
            )
            proofs = await proofs_of(tx, bets=[one.bet for one in taken])
            ids = {one.bet.seed_pair_id for one in taken}
            pairs = await fairness.pairs(tx, sealer=deps.sealer, ids=list(ids))
        size = len(taken)
        if taken:
            after = taken[-1].bet.id
            # Signing is arithmetic: bets of other players are not to wait for it.
            yield await asyncio.to_thread(_page, taken, pairs, signer, proofs, form)


def _page(
    taken: Sequence[Taken],
    pairs: dict[UUID, SeedPair],
    signer: fairness.ReceiptSigner,
    proofs: Mapping[UUID, Row],
    form: Form,
) -> bytes:
    rows: list[Row] = [
        row(one, pairs[one.bet.seed_pair_id], signer, proofs.get(one.bet.id)) for one in taken
    ]
    return as_csv(rows) if form == "csv" else as_json_lines(rows)


def _last_id_at(now: datetime) -> UUID:
    """The largest id that a client may have made by now."""
    made_ms = int(now.timestamp() * 1000) + FUTURE_TOLERANCE_MS
    return UUID(int=((made_ms + 1) << _RANDOM_BITS) - 1)


def _until(key: ReceiptKey, all_keys: Sequence[ReceiptKey]) -> datetime | None:
    """When the next key takes over; one that was revoked before its time never does."""
    later = [
        one.active_from
        for one in all_keys
        if one.active_from > key.active_from
        and (one.revoked_at is None or one.revoked_at > one.active_from)
    ]
    return min(later, default=None)


def _key(key: ReceiptKey, until: datetime | None) -> ReceiptKeyView:
    return ReceiptKeyView(
        id=key.id,
        algorithm="Ed25519",
        public_key=key.public_key.hex(),
        created_at=key.created_at,
        active_from=key.active_from,
        active_until=until,
        revoked_at=key.revoked_at,
        revoked_because=key.revoked_because,
    )
