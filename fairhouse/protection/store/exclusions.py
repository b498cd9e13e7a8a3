"""Who is kept from playing, and who let them back."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.platform.database import Record, Tx
from fairhouse.protection.types import CaseId, Exclusion, ExclusionKind, Readmission, Scope


async def insert(tx: Tx, exclusion: Exclusion) -> None:
    """In force from now on."""
    await tx.execute(
        "insert into protection.exclusion"
        " (id, case_id, player_id, brand_id, kind, scope, term, since, until, person_index)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        exclusion.id,
        exclusion.case_id,
        exclusion.player_id,
        exclusion.brand_id,
        exclusion.kind,
        exclusion.scope,
        exclusion.term,
        exclusion.since,
        exclusion.until,
        exclusion.person_index,
    )


async def in_force(tx: Tx, player_id: UUID) -> list[Exclusion]:
    """The one that reaches furthest first: self-exclusions, permanent ones, later ends."""
    rows = await tx.fetch(
        "select * from protection.exclusion where player_id = $1 and ended_at is null"
        " and (kind = 'self_exclusion' or until > $2)"
        " order by kind = 'self_exclusion' desc, until desc nulls first",
        player_id,
        tx.now,
    )
    return [_exclusion(row) for row in rows]


async def of_person(tx: Tx, person_index: bytes) -> list[Exclusion]:
    """Self-exclusions in force of whoever has this mailbox, on any account."""
    rows = await tx.fetch(
        "select distinct on (case_id) * from protection.exclusion"
        " where person_index = $1 and ended_at is null and scope = 'operator'"
        " order by case_id, since",
        person_index,
    )
    return [_exclusion(row) for row in rows]


async def set_return_asked(tx: Tx, cases: Sequence[CaseId]) -> None:
    """The person wants to come back; the first time counts."""
    await tx.execute(
        "update protection.exclusion set return_asked_at = $2"
        " where case_id = any($1) and return_asked_at is null",
        list(cases),
        tx.now,
    )


async def end(tx: Tx, cases: Sequence[CaseId]) -> list[tuple[PlayerId, int]]:
    """On every account; returns whom it had kept from playing, with their brands."""
    rows = await tx.fetch(
        "update protection.exclusion set ended_at = $2"
        " where case_id = any($1) and ended_at is null returning player_id, brand_id",
        list(cases),
        tx.now,
    )
    return [(PlayerId(row["player_id"]), row["brand_id"]) for row in rows]


async def vouch(tx: Tx, *, case_id: CaseId, staff_id: UUID, reason: str) -> bool:
    """False when this member of staff has vouched before."""
    return bool(
        await tx.execute(
            "insert into protection.readmission (case_id, staff_id, reason, at)"
            " values ($1, $2, $3, $4) on conflict do nothing",
            case_id,
            staff_id,
            reason,
            tx.now,
        )
    )


async def vouchers(tx: Tx, case_id: CaseId) -> int:
    """How many different members of staff agree."""
    return int(
        await tx.fetchval("select count(*) from protection.readmission where case_id = $1", case_id)
    )


async def of_player(tx: Tx, player_id: UUID) -> list[Exclusion]:
    """All that ever were, the newest first."""
    rows = await tx.fetch(
        "select * from protection.exclusion where player_id = $1 order by since desc, id desc",
        player_id,
    )
    return [_exclusion(row) for row in rows]


async def newest_in_force(
    tx: Tx,
    *,
    brand_ids: Sequence[int],
    kind: ExclusionKind | None,
    before: UUID | None,
    limit: int,
) -> list[Exclusion]:
    """Of these brands."""
    rows = await tx.fetch(
        "select * from protection.exclusion where ended_at is null"
        " and (kind = 'self_exclusion' or until > $1) and brand_id = any($2::integer[])"
        " and ($3::text is null or kind = $3) and ($4::uuid is null or id < $4)"
        " order by id desc limit $5",
        tx.now,
        list(brand_ids),
        kind,
        before,
        limit,
    )
    return [_exclusion(row) for row in rows]


async def readmissions(tx: Tx, cases: Sequence[CaseId]) -> list[Readmission]:
    """Who agreed to a return, in the order of time."""
    rows = await tx.fetch(
        "select case_id, staff_id, reason, at from protection.readmission"
        " where case_id = any($1::uuid[]) order by at",
        list(cases),
    )
    return [
        Readmission(CaseId(row["case_id"]), StaffId(row["staff_id"]), row["reason"], row["at"])
        for row in rows
    ]


def _exclusion(row: Record) -> Exclusion:
    return Exclusion(
        id=row["id"],
        case_id=CaseId(row["case_id"]),
        player_id=PlayerId(row["player_id"]),
        brand_id=row["brand_id"],
        kind=ExclusionKind(row["kind"]),
        scope=Scope(row["scope"]),
        term=row["term"],
        since=row["since"],
        until=row["until"],
        person_index=row["person_index"],
        return_asked_at=row["return_asked_at"],
        ended_at=row["ended_at"],
    )
