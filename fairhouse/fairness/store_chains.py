"""All SQL of hash chains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Record, Tx


@dataclass(frozen=True, slots=True, repr=False)
class StoredChain:
    """A chain with its secret still sealed."""

    id: UUID
    purpose: str
    length: int
    end_hash: str
    committed_at: datetime
    sealed: bytes


async def add_chain(tx: Tx, chain: StoredChain) -> None:
    """Commit to a chain, for good."""
    await tx.execute(
        """
        insert into fairness.chain (id, purpose, length, end_hash, committed_at, sealed)
        values ($1, $2, $3, $4, $5, $6)
        """,
        chain.id,
        chain.purpose,
        chain.length,
        chain.end_hash,
        chain.committed_at,
        chain.sealed,
    )


async def chains(tx: Tx, purpose: str) -> list[StoredChain]:
    """The chains of a game, the oldest first."""
    rows = await tx.fetch(
        "select * from fairness.chain where purpose = $1 order by committed_at, id", purpose
    )
    return [_chain(row) for row in rows]


async def chains_by_id(tx: Tx, ids: Sequence[UUID]) -> list[StoredChain]:
    """Chains by id."""
    rows = await tx.fetch("select * from fairness.chain where id = any($1::uuid[])", ids)
    return [_chain(row) for row in rows]


def _chain(row: Record) -> StoredChain:
    return StoredChain(**dict(row.items()))
