"""After a word: the event, and the player."""

from typing import Final

from fairhouse.kernel.ids import to_wire
from fairhouse.kyc.events import KycChanged
from fairhouse.kyc.types import REQUEST_PREFIX, Request, RequestState
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

_NOTIFICATIONS: Final = {
    RequestState.WANTED: "kyc_wanted",
    RequestState.APPROVED: "kyc_approved",
    RequestState.RETRY: "kyc_retry",
    RequestState.REJECTED: "kyc_rejected",
    RequestState.EXPIRED: "kyc_expired",
}


async def tell(tx: Tx, request: Request, state: RequestState) -> None:
    """News of a request that now stands so."""
    await announce(
        tx,
        KycChanged(request.brand_id, request.player_id, request.id, request.tier, state),
    )
    kind = _NOTIFICATIONS.get(state)
    if kind is not None:
        fields = {"tier": int(request.tier), "id": to_wire(REQUEST_PREFIX, request.id)}
        await messages.notify(
            tx, brand_id=request.brand_id, player_id=request.player_id, kind=kind, fields=fields
        )
