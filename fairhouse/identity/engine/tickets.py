"""Tickets: one way in is proven and something is still missing."""

from fairhouse.identity.engine.challenges import TICKET_LIFE, Question, ask, stale, take
from fairhouse.identity.engine.ways import pack_proven, unpack_proven
from fairhouse.identity.types import BrandTerms, Proven, Purpose, Ticket
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

CODE_ATTEMPTS = 5


async def give_ticket(
    tx: Tx, sealer: Sealer, *, brand: BrandTerms, proven: Proven, purpose: Purpose
) -> Ticket:
    """A ticket for what was just proven."""
    question = Question(
        kind=proven.kind,
        purpose=purpose,
        content={"proven": pack_proven(proven)},
        brand_id=brand.id,
        attempts=CODE_ATTEMPTS,
        life=TICKET_LIFE,
    )
    token = await ask(tx, sealer, question)
    return Ticket(token, purpose, tx.now + TICKET_LIFE, proven.email)


async def take_ticket(tx: Tx, sealer: Sealer, *, brand: BrandTerms, token: str) -> Proven:
    """What a ticket for a new account proves, once. Refuses with AssertionRefused."""
    found = await take(tx, sealer, token=token, purpose=Purpose.REGISTER, brand_id=brand.id)
    if found is None:
        raise stale()
    return unpack_proven(found.content["proven"])
