"""Using a second factor: a TOTP code of a fresh step, or a recovery code, each once."""

from typing import Final

from fairhouse.identity.engine.personal import code_hash, person_key
from fairhouse.identity.records import Totp
from fairhouse.identity.rules import clean_code, matching_totp_step
from fairhouse.identity.store import factors
from fairhouse.identity.types import PlayerId
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

_TOTP_DIGITS: Final = 6
_CODE_CHARS_MAX: Final = 64


def secret_context(player_id: PlayerId) -> str:
    return f"identity.totp:{player_id}"


async def matching_step(
    tx: Tx, sealer: Sealer, player_id: PlayerId, totp: Totp, code: str
) -> int | None:
    """The step that the code belongs to, if it is fresh."""
    key = await person_key(tx, sealer, player_id)
    assert key is not None, "an erased person has no second factor"
    secret = key.open(totp.sealed_secret, context=secret_context(player_id)).decode()
    return matching_totp_step(
        secret, code, unix_s=tx.now.timestamp(), last_used_step=totp.last_used_step
    )


async def use_second_factor(tx: Tx, sealer: Sealer, player_id: PlayerId, text: str) -> bool:
    """True once per code: a replayed TOTP code or recovery code is wrong.

    The caller holds the account's lock; the compare-and-set holds even without.
    """
    code = clean_code(text)[:_CODE_CHARS_MAX]
    totp = await factors.totp(tx, player_id)
    if totp is None or not totp.is_confirmed:
        return False
    if len(code) == _TOTP_DIGITS and code.isdigit():
        step = await matching_step(tx, sealer, player_id, totp, code)
        return step is not None and await factors.use_step(tx, player_id, step)
    return await factors.use_recovery_code(tx, player_id, code_hash(sealer, player_id, code))
