"""Flip, exactly as the field flips: each call that is right doubles what the round is worth.

Source: the published scheme of the field (see `fairness`): one number per flip, f <= 0.5 is tails.
"""

from collections.abc import Sequence
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream
from fairhouse.games.choices import is_cash_out, what
from fairhouse.games.flip import maths
from fairhouse.games.ladder import Climb, check_something_won, outcome
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import NoParams, only
from fairhouse.games.types import Multiplier

RETURN_BP: Final = 9_800
"""The field's: 1.96 for one flip."""
FLIPS: Final = 20
HEADS: Final = "heads"
TAILS: Final = "tails"

_CHOICES: Final[dict[str, tuple[str, ...]]] = {HEADS: (), TAILS: (), CASH_OUT: ()}
_LETTERS: Final = {HEADS: "H", TAILS: "T"}


def side(number: int) -> str:
    """Exactly one half is tails, as the field has it."""
    return TAILS if number <= U32_RANGE // 2 else HEADS


class Flip:
    """One coin, up to twenty times; a wrong call loses the round."""

    slug = "flip"
    name = "Flip"
    has_steps = True

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        self._rungs = [Multiplier(return_bp * 2**count, 10_000) for count in range(1, FLIPS + 1)]

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "one u32 per flip; u32 <= 2^31 is tails, else heads",
            "flips": FLIPS,
            "payout": "floor(stake_units * numerator / denominator) of the rung stood on",
            "rungs": [[one.numerator, one.denominator] for one in self._rungs],
        }

    def read(self, params: Json, stake: Stake) -> NoParams:
        """Takes no parameters. Refuses with InvalidGameParams."""
        only(params)
        return NoParams()

    def written(self, params: NoParams) -> Json:
        """See the contract."""
        return {}

    def read_choice(self, params: NoParams, choice: Json) -> Json:
        """`heads`, `tails` or `cash_out`. Refuses with InvalidChoice."""
        return {"do": what(choice, _CHOICES)}

    def play(
        self, stream: Stream, params: NoParams, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        cashed = bool(choices) and is_cash_out(choices[-1])
        calls = [choice["do"] for choice in (choices[:-1] if cashed else choices)]
        flips = [side(number) for number in stream.u32s(len(calls))]
        lost = bool(calls) and calls[-1] != flips[-1]
        won = len(calls) - lost
        assert calls[:won] == flips[:won], "a lost round takes no choice"
        if cashed:
            check_something_won(won)
        climb = Climb(self._rungs, won, cashed, "wrong" if lost else None)
        shown = {"flips": "".join(_LETTERS[one] for one in flips)}
        return outcome(climb, stake, most, shown, {})

    def win(self, params: NoParams) -> Multiplier:
        """One flip."""
        return self._rungs[0]

    def top(self, params: NoParams) -> Multiplier:
        """One flip: the round ends by itself before the house cannot pay."""
        return self._rungs[0]

    def draws(self, stream: Stream, params: NoParams | None, choices: Sequence[Json]) -> list[Draw]:
        """One number per flip called; all twenty while nothing is called yet."""
        count = sum(not is_cash_out(choice) for choice in choices) or FLIPS
        return [Draw(number, 0, number, side(number)) for number in stream.u32s(count)]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        only(params)
        return {"flips20": "".join(_LETTERS[side(number)] for number in stream.u32s(FLIPS))}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(self._rungs)
