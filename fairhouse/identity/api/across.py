"""One person over all brands, for what reaches further than an account."""

from collections.abc import Sequence

from fairhouse.identity.engine.personal import email_index, personal_data_of
from fairhouse.identity.engine.sessions import end_sessions
from fairhouse.identity.rules import email_key
from fairhouse.identity.store import players
from fairhouse.identity.types import Player, PlayerId, RevokeReason
from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def person_index(
    tx: Tx, *, sealer: Sealer, player_id: PlayerId, purpose: str
) -> bytes | None:
    """Equal for the same mailbox at any brand, for one purpose only; None for guests and the
    erased. Keep it only where a person must be known again over brands.
    """
    account = await players.find(tx, player_id)
    data = await personal_data_of(tx, sealer, account) if account else None
    if data is None or data.email is None:
        return None
    return sealer.blind_index(email_key(data.email), purpose=f"identity.person:{purpose}")


async def accounts_of_person(
    tx: Tx, *, sealer: Sealer, player_id: PlayerId, brand_ids: Sequence[int]
) -> list[Player]:
    """The player, and whoever has the same mailbox at these brands. Refuses with NotFound."""
    account = await players.find(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    data = await personal_data_of(tx, sealer, account)
    found = {account.player.id: account.player}
    email = data.email if data else None
    for brand_id in brand_ids if email else ():
        assert email is not None
        index = email_index(sealer, brand_id, email)
        other = await players.find_by_email(tx, brand_id, index)
        if other is not None:
            found[other.player.id] = other.player
    return list(found.values())


async def end_all_sessions(tx: Tx, *, player_id: PlayerId, reason: RevokeReason) -> None:
    """Log the player out everywhere; they may log in again. Refuses with NotFound."""
    account = await players.lock(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    await end_sessions(tx, account, but=None, reason=reason)
