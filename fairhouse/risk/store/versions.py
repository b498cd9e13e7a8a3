"""Versions of rules, their back-tests and publications."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fairhouse.platform.database import Record, Tx
from fairhouse.risk.types.rules import BackTest, RuleVersion, VersionId

_VERSION = (
    "id, name, version, brand_id, definition, digest, author, reason, made_at, state,"
    " decided_by, decided_at"
)


async def insert_version(
    tx: Tx,
    *,
    name: str,
    brand_id: int | None,
    definition: Mapping[str, Any],
    digest: str,
    author: str,
    reason: str,
) -> VersionId:
    """The next version of the name; writers of one name wait for each other."""
    await tx.lock("risk.rule", name)
    id_ = VersionId(tx.new_id())
    await tx.execute(
        "insert into risk.rule_version"
        " (id, name, version, brand_id, definition, digest, author, reason, made_at)"
        " select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8"
        " from risk.rule_version where name = $2",
        id_,
        name,
        brand_id,
        dict(definition),
        digest,
        author,
        reason,
        tx.now,
    )
    return id_


async def version(tx: Tx, version_id: UUID) -> RuleVersion | None:
    """One."""
    row = await tx.fetchrow(f"select {_VERSION} from risk.rule_now where id = $1", version_id)
    return _version(row) if row else None


async def versions(tx: Tx, *, states: tuple[str, ...], limit: int = 200) -> list[RuleVersion]:
    """The newest first."""
    rows = await tx.fetch(
        f"select {_VERSION} from risk.rule_now where state = any($1::text[])"
        " order by name, version desc limit $2",
        list(states),
        limit,
    )
    return [_version(row) for row in rows]


async def insert_back_test(tx: Tx, test: BackTest) -> None:
    """An artefact; never changed."""
    await tx.execute(
        "insert into risk.back_test (id, version_id, digest, since, until, judged, hits, players,"
        " labelled_bad, labelled_good, examples, run_by, run_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        test.id,
        test.version_id,
        test.digest,
        test.since,
        test.until,
        test.judged,
        test.hits,
        test.players,
        test.labelled_bad,
        test.labelled_good,
        [dict(one) for one in test.examples],
        test.run_by,
        test.run_at,
    )


async def newest_back_test(tx: Tx, version_id: UUID) -> BackTest | None:
    """The last one of a version."""
    row = await tx.fetchrow(
        "select * from risk.back_test where version_id = $1 order by run_at desc, id desc limit 1",
        version_id,
    )
    if row is None:
        return None
    content: dict[str, Any] = dict(row.items())
    content["examples"] = tuple(content["examples"])
    return BackTest(**content)


async def insert_publication(
    tx: Tx,
    *,
    version_id: UUID,
    verdict: str,
    back_test_id: UUID | None,
    decided_by: str,
    reason: str,
) -> bool:
    """False when the version was decided already."""
    added = await tx.execute(
        "insert into risk.publication"
        " (version_id, verdict, back_test_id, decided_by, reason, decided_at)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        version_id,
        verdict,
        back_test_id,
        decided_by,
        reason,
        tx.now,
    )
    return added == 1


async def insert_retirement(tx: Tx, *, version_id: UUID, retired_by: str, reason: str) -> bool:
    """False when it was retired already."""
    added = await tx.execute(
        "insert into risk.retirement (version_id, retired_by, reason, retired_at)"
        " values ($1, $2, $3, $4) on conflict do nothing",
        version_id,
        retired_by,
        reason,
        tx.now,
    )
    return added == 1


def _version(row: Record) -> RuleVersion:
    return RuleVersion(
        id=VersionId(row["id"]),
        name=row["name"],
        version=row["version"],
        brand_id=row["brand_id"],
        definition=row["definition"],
        digest=row["digest"],
        author=row["author"],
        reason=row["reason"],
        made_at=row["made_at"],
        state=row["state"],
        published_by=row["decided_by"],
        published_at=row["decided_at"],
    )
