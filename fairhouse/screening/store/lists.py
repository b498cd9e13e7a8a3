"""Versions of lists, and the addresses that stand on them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Record, Tx
from fairhouse.screening.types import (
    AddressHit,
    ListedAddress,
    ListedName,
    ListName,
    ListVersion,
    Topic,
)


async def newest(tx: Tx, list_: ListName) -> ListVersion | None:
    """The version in force; None: nothing was imported yet."""
    row = await tx.fetchrow(
        "select * from screening.list_version where list = $1"
        " order by published_on desc, imported_at desc limit 1",
        list_,
    )
    return _version(row) if row else None


async def versions(tx: Tx, *, limit: int) -> list[ListVersion]:
    """Every import, the newest first."""
    rows = await tx.fetch(
        "select * from screening.list_version order by imported_at desc, published_on desc"
        " limit $1",
        limit,
    )
    return [_version(row) for row in rows]


async def insert_version(tx: Tx, version: ListVersion) -> None:
    """A whole new state of a list."""
    await tx.execute(
        "insert into screening.list_version (id, list, version, published_on, sha256, is_fixture,"
        " addresses, parties, added, removed, imported_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        version.id,
        version.list,
        version.version,
        version.published_on,
        version.sha256,
        version.is_fixture,
        version.addresses,
        version.parties,
        version.added,
        version.removed,
        version.imported_at,
    )


async def canonical_in_force(tx: Tx, list_: ListName) -> set[str]:
    """Every address that a list names now."""
    rows = await tx.fetch(
        "select canonical from screening.listed_address where list = $1 and until is null", list_
    )
    return {row["canonical"] for row in rows}


async def replace_addresses(
    tx: Tx,
    list_: ListName,
    version_id: UUID,
    *,
    added: Sequence[ListedAddress],
    removed: Sequence[str],
) -> None:
    """With a version: what is new stands from it, what it leaves out stands until it."""
    await tx.execute(
        "update screening.listed_address set until = $2"
        " where list = $1 and until is null and canonical = any($3)",
        list_,
        version_id,
        list(removed),
    )
    await tx.executemany(
        "insert into screening.listed_address"
        " (list, canonical, since, published, tickers, party) values ($1, $2, $3, $4, $5, $6)",
        [
            (list_, one.canonical, version_id, one.published, list(one.tickers), one.party)
            for one in added
        ],
    )


async def fingerprints_in_force(tx: Tx, list_: ListName) -> set[bytes]:
    """Every entry of names that a list has now."""
    rows = await tx.fetch(
        "select fingerprint from screening.listed_name where list = $1 and until is null", list_
    )
    return {row["fingerprint"] for row in rows}


async def replace_names(
    tx: Tx,
    list_: ListName,
    version_id: UUID,
    *,
    added: Sequence[ListedName],
    removed: Sequence[bytes],
) -> None:
    """With a version, as for addresses."""
    await tx.execute(
        "update screening.listed_name set until = $2"
        " where list = $1 and until is null and fingerprint = any($3)",
        list_,
        version_id,
        list(removed),
    )
    await tx.executemany(
        "insert into screening.listed_name (list, fingerprint, party, name, is_weak, births,"
        " countries, topic, since) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            (
                list_,
                one.fingerprint,
                one.party,
                one.name,
                one.is_weak,
                [day for span in one.births for day in span],
                list(one.countries),
                one.topic,
                version_id,
            )
            for one in added
        ],
    )


async def names_in_force(tx: Tx) -> list[tuple[ListName, ListedName]]:
    """Every name of every list."""
    rows = await tx.fetch(
        "select * from screening.listed_name where until is null order by list, id"
    )
    return [(ListName(row["list"]), _name(row)) for row in rows]


async def last_import(tx: Tx) -> datetime | None:
    """When any list changed last."""
    return await tx.fetchval("select max(imported_at) from screening.list_version")


async def address_hit(tx: Tx, canonical: str) -> AddressHit | None:
    """The list that names an address now."""
    row = await tx.fetchrow(
        "select a.*, v.version from screening.listed_address a"
        " join screening.list_version v on v.id = a.since"
        " where a.canonical = $1 and a.until is null order by a.list limit 1",
        canonical,
    )
    return _hit(row) if row else None


def _name(row: Record) -> ListedName:
    days = row["births"]
    return ListedName(
        party=row["party"],
        name=row["name"],
        is_weak=row["is_weak"],
        births=tuple(zip(days[::2], days[1::2], strict=True)),
        countries=tuple(row["countries"]),
        topic=Topic(row["topic"]),
    )


def _hit(row: Record) -> AddressHit:
    address = ListedAddress(row["canonical"], row["published"], tuple(row["tickers"]), row["party"])
    return AddressHit(ListName(row["list"]), row["version"], address)


def _version(row: Record) -> ListVersion:
    return ListVersion(
        id=row["id"],
        list=ListName(row["list"]),
        version=row["version"],
        published_on=row["published_on"],
        sha256=row["sha256"],
        is_fixture=row["is_fixture"],
        addresses=row["addresses"],
        parties=row["parties"],
        added=row["added"],
        removed=row["removed"],
        imported_at=row["imported_at"],
    )
