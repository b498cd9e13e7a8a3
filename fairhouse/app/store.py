"""The composition root's own table: one-time WebSocket tickets."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Tx

TICKET_TTL: Final = timedelta(seconds=30)


class TicketInvalid(Refusal):
    """The WebSocket ticket was used, has expired, or was never given."""

    code = "ticket_invalid"
    status = 401


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who a socket belongs to."""

    player_id: UUID
    session_id: UUID


async def issue_ticket(tx: Tx, *, player_id: UUID, session_id: UUID) -> str:
    """A one-time ticket, valid for 30 s; only its SHA-256 is stored."""
    ticket = secrets.token_urlsafe(32)
    await tx.execute("DELETE FROM app.ws_ticket WHERE expires_at < $1", tx.now)
    await tx.execute(
        "INSERT INTO app.ws_ticket (token_hash, player_id, session_id, expires_at) "
        "VALUES ($1, $2, $3, $4)",
        _hash(ticket),
        player_id,
        session_id,
        tx.now + TICKET_TTL,
    )
    return ticket


async def redeem_ticket(tx: Tx, *, ticket: str) -> Ticket:
    """Use a ticket up. Refuses with TicketInvalid."""
    row = await tx.fetchrow(
        "DELETE FROM app.ws_ticket WHERE token_hash = $1 AND expires_at >= $2 "
        "RETURNING player_id, session_id",
        _hash(ticket),
        tx.now,
    )
    if row is None:
        raise TicketInvalid("The ticket was used or has expired; ask for another.", param="ticket")
    return Ticket(row["player_id"], row["session_id"])


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
