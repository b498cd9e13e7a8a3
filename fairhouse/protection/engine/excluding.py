"""Keeping a person from playing: rows, sessions, events, words."""

from datetime import datetime, timedelta

from fairhouse.brands.api import all_brands
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, RevokeReason
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.protection import rules
from fairhouse.protection.engine.telling import By, Whom, tell, write_down
from fairhouse.protection.events import PlayerExcluded
from fairhouse.protection.store import exclusions as store
from fairhouse.protection.store import guards
from fairhouse.protection.tables import policy_of
from fairhouse.protection.types import (
    CaseId,
    Exclusion,
    ExclusionKind,
    ExclusionNotShortened,
    Scope,
    UnknownTerm,
)

PURPOSE = "protection"
REPEATED_WITHIN = timedelta(minutes=5)
"""The same wish again is the same exclusion: an answer may have been lost."""


def end_of(player: Player, kind: ExclusionKind, term: str, now: datetime) -> datetime | None:
    """When the term is over; None: never. Refuses with UnknownTerm."""
    policy = policy_of(player.brand_id)
    if kind is ExclusionKind.COOL_OFF:
        length = policy.cool_offs.get(term)
        if length is not None:
            return now + length
        terms = ", ".join(policy.cool_offs)
    else:
        if term in policy.self_exclusions:
            months = policy.self_exclusions[term]
            return None if months is None else rules.months_later(now, months)
        terms = ", ".join(policy.self_exclusions)
    raise UnknownTerm(f"term must be one of {terms}.", param="term", terms=terms)


async def begin(
    tx: Tx, *, sealer: Sealer, player: Player, kind: ExclusionKind, term: str, by: By
) -> Exclusion:
    """Begins at once. The same again changes nothing; a shorter one is refused.

    Refuses with UnknownTerm and ExclusionNotShortened.
    """
    # CHECK
    until = end_of(player, kind, term, tx.now)
    await tx.lock("protection", player.id)
    for known in await store.in_force(tx, player.id):
        if (known.kind, known.term) == (kind, term) and tx.now - known.since < REPEATED_WITHIN:
            return known
        is_weaker = kind is ExclusionKind.COOL_OFF or known.kind is ExclusionKind.SELF_EXCLUSION
        if is_weaker and not rules.reaches_further(until, known.until):
            raise ExclusionNotShortened("A longer one is in force; it cannot be shortened.")
    # DECIDE
    is_lasting = kind is ExclusionKind.SELF_EXCLUSION
    accounts = await _accounts(tx, sealer, player) if is_lasting else [player]
    index = await _person_index(tx, sealer, player) if is_lasting else None
    made = Exclusion(
        id=tx.new_id(),
        case_id=CaseId(tx.new_id()),
        player_id=player.id,
        brand_id=player.brand_id,
        kind=kind,
        scope=Scope.OPERATOR if is_lasting else Scope.BRAND,
        term=term,
        since=tx.now,
        until=until,
        person_index=index,
        return_asked_at=None,
        ended_at=None,
    )
    # RECORD and ANNOUNCE
    for account in accounts:
        await put_on(tx, sealer, account, made, by)
        if is_lasting:
            await identity.end_all_sessions(tx, player_id=account.id, reason=RevokeReason.EXCLUDED)
    return made


async def put_on(tx: Tx, sealer: Sealer, account: Player, made: Exclusion, by: By) -> None:
    """The exclusion on one of the person's accounts; `made` names the case."""
    whom = Whom(account.id, account.brand_id)
    own = Exclusion(
        id=made.id if account.id == made.player_id else tx.new_id(),
        case_id=made.case_id,
        player_id=account.id,
        brand_id=account.brand_id,
        kind=made.kind,
        scope=made.scope,
        term=made.term,
        since=made.since,
        until=made.until,
        person_index=made.person_index,
        return_asked_at=None,
        ended_at=None,
    )
    await store.insert(tx, own)
    await write_down(tx, whom, by, f"{made.kind}_begun")
    await guards.touch(tx, player_id=account.id, brand_id=account.brand_id)
    await announce(tx, PlayerExcluded(account.brand_id, account.id, made.kind, made.until))
    if made.until is None:
        await tell(tx, sealer, whom, "excluded_for_ever", {})
    else:
        until = f"{made.until:%Y-%m-%d %H:%M} UTC"
        await tell(tx, sealer, whom, f"{made.kind}_begun", {"until": until})


async def _accounts(tx: Tx, sealer: Sealer, player: Player) -> list[Player]:
    brands = [brand.id for brand in all_brands()]
    return await identity.accounts_of_person(
        tx, sealer=sealer, player_id=player.id, brand_ids=brands
    )


async def _person_index(tx: Tx, sealer: Sealer, player: Player) -> bytes | None:
    return await identity.person_index(tx, sealer=sealer, player_id=player.id, purpose=PURPOSE)


async def inherit(tx: Tx, sealer: Sealer, player: Player, by: By) -> bool:
    """An excluded person opened another account: it is excluded as well. True when it was so."""
    index = await _person_index(tx, sealer, player)
    cases = await store.of_person(tx, index) if index else []
    known = {one.case_id for one in await store.in_force(tx, player.id)}
    missing = [one for one in cases if one.case_id not in known]
    for one in missing:
        await put_on(tx, sealer, player, one, by)
    return bool(missing)
