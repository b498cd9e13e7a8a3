"""Brands and jurisdictions changed by two people; `fairhouse brand` is the operator's own road."""

from typing import Final

from fairhouse.approvals import api as approvals
from fairhouse.approvals.types import Wish
from fairhouse.audit.types import Fact, Facts
from fairhouse.backoffice import rules
from fairhouse.backoffice.types import Action, Actor
from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandDefinition, Difference, Jurisdiction
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx

BRAND: Final = "brand.change"
RULES: Final = "jurisdiction.change"


async def wish_brand(
    tx: Tx,
    *,
    actor: Actor,
    brand_id: int,
    based_on: int,
    definition: BrandDefinition,
    reason: str,
) -> Wish:
    """Wish for another version of a brand; it is checked now, and again when it is approved.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, WishWaits, and as `brands.change_brand`.
    """
    # CHECK
    rules.check_may(actor, Action.PROPOSE_BRAND)
    rules.check_brand(actor, brand_id)
    given = rules.clean_reason(reason)
    before = await brands.check_brand_change(
        tx, brand_id=brand_id, based_on=based_on, definition=definition
    )
    # DECIDE
    changes = brands.definition_differences(brands.definition_of(before), definition)
    # RECORD
    return await approvals.propose(
        tx,
        kind=BRAND,
        brand_id=brand_id,
        subject=f"brand:{before.slug}",
        before={"version": based_on},
        after=_facts(changes, brands.as_json(definition)),
        staff_id=actor.staff.id,
        reason=given,
    )


async def wish_jurisdiction(
    tx: Tx, *, actor: Actor, based_on: int, jurisdiction: Jurisdiction, reason: str
) -> Wish:
    """Wish for another version of a set of rules, of the whole house.

    Refuses with Forbidden, ReasonNeeded, WishWaits, and as `brands.change_jurisdiction`.
    """
    # CHECK
    rules.check_may(actor, Action.PROPOSE_BRAND)
    given = rules.clean_reason(reason)
    before = await brands.check_jurisdiction_change(
        tx, based_on=based_on, jurisdiction=jurisdiction
    )
    # DECIDE
    changes = brands.jurisdiction_differences(before, jurisdiction)
    # RECORD
    return await approvals.propose(
        tx,
        kind=RULES,
        brand_id=None,
        subject=f"jurisdiction:{jurisdiction.code}",
        before={"version": based_on},
        after=_facts(changes, brands.as_json(jurisdiction)),
        staff_id=actor.staff.id,
        reason=given,
    )


def _facts(changes: list[Difference], definition: str) -> Facts:
    told: dict[str, Fact] = {one.field: f"{one.before} → {one.after}" for one in changes}
    return {"changes": told, "definition": definition}


async def current(tx: Tx, *, wish: Wish) -> Facts:
    """The version in force, whatever this process remembers."""
    await brands.refresh(tx)
    if wish.kind == BRAND:
        assert wish.brand_id is not None
        return {"version": brands.brand(wish.brand_id).version}
    code = wish.subject.partition(":")[2]
    known = [one.version for one in brands.jurisdictions() if one.code == code]
    return {"version": known[0] if known else 0}


async def apply(tx: Tx, *, wish: Wish) -> None:
    """Make the version that two people want. Refuses as `brands.change_…`."""
    assert wish.decided_by is not None
    actor = to_wire(STAFF_PREFIX, wish.decided_by)
    based_on, text = int(str(wish.before["version"])), str(wish.after["definition"])
    if wish.kind == BRAND:
        assert wish.brand_id is not None
        await brands.change_brand(
            tx,
            brand_id=wish.brand_id,
            based_on=based_on,
            definition=brands.parse_definition(text),
            actor=actor,
            reason=wish.reason,
        )
        return
    await brands.change_jurisdiction(
        tx,
        based_on=based_on,
        jurisdiction=brands.parse_jurisdiction(text),
        actor=actor,
        reason=wish.reason,
    )
