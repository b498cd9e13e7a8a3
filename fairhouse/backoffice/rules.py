"""Who may do what, and what makes the audit log's chains hold.

Chain: `hash = SHA-256(previous_hash || canonical JSON of the entry)`, the first row's previous hash
being 32 zero bytes. Canonical JSON as RFC 8785 has it for texts and integers: keys sorted, no
spaces, UTF-8. A checkpoint authenticates (stream, seq, hash) with HMAC-SHA-256.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from fairhouse.backoffice.types import (
    AccountClosed,
    Action,
    Actor,
    AuditEntry,
    Break,
    Checkpoint,
    Deed,
    Flaw,
    LimitWish,
    NoteNeeded,
    OutOfScope,
    ReasonNeeded,
    SecondPersonMissing,
    WishOutdated,
)
from fairhouse.identity.types import Forbidden, Player, PlayerStatus, Role, Staff

GENESIS: Final = bytes(32)
HOUSE: Final = "house"
REASON_MIN: Final = 3
REASON_MAX: Final = 500
NOTE_MAX: Final = 2000

_ALL: Final = frozenset(Role)
PERMISSIONS: Final[Mapping[Action, frozenset[Role]]] = {
    Action.LOG_IN: _ALL,
    Action.LOG_OUT: _ALL,
    Action.ADD_NOTE: _ALL,
    Action.REVEAL_PERSON: frozenset({Role.SUPPORT, Role.COMPLIANCE}),
    Action.LOCK_PLAYER: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.UNLOCK_PLAYER: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.HOLD_PAYOUTS: frozenset({Role.COMPLIANCE}),
    Action.LIFT_HOLD: frozenset({Role.COMPLIANCE}),
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
    Action.EXPORT: frozenset({Role.TREASURER, Role.COMPLIANCE, Role.ADMIN}),
    Action.READ_AUDIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.VERIFY_AUDIT: frozenset({Role.COMPLIANCE, Role.ADMIN}),
    Action.LIMIT_STAFF: frozenset({Role.ADMIN}),
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


def stream_of(brand_id: int | None) -> str:
    """The chain that a brand's deeds go into."""
    return HOUSE if brand_id is None else f"brand:{brand_id}"


# --- Chains


def canonical(
    *,
    stream: str,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    details: Mapping[str, object],
) -> bytes:
    """The one way in which an entry is written down to be hashed."""
    content = {
        "stream": stream,
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "details": dict(details),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def linked(deed: Deed, *, seq: int, previous_hash: bytes, at: datetime) -> AuditEntry:
    """The deed as the next link of its chain."""
    content = canonical(
        stream=deed.stream,
        seq=seq,
        at=at,
        actor=deed.actor,
        action=deed.action,
        subject=deed.subject,
        reason=deed.reason,
        details=deed.details,
    )
    return AuditEntry(
        stream=deed.stream,
        seq=seq,
        at=at,
        actor=deed.actor,
        action=deed.action,
        subject=deed.subject,
        reason=deed.reason,
        details=deed.details,
        previous_hash=previous_hash,
        hash=hashlib.sha256(previous_hash + content).digest(),
    )


def hash_of(entry: AuditEntry) -> bytes:
    """What the entry's hash must be."""
    content = canonical(
        stream=entry.stream,
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
        details=entry.details,
    )
    return hashlib.sha256(entry.previous_hash + content).digest()


def checkpoint(key: bytes, *, stream: str, seq: int, hash_: bytes) -> Checkpoint:
    """An authenticated note of how far a chain has come."""
    message = f"fairhouse.audit\x1f{stream}\x1f{seq}\x1f".encode() + hash_
    return Checkpoint(stream=stream, seq=seq, hash=hash_, mac=hmac.digest(key, message, "sha256"))


def is_genuine(key: bytes, found: Checkpoint) -> bool:
    """Whether we made it."""
    ours = checkpoint(key, stream=found.stream, seq=found.seq, hash_=found.hash)
    return hmac.compare_digest(ours.mac, found.mac)


def first_flaw_in_link(before: AuditEntry | None, entry: AuditEntry) -> Flaw | None:
    """Whether an entry follows the one before it (None: it is the first) unaltered."""
    seq, previous = (before.seq, before.hash) if before else (0, GENESIS)
    if entry.seq != seq + 1 or entry.previous_hash != previous:
        return Flaw.UNLINKED
    return Flaw.ALTERED if hash_of(entry) != entry.hash else None


def break_at(before: AuditEntry | None, entry: AuditEntry) -> Break | None:
    """What is wrong with an entry that follows `before`, and the number it is wrong at.

    After a removal that is the number that is missing.
    """
    flaw = first_flaw_in_link(before, entry)
    if flaw is None:
        return None
    expected = before.seq + 1 if before else 1
    return Break(entry.stream, min(entry.seq, expected), flaw)


def first_missed_checkpoint(
    key: bytes, checkpoints: Sequence[Checkpoint], hashes: Mapping[int, bytes], last_seq: int
) -> Break | None:
    """The first checkpoint of one chain that the chain no longer passes through."""
    for found in sorted(checkpoints, key=lambda item: item.seq):
        if not is_genuine(key, found):
            return Break(found.stream, found.seq, Flaw.FORGED)
        if found.seq > last_seq:
            return Break(found.stream, last_seq + 1, Flaw.CUT)
        if hashes.get(found.seq) != found.hash:
            return Break(found.stream, found.seq, Flaw.REWRITTEN)
    return None
