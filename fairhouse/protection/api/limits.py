"""What players do with their limits."""

from collections.abc import Sequence
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
    NothingPending,
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
    whom = Whom(player.id, player.brand_id)
    before = await _locked(tx, whom, kind, period)
    # DECIDE
    if rules.is_looser(before, amount):
        wait = policy_of(player.brand_id).increase_waits[period]
        change = PendingChange(kind, period, amount, tx.now, tx.now + wait)
        # RECORD
        await store.put_pending(tx, player_id=player.id, brand_id=player.brand_id, change=change)
        await write_down(
            tx,
            whom,
            PLAYER,
            "increase_asked",
            kind=kind,
            period=period,
            before=before,
            after=amount,
        )
        return change
    await store.drop_pending(tx, player_id=player.id, kind=kind, period=period)
    if amount is None or amount == before:
        return None
    limit = Limit(kind, period, LimitSource.PLAYER, amount, tx.now)
    await store.put_limit(tx, player_id=player.id, brand_id=player.brand_id, limit=limit)
    await write_down(
        tx, whom, PLAYER, "limit_set", kind=kind, period=period, before=before, after=amount
    )
    # ANNOUNCE
    await limits_changed(tx, whom, kind, period, amount)
    await tell(tx, sealer, whom, "limit_set", limit_facts(kind, period, amount))
    return None


async def confirm_change(
    tx: Tx, *, sealer: Sealer, player: Player, kind: LimitKind, period: Period
) -> None:
    """The player still wants the higher limit, or none, after the wait.

    Refuses with NothingPending and IncreaseTooEarly.
    """
    # CHECK
    whom = Whom(player.id, player.brand_id)
    before = await _locked(tx, whom, kind, period)
    waiting = await _pending(tx, player.id, kind, period)
    rules.check_ready(waiting, tx.now)
    # RECORD
    await store.drop_pending(tx, player_id=player.id, kind=kind, period=period)
    if waiting.amount is None:
        await store.drop_limit(
            tx, player_id=player.id, kind=kind, period=period, source=LimitSource.PLAYER
        )
    else:
        limit = Limit(kind, period, LimitSource.PLAYER, waiting.amount, tx.now)
        await store.put_limit(tx, player_id=player.id, brand_id=player.brand_id, limit=limit)
    await write_down(
        tx,
        whom,
        PLAYER,
        "increase_confirmed",
        kind=kind,
        period=period,
        before=before,
        after=waiting.amount,
    )
    # ANNOUNCE
    await limits_changed(tx, whom, kind, period, waiting.amount)
    await tell(tx, sealer, whom, "limit_set", limit_facts(kind, period, waiting.amount))


async def cancel_change(tx: Tx, *, player: Player, kind: LimitKind, period: Period) -> None:
    """The limit stays as it is. Refuses with NothingPending."""
    # CHECK
    whom = Whom(player.id, player.brand_id)
    before = await _locked(tx, whom, kind, period)
    waiting = await _pending(tx, player.id, kind, period)
    # RECORD
    await store.drop_pending(tx, player_id=player.id, kind=kind, period=period)
    await write_down(
        tx,
        whom,
        PLAYER,
        "increase_cancelled",
        kind=kind,
        period=period,
        before=before,
        after=waiting.amount,
    )


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


async def _locked(tx: Tx, whom: Whom, kind: LimitKind, period: Period) -> int | None:
    """One change of a player's protection at a time; the limit of their own that binds now."""
    await tx.lock("protection", whom.player_id)
    found = await store.limits(tx, whom.player_id)
    wanted = (kind, period, LimitSource.PLAYER)
    return next((one.amount for one in found if (one.kind, one.period, one.source) == wanted), None)


async def _pending(tx: Tx, player_id: UUID, kind: LimitKind, period: Period) -> PendingChange:
    for one in await store.pending(tx, player_id):
        if (one.kind, one.period) == (kind, period):
            return one
    raise NothingPending("No change of this limit is waiting.", param="kind")


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
