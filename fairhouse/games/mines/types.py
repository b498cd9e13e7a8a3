"""What a round of mines is made of."""

from dataclasses import dataclass
from typing import Final

TILES: Final = 25
"""Numbered from 0, row by row, five in a row."""


@dataclass(frozen=True, slots=True)
class MinesParams:
    """What the player chose."""

    mines: int
    """1 to 24."""
