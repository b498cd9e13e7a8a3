"""What risk remembers, on a real database."""

from uuid import UUID, uuid4

from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.platform.database import Database
from fairhouse.risk import api as risk
from fairhouse.risk.types import FreezeKind, Outflow
from tests.conftest import SettableClock

PLAYER = PlayerId(UUID(int=1))
HOME = "0xAbCd00000000000000000000000000000000Ef12"
IMITATION = "0xabCD11111111111111111111111111111111eF12"


async def count(db: Database, value: int, *, brand_id: int = 1, player: PlayerId = PLAYER) -> UUID:
    id_ = uuid4()
    async with db.tx() as tx:
        await risk.count_request(
            tx,
            id_=id_,
            brand_id=brand_id,
            player_id=player,
            value=value,
            chain=ETHEREUM,
            address=HOME,
        )
    return id_


async def test_an_address_is_new_until_it_was_paid(db: Database, clock: SettableClock):
    first = clock.time
    await count(db, 1)
    clock.advance(hours=1)
    await count(db, 1)
    async with db.tx() as tx:
        asked = await risk.destination(tx, player_id=PLAYER, chain=ETHEREUM, address=HOME)
        await risk.record_payment(tx, player_id=PLAYER, chain=ETHEREUM, address=HOME)
        paid = await risk.destination(tx, player_id=PLAYER, chain=ETHEREUM, address=HOME)
        other = await risk.destination(
            tx, player_id=PlayerId(uuid4()), chain=ETHEREUM, address=HOME
        )

    assert (asked.first_seen_at, asked.paid_count) == (first, 0)
    assert (paid.first_seen_at, paid.paid_count) == (first, 1)
    assert (other.first_seen_at, other.paid_count, other.similar_to) == (None, 0, None)


async def test_an_imitation_of_a_known_address_is_named(db: Database):
    await count(db, 1)
    async with db.read() as tx:
        found = await risk.destination(tx, player_id=PLAYER, chain=ETHEREUM, address=IMITATION)
        itself = await risk.destination(tx, player_id=PLAYER, chain=ETHEREUM, address=HOME)

    assert found.similar_to == HOME
    assert itself.similar_to is None


async def test_outflow_counts_what_came_before_and_was_not_given_back(
    db: Database, clock: SettableClock
):
    start = clock.time
    await count(db, 100)
    clock.advance(hours=2)
    released = await count(db, 10)
    own = await count(db, 1)
    await count(db, 5, player=PlayerId(uuid4()))
    await count(db, 1_000, brand_id=2, player=PlayerId(uuid4()))
    async with db.tx() as tx:
        await risk.release_request(tx, id_=released)
        await risk.release_request(tx, id_=released)
        day = await risk.player_day(tx, player_id=PLAYER, at=clock.time, without=own)
        later = await risk.player_day(tx, player_id=PLAYER, at=clock.advance(hours=22))
        hour = await risk.brand_hour(tx, brand_id=1, at=clock.time)
        earlier = await risk.player_day(tx, player_id=PLAYER, at=start)

    assert day == Outflow(1, 100, start)
    assert later.value == 1
    assert hour.count == 0
    assert earlier.value == 100


async def test_a_freeze_is_in_force_once_and_until_lifted(db: Database):
    kind = FreezeKind.REORG_RECEIVABLE
    async with db.tx() as tx:
        first = await risk.freeze(tx, player_id=PLAYER, kind=kind, ref="dep_1")
        again = await risk.freeze(tx, player_id=PLAYER, kind=kind, ref="dep_1")
        in_force = await risk.freezes(tx, player_id=PLAYER)
        lifted = await risk.lift_freeze(tx, player_id=PLAYER, kind=kind, ref="dep_1")
        left = await risk.freezes(tx, player_id=PLAYER)
        anew = await risk.freeze(tx, player_id=PLAYER, kind=kind, ref="dep_1")

    assert (first, again, lifted, anew) == (True, False, True, True)
    assert ["dep_1"] == [item.ref for item in in_force]
    assert left == []
