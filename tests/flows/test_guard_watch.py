"""The road hears once of every change that binds a player, also of one that committed late."""

from collections.abc import Iterable
from uuid import UUID

import pytest

from fairhouse.app.guards import GuardWatch
from fairhouse.identity.types import Player
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import LimitKind, Period
from tests.conftest import SettableClock
from tests.flows.identity_world import World


@pytest.fixture
async def world(db: Database) -> World:
    return World(db)


class Ear:
    """What a road was told."""

    def __init__(self, db: Database) -> None:
        self.heard: list[UUID] = []
        self.watch = GuardWatch(db, self._hear)

    def _hear(self, player_ids: Iterable[UUID]) -> None:
        self.heard += player_ids

    async def news(self) -> list[UUID]:
        await self.watch.step()
        heard, self.heard = self.heard, []
        return heard


async def set_limit(world: World, player: Player, amount: int) -> None:
    async with world.db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=world.sealer,
            player=player,
            kind=LimitKind.LOSS,
            period=Period.DAY,
            amount=amount,
        )


async def test_every_change_is_told_once(world: World, clock: SettableClock):
    ada = (await world.player()).player
    bob = (await world.player("bob@player.test", "bob")).player
    ear = Ear(world.db)
    nothing = await ear.news()
    await set_limit(world, ada, 5)
    first = await ear.news()
    again = await ear.news()
    clock.advance(seconds=30)
    await set_limit(world, ada, 4)
    await set_limit(world, bob, 4)
    both = await ear.news()
    clock.advance(minutes=5)
    await set_limit(world, bob, 3)

    assert ([], [ada.id], []) == (nothing, first, again)
    assert {ada.id, bob.id} == set(both)
    assert [bob.id] == await ear.news()
    assert [] == await ear.news()


async def test_a_change_that_committed_late_is_not_missed(world: World, clock: SettableClock):
    ada = (await world.player()).player
    bob = (await world.player("bob@player.test", "bob")).player
    ear = Ear(world.db)
    async with world.db.tx() as slow:
        await protection.set_limit(
            slow,
            sealer=world.sealer,
            player=ada,
            kind=LimitKind.LOSS,
            period=Period.DAY,
            amount=5,
        )
        clock.advance(seconds=40)
        await set_limit(world, bob, 5)
        early = await ear.news()

    assert [bob.id] == early
    assert [ada.id] == await ear.news()
