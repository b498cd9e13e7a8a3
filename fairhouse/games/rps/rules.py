"""Rock, paper, scissors: a win doubles what the round is worth, a tie changes nothing.

Source: the published scheme of the field (see `fairness`): one number per throw, floor(f * 3) of
rock, paper, scissors.
"""

from collections.abc import Sequence
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games.choices import is_cash_out, what
from fairhouse.games.ladder import COMPLETE, Climb, check_something_won, outcome, over
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import NoParams, only
from fairhouse.games.rps import maths
from fairhouse.games.types import Multiplier

RETURN_BP: Final = 9_800
"""The field's: 1.96 for one win."""
SIGNS: Final = ("rock", "paper", "scissors")
"""In the order of the field; each beats the one before it."""
WIN: Final = "win"
TIE: Final = "tie"
LOSE: Final = "lose"

_CHOICES: Final[dict[str, tuple[str, ...]]] = {**dict.fromkeys(SIGNS, ()), CASH_OUT: ()}
_RESULTS: Final = (TIE, WIN, LOSE)


def result(you: int, house: int) -> str:
    """Of two signs by their number."""
    return _RESULTS[(you - house) % len(SIGNS)]


class RockPaperScissors:
    """Up to twenty throws; a throw that is beaten loses the round."""

    slug = "rps"
    name = "Rock Paper Scissors"
    has_steps = True

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        self._rungs = [
            Multiplier(return_bp * 2**count, 10_000) for count in range(1, maths.THROWS + 1)
        ]

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "one u32 per throw; floor(u32 * 3 / 2^32) of rock, paper, scissors",
            "throws": maths.THROWS,
            "tie": "nothing changes; twenty ties give the stake back",
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
        """`rock`, `paper`, `scissors` or `cash_out`. Refuses with InvalidChoice."""
        return {"do": what(choice, _CHOICES)}

    def play(
        self, stream: Stream, params: NoParams, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        cashed = bool(choices) and is_cash_out(choices[-1])
        signs = [SIGNS.index(str(one["do"])) for one in (choices[:-1] if cashed else choices)]
        pairs = list(zip(signs, stream.choices(len(signs), len(SIGNS)), strict=True))
        results = [result(you, house) for you, house in pairs]
        assert LOSE not in results[:-1], "a lost round takes no choice"
        won = results.count(WIN)
        if cashed:
            check_something_won(won)
        shown = {
            "throws": [
                {"you": SIGNS[you], "house": SIGNS[house], "result": how}
                for (you, house), how in zip(pairs, results, strict=True)
            ]
        }
        fell = "beaten" if results[-1:] == [LOSE] else None
        if len(results) == maths.THROWS and not fell and not cashed:
            return self._all_thrown(won, stake, shown)
        return outcome(Climb(self._rungs, won, cashed, fell), stake, most, shown, {})

    def win(self, params: NoParams) -> Multiplier:
        """One win."""
        return self._rungs[0]

    def top(self, params: NoParams) -> Multiplier:
        """One win: the round ends by itself before the house cannot pay."""
        return self._rungs[0]

    def draws(self, stream: Stream, params: NoParams | None, choices: Sequence[Json]) -> list[Draw]:
        """One number per throw; all twenty while nothing is thrown yet."""
        count = sum(not is_cash_out(choice) for choice in choices) or maths.THROWS
        numbers = zip(stream.u32s(count), stream.choices(count, len(SIGNS)), strict=True)
        return [Draw(number, len(SIGNS), sign, SIGNS[sign]) for number, sign in numbers]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        only(params)
        signs = stream.choices(maths.THROWS, len(SIGNS))
        return {"outcomes20": "".join(SIGNS[sign][0].upper() for sign in signs)}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(self._rungs)

    def _all_thrown(self, won: int, stake: int, shown: Json) -> Ended:
        """Twenty throws were survived: what they won is paid, or the stake where all were ties."""
        paid = self._rungs[won - 1] if won else Multiplier(1, 1)
        return over(paid.payout_units(stake), stake, paid.shown(), COMPLETE, shown)
