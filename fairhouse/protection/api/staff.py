"""What staff do for a player's protection. The back office asks for roles and keeps the log."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import Player, Staff
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.protection import rules
from fairhouse.protection.api.limits import check_amount, limit_facts
from fairhouse.protection.engine import excluding
from fairhouse.protection.engine.telling import By, Whom, limits_changed, tell, write_down
from fairhouse.protection.events import GuardChanged
from fairhouse.protection.store import exclusions, guards
from fairhouse.protection.store import limits as store
from fairhouse.protection.tables import policy_of
from fairhouse.protection.types import (
    Actor,
    Exclusion,
    ExclusionKind,
    Limit,
    LimitKind,
    LimitSource,
    NothingToLift,
    Period,
    ProtectionReasonMissing,
    Readmission,
    SecondPersonNeeded,
)

EXCLUDED_MAX = 100


async def set_operator_limit(
    tx: Tx,
    *,
    sealer: Sealer,
    player: Player,
    kind: LimitKind,
    period: Period,
    amount: int | None,
    staff: Staff,
    reason: str,
) -> None:
    """Set, change or remove (None) the operator's limit, at once; the player's own stays.

    Refuses with LimitOutOfRange and ProtectionReasonMissing.
    """
    # CHECK
    check_amount(kind, period, amount)
    by = _by(staff, reason)
    whom = Whom(player.id, player.brand_id)
    await tx.lock("protection", player.id)
    before = next(
        (
            one.amount
            for one in await store.limits(tx, player.id)
            if (one.kind, one.period, one.source) == (kind, period, LimitSource.OPERATOR)
        ),
        None,
    )
    if amount == before:
        return
    # RECORD
    if amount is None:
        await store.drop_limit(
            tx, player_id=player.id, kind=kind, period=period, source=LimitSource.OPERATOR
        )
    else:
        limit = Limit(kind, period, LimitSource.OPERATOR, amount, tx.now)
        await store.put_limit(tx, player_id=player.id, brand_id=player.brand_id, limit=limit)
    await write_down(
        tx, whom, by, "operator_limit_set", kind=kind, period=period, before=before, after=amount
    )
    # ANNOUNCE
    await limits_changed(tx, whom, kind, period, amount)
    await tell(tx, sealer, whom, "operator_limit_set", limit_facts(kind, period, amount))


async def exclude_player(
    tx: Tx,
    *,
    sealer: Sealer,
    player: Player,
    kind: ExclusionKind,
    term: str,
    staff: Staff,
    reason: str,
) -> Exclusion:
    """As the player could: whoever says in any words that they want to stop is stopped (RG-12).

    Refuses with UnknownTerm, ExclusionNotShortened and ProtectionReasonMissing.
    """
    by = _by(staff, reason)
    return await excluding.begin(tx, sealer=sealer, player=player, kind=kind, term=term, by=by)


async def readmit(tx: Tx, *, sealer: Sealer, player: Player, staff: Staff, reason: str) -> bool:
    """One person's yes to a player's return; with the last one needed they may play again.

    True when they may. Refuses with NothingToLift, NotReadmissible, SecondPersonNeeded and
    ProtectionReasonMissing.
    """
    # CHECK
    by = _by(staff, reason)
    assert by.reason is not None
    await tx.lock("protection", player.id)
    policy = policy_of(player.brand_id)
    in_force = await exclusions.in_force(tx, player.id)
    lasting = [one for one in in_force if one.kind is ExclusionKind.SELF_EXCLUSION]
    if not lasting:
        raise NothingToLift("No exclusion is in force.")
    for one in lasting:
        rules.check_may_return(one, tx.now, policy.return_wait)
    # RECORD
    case = lasting[0].case_id
    if not await exclusions.vouch(tx, case_id=case, staff_id=staff.id, reason=by.reason):
        raise SecondPersonNeeded("You have agreed already; another person must.")
    whom = Whom(player.id, player.brand_id)
    await write_down(tx, whom, by, "return_approved")
    if await exclusions.vouchers(tx, case) < policy.readmitters:
        return False
    # ANNOUNCE
    for player_id, brand_id in await exclusions.end(tx, [one.case_id for one in lasting]):
        freed = Whom(player_id, brand_id)
        await write_down(tx, freed, by, "readmitted")
        await guards.touch(tx, player_id=player_id, brand_id=brand_id)
        await announce(tx, GuardChanged(brand_id, player_id, "readmitted"))
        await tell(tx, sealer, freed, "readmitted", {})
    return True


async def excluded_players(
    tx: Tx,
    *,
    brand_ids: Sequence[int],
    kind: ExclusionKind | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Exclusion]:
    """Whoever is kept from playing now, the newest first; after an exclusion's id."""
    return await exclusions.newest_in_force(
        tx, brand_ids=brand_ids, kind=kind, before=before, limit=min(limit, EXCLUDED_MAX)
    )


async def exclusions_of(
    tx: Tx, *, player_id: UUID
) -> tuple[Sequence[Exclusion], Sequence[Readmission]]:
    """All that ever kept a player from playing, and who agreed to a return."""
    found = await exclusions.of_player(tx, player_id)
    return found, await exclusions.readmissions(tx, [one.case_id for one in found])


def _by(staff: Staff, reason: str) -> By:
    given = " ".join(reason.split())
    if not 3 <= len(given) <= 500:
        raise ProtectionReasonMissing("reason must have 3 to 500 characters.", param="reason")
    return By(Actor.STAFF, staff.id, given)
