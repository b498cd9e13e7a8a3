"""House limits on real PostgreSQL: two people set them, the road keeps them, nobody goes around."""

from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import asyncpg
import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.types import (
    ANY_GAME,
    HouseLimit,
    HouseLimitChanged,
    HouseLimitDecided,
    HouseLimitOutOfRange,
    HouseLimitPending,
    LimitChange,
    ProfitTooLarge,
    SecondPersonNeeded,
    Source,
    StakeOutOfRange,
    UnknownHouseLimitChange,
)
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Database
from tests.flows.betting_kit import Table, new_player, table_on

PLAY = CurrencyCode("PLAY")
UNIT = 10**6
ANN, BOB = uuid4(), uuid4()
WHY = "looked at it closely"


@pytest.fixture
async def table(db: Database) -> AsyncGenerator[Table]:
    async with table_on(db) as found:
        yield found


def limit(
    game: str,
    *,
    least: int | None = None,
    most: int | None = None,
    share: int | None = None,
    brand_id: int = 1,
) -> HouseLimit:
    return HouseLimit(
        brand_id=brand_id,
        game=game,
        currency=PLAY,
        stake_min=least,
        stake_max=most,
        profit_share_bp=share,
    )


async def propose(db: Database, wished: HouseLimit, staff_id: UUID = ANN) -> LimitChange:
    async with db.tx() as tx:
        return await betting.propose_house_limit(tx, wished=wished, staff_id=staff_id, reason=WHY)


async def decide(
    db: Database, change: LimitChange, *, is_approved: bool = True, staff_id: UUID = BOB
) -> LimitChange:
    async with db.tx() as tx:
        return await betting.decide_house_limit(
            tx, change_id=change.id, is_approved=is_approved, staff_id=staff_id, reason=WHY
        )


async def put(db: Database, wished: HouseLimit) -> LimitChange:
    return await decide(db, await propose(db, wished))


async def test_the_road_keeps_what_two_people_set(table: Table, db: Database):
    player = new_player()
    await table.give(player, 1_000 * UNIT, PLAY)
    change = await propose(db, limit("dice", least=2 * UNIT, most=5 * UNIT))
    await table.road.refresh_house()
    await table.dice(player, stake="1")
    await decide(db, change)
    await table.road.refresh_house()

    for stake in ("1.999999", "5.000001"):
        with pytest.raises(StakeOutOfRange) as refused:
            await table.dice(player, stake=stake)
        assert (refused.value.fields["minimum"], refused.value.fields["maximum"]) == ("2", "5")
    await table.dice(player, stake="2")
    await table.mines(player, stake="1")
    assert table.road.limits(1, "mines", PLAY).stake_min == 1
    assert table.road.limits(2, "dice", PLAY).stake_min == 1


async def test_a_share_of_the_bankroll_bounds_the_profit(table: Table, db: Database):
    player = new_player()
    await table.give(player, 100_000 * UNIT, PLAY)
    await put(db, limit(ANY_GAME, share=1))
    await put(db, limit("dice", share=5))
    await table.road.refresh_house()
    within = table.road.limits(1, "dice", PLAY)

    assert within.profit_max == 100 * UNIT, "a ten-thousandth of a million"
    with pytest.raises(ProfitTooLarge):
        await table.dice(player, stake="200")
    await table.dice(player, stake="90")


async def test_what_binds_is_told(table: Table, db: Database):
    await put(db, limit(ANY_GAME, least=3 * UNIT, most=9 * UNIT))
    await put(db, limit("dice", least=2 * UNIT, most=8 * UNIT, share=20))
    async with db.read() as tx:
        found = await betting.effective_limits(
            tx, brand_id=1, games=("dice", "mines"), currencies=(PLAY,)
        )
    dice, mines = found["dice", PLAY], found["mines", PLAY]

    assert (dice.limits.stake_min, dice.stake_min_by) == (3 * UNIT, Source.CURRENCY)
    assert (dice.limits.stake_max, dice.stake_max_by) == (8 * UNIT, Source.GAME)
    assert (dice.profit_share_bp, dice.profit_by) == (20, Source.GAME)
    assert (mines.limits.stake_max, mines.stake_max_by) == (9 * UNIT, Source.CURRENCY)
    assert (mines.profit_share_bp, mines.profit_by) == (1_000, Source.DEFAULT)
    await table.road.refresh_house()
    assert table.road.limits(1, "dice", PLAY) == dice.limits


async def test_a_limit_goes_back_to_the_default(table: Table, db: Database):
    await put(db, limit("dice", least=2 * UNIT))
    await put(db, limit("dice"))
    await table.road.refresh_house()

    assert table.road.limits(1, "dice", PLAY).stake_min == 1


async def test_nobody_approves_their_own_wish_but_may_take_it_back(db: Database):
    change = await propose(db, limit("dice", most=UNIT))
    with pytest.raises(SecondPersonNeeded):
        await decide(db, change, staff_id=ANN)
    with pytest.raises(HouseLimitPending):
        await propose(db, limit("dice", most=2 * UNIT), BOB)
    taken_back = await decide(db, change, is_approved=False, staff_id=ANN)
    with pytest.raises(HouseLimitDecided):
        await decide(db, change)
    with pytest.raises(UnknownHouseLimitChange):
        async with db.tx() as tx:
            await betting.limit_change(tx, change_id=uuid4())

    assert (taken_back.is_approved, taken_back.decided_by) == (False, ANN)
    async with db.read() as tx:
        assert await betting.limit_changes(tx, brand_ids=[1], is_open=True) == []
        assert await betting.limit_changes(tx, brand_ids=[1], is_open=False) == [taken_back]
        assert await betting.limit_changes(tx, brand_ids=[2], is_open=False) == []


@pytest.mark.parametrize(
    ("wished", "param"),
    [
        (limit("dice", least=0), "stake_min"),
        (limit("dice", most=-1), "stake_max"),
        (limit("dice", share=1_001), "profit_share_bp"),
        (limit("dice", least=2, most=1), "stake_min"),
        (limit("dice", least=20 * UNIT), "stake_min"),
        (limit("dice"), "stake_min"),
        (limit(ANY_GAME, most=10 * UNIT), "stake_min"),
    ],
)
async def test_a_limit_that_cannot_be_names_its_fault(db: Database, wished: HouseLimit, param: str):
    await put(db, limit(ANY_GAME, most=10 * UNIT))
    with pytest.raises(HouseLimitOutOfRange) as refused:
        await propose(db, wished)

    assert refused.value.param == param


async def test_a_limit_that_leaves_no_stake_in_one_game_is_refused_for_all(db: Database):
    await put(db, limit("mines", least=5 * UNIT))
    with pytest.raises(HouseLimitOutOfRange) as refused:
        await propose(db, limit(ANY_GAME, most=4 * UNIT))

    assert "mines" in refused.value.message


async def test_the_database_itself_refuses_what_was_not_approved(db: Database):
    change = await propose(db, limit("dice", most=UNIT))
    attacks = (
        "insert into betting.house_limit values (1, 'dice', 'PLAY', null, 1000000, null, $1)",
        f"insert into betting.house_limit_decision values ($1, true, '{ANN}', 'it is fine', now())",
        "update betting.house_limit_change set stake_max = 9 where id = $1",
        "delete from betting.house_limit_change where id = $1",
    )
    for attack in attacks:
        with pytest.raises(asyncpg.PostgresError):
            async with db.tx() as tx:
                await tx.execute(attack, change.id)
    await decide(db, change)
    for attack in (
        "update betting.house_limit set stake_max = 9000000 where change_id = $1",
        "update betting.house_limit set game = 'mines' where change_id = $1",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with db.tx() as tx:
                await tx.execute(attack, change.id)


async def test_an_outdated_wish_is_not_put_in_force(db: Database):
    """Two wishes about one limit never wait at once; what they replace is checked all the same."""
    first = await put(db, limit("dice", most=UNIT))
    stale = await propose(db, limit("dice", most=3 * UNIT))
    assert stale.replaces == first.id
    async with db.tx() as tx:
        id_ = tx.new_id()
        await tx.execute(
            "insert into betting.house_limit_change values"
            " ($1, 1, 'dice', 'PLAY', null, 2000000, null, $2, $3, 'another way', $4)",
            id_,
            first.id,
            ANN,
            tx.now,
        )
        other = await betting.limit_change(tx, change_id=id_)
    await decide(db, other)
    with pytest.raises(HouseLimitChanged):
        await decide(db, stale)
