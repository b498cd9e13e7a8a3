"""All SQL of fairness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fairhouse.fairness.types import SeedPair, SeedPairId
from fairhouse.platform.database import Record, Tx

_PAIR: Final = """
    select p.id, p.player_id, p.server_seed_hash, p.client_seed, p.nonces, p.server_seed_sealed,
           p.state, p.activated_at, p.rotated_at, n.server_seed_hash as next_hash
    from fairness.seed_pair p
    left join fairness.seed_pair n
        on n.player_id = p.player_id and n.state = 'next' and p.state = 'active'
"""


@dataclass(frozen=True, slots=True, repr=False)
class StoredPair:
    """A pair with its seed still sealed."""

    pair: SeedPair
    sealed: bytes
    is_revealed: bool


@dataclass(frozen=True, slots=True, repr=False)
class NewSeed:
    """A server seed that is about to be committed to."""

    id: SeedPairId
    sealed: bytes
    server_seed_hash: str


async def lock_player(tx: Tx, player_id: UUID) -> None:
    """One rotation or first pair of a player at a time."""
    await tx.lock("fairness", player_id)


async def active_pairs(tx: Tx, player_ids: Sequence[UUID]) -> list[StoredPair]:
    """The active pairs of these players; players without one are left out."""
    rows = await tx.fetch(
        f"{_PAIR} where p.player_id = any($1::uuid[]) and p.state = 'active'", player_ids
    )
    return [_stored(row) for row in rows]


async def next_pair(tx: Tx, player_id: UUID) -> SeedPairId:
    """The pair that waits committed."""
    found = await tx.fetchval(
        "select id from fairness.seed_pair where player_id = $1 and state = 'next'", player_id
    )
    assert found is not None, "an active pair always has a next one beside it"
    return SeedPairId(found)


async def pairs_by_id(tx: Tx, ids: Sequence[UUID]) -> list[StoredPair]:
    """Any pairs that were in use, by id."""
    rows = await tx.fetch(f"{_PAIR} where p.id = any($1::uuid[]) and p.state <> 'next'", ids)
    return [_stored(row) for row in rows]


async def pair_by_hash(tx: Tx, server_seed_hash: str) -> StoredPair | None:
    """The pair that committed to this hash, in use or not."""
    row = await tx.fetchrow(f"{_PAIR} where p.server_seed_hash = $1", server_seed_hash)
    return _stored(row) if row else None


async def revealed_pairs(tx: Tx, player_id: UUID, before: UUID | None, limit: int) -> list[UUID]:
    """Ids of a player's rotated pairs, newest first."""
    rows = await tx.fetch(
        """
        select id from fairness.seed_pair
        where player_id = $1 and state = 'revealed'
          and ($2::uuid is null or (rotated_at, id) < (
              select rotated_at, id from fairness.seed_pair where id = $2 and player_id = $1))
        order by rotated_at desc, id desc limit $3
        """,
        player_id,
        before,
        limit,
    )
    return [row["id"] for row in rows]


async def commit_to(tx: Tx, brand_id: int, player_id: UUID, seed: NewSeed) -> None:
    """Store a seed as the player's next one: from here on it cannot be swapped."""
    await tx.execute(
        """
        insert into fairness.seed_pair
            (id, brand_id, player_id, server_seed_sealed, server_seed_hash, state, created_at)
        values ($1, $2, $3, $4, $5, 'next', $6)
        """,
        seed.id,
        brand_id,
        player_id,
        seed.sealed,
        seed.server_seed_hash,
        tx.now,
    )


async def activate(tx: Tx, pair_id: UUID, client_seed: str) -> None:
    """The next pair takes over with its client seed."""
    touched = await tx.execute(
        """
        update fairness.seed_pair set state = 'active', client_seed = $2, activated_at = $3
        where id = $1 and state = 'next'
        """,
        pair_id,
        client_seed,
        tx.now,
    )
    assert touched == 1


async def reveal(tx: Tx, pair_id: UUID, nonces: int) -> None:
    """Close an active pair: its seed may be told from now on."""
    touched = await tx.execute(
        """
        update fairness.seed_pair set state = 'revealed', nonces = $2, rotated_at = $3
        where id = $1 and state = 'active'
        """,
        pair_id,
        nonces,
        tx.now,
    )
    assert touched == 1


def _stored(row: Record) -> StoredPair:
    pair = SeedPair(
        id=SeedPairId(row["id"]),
        player_id=row["player_id"],
        server_seed_hash=row["server_seed_hash"],
        client_seed=row["client_seed"] or "",
        nonce=row["nonces"] or 0,
        next_server_seed_hash=row["next_hash"],
        server_seed=None,
        created_at=row["activated_at"] or row["rotated_at"],
        rotated_at=row["rotated_at"],
    )
    return StoredPair(pair, row["server_seed_sealed"], row["state"] == "revealed")
