"""What all games share that are over as soon as they began: no choices, one multiplier."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from fairhouse.fairness.types import Stream
from fairhouse.games.original import Ended, Json
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice, Multiplier

P = TypeVar("P")

NOTHING: Final = Multiplier(0, 1)
"""What a lost bet pays."""


class Instant(ABC, Generic[P]):
    """An original without steps: `decide` is the game, the rest follows from it."""

    slug: str
    name: str
    has_steps: bool = False

    @abstractmethod
    def decide(self, stream: Stream, params: P) -> tuple[Multiplier, dict[str, object]]:
        """What the stake is multiplied by, and the outcome as shown, without the multiplier."""

    @abstractmethod
    def written(self, params: P) -> Json:
        """Parameters as stored and shown."""

    def read_choice(self, params: P, choice: Json) -> Json:
        """Refuses with InvalidChoice, always: the bet is settled at once."""
        raise InvalidChoice(f"{self.name} takes no steps: the bet is settled at once.", param="do")

    def play(
        self, stream: Stream, params: P, stake: int, choices: Sequence[Json], most: int
    ) -> Ended:
        """The whole bet; see `original.Original`."""
        if choices:
            raise ChoiceNotOpen(f"{self.name} takes no steps: the bet is settled at once.")
        paid, outcome = self.decide(stream, params)
        shown = {**outcome, "multiplier": paid.shown()}
        return Ended(paid.payout_units(stake), stake, shown)


def least_win(hundredths: Sequence[int]) -> Multiplier:
    """The least multiplier above 1 among hundredths, one of which is."""
    return Multiplier(min(one for one in hundredths if one > 100), 100)


def published(game: "Instant[Any]", mapping: str, **rules: object) -> Json:
    """A table to be hashed: the game, how numbers become outcomes, and what decides money."""
    return {"game": game.slug, "mapping": mapping, **rules}
