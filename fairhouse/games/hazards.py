"""Pump and chicken: the lowest of a few hidden places decides how far a round can go.

Source: the published scheme of the field (see `fairness`): places are drawn without replacement;
after `n` steps the round is lost if one of the places before `n` was among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream, choose, weight
from fairhouse.games.choices import is_cash_out, what
from fairhouse.games.ladder import (
    Climb,
    check_something_won,
    listed,
    outcome,
    setting,
)
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import among, only
from fairhouse.games.tables import in_hundredths, table_of
from fairhouse.games.types import Multiplier

DRAWN: Final = {"easy": 1, "medium": 3, "hard": 5, "expert": 10}
"""How many places are drawn."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a game of hazards calls its things."""

    step: str
    """The choice that goes one further."""
    count: str
    """The outcome's field for how many steps were survived."""
    end: str
    """The outcome's field for the step that would be, or was, the last: 1 for the first."""
    fell: str


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What the player chose."""

    name: str

    @property
    def drawn(self) -> int:
        """How many hazards there are."""
        return DRAWN[self.name]


def first_hazard(stream: Stream, drawn: int, places: int) -> int:
    """How many steps are safe: the lowest place drawn, from 0."""
    return min(stream.drawn(drawn, places))


def survival(steps: int, drawn: int, places: int) -> Fraction:
    """The exact chance that so many steps are safe, by the weights of every draw.

    Places stay in order, so the first `steps` places are still the first ones while none of them is
    drawn: each draw must pick a later one.
    """
    chance = Fraction(1)
    for index in range(drawn):
        left = places - index
        safe = sum(weight(place, left) for place in range(steps, left))
        chance *= Fraction(safe, U32_RANGE)
    return chance


class Hazards:
    """A ladder that is lost at the first hazard."""

    has_steps = True

    def __init__(self, slug: str, name: str, places: int, words: Words, package: str) -> None:
        self.slug: Final = slug
        self.name: Final = name
        self.places: Final = places
        self._words = words
        self._choices: dict[str, tuple[str, ...]] = {words.step: (), CASH_OUT: ()}
        data = table_of(package)
        self.multipliers: Final[Mapping[str, tuple[int, ...]]] = {
            difficulty: tuple(in_hundredths(one) for one in data[difficulty])
            for difficulty in DRAWN
        }
        """In hundredths, by steps survived; the first is 1.00 for none."""
        self._rungs = {
            difficulty: [Multiplier(one, 100) for one in found[1:]]
            for difficulty, found in self.multipliers.items()
        }

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "hazards are the first draws of a Fisher-Yates shuffle by splice of the "
            "places from 0; each = floor(u32 * left / 2^32); the lowest is the count of safe steps",
            "places": self.places,
            "hazards": DRAWN,
            "payout": "floor(stake_units * numerator / denominator) of the rung stood on",
            "rungs": listed(self._rungs),
        }

    def read(self, params: Json, stake: Stake) -> Difficulty:
        """`difficulty`. Refuses with InvalidGameParams."""
        only(params, "difficulty")
        return Difficulty(among(params, "difficulty", tuple(DRAWN)))

    def written(self, params: Difficulty) -> Json:
        """See the contract."""
        return {"difficulty": params.name}

    def read_choice(self, params: Difficulty, choice: Json) -> Json:
        """One step more, or `cash_out`. Refuses with InvalidChoice."""
        return {"do": what(choice, self._choices)}

    def play(
        self, stream: Stream, params: Difficulty, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        cashed = bool(choices) and is_cash_out(choices[-1])
        taken = len(choices) - cashed
        safe = first_hazard(stream, params.drawn, self.places)
        assert taken <= safe + 1, "a lost round takes no choice"
        won = min(taken, safe)
        if cashed:
            check_something_won(won)
        fell = self._words.fell if taken > safe else None
        climb = Climb(self._rungs[params.name], won, cashed, fell)
        shown = {self._words.count: won}
        return outcome(climb, stake, most, shown, {self._words.end: safe + 1})

    def win(self, params: Difficulty) -> Multiplier:
        """One step."""
        return self._rungs[params.name][0]

    def top(self, params: Difficulty) -> Multiplier:
        """One step: the round ends by itself before the house cannot pay."""
        return self._rungs[params.name][0]

    def draws(
        self, stream: Stream, params: Difficulty | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """One number per hazard; none without a difficulty."""
        if params is None:
            return []
        numbers = stream.u32s(params.drawn)
        found: list[Draw] = []
        for index, place in enumerate(stream.drawn(params.drawn, self.places)):
            of = self.places - index
            means = f"{self._words.step} {place + 1}"
            found.append(Draw(numbers[index], of, choose(numbers[index], of), means))
        return found

    def maths(self) -> list[Setting]:
        """See the contract: one line per difficulty and step that somebody stops at."""
        return [
            setting(
                f"{difficulty}, {steps} {'step' if steps == 1 else 'steps'}, then cash out",
                rung,
                survival(steps, DRAWN[difficulty], self.places),
                "enumeration by weights, exact",
            )
            for difficulty, rungs in self._rungs.items()
            for steps, rung in enumerate(rungs, start=1)
        ]
