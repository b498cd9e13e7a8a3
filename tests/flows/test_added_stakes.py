"""Stake that a step adds to its round: double, split, insurance."""

import asyncio

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.types import (
    Bet,
    Bettor,
    Continues,
    Decision,
    Place,
    Round,
    RoundState,
    Settled,
    Step,
    StepTaken,
    Voided,
)
from fairhouse.fairness.types import Stream
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.money import parse_units
from fairhouse.ledger.types import AccountCode, InsufficientFunds
from fairhouse.protection.types import LimitKind, WagerLimitReached
from tests.flows import test_guarded_bets as guarded
from tests.flows.betting_kit import PLAY, USDT, Table, new_player, placed, table_on
from tests.flows.test_guarded_bets import limit, played, somebody

UNIT = 10**6
SHOWN = {"hand": "…"}

guarded_table = guarded.table


@pytest.fixture
async def table(db):
    async with table_on(db) as made:
        yield made
    await made.check_books()


def opening(
    table: Table,
    bettor: Bettor,
    stake: int,
    decision: Decision | None = None,
    of: CurrencyCode = PLAY,
) -> Place:
    def decide(_: Stream) -> Decision:
        return decision or Continues(SHOWN, SHOWN)

    return Place(
        bet_id=table.uuid(),
        bettor=bettor,
        currency=of,
        stake=stake,
        game="blackjack",
        game_version="1",
        table_hash="",
        params={},
        decide=decide,
        fingerprint=b"asked",
        opens_round=True,
    )


async def go_on(table: Table, found: Bet, bettor: Bettor, decision: Decision) -> Bet:
    def decide(_: Stream, now: Round) -> Decision:
        return decision

    def never(_: Round) -> bool:
        return False

    return await table.road.step(Step(found.id, bettor, found.step, decide, never))


async def test_a_double_is_taken_from_the_balance_and_settled_with_the_stake(table):
    bettor = new_player()
    await table.give(bettor, 100 * UNIT)
    hand = await placed(table.road, opening(table, bettor, 10 * UNIT))
    hand = await go_on(table, hand, bettor, Continues(SHOWN, SHOWN, 10 * UNIT))
    assert (20 * UNIT, 80 * UNIT) == (hand.stake, hand.balance_after)
    locked = await table.balance(bettor, code=AccountCode.LOCKED_WAGER)
    assert 20 * UNIT == locked
    hand = await go_on(table, hand, bettor, Settled(40 * UNIT, SHOWN))
    assert (20 * UNIT, 40 * UNIT, 120 * UNIT) == (hand.stake, hand.payout, hand.balance_after)
    assert 0 == await table.balance(bettor, code=AccountCode.LOCKED_WAGER)


async def test_a_double_that_ends_the_hand_takes_its_stake_in_a_line_of_its_own(table):
    bettor = new_player()
    await table.give(bettor, 100 * UNIT)
    hand = await placed(table.road, opening(table, bettor, 10 * UNIT))
    hand = await go_on(table, hand, bettor, Settled(0, SHOWN, 10 * UNIT))
    assert (20 * UNIT, 0, 80 * UNIT) == (hand.stake, hand.payout, hand.balance_after)
    assert hand.state is RoundState.SETTLED
    async with table.db.read() as tx:
        lines = await tx.fetch(
            "select kind, stake, payout, step, balance_after from betting.entry"
            " where round_id = $1 order by lane_seq",
            hand.id,
        )
        again = await betting.bet(tx, bet_id=hand.id, player_id=bettor.player_id)
    assert [tuple(line.values()) for line in lines] == [
        ("open", 10 * UNIT, 0, 0, 90 * UNIT),
        ("step", 10 * UNIT, 0, 1, 80 * UNIT),
        ("settle", 20 * UNIT, 0, 1, 80 * UNIT),
    ]
    assert hand == again


async def test_a_round_that_is_over_at_its_opening_is_one_bet(table):
    bettor = new_player()
    await table.give(bettor, 100 * UNIT)
    asked = opening(table, bettor, 10 * UNIT, Settled(25 * UNIT, SHOWN))
    natural = await placed(table.road, asked)
    assert (RoundState.SETTLED, 115 * UNIT) == (natural.state, natural.balance_after)
    assert natural == await placed(table.road, asked)
    assert [] == await open_rounds(table, bettor)
    assert 115 * UNIT == await table.balance(bettor)


async def test_stake_that_is_not_covered_changes_nothing(table):
    bettor = new_player()
    await table.give(bettor, 15 * UNIT)
    hand = await placed(table.road, opening(table, bettor, 10 * UNIT))
    for decision in (Continues(SHOWN, SHOWN, 10 * UNIT), Settled(40 * UNIT, SHOWN, 10 * UNIT)):
        with pytest.raises(InsufficientFunds):
            await go_on(table, hand, bettor, decision)
    assert 5 * UNIT == await table.balance(bettor)
    (standing,) = await open_rounds(table, bettor)
    assert (10 * UNIT, 0) == (standing.stake, standing.step)
    await go_on(table, hand, bettor, Settled(20 * UNIT, SHOWN))


async def test_a_void_gives_the_added_stake_back_too(table):
    bettor = new_player()
    await table.give(bettor, 100 * UNIT)
    hand = await placed(table.road, opening(table, bettor, 10 * UNIT))
    hand = await go_on(table, hand, bettor, Continues(SHOWN, SHOWN, 30 * UNIT))
    hand = await go_on(table, hand, bettor, Voided(SHOWN))
    assert (RoundState.VOID, 100 * UNIT) == (hand.state, hand.balance_after)


async def test_two_tabs_double_once(table):
    bettor = new_player()
    await table.give(bettor, 100 * UNIT)
    hand = await placed(table.road, opening(table, bettor, 10 * UNIT))
    more = Continues(SHOWN, SHOWN, 10 * UNIT)
    answers = await asyncio.gather(
        *(go_on(table, hand, bettor, more) for _ in range(2)), return_exceptions=True
    )
    assert 1 == sum(isinstance(one, StepTaken) for one in answers)
    assert 80 * UNIT == await table.balance(bettor)
    taken = next(one for one in answers if isinstance(one, Bet))
    await go_on(table, taken, bettor, Settled(0, SHOWN))


async def test_added_stake_counts_against_limits(guarded_table: Table):
    table = guarded_table
    world, player, bettor = await somebody(table)
    await limit(world, player, LimitKind.WAGER, 25 * UNIT)
    place = opening(table, bettor, parse_units("10", 6, param="stake"), of=USDT)
    hand = await placed(table.road, place)
    hand = await go_on(table, hand, bettor, Continues(SHOWN, SHOWN, 10 * UNIT))
    assert 20 * UNIT == (await played(table, bettor)).wagered_day
    assert 20 * UNIT == hand.stake_value
    for decision in (Continues(SHOWN, SHOWN, 10 * UNIT), Settled(0, SHOWN, 10 * UNIT)):
        with pytest.raises(WagerLimitReached):
            await go_on(table, hand, bettor, decision)
    await go_on(table, hand, bettor, Settled(15 * UNIT, SHOWN, 5 * UNIT))
    counted = await played(table, bettor)
    assert (25 * UNIT, 15 * UNIT) == (counted.wagered_day, counted.returned_day)


async def open_rounds(table: Table, bettor: Bettor) -> list[Bet]:
    async with table.db.read() as tx:
        return await betting.open_rounds(tx, player_id=bettor.player_id)
