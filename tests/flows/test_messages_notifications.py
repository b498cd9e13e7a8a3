"""The bell: stored, announced, paged, read."""

from uuid import uuid4

import pytest

from fairhouse.kernel.refusals import Malformed
from fairhouse.messages import api as messages
from fairhouse.messages.events import Notified
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import OutboxTail
from tests.conftest import SettableClock


async def test_notifications_are_paged_and_read_up_to_one(db: Database, clock: SettableClock):
    ada, eve = uuid4(), uuid4()
    ids = []
    for number in range(5):
        clock.advance(seconds=1)
        async with db.tx() as tx:
            ids.append(
                await messages.notify(
                    tx,
                    brand_id=1,
                    player_id=ada,
                    kind="deposit_credited",
                    fields={"amount": f"{number}.50", "currency": "USDT"},
                )
            )
            await messages.notify(tx, brand_id=1, player_id=eve, kind="welcome", fields={})
    async with db.tx() as tx:
        assert 5 == await messages.unread_count(tx, player_id=ada)
        first = await messages.notifications(tx, player_id=ada, limit=2)
        second = await messages.notifications(tx, player_id=ada, before=first[-1].id, limit=9)
        assert list(reversed(ids)) == [one.id for one in (*first, *second)]
        assert {"amount": "4.50", "currency": "USDT"} == first[0].fields
        assert 3 == await messages.mark_read(tx, player_id=ada, up_to=ids[2])
        assert 0 == await messages.mark_read(tx, player_id=ada, up_to=ids[2])
        assert 2 == await messages.unread_count(tx, player_id=ada)
        assert 5 == await messages.unread_count(tx, player_id=eve)


async def test_a_notification_is_announced(db: Database):
    tail, ada = OutboxTail(db), uuid4()
    await tail.start()
    async with db.tx() as tx:
        notification_id = await messages.notify(
            tx, brand_id=1, player_id=ada, kind="logged_in", fields={"device": "curl"}
        )
    (news,) = [news for news in await tail.next() if news.kind == Notified.TYPE]
    assert Notified(
        brand_id=1,
        player_id=ada,
        notification_id=notification_id,
        kind="logged_in",
        fields={"device": "curl"},
        created_at=db.now(),
    ) == news.read_as(Notified)


@pytest.mark.parametrize("limit", [0, 101])
async def test_pages_are_bounded(db: Database, limit: int):
    async with db.read() as tx:
        with pytest.raises(Malformed):
            await messages.notifications(tx, player_id=uuid4(), limit=limit)
