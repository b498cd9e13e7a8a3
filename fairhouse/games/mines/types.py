"""What a round of mines is made of."""

from dataclasses import dataclass
from typing import Final

from fairhouse.kernel.refusals import Malformed, Refusal

TILES: Final = 25
"""Numbered from 0, row by row, five in a row."""


class TileTaken(Refusal):
    """The tile is already revealed in this round."""

    code = "tile_taken"


class NothingToCashOut(Refusal):
    """No tile is revealed yet."""

    code = "nothing_to_cash_out"


class InvalidTile(Malformed):
    """A tile is a whole number from 0 to 24."""

    code = "invalid_tile"


@dataclass(frozen=True, slots=True)
class MinesParams:
    """What the player chose."""

    mines: int
    """1 to 24."""


@dataclass(frozen=True, slots=True)
class MinesField:
    """An open round: what was revealed so far, in order. The mines themselves are never stored
    while the round is open; the stream gives them again."""

    revealed: tuple[int, ...]
    reveals_max: int
    """The round is cashed out by itself when this many are revealed: the whole field, or as far as
    the house can pay. Fixed when the round opens, and shown."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """One step: the field after it, and whether the round ends with it."""

    field: MinesField
    hit_mine: bool
    complete: bool
    """Nothing is left to reveal: the winnings are paid without being asked for."""
