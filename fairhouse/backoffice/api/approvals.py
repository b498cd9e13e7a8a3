"""Everything that one person wished and another has to decide about, of every journal.

A new kind of change needs a line in `KINDS`: who may wish and decide, what holds now, and what
makes the change. `docs/decisions/0121-one-wish-another-approves.md`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fairhouse.approvals import api as approvals
from fairhouse.approvals.types import WISH_PREFIX, UnknownWish, Wish
from fairhouse.audit.types import Facts
from fairhouse.backoffice import rules, store
from fairhouse.backoffice.api import adjusting, branding, holds
from fairhouse.backoffice.types import LIMIT_WISH_PREFIX, Action, Actor, LimitWish, Waiting
from fairhouse.betting import api as betting
from fairhouse.betting.types import LIMIT_CHANGE_PREFIX, LimitChange
from fairhouse.games import api as games
from fairhouse.games.types import OfferWish, VoidWish
from fairhouse.identity.types import PLAYER_PREFIX
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units
from fairhouse.platform.database import Tx

WAITING_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change that needs two people."""

    approve: Action
    reject: Action
    current: Callable[..., Awaitable[Facts | None]]
    """`(tx, wish=…)`: what holds now, in the words of `Wish.before`; None: nothing can change."""
    apply: Callable[..., Awaitable[None]]
    """`(tx, wish=…)`: make the change, in the transaction of its approval."""
    href: Callable[[Wish], str | None]
    """The page of what is to change."""


KINDS: Final[Mapping[str, Kind]] = {
    adjusting.KIND: Kind(
        approve=Action.APPROVE_ADJUSTMENT,
        reject=Action.REJECT_ADJUSTMENT,
        current=adjusting.current,
        apply=adjusting.apply,
        href=lambda wish: f"/admin/players/{wish.after['player']}?tab=ledger",
    ),
    holds.KIND: Kind(
        approve=Action.APPROVE_LIFT,
        reject=Action.REJECT_LIFT,
        current=holds.current,
        apply=holds.apply,
        href=lambda wish: f"/admin/players/{wish.after['player']}",
    ),
    branding.BRAND: Kind(
        approve=Action.APPROVE_BRAND,
        reject=Action.REJECT_BRAND,
        current=branding.current,
        apply=branding.apply,
        href=lambda wish: f"/admin/brands/{wish.brand_id}",
    ),
    branding.RULES: Kind(
        approve=Action.APPROVE_BRAND,
        reject=Action.REJECT_BRAND,
        current=branding.current,
        apply=branding.apply,
        href=lambda wish: f"/admin/jurisdictions/{wish.subject.partition(':')[2]}",
    ),
}


async def waiting(tx: Tx, *, actor: Actor) -> Sequence[Waiting]:
    """What waits for a second person in the actor's brands, the oldest first."""
    shown = list(actor.brands)
    found = [
        *(_general(one) for one in await approvals.wishes(tx, brand_ids=shown)),
        *(
            _house_limit(one)
            for one in await betting.limit_changes(tx, brand_ids=shown, is_open=True)
        ),
        *(_offer(one) for one in await games.offer_wishes(tx, brand_ids=shown, is_open=True)),
        *(_void(one) for one in await games.open_voids(tx, brand_ids=shown)),
        *(_player_limit(one) for one in await store.open_wishes(tx, shown, WAITING_MAX)),
    ]
    return sorted(found, key=lambda one: (one.at, one.id))


async def decided(tx: Tx, *, actor: Actor, limit: int) -> Sequence[Wish]:
    """What was decided in the shared journal, the newest first."""
    return await approvals.wishes(tx, brand_ids=list(actor.brands), is_open=False, limit=limit)


async def decide_wish(
    tx: Tx, *, actor: Actor, wish_id: UUID, is_approved: bool, reason: str
) -> Wish:
    """Approve another's wish, which is carried out at once, or reject it.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, UnknownWish, WishDecided, SecondPersonNeeded,
    WishOutdated, and as what makes the change does.
    """
    # CHECK
    found = await approvals.wish(tx, wish_id=wish_id)
    kind = KINDS.get(found.kind)
    if kind is None:
        raise UnknownWish("This kind of wish is decided on its own page.", param="wish_id")
    rules.check_may(actor, kind.approve if is_approved else kind.reject)
    if found.brand_id is not None:
        rules.check_brand(actor, found.brand_id)
    given = rules.clean_reason(reason)
    # RECORD
    done = await approvals.decide(
        tx,
        wish_id=wish_id,
        staff_id=actor.staff.id,
        is_approved=is_approved,
        reason=given,
        current=await kind.current(tx, wish=found) if is_approved else None,
    )
    if done.is_approved:
        await kind.apply(tx, wish=done)
    return done


def _general(wish: Wish) -> Waiting:
    kind = KINDS.get(wish.kind)
    wire = to_wire(WISH_PREFIX, wish.id)
    return Waiting(
        id=wire,
        kind=wish.kind,
        brand_id=wish.brand_id,
        subject=wish.subject,
        href=kind.href(wish) if kind else None,
        before=wish.before,
        after=wish.after,
        wished_by=wish.wished_by,
        reason=wish.reason,
        at=wish.at,
        path=f"/admin/approvals/{wire}" if kind else None,
        approve=kind.approve if kind else None,
        reject=kind.reject if kind else None,
    )


def _house_limit(change: LimitChange) -> Waiting:
    wire, limit = to_wire(LIMIT_CHANGE_PREFIX, change.id), change.limit
    return Waiting(
        id=wire,
        kind="limit",
        brand_id=limit.brand_id,
        subject=f"{limit.game} {limit.currency}",
        href="/admin/limits",
        before={},
        after={
            "stake_min": _amount(limit.stake_min, limit.currency),
            "stake_max": _amount(limit.stake_max, limit.currency),
            "profit_share_bp": limit.profit_share_bp,
        },
        wished_by=change.proposed_by,
        reason=change.reason,
        at=change.at,
        path=f"/admin/limits/changes/{wire}",
        approve=Action.APPROVE_LIMIT,
        reject=Action.REJECT_LIMIT,
    )


def _amount(units: int | None, code: CurrencyCode) -> str | None:
    return None if units is None else f"{format_units(units, currency(code).scale)} {code}"


def _offer(wish: OfferWish) -> Waiting:
    wire = to_wire("gwi", wish.id)
    return Waiting(
        id=wire,
        kind="game",
        brand_id=wish.brand_id,
        subject=wish.game,
        href=f"/admin/games/{wish.brand_id}/{wish.game}",
        before={},
        after={"version": wish.version, "table": wish.variant or "restart"},
        wished_by=wish.proposed_by,
        reason=wish.reason,
        at=wish.at,
        path=f"/admin/games/wishes/{wire}",
        approve=Action.APPROVE_OFFER,
        reject=Action.REJECT_OFFER,
    )


def _void(wish: VoidWish) -> Waiting:
    bet = to_wire("bet", wish.bet_id)
    return Waiting(
        id=to_wire("vwi", wish.id),
        kind="round",
        brand_id=wish.brand_id,
        subject=bet,
        href=f"/admin/bets/{bet}",
        before={"state": "open"},
        after={"state": "void"},
        wished_by=wish.proposed_by,
        reason=wish.reason,
        at=wish.at,
        path=f"/admin/bets/{bet}/void",
        approve=Action.APPROVE_VOID,
        reject=Action.REJECT_VOID,
    )


def _player_limit(wish: LimitWish) -> Waiting:
    wire = to_wire(LIMIT_WISH_PREFIX, wish.id)
    player = to_wire(PLAYER_PREFIX, wish.player_id)
    return Waiting(
        id=wire,
        kind="protection",
        brand_id=wish.brand_id,
        subject=player,
        href=f"/admin/players/{player}?tab=protection",
        before={"limit": f"{wish.kind} {wish.period}", "amount": wish.from_amount},
        after={"limit": f"{wish.kind} {wish.period}", "amount": wish.to_amount},
        wished_by=wish.staff_id,
        reason=wish.reason,
        at=wish.at,
        path=f"/admin/players/{player}/protection/wishes/{wire}",
        approve=Action.APPROVE_PLAYER_LIMIT,
        reject=Action.REJECT_PLAYER_LIMIT,
    )
