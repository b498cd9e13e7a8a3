"""Accounts that belong together, and why."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.engine import linking
from fairhouse.risk.store import links
from fairhouse.risk.types.links import Cluster


async def cluster_of(tx: Tx, *, player_id: UUID) -> Cluster | None:
    """The accounts a player belongs to, with links and reasons; None: the account is alone."""
    return await linking.cluster_of(tx, player_id)


async def largest_clusters(
    tx: Tx, *, brands: Sequence[int], limit: int = 50
) -> list[tuple[UUID, int, int, datetime]]:
    """(first player, accounts, points, newest change), the largest first."""
    return await links.largest(tx, brands, limit)
