"""Asking a question that is answered at most once: nonces, states, tickets.

The client holds a 256-bit token, the database its hash and, sealed, what the answer is held
against. Taking it deletes it, whatever comes of the answer: a wrong one needs a new question.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.identity.records import Challenge
from fairhouse.identity.store import challenges
from fairhouse.identity.types import (
    AssertionRefused,
    CredentialKind,
    PlayerId,
    Purpose,
    Session,
    SessionId,
)
from fairhouse.platform.crypto import Sealer, new_token, token_hash
from fairhouse.platform.database import Tx

CHALLENGE_LIFE: Final = timedelta(minutes=5)
TICKET_LIFE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom and for what."""

    kind: CredentialKind
    purpose: Purpose
    content: dict[str, str]
    """What the answer is held against."""
    brand_id: int | None
    session: Session | None = None
    """Whose answer it must be; None where nobody is logged in."""
    attempts: int = 1
    life: timedelta = CHALLENGE_LIFE


@dataclass(frozen=True, slots=True)
class Answerable:
    """A question that was taken, opened."""

    id: UUID
    kind: str
    purpose: Purpose
    player_id: PlayerId | None
    content: dict[str, str]


def _context(challenge_id: UUID) -> str:
    return f"identity.challenge:{challenge_id}"


async def ask(tx: Tx, sealer: Sealer, question: Question) -> str:
    """Keep the question; returns its token."""
    token, challenge_id = new_token(), tx.new_id()
    session = question.session
    challenge = Challenge(
        id=challenge_id,
        brand_id=question.brand_id,
        player_id=session.player_id if session else None,
        session_id=session.id if session else None,
        kind=question.kind,
        purpose=question.purpose,
        sealed_content=sealer.seal(
            msgspec.json.encode(question.content), context=_context(challenge_id)
        ),
        attempts_left=question.attempts,
        created_at=tx.now,
        expires_at=tx.now + question.life,
    )
    await challenges.insert(tx, challenge, secret_hash=token_hash(token))
    return token


def opened(sealer: Sealer, challenge: Challenge) -> Answerable:
    """With what its answer is held against."""
    plain = sealer.open(challenge.sealed_content, context=_context(challenge.id))
    return Answerable(
        id=challenge.id,
        kind=challenge.kind,
        purpose=challenge.purpose,
        player_id=challenge.player_id,
        content=msgspec.json.decode(plain, type=dict[str, str]),
    )


def fits(
    challenge: Challenge | None,
    *,
    kind: CredentialKind | None,
    purpose: Purpose,
    brand_id: int | None,
    session_id: SessionId | None,
) -> bool:
    """Whether it was asked for this, here, of the one who answers."""
    return (
        challenge is not None
        and (kind is None or challenge.kind == kind)
        and challenge.purpose is purpose
        and challenge.brand_id == brand_id
        and challenge.session_id == session_id
    )


async def take(
    tx: Tx,
    sealer: Sealer,
    *,
    token: str,
    purpose: Purpose,
    brand_id: int | None,
    kind: CredentialKind | None = None,
    session: Session | None = None,
) -> Answerable | None:
    """The question of this token, once; None when it is gone, late, or was somebody else's."""
    found = await challenges.take(tx, token_hash(token))
    session_id = session.id if session else None
    if not fits(found, kind=kind, purpose=purpose, brand_id=brand_id, session_id=session_id):
        return None
    assert found is not None
    return opened(sealer, found)


def stale() -> AssertionRefused:
    """One sentence for gone, late and somebody else's."""
    return refused("challenge", "The question was answered already or is too old; begin again.")


def refused(reason: str, message: str) -> AssertionRefused:
    """What was presented proves nothing."""
    return AssertionRefused(message, param="challenge", reason=reason)
