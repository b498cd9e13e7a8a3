"""Games of several steps on the road: the pure game decides, whatever happens around it."""

import asyncio
from random import Random
from typing import Any

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.types import StepTaken
from fairhouse.games import catalogue, jobs
from fairhouse.games.api import differences, recompute_bet
from fairhouse.games.original import Ended, Stake, Standing
from fairhouse.games.types import ChoiceNotOpen, Kind
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import format_units, parse_units
from tests.flows.betting_kit import check_books, new_player, table_on
from tests.originals import params_for, tried

STEPS = [slug for slug, info in catalogue.GAMES.items() if info.kind is Kind.STEPS]
STAKE, SCALE, MONEY = "10", 6, 10**9


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


class Played:
    """One player's rounds of one game, each step held against the pure game."""

    bet: Any
    stream: Any

    def __init__(self, slug, seed):
        self.slug, self.rng = slug, Random(f"{slug} {seed}")
        self.original = catalogue.usual(slug).original
        self.player = new_player()
        self.params, self.choices = {}, []

    async def open(self, table):
        stake = Stake(parse_units(STAKE, SCALE), SCALE)
        self.params = params_for(self.original, self.rng, stake)
        self.choices = []
        self.bet = await table.games.place(
            self.slug,
            bettor=self.player,
            bet_id=table.bet_id(),
            currency_code="PLAY",
            stake=STAKE,
            params=self.params,
        )
        async with table.db.tx() as tx:
            seeds = await table.road._writer._committer._memory.player(tx, self.player)
        self.stream = seeds.seeds.stream(self.bet.nonce)
        self.check()

    @property
    def is_open(self):
        return self.bet.state == "open"

    def pure(self, choices):
        """What the game itself says, with what the house could pay when the round opened."""
        stake = Stake(parse_units(STAKE, SCALE), SCALE)
        most = parse_units(self.bet.params["payout_max"], SCALE)
        params = self.original.read(self.params, stake)
        return self.original.play(self.stream, params, stake.units, choices, most)

    def choice(self):
        """One that is open; the ways out come last, so that rounds go on for a while."""
        offered = tried(self.original, self.rng)
        for choice in sorted(offered, key=lambda one: one["do"] in {"cash_out", "stand"}):
            try:
                self.pure([*self.choices, choice])
            except ChoiceNotOpen:
                continue
            return choice
        raise AssertionError("an open round has an open choice")

    async def step(self, table, choice):
        number = len(self.choices)
        self.bet = await self.send(table, number, choice)
        self.choices.append(choice)
        self.check()
        again = await self.send(table, number, choice)
        assert again.state == self.bet.state
        assert again.outcome["choices"] == self.bet.outcome["choices"]

    async def send(self, table, number, choice):
        return await table.games.step(
            self.slug, bettor=self.player, bet_id=self.bet.id, step=number, choice=choice
        )

    def check(self):
        """The road says what the game says, in every field."""
        result, outcome = self.pure(self.choices), self.bet.outcome
        assert outcome["choices"] == self.choices
        assert {name: outcome[name] for name in result.shown} == result.shown
        if isinstance(result, Standing):
            assert self.is_open
            assert outcome["cash_out"] == format_units(result.worth, SCALE)
        else:
            assert not self.is_open
            assert self.bet.payout == format_units(result.payout, SCALE)
            assert self.bet.multiplier == result.shown["multiplier"]

    def won(self):
        """What all of a closed round did to the balance."""
        result = self.pure(self.choices)
        assert isinstance(result, Ended)
        return result.payout - result.staked


@pytest.mark.parametrize("slug", STEPS)
async def test_rounds_are_what_the_pure_game_says_and_verify_after_rotation(table, slug):
    round_ = Played(slug, "rounds")
    await table.give(round_.player, MONEY)
    balance, closed = MONEY, []
    for _ in range(4):
        await round_.open(table)
        while round_.is_open:
            await round_.step(table, round_.choice())
        balance += round_.won()
        closed.append(round_.bet.id)
        assert await table.balance(round_.player) == balance
    rotation = await table.road.rotate(round_.player, client_seed=None)
    for id_ in closed:
        async with table.db.read() as tx:
            bet = await betting.bet(tx, bet_id=from_wire("bet", id_), player_id=None)
        checked = recompute_bet(bet, rotation.revealed.server_seed, rotation.revealed.client_seed)
        assert [] == differences(bet, checked)


async def test_rounds_of_every_game_go_on_after_every_restart(db):
    rounds = [Played(slug, "restarts") for slug in STEPS]
    async with table_on(db) as table:
        for round_ in rounds:
            await table.give(round_.player, MONEY)
            await round_.open(table)
    for _ in range(4):
        async with table_on(db) as table:
            for round_ in rounds:
                if round_.is_open:
                    await round_.step(table, round_.choice())
    async with table_on(db) as table:
        for round_ in rounds:
            while round_.is_open:
                await round_.step(table, round_.choice())
            assert await table.balance(round_.player) == MONEY + round_.won()
        await check_books(db)


@pytest.mark.parametrize("slug", STEPS)
async def test_of_two_tabs_one_takes_the_step(table, slug):
    round_ = Played(slug, "tabs")
    await table.give(round_.player, MONEY)
    await round_.open(table)
    while not round_.is_open:
        await round_.open(table)
    while round_.is_open:
        await both_tabs(table, round_)
    async with table.db.read() as tx:
        assert [] == await betting.open_rounds(tx, player_id=round_.player.player_id)


async def both_tabs(table, round_):
    """Every open choice at once, twice: one of them is taken, and nothing else happens."""
    open_now = []
    for choice in tried(round_.original, round_.rng):
        canonical = dict(round_.original.read_choice(read_of(round_), choice))
        try:
            round_.pure([*round_.choices, canonical])
        except ChoiceNotOpen:
            continue
        if canonical not in open_now:
            open_now.append(canonical)
    number = len(round_.choices)
    answers = await asyncio.gather(
        *(round_.send(table, number, choice) for choice in open_now * 2), return_exceptions=True
    )
    told = [one for one in answers if not isinstance(one, BaseException)]
    taken = {str(one.outcome["choices"]) for one in told}

    assert len(taken) == 1, "one choice was taken, and only its repetition got an answer"
    assert len(told) == 2
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert all(getattr(one, "status", None) == 409 for one in refused), refused
    round_.bet = told[0]
    round_.choices = list(told[0].outcome["choices"])
    round_.check()


def read_of(round_):
    return round_.original.read(round_.params, Stake(parse_units(STAKE, SCALE), SCALE))


async def test_abandoned_rounds_of_every_game_pay_the_better_of_stake_and_winnings(table, clock):
    rounds = [Played(slug, "left") for slug in STEPS]
    owed = []
    for round_ in rounds:
        await table.give(round_.player, MONEY)
        await round_.open(table)
        for _ in range(2):
            if round_.is_open:
                await round_.step(table, round_.choice())
        result = round_.pure(round_.choices)
        owed.append(
            round_.won()
            if isinstance(result, Ended)
            else max(result.worth, result.staked) - result.staked
        )
    clock.advance(days=91)
    await jobs.settle_abandoned(table.db, table.games)

    assert [await table.balance(one.player) - MONEY for one in rounds] == owed
    assert any(one.is_open for one in rounds), "some were left open"


async def test_a_split_hand_that_is_left_gives_all_its_stakes_back(table, clock):
    for seed in range(400):
        round_ = Played("blackjack", seed)
        await table.give(round_.player, MONEY)
        await round_.open(table)
        if "split" not in round_.bet.outcome.get("actions", []):
            continue
        await round_.step(table, {"do": "split"})
        if round_.is_open:
            break
    else:
        raise AssertionError("no pair among four hundred deals")
    assert await table.balance(round_.player) == MONEY - 20_000_000
    with pytest.raises(StepTaken):
        await round_.send(table, 0, {"do": "stand"})
    clock.advance(days=91)
    await jobs.settle_abandoned(table.db, table.games)
    async with table.db.read() as tx:
        assert [] == await betting.open_rounds(tx, player_id=round_.player.player_id)
    assert await table.balance(round_.player) == MONEY
