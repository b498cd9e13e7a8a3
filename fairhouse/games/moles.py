"""Moles of the field: not offered to bet on, told for those who check bets made elsewhere.

Source: the public verifiers: up to nine rounds (eight with one mole) of `moles` out of seven holes,
each round its own shuffle by splice over the numbers that follow.
"""

from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.original import Json

HOLES: Final = 7
MOLES_MAX: Final = HOLES - 1


class Moles:
    """Facts only."""

    slug = "moles"
    name = "Moles"

    def facts(self, stream: Stream, params: Json) -> Json:
        """`rounds`: the holes with moles, ascending. Refuses with InvalidGameParams."""
        reading.only(params, "moles")
        moles = reading.whole(params, "moles", 1, MOLES_MAX)
        rounds = 8 if moles == 1 else 9
        numbers = iter(stream.u32s(rounds * moles))
        shown: list[list[int]] = []
        for _ in range(rounds):
            left = list(range(HOLES))
            shown.append(sorted(left.pop(choose(next(numbers), len(left))) for _ in range(moles)))
        return {"rounds": shown}
