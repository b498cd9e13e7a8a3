"""Hash chains: every hash of them leads to the end that was published first."""

import hashlib
import itertools
from uuid import UUID

import asyncpg
import pytest

from fairhouse.fairness import chains
from fairhouse.platform.crypto import SealBroken, Sealer
from tests.flows.betting_kit import SEALER


def test_every_hash_is_the_next_ones_sha256():
    made = chains.make(bytes(range(32)), 2_345)
    hashes = [made.hash_of(number) for number in range(2_346)]

    assert bytes(range(32)) == hashes[2_345]
    for before, after in itertools.pairwise(hashes):
        assert before == hashlib.sha256(after).digest()
    assert 4 * 32 == len(made.kept)


@pytest.mark.parametrize("length", [1, 999, 1_000, 1_001, 2_000])
def test_lengths_around_the_stride(length):
    made = chains.make(bytes(32), length)
    end = bytes(32)
    for _ in range(length):
        end = hashlib.sha256(end).digest()

    assert (end, bytes(32)) == (made.hash_of(0), made.hash_of(length))
    with pytest.raises(AssertionError):
        made.hash_of(length + 1)


async def test_a_committed_chain_opens_again_and_cannot_be_swapped(db):
    made = chains.new_chain(3_000)
    async with db.tx() as tx:
        chain = await chains.commit_chain(tx, sealer=SEALER, purpose="crash", made=made)
    async with db.tx() as tx:
        opened = await chains.open_chain(tx, sealer=SEALER, chain_id=chain.id)
        assert [chain] == await chains.chains(tx, purpose="crash")
        assert [] == await chains.chains(tx, purpose="slide")
        assert {chain.id: chain} == await chains.chains_by_id(tx, ids=[chain.id, UUID(int=1)])
        assert chain.end_hash == opened.hash_of(0).hex()
        assert made.hash_of(1_234) == opened.hash_of(1_234)
    with pytest.raises(SealBroken):
        async with db.tx() as tx:
            await chains.open_chain(tx, sealer=Sealer({1: bytes(32)}), chain_id=chain.id)
    for sin in ("update fairness.chain set end_hash = 'x'", "delete from fairness.chain"):
        with pytest.raises(asyncpg.PostgresError):
            async with db.tx() as tx:
                await tx.execute(sin)
    assert "kept" not in repr(opened)
