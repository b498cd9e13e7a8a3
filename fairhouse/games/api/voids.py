"""Voiding an open round: one person wishes, another approves, the lane's owner does it (`jobs`)."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.betting import api as betting
from fairhouse.betting.types import RoundClosed, RoundState
from fairhouse.games import store
from fairhouse.games.crash.types import LIVE
from fairhouse.games.types import ApprovalByAnother, OfferPending, UnknownOfferWish, VoidWish
from fairhouse.platform.database import Tx

VOIDS_MAX: Final = 200


async def propose_void(tx: Tx, *, bet_id: UUID, staff_id: UUID, reason: str) -> VoidWish:
    """Wish that an open round is undone: its stake goes back once somebody else approves.

    Refuses with UnknownBet, RoundClosed (it is over, or a live game's, which undoes its rounds
    itself) and OfferPending.
    """
    # CHECK
    await tx.lock("games.void", bet_id)
    bet = await betting.bet(tx, bet_id=bet_id, player_id=None)
    if bet.state is not RoundState.OPEN or bet.game in LIVE:
        raise RoundClosed("Only an open round of a game of steps can be voided.", param="id")
    before = await store.newest_void(tx, bet_id)
    if before is not None and before.is_approved is not False:
        raise OfferPending("A wish to void this round is there already.", param="id")
    # RECORD
    (first, *_) = await betting.history(tx, bet_id=bet.id, player_id=bet.player_id)
    made = VoidWish(
        id=tx.new_id(),
        bet_id=bet_id,
        brand_id=bet.brand_id,
        player_id=bet.player_id,
        lane=first.lane,
        proposed_by=staff_id,
        reason=reason,
        at=tx.now,
    )
    await store.add_void(tx, made)
    return made


async def decide_void(
    tx: Tx, *, bet_id: UUID, staff_id: UUID, reason: str, is_approved: bool
) -> VoidWish:
    """Approve what somebody else wished, or reject it. Within seconds the stake is back.

    Refuses with UnknownOfferWish and ApprovalByAnother.
    """
    # CHECK
    await tx.lock("games.void", bet_id)
    found = await store.newest_void(tx, bet_id)
    if found is None or found.is_approved is not None:
        raise UnknownOfferWish("No wish to void this round waits.", param="id")
    if is_approved and found.proposed_by == staff_id:
        raise ApprovalByAnother("You wished this yourself; another person must approve it.")
    # RECORD
    await store.decide_void(tx, found.id, staff_id, reason, is_approved=is_approved)
    return msgspec.structs.replace(found, is_approved=is_approved, decided_by=staff_id)


async def void_wish(tx: Tx, *, bet_id: UUID) -> VoidWish | None:
    """The last wish to void a bet."""
    return await store.newest_void(tx, bet_id)


async def open_voids(tx: Tx, *, brand_ids: Sequence[int]) -> list[VoidWish]:
    """Wishes that wait for a second person, the newest first."""
    return await store.open_voids(tx, brand_ids, VOIDS_MAX)
