"""Corrections of a player's balance by hand: small ones by one person, reviewed by another; large
ones by two people from the start. LED-05; GLI-19 A.3.6(f).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from fairhouse.approvals import api as approvals
from fairhouse.approvals.types import Wish
from fairhouse.audit.types import Facts
from fairhouse.backoffice import rules, store
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import (
    Action,
    Actor,
    Adjustment,
    AdjustmentReview,
    NothingThere,
    OwnAdjustment,
)
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, Player, PlayerId
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import Money, format_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateUnavailable

KIND: Final = "ledger.adjust"
ADJUSTMENT_PREFIX: Final = "adj"
ALONE_MAX: Final = 500 * 10**6
"""Micro-units of the reference currency up to which one person adjusts: NJ 13:69O-1.3(i)."""


async def adjust(tx: Tx, *, actor: Actor, player_id: PlayerId, money: Money, reason: str) -> bool:
    """Add to a player's cash, or take from it (negative units); True when it is done.

    Up to 500 of the reference currency at once, beyond it (and whenever its worth is not known) as
    a wish that another approves. Refuses with Forbidden, OutOfScope, ReasonNeeded, NotFound,
    NothingThere, InsufficientFunds and WishWaits.
    """
    # CHECK
    rules.check_may(actor, Action.ADJUST)
    player = await identity.player(tx, player_id=player_id)
    rules.check_brand(actor, player.brand_id)
    given = rules.clean_reason(reason)
    if money.units == 0:
        raise NothingThere("amount must not be zero.", param="amount")
    # DECIDE
    worth = await _worth(tx, money)
    after = _facts(player, money, worth)
    # RECORD
    if worth is None or abs(worth) > ALONE_MAX:
        await approvals.propose(
            tx,
            kind=KIND,
            brand_id=player.brand_id,
            subject=to_wire(ADJUSTMENT_PREFIX, tx.new_id()),
            before={},
            after=after,
            staff_id=actor.staff.id,
            reason=given,
        )
        return False
    made = Adjustment(
        id=tx.new_id(),
        brand_id=player.brand_id,
        player_id=player.id,
        currency=money.currency,
        units=money.units,
        value=worth,
        made_by=actor.staff.id,
        approved_by=None,
        reason=given,
        at=tx.now,
    )
    await _book(tx, player, made)
    await record(
        tx,
        actor=actor,
        action=Action.ADJUST,
        brand_id=player.brand_id,
        subject=to_wire(PLAYER_PREFIX, player.id),
        reason=given,
        details={"adjustment": to_wire(ADJUSTMENT_PREFIX, made.id), "after": after},
    )
    return True


async def current(tx: Tx, *, wish: Wish) -> Facts:
    """An adjustment adds: whatever happened meanwhile, it is as right as it was."""
    return wish.before


async def apply(tx: Tx, *, wish: Wish) -> None:
    """Book what two people want. Refuses with InsufficientFunds."""
    assert wish.decided_by is not None
    player_id = PlayerId(from_wire(PLAYER_PREFIX, str(wish.after["player"])))
    player = await identity.player(tx, player_id=player_id)
    code = CurrencyCode(str(wish.after["currency"]))
    money = Money(int(str(wish.after["units"])), code)
    made = Adjustment(
        id=wish.id,
        brand_id=player.brand_id,
        player_id=player.id,
        currency=code,
        units=money.units,
        value=await _worth(tx, money),
        made_by=wish.wished_by,
        approved_by=wish.decided_by,
        reason=wish.reason,
        at=tx.now,
    )
    await _book(tx, player, made)


async def adjustments(tx: Tx, *, actor: Actor, day: date) -> Sequence[Adjustment]:
    """The report of one UTC day: all of them, in order. Refuses with Forbidden."""
    rules.check_may(actor, Action.REVIEW_ADJUSTMENTS)
    return await store.adjustments(tx, actor.brands, day, day + timedelta(days=1))


async def reviews(tx: Tx, *, actor: Actor, day: date) -> Sequence[AdjustmentReview]:
    """Who looked at that day's."""
    return await store.adjustment_reviews(tx, actor.brands, day)


async def review(tx: Tx, *, actor: Actor, brand_id: int, day: date, reason: str) -> None:
    """Vouch for a whole day's adjustments; nobody vouches for a day with one of their own.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, NothingThere and OwnAdjustment.
    """
    # CHECK
    rules.check_may(actor, Action.REVIEW_ADJUSTMENTS)
    rules.check_brand(actor, brand_id)
    given = rules.clean_reason(reason)
    if day >= tx.now.date():
        raise NothingThere("A day is reviewed when it is over.", param="day")
    made = await store.adjustments(tx, [brand_id], day, day + timedelta(days=1))
    if any(one.made_by == actor.staff.id for one in made):
        raise OwnAdjustment("You made one of these; another person must review the day.")
    # RECORD
    await store.add_adjustment_review(tx, brand_id, day, actor.staff.id, given)
    await record(
        tx,
        actor=actor,
        action=Action.REVIEW_ADJUSTMENTS,
        brand_id=brand_id,
        subject=f"adjustments:{day.isoformat()}",
        reason=given,
        details={"count": len(made)},
    )


async def _book(tx: Tx, player: Player, made: Adjustment) -> None:
    cash = AccountKey(
        player.brand_id, AccountCode.PLAYER_CASH, CurrencyCode(made.currency), owner=player.id
    )
    house = AccountKey(
        player.brand_id,
        AccountCode.HOUSE_BANKROLL,
        CurrencyCode(made.currency),
        lane=player.lane,
    )
    debit, credit = (house, cash) if made.units > 0 else (cash, house)
    await store.add_adjustment(tx, made)
    await ledger.post(
        tx,
        transfers=[
            Transfer(
                id=made.id,
                debit=debit,
                credit=credit,
                amount=abs(made.units),
                reason="manual_adjustment",
                ref=to_wire(ADJUSTMENT_PREFIX, made.id),
            )
        ],
    )


def _facts(player: Player, money: Money, worth: int | None) -> dict[str, str | int | None]:
    scale = currency(money.currency).scale
    return {
        "player": to_wire(PLAYER_PREFIX, player.id),
        "currency": money.currency,
        "units": str(money.units),
        "amount": f"{format_units(money.units, scale)} {money.currency}",
        "value": worth,
    }


async def _worth(tx: Tx, money: Money) -> int | None:
    """In micro-units of the reference currency; None when no price is to be had."""
    try:
        return rates.value_of(money, await rates.latest(tx, base=money.currency))
    except RateUnavailable:
        return None
