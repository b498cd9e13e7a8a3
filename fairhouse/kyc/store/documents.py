"""Documents, sealed."""

from datetime import date

from fairhouse.identity.types import PlayerId
from fairhouse.kyc.types import Document, DocumentId, DocumentKind, Tier
from fairhouse.platform.database import Record, Tx

_COLUMNS = (
    "id, player_id, brand_id, tier, kind, media_type, size_bytes, sha256, expires_on, uploaded_at,"
    " removed_at"
)


async def insert(tx: Tx, document: Document, *, sealed: bytes) -> None:
    """Kept from now on."""
    await tx.execute(
        "insert into kyc.document (id, player_id, brand_id, tier, kind, media_type, size_bytes,"
        " sha256, expires_on, sealed, uploaded_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        document.id,
        document.player_id,
        document.brand_id,
        document.tier,
        document.kind,
        document.media_type,
        document.size_bytes,
        document.sha256,
        document.expires_on,
        sealed,
        document.uploaded_at,
    )


async def of_player(tx: Tx, player_id: PlayerId) -> list[Document]:
    """Those that are kept, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from kyc.document where player_id = $1 and removed_at is null"
        " order by id desc",
        player_id,
    )
    return [_document(row) for row in rows]


async def find(tx: Tx, document_id: DocumentId) -> tuple[Document, bytes | None] | None:
    """With its sealed content; None once it was removed."""
    row = await tx.fetchrow("select * from kyc.document where id = $1", document_id)
    return (_document(row), row["sealed"]) if row else None


async def remove(tx: Tx, document_id: DocumentId) -> bool:
    """Its content is gone; that there was one stays."""
    return bool(
        await tx.execute(
            "update kyc.document set sealed = null, removed_at = $2"
            " where id = $1 and removed_at is null",
            document_id,
            tx.now,
        )
    )


async def set_expiry(tx: Tx, document_id: DocumentId, expires_on: date) -> None:
    """Read from the document by whoever looked at it."""
    await tx.execute(
        "update kyc.document set expires_on = $2 where id = $1", document_id, expires_on
    )


async def earliest_expiry(tx: Tx, player_id: PlayerId, tier: Tier) -> date | None:
    """When the first document of a tier ends."""
    return await tx.fetchval(
        "select min(expires_on) from kyc.document where player_id = $1 and tier = $2"
        " and removed_at is null",
        player_id,
        tier,
    )


def _document(row: Record) -> Document:
    return Document(
        id=DocumentId(row["id"]),
        player_id=PlayerId(row["player_id"]),
        brand_id=row["brand_id"],
        tier=Tier(row["tier"]),
        kind=DocumentKind(row["kind"]),
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        expires_on=row["expires_on"],
        uploaded_at=row["uploaded_at"],
        removed_at=row["removed_at"],
    )
