"""Cases and the votes about them."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.platform.database import Record, Tx
from fairhouse.screening.types import Case, CaseId, CaseKind, CaseState, CaseVote, Verdict, Vote


async def open_(tx: Tx, case: Case) -> bool:
    """False when the same suspicion was a case before, decided or not."""
    return bool(
        await tx.execute(
            "insert into screening.case (id, kind, brand_id, player_id, subject, state, verdict,"
            " reasons, evidence, opened_at, due_at)"
            " values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10) on conflict do nothing",
            case.id,
            case.kind,
            case.brand_id,
            case.player_id,
            case.subject,
            case.verdict,
            list(case.reasons),
            dict(case.evidence),
            case.opened_at,
            case.due_at,
        )
    )


async def lock(tx: Tx, case_id: CaseId) -> Case | None:
    """Ours until the transaction ends."""
    row = await tx.fetchrow("select * from screening.case where id = $1 for update", case_id)
    return _case(row) if row else None


async def find(tx: Tx, case_id: CaseId) -> Case | None:
    """As it stands."""
    row = await tx.fetchrow("select * from screening.case where id = $1", case_id)
    return _case(row) if row else None


async def of_player(tx: Tx, player_id: PlayerId) -> list[Case]:
    """All of them, the newest first."""
    rows = await tx.fetch(
        "select * from screening.case where player_id = $1 order by id desc", player_id
    )
    return [_case(row) for row in rows]


async def about(tx: Tx, player_id: PlayerId, kind: CaseKind, subject: str) -> Case | None:
    """The case of one suspicion."""
    row = await tx.fetchrow(
        "select * from screening.case where player_id = $1 and kind = $2 and subject = $3",
        player_id,
        kind,
        subject,
    )
    return _case(row) if row else None


async def decide(tx: Tx, case_id: CaseId, state: CaseState) -> None:
    """Cleared or confirmed."""
    await tx.execute(
        "update screening.case set state = $2, decided_at = $3 where id = $1",
        case_id,
        state,
        tx.now,
    )


async def reopen(tx: Tx, case_id: CaseId, reasons: Sequence[str]) -> bool:
    """New reasons for what was cleared; False when it was not."""
    return bool(
        await tx.execute(
            "update screening.case set state = 'open', round = round + 1, decided_at = null,"
            " opened_at = $2::timestamptz,"
            " due_at = $2::timestamptz + (due_at - opened_at), reasons = $3"
            " where id = $1 and state = 'cleared' and reasons <> $3",
            case_id,
            tx.now,
            list(reasons),
        )
    )


async def add_vote(tx: Tx, case_id: CaseId, vote: CaseVote) -> bool:
    """False when this person has said the same before."""
    return bool(
        await tx.execute(
            "insert into screening.case_vote (case_id, round, staff_id, vote, reason, at)"
            " select id, round, $2, $3, $4, $5 from screening.case where id = $1"
            " on conflict do nothing",
            case_id,
            vote.staff_id,
            vote.vote,
            vote.reason,
            vote.at,
        )
    )


async def votes(tx: Tx, case_id: CaseId) -> list[CaseVote]:
    """Of its last round, in the order they were given."""
    rows = await tx.fetch(
        "select v.* from screening.case_vote v join screening.case c on c.id = v.case_id"
        " and c.round = v.round where v.case_id = $1 order by v.at, v.staff_id",
        case_id,
    )
    return [
        CaseVote(StaffId(row["staff_id"]), Vote(row["vote"]), row["reason"], row["at"])
        for row in rows
    ]


async def in_force(tx: Tx, player_id: PlayerId) -> list[Case]:
    """Open and confirmed ones of a player, oldest first."""
    rows = await tx.fetch(
        "select * from screening.case where player_id = $1 and state <> 'cleared'"
        " order by opened_at, id",
        player_id,
    )
    return [_case(row) for row in rows]


async def listed(
    tx: Tx, *, brand_ids: Sequence[int], state: CaseState | None, before: UUID | None, limit: int
) -> list[Case]:
    """For the desk, the newest first."""
    rows = await tx.fetch(
        "select * from screening.case where brand_id = any($1)"
        " and ($2::text is null or state = $2) and ($3::uuid is null or id < $3)"
        " order by id desc limit $4",
        list(brand_ids),
        state,
        before,
        limit,
    )
    return [_case(row) for row in rows]


def _case(row: Record) -> Case:
    return Case(
        id=CaseId(row["id"]),
        kind=CaseKind(row["kind"]),
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]),
        subject=row["subject"],
        state=CaseState(row["state"]),
        verdict=Verdict(row["verdict"]),
        reasons=tuple(row["reasons"]),
        evidence=row["evidence"],
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        decided_at=row["decided_at"],
    )
