"""Use cases of fairness: seed pairs that are committed, used, rotated and revealed.

The nonce of an active pair lives on the betting road (`betting.player_hot`), which alone consumes
it; `betting.api.seeds` and `road.rotate` are what a player's request calls. Nothing here returns
the server seed of a pair that is active or still to come, but for `active_seeds`, which only the
owner of the player's lane calls and which has no wire form.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fairhouse.fairness import rules, store
from fairhouse.fairness.beacons import QUICKNET
from fairhouse.fairness.beacons import verifies as beacon_verifies
from fairhouse.fairness.chains import (
    Chain,
    ChainSecret,
    chains,
    chains_by_id,
    commit_chain,
    new_chain,
    open_chain,
)
from fairhouse.fairness.codecs.receipts import COLUMNS, JSON_COLUMNS, canonical, signed_bytes
from fairhouse.fairness.ports import Beacon
from fairhouse.fairness.receipts import (
    ReceiptSigner,
    receipt_keys,
    receipt_signer,
    revoke_receipt_key,
    rotate_receipt_key,
)
from fairhouse.fairness.rules import check_client_seed, check_server_seed, commitment
from fairhouse.fairness.schemes.crash import ours as crash_point
from fairhouse.fairness.types import (
    ActiveSeeds,
    Rotation,
    SeedNotRevealed,
    SeedPair,
    SeedPairId,
    UnknownSeed,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

__all__ = [
    "COLUMNS",
    "JSON_COLUMNS",
    "QUICKNET",
    "Beacon",
    "Chain",
    "ChainSecret",
    "ReceiptSigner",
    "active_seeds",
    "beacon_verifies",
    "canonical",
    "chains",
    "chains_by_id",
    "check_client_seed",
    "check_server_seed",
    "commit_chain",
    "commitment",
    "crash_point",
    "current",
    "explain_pasted",
    "history",
    "new_chain",
    "open_chain",
    "pairs",
    "receipt_keys",
    "receipt_signer",
    "reveal",
    "revoke_receipt_key",
    "rotate",
    "rotate_receipt_key",
    "signed_bytes",
]

HISTORY_MAX = 100
"""Most pairs of one page."""


async def current(tx: Tx, *, sealer: Sealer, brand_id: int, player_id: UUID) -> SeedPair:
    """The player's active pair, made on first use together with the committed next one.

    `nonce` is 0 here: the road counts.
    """
    stored = await _ensure(tx, sealer, brand_id, player_id)
    return stored.pair


async def active_seeds(
    tx: Tx, *, sealer: Sealer, brand_id: int, player_ids: Sequence[UUID]
) -> dict[UUID, ActiveSeeds]:
    """The secret halves by player, for the owner of their lane; made on first use."""
    found = {one.pair.player_id: one for one in await store.active_pairs(tx, player_ids)}
    for player_id in sorted(set(player_ids) - set(found)):
        found[player_id] = await _ensure(tx, sealer, brand_id, player_id)
    return {player_id: _opened(one, sealer) for player_id, one in found.items()}


async def rotate(
    tx: Tx,
    *,
    sealer: Sealer,
    brand_id: int,
    player_id: UUID,
    nonces: int,
    client_seed: str | None = None,
) -> Rotation:
    """Reveal the active pair and promote the one committed beforehand, nonce 0.

    `nonces` is how many bets the old pair decided. Without `client_seed` the old one stays in use.
    Only betting calls this, inside the player's lane, when no round is open: it refuses with
    OpenRound before. Refuses with InvalidClientSeed.
    """
    # CHECK
    if client_seed is not None:
        rules.check_client_seed(client_seed)
    await store.lock_player(tx, player_id)
    before = await _ensure(tx, sealer, brand_id, player_id)
    # DECIDE
    chosen = before.pair.client_seed if client_seed is None else client_seed
    promoted = await store.next_pair(tx, player_id)
    # RECORD
    await store.reveal(tx, before.pair.id, nonces)
    await store.activate(tx, promoted, chosen)
    await store.commit_to(tx, brand_id, player_id, _new_seed(tx, sealer))
    after = await _ensure(tx, sealer, brand_id, player_id)
    revealed = (await pairs(tx, sealer=sealer, ids=[before.pair.id]))[before.pair.id]
    return Rotation(revealed, after.pair)


async def pairs(tx: Tx, *, sealer: Sealer, ids: Sequence[UUID]) -> dict[UUID, SeedPair]:
    """Pairs by id, for the bets that used them; the server seed only where it is revealed."""
    return {
        one.pair.id: _public(one, sealer) for one in await store.pairs_by_id(tx, list(set(ids)))
    }


async def history(
    tx: Tx, *, sealer: Sealer, player_id: UUID, before: UUID | None, limit: int
) -> list[SeedPair]:
    """The player's rotated pairs with their seeds revealed, newest first."""
    ids = await store.revealed_pairs(tx, player_id, before, min(limit, HISTORY_MAX))
    found = await pairs(tx, sealer=sealer, ids=ids)
    return [found[one] for one in ids]


async def reveal(tx: Tx, *, sealer: Sealer, server_seed_hash: str) -> SeedPair:
    """The seed behind a commitment, for anybody who has the hash.

    Refuses with UnknownSeed, and with SeedNotRevealed while the pair is in use or to come.
    """
    stored = await store.pair_by_hash(tx, server_seed_hash)
    if stored is None:
        raise UnknownSeed("No seed of ours has this hash.", param="server_seed_hash")
    if not stored.is_revealed:
        raise SeedNotRevealed(
            "This seed is not revealed yet: rotate the seed pair, then its seed is shown.",
            param="server_seed_hash",
        )
    return _public(stored, sealer)


async def explain_pasted(tx: Tx, *, text: str) -> None:
    """Refuses with SeedHashPasted when what was given as a server seed is a hash of ours."""
    if await store.pair_by_hash(tx, text.strip().lower()) is not None:
        raise rules.hash_pasted()


async def _ensure(tx: Tx, sealer: Sealer, brand_id: int, player_id: UUID) -> store.StoredPair:
    found = await store.active_pairs(tx, [player_id])
    if not found:
        await store.lock_player(tx, player_id)
        found = await store.active_pairs(tx, [player_id])
    if not found:
        first = _new_seed(tx, sealer)
        await store.commit_to(tx, brand_id, player_id, first)
        await store.activate(tx, first.id, sealer.entropy.draw(8).hex())
        await store.commit_to(tx, brand_id, player_id, _new_seed(tx, sealer))
        found = await store.active_pairs(tx, [player_id])
    return found[0]


def _new_seed(tx: Tx, sealer: Sealer) -> store.NewSeed:
    pair_id = SeedPairId(tx.new_id())
    server_seed = rules.server_seed_from(sealer.entropy.draw(rules.SERVER_SEED_BYTES))
    sealed = sealer.seal(server_seed.encode(), context=_context(pair_id))
    return store.NewSeed(pair_id, sealed, rules.commitment(server_seed))


def _context(pair_id: UUID) -> str:
    return f"fairness.seed_pair:{pair_id}"


def _unsealed(stored: store.StoredPair, sealer: Sealer) -> str:
    server_seed = sealer.open(stored.sealed, context=_context(stored.pair.id)).decode()
    assert rules.commitment(server_seed) == stored.pair.server_seed_hash
    return server_seed


def _opened(stored: store.StoredPair, sealer: Sealer) -> ActiveSeeds:
    pair = stored.pair
    return ActiveSeeds(
        pair.id, pair.player_id, _unsealed(stored, sealer), pair.server_seed_hash, pair.client_seed
    )


def _public(stored: store.StoredPair, sealer: Sealer) -> SeedPair:
    if not stored.is_revealed:
        return stored.pair
    return replace(stored.pair, server_seed=_unsealed(stored, sealer))
