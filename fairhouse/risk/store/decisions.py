"""What rules decided, and the cases in which people look at it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fairhouse.platform.database import Record, Tx
from fairhouse.risk.types.checks import CheckCode
from fairhouse.risk.types.observations import Kind
from fairhouse.risk.types.rules import Action, CaseId, Decision, Quality, RiskCase, VersionId

_DECISION = """
    d.id, d.version_id, v.name as rule, v.version, d.seq, d.kind, d.at, d.brand_id, d.player_id,
    d.action, d.points, d.check_code, d.features, d.explanation, d.ref, d.case_id
"""


async def insert(tx: Tx, decision: Decision) -> bool:
    """False when this version decided about this observation before."""
    added = await tx.execute(
        "insert into risk.decision (id, version_id, seq, kind, at, decided_at, brand_id, player_id,"
        " action, points, check_code, features, explanation, ref, case_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " on conflict do nothing",
        decision.id,
        decision.version_id,
        decision.seq,
        decision.kind.value,
        decision.at,
        tx.now,
        decision.brand_id,
        decision.player_id,
        decision.action.value,
        decision.points,
        decision.check.value,
        dict(decision.features),
        dict(decision.explanation),
        decision.ref,
        decision.case_id,
    )
    return added == 1


async def last_decided(
    tx: Tx, version_ids: Collection[UUID], player_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], datetime]:
    """When each version last decided about each player."""
    rows = await tx.fetch(
        "select version_id, player_id, max(at) as at from risk.decision"
        " where player_id = any($1::uuid[]) and version_id = any($2::uuid[]) group by 1, 2",
        list(player_ids),
        list(version_ids),
    )
    return {(row["version_id"], row["player_id"]): row["at"] for row in rows}


async def open_case(tx: Tx, *, brand_id: int, player_id: UUID, due_in: timedelta) -> CaseId:
    """The player's open case, a new one when there is none."""
    await tx.execute(
        "insert into risk.case_file (id, brand_id, player_id, opened_at, due_at, state)"
        " values ($1, $2, $3, $4, $5, 'open') on conflict do nothing",
        tx.new_id(),
        brand_id,
        player_id,
        tx.now,
        tx.now + due_in,
    )
    found: UUID = await tx.fetchval(
        "select id from risk.case_file where player_id = $1 and state = 'open'", player_id
    )
    return CaseId(found)


async def close_case(tx: Tx, *, case_id: UUID, verdict: str, closed_by: str, note: str) -> bool:
    """False when it is not open."""
    closed = await tx.execute(
        "update risk.case_file set state = 'closed', verdict = $2, closed_at = $3, closed_by = $4,"
        " note = $5 where id = $1 and state = 'open'",
        case_id,
        verdict,
        tx.now,
        closed_by,
        note,
    )
    return closed == 1


async def points(tx: Tx, player_id: UUID, since: datetime) -> int:
    """Of scoring rules since then and since a person last closed a case."""
    found: int = await tx.fetchval(
        "select coalesce(sum(newest), 0)::bigint from ("
        " select max(d.points) as newest from risk.decision d"
        " join risk.rule_version v on v.id = d.version_id"
        " where d.player_id = $1 and d.action = 'score' and d.decided_at > greatest($2,"
        " (select max(closed_at) from risk.case_file where player_id = $1))"
        " group by v.name) each_rule",
        player_id,
        since,
    )
    return found


async def open_decisions(tx: Tx, player_id: UUID) -> list[Decision]:
    """Of the player's open case, the oldest first."""
    rows = await tx.fetch(
        f"select {_DECISION} from risk.case_file c join risk.decision d on d.case_id = c.id"
        " join risk.rule_version v on v.id = d.version_id"
        " where c.player_id = $1 and c.state = 'open' order by d.id",
        player_id,
    )
    return [_decision(row) for row in rows]


async def of_players(tx: Tx, player_id: UUID, limit: int) -> list[Decision]:
    """Everything that was decided about a player, the newest first."""
    rows = await tx.fetch(
        f"select {_DECISION} from risk.decision d join risk.rule_version v on v.id = d.version_id"
        " where d.player_id = $1 order by d.decided_at desc, d.id desc limit $2",
        player_id,
        limit,
    )
    return [_decision(row) for row in rows]


async def case(tx: Tx, case_id: UUID) -> RiskCase | None:
    """One case with its decisions, the oldest first."""
    row = await tx.fetchrow("select * from risk.case_file where id = $1", case_id)
    if row is None:
        return None
    found = await tx.fetch(
        f"select {_DECISION} from risk.decision d join risk.rule_version v on v.id = d.version_id"
        " where d.case_id = $1 order by d.id",
        case_id,
    )
    return _case(row, tuple(_decision(one) for one in found))


async def cases(tx: Tx, *, brands: Sequence[int], state: str, limit: int) -> list[RiskCase]:
    """Without their decisions; what is due first comes first."""
    order = "due_at, id" if state == "open" else "id desc"
    rows = await tx.fetch(
        "select * from risk.case_file where brand_id = any($1::integer[]) and state = $2"
        f" order by {order} limit $3",
        list(brands),
        state,
        limit,
    )
    return [_case(row, ()) for row in rows]


async def labels(tx: Tx, player_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """How each player's newest closed case ended."""
    rows = await tx.fetch(
        "select distinct on (player_id) player_id, verdict from risk.case_file"
        " where player_id = any($1::uuid[]) and state = 'closed'"
        " order by player_id, closed_at desc",
        list(player_ids),
    )
    return {row["player_id"]: row["verdict"] for row in rows}


async def quality(tx: Tx, since: datetime) -> list[Quality]:
    """Of each rule version's decisions since then: how cases ended and how long it took."""
    rows = await tx.fetch(
        "select v.name, v.version, count(*) as decisions, count(distinct d.player_id) as players,"
        " count(distinct d.player_id) filter (where c.verdict = 'fraud') as fraud,"
        " count(distinct d.player_id) filter (where c.verdict = 'harmless') as harmless,"
        " count(distinct c.id) filter (where c.state = 'open') as waiting,"
        " coalesce(percentile_disc(0.5) within group (order by"
        " extract(epoch from c.closed_at - c.opened_at)), 0)::bigint as median_s"
        " from risk.decision d join risk.rule_version v on v.id = d.version_id"
        " left join risk.case_file c on c.id = d.case_id"
        " where d.decided_at >= $1 group by v.name, v.version order by v.name, v.version",
        since,
    )
    return [Quality(**dict(row.items())) for row in rows]


def _decision(row: Record) -> Decision:
    return Decision(
        id=row["id"],
        version_id=VersionId(row["version_id"]),
        rule=row["rule"],
        version=row["version"],
        seq=row["seq"],
        kind=Kind(row["kind"]),
        at=row["at"],
        brand_id=row["brand_id"],
        player_id=row["player_id"],
        action=Action(row["action"]),
        points=row["points"],
        check=CheckCode(row["check_code"]),
        features=row["features"],
        explanation=row["explanation"],
        ref=row["ref"],
        case_id=row["case_id"],
    )


def _case(row: Record, decisions: tuple[Decision, ...]) -> RiskCase:
    return RiskCase(
        id=CaseId(row["id"]),
        brand_id=row["brand_id"],
        player_id=row["player_id"],
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        state=row["state"],
        verdict=row["verdict"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        note=row["note"],
        decisions=decisions,
    )
