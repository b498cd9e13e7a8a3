"""What staff do about a player. Each deed and its line in the log are one transaction."""

from collections.abc import Sequence
from typing import Final

from fairhouse.audit import api as audit
from fairhouse.backoffice import rules, store
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import NOTE_PREFIX, Action, Actor, Note
from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    PLAYER_PREFIX,
    STAFF_PREFIX,
    Device,
    PersonalData,
    Player,
    PlayerId,
    PlayerStatus,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.risk import api as risk
from fairhouse.risk.types import FreezeKind

HOLD_REF: Final = "manual"
NOTES_MAX: Final = 200


async def _player(tx: Tx, actor: Actor, player_id: PlayerId, action: Action) -> Player:
    rules.check_may(actor, action)
    found = await identity.player(tx, player_id=player_id)
    rules.check_brand(actor, found.brand_id)
    return found


async def _note_down(
    tx: Tx, actor: Actor, player: Player, action: Action, reason: str, **details: str | bool
) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=player.brand_id,
        subject=to_wire(PLAYER_PREFIX, player.id),
        reason=reason,
        details=details,
    )


async def notes(tx: Tx, *, actor: Actor, player_id: PlayerId) -> Sequence[Note]:
    """What staff wrote about a player, newest first. Refuses with NotFound and OutOfScope."""
    await _player(tx, actor, player_id, Action.ADD_NOTE)
    return await store.notes(tx, player_id, NOTES_MAX)


async def add_note(tx: Tx, *, actor: Actor, player_id: PlayerId, text: str) -> None:
    """Write something down about a player. Refuses with NoteNeeded, NotFound and OutOfScope."""
    # CHECK
    player = await _player(tx, actor, player_id, Action.ADD_NOTE)
    note = rules.clean_note(text)
    # RECORD
    id_ = await store.add_note(
        tx, brand_id=player.brand_id, player_id=player_id, staff_id=actor.staff.id, text=note
    )
    await _note_down(
        tx, actor, player, Action.ADD_NOTE, "a note was added", note=to_wire(NOTE_PREFIX, id_)
    )


async def reveal_person(
    tx: Tx, *, actor: Actor, sealer: Sealer, player_id: PlayerId, reason: str
) -> PersonalData | None:
    """E-mail and birth date, for a reason that is written down; None when they are erased.

    Needs a writing transaction. Refuses with Forbidden, ReasonNeeded, NotFound and OutOfScope.
    """
    # CHECK
    player = await _player(tx, actor, player_id, Action.REVEAL_PERSON)
    given = rules.clean_reason(reason)
    # RECORD
    found = await identity.personal_data(tx, sealer=sealer, player_id=player_id)
    await _note_look(tx, actor, player, Action.REVEAL_PERSON, given)
    return found


async def see_devices(
    tx: Tx, *, actor: Actor, sealer: Sealer, player_id: PlayerId
) -> Sequence[Device]:
    """A player's sessions with their addresses: personal data, so that the look is written down.

    Needs a writing transaction. Refuses with Forbidden, NotFound and OutOfScope.
    """
    player = await _player(tx, actor, player_id, Action.SEE_DEVICES)
    found = await identity.sessions_of(tx, sealer=sealer, player_id=player_id)
    await _note_look(tx, actor, player, Action.SEE_DEVICES, "the page of sessions was opened")
    return found


async def _note_look(tx: Tx, actor: Actor, player: Player, action: Action, reason: str) -> None:
    """Looks at personal data have a chain of their own (LOG-06, LOG-11)."""
    await audit.record(
        tx,
        stream=audit.personal_of(player.brand_id),
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
        deed=action,
        subject=to_wire(PLAYER_PREFIX, player.id),
        reason=reason,
    )


async def set_locked(
    tx: Tx, *, actor: Actor, player_id: PlayerId, is_locked: bool, reason: str
) -> None:
    """Lock a player out, or let them in again; a closed account stays closed.

    Refuses with Forbidden, ReasonNeeded, NotFound, OutOfScope and AccountClosed.
    """
    # CHECK
    action = Action.LOCK_PLAYER if is_locked else Action.UNLOCK_PLAYER
    player = await _player(tx, actor, player_id, action)
    given = rules.clean_reason(reason)
    rules.check_not_closed(player)
    # RECORD
    after = PlayerStatus.LOCKED if is_locked else PlayerStatus.ACTIVE
    if after is player.status:
        return
    await identity.set_status(tx, player_id=player_id, status=after)
    await _note_down(tx, actor, player, action, given, before=player.status, after=after)


async def hold_payouts(tx: Tx, *, actor: Actor, player_id: PlayerId, reason: str) -> bool:
    """Let nothing out to a player until it is lifted. False when it was held before.

    Refuses with Forbidden, ReasonNeeded, NotFound and OutOfScope.
    """
    player = await _player(tx, actor, player_id, Action.HOLD_PAYOUTS)
    given = rules.clean_reason(reason)
    held = await risk.freeze(tx, player_id=player_id, kind=FreezeKind.COMPLIANCE, ref=HOLD_REF)
    if held:
        await _note_down(tx, actor, player, Action.HOLD_PAYOUTS, given)
    return held


async def lift_hold(tx: Tx, *, actor: Actor, player_id: PlayerId, reason: str) -> bool:
    """End a hold of compliance's. False when there was none.

    Refuses with Forbidden, ReasonNeeded, NotFound and OutOfScope.
    """
    player = await _player(tx, actor, player_id, Action.LIFT_HOLD)
    given = rules.clean_reason(reason)
    lifted = await risk.lift_freeze(
        tx, player_id=player_id, kind=FreezeKind.COMPLIANCE, ref=HOLD_REF
    )
    if lifted:
        await _note_down(tx, actor, player, Action.LIFT_HOLD, given)
    return lifted


async def flag_test(
    tx: Tx, *, actor: Actor, player_id: PlayerId, is_test: bool, reason: str
) -> None:
    """Make an account a test account, which is in no report and withdraws nothing; or undo it.

    Refuses with Forbidden, ReasonNeeded, NotFound and OutOfScope.
    """
    player = await _player(tx, actor, player_id, Action.FLAG_TEST)
    given = rules.clean_reason(reason)
    if player.is_test is is_test:
        return
    await identity.flag_test_account(tx, player_id=player_id, is_test=is_test)
    await _note_down(
        tx, actor, player, Action.FLAG_TEST, given, before=player.is_test, after=is_test
    )
