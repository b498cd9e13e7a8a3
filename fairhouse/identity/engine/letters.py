"""Mails to players: identity alone knows where they live."""

from fairhouse.identity.engine.personal import person_key, personal_data_of
from fairhouse.identity.records import Account
from fairhouse.identity.types import PlayerId
from fairhouse.messages import api as messages
from fairhouse.messages.types import Fields
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def mail_account(
    tx: Tx, sealer: Sealer, account: Account, template: str, fields: Fields
) -> bool:
    """Queue a mail to the player's proven address; False when there is none."""
    data = await personal_data_of(tx, sealer, account)
    if data is None or data.email is None:
        return False
    await mail_address(tx, sealer, account, data.email, template, fields)
    return True


async def mail_address(
    tx: Tx, sealer: Sealer, account: Account, to: str, template: str, fields: Fields
) -> None:
    """Queue a mail about this account to another address than its own (a changed one)."""
    phrase = await phrase_of(tx, sealer, account)
    await messages.send_mail(
        tx,
        sealer=sealer,
        brand_id=account.player.brand_id,
        player_id=account.player.id,
        to=to,
        template=template,
        language=account.player.language,
        fields={**fields, "phrase": phrase} if phrase else fields,
    )


def phrase_context(player_id: PlayerId) -> str:
    return f"identity.phrase:{player_id}"


async def phrase_of(tx: Tx, sealer: Sealer, account: Account) -> str | None:
    """The player's own words, by which they know our mails."""
    player_id, sealed = account.player.id, account.sealed_phrase
    key = await person_key(tx, sealer, player_id) if sealed else None
    if key is None or sealed is None:
        return None
    return key.open(sealed, context=phrase_context(player_id)).decode()
