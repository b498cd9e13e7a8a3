"""What staff do for a player's protection. To protect needs one person, to loosen needs two."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.backoffice import rules, store
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import (
    LIMIT_WISH_PREFIX,
    Action,
    Actor,
    LimitWish,
    NothingThere,
    WishDecided,
    WishWaits,
)
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, Player, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.protection import api as protection
from fairhouse.protection.types import (
    ExclusionKind,
    LimitKind,
    LimitSource,
    Period,
    Play,
)

WISHES_MAX = 200


async def set_player_limit(
    tx: Tx,
    *,
    actor: Actor,
    sealer: Sealer,
    player_id: PlayerId,
    kind: LimitKind,
    period: Period,
    amount: int | None,
    reason: str,
) -> bool:
    """Set the operator's limit of a player: tighter at once, looser when a second person approves.

    True when it is in force. Refuses with Forbidden, OutOfScope, NotFound, ReasonNeeded,
    LimitOutOfRange and WishWaits.
    """
    # CHECK
    player = await _player(tx, actor, player_id, Action.SET_PLAYER_LIMIT)
    given = rules.clean_reason(reason)
    await tx.lock("backoffice.limit_wish", str(player.id))
    before = await _operator_limit(tx, player, kind, period)
    # RECORD
    if before is None or not rules.is_looser(before, amount):
        await _put(tx, actor, sealer, player, (kind, period, amount), given)
        await _note_down(
            tx, actor, player, Action.SET_PLAYER_LIMIT, given, *_facts(kind, period, before, amount)
        )
        return True
    if any((one.kind, one.period) == (kind, period) for one in await store.wishes(tx, player.id)):
        raise WishWaits("A looser limit of this kind waits already: decide about it first.")
    wish = LimitWish(
        id=tx.new_id(),
        brand_id=player.brand_id,
        player_id=player.id,
        kind=kind,
        period=period,
        from_amount=before,
        to_amount=amount,
        staff_id=actor.staff.id,
        reason=given,
        at=tx.now,
        is_approved=None,
        decided_by=None,
        decided_at=None,
    )
    await store.add_wish(tx, wish)
    await _note_wish(tx, actor, player, Action.SET_PLAYER_LIMIT, wish, given)
    return False


async def decide_player_limit(
    tx: Tx, *, actor: Actor, sealer: Sealer, wish_id: UUID, is_approved: bool, reason: str
) -> LimitWish:
    """Approve another's wish for a looser limit, which binds so at once; or reject it.

    Refuses with Forbidden, OutOfScope, NothingThere, ReasonNeeded, WishDecided,
    SecondPersonMissing and WishOutdated.
    """
    # CHECK
    wish = await store.wish(tx, wish_id)
    if wish is None:
        raise NothingThere("There is no such wish.", param="wish_id")
    action = Action.APPROVE_PLAYER_LIMIT if is_approved else Action.REJECT_PLAYER_LIMIT
    player = await _player(tx, actor, wish.player_id, action)
    given = rules.clean_reason(reason)
    await tx.lock("backoffice.limit_wish", str(player.id))
    if is_approved:
        current = await _operator_limit(tx, player, wish.kind, wish.period)
        rules.check_wish(wish, actor, current)
    # RECORD
    if not await store.decide_wish(
        tx, wish.id, is_approved=is_approved, staff_id=actor.staff.id, reason=given
    ):
        raise WishDecided("Somebody has decided about this already.", param="wish_id")
    if is_approved:
        await _put(tx, actor, sealer, player, (wish.kind, wish.period, wish.to_amount), given)
    await _note_wish(tx, actor, player, action, wish, given)
    return wish


async def exclude_player(
    tx: Tx,
    *,
    actor: Actor,
    sealer: Sealer,
    player_id: PlayerId,
    kind: ExclusionKind,
    term: str,
    reason: str,
) -> None:
    """A break or an exclusion from now on, as the player could; one person is enough.

    Refuses with Forbidden, OutOfScope, NotFound, ReasonNeeded, UnknownTerm and
    ExclusionNotShortened.
    """
    # CHECK
    action = Action.COOL_OFF if kind is ExclusionKind.COOL_OFF else Action.EXCLUDE
    player = await _player(tx, actor, player_id, action)
    given = rules.clean_reason(reason)
    # RECORD
    made = await protection.exclude_player(
        tx, sealer=sealer, player=player, kind=kind, term=term, staff=actor.staff, reason=given
    )
    until = made.until.isoformat() if made.until else "permanent"
    await _note_down(tx, actor, player, action, given, ("term", term), ("until", until))


async def readmit_player(
    tx: Tx, *, actor: Actor, sealer: Sealer, player_id: PlayerId, reason: str
) -> bool:
    """One person's yes to a return; True when it was the last one needed.

    Refuses with Forbidden, OutOfScope, NotFound, ReasonNeeded, NothingToLift, NotReadmissible
    and SecondPersonNeeded.
    """
    # CHECK
    player = await _player(tx, actor, player_id, Action.READMIT)
    given = rules.clean_reason(reason)
    # RECORD
    is_back = await protection.readmit(
        tx, sealer=sealer, player=player, staff=actor.staff, reason=given
    )
    await _note_down(tx, actor, player, Action.READMIT, given, ("may_play", is_back))
    return is_back


async def open_wishes(
    tx: Tx, *, brand_ids: Sequence[int], limit: int = WISHES_MAX
) -> Sequence[LimitWish]:
    """Looser limits of players that wait for a second person, the newest first."""
    return await store.open_wishes(tx, brand_ids, min(limit, WISHES_MAX))


async def wishes_of(tx: Tx, *, player_id: PlayerId) -> Sequence[LimitWish]:
    """Looser limits that wait for a second person."""
    return await store.wishes(tx, player_id)


async def _player(tx: Tx, actor: Actor, player_id: PlayerId, action: Action) -> Player:
    rules.check_may(actor, action)
    found = await identity.player(tx, player_id=player_id)
    rules.check_brand(actor, found.brand_id)
    return found


async def _operator_limit(tx: Tx, player: Player, kind: LimitKind, period: Period) -> int | None:
    found = await protection.protection(tx, player_id=player.id, play=Play())
    wanted = (kind, period, LimitSource.OPERATOR)
    limits = [one.limit for one in found.limits]
    return next(
        (one.amount for one in limits if (one.kind, one.period, one.source) == wanted), None
    )


async def _put(
    tx: Tx,
    actor: Actor,
    sealer: Sealer,
    player: Player,
    wanted: tuple[LimitKind, Period, int | None],
    reason: str,
) -> None:
    kind, period, amount = wanted
    await protection.set_operator_limit(
        tx,
        sealer=sealer,
        player=player,
        kind=kind,
        period=period,
        amount=amount,
        staff=actor.staff,
        reason=reason,
    )


def _facts(
    kind: LimitKind, period: Period, before: int | None, after: int | None
) -> tuple[tuple[str, str | int | None], ...]:
    return ("limit", f"{kind} {period}"), ("before", before), ("after", after)


async def _note_wish(
    tx: Tx, actor: Actor, player: Player, action: Action, wish: LimitWish, reason: str
) -> None:
    facts = _facts(wish.kind, wish.period, wish.from_amount, wish.to_amount)
    wire = to_wire(LIMIT_WISH_PREFIX, wish.id)
    await _note_down(tx, actor, player, action, reason, ("wish", wire), *facts)


async def _note_down(
    tx: Tx,
    actor: Actor,
    player: Player,
    action: Action,
    reason: str,
    *facts: tuple[str, str | int | bool | None],
) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=player.brand_id,
        subject=to_wire(PLAYER_PREFIX, player.id),
        reason=reason,
        details=dict(facts),
    )
