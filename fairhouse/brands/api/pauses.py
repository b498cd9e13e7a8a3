"""Stopping a flow of a brand, and letting it go on."""

from collections.abc import Mapping

from fairhouse.brands import rules
from fairhouse.brands.engine.registry import KNOWN
from fairhouse.brands.events import SwitchChanged
from fairhouse.brands.store import pauses as store
from fairhouse.brands.types import BrandId, Pause, Switch
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


async def pause(tx: Tx, *, brand_id: BrandId, switch: str, reason: str, actor: str) -> bool:
    """Stop a flow of a brand until it is resumed; what is under way is finished.

    `actor` is the wire id of the staff member. Returns False when it was paused before; its first
    reason then stays. Refuses with UnknownBrand, UnknownSwitch and ReasonMissing.
    """
    # CHECK
    known = KNOWN.brand(brand_id)
    wanted = Pause(rules.parse_switch(switch), rules.clean_reason(reason), actor)
    # RECORD
    changed = await store.pause(tx, known.id, wanted)
    # ANNOUNCE
    if changed:
        await announce(tx, _changed(known.id, wanted, paused_=True))
    return changed


async def resume(tx: Tx, *, brand_id: BrandId, switch: str, reason: str, actor: str) -> bool:
    """Let a paused flow go on. Returns False when it was not paused.

    Refuses with UnknownBrand, UnknownSwitch and ReasonMissing.
    """
    # CHECK
    known = KNOWN.brand(brand_id)
    wanted = Pause(rules.parse_switch(switch), rules.clean_reason(reason), actor)
    # RECORD
    changed = await store.resume(tx, known.id, wanted)
    # ANNOUNCE
    if changed:
        await announce(tx, _changed(known.id, wanted, paused_=False))
    return changed


def _changed(brand_id: BrandId, pause_: Pause, *, paused_: bool) -> SwitchChanged:
    return SwitchChanged(brand_id, pause_.switch, paused_, pause_.reason, pause_.actor)


async def paused(tx: Tx, *, brand_id: BrandId) -> Mapping[Switch, str]:
    """What is off in a brand, and why."""
    return {item.switch: item.reason for item in await pauses(tx, brand_id=brand_id)}


async def pauses(tx: Tx, *, brand_id: BrandId) -> list[Pause]:
    """What is off in a brand, with reason and actor."""
    return [item for owner, item in await store.pauses(tx) if owner == brand_id]
