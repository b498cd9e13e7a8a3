"""What a dice bet is made of."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Direction(StrEnum):
    """Which side of the target wins; the target itself never does."""

    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True, slots=True)
class DiceParams:
    """What the player chose."""

    target: int
    """In hundredths: 5050 is 50.50."""
    direction: Direction


class DiceOutcome(msgspec.Struct, frozen=True, gc=False):
    """What the dice said."""

    roll: int
    """In hundredths, 0 to 10000."""
    won: bool
    payout_units: int
    """Ledger units of the bet's currency; 0 when lost."""
