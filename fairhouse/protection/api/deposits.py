"""What the cashier asks: whether more money should come, and what to think of what came."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.protection import rules
from fairhouse.protection.api.exclusions import check_not_excluded
from fairhouse.protection.events import DepositBeyond
from fairhouse.protection.store import counts, exclusions
from fairhouse.protection.store import limits as store
from fairhouse.protection.types import (
    Cause,
    DepositLimitReached,
    FlaggedDeposit,
    LimitKind,
    LimitStanding,
)


async def check_deposits_open(tx: Tx, *, player_id: UUID) -> None:
    """Whether the player may be shown where to send money.

    Refuses with Excluded, CoolingOff and DepositLimitReached.
    """
    await check_not_excluded(tx, player_id=player_id)
    least = rules.lowest_headroom(await _standings(tx, player_id))
    if least is None or least.remaining > 0:
        return
    limit = least.limit
    fields = rules.limit_fields(limit.period, limit.amount, 0, tx.now.date())
    raise DepositLimitReached(
        "Your deposit limit is used up; you can deposit again when its period begins anew.",
        **fields,
    )


async def count_deposit(
    tx: Tx, *, deposit_id: UUID, wire_id: str, player_id: PlayerId, brand_id: int, value: int
) -> Cause | None:
    """Count a credited deposit (micro-units), once; says why it should not have come, if so.

    Gross: a withdrawal gives nothing back. The part beyond the lowest limit, or all of it during an
    exclusion, is recorded and announced; the money is the player's whatever this says.
    """
    # CHECK: deposits of several assets may be credited at once, and their sum counts.
    await tx.lock("protection", player_id)
    # DECIDE
    excluded = await exclusions.in_force(tx, player_id)
    least = rules.lowest_headroom(await _standings(tx, player_id))
    if excluded:
        beyond, cause = value, Cause.EXCLUDED
    else:
        beyond = max(value - least.remaining, 0) if least else 0
        cause = Cause.LIMIT if beyond else None
    # RECORD
    is_new = await counts.add_deposit(
        tx,
        deposit_id=deposit_id,
        player_id=player_id,
        brand_id=brand_id,
        value=value,
        beyond=beyond,
        cause=cause,
    )
    # ANNOUNCE
    if is_new and cause is not None:
        await announce(tx, DepositBeyond(brand_id, player_id, wire_id, beyond, cause))
        kind = "deposit_beyond_limit" if cause is Cause.LIMIT else "deposit_while_excluded"
        fields = {"deposit_id": wire_id, "beyond": rules.amount_text(LimitKind.DEPOSIT, beyond)}
        await messages.notify(tx, brand_id=brand_id, player_id=player_id, kind=kind, fields=fields)
    return cause if is_new else None


async def flagged_deposits(
    tx: Tx, *, brand_ids: Sequence[int], player_id: UUID | None = None, limit: int = 50
) -> list[FlaggedDeposit]:
    """What came beyond a limit or during an exclusion, for staff; newest first."""
    return await counts.flagged(tx, brand_ids=brand_ids, player_id=player_id, limit=limit)


async def reverse_deposit(tx: Tx, *, deposit_id: UUID) -> None:
    """The chain took the deposit back: it no longer counts. Repeating it changes nothing."""
    await counts.reverse_deposit(tx, deposit_id)


async def _standings(tx: Tx, player_id: UUID) -> list[LimitStanding]:
    found: list[LimitStanding] = []
    today = tx.now.date()
    for limit in await store.limits(tx, player_id):
        if limit.kind is LimitKind.DEPOSIT:
            since = rules.midnight(rules.period_start(limit.period, today))
            used = await counts.deposited(tx, player_id=player_id, since=since)
            found.append(rules.standing(limit, used, today))
    return found
