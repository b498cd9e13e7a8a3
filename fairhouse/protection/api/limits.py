"""What players do with their limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fairhouse.identity.types import Player
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.protection import rules
from fairhouse.protection.engine.telling import (
    PLAYER,
    Whom,
    limits_changed,
    tell,
    write_down,
)
from fairhouse.protection.store import counts, exclusions
from fairhouse.protection.store import limits as store
from fairhouse.protection.tables import amount_max, policy_of
from fairhouse.protection.types import (
    Change,
    Limit,
    LimitKind,
    LimitOutOfRange,
    LimitSource,
    LimitState,
    PendingChange,
    Period,
    Play,
    Protection,
)

PAGE_MAX = 100
REALITY_CHECK_MINUTES = range(5, 241)


async def protection(tx: Tx, *, player_id: UUID, play: Play) -> Protection:
    """All that protects a player; `play` is what the road counted."""
    today = tx.now.date()
    rules.roll(play, today.toordinal())
    found = [
        rules.standing(limit, await _used(tx, player_id, limit, play), today)
        for limit in await store.limits(tx, player_id)
    ]
    excluded = await exclusions.in_force(tx, player_id)
    return Protection(
        limits=tuple(found),
        pending=tuple(await store.pending(tx, player_id)),
        exclusion=excluded[0] if excluded else None,
        reality_check_minutes=await store.setting(tx, player_id),
        minutes_today=await counts.minutes(tx, player_id=player_id, since=today),
    )


async def set_limit(
    tx: Tx, *, sealer: Sealer, player: Player, kind: LimitKind, period: Period, amount: int | None
) -> PendingChange | None:
    """Set, change or remove (None) a limit of the player's own.

    Lower or first binds at once and drops what waited; higher or removed waits, and is returned.
    Refuses with LimitOutOfRange.
    """
    # CHECK
    check_amount(kind, period, amount)
    own = await _lock(tx, player, kind, period)
    # DECIDE
    wait = policy_of(player.brand_id).increase_waits[period]
    asked = PendingChange(kind, period, amount, tx.now, tx.now + wait)
    after = rules.wish(own.state, asked, tx.now)
    # RECORD and ANNOUNCE
    await _replace(tx, sealer, own, after, "limit_set")
    if after.pending is not None:
        await _write_down(tx, own, "increase_asked", amount)
    return after.pending


async def confirm_change(
    tx: Tx, *, sealer: Sealer, player: Player, kind: LimitKind, period: Period
) -> None:
    """The player still wants the higher limit, or none, after the wait.

    Refuses with NothingPending and IncreaseTooEarly.
    """
    own = await _lock(tx, player, kind, period)
    after = rules.confirmed(own.state, tx.now)
    await _replace(tx, sealer, own, after, "increase_confirmed")


async def cancel_change(
    tx: Tx, *, sealer: Sealer, player: Player, kind: LimitKind, period: Period
) -> None:
    """The limit stays as it is. Refuses with NothingPending."""
    own = await _lock(tx, player, kind, period)
    after = rules.cancelled(own.state)
    waited = own.state.pending
    await _replace(tx, sealer, own, after, "limit_set")
    await _write_down(tx, own, "increase_cancelled", waited.amount if waited else None)


async def set_reality_check(tx: Tx, *, player: Player, minutes: int | None) -> None:
    """How often the page interrupts play with time and result; None: never.

    Refuses with Malformed.
    """
    # CHECK
    if minutes is not None and minutes not in REALITY_CHECK_MINUTES:
        low, high = REALITY_CHECK_MINUTES[0], REALITY_CHECK_MINUTES[-1]
        raise Malformed(f"minutes must be {low} to {high}, or null.", param="minutes")
    # RECORD
    whom = Whom(player.id, player.brand_id)
    before = await store.setting(tx, player.id)
    await store.put_setting(tx, player_id=player.id, brand_id=player.brand_id, minutes=minutes)
    await write_down(tx, whom, PLAYER, "reality_check_set", before=before, after=minutes)


async def history(
    tx: Tx, *, player_id: UUID, before: UUID | None = None, limit: int = 30
) -> Sequence[Change]:
    """Everything that was ever changed about the player's protection, newest first."""
    size = max(1, min(limit, PAGE_MAX))
    return await store.changes(tx, player_id=player_id, before=before, limit=size)


def check_amount(kind: LimitKind, period: Period, amount: int | None) -> None:
    """Refuses with LimitOutOfRange. Zero is a limit: no play, no deposits."""
    most = amount_max(kind, period)
    if amount is not None and not 0 <= amount <= most:
        raise LimitOutOfRange(
            f"amount must be 0 to {rules.amount_text(kind, most)}.", param="amount"
        )


def limit_facts(kind: LimitKind, period: Period, amount: int | None) -> dict[str, str | None]:
    """What a message carries for a page to show."""
    shown = None if amount is None else rules.amount_text(kind, amount)
    return {"limit_kind": kind.value, "period": period.value, "amount": shown}


@dataclass(frozen=True, slots=True)
class _Own:
    """One limit of a player's own, locked."""

    whom: Whom
    kind: LimitKind
    period: Period
    state: LimitState


async def _lock(tx: Tx, player: Player, kind: LimitKind, period: Period) -> _Own:
    """One change of a player's protection at a time."""
    await tx.lock("protection", player.id)
    wanted = (kind, period, LimitSource.PLAYER)
    found = await store.limits(tx, player.id)
    amounts = [one.amount for one in found if (one.kind, one.period, one.source) == wanted]
    waiting = await store.pending(tx, player.id)
    pending = [one for one in waiting if (one.kind, one.period) == (kind, period)]
    state = LimitState(next(iter(amounts), None), next(iter(pending), None))
    return _Own(Whom(player.id, player.brand_id), kind, period, state)


async def _replace(tx: Tx, sealer: Sealer, own: _Own, after: LimitState, action: str) -> None:
    """Make the rows say `after`; what binds anew is written down, announced and told."""
    whom, kind, period = own.whom, own.kind, own.period
    if after.pending is not None:
        await store.put_pending(
            tx, player_id=whom.player_id, brand_id=whom.brand_id, change=after.pending
        )
    elif own.state.pending is not None:
        await store.drop_pending(tx, player_id=whom.player_id, kind=kind, period=period)
    if after.amount == own.state.amount:
        return
    if after.amount is None:
        await store.drop_limit(
            tx, player_id=whom.player_id, kind=kind, period=period, source=LimitSource.PLAYER
        )
    else:
        limit = Limit(kind, period, LimitSource.PLAYER, after.amount, tx.now)
        await store.put_limit(tx, player_id=whom.player_id, brand_id=whom.brand_id, limit=limit)
    await _write_down(tx, own, action, after.amount)
    await limits_changed(tx, whom, kind, period, after.amount)
    await tell(tx, sealer, whom, "limit_set", limit_facts(kind, period, after.amount))


async def _write_down(tx: Tx, own: _Own, action: str, amount: int | None) -> None:
    await write_down(
        tx,
        own.whom,
        PLAYER,
        action,
        kind=own.kind,
        period=own.period,
        before=own.state.amount,
        after=amount,
    )


async def _used(tx: Tx, player_id: UUID, limit: Limit, play: Play) -> int:
    """Micro-units, or minutes."""
    since = rules.period_start(limit.period, tx.now.date())
    match limit.kind:
        case LimitKind.LOSS:
            return rules.lost(play, limit.period)
        case LimitKind.WAGER:
            return rules.wagered(play, limit.period)
        case LimitKind.DEPOSIT:
            return await counts.deposited(tx, player_id=player_id, since=rules.midnight(since))
        case LimitKind.SESSION:
            return await counts.minutes(tx, player_id=player_id, since=since)
