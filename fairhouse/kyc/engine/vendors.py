"""A vendor's word, by webhook or by asking: acknowledged fast, applied once, in its order."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.outcomes import Done
from fairhouse.kernel.refusals import Refusal
from fairhouse.kyc.engine.deciding import apply, note_down
from fairhouse.kyc.ports import Callback, KycVendor
from fairhouse.kyc.store import requests as store
from fairhouse.kyc.store import vendors
from fairhouse.kyc.types import (
    OPEN,
    Answer,
    Decision,
    Request,
    Tier,
    VendorUnavailable,
    VendorWord,
)
from fairhouse.platform.database import Database, Tx

POLL_AFTER: Final = timedelta(minutes=5)
BATCH: Final = 50

_log = structlog.get_logger("kyc")


@dataclass(frozen=True, slots=True)
class VendorDesk:
    """One vendor and what we keep of it."""

    db: Database
    vendor: KycVendor

    async def take(self, callback: Callback) -> bool:
        """Verify and keep a webhook; False when it was kept before, or says nothing to us.

        Refuses with WebhookRefused. The answer to the vendor follows at once: what it means is
        read by `step`.
        """
        word = self.vendor.verify(callback)
        if word is None or not word.applicant_id:
            return False
        async with self.db.tx() as tx:
            return await vendors.keep_event(
                tx, vendor=self.vendor.name, event_id=word.event_id, body=callback.body
            )

    async def link(self, player_id: PlayerId, brand_id: int, tier: Tier) -> str:
        """Where a player is verified. Refuses with VendorUnavailable."""
        user = to_wire(PLAYER_PREFIX, player_id)
        answer = await self.vendor.begin(user, tier)
        if not isinstance(answer, Done):
            _log.warning("no link of the vendor", vendor=self.vendor.name, why=answer.reason)
            raise VendorUnavailable("The verification service does not answer now.")
        await self.remember(player_id, brand_id, tier)
        return answer.value

    async def remember(self, player_id: PlayerId, brand_id: int, tier: Tier) -> None:
        """Learn the vendor's id of a player, so that its words find them."""
        known = await self.vendor.applicant(to_wire(PLAYER_PREFIX, player_id))
        if isinstance(known, Done):
            async with self.db.tx() as tx:
                await vendors.save_applicant(
                    tx,
                    player_id=player_id,
                    vendor=self.vendor.name,
                    brand_id=brand_id,
                    tier=tier,
                    applicant_id=known.value,
                )

    async def step(self) -> int:
        """Apply one kept webhook."""
        async with self.db.tx() as tx:
            found = await vendors.next_event(tx, self.vendor.name)
            if found is None:
                return 0
            event_id, body = found
            word = self.vendor.read(body)
            outcome = await self._apply(tx, word) if word else "unreadable"
            await vendors.set_processed(tx, self.vendor.name, event_id, outcome)
        return 1

    async def poll(self) -> int:
        """Ask about those whose request waits: what a lost webhook would have told."""
        async with self.db.tx() as tx:
            due = await vendors.to_poll(
                tx, self.vendor.name, polled_before=tx.now - POLL_AFTER, limit=BATCH
            )
        for applicant_id in due:
            answer = await self.vendor.word(applicant_id)
            if isinstance(answer, Done):
                async with self.db.tx() as tx:
                    await self._apply(tx, answer.value)
        return 0

    async def _apply(self, tx: Tx, word: VendorWord) -> str:
        """What became of it, for whoever asks why."""
        name = self.vendor.name
        known = await vendors.lock_applicant(tx, name, word.applicant_id)
        if known is None:
            return "unknown applicant"
        if word.answer is None:
            return "nothing decided"
        if word.at_ms <= known.newest_ms:
            return "older than what counted"
        player_id, tier = known.player_id, known.tier
        request = next((one for one in await store.newest(tx, player_id) if one.tier == tier), None)
        locked = await store.lock(tx, request.id) if request else None
        if locked is None or locked.state not in OPEN:
            return "nothing asked"
        return await self._decide(tx, word, word.answer, locked)

    async def _decide(self, tx: Tx, word: VendorWord, answer: Answer, request: Request) -> str:
        name = self.vendor.name
        decision = Decision(None, answer, word.reason or f"{name}: {answer}", True, tx.now)
        try:
            async with tx.savepoint():
                await apply(
                    tx,
                    request,
                    answer,
                    method="vendor",
                    source=f"{name}:{word.applicant_id}",
                    note=word.note,
                )
                await note_down(tx, request, decision, f"job:{name}")
        except Refusal as refusal:
            # People have to look: an approved twin, or details that are missing.
            await apply(tx, request, Answer.HOLD, method="vendor", source=f"{name}:{refusal.code}")
            return f"held: {refusal.code}"
        await vendors.set_newest(tx, name, word.applicant_id, word.at_ms)
        return answer
