"""Chicken, as the field crosses: a road of 20 lanes, of which 1, 3, 5 or 10 are deadly."""

from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games.hazards import Hazards, Words, first_hazard
from fairhouse.games.original import Json, Stake
from fairhouse.games.params import plain_hundredths

PLACES: Final = 20


class Chicken(Hazards):
    """Cross as many lanes as one dares; a deadly lane loses the round."""

    def __init__(self) -> None:
        words = Words(step="cross", count="lanes", end="dies_at", fell="hit")
        super().__init__("chicken", "Chicken", PLACES, words, __package__ or "")

    def facts(self, stream: Stream, params: Json) -> Json:
        """As the vectors have it: one entry lower than what could be had, see the README."""
        chosen = self.read(params, Stake(0, 0))
        safe = first_hazard(stream, chosen.drawn, PLACES)
        lower = self.multipliers[chosen.name][max(safe - 1, 0)]
        return {"bestMultiplierBeforeDeath": Decimal(plain_hundredths(lower))}
