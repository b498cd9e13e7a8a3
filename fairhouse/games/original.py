"""What a game of ours is: one pure function of the stream, the parameters and the choices.

A bet is replayed from its choices every time a step is taken, shown or verified; beside them
nothing of a round is stored. That makes every round resumable on any device, and the same function
decides on the road, explains in the calculator and answers the vectors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Protocol, final

import msgspec

from fairhouse.fairness.types import Stream
from fairhouse.games.types import Multiplier

Json = Mapping[str, object]
"""Plain JSON data: text, integers, booleans, lists and objects; never a float."""

CASH_OUT: Final = "cash_out"
"""The choice that takes what is won, in every game that has it: `{"do": "cash_out"}`."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What is staked on one bet, in ledger units of a currency with `scale` decimals."""

    units: int
    scale: int


@final
class Standing(msgspec.Struct, frozen=True, gc=False):
    """An open round after the choices so far."""

    shown: Json
    """What the player sees, and what is stored: nothing in it is still secret."""
    staked: int
    """Units staked on the round by now: doubling and splitting add to it."""
    worth: int
    """Units that a cash-out pays now; 0 where the game has nothing to take yet."""


@final
class Ended(msgspec.Struct, frozen=True, gc=False):
    """The round is over."""

    payout: int
    """Units paid; 0 when lost."""
    staked: int
    """Units staked on the whole round."""
    shown: Json
    """The outcome as stored and shown; has `multiplier` ("1.9800") always."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One number of the stream, and what the game made of it."""

    number: int
    """0 to 2**32 - 1."""
    of: int
    """How many equally likely choices it picks from; 0 when compared against thresholds instead."""
    choice: int
    """`number * of >> 32`, or the number itself when `of` is 0."""
    means: str
    """For people: "tile 7", "10h", "right"."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The exact mathematics of one way to play a game: one line of its maths sheet."""

    label: str
    """The parameters in words: "16 rows, high"; for games of steps also the strategy."""
    rtp: Fraction
    """Expected payout per stake, exactly (or as exactly as `method` says)."""
    hit_rate: Fraction
    """Chance of a payout above nothing."""
    variance: Fraction
    """Of the payout per stake."""
    top: Fraction
    """The largest payout per stake."""
    top_chance: Fraction
    """Its chance."""
    method: str
    """enumeration, closed form, or dynamic programming, with what it neglects."""


class Original(Protocol):
    """One game in one version of its rules and tables. Pure, and without state."""

    @property
    def slug(self) -> str:
        """Its name in addresses and records."""
        ...

    @property
    def name(self) -> str:
        """Its name for people."""
        ...

    @property
    def has_steps(self) -> bool:
        """A round may stay open between choices; otherwise a bet is settled at once."""
        ...

    def table(self) -> Json:
        """Every number and rule that decides money, as data to be hashed and published."""
        ...

    def read(self, params: Json, stake: Stake) -> Any:
        """The player's parameters, checked, in the game's own type.

        Refuses with InvalidGameParams, naming the field; unknown fields too.
        """
        ...

    def written(self, params: Any) -> Json:
        """Parameters as stored and shown; `read` takes them back."""
        ...

    def read_choice(self, params: Any, choice: Json) -> Json:
        """A choice in its canonical form. Refuses with InvalidChoice, naming the field."""
        ...

    def play(
        self, stream: Stream, params: Any, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """The round after these choices, the last of which is new and may be refused.

        `stake`: units of the opening stake. `most`: units the house can pay on this round; a round
        ends by itself before a step could pay more. Refuses with ChoiceNotOpen when the last choice
        cannot be made now.
        """
        ...

    def win(self, params: Any) -> Multiplier:
        """The least multiplier above 1 that these parameters can pay: stakes must be worth it."""
        ...

    def top(self, params: Any) -> Multiplier:
        """What the house must be able to pay before it accepts the stake.

        The largest multiplier of a game without steps, or of steps that cannot be cut short; the
        first win of a round that ends by itself at `most`.
        """
        ...

    def draws(self, stream: Stream, params: Any | None, choices: Sequence[Json]) -> list[Draw]:
        """The numbers a bet looks at, in order; without parameters as far as they can be told."""
        ...

    def facts(self, stream: Stream, params: Json) -> Json:
        """The outcome in the names and formats of the independent vectors of the field.

        Numbers with decimals are `decimal.Decimal`. Refuses with InvalidGameParams.
        """
        ...

    def maths(self) -> list[Setting]:
        """The exact mathematics of every setting, for sheets and tests; may take seconds."""
        ...
