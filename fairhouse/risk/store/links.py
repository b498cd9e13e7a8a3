"""Sightings, how many share what, and which accounts belong together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Record, Tx
from fairhouse.risk.types.links import Attribute, Cluster, LinkKind, Sighting


async def insert(tx: Tx, sightings: Sequence[Sighting]) -> list[Sighting]:
    """Those that are new; writers wait for each other."""
    if not sightings:
        return []
    await tx.lock("risk.observation")
    rows = await tx.fetch(
        "insert into risk.sighting (kind, value, player_id, brand_id, first_at)"
        " select distinct on (kind, value, player_id) kind, value, player_id, brand_id, first_at"
        " from unnest($1::text[], $2::bytea[], $3::uuid[], $4::integer[], $5::timestamptz[])"
        " as s (kind, value, player_id, brand_id, first_at)"
        " order by kind, value, player_id, first_at"
        " on conflict do nothing returning kind, value, player_id, brand_id, first_at",
        [one.attribute.kind.value for one in sightings],
        [one.attribute.value for one in sightings],
        [one.player_id for one in sightings],
        [one.brand_id for one in sightings],
        [one.first_at for one in sightings],
    )
    return [_sighting(row) for row in rows]


async def count_holders(tx: Tx, new: Sequence[Sighting]) -> Mapping[Attribute, int]:
    """Each of these is one more holder; how many there are now."""
    rows = await tx.fetch(
        "insert into risk.attribute as a (kind, value, holders)"
        " select kind, value, count(*) from unnest($1::text[], $2::bytea[]) as s (kind, value)"
        " group by kind, value order by kind, value"
        " on conflict (kind, value) do update set holders = a.holders + excluded.holders"
        " returning kind, value, holders",
        [one.attribute.kind.value for one in new],
        [one.attribute.value for one in new],
    )
    return {Attribute(LinkKind(row["kind"]), row["value"]): row["holders"] for row in rows}


async def holders_of(tx: Tx, attributes: Collection[Attribute]) -> set[UUID]:
    """Everybody who was seen with any of these, which are no hubs."""
    rows = await tx.fetch(
        "select distinct s.player_id from unnest($1::text[], $2::bytea[]) as a (kind, value)"
        " join risk.sighting s on s.kind = a.kind and s.value = a.value",
        [one.kind.value for one in attributes],
        [one.value for one in attributes],
    )
    return {row["player_id"] for row in rows}


async def neighbours(tx: Tx, players: Collection[UUID]) -> set[UUID]:
    """These and the members of their clusters."""
    rows = await tx.fetch(
        "select other.player_id from risk.cluster_member own"
        " join risk.cluster_member other on other.cluster_id = own.cluster_id"
        " where own.player_id = any($1::uuid[])",
        list(players),
    )
    return {*players, *(row["player_id"] for row in rows)}


async def sightings(
    tx: Tx, players: Collection[UUID]
) -> tuple[list[Sighting], Mapping[Attribute, int]]:
    """All of these players, and how many accounts everywhere share each."""
    rows = await tx.fetch(
        "select s.kind, s.value, s.player_id, s.brand_id, s.first_at, a.holders"
        " from risk.sighting s join risk.attribute a on a.kind = s.kind and a.value = s.value"
        " where s.player_id = any($1::uuid[])",
        list(players),
    )
    counts = {Attribute(LinkKind(row["kind"]), row["value"]): row["holders"] for row in rows}
    return [_sighting(row) for row in rows], counts


async def members(tx: Tx, players: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The cluster of each of these that has one."""
    rows = await tx.fetch(
        "select player_id, cluster_id from risk.cluster_member where player_id = any($1::uuid[])",
        list(players),
    )
    return {row["player_id"]: row["cluster_id"] for row in rows}


async def replace(
    tx: Tx, players: Collection[UUID], found: Sequence[Cluster], brands: Mapping[UUID, int]
) -> None:
    """What these players belong to from now on."""
    rows = [(one, cluster) for cluster in found for one in cluster.players]
    await tx.execute(
        "delete from risk.cluster_member where player_id = any($1::uuid[])", list(players)
    )
    await tx.execute(
        "insert into risk.cluster_member (player_id, cluster_id, brand_id, points, joined_at)"
        " select *, $5 from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])",
        [one for one, _ in rows],
        [cluster.players[0] for _, cluster in rows],
        [brands[one] for one, _ in rows],
        [cluster.points for _, cluster in rows],
        tx.now,
    )


async def largest(
    tx: Tx, brands: Sequence[int], limit: int
) -> list[tuple[UUID, int, int, datetime]]:
    """(cluster, accounts, points, newest change) of brands, the largest first."""
    rows = await tx.fetch(
        "select cluster_id, count(*) as n, max(points) as points, max(joined_at) as at"
        " from risk.cluster_member where brand_id = any($1::integer[])"
        " group by cluster_id order by n desc, at desc limit $2",
        list(brands),
        limit,
    )
    return [(row["cluster_id"], row["n"], row["points"], row["at"]) for row in rows]


def _sighting(row: Record) -> Sighting:
    return Sighting(
        Attribute(LinkKind(row["kind"]), row["value"]),
        row["player_id"],
        row["brand_id"],
        row["first_at"],
    )
