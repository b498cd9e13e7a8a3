"""Accounts that belong together, kept up with every observation.

Only the neighbourhood of what is new is looked at: the holders of an attribute (bounded, hubs join
nobody) and the clusters they are in.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.links import HOLDERS_MAX, clusters, sightings_of
from fairhouse.risk.store import links as store
from fairhouse.risk.types.links import Cluster, Sighting
from fairhouse.risk.types.observations import Kind, Observation

NEIGHBOURS_MAX: Final = 2_000


async def link(tx: Tx, facts: Sequence[Observation]) -> list[Observation]:
    """What the facts show of their players; an observation for each whose cluster changed."""
    shown = [sighting for fact in facts for sighting in sightings_of(fact)]
    new = await store.insert(tx, shown)
    if not new:
        return []
    counts = await store.count_holders(tx, new)
    # One more than a hub's bound is looked at once: then its links end.
    useful = [one for one, n in counts.items() if 1 < n <= HOLDERS_MAX[one.kind] + 1]
    if not useful:
        return []
    around = await store.neighbours(tx, await store.holders_of(tx, useful))
    near = set(sorted(around)[:NEIGHBOURS_MAX])
    return await _look_again(tx, near, new)


async def _look_again(tx: Tx, near: set[UUID], new: Sequence[Sighting]) -> list[Observation]:
    known, holders = await store.sightings(tx, near)
    before = await _sizes(tx, near)
    found = clusters(known, holders)
    brands = {one.player_id: one.brand_id for one in known}
    await store.replace(tx, near, found, brands)
    at = max(one.first_at for one in new)
    sizes = {one: cluster for cluster in found for one in cluster.players}
    return [
        _observation(player, brands[player], at, sizes.get(player), tx.new_id())
        for player in sorted(near)
        if before.get(player, 1) != (len(sizes[player].players) if player in sizes else 1)
    ]


async def _sizes(tx: Tx, players: set[UUID]) -> dict[UUID, int]:
    of = await store.members(tx, players)
    counted = [*of.values()]
    return {player: counted.count(cluster) for player, cluster in of.items()}


def _observation(
    player: UUID, brand_id: int, at: datetime, cluster: Cluster | None, id_: UUID
) -> Observation:
    return Observation(
        key=f"link:{id_}",
        kind=Kind.LINK,
        at=at,
        brand_id=brand_id,
        player_id=player,
        value=len(cluster.players) if cluster else 1,
        moved=cluster.points if cluster else 0,
    )


async def cluster_of(tx: Tx, player_id: UUID) -> Cluster | None:
    """With its links and their reasons; None when the account stands alone."""
    near = await store.neighbours(tx, [player_id])
    known, holders = await store.sightings(tx, near)
    found = clusters(known, holders)
    return next((one for one in found if player_id in one.players), None)
