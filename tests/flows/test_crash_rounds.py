"""Rounds of crash and slide on a real road: bets, cash-outs, verdicts, and what is refused."""

import asyncio
import hashlib
import hmac
from datetime import timedelta

import pytest

from fairhouse.betting.types import (
    ProfitTooLarge,
    RoundAlreadyOpen,
    RoundClosed,
    RoundState,
    StakeOutOfRange,
    UnknownBet,
)
from fairhouse.fairness.beacons import verifies
from fairhouse.fairness.schemes.crash import Scheme, games_since
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import (
    SLIDE,
    BettingClosed,
    CashedOut,
    Crashed,
    NoCashOut,
    NothingToTake,
    NotRunning,
    State,
    UnknownRound,
)
from fairhouse.games.types import InvalidChoice, InvalidGameParams, StakeTooSmall
from fairhouse.kernel.ids import derived_id, to_wire
from fairhouse.kernel.refusals import IdempotencyConflict, Malformed, Paused
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, InsufficientFunds, Transfer
from tests.flows.betting_kit import PLAY, new_player
from tests.flows.crash_kit import TIMING, commit_chain_with, scene_on

COINS = 10**6


@pytest.fixture
async def scene(db, clock):
    async with scene_on(db, clock) as scene:
        yield scene
    await scene.table.check_books()


async def give_all(scene, players, units):
    """Money for many, in a few transactions."""
    for first in range(0, len(players), 500):
        transfers = [
            Transfer(
                id=derived_id("tests.give_all", str(player.player_id)),
                debit=AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY),
                credit=AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=player.player_id),
                amount=units,
                reason="test",
                ref="test",
            )
            for player in players[first : first + 500]
        ]
        async with scene.db.tx() as tx:
            await ledger.post(tx, transfers=transfers)


async def seated(scene, count, units=1_000 * COINS):
    players = [new_player() for _ in range(count)]
    for player in players:
        await scene.table.give(player, units)
    return players


async def test_a_round_from_the_first_bet_to_the_last_payout(scene):
    point = await commit_chain_with(scene.db, scene.beacon, "crash", 300, 450)
    auto, hand, late, lost = await seated(scene, 4)
    opened = await scene.until(State.BETTING)
    bets = {
        "auto": await scene.bet(auto, "10", "1.50"),
        "hand": await scene.bet(hand, "20"),
        "lost": await scene.bet(lost, "30", "1000"),
        "late": await scene.bet(late, "40"),
    }
    assert {bet.state for bet in bets.values()} == {RoundState.OPEN}
    assert 990 * COINS == await scene.table.balance(auto)
    assert 10 * COINS == await scene.table.balance(auto, code=AccountCode.LOCKED_WAGER)
    with pytest.raises(NotRunning):
        await scene.cash_out(hand, bets["hand"])

    begun = await scene.until(State.RUNNING)
    assert (begun.id, begun.entrants, begun.hash) == (opened.id, 4, None)
    with pytest.raises(NotRunning):
        await scene.cash_out(hand, bets["hand"])
    await scene.at(100)
    with pytest.raises(NothingToTake):
        await scene.cash_out(hand, bets["hand"])
    await scene.at(11_600)
    done = await scene.cash_out(hand, bets["hand"])
    assert (rules.multiplier_at(11_600), done.outcome["at_ms"]) == (200, 11_600)
    assert (done.state, done.outcome["cash_out"]) == (RoundState.OPEN, "2.00")
    assert 980 * COINS == await scene.table.balance(hand)

    ended = await scene.until(State.CRASHED)
    assert (ended.point, ended.made_good) == (point, None)
    with pytest.raises(Crashed) as refused:
        await scene.cash_out(late, bets["late"])
    assert (refused.value.param, refused.value.fields) == (
        "choice",
        {"multiplier": rules.shown(point)},
    )
    await scene.settle()
    settled = await scene.newest()
    assert (settled.state, settled.settled_at is not None) == (State.SETTLED, True)
    outcomes = {name: await scene.bet_now(bet) for name, bet in bets.items()}
    assert {name: bet.outcome["ended"] for name, bet in outcomes.items()} == {
        "auto": "auto",
        "hand": "cash_out",
        "lost": "crashed",
        "late": "crashed",
    }
    assert [15 * COINS, 40 * COINS, 0, 0] == [outcomes[name].payout for name in bets]
    assert outcomes["auto"].outcome["multiplier"] == "1.5000"
    assert rules.shown(point) == outcomes["lost"].outcome["crashed_at"]
    for player, units in ((auto, 1_005), (hand, 1_020), (lost, 970), (late, 960)):
        assert units * COINS == await scene.table.balance(player)
        assert 0 == await scene.table.balance(player, code=AccountCode.LOCKED_WAGER)


async def test_the_whole_proof_of_a_round(scene):
    await commit_chain_with(scene.db, scene.beacon, "crash", 120, 200)
    await scene.until(State.BETTING)
    await scene.until(State.RUNNING)
    open_view, open_proof, _ = await scene.crash.round(
        game="crash", brand_id=1, round_id=to_wire("crd", (await scene.newest()).id)
    )
    assert (open_view.crashed_at, open_proof.hash, open_proof.digest) == (None, None, None)
    ended = await scene.until(State.CRASHED)

    [(view, proof)] = await scene.crash.history(game="crash", brand_id=1, before=None, limit=10)
    assert view.id == to_wire("crd", ended.id)
    # Everything below is what a stranger computes from the published values alone.
    game_hash, signature = bytes.fromhex(proof.hash), bytes.fromhex(proof.signature)
    end = bytes.fromhex(proof.chain_end_hash)
    assert proof.chain_number == games_since(Scheme.OURS_CRASH, game_hash, end, 1_000)
    assert proof.chain_committed_at <= view.opened_at < view.closes_at < view.beacon_at
    assert bytes.fromhex(proof.beacon_public_key) == scene.beacon.info.public_key
    assert verifies(scene.beacon.info, proof.beacon_round, signature)
    digest = hmac.digest(game_hash, signature, hashlib.sha256)
    assert digest.hex() == proof.digest
    left = 2**52 - (int.from_bytes(digest[:7], "big") >> 4)
    assert max(100, 99 * 2**52 // left) == ended.point
    assert (proof.beacon, view.beacon, view.crashed_at) == ("local", "local", proof.point)


async def test_an_order_is_exact_to_the_hundredth(scene):
    point = await commit_chain_with(scene.db, scene.beacon, "crash", 150, 250)
    below, at, above = await seated(scene, 3)
    await scene.until(State.BETTING)
    bets = [
        await scene.bet(below, "1", rules.shown(point - 1)),
        await scene.bet(at, "1", rules.shown(point)),
        await scene.bet(above, "1", rules.shown(point + 1)),
    ]
    await scene.until(State.CRASHED)
    await scene.settle()

    paid = [(await scene.bet_now(bet)).payout for bet in bets]
    assert [COINS * (point - 1) // 100, COINS * point // 100, 0] == paid


async def test_by_hand_and_by_order_are_judged_alike(scene):
    """The run's last millisecond pays by hand what an order there pays; the next one crashes."""
    point = await commit_chain_with(scene.db, scene.beacon, "crash", 150, 250)
    ends_ms = rules.reached_ms(point + 1)
    first, last = await seated(scene, 2)
    await scene.until(State.BETTING)
    bets = [await scene.bet(first), await scene.bet(last)]
    await scene.until(State.RUNNING)
    await scene.at(ends_ms - 1)
    await scene.turn()
    done = await scene.cash_out(first, bets[0])
    assert rules.shown(point) == done.outcome["cash_out"]
    await scene.at(ends_ms)
    with pytest.raises(Crashed):
        await scene.cash_out(last, bets[1])
    await scene.until(State.CRASHED)
    await scene.settle()

    paid = [(await scene.bet_now(bet)).payout for bet in bets]
    assert [COINS * point // 100, 0] == paid


async def test_a_cash_out_is_taken_once(scene):
    await commit_chain_with(scene.db, scene.beacon, "crash", 300, 900)
    player, other = await seated(scene, 2)
    await scene.until(State.BETTING)
    bet, ordered = await scene.bet(player), await scene.bet(other, "1", "1.20")
    await scene.until(State.RUNNING)
    await scene.at(7_000)
    twice = await asyncio.gather(scene.cash_out(player, bet), scene.cash_out(player, bet))
    assert twice[0] == twice[1]
    await scene.at(9_000)
    assert twice[0] == await scene.cash_out(player, bet)
    with pytest.raises(CashedOut) as refused:
        await scene.cash_out(player, bet, step=1)
    assert (refused.value.param, refused.value.fields["multiplier"]) == (
        "step",
        rules.shown(rules.multiplier_at(7_000)),
    )
    with pytest.raises(CashedOut) as refused:
        await scene.cash_out(other, ordered)
    assert refused.value.fields["multiplier"] == "1.20"
    with pytest.raises(UnknownBet):
        await scene.cash_out(other, bet)
    await scene.until(State.CRASHED)
    await scene.settle()

    settled = await scene.cash_out(player, bet)
    assert settled == await scene.bet_now(bet)
    assert settled.outcome["cash_out"] == twice[0].outcome["cash_out"]
    assert settled.payout == COINS * rules.multiplier_at(7_000) // 100
    with pytest.raises(CashedOut):
        await scene.cash_out(other, ordered)
    assert 1_000 * COINS - COINS + settled.payout == await scene.table.balance(player)


async def test_bad_bets_are_refused_by_field_and_change_nothing(scene):
    player, other = await seated(scene, 2)
    found = await scene.until(State.BETTING)
    wire = to_wire("crd", found.id)
    params = {"round": wire, "auto_cash_out": None}
    for field, value, error, named in (
        ("params", {"round": wire, "auto_cash_out": "1"}, InvalidGameParams, "auto_cash_out"),
        ("params", {"round": wire, "auto_cash_out": "1000000.01"}, InvalidGameParams, "auto"),
        ("params", {"round": wire, "auto_cash_out": "1.234"}, InvalidGameParams, "auto_cash_out"),
        ("params", {"round": wire, "auto_cash_out": 2}, InvalidGameParams, "auto_cash_out"),
        ("params", {"round": wire, "target": "2"}, InvalidGameParams, "params.target"),
        ("params", {}, InvalidGameParams, "params.round"),
        ("params", {"round": "crd_x"}, Malformed, "params.round"),
        ("params", {"round": to_wire("crd", player.player_id)}, UnknownRound, "params.round"),
        ("stake", "0.000001", StakeTooSmall, "stake"),
        ("stake", "100000000", StakeOutOfRange, "stake"),
        ("params", {"round": wire, "auto_cash_out": "1000000"}, ProfitTooLarge, "stake"),
    ):
        with pytest.raises(error) as refused:
            await scene.bet(player, **{field: value} if field == "params" else {"stake": value})
        assert named in (refused.value.param or "")
    with pytest.raises(InsufficientFunds):
        await scene.bet(player, "1001")
    assert 1_000 * COINS == await scene.table.balance(player)

    bet_id = scene.table.bet_id()
    bet = await scene.bet(player, "1", bet_id=bet_id)
    assert bet == await scene.bet(player, "1", bet_id=bet_id)
    with pytest.raises(IdempotencyConflict):
        await scene.bet(player, "2", bet_id=bet_id)
    with pytest.raises(RoundAlreadyOpen):
        await scene.bet(player)
    scene.table.pauses["game:crash"] = "maintenance"
    with pytest.raises(Paused):
        await scene.bet(other)
    scene.table.pauses.clear()
    with pytest.raises(InvalidChoice) as refused:
        await scene.crash.step(
            game="crash", bettor=player, bet_id=bet_id, step=0, choice={"do": "reveal"}
        )
    assert refused.value.param == "choice.do"

    scene.clock.time = found.closes_at
    with pytest.raises(BettingClosed) as refused:
        await scene.bet(other, params=params)
    assert refused.value.param == "params.round"
    assert bet == await scene.bet(player, "1", bet_id=bet_id, params=params)
    await scene.until(State.CRASHED, step_ms=2_000)
    await scene.settle()
    following = await scene.until(State.BETTING)
    with pytest.raises(BettingClosed) as refused:
        await scene.bet(other, params=params)
    assert refused.value.fields["round"] == to_wire("crd", following.id)
    assert 1_000 * COINS == await scene.table.balance(other)


async def test_a_silent_beacon_voids_the_round_and_the_next_goes_on(scene):
    player, other = await seated(scene, 2)
    await scene.until(State.BETTING)
    bet = await scene.bet(player, "10")
    locked = await scene.until(State.LOCKED)
    scene.beacon.is_silent = True
    given_up = await scene.until(State.VOID, step_ms=1_000)
    assert given_up.ended_at is not None
    waited = given_up.ended_at - locked.closes_at
    assert 30 <= waited.total_seconds() < 32
    assert (given_up.reason, given_up.hash is not None) == ("beacon_silent", True)
    await scene.settle()
    back = await scene.bet_now(bet)
    assert (back.state, back.outcome["reason"]) == (RoundState.VOID, "beacon_silent")
    assert 1_000 * COINS == await scene.table.balance(player)
    with pytest.raises(RoundClosed):
        await scene.cash_out(player, bet)

    scene.beacon.is_silent = False
    following = await scene.until(State.BETTING)
    assert given_up.number + 1 == following.number
    await scene.bet(other, "10", "1.01")
    await scene.until(State.CRASHED, step_ms=2_000)
    await scene.settle()
    assert (await scene.newest()).state is State.SETTLED


async def test_what_reaches_the_books_too_late_is_given_back(scene):
    """The bet was checked in time, and its lane was slow: the round began without it."""
    await commit_chain_with(scene.db, scene.beacon, "crash", 300, 900)
    player, other = await seated(scene, 2)
    found = await scene.until(State.BETTING)
    await scene.bet(other)
    begun = await scene.until(State.RUNNING)
    assert begun.entrants == 1
    scene.stage._games["crash"].round = found
    now, scene.clock.time = scene.clock.time, found.opened_at
    late = await scene.bet(player, "5", params={"round": to_wire("crd", found.id)})
    scene.clock.time = now
    assert late.state is RoundState.OPEN
    await scene.settler.step_late()

    back = await scene.bet_now(late)
    assert (back.state, back.outcome["reason"]) == (RoundState.VOID, "too_late")
    assert 1_000 * COINS == await scene.table.balance(player)
    await scene.until(State.CRASHED, step_ms=1_000)
    await scene.settle()


async def test_the_most_that_the_house_pays_cashes_everybody_out(scene):
    """One bet by its own maximum, a crowd by the round's."""
    point = await commit_chain_with(scene.db, scene.beacon, "crash", 3_000, 9_000)
    limit = scene.table.road.limits(1, "crash", "PLAY").profit_max
    whales = await seated(scene, 8, 10_000 * COINS)
    await scene.until(State.BETTING)
    bets = [await scene.bet(player, "9000") for player in whales]
    begun = await scene.until(State.RUNNING)
    # Alone a bet may go on to 1 + limit / stake; eight of them together only to 5 limits.
    alone = 100 + limit * 100 // (9_000 * COINS)
    cap = 100 + 5 * limit * 100 // (8 * 9_000 * COINS)
    assert {"1:PLAY": cap} == begun.caps
    assert cap < alone < point
    await scene.at(rules.reached_ms(cap))
    with pytest.raises(CashedOut) as refused:
        await scene.cash_out(whales[0], bets[0])
    assert refused.value.fields["multiplier"] == rules.shown(cap)
    view, _, seats = await scene.crash.round(
        game="crash", brand_id=1, round_id=to_wire("crd", begun.id)
    )
    assert ({"PLAY": rules.shown(cap)}, 8) == (view.caps, len(seats))
    await scene.until(State.CRASHED, step_ms=2_000)
    await scene.settle()

    found = [await scene.bet_now(bet) for bet in bets]
    assert {("forced", 9_000 * COINS * cap // 100)} == {
        (bet.outcome["ended"], bet.payout) for bet in found
    }
    assert sum(bet.payout - bet.stake for bet in found) <= 5 * limit


async def test_slide_pays_by_its_target(db, clock):
    async with scene_on(db, clock, SLIDE) as scene:
        point = await commit_chain_with(scene.db, scene.beacon, SLIDE, 150, 400)
        winner, loser = await seated(scene, 2)
        await scene.until(State.BETTING)
        with pytest.raises(InvalidGameParams) as refused:
            await scene.bet(winner)
        assert refused.value.param == "params.auto_cash_out"
        won = await scene.bet(winner, "10", rules.shown(point))
        lost = await scene.bet(loser, "10", rules.shown(point + 1))
        begun = await scene.until(State.RUNNING)
        with pytest.raises(NoCashOut):
            await scene.cash_out(winner, won)
        ended = await scene.until(State.CRASHED)
        await scene.settle()

        assert begun.started_at is not None
        assert ended.ended_at is not None
        assert ended.ended_at - begun.started_at >= timedelta(milliseconds=TIMING.slide_ms)
        assert [point * COINS // 10, 0] == [
            (await scene.bet_now(one)).payout for one in (won, lost)
        ]
        await scene.table.check_books()


async def test_two_thousand_players_and_exact_books(scene):
    """Orders, hands and losers by the hundreds, settled in batches: every balance is computed."""
    point = await commit_chain_with(scene.db, scene.beacon, "crash", 200, 400)
    players = [new_player() for _ in range(2_000)]
    await give_all(scene, players, 100 * COINS)
    await scene.until(State.BETTING)
    orders = [None if number % 4 == 0 else 101 + number % 500 for number in range(2_000)]
    bets = await asyncio.gather(
        *(
            scene.bet(player, "10", None if order is None else rules.shown(order))
            for player, order in zip(players, orders, strict=True)
        )
    )
    begun = await scene.until(State.RUNNING)
    assert (begun.entrants, begun.caps["1:PLAY"] > point) == (2_000, True)
    by_hand = {}
    for at_ms, first in ((2_000, 0), (5_000, 400), (11_000, 800)):
        await scene.at(at_ms)
        await scene.turn()
        leaving = [number for number in range(first, first + 400) if orders[number] is None]
        await asyncio.gather(*(scene.cash_out(players[n], bets[n]) for n in leaving))
        by_hand |= dict.fromkeys(leaving, rules.multiplier_at(at_ms))
    await scene.until(State.CRASHED, step_ms=1_000)
    await scene.settle()

    assert (await scene.newest()).state is State.SETTLED
    expected = []
    for number, order in enumerate(orders):
        left = by_hand.get(number) if order is None else order if order <= point else None
        expected.append(90 * COINS + (0 if left is None else 10 * COINS * left // 100))
    assert 300 == len(by_hand)
    async with scene.db.read() as tx:
        keys = [
            AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=player.player_id)
            for player in players
        ]
        found = [(await ledger.balance(tx, key=key)).available for key in keys]
    assert expected == found
