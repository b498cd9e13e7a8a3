"""Facts about a player's outgoing money, and the verdict on them."""

from datetime import datetime, timedelta
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import ChainId
from fairhouse.platform.database import Tx
from fairhouse.risk import rules
from fairhouse.risk.rules import all_passed, check_withdrawal, first_failed, required_approvals
from fairhouse.risk.store import outflow as store
from fairhouse.risk.types import Destination, Freeze, FreezeKind, Outflow

__all__ = [
    "all_passed",
    "brand_hour",
    "check_withdrawal",
    "count_request",
    "destination",
    "first_failed",
    "freeze",
    "freezes",
    "lift_freeze",
    "player_day",
    "record_payment",
    "release_request",
    "required_approvals",
]

HOUR = timedelta(hours=1)
_NONE = UUID(int=0)


async def destination(
    tx: Tx, *, player_id: PlayerId, chain: ChainId, address: str, others: tuple[str, ...] = ()
) -> Destination:
    """What the player's history says of an address, in canonical form.

    `others` are further addresses that the player trusts (their deposit addresses) and that an
    impostor might imitate.
    """
    known = await store.destinations(tx, player_id=player_id, chain=chain)
    own = next((item for item in known if item[0] == address), None)
    candidates = (*others, *(item[0] for item in known))
    return Destination(
        first_seen_at=own[1] if own else None,
        paid_count=own[2] if own else 0,
        similar_to=next((text for text in candidates if rules.looks_alike(address, text)), None),
    )


async def player_day(
    tx: Tx, *, player_id: PlayerId, at: datetime, without: UUID = _NONE
) -> Outflow:
    """The player's requests in the 24 hours up to `at`, one of them left out."""
    return await store.player_outflow(
        tx, player_id=player_id, since=at - rules.DAY, before=at, without=without
    )


async def brand_hour(tx: Tx, *, brand_id: int, at: datetime, without: UUID = _NONE) -> Outflow:
    """The brand's requests in the hour up to `at`, one of them left out."""
    return await store.brand_outflow(
        tx, brand_id=brand_id, since=at - HOUR, before=at, without=without
    )


async def count_request(
    tx: Tx,
    *,
    id_: UUID,
    brand_id: int,
    player_id: PlayerId,
    value: int,
    chain: ChainId,
    address: str,
) -> None:
    """Count a withdrawal request towards velocity (reference units) and remember its address."""
    await store.insert_destination(tx, player_id=player_id, chain=chain, address=address)
    await store.insert_outflow(tx, id_=id_, brand_id=brand_id, player_id=player_id, value=value)


async def release_request(tx: Tx, *, id_: UUID) -> None:
    """The money stayed: the request no longer counts. Repeating it changes nothing."""
    await store.release_outflow(tx, id_=id_)


async def record_payment(tx: Tx, *, player_id: PlayerId, chain: ChainId, address: str) -> None:
    """A payment to the address is final: it is no new address any more."""
    await store.count_payment(tx, player_id=player_id, chain=chain, address=address)


async def freeze(tx: Tx, *, player_id: PlayerId, kind: FreezeKind, ref: str) -> bool:
    """Let nothing out until lifted. True when it was not in force yet."""
    return await store.insert_freeze(tx, player_id=player_id, kind=kind, ref=ref)


async def lift_freeze(tx: Tx, *, player_id: PlayerId, kind: FreezeKind, ref: str) -> bool:
    """The reason is gone. True when it was in force."""
    return await store.lift_freeze(tx, player_id=player_id, kind=kind, ref=ref)


async def freezes(tx: Tx, *, player_id: PlayerId) -> list[Freeze]:
    """In force, oldest first."""
    return await store.freezes(tx, player_id=player_id)
