"""People, what counts of their money, what they were told."""

from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.kyc.types import Totals
from fairhouse.platform.database import Tx


async def save_person(
    tx: Tx, player_id: PlayerId, *, brand_id: int, sealed: bytes, index: bytes, is_pep: bool
) -> None:
    """New details; a verification of older ones is none of these."""
    await tx.execute(
        "insert into kyc.person (player_id, brand_id, sealed, person_index, is_pep, updated_at)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (player_id) do update set sealed = $3,"
        " person_index = $4, is_pep = $5, updated_at = $6, verified_at = null",
        player_id,
        brand_id,
        sealed,
        index,
        is_pep,
        tx.now,
    )


async def person(tx: Tx, player_id: PlayerId) -> tuple[bytes, bool, int] | None:
    """(sealed details, politically exposed, brand)."""
    row = await tx.fetchrow(
        "select sealed, is_pep, brand_id from kyc.person where player_id = $1", player_id
    )
    return (row["sealed"], row["is_pep"], row["brand_id"]) if row else None


async def verified_twin(tx: Tx, *, brand_id: int, index: bytes, but: PlayerId) -> PlayerId | None:
    """Another account of the brand whose person is verified to be the same."""
    found = await tx.fetchval(
        "select player_id from kyc.person where brand_id = $1 and person_index = $2"
        " and verified_at is not null and player_id <> $3",
        brand_id,
        index,
        but,
    )
    return PlayerId(found) if found else None


async def index_of(tx: Tx, player_id: PlayerId) -> bytes | None:
    """The blind index of a person."""
    return await tx.fetchval("select person_index from kyc.person where player_id = $1", player_id)


async def set_verified(tx: Tx, player_id: PlayerId) -> None:
    """Identity is proven; the database holds it once per brand."""
    await tx.execute(
        "update kyc.person set verified_at = $2 where player_id = $1", player_id, tx.now
    )


async def count(
    tx: Tx, *, ref: UUID, kind: str, player_id: PlayerId, brand_id: int, value: int
) -> bool:
    """A movement counts once; one that was taken back and came again counts again."""
    return bool(
        await tx.execute(
            "insert into kyc.counted as c (ref, kind, player_id, brand_id, value, at)"
            " values ($1, $2, $3, $4, $5, $6) on conflict (ref) do update"
            " set reversed_at = null, value = $5 where c.reversed_at is not null",
            ref,
            kind,
            player_id,
            brand_id,
            value,
            tx.now,
        )
    )


async def reverse(tx: Tx, ref: UUID) -> None:
    """It did not happen after all."""
    await tx.execute(
        "update kyc.counted set reversed_at = $2 where ref = $1 and reversed_at is null",
        ref,
        tx.now,
    )


async def totals(tx: Tx, player_id: PlayerId, *, without: UUID | None = None) -> Totals:
    """All that counts."""
    row = await tx.fetchrow(
        "select coalesce(sum(value) filter (where kind = 'deposit'), 0)::bigint d,"
        " coalesce(sum(value) filter (where kind = 'withdrawal'), 0)::bigint w,"
        " min(at) filter (where kind = 'deposit') first"
        " from kyc.counted where player_id = $1 and reversed_at is null"
        " and ref is distinct from $2",
        player_id,
        without,
    )
    assert row is not None
    return Totals(row["d"], row["w"], row["first"])


async def accept_disclosure(tx: Tx, player_id: PlayerId, version: str) -> None:
    """Told, and understood; the first time counts."""
    await tx.execute(
        "insert into kyc.disclosure (player_id, version, accepted_at) values ($1, $2, $3)"
        " on conflict do nothing",
        player_id,
        version,
        tx.now,
    )


async def disclosure(tx: Tx, player_id: PlayerId) -> str | None:
    """The newest version that a player accepted."""
    return await tx.fetchval(
        "select version from kyc.disclosure where player_id = $1"
        " order by accepted_at desc, version desc limit 1",
        player_id,
    )
