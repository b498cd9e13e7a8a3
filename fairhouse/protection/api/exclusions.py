"""Breaks and self-exclusion, as players use them."""

from uuid import UUID

from fairhouse.identity.types import Player
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.protection import rules
from fairhouse.protection.engine import excluding
from fairhouse.protection.engine.telling import PLAYER, By, Whom, write_down
from fairhouse.protection.store import exclusions as store
from fairhouse.protection.tables import policy_of
from fairhouse.protection.types import (
    Actor,
    Exclusion,
    ExclusionKind,
    NothingToLift,
    NotReadmissible,
)


async def exclusion(tx: Tx, *, player_id: UUID) -> Exclusion | None:
    """The one in force that reaches furthest."""
    found = await store.in_force(tx, player_id)
    return found[0] if found else None


async def check_not_excluded(tx: Tx, *, player_id: UUID) -> None:
    """Refuses with Excluded and CoolingOff."""
    found = await exclusion(tx, player_id=player_id)
    if found is None:
        return
    is_break = found.kind is ExclusionKind.COOL_OFF
    raise rules.blocked(rules.COOLING_OFF if is_break else rules.EXCLUDED, found.until)


async def cool_off(tx: Tx, *, sealer: Sealer, player: Player, term: str) -> Exclusion:
    """A short break from now on, at this brand; ends by itself, and not before.

    Refuses with UnknownTerm and ExclusionNotShortened.
    """
    return await excluding.begin(
        tx, sealer=sealer, player=player, kind=ExclusionKind.COOL_OFF, term=term, by=PLAYER
    )


async def self_exclude(tx: Tx, *, sealer: Sealer, player: Player, term: str) -> Exclusion:
    """No more play from now on, on every account of the person; every session ends.

    Logging in stays possible, to take money out. Refuses with UnknownTerm and
    ExclusionNotShortened.
    """
    return await excluding.begin(
        tx, sealer=sealer, player=player, kind=ExclusionKind.SELF_EXCLUSION, term=term, by=PLAYER
    )


async def ask_return(tx: Tx, *, player: Player) -> Exclusion:
    """After the term: the player wants to play again. Staff decide after a wait.

    Asking again changes nothing. Refuses with NothingToLift and NotReadmissible.
    """
    # CHECK
    await tx.lock("protection", player.id)
    found = await store.in_force(tx, player.id)
    lasting = [one for one in found if one.kind is ExclusionKind.SELF_EXCLUSION]
    if not lasting:
        raise NothingToLift("No exclusion is in force.")
    first = lasting[0]
    if first.until is None:
        raise NotReadmissible("This exclusion is permanent.")
    if tx.now < first.until:
        raise NotReadmissible(f"The term ends {rules.iso(first.until)}; ask again then.")
    if first.return_asked_at is not None:
        return first
    # RECORD
    await store.set_return_asked(tx, [one.case_id for one in lasting])
    await write_down(tx, Whom(player.id, player.brand_id), PLAYER, "return_asked")
    return (await store.in_force(tx, player.id))[0]


async def carry_over(tx: Tx, *, sealer: Sealer, player: Player) -> bool:
    """A new account of somebody who is excluded is excluded too; to be called at registration.

    True when it was so.
    """
    by = By(Actor.SYSTEM, reason="the person is excluded on another account")
    return await excluding.inherit(tx, sealer, player, by)


def terms(brand_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lengths of breaks and of exclusions that the brand's jurisdiction offers."""
    policy = policy_of(brand_id)
    return tuple(policy.cool_offs), tuple(policy.self_exclusions)
