"""What video poker returns to whoever holds best."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import Setting
from fairhouse.games.videopoker.enumeration import COMMON, DEALT

BEST_PLAY: Final[Mapping[str, int]] = {
    "royal_flush": 494_023_104,
    "straight_flush": 2_180_415_816,
    "four_of_a_kind": 47_093_167_764,
    "full_house": 229_475_482_596,
    "flush": 219_637_031_400,
    "straight": 223_868_216_184,
    "three_of_a_kind": 1_484_003_070_324,
    "two_pair": 2_576_946_164_148,
    "jacks_or_better": 4_276_261_813_968,
}
"""`enumeration.best_play` of the table, kept because it takes seconds; a test counts it again."""

_METHOD: Final = (
    "enumeration of all 2,598,960 hands, all 32 holds of each and all draws, exact for a deck "
    "shuffled evenly; neglects the grain of 2^-32 per card"
)


def settings(pays: Mapping[str, int]) -> list[Setting]:
    """The one line: whoever holds best."""
    rounds = DEALT * COMMON
    odds = [(Fraction(pays[name]), Fraction(count, rounds)) for name, count in BEST_PLAY.items()]
    nothing = 1 - sum((chance for _, chance in odds), Fraction(0))
    return [maths.setting("best play", [*odds, (Fraction(0), nothing)], _METHOD)]
