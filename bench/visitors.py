"""Players with sessions, as the API would make them: guests with play money."""

import asyncio
from typing import Final
from uuid import UUID

from bench.stage import PLAY, RICH_UNITS, SEALER
from fairhouse.brands.api import all_brands
from fairhouse.identity import api as identity
from fairhouse.identity.types import Client
from fairhouse.kernel.ids import derived_id
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database

_AT_ONCE: Final = 200
_WRITERS: Final = 4
_HERE: Final = Client(ip="127.0.0.1", user_agent="bench")


async def guests(db: Database, count: int) -> list[tuple[str, int]]:
    """Bearer tokens of that many new guests, with the lanes their bets go through."""
    slots = asyncio.Semaphore(_WRITERS)
    sizes = [min(_AT_ONCE, count - first) for first in range(0, count, _AT_ONCE)]

    async def some(size: int) -> list[tuple[str, int]]:
        async with slots:
            return await _guests(db, size)

    return [guest for part in await asyncio.gather(*map(some, sizes)) for guest in part]


async def _guests(db: Database, count: int) -> list[tuple[str, int]]:
    brand = all_brands()[0]
    async with db.tx() as tx:
        made = [
            await identity.start_guest(tx, sealer=SEALER, brand=brand, language="en", client=_HERE)
            for _ in range(count)
        ]
        gifts = [_gift(brand.id, one.player.id) for one in made]
        await ledger.post(tx, transfers=gifts)
    return [(one.token, one.session.lane) for one in made]


def _gift(brand_id: int, player_id: UUID) -> Transfer:
    return Transfer(
        id=derived_id("bench.guest", str(player_id)),
        debit=AccountKey(brand_id, AccountCode.PLAY_ISSUANCE, PLAY),
        credit=AccountKey(brand_id, AccountCode.PLAYER_CASH, PLAY, owner=player_id),
        amount=RICH_UNITS,
        reason="bench",
        ref="bench",
    )
