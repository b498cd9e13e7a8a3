"""Rounds of every game with steps: resumed after a kill at every step, never taken twice."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import LANES, RoundAlreadyOpen, RoundClosed, StepTaken, UnknownBet
from fairhouse.games import catalogue, jobs
from fairhouse.games.api import Games, differences, recompute_bet
from fairhouse.games.original import Stake
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice, InvalidGameParams, UnknownGame
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import parse_units
from fairhouse.platform.database import Database, PoolSettings
from tests.flows.betting_kit import SEALER, SETTINGS, Table, check_books, new_player, table_on
from tests.originals import OUT, params_for, tried

STEPS = [slug for slug, info in catalogue.GAMES.items() if info.multi_step]
INSTANT = [slug for slug, info in catalogue.GAMES.items() if not info.multi_step]
LONG = 4
"""Choices after which a player takes the money where that can be done."""
FUNDS = 10**9


@asynccontextmanager
async def killed_in_the_end(url):
    """A table whose process is killed: it gives nothing up and answers nothing more."""
    db = await Database.connect(url, PoolSettings(size_max=6))
    road = Road(db, sealer=SEALER, settings=SETTINGS)
    games = Games(db, road, sealer=SEALER, pauses=lambda _: {})
    task = asyncio.create_task(road.run())
    try:
        await road.refresh_house()
        async with asyncio.timeout(20):
            while not all(road.owns(lane) for lane in range(LANES)):
                await asyncio.sleep(0.05)
        yield Table(db, road, games, {})
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await db.close()


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


def asked_for(slug: str, rng: Random) -> dict[str, Any]:
    original = catalogue.usual(slug).original
    return {
        "currency_code": "PLAY",
        "stake": "1",
        "params": params_for(original, rng, Stake(10**6, 6)),
    }


async def open_round(table: Table, slug: str, player: Any, rng: Random) -> Any:
    """A round that is still open; one that ends at its opening is followed by another."""
    for _ in range(50):
        asked = asked_for(slug, rng)
        bet = await table.games.place(slug, bettor=player, bet_id=table.bet_id(), **asked)
        if bet.state == "open":
            return bet
    raise AssertionError(f"{slug} never stays open")


async def take(table: Table, player: Any, bet: Any, rng: Random) -> tuple[Any, Any]:
    """A random choice that is open now, and the round after it; two tabs click it at once."""
    offered = tried(catalogue.usual(bet.game).original, rng)
    if bet.step >= LONG and OUT in offered:
        offered = [OUT, *offered]
    for choice in offered:
        step: dict[str, Any] = {
            "bettor": player,
            "bet_id": bet.id,
            "step": bet.step,
            "choice": choice,
        }
        try:
            after, again = await asyncio.gather(*(table.games.step(bet.game, **step) for _ in "ab"))
        except ChoiceNotOpen:
            continue
        assert after == again
        return after, step
    raise AssertionError(f"no choice of {bet.game} is open")


async def test_rounds_of_every_game_go_on_after_a_kill_at_every_step(db, database_urls):
    rng = Random(4)
    players: dict[str, Any] = {slug: new_player() for slug in STEPS}
    bets: dict[str, Any] = {}
    last: dict[str, Any] = {}
    lives = 0
    while not bets or any(bet.state == "open" for bet in bets.values()):
        async with killed_in_the_end(database_urls.app) as table:
            lives += 1
            if not bets:
                for slug, player in players.items():
                    await table.give(player, FUNDS)
                    bets[slug] = await open_round(table, slug, player, rng)
                continue
            for slug, before in list(bets.items()):
                bets[slug] = await go_on(table, players[slug], before, rng, last)
        await check_books(db)
    assert lives > LONG
    async with table_on(db) as table:
        for slug, player in players.items():
            await check_end(table, player, bets[slug], last[slug])


async def go_on(table: Table, player: Any, before: Any, rng: Random, last: dict[str, Any]) -> Any:
    """The round stands as it did before the kill; its last step again changes nothing."""
    found = await table.games.bet(bet_id=before.id, reader=player.player_id)
    assert found == before
    if before.game in last:
        assert before == await table.games.step(before.game, **last[before.game])
    if before.state != "open":
        return before
    after, step = await take(table, player, before, rng)
    last[before.game] = step
    return after


async def check_end(table: Table, player: Any, bet: Any, step: dict[str, Any]) -> None:
    """Paid once, closed for good, and what the seeds give again."""
    assert bet.state == "settled"
    assert bet == await table.games.step(bet.game, **step)
    with pytest.raises(RoundClosed):
        await table.games.step(bet.game, **{**step, "step": bet.step})
    stored = await stored_bet(table, bet)
    rotation = await table.road.rotate(player, client_seed=None)
    revealed = rotation.revealed
    again = recompute_bet(stored, revealed.server_seed or "", revealed.client_seed)
    assert [] == differences(stored, again)


async def stored_bet(table: Table, bet: Any) -> Any:
    async with table.db.read() as tx:
        return await betting.bet(tx, bet_id=from_wire("bet", bet.id), player_id=None)


@pytest.mark.parametrize("slug", STEPS)
async def test_two_tabs_choose_differently_and_one_wins(table, slug):
    rng, player = Random(2), new_player()
    await table.give(player, FUNDS)
    bet = await open_round(table, slug, player, rng)
    offered = [choice for choice in tried(catalogue.usual(slug).original, rng) if choice != OUT]

    async def click(choice: Any) -> Any:
        try:
            return await table.games.step(slug, bettor=player, bet_id=bet.id, step=0, choice=choice)
        except (StepTaken, RoundClosed, ChoiceNotOpen) as refused:
            return refused

    answers = await asyncio.gather(*(click(choice) for choice in offered * 3))
    taken = [one for one in answers if not isinstance(one, Exception)]
    assert taken
    assert all(one.outcome["choices"] == taken[0].outcome["choices"] for one in taken)
    assert len(taken[0].outcome["choices"]) == 1
    now = await table.games.bet(bet_id=bet.id, reader=player.player_id)
    assert now.step == 1


@pytest.mark.parametrize("slug", STEPS)
async def test_what_is_refused_changes_nothing(table, slug):
    rng, player, stranger = Random(3), new_player(), new_player()
    await table.give(player, FUNDS)
    bet = await open_round(table, slug, player, rng)
    balance = await table.balance(player)

    async def step(who: Any = player, game: str = slug, number: int = 0, **choice: Any) -> Any:
        return await table.games.step(game, bettor=who, bet_id=bet.id, step=number, choice=choice)

    good = tried(catalogue.usual(slug).original, rng)[0]
    other = next(one for one in STEPS if one != slug)
    for refusal, call in (
        (InvalidChoice, step()),
        (InvalidChoice, step(do="fly")),
        (InvalidChoice, step(do=None)),
        (InvalidChoice, step(**good, surprise=1)),
        (StepTaken, step(number=1, **good)),
        (StepTaken, step(number=10**6, **good)),
        (UnknownBet, step(stranger, **good)),
        (UnknownBet, step(game=other, **good)),
        (UnknownGame, step(game="whist", **good)),
    ):
        with pytest.raises(refusal):
            await call
    with pytest.raises(RoundAlreadyOpen) as open_:
        await table.games.place(slug, bettor=player, bet_id=table.bet_id(), **asked_for(slug, rng))
    assert open_.value.fields["round_id"] == bet.id
    assert bet == await table.games.bet(bet_id=bet.id, reader=player.player_id)
    assert balance == await table.balance(player)


async def test_abandoned_rounds_of_every_game_pay_the_better(table, clock):
    rng = Random(5)
    players: dict[str, Any] = {slug: new_player() for slug in STEPS}
    opened: dict[str, Any] = {}
    for slug, player in players.items():
        await table.give(player, FUNDS)
        bet = await open_round(table, slug, player, rng)
        after, _ = await take(table, player, bet, rng)
        opened[slug] = after
    left = {slug: bet for slug, bet in opened.items() if bet.state == "open"}
    clock.advance(days=91)
    assert len(left) == await jobs.settle_abandoned(table.db, table.games)
    for slug, bet in left.items():
        done = await table.games.bet(bet_id=bet.id, reader=players[slug].player_id)
        worth = parse_units(str(bet.outcome["cash_out"]), 6)
        better = max(worth, parse_units(bet.stake, 6))
        assert (parse_units(done.payout, 6), done.outcome["ended"]) == (better, "abandoned")


@pytest.mark.parametrize("slug", INSTANT)
async def test_an_instant_game_settles_at_once_and_verifies(table, slug):
    rng, player = Random(6), new_player()
    await table.give(player, FUNDS)
    placed = []
    for _ in range(4):
        asked = {"bet_id": table.bet_id(), **asked_for(slug, rng)}
        bets = await asyncio.gather(
            *(table.games.place(slug, bettor=player, **asked) for _ in range(3))
        )
        assert bets[0] == bets[1] == bets[2]
        assert bets[0].celebrate == (parse_units(bets[0].payout, 6) > parse_units(bets[0].stake, 6))
        placed.append(bets[0])
    with pytest.raises(InvalidGameParams):
        await table.games.place(
            slug,
            bettor=player,
            **{**asked_for(slug, rng), "params": {"x": 1}},
            bet_id=table.bet_id(),
        )
    with pytest.raises(UnknownBet):
        await table.games.step(slug, bettor=player, bet_id=placed[0].id, step=0, choice=OUT)
    stored = [await stored_bet(table, bet) for bet in placed]
    rotation = await table.road.rotate(player, client_seed=None)
    revealed = rotation.revealed
    for bet in stored:
        again = recompute_bet(bet, revealed.server_seed or "", revealed.client_seed)
        assert [] == differences(bet, again)
