"""What the cashier asks: does this money need a better known player?"""

from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.kyc import rules
from fairhouse.kyc.engine.standing import PEP_FREE_VALUE, ask, jurisdiction_of, standing
from fairhouse.kyc.store import people
from fairhouse.kyc.types import (
    DISCLOSURE_VERSION,
    DisclosureNeeded,
    KycRequired,
    MoneyFact,
    Tier,
    Why,
)
from fairhouse.platform.database import Tx


async def check_deposit(tx: Tx, *, player_id: PlayerId, brand_id: int) -> None:
    """Whether the player may be told where to send money.

    Refuses with DisclosureNeeded and KycRequired.
    """
    found = await standing(tx, player_id, brand_id)
    of = jurisdiction_of(brand_id).kyc
    if found.disclosure != DISCLOSURE_VERSION:
        raise DisclosureNeeded(
            "Accept what may be asked of you, when and why, before your first deposit: "
            "POST /v1/kyc/disclosure.",
            version=DISCLOSURE_VERSION,
        )
    if of.verified_before_play and found.tier < Tier.IDENTITY:
        raise _required(Tier.IDENTITY, "before any money moves")
    if found.overdue_at is not None and found.overdue_at <= tx.now:
        raise _required(Tier(min(found.tier + 1, Tier.FUNDS)), "it is overdue")
    if found.is_pep and found.tier < Tier.FUNDS and found.totals.deposits >= PEP_FREE_VALUE:
        raise _required(Tier.FUNDS, "holders of public functions show where their money comes from")


def _required(tier: Tier, why: str) -> KycRequired:
    return KycRequired(f"Verify yourself first ({why}): GET /v1/kyc says how.", tier=int(tier))


async def count_deposit(
    tx: Tx, *, ref: UUID, player_id: PlayerId, brand_id: int, value: int
) -> None:
    """A credited deposit, in millionths of the reference currency; counted once.

    Crossing a threshold asks the player for the next tier.
    """
    if not await people.count(
        tx, ref=ref, kind="deposit", player_id=player_id, brand_id=brand_id, value=value
    ):
        return
    found = await standing(tx, player_id, brand_id)
    await ask(tx, player_id, brand_id, found.needed, Why.THRESHOLD)


async def count_withdrawal(
    tx: Tx, *, ref: UUID, player_id: PlayerId, brand_id: int, value: int
) -> None:
    """A requested withdrawal, counted once; `reverse` when it is given back."""
    await people.count(
        tx, ref=ref, kind="withdrawal", player_id=player_id, brand_id=brand_id, value=value
    )


async def reverse(tx: Tx, *, ref: UUID) -> None:
    """A deposit or withdrawal that did not happen after all."""
    await people.reverse(tx, ref)


async def money_fact(
    tx: Tx, *, player_id: PlayerId, brand_id: int, value: int, without: UUID | None
) -> MoneyFact:
    """Whether the player is known well enough for this withdrawal.

    `value` in millionths; `without`: its own id, where it is counted already.
    """
    of = jurisdiction_of(brand_id).kyc
    found = await standing(tx, player_id, brand_id)
    totals = await people.totals(tx, player_id, without=without)
    needed = max(found.needed, rules.needed_for_withdrawal(totals, value, of))
    if found.overdue_at is not None and found.overdue_at <= tx.now:
        needed = max(needed, Tier(min(found.tier + 1, Tier.FUNDS)))
    due = next((one.due_at for one in found.requests if one.tier == found.tier + 1), None)
    return rules.money_fact(found.requests, found.tier, needed, due)


async def ask_for_withdrawal(
    tx: Tx, *, player_id: PlayerId, brand_id: int, value: int, without: UUID | None
) -> None:
    """Ask for what a withdrawal lacks; the request says that it was only asked now."""
    fact = await money_fact(
        tx, player_id=player_id, brand_id=brand_id, value=value, without=without
    )
    if not fact.is_enough and fact.state is None:
        await ask(tx, player_id, brand_id, fact.needed, Why.WITHDRAWAL)
