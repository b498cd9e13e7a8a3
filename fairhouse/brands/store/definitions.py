"""All SQL of brands and jurisdictions as data: append-only, the newest version is in force."""

from collections.abc import Sequence

from fairhouse.brands import codecs
from fairhouse.brands.types import (
    Brand,
    BrandDefinition,
    BrandId,
    DefinitionVersion,
    Jurisdiction,
    JurisdictionVersion,
)
from fairhouse.platform.database import Record, Tx

_COLUMNS = "brand_id, version, definition::text, actor, reason, made_at"


async def lock(tx: Tx) -> None:
    """One change of brands or jurisdictions at a time: domains are unique over all of them."""
    await tx.lock("brands.definition", "all")


async def revision(tx: Tx) -> tuple[int, int]:
    """Moves with every new version: the tables only grow."""
    row = await tx.fetchrow(
        "select (select count(*) from brands.definition) as brands,"
        " (select count(*) from brands.jurisdiction) as rules"
    )
    assert row is not None
    return int(row["brands"]), int(row["rules"])


async def newest(tx: Tx) -> list[DefinitionVersion]:
    """Every brand's version in force."""
    rows = await tx.fetch(
        f"select distinct on (brand_id) {_COLUMNS} from brands.definition"
        " order by brand_id, version desc"
    )
    return [_version(row) for row in rows]


async def history(tx: Tx, brand_id: BrandId) -> list[DefinitionVersion]:
    """All versions, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from brands.definition where brand_id = $1 order by version desc",
        brand_id,
    )
    return [_version(row) for row in rows]


async def newest_jurisdictions(tx: Tx) -> list[Jurisdiction]:
    """Every jurisdiction's newest stored version."""
    rows = await tx.fetch(
        "select distinct on (code) definition::text from brands.jurisdiction"
        " order by code, version desc"
    )
    return [codecs.stored(row["definition"], Jurisdiction) for row in rows]


async def jurisdiction_history(tx: Tx, code: str) -> list[JurisdictionVersion]:
    """All stored versions, the newest first."""
    rows = await tx.fetch(
        "select definition::text, actor, reason, made_at from brands.jurisdiction"
        " where code = $1 order by version desc",
        code,
    )
    return [
        JurisdictionVersion(
            codecs.stored(row["definition"], Jurisdiction),
            row["actor"],
            row["reason"],
            row["made_at"],
        )
        for row in rows
    ]


async def add_brand(tx: Tx, slug: str) -> BrandId:
    """The next id. The caller holds the lock."""
    row = await tx.fetchrow(
        "insert into brands.brand (id, slug) select max(id) + 1, $1 from brands.brand returning id",
        slug,
    )
    assert row is not None
    return BrandId(row["id"])


async def add(tx: Tx, line: DefinitionVersion) -> bool:
    """False when this version is there already."""
    count = await tx.execute(
        "insert into brands.definition (brand_id, version, definition, actor, reason, made_at)"
        " values ($1, $2, $3::text::jsonb, $4, $5, $6) on conflict do nothing",
        line.brand_id,
        line.version,
        codecs.encode(line.definition),
        line.actor,
        line.reason,
        line.made_at,
    )
    return count == 1


async def add_jurisdiction(tx: Tx, line: JurisdictionVersion) -> bool:
    """False when this version is there already."""
    rules = line.jurisdiction
    count = await tx.execute(
        "insert into brands.jurisdiction (code, version, definition, actor, reason, made_at)"
        " values ($1, $2, $3::text::jsonb, $4, $5, $6) on conflict do nothing",
        rules.code,
        rules.version,
        codecs.encode(rules),
        line.actor,
        line.reason,
        line.made_at,
    )
    return count == 1


async def ids_and_slugs(tx: Tx) -> list[tuple[BrandId, str]]:
    """Every brand that other tables may refer to."""
    rows = await tx.fetch("select id, slug from brands.brand order by id")
    return [(BrandId(row["id"]), row["slug"]) for row in rows]


async def missing(tx: Tx, brands: Sequence[Brand]) -> list[Brand]:
    """Those whose version is not stored."""
    rows = await tx.fetch("select brand_id, version from brands.definition")
    known = {(row["brand_id"], row["version"]) for row in rows}
    return [item for item in brands if (item.id, item.version) not in known]


async def missing_jurisdictions(tx: Tx, rules: Sequence[Jurisdiction]) -> list[Jurisdiction]:
    """Those whose version is not stored."""
    rows = await tx.fetch("select code, version from brands.jurisdiction")
    known = {(row["code"], row["version"]) for row in rows}
    return [one for one in rules if (one.code, one.version) not in known]


def _version(row: Record) -> DefinitionVersion:
    return DefinitionVersion(
        brand_id=BrandId(row["brand_id"]),
        version=row["version"],
        definition=codecs.stored(row["definition"], BrandDefinition),
        actor=row["actor"],
        reason=row["reason"],
        made_at=row["made_at"],
    )
