"""Posting: linked, idempotent, two-phase, and without half effects."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from fairhouse.kernel.currencies import ASSETS, AssetId, CurrencyCode
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal
from fairhouse.ledger import api
from fairhouse.ledger.types import (
    CHART,
    AccountCode,
    AccountKey,
    AlreadyResolved,
    Balance,
    HoldExpired,
    HoldMismatch,
    InsufficientFunds,
    Kind,
    Transfer,
    UnknownPending,
)
from fairhouse.platform.database import Database, Tx

BTC = CurrencyCode("BTC")
HOUSE = AccountKey(1, AccountCode.HOUSE_BANKROLL, BTC, lane=3)
EXACT: list[object] = []


def cash(owner: UUID, brand_id: int = 1) -> AccountKey:
    return AccountKey(brand_id, AccountCode.PLAYER_CASH, BTC, owner=owner)


def transfer(
    debit: AccountKey, credit: AccountKey, amount: int, kind: Kind = Kind.SINGLE, **more: object
) -> Transfer:
    facts: dict = {"id": uuid4(), "reason": "test", "ref": "test_1", **more}
    return Transfer(debit=debit, credit=credit, amount=amount, kind=kind, **facts)


async def post(db: Database, *transfers: Transfer) -> None:
    async with db.tx() as tx:
        await api.post(tx, transfers=transfers)


async def available(db: Database, key: AccountKey) -> int:
    async with db.read() as tx:
        return (await api.balance(tx, key=key)).available


async def assert_exact(db: Database) -> None:
    async with db.read() as tx:
        assert await api.imbalances(tx) == EXACT


@pytest.fixture
def player() -> AccountKey:
    return cash(uuid4())


async def test_the_chart_in_the_database_is_the_chart_in_the_code(db: Database):
    async with db.read() as tx:
        rows = await tx.fetch("select code, side, floored, book from ledger.chart")

    stored = {(row["code"], row["side"], row["floored"], row["book"]) for row in rows}

    assert stored == {
        (str(code), str(rule.side), rule.floored, str(rule.book)) for code, rule in CHART.items()
    }
    assert set(AccountCode) == set(CHART)


async def test_a_transfer_moves_and_a_repetition_does_nothing(db: Database, player: AccountKey):
    win = transfer(HOUSE, player, 700)
    await post(db, win)
    await post(db, win, win)

    assert player.owner is not None
    async with db.read() as tx:
        assert await api.balance(tx, key=player) == Balance(700, 0, 0)
        assert await api.balance(tx, key=HOUSE) == Balance(-700, 0, 0)
        assert [item.key for item in await api.balances(tx, owner=player.owner)] == [player]
    await assert_exact(db)


async def test_the_same_id_with_another_payload_is_refused(db: Database, player: AccountKey):
    win = transfer(HOUSE, player, 700)
    await post(db, win)

    for other in (
        transfer(HOUSE, player, 701, id=win.id),
        transfer(player, HOUSE, 700, id=win.id),
        transfer(HOUSE, player, 700, id=win.id, reason="other"),
        transfer(HOUSE, player, 700, id=win.id, ref="other"),
        transfer(HOUSE, player, 700, Kind.PENDING, id=win.id),
    ):
        with pytest.raises(IdempotencyConflict):
            await post(db, other)
        with pytest.raises(IdempotencyConflict):
            await post(db, transfer(HOUSE, player, 5), other)

    assert await available(db, player) == 700
    with pytest.raises(IdempotencyConflict):
        twin = transfer(HOUSE, player, 1)
        await post(db, twin, transfer(HOUSE, player, 2, id=twin.id))


async def test_a_repetition_may_know_a_newer_rate(db: Database, player: AccountKey):
    win = transfer(HOUSE, player, 700, rate_id=uuid4(), value_ref=1)
    await post(db, win)
    await post(db, transfer(HOUSE, player, 700, id=win.id, rate_id=uuid4(), value_ref=2))

    async with db.read() as tx:
        row = await tx.fetchrow("select * from ledger.transfer where id = $1", win.id)
    assert row is not None
    assert (row["rate_id"], row["value_ref"]) == (win.rate_id, 1)


async def test_linked_transfers_happen_all_or_not_at_all(db: Database, player: AccountKey):
    other = cash(uuid4())
    await post(db, transfer(HOUSE, player, 100))

    with pytest.raises(InsufficientFunds) as refusal:
        await post(db, transfer(player, other, 60), transfer(player, other, 41))

    assert refusal.value.param == "amount"
    assert refusal.value.fields == {"currency": "BTC", "available": "0.000001"}
    assert await available(db, player) == 100
    assert await available(db, other) == 0
    await post(db, transfer(player, other, 60), transfer(player, other, 40))
    assert await available(db, other) == 100
    await assert_exact(db)


async def test_a_refusal_leaves_the_callers_transaction_alive(db: Database, player: AccountKey):
    good = transfer(HOUSE, player, 10)
    async with db.tx() as tx:
        await api.post(tx, transfers=[good])
        with pytest.raises(InsufficientFunds):
            await api.post(tx, transfers=[transfer(player, cash(uuid4()), 11)])
        with pytest.raises(UnknownPending):
            await api.post(
                tx, transfers=[transfer(player, HOUSE, 1, Kind.POST, pending_id=uuid4())]
            )
        await api.post(tx, transfers=[transfer(player, HOUSE, 4)])

    assert await available(db, player) == 6
    async with db.read() as tx:
        assert await tx.fetchval("select count(*) from ledger.transfer") == 2
        assert await tx.fetchval("select count(*) from ledger.account") == 2
    await assert_exact(db)


async def test_money_may_pass_through_an_account_within_a_batch(db: Database, player: AccountKey):
    other = cash(uuid4())
    await post(db, transfer(player, other, 50), transfer(HOUSE, player, 50))

    assert await available(db, other) == 50
    assert await available(db, player) == 0


async def test_a_hold_counts_at_once_and_a_post_returns_the_rest(db: Database, player: AccountKey):
    await post(db, transfer(HOUSE, player, 100))
    hold = transfer(player, HOUSE, 80, Kind.PENDING)
    await post(db, hold)

    async with db.read() as tx:
        assert await api.balance(tx, key=player) == Balance(100, 80, 0)
        assert await api.balance(tx, key=HOUSE) == Balance(-100, 0, 80)
    with pytest.raises(InsufficientFunds):
        await post(db, transfer(player, HOUSE, 21))
    await assert_exact(db)

    await post(db, api.post_of(hold, id_=uuid4(), amount=30))
    async with db.read() as tx:
        assert await api.balance(tx, key=player) == Balance(70, 0, 0)
        assert await api.balance(tx, key=HOUSE) == Balance(-70, 0, 0)
    await assert_exact(db)


async def test_what_is_on_its_way_in_is_not_available(db: Database, player: AccountKey):
    await post(db, transfer(HOUSE, player, 100, Kind.PENDING))

    with pytest.raises(InsufficientFunds):
        await post(db, transfer(player, HOUSE, 1))


async def test_a_void_releases_all(db: Database, player: AccountKey):
    await post(db, transfer(HOUSE, player, 100))
    hold = transfer(player, HOUSE, 80, Kind.PENDING)
    void = api.void_of(hold, id_=uuid4())
    await post(db, hold)
    await post(db, void)
    await post(db, void)

    assert await available(db, player) == 100
    await assert_exact(db)


async def test_a_hold_is_resolved_once(db: Database, player: AccountKey):
    """Double void, void after post, post after void, double post (payments-custody S41)."""
    await post(db, transfer(HOUSE, player, 100))
    for first in (api.post_of, api.void_of):
        hold = transfer(player, HOUSE, 10, Kind.PENDING)
        await post(db, hold)
        await post(db, first(hold, id_=uuid4()))
        for second in (api.post_of, api.void_of):
            with pytest.raises(AlreadyResolved):
                await post(db, second(hold, id_=uuid4()))
    both = transfer(player, HOUSE, 10, Kind.PENDING)
    with pytest.raises(AlreadyResolved):
        await post(db, both, api.post_of(both, id_=uuid4()), api.void_of(both, id_=uuid4()))

    assert await available(db, player) == 90
    await assert_exact(db)


async def test_a_hold_may_be_made_and_posted_in_one_batch(db: Database, player: AccountKey):
    hold = transfer(HOUSE, player, 10, Kind.PENDING)
    await post(db, api.post_of(hold, id_=uuid4(), amount=7), hold)

    assert await available(db, player) == 7
    await assert_exact(db)


async def test_a_resolution_must_fit_its_hold(db: Database, player: AccountKey):
    await post(db, transfer(HOUSE, player, 100))
    hold = transfer(player, HOUSE, 10, Kind.PENDING)
    single = transfer(player, HOUSE, 10)
    await post(db, hold, single)

    for wrong in (
        api.post_of(hold, id_=uuid4(), amount=11),
        transfer(player, HOUSE, 9, Kind.VOID, pending_id=hold.id),
        transfer(HOUSE, player, 10, Kind.POST, pending_id=hold.id),
        transfer(cash(uuid4()), HOUSE, 10, Kind.POST, pending_id=hold.id),
    ):
        with pytest.raises(HoldMismatch):
            await post(db, wrong)
    with pytest.raises(UnknownPending):
        await post(db, transfer(player, HOUSE, 10, Kind.POST, pending_id=single.id))
    assert await available(db, player) == 80
    await assert_exact(db)


async def test_an_expired_hold_is_voided_by_the_job_only(db: Database, player: AccountKey, clock):
    await post(db, transfer(HOUSE, player, 100))
    short = transfer(player, HOUSE, 10, Kind.PENDING, expires_at=clock() + timedelta(minutes=5))
    long = transfer(player, HOUSE, 20, Kind.PENDING, expires_at=clock() + timedelta(hours=5))
    kept = transfer(player, HOUSE, 30, Kind.PENDING, expires_at=clock() + timedelta(minutes=5))
    posted = api.post_of(kept, id_=uuid4())
    await post(db, short, long, kept, posted)
    clock.advance(minutes=5)

    with pytest.raises(HoldExpired):
        await post(db, api.post_of(short, id_=uuid4()))
    await post(db, posted)
    async with db.tx() as tx:
        assert await api.expire_holds(tx) == 1
        assert await api.expire_holds(tx) == 0

    async with db.read() as tx:
        assert await api.balance(tx, key=player) == Balance(70, 20, 0)
    await assert_exact(db)


async def test_base_units_of_any_size(db: Database):
    asset = ASSETS[AssetId("eth.ethereum")]
    hot = AccountKey(1, AccountCode.HOT, asset.id)
    external = AccountKey(1, AccountCode.EXTERNAL, asset.id)
    amount = 2**256 - 1

    await post(db, transfer(hot, external, amount))
    await post(db, transfer(external, hot, amount), transfer(hot, external, 1))

    async with db.read() as tx:
        assert await api.balance(tx, key=hot) == Balance(1, 0, 0)
        rows = await api.trial_balance(tx, brand_id=1)
    assert {row.code: row.balance for row in rows} == {"hot": 1, "external": 1}
    await assert_exact(db)


async def gather_refused(*posts: object) -> list[BaseException]:
    results = await asyncio.gather(*posts, return_exceptions=True)  # type: ignore[arg-type]
    errors = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(error, Refusal) for error in errors), errors
    return errors


async def test_the_same_transfer_fifty_times_at_once_is_one(db: Database, player: AccountKey):
    win = transfer(HOUSE, player, 7)

    assert await gather_refused(*(post(db, win) for _ in range(50))) == []
    assert await available(db, player) == 7
    await assert_exact(db)


async def test_two_hundred_at_once_never_overdraw(db: Database, player: AccountKey):
    """Holds and singles race for a balance that covers ten of them (S42)."""
    await post(db, transfer(HOUSE, player, 10))
    kinds = [Kind.SINGLE, Kind.PENDING] * 100

    errors = await gather_refused(*(post(db, transfer(player, HOUSE, 1, kind)) for kind in kinds))

    assert {type(error) for error in errors} == {InsufficientFunds}
    assert len(errors) == 190
    assert await available(db, player) == 0
    await assert_exact(db)


async def test_post_and_void_race_for_a_hold(db: Database, player: AccountKey):
    await post(db, transfer(HOUSE, player, 100))
    for _ in range(10):
        hold = transfer(player, HOUSE, 1, Kind.PENDING)
        await post(db, hold)
        racers = [make(hold, id_=uuid4()) for make in (api.post_of, api.void_of) * 3]

        errors = await gather_refused(*(post(db, racer) for racer in racers))

        assert len(errors) == 5
        assert {type(error) for error in errors} == {AlreadyResolved}
    await assert_exact(db)


async def test_crossing_batches_do_not_deadlock(db: Database):
    players = [cash(uuid4()) for _ in range(6)]
    await post(db, *(transfer(HOUSE, player, 1000) for player in players))

    async def circle(start: int, step: int) -> None:
        order = [players[(start + step * place) % 6] for place in range(6)]
        await post(db, *(transfer(a, b, 1) for a, b in pairwise(order)))

    assert await gather_refused(*(circle(n, 1 if n % 2 else 5) for n in range(60))) == []
    assert sum([await available(db, player) for player in players]) == 6000
    await assert_exact(db)


async def test_a_crash_before_the_commit_leaves_nothing(db: Database, player: AccountKey):
    class Crash(Exception):
        pass

    async def crash(tx: Tx) -> None:
        await api.post(tx, transfers=[transfer(HOUSE, player, 5)])
        raise Crash

    with pytest.raises(Crash):
        async with db.tx() as tx:
            await crash(tx)

    async with db.read() as tx:
        assert await tx.fetchval("select count(*) from ledger.account") == 0
        assert await tx.fetchval("select count(*) from ledger.transfer") == 0
