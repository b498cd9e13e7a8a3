"""Seed pairs on a real database: committed, used, rotated, revealed, and never otherwise."""

import os

import asyncpg
import pytest

from fairhouse.fairness import api, rules
from fairhouse.fairness.types import InvalidClientSeed, SeedHashPasted, SeedNotRevealed, UnknownSeed
from fairhouse.kernel.ids import uuid7
from fairhouse.platform.crypto import SealBroken, Sealer

SEALER = Sealer({1: bytes(range(32))})
PLAYER = uuid7(1_767_000_000_000, bytes(10))


async def current(db):
    async with db.tx() as tx:
        return await api.current(tx, sealer=SEALER, brand_id=1, player_id=PLAYER)


async def rotate(db, nonces, client_seed=None):
    async with db.tx() as tx:
        return await api.rotate(
            tx,
            sealer=SEALER,
            brand_id=1,
            player_id=PLAYER,
            nonces=nonces,
            client_seed=client_seed,
        )


async def test_first_use_commits_to_two_seeds_and_tells_none(db):
    pair = await current(db)

    assert pair == await current(db)
    assert pair.server_seed is None
    assert pair.next_server_seed_hash not in {None, pair.server_seed_hash}


async def test_rotation_promotes_the_seed_committed_beforehand_and_reveals_the_old_one(db, clock):
    before = await current(db)
    clock.advance(minutes=1)
    rotation = await rotate(db, 7, "my own seed")

    assert rules.commitment(rotation.revealed.server_seed or "") == before.server_seed_hash
    assert rotation.revealed.nonce == 7
    assert rotation.revealed.client_seed == before.client_seed
    assert rotation.active.server_seed_hash == before.next_server_seed_hash
    assert rotation.active.client_seed == "my own seed"
    assert rotation.active.server_seed is None
    assert rotation.active.next_server_seed_hash is not None


async def test_history_shows_revealed_pairs_newest_first(db, clock):
    hashes = []
    for _ in range(3):
        clock.advance(minutes=1)
        hashes.insert(0, (await rotate(db, 0)).revealed.server_seed_hash)
    async with db.read() as tx:
        newest = await api.history(tx, sealer=SEALER, player_id=PLAYER, before=None, limit=2)
        rest = await api.history(tx, sealer=SEALER, player_id=PLAYER, before=newest[-1].id, limit=2)

    assert hashes == [pair.server_seed_hash for pair in newest + rest]


async def test_an_active_or_coming_seed_is_revealed_to_nobody(db):
    pair = await current(db)
    async with db.read() as tx:
        for hash_ in (pair.server_seed_hash, pair.next_server_seed_hash):
            with pytest.raises(SeedNotRevealed):
                await api.reveal(tx, sealer=SEALER, server_seed_hash=hash_ or "")
        with pytest.raises(UnknownSeed):
            await api.reveal(tx, sealer=SEALER, server_seed_hash="0" * 64)
    revealed = (await rotate(db, 0)).revealed
    async with db.read() as tx:
        assert revealed == await api.reveal(
            tx, sealer=SEALER, server_seed_hash=pair.server_seed_hash
        )


async def test_a_pasted_hash_is_recognised(db):
    pair = await current(db)
    async with db.read() as tx:
        with pytest.raises(SeedHashPasted):
            await api.explain_pasted(tx, text=pair.server_seed_hash)
        await api.explain_pasted(tx, text="ab" * 32)
    with pytest.raises(SeedHashPasted):
        rules.check_server_seed(pair.server_seed_hash, expected_hash=pair.server_seed_hash)


async def test_a_bad_client_seed_changes_nothing(db):
    pair = await current(db)
    for text in ("", "x" * 65, "line\nbreak", "\ud800"):
        with pytest.raises(InvalidClientSeed):
            await rotate(db, 0, text)

    assert pair == await current(db)


@pytest.mark.parametrize(
    "attack",
    [
        "update fairness.seed_pair set server_seed_hash = repeat('0', 64)",
        "update fairness.seed_pair set server_seed_sealed = ''",
        "update fairness.seed_pair set client_seed = 'better' where state = 'active'",
        "update fairness.seed_pair set state = 'active', nonces = null, rotated_at = null",
        "delete from fairness.seed_pair",
        "truncate fairness.seed_pair",
    ],
)
async def test_a_commitment_cannot_be_swapped_by_the_application_role(db, attack):
    await rotate(db, 0)
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
        async with db.tx() as tx:
            await tx.execute(attack)


async def test_seeds_are_sealed_at_rest_and_bound_to_their_row(db, owner_db):
    await current(db)
    async with owner_db.tx() as tx:
        rows = await tx.fetch("select server_seed_sealed, server_seed_hash from fairness.seed_pair")
        for row in rows:
            for other in rows:
                assert other["server_seed_hash"].encode() not in row["server_seed_sealed"]
        await tx.execute(
            "update fairness.seed_pair a set server_seed_sealed = b.server_seed_sealed,"
            " state = 'revealed', nonces = 0, rotated_at = now() from fairness.seed_pair b"
            " where a.state = 'active' and b.state = 'next'"
        )
    async with db.tx() as tx:
        with pytest.raises(SealBroken):
            await api.reveal(tx, sealer=SEALER, server_seed_hash=await _active_hash(tx))


async def _active_hash(tx):
    return await tx.fetchval(
        "select server_seed_hash from fairness.seed_pair where state = 'revealed'"
    )


def test_server_seeds_come_from_the_operating_system():
    seeds = {rules.server_seed_from(os.urandom(32)) for _ in range(100)}

    assert len(seeds) == 100
    assert all(len(seed) == 64 for seed in seeds)
