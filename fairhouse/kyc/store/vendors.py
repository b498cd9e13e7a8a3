"""Applicants at vendors, and what vendors told us."""

from datetime import datetime

from fairhouse.identity.types import PlayerId
from fairhouse.kyc.types import Applicant, Tier
from fairhouse.platform.database import Tx


async def save_applicant(
    tx: Tx, *, player_id: PlayerId, vendor: str, brand_id: int, tier: Tier, applicant_id: str
) -> None:
    """The vendor knows this player under this id."""
    await tx.execute(
        "insert into kyc.applicant (player_id, vendor, brand_id, tier, applicant_id, created_at)"
        " values ($1, $2, $3, $4, $5, $6)"
        " on conflict (player_id, vendor, tier) do update set applicant_id = $5",
        player_id,
        vendor,
        brand_id,
        tier,
        applicant_id,
        tx.now,
    )


async def lock_applicant(tx: Tx, vendor: str, applicant_id: str) -> Applicant | None:
    """The newest tier that an applicant is verified for, ours until the transaction ends."""
    row = await tx.fetchrow(
        "select * from kyc.applicant where vendor = $1 and applicant_id = $2"
        " order by tier desc limit 1 for update",
        vendor,
        applicant_id,
    )
    if row is None:
        return None
    return Applicant(PlayerId(row["player_id"]), Tier(row["tier"]), row["newest_ms"])


async def set_newest(tx: Tx, vendor: str, applicant_id: str, at_ms: int) -> None:
    """The vendor's time of the last word that counted."""
    await tx.execute(
        "update kyc.applicant set newest_ms = $3 where vendor = $1 and applicant_id = $2",
        vendor,
        applicant_id,
        at_ms,
    )


async def keep_event(tx: Tx, *, vendor: str, event_id: str, body: bytes) -> bool:
    """False when this very event was kept before."""
    return bool(
        await tx.execute(
            "insert into kyc.vendor_event (vendor, event_id, received_at, body)"
            " values ($1, $2, $3, $4) on conflict do nothing",
            vendor,
            event_id,
            tx.now,
            body,
        )
    )


async def next_event(tx: Tx, vendor: str) -> tuple[str, bytes] | None:
    """The oldest that was not read yet, ours until the transaction ends."""
    row = await tx.fetchrow(
        "select event_id, body from kyc.vendor_event where vendor = $1 and processed_at is null"
        " order by received_at, event_id limit 1 for update skip locked",
        vendor,
    )
    return (row["event_id"], row["body"]) if row else None


async def set_processed(tx: Tx, vendor: str, event_id: str, outcome: str) -> None:
    """Read; its content is dropped, the result stays."""
    await tx.execute(
        "update kyc.vendor_event set processed_at = $3, outcome = $4, body = ''"
        " where vendor = $1 and event_id = $2",
        vendor,
        event_id,
        tx.now,
        outcome[:100],
    )


async def to_poll(tx: Tx, vendor: str, *, polled_before: datetime, limit: int) -> list[str]:
    """Applicants whose request still waits, asked about longest ago; marked as asked now."""
    rows = await tx.fetch(
        "update kyc.applicant set polled_at = $4 where (player_id, vendor, tier) in ("
        "select a.player_id, a.vendor, a.tier from kyc.applicant a"
        " join kyc.request r on r.player_id = a.player_id and r.tier = a.tier"
        " and r.state in ('wanted', 'submitted', 'on_hold', 'retry')"
        " where a.vendor = $1 and coalesce(a.polled_at, a.created_at) < $2"
        " order by coalesce(a.polled_at, a.created_at) limit $3 for update of a skip locked)"
        " returning applicant_id",
        vendor,
        polled_before,
        limit,
        tx.now,
    )
    return [row["applicant_id"] for row in rows]
