"""What follows a proven login, whichever way in it was."""

from fairhouse.identity.engine.guard import forget_failures
from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.sessions import Beginning, begin_session, device_hash, make_room
from fairhouse.identity.records import Account
from fairhouse.identity.rules import device_summary
from fairhouse.identity.store import players, sessions
from fairhouse.identity.types import Client, LoggedIn
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def let_in(tx: Tx, sealer: Sealer, account: Account, client: Client) -> LoggedIn:
    """Begin a session of a locked account whose owner has proven all that was asked."""
    player = account.player
    # RECORD
    await forget_failures(tx, account)
    await players.set_last_login(tx, player.id)
    device = device_summary(client.user_agent)
    is_new_device = not await sessions.is_known_device(tx, player.id, device, device_hash(client))
    await make_room(tx, account)
    beginning = Beginning(is_proven=True, previous_login_at=account.last_login_at)
    logged_in = await begin_session(tx, sealer, player, client, beginning)
    # ANNOUNCE
    if is_new_device:
        await mail_account(tx, sealer, account, "new_device", {"device": device})
    await messages.notify(
        tx,
        brand_id=player.brand_id,
        player_id=player.id,
        kind="logged_in",
        fields={"device": device},
    )
    return logged_in
