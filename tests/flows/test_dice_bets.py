"""Dice on the road: decided, booked, told, repeated, refused."""

import asyncio

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting import jobs
from fairhouse.betting.types import BetIdExpired, BetIdInFuture, StakeOutOfRange, UnknownBet
from fairhouse.fairness.rules import commitment
from fairhouse.games.api import verify
from fairhouse.games.types import InvalidGameParams, StakeTooSmall
from fairhouse.kernel.ids import from_wire, to_wire, uuid7
from fairhouse.kernel.money import InvalidAmount
from fairhouse.kernel.refusals import IdempotencyConflict, Malformed, Paused
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, InsufficientFunds
from tests.flows.betting_kit import PLAY, SEALER, new_player, table_on


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


async def test_a_bet_is_decided_booked_and_told(table):
    player = new_player()
    await table.give(player, 100_000_000)
    bet = await table.dice(player, stake="2.5", target="49.50")

    assert bet.state == "settled"
    assert bet.nonce == 0
    assert bet.stake == "2.5"
    won = bet.outcome["won"]
    assert bet.payout == ("5" if won else "0")
    assert bet.multiplier == ("2.0000" if won else "0.0000")
    assert bet.balance_after == ("102.5" if won else "97.5")
    assert await table.balance(player) == (102_500_000 if won else 97_500_000)
    async with table.db.read() as tx:
        assert (
            bet
            == (
                await table.games.views(
                    tx,
                    bets=await betting.bets(tx, bettor=player, before=None, limit=5),
                    reader=player.player_id,
                )
            )[0]
        )
    assert [bet.id] == [to_wire("bet", entry.id) for entry in table.committed]


async def test_every_bet_verifies_once_its_seeds_are_revealed(table):
    player = new_player()
    await table.give(player, 100_000_000)
    bets = [await table.dice(player, target="30.00", direction="over") for _ in range(20)]
    rotation = await table.road.rotate(player, client_seed="mine")

    assert list(range(20)) == [bet.nonce for bet in bets]
    assert rotation.revealed.nonce == 20
    assert commitment(rotation.revealed.server_seed or "") == bets[0].server_seed_hash
    for bet in bets:
        async with table.db.read() as tx:
            found = await verify(
                tx,
                slug="dice",
                server_seed=rotation.revealed.server_seed or "",
                client_seed=bet.client_seed,
                nonce=bet.nonce,
                params=bet.params,
            )
        assert found.outcome["roll"] == bet.outcome["roll"]
        assert found.outcome["won"] == bet.outcome["won"]
        assert found.table_hash == bet.table_hash
    after = await table.dice(player)
    assert (after.nonce, after.client_seed) == (0, "mine")
    assert after.server_seed_hash == rotation.active.server_seed_hash
    async with table.db.tx() as tx:
        seeds = await betting.seeds(tx, sealer=SEALER, bettor=player)
    assert seeds.nonce == 1


async def test_the_same_id_gives_the_same_answer(table):
    player = new_player()
    await table.give(player, 100_000_000)
    id_ = table.bet_id()
    answers = await asyncio.gather(*(table.dice(player, bet_id=id_) for _ in range(20)))
    table.road._writer._committer.forget_all()
    answers.append(await table.dice(player, bet_id=id_))

    assert len({answer.balance_after for answer in answers}) == 1
    assert all(answer == answers[0] for answer in answers)
    assert len(table.committed) == 1


async def test_the_same_id_for_another_bet_is_refused(table):
    player, other = new_player(), new_player()
    for one in (player, other):
        await table.give(one, 100_000_000)
    id_ = table.bet_id()
    await table.dice(player, bet_id=id_)
    for forget in (False, True):
        if forget:
            table.road._writer._committer.forget_all()
        for changes in ({"stake": "2"}, {"target": "51.00"}, {"direction": "over"}):
            with pytest.raises(IdempotencyConflict):
                await table.dice(player, bet_id=id_, **changes)
        with pytest.raises(IdempotencyConflict) as refused:
            await table.dice(other, bet_id=id_)
        assert str(player.player_id) not in str(refused.value.fields)
    assert await table.balance(other) == 100_000_000


async def test_an_answer_outlives_pauses_and_limits_and_the_day(table, clock):
    player = new_player()
    await table.give(player, 100_000_000)
    id_ = table.bet_id()
    bet = await table.dice(player, bet_id=id_)
    table.pauses["game:dice"] = "maintenance"
    assert bet == await table.dice(player, bet_id=id_)
    with pytest.raises(Paused) as refused:
        await table.dice(player)
    assert refused.value.fields["reason"] == "maintenance"
    table.pauses.clear()
    clock.advance(hours=25)
    assert bet == await table.dice(player, bet_id=id_)
    with pytest.raises(IdempotencyConflict):
        await table.dice(player, bet_id=id_, stake="2")


async def test_ids_of_other_times_are_refused(table, clock):
    player = new_player()
    await table.give(player, 100_000_000)
    now_ms = int(clock().timestamp() * 1000)
    ahead = to_wire("bet", uuid7(now_ms + 120_000, bytes(10)))
    old = to_wire("bet", uuid7(now_ms - 25 * 3_600_000, bytes(10)))

    with pytest.raises(BetIdInFuture):
        await table.dice(player, bet_id=ahead)
    with pytest.raises(BetIdExpired):
        await table.dice(player, bet_id=old)
    assert table.committed == []


@pytest.mark.parametrize(
    ("changes", "refusal", "param"),
    [
        ({"stake": "0"}, InvalidAmount, "stake"),
        ({"stake": "-1"}, InvalidAmount, "stake"),
        ({"stake": "1e3"}, InvalidAmount, "stake"),
        ({"stake": "0.0000001"}, InvalidAmount, "stake"),
        ({"stake": "0.000097", "target": "98.00"}, StakeTooSmall, "stake"),
        ({"stake": "99999999999"}, StakeOutOfRange, "stake"),
        ({"stake": "100.5"}, InsufficientFunds, "stake"),
        ({"target": "0.00"}, InvalidGameParams, "target"),
        ({"target": "98.01"}, InvalidGameParams, "target"),
        ({"target": "1.99", "direction": "over"}, InvalidGameParams, "target"),
        ({"target": "50.001"}, InvalidGameParams, "target"),
        ({"direction": "sideways"}, InvalidGameParams, "direction"),
        ({"bet_id": "bet_nonsense"}, Malformed, "id"),
        ({"currency_code": "DOGE"}, Malformed, "currency"),
        ({"currency_code": "BTC"}, StakeOutOfRange, "currency"),
    ],
)
async def test_what_is_refused_changes_nothing(table, changes, refusal, param):
    player = new_player()
    await table.give(player, 100_000_000)
    with pytest.raises(refusal) as refused:
        await table.dice(player, **changes)

    assert refused.value.param == param
    assert await table.balance(player) == 100_000_000
    assert table.committed == []


async def test_the_least_stake_named_is_accepted(table):
    player = new_player()
    await table.give(player, 100_000_000)
    with pytest.raises(StakeTooSmall) as refused:
        await table.dice(player, stake="0.000001", target="98.00")

    bet = await table.dice(player, stake=str(refused.value.fields["minimum"]), target="98.00")
    assert bet.stake == "0.000098"


async def test_200_parallel_bets_on_a_balance_of_one(table):
    player, other = new_player(), new_player()
    await table.give(player, 1_000_000)
    await table.give(other, 100_000_000)

    async def losing(bettor):
        try:
            # 0.01 %: nobody wins back a stake while this test runs, but for once in ten thousand.
            return await table.dice(bettor, target="0.01")
        except InsufficientFunds as refused:
            return refused

    answers = await asyncio.gather(
        *(losing(player) for _ in range(200)), *(losing(other) for _ in range(20))
    )
    mine = [one for one in answers[:200] if not isinstance(one, InsufficientFunds)]
    won = [one for one in mine if one.outcome["won"]]

    assert won or len(mine) == 1
    assert all(not isinstance(one, InsufficientFunds) for one in answers[200:])


async def test_the_statement_shows_stake_and_payout_before_and_after_indexing(table, db):
    player = new_player()
    await table.give(player, 10_000_000)
    bets = [await table.dice(player, target="90.00") for _ in range(6)]
    key = AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=player.player_id)

    async def lines():
        async with db.read() as tx:
            since, until = table.db.now(), table.db.now().replace(year=2027)
            since = since.replace(year=2025)
            found = await ledger.statement(
                tx, key=key, since=since, until=until, before_cursor=None, limit=100
            )
            assert found.closing == await table.balance(player)
            return sorted((line.amount, line.reason, line.ref) for line in found.lines)

    before = await lines()
    from_tail = await history(db, player)
    assert 6 == await jobs.fold_lanes(db)
    assert before == await lines()
    assert from_tail == await history(db, player)
    assert sum(amount for amount, _, _ in before) == await table.balance(player)
    wins = sum(1 for bet in bets if bet.outcome["won"])
    assert len(before) == 1 + 6 + wins
    assert {bet.id for bet in bets} | {"test"} == {ref for _, _, ref in before}


async def history(db, player):
    async with db.read() as tx:
        newest = await betting.bets(tx, bettor=player, before=None, limit=4)
        rest = await betting.bets(tx, bettor=player, before=newest[-1].id, limit=4)
    found = [bet.id for bet in newest + rest]
    assert found == sorted(found, reverse=True)
    return found


async def test_bets_are_shown_to_anybody_without_what_is_private(table):
    player, other = new_player(), new_player()
    await table.give(player, 10_000_000)
    bet = await table.dice(player)
    seen = await table.games.bet(bet_id=bet.id, reader=other.player_id)

    assert seen.balance_after is None
    assert (seen.id, seen.payout, seen.outcome) == (bet.id, bet.payout, bet.outcome)
    with pytest.raises(UnknownBet):
        async with table.db.read() as tx:
            await betting.bet(tx, bet_id=from_wire("bet", bet.id), player_id=other.player_id)
    async with table.db.read() as tx:
        assert [from_wire("bet", bet.id)] == [
            one.id for one in await betting.feed(tx, brand_id=1, limit=10)
        ]
        assert [] == await betting.feed(tx, brand_id=2, limit=10)
