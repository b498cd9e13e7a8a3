"""Use cases of receipts: the keys that sign them, and signing.

Which key signs follows from the time at which the bet closed, so that a receipt asked for twice is
the same twice. A revoked key's bets are signed by the key that was made when it was revoked, and by
no other when keys are rotated later: a receipt changes only by a revocation, and then says so.
Receipts are not stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairhouse.fairness import store_receipts as store
from fairhouse.fairness.codecs import receipts
from fairhouse.fairness.types import ReceiptKey, ReceiptKeyRevoked, UnknownReceiptKey
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

NOTICE: Final = timedelta(minutes=2)
"""A new key is published so long before it signs: longer than any process remembers the old."""


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptSigner:
    """The keys opened, oldest first; has no repr so that no log shows it. Keep it for a minute."""

    keys: tuple[tuple[ReceiptKey, bytes], ...]

    def key_of(self, closed_at: datetime) -> ReceiptKey:
        """The key that signs what closed then."""
        return self._at(closed_at)[0]

    def sign(self, row: Mapping[str, object], closed_at: datetime) -> str:
        """The signature of a line of the history whose `receipt_key` names the key."""
        key, private = self._at(closed_at)
        assert row["receipt_key"] == key.id, "the signed text names its key"
        return receipts.sign(private, receipts.signed_bytes(row))

    def replaced(self, closed_at: datetime) -> ReceiptKey | None:
        """The last revoked key that may have signed what closed then, before its revocation was
        known everywhere; None when there was none.
        """
        signs = self.key_of(closed_at)
        may_have = [
            one
            for one, _ in self.keys
            if one.revoked_at is not None
            and one.revoked_at <= signs.active_from
            and closed_at < one.revoked_at + NOTICE
        ]
        return max(may_have, key=_revoked_at, default=None)

    def _at(self, closed_at: datetime) -> tuple[ReceiptKey, bytes]:
        due = [one for one in self.keys if one[0].active_from <= closed_at]
        found = due[-1] if due else self.keys[0]
        while (revoked_at := found[0].revoked_at) is not None:
            found = next(one for one in self.keys if one[0].active_from >= revoked_at)
        return found


async def receipt_keys(tx: Tx) -> list[ReceiptKey]:
    """Every key ever, newest first: what `GET /v1/fairness/keys` shows."""
    return [stored.key for stored in reversed(await store.keys(tx))]


async def receipt_signer(tx: Tx, *, sealer: Sealer) -> ReceiptSigner:
    """The keys to sign with; the first key is made on first use."""
    found = await store.keys(tx)
    if not found:
        await store.lock(tx)
        found = await store.keys(tx)
    if not found:
        await _make(tx, sealer, tx.now)
        found = await store.keys(tx)
    return ReceiptSigner(
        tuple((one.key, sealer.open(one.sealed, context=_context(one.key.id))) for one in found)
    )


async def rotate_receipt_key(tx: Tx, *, sealer: Sealer) -> ReceiptKey:
    """Make the next key: published now, signing from `NOTICE` on."""
    # CHECK
    await store.lock(tx)
    found = await store.keys(tx)
    # DECIDE
    active_from = tx.now + NOTICE if found else tx.now
    assert not found or found[-1].key.active_from < active_from, "one rotation after the other"
    # RECORD
    return await _make(tx, sealer, active_from)


async def revoke_receipt_key(tx: Tx, *, sealer: Sealer, key_id: str, because: str) -> ReceiptKey:
    """A key that somebody else may have: it signs no more, and a new one is made at once.

    Refuses with UnknownReceiptKey and ReceiptKeyRevoked.
    """
    # CHECK
    await store.lock(tx)
    found = {one.key.id: one.key for one in await store.keys(tx)}
    if key_id not in found:
        raise UnknownReceiptKey("There is no receipt key of this id.", param="key_id")
    if found[key_id].revoked_at is not None:
        raise ReceiptKeyRevoked("This receipt key is revoked already.", param="key_id")
    # RECORD
    made = await _make(tx, sealer, tx.now)
    await store.revoke(tx, key_id, because)
    return made


async def _make(tx: Tx, sealer: Sealer, active_from: datetime) -> ReceiptKey:
    private = sealer.entropy.draw(receipts.PRIVATE_BYTES)
    public = receipts.public_of(private)
    id_ = receipts.key_id(public)
    await store.add(
        tx,
        key_id=id_,
        public_key=public,
        sealed=sealer.seal(private, context=_context(id_)),
        active_from=active_from,
    )
    return ReceiptKey(id_, public, tx.now, active_from, None, None)


def _revoked_at(key: ReceiptKey) -> datetime:
    assert key.revoked_at is not None
    return key.revoked_at


def _context(key_id: str) -> str:
    return f"fairness.receipt_key:{key_id}"
