"""Details sealed, opened, and looked for on the lists."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
import structlog

from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerId
from fairhouse.kyc.store import people
from fairhouse.kyc.types import Details
from fairhouse.platform.crypto import SealBroken, Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.screening import api as screening
from fairhouse.screening.types import Person

RESCAN_BATCH = 200

_log = structlog.get_logger("kyc")


@dataclass(frozen=True, slots=True)
class KycTools:
    """What sealing and screening need; one per process."""

    sealer: Sealer
    index: screening.NameIndex = field(default_factory=screening.NameIndex)


def context(player_id: PlayerId) -> str:
    """Binds sealed details to their row."""
    return f"kyc.person:{player_id}"


def pack(details: Details) -> bytes:
    """As bytes to be sealed."""
    return msgspec.json.encode(asdict(details))


def unpack(plain: bytes) -> Details:
    """The other way round."""
    return msgspec.json.decode(plain, type=Details)


async def details(tx: Tx, tools: KycTools, player_id: PlayerId) -> Details | None:
    """What a person told us; None when they have not, or were erased."""
    found = await people.person(tx, player_id)
    if found is None:
        return None
    plain = await identity.open_personal(
        tx,
        sealer=tools.sealer,
        player_id=player_id,
        sealed=found[0],
        context=context(player_id),
    )
    return unpack(plain) if plain is not None else None


def person_of(of: Details) -> Person:
    """As screening looks for it."""
    return Person((of.name,), of.birth_date, (of.nationality,))


async def look_for(tx: Tx, tools: KycTools, player_id: PlayerId, brand_id: int, of: Details) -> int:
    """On every list, now. Returns how many new cases there are."""
    wanted: Mapping[PlayerId, tuple[int, Person]] = {player_id: (brand_id, person_of(of))}
    return await screening.screen_people(tx, tools.index, wanted)


async def rescan(db: Database, tools: KycTools) -> int:
    """One batch of people who are due: a list changed, or it was long ago."""
    async with db.tx() as tx:
        due = await screening.people_due(tx, limit=RESCAN_BATCH)
        wanted: dict[PlayerId, tuple[int, Person]] = {}
        for player_id in due:
            found = await _opened(tx, tools, player_id)
            stored: Any = await people.person(tx, player_id)
            if found is None or stored is None:
                await screening.skip_person(tx, player_id=player_id)
            else:
                wanted[player_id] = (stored[2], person_of(found))
        await screening.screen_people(tx, tools.index, wanted)
    return len(due)


async def _opened(tx: Tx, tools: KycTools, player_id: PlayerId) -> Details | None:
    try:
        return await details(tx, tools, player_id)
    except SealBroken:
        # One unreadable row stops nobody else's screening; it is said loudly and tried no more.
        _log.error("details do not open", player=str(player_id))
        return None
