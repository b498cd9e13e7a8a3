"""Opening and deciding cases."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId, PlayerStatus
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.screening.events import CaseClosed, CaseOpened
from fairhouse.screening.store import cases, checks
from fairhouse.screening.types import (
    Case,
    CaseId,
    CaseKind,
    CaseState,
    Verdict,
)


async def open_case(
    tx: Tx,
    *,
    kind: CaseKind,
    brand_id: int,
    player_id: PlayerId,
    subject: str,
    verdict: Verdict,
    reasons: tuple[str, ...],
    evidence: Mapping[str, object],
    due_in: timedelta,
) -> bool:
    """One suspicion is one case; what was cleared for other reasons is open again."""
    case = Case(
        id=CaseId(tx.new_id()),
        kind=kind,
        brand_id=brand_id,
        player_id=player_id,
        subject=subject,
        state=CaseState.OPEN,
        verdict=verdict,
        reasons=reasons,
        evidence=evidence,
        opened_at=tx.now,
        due_at=tx.now + due_in,
        decided_at=None,
    )
    if not await cases.open_(tx, case):
        before = await cases.about(tx, player_id, kind, subject)
        if before is None or not await cases.reopen(tx, before.id, reasons):
            return False
        case = before
    await announce(tx, CaseOpened(brand_id, player_id, case.id, kind, verdict))
    return True


async def close_case(tx: Tx, case: Case, state: CaseState) -> None:
    """The decision, and what follows: a cleared movement goes on, a confirmed person is locked."""
    await cases.decide(tx, case.id, state)
    if state is CaseState.CLEARED and case.kind is CaseKind.ADDRESS:
        await checks.clear(tx, UUID(case.subject.partition(":")[2]))
    if state is CaseState.CONFIRMED and case.kind is CaseKind.NAME:
        await identity.set_status(tx, player_id=case.player_id, status=PlayerStatus.LOCKED)
    await announce(tx, CaseClosed(case.brand_id, case.player_id, case.id, state))
