"""Snakes, as the field rolls: two dice, their sum is a place that multiplies, or a snake.

Source: the published scheme of the field (see `fairness`): two numbers per roll, floor(f * 6) + 1
each; the tables are in table.json, and where they are from in the README.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games.choices import is_cash_out, what
from fairhouse.games.ladder import COMPLETE, NOTHING, check_something_won, over
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import among, only
from fairhouse.games.snakes import maths
from fairhouse.games.snakes.maths import ROLLS, SIDES
from fairhouse.games.tables import in_hundredths, table_of
from fairhouse.games.types import Multiplier

DIFFICULTIES: Final = ("easy", "medium", "hard", "expert", "master")
ROLL: Final = "roll"

_CHOICES: Final[dict[str, tuple[str, ...]]] = {ROLL: (), CASH_OUT: ()}


@dataclass(frozen=True, slots=True)
class Board:
    """What the player chose."""

    difficulty: str


def dice(stream: Stream, rolls: int) -> list[list[int]]:
    """So many rolls of two dice."""
    numbers = [number + 1 for number in stream.choices(2 * rolls, SIDES)]
    return [numbers[index : index + 2] for index in range(0, 2 * rolls, 2)]


class Snakes:
    """Up to five rolls; a snake loses the round."""

    slug = "snakes"
    name = "Snakes"
    has_steps = True

    def __init__(self) -> None:
        data = table_of(__package__ or "")
        self._first, self._later = (
            {name: tuple(map(in_hundredths, data[roll][name])) for name in DIFFICULTIES}
            for roll in ("first", "later")
        )

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "two u32 per roll, each floor(u32 * 6 / 2^32) + 1; the place is their sum",
            "rolls": ROLLS,
            "payout": "floor(stake_units * product of the places' multipliers), 0 at a snake",
            "first_roll_hundredths_of_2_to_12": {k: list(v) for k, v in self._first.items()},
            "later_rolls_hundredths_of_2_to_12": {k: list(v) for k, v in self._later.items()},
        }

    def read(self, params: Json, stake: Stake) -> Board:
        """`difficulty`. Refuses with InvalidGameParams."""
        only(params, "difficulty")
        return Board(among(params, "difficulty", DIFFICULTIES))

    def written(self, params: Board) -> Json:
        """See the contract."""
        return {"difficulty": params.difficulty}

    def read_choice(self, params: Board, choice: Json) -> Json:
        """`roll` or `cash_out`. Refuses with InvalidChoice."""
        return {"do": what(choice, _CHOICES)}

    def play(
        self, stream: Stream, params: Board, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        cashed = bool(choices) and is_cash_out(choices[-1])
        rolls = dice(stream, len(choices) - cashed)
        worths = self._worths(params, rolls)
        assert all(one.numerator for one in worths[:-1]), "a lost round takes no choice"
        if cashed:
            check_something_won(len(rolls))
        shown = {"rolls": rolls, "places": [sum(roll) for roll in rolls]}
        if not rolls:
            return self._open(params, [], stake, most, shown)
        now = worths[-1]
        if now.numerator == 0:
            return _closed(over(0, stake, NOTHING, "snake", shown))
        if cashed:
            return _closed(over(now.payout_units(stake), stake, now.shown(), CASH_OUT, shown))
        return self._open(params, worths, stake, most, shown)

    def win(self, params: Board) -> Multiplier:
        """The least that one roll pays and is no snake."""
        return Multiplier(min(one for one in self._first[params.difficulty] if one), 100)

    def top(self, params: Board) -> Multiplier:
        """The most of one roll: the round ends by itself before the house cannot pay."""
        return Multiplier(max(self._first[params.difficulty]), 100)

    def draws(self, stream: Stream, params: Board | None, choices: Sequence[Json]) -> list[Draw]:
        """Two numbers per roll; all ten while nothing is rolled yet."""
        count = 2 * (sum(not is_cash_out(choice) for choice in choices) or ROLLS)
        numbers = zip(stream.u32s(count), stream.choices(count, SIDES), strict=True)
        return [Draw(number, SIDES, side, f"a {side + 1}") for number, side in numbers]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract; the dice are the same at every difficulty, so one may be left out."""
        if params:
            self.read(params, Stake(0, 0))
        return {"dice": dice(stream, ROLLS)}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(self._first, self._later)

    def _table(self, params: Board, roll: int) -> tuple[int, ...]:
        """What the places of a roll pay, in hundredths; the first roll has number 0."""
        return (self._later if roll else self._first)[params.difficulty]

    def _worths(self, params: Board, rolls: Sequence[Sequence[int]]) -> list[Multiplier]:
        """What the round is worth after each roll."""
        worths: list[Multiplier] = []
        numerator = 1
        for index, roll in enumerate(rolls):
            numerator *= self._table(params, index)[sum(roll) - 2]
            worths.append(Multiplier(numerator, 100 ** (index + 1)))
        return worths

    def _open(
        self, params: Board, worths: Sequence[Multiplier], stake: int, most: int, shown: Json
    ) -> Standing | Ended:
        """The round as it stands, or its end when one more roll is not to be had."""
        now = worths[-1] if worths else Multiplier(1, 1)
        count = len(worths)
        following = [
            Multiplier(now.numerator * one, now.denominator * 100)
            for one in self._table(params, count)
        ]
        most_next = max(one.payout_units(stake) for one in following)
        if count and (count == ROLLS or most_next > most):
            return _closed(over(now.payout_units(stake), stake, now.shown(), COMPLETE, shown))
        standing = {
            **shown,
            "multiplier": now.shown() if count else NOTHING,
            "next_multipliers": [one.shown() for one in following],
        }
        return Standing(standing, stake, now.payout_units(stake) if count else 0)


def _closed(ended: Ended) -> Ended:
    """With the name that a board of several next multipliers has for there being none."""
    shown = {name: value for name, value in ended.shown.items() if name != "next_multiplier"}
    return Ended(ended.payout, ended.staked, {**shown, "next_multipliers": None})
