"""Cases: what rules found, as people look at it and decide."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.store import decisions
from fairhouse.risk.types.rules import CaseUnknown, Decision, Quality, RiskCase


async def cases(
    tx: Tx, *, brands: Sequence[int], state: str = "open", limit: int = 100
) -> list[RiskCase]:
    """Without their decisions; of open ones what is due first."""
    return await decisions.cases(tx, brands=brands, state=state, limit=limit)


async def case(tx: Tx, *, case_id: UUID) -> RiskCase:
    """One with its decisions. Refuses with CaseUnknown."""
    found = await decisions.case(tx, case_id)
    if found is None:
        raise CaseUnknown("There is no such case.", param="case_id")
    return found


async def close_case(tx: Tx, *, case_id: UUID, verdict: str, by: str, note: str) -> RiskCase:
    """A person has looked: fraud, harmless or unclear. Nothing of it stands in the way any more.

    Refuses with CaseUnknown when it is not open.
    """
    if not await decisions.close_case(
        tx, case_id=case_id, verdict=verdict, closed_by=by, note=note
    ):
        raise CaseUnknown("The case is not open.", param="case_id")
    return await case(tx, case_id=case_id)


async def decided(tx: Tx, *, player_id: UUID, limit: int = 50) -> list[Decision]:
    """Everything that rules decided about a player, the newest first."""
    return await decisions.of_players(tx, player_id, limit)


async def quality(tx: Tx, *, since: datetime) -> list[Quality]:
    """How the decisions of each version turned out."""
    return await decisions.quality(tx, since)
