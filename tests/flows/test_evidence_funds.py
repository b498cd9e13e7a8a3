"""Players' money is watched and told about; people are forgotten in time, unless they are held."""

from dataclasses import replace

import pytest

from fairhouse.app.evidence.funds import PAUSED_AFTER, ReserveWatch
from fairhouse.app.evidence.variance import VarianceWatch
from fairhouse.audit import api as audit
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand, FundsProtection
from fairhouse.custody.types import Reconciled
from fairhouse.identity import api as identity
from fairhouse.identity.types import PlayerStatus
from fairhouse.kernel.ids import to_wire
from fairhouse.ledger.types import AccountCode
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.reports import api as reports
from tests.conftest import SettableClock
from tests.flows.cashier_world import ETH, USDT_ASSET, World, a_world

SEALER = Sealer({1: bytes(range(32))})


@pytest.fixture
async def world(db: Database, worker_db: Database) -> World:
    return await a_world(db, worker_db)


async def events(db: Database) -> list[tuple[str, object]]:
    async with db.read() as tx:
        found = await audit.entries(tx, streams=["events:1"])
    return [(one.action, one.details["after"]) for one in reversed(found)]


# --- LED-06


async def test_a_shortfall_that_lasts_leaves_withdrawals_alone_open(
    db: Database, worker_db: Database, world: World
):
    watch = ReserveWatch(worker_db)
    await world.give(USDT_ASSET, 700)
    for _ in range(PAUSED_AFTER - 1):
        await watch.step()
    assert await events(db) == []
    await watch.step()
    await watch.step()
    async with db.read() as tx:
        off = set(await brands.paused(tx, brand_id=brands.brand(1).id))

    assert off == {brands.DEPOSITS, brands.BETTING}
    assert await events(db) == [
        ("event.reserve_short", {"short": True, "missing": {"USDT": "0.0007"}})
    ]
    await world.fill_hot(USDT_ASSET, 700)
    await watch.step()
    assert (await events(db))[1:] == [("event.reserve_short", {"short": False, "missing": {}})]


async def test_covered_to_the_last_unit_is_covered(db: Database, worker_db: Database, world: World):
    await world.give(USDT_ASSET, 700)
    await world.fill_hot(USDT_ASSET, 700)
    watch = ReserveWatch(worker_db)
    for _ in range(PAUSED_AFTER + 1):
        await watch.step()
    assert await events(db) == []


# --- LED-07


def under(brand: Brand, **changes: object) -> Brand:
    return replace(brand, jurisdiction=replace(brand.jurisdiction, **changes))  # type: ignore[arg-type]


async def remind(worker_db: Database, brand: Brand) -> int:
    async with worker_db.tx() as tx:
        return await reports.remind_of_funds(tx, brand=brand)


async def test_unprotected_players_are_told_every_183_days_what_they_have_there(
    db: Database, worker_db: Database, clock: SettableClock, world: World
):
    brand = under(brands.brand(1), funds_protection=FundsProtection.NONE)
    await world.give(ETH, 25 * 10**8)
    await world.give(USDT_ASSET, 7)
    told = [await remind(worker_db, brand)]
    for days in (182, 1, 1, 181, 1):
        clock.advance(days=days)
        told.append(await remind(worker_db, brand))
    async with db.read() as tx:
        found = await messages.notifications(tx, player_id=world.player.id)

    assert told == [0, 0, 1, 0, 0, 1]
    kinds = [(one.kind, dict(one.fields)) for one in found if one.kind == "funds_unprotected"]
    assert kinds == [("funds_unprotected", {"amounts": "2.5 ETH, 0.000007 USDT"})] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"funds_protection": FundsProtection.MEDIUM},
        {"funds_protection": FundsProtection.NONE, "unprotected_reminder_days": None},
    ],
)
async def test_where_money_is_protected_nobody_is_reminded(
    worker_db: Database, clock: SettableClock, world: World, changes: dict[str, object]
):
    await world.give(ETH, 1)
    clock.advance(days=400)
    assert await remind(worker_db, under(brands.brand(1), **changes)) == 0


# --- LOG-10


async def person(world: World, db: Database):
    async with db.read() as tx:
        return await identity.personal_data(tx, sealer=SEALER, player_id=world.player.id)


async def forget(worker_db: Database, brand: Brand) -> int:
    async with worker_db.tx() as tx:
        return await reports.forget_people(tx, brand=brand)


async def test_closed_accounts_are_forgotten_in_time_unless_they_are_held(
    db: Database, worker_db: Database, clock: SettableClock, world: World
):
    brand = brands.brand(1)
    days = brand.jurisdiction.retention.identity_days
    wire = to_wire("ply", world.player.id)
    clock.advance(days=days + 1)
    assert await forget(worker_db, brand) == 0, "open accounts stay"
    async with db.tx() as tx:
        await identity.set_status(tx, player_id=world.player.id, status=PlayerStatus.CLOSED)
        held = await audit.place_hold(
            tx, subject=wire, brand_id=1, actor="stf_x", reason="a court asked"
        )
    assert await forget(worker_db, brand) == 0
    assert await person(world, db) is not None
    async with db.tx() as tx:
        await audit.lift_hold(tx, hold_id=held.id, actor="stf_y", reason="the case is over")
    earlier = under(
        brand,
        retention=replace(brand.jurisdiction.retention, identity_days=days + 10),
    )
    assert await forget(worker_db, earlier) == 0
    assert await forget(worker_db, brand) == 1
    assert await person(world, db) is None
    assert await forget(worker_db, brand) == 0
    async with db.read() as tx:
        (line,) = await audit.entries(tx, streams=["personal:1"])
        kept = await audit.entries(tx, streams=["brand:1"])
        assert (await audit.verify(tx, keys=audit.audit_keys(SEALER))).breaks == ()
    assert (line.action, line.actor, line.subject) == ("person.erase", "job:retention", wire)
    assert [one.action for one in kept] == ["legal.lift", "legal.hold"]


# --- LED-11


def standing(chain: int) -> Reconciled:
    return Reconciled(
        brand_id=1,
        asset=ETH,
        account=AccountCode.HOT,
        addresses=(),
        ledger=10**18,
        in_flight=0,
        uncredited=0,
        chain=chain,
    )


async def test_one_unit_between_books_and_chain_is_reported_and_pauses(
    db: Database, worker_db: Database
):
    now = [standing(10**18)]

    async def compare() -> list[Reconciled]:
        return now

    watch = VarianceWatch(worker_db, compare)
    await watch.step()
    assert await events(db) == []
    now[:] = [standing(10**18 - 1)]
    for cycle in range(4):
        await watch.step()
        async with db.read() as tx:
            off = set(await brands.paused(tx, brand_id=brands.brand(1).id))
        assert off == (set() if cycle < 2 else {brands.DEPOSITS, brands.WITHDRAWALS})
    now[:] = [standing(10**18)]
    await watch.step()
    async with db.read() as tx:
        found = list(reversed(await audit.entries(tx, streams=["events:1"])))
    assert [(one.action, one.subject) for one in found] == [
        ("event.variance", "1/hot/eth.ethereum"),
    ] * 2
    assert found[0].details["after"] == {
        "ledger": str(10**18),
        "in_flight": "0",
        "uncredited": "0",
        "chain": str(10**18 - 1),
        "difference": "1",
    }
    assert found[1].reason == "they agree again"
