"""Telegram's word for its users: the login widget and Mini Apps."""

from collections.abc import Mapping

from fairhouse.identity.codecs.telegram import (
    TelegramRefused,
    TelegramUser,
    read_launch,
    read_widget,
)
from fairhouse.identity.engine.challenges import refused
from fairhouse.identity.ports import TelegramBot, WaysOffered
from fairhouse.identity.store import challenges
from fairhouse.identity.types import CredentialKind, Proven, WayUnavailable
from fairhouse.platform.database import Database


def _bot(offered: WaysOffered) -> TelegramBot:
    if offered.telegram is None:
        raise WayUnavailable("This brand does not offer Telegram.")
    return offered.telegram


async def prove_telegram(
    db: Database, *, offered: WaysOffered, assertion: Mapping[str, str] | str
) -> Proven:
    """Who Telegram says it is: the widget's fields, or a Mini App's launch data as text.

    The same words let in once. Refuses with AssertionRefused and WayUnavailable.
    """
    # CHECK
    token, now = _bot(offered).token, db.now()
    try:
        if isinstance(assertion, str):
            user = read_launch(assertion, token=token, now=now)
        else:
            user = read_widget(assertion, token=token, now=now)
    except TelegramRefused as error:
        raise refused(error.reason, str(error)) from error
    # RECORD
    await _use_up(db, user)
    return Proven(CredentialKind.TELEGRAM, user.id, user.name)


async def _use_up(db: Database, user: TelegramUser) -> None:
    async with db.tx() as tx:
        is_new = await challenges.use_assertion(tx, user.assertion_hash, until=user.expires_at)
    if not is_new:
        raise refused("replay", "This was used already; log in with Telegram again.")
