"""What staff do about cases. The back office asks for roles and keeps the log."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.platform.database import Tx
from fairhouse.screening.engine.casework import close_case
from fairhouse.screening.store import cases, lists
from fairhouse.screening.types import (
    Case,
    CaseDecided,
    CaseId,
    CaseNotFound,
    CaseState,
    CaseVote,
    ListVersion,
    OtherPersonNeeded,
    Vote,
)

CLEARERS = 2
"""Different members of staff who have to clear a case (AML-04)."""
CASES_MAX = 200


async def decide_case(
    tx: Tx, *, case_id: CaseId, staff_id: StaffId, vote: Vote, reason: str
) -> Case:
    """One person confirms, two different ones clear.

    Refuses with CaseNotFound, CaseDecided and OtherPersonNeeded. The caller has checked role,
    brand and reason.
    """
    # CHECK
    case = await cases.lock(tx, case_id)
    if case is None:
        raise CaseNotFound("There is no such case.", param="case_id")
    if case.state is not CaseState.OPEN:
        raise CaseDecided(f"The case is {case.state} already.", state=case.state)
    given = CaseVote(staff_id, vote, reason, tx.now)
    # RECORD
    if not await cases.add_vote(tx, case_id, given):
        raise OtherPersonNeeded("You cleared this case already: a second person has to.")
    state = _state_after(await cases.votes(tx, case_id))
    if state is not CaseState.OPEN:
        # ANNOUNCE
        await close_case(tx, case, state)
    found = await cases.lock(tx, case_id)
    assert found is not None
    return found


def _state_after(votes: Sequence[CaseVote]) -> CaseState:
    if any(one.vote is Vote.CONFIRM for one in votes):
        return CaseState.CONFIRMED
    clearers = {one.staff_id for one in votes if one.vote is Vote.CLEAR}
    return CaseState.CLEARED if len(clearers) >= CLEARERS else CaseState.OPEN


async def case_of(tx: Tx, *, case_id: CaseId) -> tuple[Case, Sequence[CaseVote]]:
    """A case and what was said of it. Refuses with CaseNotFound."""
    case = await cases.find(tx, case_id)
    if case is None:
        raise CaseNotFound("There is no such case.", param="case_id")
    return case, await cases.votes(tx, case_id)


async def cases_of(tx: Tx, *, player_id: PlayerId) -> Sequence[Case]:
    """All of a player's, the newest first."""
    return await cases.of_player(tx, player_id)


async def list_cases(
    tx: Tx,
    *,
    brand_ids: Sequence[int],
    state: CaseState | None = None,
    before: UUID | None = None,
    limit: int = CASES_MAX,
) -> Sequence[Case]:
    """For the desk, the newest first."""
    return await cases.listed(
        tx, brand_ids=brand_ids, state=state, before=before, limit=min(limit, CASES_MAX)
    )


async def list_versions(tx: Tx, *, limit: int = 20) -> Sequence[ListVersion]:
    """What was imported when, the newest first."""
    return await lists.versions(tx, limit=limit)
