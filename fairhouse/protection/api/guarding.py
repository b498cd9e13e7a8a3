"""What binds a player on the betting road."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from fairhouse.brands.types import StakeCap
from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.protection import rules
from fairhouse.protection.store import guards as store
from fairhouse.protection.store.guards import Binding
from fairhouse.protection.types import ExclusionKind, Guard, GuardChange, LimitKind, Period


async def guards(tx: Tx, *, player_ids: Sequence[UUID]) -> dict[UUID, Guard]:
    """What binds each of these players now; whoever has nothing set is absent.

    A guard stays right as time goes by, until news of `protection` or `changed_since` names the
    player: blocks carry their end, and used-up session time ends with its period.
    """
    found: dict[UUID, list[Binding]] = {}
    for binding in await store.bindings(tx, player_ids):
        found.setdefault(binding.player_id, []).append(binding)
    return {player_id: _guard(bound, tx.now) for player_id, bound in found.items()}


async def capped(
    tx: Tx, *, sealer: Sealer, player_id: UUID, guard: Guard | None, caps: Sequence[StakeCap]
) -> Guard:
    """A guard that holds a player to the caps of their jurisdiction as well.

    The birth date is opened for it and not kept: the guard carries the birthdays on which the cap
    changes. Whoever has told none has the cap of the youngest.
    """
    try:
        told = await identity.personal_data(tx, sealer=sealer, player_id=PlayerId(player_id))
    except NotFound:
        told = None
    found = rules.bound_caps(caps, None if told is None else told.birth_date)
    return msgspec.structs.replace(guard or Guard(), stake_caps=found)


async def changed_since(tx: Tx, *, since: datetime, limit: int = 1000) -> Sequence[GuardChange]:
    """Players whose guard changed at or after `since`, oldest first.

    Times are those of the transactions' beginning: ask again from a minute before the newest one
    seen, and nothing that committed late is missed.
    """
    return await store.changed_since(tx, since=since, limit=limit)


def _guard(bound: Sequence[Binding], now: datetime) -> Guard:
    blocks = [block for binding in bound if (block := _block(binding, now)) is not None]
    return rules.guard_of(blocks, _amounts(bound, LimitKind.LOSS), _amounts(bound, LimitKind.WAGER))


def _block(binding: Binding, now: datetime) -> tuple[str, datetime | None] | None:
    match binding.kind:
        case ExclusionKind.SELF_EXCLUSION:
            return rules.EXCLUDED, None
        case ExclusionKind.COOL_OFF:
            return rules.COOLING_OFF, binding.until
        case LimitKind.SESSION if binding.period is not None:
            return rules.SESSION_TIME_REACHED, rules.resets_at(binding.period, now.date())
        case _:
            return None


def _amounts(bound: Sequence[Binding], kind: LimitKind) -> dict[Period, int]:
    return {
        binding.period: binding.amount
        for binding in bound
        if binding.kind is kind and binding.period is not None and binding.amount is not None
    }
