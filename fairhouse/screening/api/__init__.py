"""What other modules may ask of screening."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Tx
from fairhouse.screening.api.desk import case_of, cases_of, decide_case, list_cases, list_versions
from fairhouse.screening.engine import addresses
from fairhouse.screening.engine.asking import Asker
from fairhouse.screening.engine.health import health
from fairhouse.screening.engine.importing import Content, import_content, read_sdn, read_table
from fairhouse.screening.engine.people import RESCAN_EVERY, NameIndex, screen_people
from fairhouse.screening.store import cases, checks, lists, people
from fairhouse.screening.types import (
    AddressCheck,
    Case,
    Movement,
    ScreeningPolicy,
    Subject,
)

__all__ = [
    "Asker",
    "Content",
    "NameIndex",
    "case_of",
    "cases_of",
    "checks_of",
    "decide_case",
    "health",
    "import_content",
    "in_force",
    "known",
    "list_cases",
    "list_versions",
    "people_due",
    "read_sdn",
    "read_table",
    "screen",
    "screen_people",
    "skip_person",
    "take_news",
]

NEWS_MAX: Final = 200


async def screen(tx: Tx, *, movement: Movement, policy: ScreeningPolicy) -> AddressCheck:
    """Judge a movement's other side, asking the provider where that is needed.

    Asking again changes nothing until there is an answer. WAITING, HOLD and FREEZE let nothing
    pass; the latter two have a case.
    """
    return await addresses.screen(tx, movement, policy)


async def known(tx: Tx, *, movement: Movement, policy: ScreeningPolicy) -> AddressCheck:
    """The same without asking or writing: for quotes, and for whoever only reads."""
    return await addresses.known(tx, movement, policy)


async def take_news(tx: Tx, *, subject: Subject, limit: int = NEWS_MAX) -> list[UUID]:
    """Movements with an answer that the caller has not taken; they are taken with this."""
    return await checks.take_news(tx, subject, limit=limit)


async def in_force(tx: Tx, *, player_id: PlayerId) -> Sequence[Case]:
    """Open and confirmed cases of a player: while there is one, no money goes out."""
    return await cases.in_force(tx, player_id)


async def checks_of(tx: Tx, *, player_id: PlayerId, limit: int = 50) -> Sequence[AddressCheck]:
    """A player's movements as screened, the newest first."""
    return await checks.of_player(tx, player_id, limit=limit)


async def people_due(tx: Tx, *, limit: int) -> Sequence[PlayerId]:
    """Who is to be looked for again: a list changed since, or it was 30 days ago."""
    newest = await lists.last_import(tx)
    before = tx.now - RESCAN_EVERY
    if newest is not None:
        before = max(before, newest)
    return await people.due(tx, scanned_before=before, limit=limit)


async def skip_person(tx: Tx, *, player_id: PlayerId) -> None:
    """An erased person: nobody knows any more whom to look for."""
    await people.skip(tx, player_id)
