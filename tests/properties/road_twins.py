"""Scripts of commands for the road, and two ways to play them: all at once, and one by one.

The decisions follow from the command alone, so that twins with other seeds meet the same luck.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from fairhouse.betting.types import (
    Bet,
    BetId,
    Bettor,
    Continues,
    Decision,
    Place,
    Round,
    RoundState,
    Settled,
    Step,
    Voided,
)
from fairhouse.fairness.types import Stream
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Refusal
from tests.flows.betting_kit import Table, new_player, placed

PLAYERS = 3
IDS = 6
CURRENCIES = (CurrencyCode("PLAY"), CurrencyCode("USDT"))
POISONS = ("raise", "refuse", "nul", "negative", "huge", "")
UNIT = 10**6


class Unlucky(Refusal):
    """What a game may say while it decides."""

    code = "unlucky"


@dataclass(frozen=True)
class Command:
    """One thing a player asks for. Which fields count depends on `kind`."""

    kind: str
    """instant, open, go, end, void."""
    player: int
    id: int
    currency: int = 0
    stake: int = 1
    times: int = 0
    game: str = "mines"
    step: int | None = None
    poison: str = ""
    more: int = 0
    """Stake that a step adds."""
    of: int | None = None
    """Whose id it is, when not the player's own."""


@dataclass(frozen=True)
class Again:
    """The same as an earlier command of the script, to the last bit."""

    which: int


@dataclass(frozen=True)
class Script:
    """Three parts; within one everything is asked at once, or one after the other."""

    first: list[Command]
    strangers: list[Command]
    last: list[Command]

    @property
    def parts(self) -> tuple[list[Command], list[Command], list[Command]]:
        return self.first, self.strangers, self.last


_players = st.integers(0, PLAYERS - 1)
_ids = st.integers(0, IDS - 1)
_poisons = st.sampled_from(["", "", "", "", "", "", *POISONS])
_stakes = st.integers(1, 5)
_commands = st.one_of(
    st.builds(
        Command,
        kind=st.just("instant"),
        player=_players,
        id=_ids,
        currency=st.integers(0, 1),
        stake=_stakes,
        times=st.integers(0, 3),
        poison=_poisons,
    ),
    st.builds(
        Command,
        kind=st.just("open"),
        player=_players,
        id=_ids,
        currency=st.integers(0, 1),
        stake=_stakes,
        game=st.sampled_from(["mines", "tower"]),
        poison=_poisons,
    ),
    st.builds(
        Command,
        kind=st.sampled_from(["go", "go", "end", "void"]),
        player=_players,
        id=_ids,
        times=st.integers(0, 3),
        step=st.one_of(st.none(), st.integers(0, 2)),
        more=st.sampled_from([0, 0, 1, 3]),
        poison=_poisons,
    ),
)
_again = st.builds(Again, st.integers(0, 40))
_strangers = st.lists(
    st.builds(
        Command,
        kind=st.sampled_from(["instant", "open", "go", "end"]),
        player=_players,
        id=_ids,
        of=_players,
        stake=_stakes,
    ),
    max_size=5,
    unique_by=lambda one: (one.of, one.id),
)


def _plain(parts: Sequence[Command | Again]) -> list[Command]:
    found: list[Command] = []
    for part in parts:
        if isinstance(part, Command):
            found.append(part)
        elif found:
            found.append(found[part.which % len(found)])
    return found


_lists = st.lists(st.one_of(_commands, _commands, _commands, _again), max_size=30).map(_plain)
scripts = st.builds(Script, _lists, _strangers, _lists)


# --- The commands as the road takes them


def _poisoned(command: Command, outcome: dict[str, Any], payout: int) -> Decision | None:
    match command.poison:
        case "raise":
            raise ArithmeticError("a game's own fault")
        case "refuse":
            raise Unlucky("The game does not want this.")
        case "nul":
            return _decision(command, {**outcome, "text": "a\0b"}, payout)
        case "negative":
            return Settled(-1, outcome)
        case "huge":
            return Settled(2**63, outcome)
    return None


def _decision(command: Command, outcome: dict[str, Any], payout: int) -> Decision:
    match command.kind:
        case "open" | "go":
            return Continues(outcome, outcome, command.more * UNIT)
        case "void":
            return Voided(outcome)
    return Settled(payout, outcome, command.more * UNIT)


def _place(command: Command, id_: BetId, bettor: Bettor) -> Place:
    plain = replace(command, of=None)

    def decide(_: Stream) -> Decision:
        outcome = {"times": command.times, "step": 0}
        payout = command.stake * UNIT * command.times
        found = None
        if command.kind == "instant" or command.poison in {"raise", "refuse", "nul"}:
            found = _poisoned(command, outcome, payout)
        return found or _decision(command, outcome, payout)

    return Place(
        bet_id=id_,
        bettor=bettor,
        currency=CURRENCIES[command.currency],
        stake=command.stake * UNIT,
        game="dice" if command.kind == "instant" else command.game,
        game_version="1",
        table_hash="",
        params={"times": command.times},
        decide=decide,
        fingerprint=hashlib.sha256(repr(plain).encode()).digest(),
        opens_round=command.kind == "open",
    )


def _step(command: Command, id_: BetId, bettor: Bettor) -> Step:
    def decide(_: Stream, found: Round) -> Decision:
        outcome = {"times": command.times, "step": found.step + 1}
        payout = found.stake * command.times
        usable = command.kind == "end" or command.poison in {"raise", "refuse", "nul"}
        poisoned = _poisoned(command, outcome, payout) if usable else None
        return poisoned or _decision(command, outcome, payout)

    def repeats(found: Round) -> bool:
        over = RoundState.VOID if command.kind == "void" else RoundState.SETTLED
        return command.kind != "go" and found.state is over

    return Step(id_, bettor, command.step, decide, repeats)


# --- One world: its players and ids


@dataclass
class World:
    """Players of their own, and what the numbers of a script stand for."""

    table: Table
    bettors: list[Bettor]
    ids: dict[tuple[int, int], BetId]

    @classmethod
    async def make(cls, table: Table) -> "World":
        bettors = [new_player() for _ in range(PLAYERS)]
        ids = {(who, id_): table.uuid() for who in range(PLAYERS) for id_ in range(IDS)}
        for number, bettor in enumerate(bettors):
            for place, code in enumerate(CURRENCIES):
                await table.give(bettor, (3 + 4 * number + place) * UNIT, code)
        return cls(table, bettors, ids)

    async def ask(self, command: Command) -> Any:
        """The answer in words that twins share."""
        owner = command.player if command.of is None else command.of
        id_, bettor = self.ids[owner, command.id], self.bettors[command.player]
        road = self.table.road
        try:
            if command.kind in {"instant", "open"}:
                bet = await placed(road, _place(command, id_, bettor))
            else:
                bet = await road.step(_step(command, id_, bettor))
        except Refusal as refusal:
            return "refused", refusal.code
        except Exception as error:  # noqa: BLE001 - a poisoned command fails, alone
            return "failed", type(error).__module__.partition(".")[0] != "fairhouse"
        return _told(bet)

    async def all_at_once(self, commands: Sequence[Command]) -> list[Any]:
        return await asyncio.gather(*(self.ask(command) for command in commands))

    async def one_by_one(self, commands: Sequence[Command]) -> list[Any]:
        return [await self.ask(command) for command in commands]

    async def standing(self) -> list[Any]:
        """Everything the database holds of these players, times and sequence numbers left out."""
        names = {id_: number for (_, number), id_ in self.ids.items()}
        found: list[Any] = []
        async with self.table.db.read() as tx:
            for bettor in self.bettors:
                for sql, key in _QUERIES:
                    rows = await tx.fetch(sql, bettor.player_id)
                    found.append([_named(dict(row), key, names) for row in rows])
        return found


def _told(bet: Bet) -> Any:
    return ("bet", bet.state, bet.stake, bet.payout, bet.nonce, bet.step, bet.balance_after)


def _named(row: dict[str, Any], key: str, names: dict[BetId, int]) -> dict[str, Any]:
    return {**row, key: names[row[key]]} if key else row


_QUERIES = (
    (
        (
            "select a.code, a.unit, b.debits_posted, b.credits_posted, b.debits_pending"
            " from ledger.account a join ledger.balance b on b.account_id = a.id"
            " where a.owner = $1 and b.debits_posted + b.credits_posted > 0 order by 1, 2"
        ),
        "",
    ),
    (
        (
            "select kind, round_id, currency, stake, payout, balance_after, game, game_version,"
            " nonce, step, params, outcome, stake_value, fingerprint"
            " from betting.entry where player_id = $1 order by lane_seq"
        ),
        "round_id",
    ),
    (
        (
            "select id, currency, game, nonce, params, stake, added, payout, state, step, progress,"
            " stake_value, added_value, balance_after"
            " from betting.round where player_id = $1 order by id"
        ),
        "id",
    ),
    (
        (
            "select nonce, wagered_value, returned_value, wagered_day, wagered_week, wagered_month,"
            " returned_day, returned_week, returned_month"
            " from betting.player_hot where player_id = $1 and (nonce > 0 or wagered_value > 0)"
        ),
        "",
    ),
)
