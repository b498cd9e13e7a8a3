"""Hash chains: made once from a sealed seed, their end published, revealed from the end backwards.

Game n of a chain has the hash c(n); c(n - 1) is the SHA-256 of c(n)'s bytes, c(length) the seed and
c(0) the end, which is published when the chain is committed, before its first game. Revealing c(n)
after game n proves that it was fixed from the beginning, and tells nothing of c(n + 1).

Every 1,000th hash is kept, sealed like the seed: any hash of a million is at most 999 steps away.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.fairness import store_chains as store
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

STRIDE: Final = 1_000
LENGTH: Final = 1_000_000
"""Games of a chain: about nine months of a game every 24 seconds; then the next chain begins,
committed long before. Takes half a second to make and 32 KB to keep."""
LENGTH_MAX: Final = 10_000_000
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Chain:
    """What everybody may know of a chain."""

    id: UUID
    purpose: str
    """The game that it is for."""
    length: int
    end_hash: str
    """c(0), lower-case hexadecimal."""
    committed_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ChainSecret:
    """The hashes to come, as the one process that needs them holds them; has no repr."""

    length: int
    kept: bytes
    """c(0), c(STRIDE), c(2 * STRIDE), … and last the seed, 32 bytes each."""

    def hash_of(self, number: int) -> bytes:
        """c(number): secret until game `number` is over. 0 is the published end."""
        assert 0 <= number <= self.length, "the chain has no such game"
        place = -(-number // STRIDE)
        found = self.kept[place * _HASH : (place + 1) * _HASH]
        for _ in range(min(place * STRIDE, self.length) - number):
            found = hashlib.sha256(found).digest()
        return found


def make(seed: bytes, length: int) -> ChainSecret:
    """Hash from the seed to the end; a second of work for two million games."""
    assert len(seed) == _HASH
    assert 0 < length <= LENGTH_MAX
    kept = [seed]
    found, sha256 = seed, hashlib.sha256
    for number in range(length - 1, -1, -1):
        found = sha256(found).digest()
        if number % STRIDE == 0:
            kept.append(found)
    return ChainSecret(length, b"".join(reversed(kept)))


def new_chain(length: int = LENGTH, *, entropy: Callable[[int], bytes] = os.urandom) -> ChainSecret:
    """A chain from fresh entropy, not committed to yet."""
    return make(entropy(_HASH), length)


async def commit_chain(tx: Tx, *, sealer: Sealer, purpose: str, made: ChainSecret) -> Chain:
    """Publish a chain's end and seal its secret: from here on no hash of it can be swapped."""
    chain_id = tx.new_id()
    stored = store.StoredChain(
        id=chain_id,
        purpose=purpose,
        length=made.length,
        end_hash=made.hash_of(0).hex(),
        committed_at=tx.now,
        sealed=sealer.seal(made.kept, context=_context(chain_id)),
    )
    await store.add_chain(tx, stored)
    return _public(stored)


async def chains(tx: Tx, *, purpose: str) -> list[Chain]:
    """The committed chains of a game, in the order in which they are used."""
    return [_public(one) for one in await store.chains(tx, purpose)]


async def chains_by_id(tx: Tx, *, ids: Sequence[UUID]) -> dict[UUID, Chain]:
    """Chains by id; unknown ids are left out."""
    return {one.id: _public(one) for one in await store.chains_by_id(tx, list(ids))}


async def open_chain(tx: Tx, *, sealer: Sealer, chain_id: UUID) -> ChainSecret:
    """The secret of a chain, for the process that runs its games; it has no wire form."""
    found = (await store.chains_by_id(tx, [chain_id]))[0]
    secret = ChainSecret(found.length, sealer.open(found.sealed, context=_context(chain_id)))
    assert secret.hash_of(0).hex() == found.end_hash
    return secret


def _context(chain_id: UUID) -> str:
    return f"fairness.chain:{chain_id}"


def _public(found: store.StoredChain) -> Chain:
    return Chain(found.id, found.purpose, found.length, found.end_hash, found.committed_at)
