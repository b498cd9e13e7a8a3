"""What is known of a player, what is needed, and asking for the difference."""

from datetime import timedelta
from typing import Final

from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId, Jurisdiction
from fairhouse.identity.types import PlayerId
from fairhouse.kyc import rules
from fairhouse.kyc.engine.telling import tell
from fairhouse.kyc.store import people
from fairhouse.kyc.store import requests as store
from fairhouse.kyc.types import (
    Request,
    RequestId,
    RequestState,
    Standing,
    Tier,
    Why,
)
from fairhouse.platform.database import Tx

PEP_FREE_VALUE: Final = 500_000_000
"""Millionths of the reference currency that a politically exposed person may deposit before two
people have approved the source of funds (AML-08)."""


def jurisdiction_of(brand_id: int) -> Jurisdiction:
    """The rules that a brand plays under."""
    return brands.brand(BrandId(brand_id)).jurisdiction


async def standing(tx: Tx, player_id: PlayerId, brand_id: int) -> Standing:
    """All of it, as of now."""
    of = jurisdiction_of(brand_id).kyc
    requests = await store.newest(tx, player_id)
    totals = await people.totals(tx, player_id)
    person = await people.person(tx, player_id)
    is_pep = person is not None and person[1]
    tier = rules.reached_tier(requests, tx.now)
    needed = rules.needed_tier(totals, of)
    if is_pep and totals.deposits > 0:
        needed = Tier.FUNDS
    return Standing(
        tier=tier,
        needed=needed,
        totals=totals,
        requests=requests,
        has_details=person is not None,
        is_pep=is_pep,
        disclosure=await people.disclosure(tx, player_id),
        overdue_at=rules.overdue_at(totals, requests, tier, of),
    )


async def ask(tx: Tx, player_id: PlayerId, brand_id: int, needed: Tier, why: Why) -> None:
    """Ask for the next tier below `needed`; what is asked for already is not asked again."""
    requests = await store.newest(tx, player_id)
    tier = rules.reached_tier(requests, tx.now)
    if tier >= needed:
        return
    await open_request(tx, player_id, brand_id, Tier(tier + 1), why)


async def open_request(
    tx: Tx, player_id: PlayerId, brand_id: int, tier: Tier, why: Why
) -> Request | None:
    """A request of this tier; None when one is open, or one was rejected for good."""
    before = next((one for one in await store.newest(tx, player_id) if one.tier == tier), None)
    if before is not None and before.state is RequestState.REJECTED:
        return None
    has_due = why is not Why.PLAYER
    request = Request(
        id=RequestId(tx.new_id()),
        player_id=player_id,
        brand_id=brand_id,
        tier=tier,
        state=RequestState.WANTED,
        why=why,
        rules_version=jurisdiction_of(brand_id).version,
        asked_at=tx.now,
        due_at=tx.now + timedelta(days=rules.ANSWER_DAYS) if has_due else None,
        submitted_at=None,
        decided_at=None,
        valid_until=None,
        method="",
        source="",
        note="",
    )
    if not await store.insert(tx, request):
        return None
    await tell(tx, request, RequestState.WANTED)
    return request
