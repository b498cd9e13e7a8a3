"""What another module keeps about a person, sealed under the person's own key: erased with it."""

from fairhouse.identity.engine.personal import person_key
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def seal_personal(
    tx: Tx, *, sealer: Sealer, player_id: PlayerId, plain: bytes, context: str
) -> bytes:
    """Seal, bound to `context` ("kyc.document:<id>"). Refuses with NotFound after erasure."""
    key = await person_key(tx, sealer, player_id)
    if key is None:
        raise NotFound("player_id: this person was erased.", param="player_id")
    return key.seal(plain, context=context)


async def open_personal(
    tx: Tx, *, sealer: Sealer, player_id: PlayerId, sealed: bytes, context: str
) -> bytes | None:
    """What was sealed; None after erasure. Raises SealBroken when it was altered or moved."""
    key = await person_key(tx, sealer, player_id)
    return key.open(sealed, context=context) if key else None
