"""Dragon tower, exactly as the field builds it: nine rows, eggs drawn row by row from the bottom.

Source: the published scheme of the field (see `fairness`): in each row the eggs are drawn without
replacement, one number each; a row survived multiplies by tiles / eggs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games.choices import is_cash_out, what, whole
from fairhouse.games.dragontower import maths
from fairhouse.games.dragontower.maths import Row
from fairhouse.games.ladder import Climb, check_something_won, listed, outcome
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import among, only
from fairhouse.games.types import Multiplier

RETURN_BP: Final = 9_800
"""The field's."""
ROWS: Final = 9
CLIMB: Final = "climb"
DIFFICULTIES: Final = {
    "easy": Row(4, 3),
    "medium": Row(3, 2),
    "hard": Row(2, 1),
    "expert": Row(3, 1),
    "master": Row(4, 1),
}

_CHOICES: Final[dict[str, tuple[str, ...]]] = {CLIMB: ("tile",), CASH_OUT: ()}


@dataclass(frozen=True, slots=True)
class Tower:
    """What the player chose."""

    difficulty: str

    @property
    def row(self) -> Row:
        """What each of its rows is made of."""
        return DIFFICULTIES[self.difficulty]


def eggs(stream: Stream, row: Row) -> list[list[int]]:
    """The tiles with eggs of each row from the bottom, in the order drawn."""
    numbers = stream.u32s(ROWS * row.eggs)
    found: list[list[int]] = []
    for level in range(ROWS):
        left = list(range(row.tiles))
        drawn = numbers[level * row.eggs : (level + 1) * row.eggs]
        found.append([left.pop(choose(number, len(left))) for number in drawn])
    return found


class DragonTower:
    """One tile per row; a tile without an egg loses the round."""

    slug = "dragontower"
    name = "Dragon Tower"
    has_steps = True

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        self._rungs = {
            name: [
                Multiplier(return_bp * row.tiles**level, 10_000 * row.eggs**level)
                for level in range(1, ROWS + 1)
            ]
            for name, row in DIFFICULTIES.items()
        }

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "per row from the bottom, the eggs are the first draws of a Fisher-Yates "
            "shuffle by splice of its tiles; each place = floor(u32 * left / 2^32)",
            "rows": ROWS,
            "tiles_and_eggs": {name: [row.tiles, row.eggs] for name, row in DIFFICULTIES.items()},
            "payout": "floor(stake_units * numerator / denominator) of the rung stood on",
            "rungs": listed(self._rungs),
        }

    def read(self, params: Json, stake: Stake) -> Tower:
        """`difficulty`. Refuses with InvalidGameParams."""
        only(params, "difficulty")
        return Tower(among(params, "difficulty", tuple(DIFFICULTIES)))

    def written(self, params: Tower) -> Json:
        """See the contract."""
        return {"difficulty": params.difficulty}

    def read_choice(self, params: Tower, choice: Json) -> Json:
        """`climb` with a `tile`, or `cash_out`. Refuses with InvalidChoice."""
        do = what(choice, _CHOICES)
        if do == CASH_OUT:
            return {"do": do}
        return {"do": do, "tile": whole(choice, "tile", 0, params.row.tiles - 1)}

    def play(
        self, stream: Stream, params: Tower, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        cashed = bool(choices) and is_cash_out(choices[-1])
        climbed = [choice["tile"] for choice in (choices[:-1] if cashed else choices)]
        rows = eggs(stream, params.row)
        safe = [tile in row for tile, row in zip(climbed, rows, strict=False)]
        assert all(safe[:-1]), "a lost round takes no choice"
        won = sum(safe)
        if cashed:
            check_something_won(won)
        fell = "dragon" if won < len(climbed) else None
        climb = Climb(self._rungs[params.difficulty], won, cashed, fell)
        return outcome(climb, stake, most, {"climbed": climbed}, {"eggs": rows})

    def win(self, params: Tower) -> Multiplier:
        """One row."""
        return self._rungs[params.difficulty][0]

    def top(self, params: Tower) -> Multiplier:
        """One row: the round ends by itself before the house cannot pay."""
        return self._rungs[params.difficulty][0]

    def draws(self, stream: Stream, params: Tower | None, choices: Sequence[Json]) -> list[Draw]:
        """One number per egg, row by row; none without a difficulty."""
        if params is None:
            return []
        row = params.row
        numbers = stream.u32s(ROWS * row.eggs)
        tiles = [tile for level in eggs(stream, row) for tile in level]
        found: list[Draw] = []
        for index, (number, tile) in enumerate(zip(numbers, tiles, strict=True)):
            of = row.tiles - index % row.eggs
            means = f"row {index // row.eggs + 1}: egg under tile {tile}"
            found.append(Draw(number, of, choose(number, of), means))
        return found

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        tower = self.read(params, Stake(0, 0))
        return {"eggsByRowFromBottom": eggs(stream, tower.row)}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(DIFFICULTIES, self._rungs)
