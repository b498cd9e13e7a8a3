"""Pump, exactly as the field pumps: a balloon of 25 places, in which 1, 3, 5 or 10 pop it."""

from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games.hazards import Hazards, Words, first_hazard
from fairhouse.games.original import Json, Stake
from fairhouse.games.params import plain_hundredths

PLACES: Final = 25


class Pump(Hazards):
    """Pump as often as one dares; the pump that pops it loses the round."""

    def __init__(self) -> None:
        words = Words(step="pump", count="pumps", end="pops_at", fell="popped")
        super().__init__("pump", "Pump", PLACES, words, __package__ or "")

    def facts(self, stream: Stream, params: Json) -> Json:
        """The multiplier before the pump that pops it: the best that could be had."""
        chosen = self.read(params, Stake(0, 0))
        safe = first_hazard(stream, chosen.drawn, PLACES)
        return {"popMultiplier": Decimal(plain_hundredths(self.multipliers[chosen.name][safe]))}
