"""What brands offer of each game: tables by two people, stops by one, or by the watch itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.audit import api as audit
from fairhouse.audit.types import Facts
from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.brands.api import all_brands
from fairhouse.games import api as games
from fairhouse.games.types import GameStopped, Kind, OfferWish, Stop
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports
from fairhouse.reports.api import DriftRules, Judgement, judge
from fairhouse.reports.types import ResultKey

WATCH: Final = "job:drift"
"""Who stands in the log when the platform stops a version by itself."""
WISH_PREFIX: Final = "gwi"
WINDOWS: Final = {"day": timedelta(days=1), "month": timedelta(days=30)}
"""A sudden fault shows within a day, a slow one within a month."""


async def propose_offer(
    tx: Tx, *, actor: Actor, brand_id: int, game: str, version: str, variant: str, reason: str
) -> OfferWish:
    """Wish for another table. Refuses with Forbidden, OutOfScope, ReasonNeeded, and as
    `games.propose_offer`."""
    # CHECK
    given = _allowed(actor, Action.PROPOSE_OFFER, brand_id, reason)
    before = await _now(tx, brand_id, game, version)
    # RECORD
    made = await games.propose_offer(
        tx,
        brand_id=brand_id,
        game=game,
        version=version,
        variant=variant,
        staff_id=actor.staff.id,
        reason=given,
    )
    await _note_wish(tx, actor, Action.PROPOSE_OFFER, made, given, before)
    return made


async def propose_restart(
    tx: Tx, *, actor: Actor, brand_id: int, game: str, version: str, reason: str
) -> OfferWish:
    """Wish that a stopped version takes bets again. Refuses with Forbidden, OutOfScope,
    ReasonNeeded, and as `games.propose_restart`."""
    # CHECK
    given = _allowed(actor, Action.PROPOSE_OFFER, brand_id, reason)
    before = await _now(tx, brand_id, game, version)
    # RECORD
    made = await games.propose_restart(
        tx, brand_id=brand_id, game=game, version=version, staff_id=actor.staff.id, reason=given
    )
    await _note_wish(tx, actor, Action.PROPOSE_OFFER, made, given, before)
    return made


async def decide_offer(
    tx: Tx, *, actor: Actor, wish_id: UUID, is_approved: bool, reason: str
) -> OfferWish:
    """Approve somebody else's wish, or reject it. Refuses with Forbidden, OutOfScope,
    ReasonNeeded, and as `games.decide_offer`."""
    # CHECK
    action = Action.APPROVE_OFFER if is_approved else Action.REJECT_OFFER
    rules.check_may(actor, action)
    found = await games.offer_wish(tx, wish_id=wish_id)
    given = _allowed(actor, action, found.brand_id, reason)
    before = await _now(tx, found.brand_id, found.game, found.version)
    # RECORD
    decided = await games.decide_offer(
        tx, wish_id=wish_id, is_approved=is_approved, staff_id=actor.staff.id, reason=given
    )
    await _note_wish(tx, actor, action, decided, given, before)
    return decided


async def stop_game(
    tx: Tx, *, actor: Actor, brand_id: int, game: str, version: str, reason: str
) -> Stop:
    """Take no new bets on a version, at once; open rounds finish. Refuses with Forbidden,
    OutOfScope, ReasonNeeded, UnknownGame and GameStopped."""
    # CHECK
    given = _allowed(actor, Action.STOP_GAME, brand_id, reason)
    # RECORD
    made = await games.stop_version(
        tx, brand_id=brand_id, game=game, version=version, staff_id=actor.staff.id, reason=given
    )
    await record(
        tx,
        actor=actor,
        action=Action.STOP_GAME,
        brand_id=brand_id,
        subject=f"game:{game}",
        reason=given,
        details={
            "version": version,
            "before": {"version": version, "stopped": False},
            "after": {"version": version, "stopped": True},
        },
    )
    return made


def _allowed(actor: Actor, action: Action, brand_id: int, reason: str) -> str:
    rules.check_may(actor, action)
    rules.check_brand(actor, brand_id)
    return rules.clean_reason(reason)


async def _now(tx: Tx, brand_id: int, game: str, version: str) -> Facts:
    """What new bets are made on, and whether the version that is spoken of is stopped."""
    offered = {str(slug): one for slug, one in (await games.offered(tx, brand_id=brand_id)).items()}
    stopped = {(one.game, one.version) for one in await games.stops(tx, brand_id=brand_id)}
    info = offered[game].info if game in offered else None
    return {
        "version": info.version if info else None,
        "table": info.variant if info else None,
        "stopped": (game, version) in stopped,
    }


async def _note_wish(
    tx: Tx, actor: Actor, action: Action, wish: OfferWish, reason: str, before: Facts
) -> None:
    wished: Facts = (
        {**before, "stopped": False}
        if wish.variant is None
        else {**before, "version": wish.version, "table": wish.variant}
    )
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=wish.brand_id,
        subject=f"game:{wish.game}",
        reason=reason,
        details={
            "wish": to_wire(WISH_PREFIX, wish.id),
            "version": wish.version,
            "table": wish.variant or "restart",
            "before": before,
            "after": wished,
        },
    )


# --- Drift


async def judgements(tx: Tx, *, window: timedelta) -> dict[ResultKey, Judgement]:
    """Every table with results in a window against its published returns.

    After two people let a version take bets again, it is judged from the next whole hour on: what
    they looked at does not stop it again.
    """
    begun = {key: _next_hour(at) for key, at in (await games.restarts(tx)).items()}
    found: dict[ResultKey, Judgement] = {}
    for one in await reports.results(tx, tx.now - window, begun):
        info = games.table_named(one.key.game, one.key.table_hash)
        if info is not None:
            found[one.key] = judge(one.sums, least=info.rtp, most=info.rtp_most)
    return found


def _next_hour(at: datetime) -> datetime:
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour if hour == at else hour + timedelta(hours=1)


async def stop_drifting(tx: Tx, *, key: ResultKey, found: Judgement, drift: DriftRules) -> bool:
    """Stop a version that returned far too much; the log says why. False when it is not to be,
    or is stopped already.

    A live game's rounds are the same for all brands: it stops everywhere.
    """
    # CHECK
    info = games.table_named(key.game, key.table_hash)
    if info is None or not found.stops(drift):
        return False
    is_live = info.kind is Kind.LIVE
    counted = f"{found.outcomes} rounds" if is_live else f"{found.bets} bets"
    reason = (
        f"returned {found.actual:.4f} over {counted}, {found.above_z:.1f} standard errors "
        f"above {info.rtp_most}"
    )
    concerned = [brand.id for brand in all_brands()] if is_live else [key.brand_id]
    # RECORD
    stopped = [
        await _stop(tx, replace(key, brand_id=brand_id), found, reason) for brand_id in concerned
    ]
    return any(stopped)


async def _stop(tx: Tx, key: ResultKey, found: Judgement, reason: str) -> bool:
    """By the platform itself; False when it is stopped already."""
    try:
        await games.stop_version(
            tx,
            brand_id=key.brand_id,
            game=key.game,
            version=key.version,
            staff_id=None,
            reason=reason,
        )
    except GameStopped:
        return False
    await audit.record(
        tx,
        stream=audit.stream_of(key.brand_id),
        actor=WATCH,
        deed=Action.STOP_GAME,
        subject=f"game:{key.game}",
        reason=reason,
        before={"version": key.version, "stopped": False},
        after={"version": key.version, "stopped": True},
        details={"version": key.version, "table_hash": key.table_hash, "bets": found.bets},
    )
    return True
