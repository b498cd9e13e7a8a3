"""Who may do what, and what a deed must bring with it."""

import json
from collections.abc import Mapping
from typing import Final

from fairhouse.backoffice.types import (
    AccountClosed,
    Action,
    Actor,
    LimitWish,
    NoteNeeded,
    OutOfScope,
    ReasonNeeded,
    SecondPersonMissing,
    WishOutdated,
)
from fairhouse.identity.types import Forbidden, Player, PlayerStatus, Role, Staff

REASON_MIN: Final = 3
REASON_MAX: Final = 500
NOTE_MAX: Final = 2000

_ALL: Final = frozenset(Role)
PERMISSIONS: Final[Mapping[Action, frozenset[Role]]] = {
    Action.LOG_IN: _ALL,
    Action.LOG_OUT: _ALL,
    Action.ADD_NOTE: _ALL,
    Action.REVEAL_PERSON: frozenset({Role.SUPPORT, Role.COMPLIANCE}),
    Action.SEE_DEVICES: _ALL,
    Action.LOCK_PLAYER: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.UNLOCK_PLAYER: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.HOLD_PAYOUTS: frozenset({Role.COMPLIANCE}),
    Action.LIFT_HOLD: frozenset({Role.COMPLIANCE}),
    Action.LEGAL_HOLD: frozenset({Role.COMPLIANCE}),
    Action.APPROVE_LIFT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REJECT_LIFT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.FLAG_TEST: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.APPROVE_WITHDRAWAL: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.REJECT_WITHDRAWAL: frozenset({Role.TREASURER, Role.COMPLIANCE, Role.ADMIN}),
    Action.PAUSE: frozenset({Role.ADMIN}),
    Action.RESUME: frozenset({Role.ADMIN}),
    Action.PROPOSE_LIMIT: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.APPROVE_LIMIT: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.REJECT_LIMIT: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.SET_PLAYER_LIMIT: frozenset({Role.COMPLIANCE}),
    Action.APPROVE_PLAYER_LIMIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REJECT_PLAYER_LIMIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.COOL_OFF: frozenset({Role.SUPPORT, Role.COMPLIANCE}),
    Action.EXCLUDE: frozenset({Role.SUPPORT, Role.COMPLIANCE}),
    Action.READMIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.PROPOSE_OFFER: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.APPROVE_OFFER: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.REJECT_OFFER: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.STOP_GAME: frozenset({Role.TREASURER, Role.COMPLIANCE, Role.ADMIN}),
    Action.PROPOSE_VOID: frozenset({Role.SUPPORT, Role.COMPLIANCE, Role.ADMIN}),
    Action.APPROVE_VOID: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REJECT_VOID: frozenset({Role.SUPPORT, Role.COMPLIANCE, Role.ADMIN}),
    Action.CONFIRM_PRICES: frozenset({Role.TREASURER}),
    Action.ADJUST: frozenset({Role.TREASURER}),
    Action.APPROVE_ADJUSTMENT: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.REJECT_ADJUSTMENT: frozenset({Role.TREASURER, Role.ADMIN}),
    Action.PROPOSE_BRAND: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.APPROVE_BRAND: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REJECT_BRAND: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REVIEW_ADJUSTMENTS: frozenset({Role.COMPLIANCE, Role.ADMIN, Role.TREASURER}),
    Action.READ_RISK: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.DRAFT_RULE: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.TEST_RULE: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.PUBLISH_RULE: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REJECT_RULE: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.RETIRE_RULE: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.CLOSE_CASE: frozenset({Role.COMPLIANCE}),
    Action.EXPORT: frozenset({Role.TREASURER, Role.COMPLIANCE, Role.ADMIN}),
    Action.READ_AUDIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.VERIFY_AUDIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REPORT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.REVIEW_KYC: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.DECIDE_SCREENING: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.LIMIT_STAFF: frozenset({Role.ADMIN}),
    Action.ADD_PASSKEY: _ALL,
    Action.REMOVE_PASSKEY: _ALL,
    Action.BREAK_GLASS: frozenset({Role.ADMIN, Role.COMPLIANCE}),
}
"""Least privilege: what is not named here nobody may do. Pages read; only these change."""


def may(roles: frozenset[Role], action: Action) -> bool:
    """Whether a button is shown; the server asks `check_may` again."""
    return not roles.isdisjoint(PERMISSIONS[action])


def check_may(actor: Actor, action: Action) -> None:
    """Refuses with Forbidden."""
    if actor.staff.disabled or not may(actor.roles, action):
        names = ", ".join(sorted(PERMISSIONS[action]))
        raise Forbidden(
            f"This needs one of the roles {names}; ask somebody who has it.",
            action=action,
            roles=names,
        )


def check_brand(actor: Actor, brand_id: int) -> None:
    """Refuses with OutOfScope."""
    if brand_id not in actor.brands:
        raise OutOfScope("This belongs to a brand that you do not work for.", brand_id=brand_id)


def check_other(actor: Actor, member: Staff) -> None:
    """Nobody decides about themselves. Refuses with Forbidden."""
    if actor.staff.id == member.id:
        raise Forbidden("Somebody else must do this for you.")


def check_not_closed(player: Player) -> None:
    """Refuses with AccountClosed."""
    if player.status is PlayerStatus.CLOSED:
        raise AccountClosed("The account is closed for good.", param="player_id")


def clean_reason(text: str) -> str:
    """One line of 3 to 500 characters. Refuses with ReasonNeeded."""
    reason = " ".join(text.split())
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise ReasonNeeded(
            f"reason must have {REASON_MIN} to {REASON_MAX} characters.", param="reason"
        )
    return reason


def clean_note(text: str) -> str:
    """3 to 2000 characters. Refuses with NoteNeeded."""
    note = text.strip()
    if not REASON_MIN <= len(note) <= NOTE_MAX:
        raise NoteNeeded(f"text must have {REASON_MIN} to {NOTE_MAX} characters.", param="text")
    return note


def is_looser(before: int | None, after: int | None) -> bool:
    """Whether a limit lets more pass than before (None: there is none): that needs two people."""
    return before is not None and (after is None or after > before)


def check_wish(wish: LimitWish, actor: Actor, current: int | None) -> None:
    """Whether the actor may approve it now. Refuses with SecondPersonMissing and WishOutdated."""
    if wish.staff_id == actor.staff.id:
        raise SecondPersonMissing("You wished this yourself; another person must approve it.")
    if current != wish.from_amount:
        raise WishOutdated("The limit was changed since; reject this and wish anew.")


def facts_text(facts: Mapping[str, object]) -> str:
    """Facts of the log in one line, for exports."""
    return json.dumps(dict(facts), sort_keys=True, ensure_ascii=False)
