"""What the betting road reads of a player's protection, on a real database."""

from uuid import UUID

from fairhouse.platform.database import Database
from fairhouse.protection import api as protection

PLAYER = UUID(int=7)


async def test_whoever_has_nothing_set_has_no_guard(db: Database):
    async with db.read() as tx:
        assert {} == await protection.guards(tx, player_ids=[PLAYER])
        assert [] == await protection.changed_since(tx, since=tx.now)
