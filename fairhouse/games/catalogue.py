"""The games as data: version, table and its hash, return, and the limits per currency."""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import MinesParams
from fairhouse.games.types import GameInfo, GameSlug, UnknownGame, shown_share
from fairhouse.kernel.money import Rounding, divide, format_units

DICE: Final = GameSlug("dice")
MINES: Final = GameSlug("mines")

_SHARE_DECIMALS: Final = 6


def table_hash(version: str, table: Mapping[str, object]) -> str:
    """SHA-256 of the version and the table as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps({"table": table, "version": version}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _game(
    slug: GameSlug,
    name: str,
    version: str,
    table: Mapping[str, object],
    least_return: Fraction,
    *,
    multi_step: bool,
) -> GameInfo:
    edge = 1 - least_return
    scale = 10**_SHARE_DECIMALS
    return GameInfo(
        slug=slug,
        name=name,
        version=version,
        table=table,
        table_hash=table_hash(version, table),
        rtp=shown_share(least_return.numerator, least_return.denominator, _SHARE_DECIMALS),
        edge=format_units(
            divide(edge.numerator * scale, edge.denominator, Rounding.UP), _SHARE_DECIMALS
        ),
        multi_step=multi_step,
    )


def _least_dice_return() -> Fraction:
    """By enumeration over a spread of targets; tests enumerate all of them."""
    targets = (1, 100, 2500, 5000, 5050, 7500, 9800)
    return min(dice.exact_return(DiceParams(target, Direction.UNDER)) for target in targets)


def _least_mines_return() -> Fraction:
    return min(
        mines.exact_return(MinesParams(count), reveals)
        for count in range(1, mines.MINES_MAX + 1)
        for reveals in range(1, mines.safe_tiles(MinesParams(count)) + 1)
    )


GAMES: Final = {
    item.slug: item
    for item in (
        _game(DICE, "Dice", "1", dice.table(), _least_dice_return(), multi_step=False),
        _game(MINES, "Mines", "1", mines.table(), _least_mines_return(), multi_step=True),
    )
}


def game(slug: str) -> GameInfo:
    """Refuses with UnknownGame."""
    found = GAMES.get(GameSlug(slug))
    if found is None:
        raise UnknownGame(f"Unknown game; choose one of {', '.join(GAMES)}.", param="game")
    return found
