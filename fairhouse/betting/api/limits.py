"""What the house takes and pays per game and currency, set by two members of staff."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting import rules
from fairhouse.betting.events import HouseLimitSet
from fairhouse.betting.store import hot, limits
from fairhouse.betting.types import (
    ANY_GAME,
    Effective,
    HouseLimit,
    HouseLimitChanged,
    HouseLimitDecided,
    HouseLimitPending,
    LimitChange,
    SecondPersonNeeded,
    UnknownHouseLimitChange,
)
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

CHANGES_MAX: Final = 200


async def effective_limits(
    tx: Tx, *, brand_id: int, games: Sequence[str], currencies: Sequence[CurrencyCode]
) -> Mapping[tuple[str, CurrencyCode], Effective]:
    """What binds now, and why, for each game and for "any game"; what the road uses a second later.

    Read from the database, not from an owner's memory, so that any process may show it.
    """
    rows = [row for row in await limits.in_force(tx) if row.brand_id == brand_id]
    money = {row.currency: row.units for row in await hot.bankrolls(tx) if row.brand_id == brand_id}
    return {
        (game, code): rules.effective(code, money.get(code, 0), rules.rows_for(game, code, rows))
        for game in (ANY_GAME, *games)
        for code in currencies
    }


async def house_limits(tx: Tx, *, brand_id: int) -> list[HouseLimit]:
    """What staff have set in a brand."""
    return [row for row in await limits.in_force(tx) if row.brand_id == brand_id]


async def propose_house_limit(
    tx: Tx, *, wished: HouseLimit, staff_id: UUID, reason: str
) -> LimitChange:
    """Wish for a limit; nothing changes before somebody else has approved it.

    `wished` is the whole row: None sets a value back to the next wider rule. Refuses with
    HouseLimitOutOfRange (also when it holds already) and HouseLimitPending.
    """
    # CHECK
    replaces = await limits.lock_key(tx, wished)
    rules.check_wished(wished, await limits.in_force(tx))
    if await limits.waiting(tx, wished) is not None:
        raise HouseLimitPending(
            "A change of this limit waits for approval already: decide about it first.",
            param="game",
        )
    # RECORD
    id_ = await limits.add_change(tx, wished, replaces=replaces, staff_id=staff_id, reason=reason)
    return await _change(tx, id_)


async def decide_house_limit(
    tx: Tx, *, change_id: UUID, is_approved: bool, staff_id: UUID, reason: str
) -> LimitChange:
    """Approve what somebody else wished, or reject it; one's own wish can only be taken back.

    An approved limit binds on the road within a second, for new bets. Refuses with
    UnknownHouseLimitChange, HouseLimitDecided, SecondPersonNeeded, HouseLimitChanged and
    HouseLimitOutOfRange.
    """
    # CHECK
    found = await _change(tx, change_id)
    current = await limits.lock_key(tx, found.limit)
    found = await _change(tx, change_id)
    if found.is_approved is not None:
        raise HouseLimitDecided(
            "Somebody has decided about this change already.", param="change_id"
        )
    if is_approved:
        await _check_approval(tx, found, current, staff_id)
    # RECORD
    await limits.add_decision(
        tx, found.id, is_approved=is_approved, staff_id=staff_id, reason=reason
    )
    if is_approved:
        await limits.put_in_force(tx, found)
        # ANNOUNCE
        limit = found.limit
        await announce(tx, HouseLimitSet(limit.brand_id, limit.game, limit.currency))
    return await _change(tx, found.id)


async def limit_change(tx: Tx, *, change_id: UUID) -> LimitChange:
    """One wish with what became of it. Refuses with UnknownHouseLimitChange."""
    return await _change(tx, change_id)


async def limit_changes(
    tx: Tx, *, brand_ids: Sequence[int], is_open: bool, limit: int = CHANGES_MAX
) -> list[LimitChange]:
    """The newest first: those that wait for a second person, or those that were decided."""
    return await limits.changes(tx, brand_ids, is_open=is_open, limit=min(limit, CHANGES_MAX))


async def _check_approval(tx: Tx, found: LimitChange, current: UUID | None, staff_id: UUID) -> None:
    if found.proposed_by == staff_id:
        raise SecondPersonNeeded("You wished this yourself; another person must approve it.")
    if current != found.replaces:
        raise HouseLimitChanged(
            "The limit was changed since this was wished; reject it and wish anew.",
            param="change_id",
        )
    rules.check_wished(found.limit, await limits.in_force(tx))


async def _change(tx: Tx, change_id: UUID) -> LimitChange:
    found = await limits.change(tx, change_id)
    if found is None:
        raise UnknownHouseLimitChange("There is no such change.", param="change_id")
    return found
