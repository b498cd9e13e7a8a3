"""A batch does what its commands would do one by one, for any mix of them.

Commands of several players are put on the road at once, so that they share batches; a model plays
the same commands in order, one by one, from the same seeds and the pure rules alone. Answers,
refusals, balances, nonces and rounds must agree, and the books must balance after every example.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairhouse.fairness.types import ActiveSeeds
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import MinesParams
from fairhouse.kernel.money import parse_units
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database, PoolSettings
from tests.flows.betting_kit import Table, check_books, new_player, table_on

PLAYERS = 3
IDS = 6
UNIT = 10**6


@dataclass(frozen=True)
class Dice:
    player: int
    id: int
    stake: int
    target: int


@dataclass(frozen=True)
class Open:
    player: int
    id: int
    stake: int
    mines: int


@dataclass(frozen=True)
class Reveal:
    player: int
    id: int
    step: int
    tile: int


@dataclass(frozen=True)
class CashOut:
    player: int
    id: int
    step: int


Command = Dice | Open | Reveal | CashOut

players = st.integers(0, PLAYERS - 1)
ids = st.integers(0, IDS - 1)
stakes = st.integers(1, 4)
commands = st.one_of(
    st.builds(Dice, players, ids, stakes, st.sampled_from([1, 5000, 9800])),
    st.builds(Open, players, ids, stakes, st.sampled_from([1, 12, 23])),
    st.builds(Reveal, players, ids, st.integers(0, 3), st.integers(0, 4)),
    st.builds(CashOut, players, ids, st.integers(0, 3)),
)


@dataclass
class Model:
    """One player, one command after the other. Ids belong to a player here."""

    seeds: ActiveSeeds
    balance: int
    nonce: int = 0
    bets: dict[int, tuple[Command, dict[str, Any]]] = field(default_factory=dict)

    def play(self, command: Command) -> Any:
        """The code of a refusal, or (state, payout, balance after, nonce, revealed)."""
        if isinstance(command, Dice | Open):
            return self._place(command)
        found = self.bets.get(command.id)
        if found is None or not isinstance(found[0], Open):
            return "unknown_bet"
        return self._step(found[0], found[1], command)

    def _place(self, command: Dice | Open) -> Any:
        known = self.bets.get(command.id)
        if known is not None:
            same = known[0] == command
            return self._standing(known[1]) if same else "idempotency_conflict"
        if isinstance(command, Open) and any(
            bet["state"] == "open" for _, bet in self.bets.values()
        ):
            return "round_already_open"
        stake = command.stake * UNIT
        if stake > self.balance:
            return "insufficient_funds"
        stream = self.seeds.stream(self.nonce)
        bet: dict[str, Any] = {"nonce": self.nonce, "revealed": [], "payout": 0, "choices": []}
        self.nonce += 1
        self.balance -= stake
        if isinstance(command, Dice):
            params = DiceParams(command.target, Direction.UNDER)
            bet["payout"] = dice.decide(stream, params, stake).payout_units
            self.balance += bet["payout"]
            bet["state"] = "settled"
        else:
            bet["state"] = "open"
            bet["mines"] = stream.drawn(command.mines, 25)
            most = mines.reveals_within(MinesParams(command.mines), stake, stake + 100_000 * UNIT)
            bet["most"] = most
        bet["balance"] = self.balance
        self.bets[command.id] = (command, bet)
        return self._standing(bet)

    def _step(self, opened: Open, bet: dict[str, Any], command: Reveal | CashOut) -> Any:
        tile = command.tile if isinstance(command, Reveal) else None
        taken = bet["choices"]
        is_next = bet["state"] == "open" and command.step == len(taken)
        if not is_next and taken[command.step : command.step + 1] == [tile]:
            return self._standing(bet)
        if bet["state"] != "open":
            return "round_closed"
        if not is_next:
            return "step_taken"
        if tile in bet["revealed"] or (tile is None and not bet["revealed"]):
            return "choice_not_open"
        taken.append(tile)
        bet["balance"] = self.balance
        if tile is None:
            self._close(opened, bet)
            return self._standing(bet)
        if tile in bet["mines"]:
            bet["state"] = "settled"
            return self._standing(bet)
        bet["revealed"] = [*bet["revealed"], tile]
        if len(bet["revealed"]) == bet["most"]:
            self._close(opened, bet)
        return self._standing(bet)

    def _close(self, opened: Open, bet: dict[str, Any]) -> None:
        params = MinesParams(opened.mines)
        paid = mines.multiplier(params, len(bet["revealed"]))
        bet["payout"] = paid.payout_units(opened.stake * UNIT)
        self.balance += bet["payout"]
        bet["state"] = "settled"
        bet["balance"] = self.balance

    def _standing(self, bet: dict[str, Any]) -> Any:
        revealed = list(bet["revealed"])
        return (bet["state"], bet["payout"], bet["balance"], bet["nonce"], revealed)


async def step(table: Table, bettor: Any, id_: str, number: int, **choice: Any) -> Any:
    return await table.games.step("mines", bettor=bettor, bet_id=id_, step=number, choice=choice)


async def ask(table: Table, bettors: list[Any], wire: dict[Any, str], command: Command) -> Any:
    """The road's answer in the model's words."""
    bettor = bettors[command.player]
    id_ = wire[command.player, command.id]
    try:
        match command:
            case Dice():
                bet = await table.dice(
                    bettor,
                    bet_id=id_,
                    stake=str(command.stake),
                    target=dice.shown_hundredths(command.target),
                )
            case Open():
                bet = await table.mines(
                    bettor, bet_id=id_, stake=str(command.stake), mines=command.mines
                )
            case Reveal():
                bet = await step(table, bettor, id_, command.step, do="reveal", tile=command.tile)
            case CashOut():
                bet = await step(table, bettor, id_, command.step, do="cash_out")
    except Refusal as refusal:
        return refusal.code
    units = [parse_units(text, 6) for text in (bet.payout, bet.balance_after or "")]
    return (bet.state, *units, bet.nonce, bet.outcome.get("revealed", []))


async def example(table: Table, script: list[Command], forget: bool) -> None:
    bettors = [new_player() for _ in range(PLAYERS)]
    models: list[Model] = []
    committer = table.road._writer._committer
    for number, bettor in enumerate(bettors):
        await table.give(bettor, (3 + 4 * number) * UNIT)
        async with table.db.tx() as tx:
            player = await committer._memory.player(tx, bettor)
        models.append(Model(player.seeds, (3 + 4 * number) * UNIT))
    if forget:
        committer.forget_all()
    wire = {(player, id_): table.bet_id() for player in range(PLAYERS) for id_ in range(IDS)}
    expected = [models[command.player].play(command) for command in script]
    answers = await asyncio.gather(*(ask(table, bettors, wire, one) for one in script))

    for command, told, meant in zip(script, answers, expected, strict=True):
        assert told == meant, command
    for bettor, model in zip(bettors, models, strict=True):
        assert model.balance == await table.balance(bettor)
    for command, meant in zip(script, expected, strict=True):
        if isinstance(meant, tuple):
            repeated = await ask(table, bettors, wire, command)
            assert isinstance(repeated, tuple), (command, repeated)
            assert repeated[3] == meant[3]
    await check_books(table.db)


@pytest.fixture
def world(database_urls) -> Iterator[tuple[asyncio.Runner, Table]]:
    with asyncio.Runner() as runner:
        db = runner.run(Database.connect(database_urls.app, PoolSettings(size_max=6)))
        opened = table_on(db)
        table = runner.run(opened.__aenter__())
        yield runner, table
        runner.run(opened.__aexit__(None, None, None))
        runner.run(db.close())


def test_a_batch_equals_its_commands_one_by_one(world):
    runner, table = world

    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(commands, min_size=1, max_size=50), st.booleans())
    def check(script: list[Command], forget: bool) -> None:
        runner.run(example(table, script, forget))

    check()


ORDERED = [
    # Refused as a group, while a repetition of its second bet forms the next batch.
    (
        [
            Dice(0, 2, 3, 9800),
            Dice(0, 3, 2, 9800),
            Open(2, 0, 1, 1),
            Dice(0, 3, 2, 9800),
            Open(1, 3, 3, 1),
            CashOut(0, 3, 0),
            Reveal(2, 5, 0, 0),
            Open(1, 3, 3, 1),
        ],
        True,
    ),
    # The id of an opening again, when its stake is no longer covered.
    ([Open(1, 1, 4, 1), Dice(1, 1, 4, 1)], False),
    ([Open(1, 1, 4, 1), Open(1, 1, 4, 1)], False),
]


@pytest.mark.parametrize(("script", "forget"), ORDERED)
def test_these_scripts_once_went_wrong(world, script, forget):
    runner, table = world
    for _ in range(5):
        runner.run(example(table, script, forget))
