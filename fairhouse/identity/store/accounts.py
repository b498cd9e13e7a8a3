"""What becomes of accounts: closed, dormant; phrases, referrals, addresses."""

from datetime import datetime
from uuid import UUID

import asyncpg

from fairhouse.identity.types import AddressId, BookEntry, Closure, PlayerId
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Record, Tx


async def close(tx: Tx, player_id: PlayerId, closure: Closure) -> None:
    await tx.execute(
        """update identity.player
           set closed_at = coalesce(closed_at, $2), closure = $3 where id = $1""",
        player_id,
        tx.now,
        closure,
    )


async def asleep(tx: Tx, *, brand_id: int, since: datetime, limit: int) -> list[PlayerId]:
    """Registered players of whom nobody was told and who were last here before `since`."""
    rows = await tx.fetch(
        """select p.id from identity.player p
           where p.brand_id = $1 and p.kind = 'registered' and p.erased_at is null
             and p.dormant_at is null and p.dormant_noticed_at is null
             and coalesce(p.last_login_at, p.created_at) < $2
             and not exists (
                 select from identity.session s where s.player_id = p.id and s.last_seen_at >= $2
             )
           order by p.last_login_at limit $3 for no key update of p skip locked""",
        brand_id,
        since,
        limit,
    )
    return [PlayerId(row["id"]) for row in rows]


async def notice_dormancy(tx: Tx, player_id: PlayerId) -> None:
    await tx.execute(
        "update identity.player set dormant_noticed_at = $2 where id = $1", player_id, tx.now
    )


async def make_dormant(
    tx: Tx, *, brand_id: int, since: datetime, noticed_before: datetime, limit: int
) -> list[PlayerId]:
    """Those who were told long enough ago, and did not come."""
    rows = await tx.fetch(
        """update identity.player set dormant_at = $5 where id in (
               select p.id from identity.player p
               where p.brand_id = $1 and p.dormant_at is null and p.dormant_noticed_at <= $3
                 and coalesce(p.last_login_at, p.created_at) < $2
               order by p.dormant_noticed_at limit $4 for no key update of p skip locked
           ) returning id""",
        brand_id,
        since,
        noticed_before,
        limit,
        tx.now,
    )
    return [PlayerId(row["id"]) for row in rows]


async def set_phrase(tx: Tx, player_id: PlayerId, sealed_phrase: bytes | None) -> None:
    await tx.execute(
        "update identity.player set sealed_phrase = $2 where id = $1", player_id, sealed_phrase
    )


async def referral_code(tx: Tx, player_id: PlayerId) -> str | None:
    found: str | None = await tx.fetchval(
        "select referral_code from identity.player where id = $1", player_id
    )
    return found


async def set_referral_code(tx: Tx, player_id: PlayerId, code: str) -> bool:
    """False when somebody of the brand has it."""
    try:
        async with tx.savepoint():
            await tx.execute(
                "update identity.player set referral_code = $2 where id = $1", player_id, code
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def has_referral_code(tx: Tx, *, brand_id: int, code: str) -> bool:
    found: bool = await tx.fetchval(
        """select exists (
               select from identity.player where brand_id = $1 and referral_code = $2
           )""",
        brand_id,
        code,
    )
    return found


async def set_referrer(tx: Tx, player_id: PlayerId, *, brand_id: int, code: str) -> None:
    """Nobody refers themselves."""
    await tx.execute(
        """update identity.player p set referred_by = r.id from identity.player r
           where p.id = $1 and r.brand_id = $2 and r.referral_code = $3 and r.id <> p.id""",
        player_id,
        brand_id,
        code,
    )


async def referred_by(tx: Tx, player_id: PlayerId) -> PlayerId | None:
    found: UUID | None = await tx.fetchval(
        "select referred_by from identity.player where id = $1", player_id
    )
    return PlayerId(found) if found else None


async def whitelist(tx: Tx, player_id: PlayerId) -> tuple[bool, datetime | None]:
    """Whether it is on, and from when on it will be off."""
    row = await tx.fetchrow(
        "select whitelist_on, whitelist_off_at from identity.player where id = $1", player_id
    )
    assert row is not None
    off_at: datetime | None = row["whitelist_off_at"]
    is_on = row["whitelist_on"] and (off_at is None or tx.now < off_at)
    return is_on, off_at if is_on else None


async def set_whitelist(
    tx: Tx, player_id: PlayerId, *, is_on: bool, off_at: datetime | None
) -> None:
    await tx.execute(
        "update identity.player set whitelist_on = $2, whitelist_off_at = $3 where id = $1",
        player_id,
        is_on,
        off_at,
    )


def _entry(row: Record) -> tuple[BookEntry, bytes]:
    entry = BookEntry(
        id=AddressId(row["id"]),
        chain=row["chain"],
        address=row["address"],
        label="",
        created_at=row["created_at"],
        usable_at=row["usable_at"],
    )
    return entry, row["sealed_label"]


async def addresses(tx: Tx, player_id: PlayerId) -> list[tuple[BookEntry, bytes]]:
    """With their labels, sealed."""
    rows = await tx.fetch(
        "select * from identity.address where player_id = $1 order by created_at, id", player_id
    )
    return [_entry(row) for row in rows]


async def insert_address(
    tx: Tx, player_id: PlayerId, entry: BookEntry, *, brand_id: int, sealed_label: bytes
) -> None:
    """Refuses with Malformed (address) when it is listed already."""
    touched = await tx.execute(
        """insert into identity.address
               (id, brand_id, player_id, chain, address, sealed_label, created_at, usable_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing""",
        entry.id,
        brand_id,
        player_id,
        entry.chain,
        entry.address,
        sealed_label,
        entry.created_at,
        entry.usable_at,
    )
    if touched == 0:
        raise Malformed("address is on your list already.", param="address")


async def delete_address(tx: Tx, player_id: PlayerId, address_id: AddressId) -> bool:
    touched = await tx.execute(
        "delete from identity.address where id = $1 and player_id = $2", address_id, player_id
    )
    return touched == 1


async def address_usable_at(
    tx: Tx, player_id: PlayerId, *, chain: str, address: str
) -> datetime | None:
    """None when it is not listed."""
    found: datetime | None = await tx.fetchval(
        """select usable_at from identity.address
           where player_id = $1 and chain = $2 and address = $3""",
        player_id,
        chain,
        address,
    )
    return found
