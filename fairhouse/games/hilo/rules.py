"""Hilo: guess whether the next card is higher or lower, skip when the card is dull.

Source of the cards: the published scheme of the field (see `fairness`): floor(f * 52) each, from an
endless deck. The payout is derived, see `maths`: the return once, then 13 / ways for every guess
that is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import cards
from fairhouse.games.choices import is_cash_out, what
from fairhouse.games.hilo import maths
from fairhouse.games.hilo.maths import HIGHER, LOWER, RANKS
from fairhouse.games.ladder import COMPLETE, NOTHING, check_something_won
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import NoParams, only
from fairhouse.games.types import ChoiceNotOpen, Multiplier

RETURN_BP: Final = 9_900
CARDS: Final = 52
"""A round looks at so many cards at most, the first one included."""
SKIP: Final = "skip"
GUESSES: Final = (HIGHER, LOWER)

_CHOICES: Final[dict[str, tuple[str, ...]]] = {HIGHER: (), LOWER: (), SKIP: (), CASH_OUT: ()}
_LEAST_FACTOR: Final = Multiplier(RANKS, RANKS - 1)
"""No guess brings less: it wins with at most 12 of 13 ranks."""


def rank(card: int) -> int:
    """0 for an ace, the lowest, to 12 for a king, the highest."""
    return (cards.rank(card) + 1) % RANKS


@dataclass(frozen=True, slots=True)
class _Round:
    """Where a round stands after choices that were all right."""

    shown: int
    """How many cards are seen."""
    right: int
    """How many guesses."""
    skips: int
    worth: Multiplier
    """After the return: what the round is worth once a guess was right."""


class Hilo:
    """Higher or lower, the same included; a wrong guess loses the round."""

    slug = "hilo"
    name = "Hilo"
    has_steps = True

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        self._return = Multiplier(return_bp, 10_000)
        self._max = _times(self._return, Multiplier(maths.PRODUCT_MAX, 1))

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "one u32 per card; floor(u32 * 52 / 2^32) of 2d 2h 2s 2c 3d ... Ac",
            "ranks": "ace lowest, king highest; the same rank wins higher and lower, "
            "except higher on an ace and lower on a king",
            "cards": CARDS,
            "return": [self._return.numerator, self._return.denominator],
            "factor": "13 / winning ranks for every right guess",
            "ways": {
                guess: [maths.ways(guess, before) for before in range(RANKS)] for guess in GUESSES
            },
            "multiplier_max": [self._max.numerator, self._max.denominator],
            "payout": "floor(stake_units * return * product of factors)",
        }

    def read(self, params: Json, stake: Stake) -> NoParams:
        """Takes no parameters. Refuses with InvalidGameParams."""
        only(params)
        return NoParams()

    def written(self, params: NoParams) -> Json:
        """See the contract."""
        return {}

    def read_choice(self, params: NoParams, choice: Json) -> Json:
        """`higher`, `lower`, `skip` or `cash_out`. Refuses with InvalidChoice."""
        return {"do": what(choice, _CHOICES)}

    def play(
        self, stream: Stream, params: NoParams, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract. Refuses with ChoiceNotOpen."""
        deck = stream.choices(min(len(choices) + 1, CARDS), cards.DECK)
        at = _Round(1, 0, 0, self._return)
        for choice in choices[:-1]:
            following = self._step(at, deck, str(choice["do"]))
            assert following is not None, "a lost round takes no choice"
            at = following
        if not choices:
            return self._open(at, deck, stake, most)
        do = str(choices[-1]["do"])
        if do == CASH_OUT:
            check_something_won(at.right)
            return self._paid(at, deck, stake, CASH_OUT)
        self._check_open(at, deck, do, stake, most)
        after = self._step(at, deck, do)
        if after is None:
            shown = _shown(at.shown + 1, at.skips, deck)
            return Ended(0, stake, {**shown, "multiplier": NOTHING, "ended": "wrong"})
        return self._open(after, deck, stake, most)

    def win(self, params: NoParams) -> Multiplier:
        """The surest guess there is."""
        return _times(self._return, _LEAST_FACTOR)

    def top(self, params: NoParams) -> Multiplier:
        """The rarest guess there is; later guesses that could pay too much are not open."""
        return _times(self._return, Multiplier(RANKS, 1))

    def draws(self, stream: Stream, params: NoParams | None, choices: Sequence[Json]) -> list[Draw]:
        """One number per card seen; all fifty-two while nothing is chosen yet."""
        seen = 1 + sum(not is_cash_out(choice) for choice in choices) if choices else CARDS
        numbers = zip(stream.u32s(seen), stream.choices(seen, cards.DECK), strict=True)
        return [Draw(number, cards.DECK, card, cards.text(card)) for number, card in numbers]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        only(params)
        return {"cards": [cards.text(card) for card in stream.choices(CARDS, cards.DECK)]}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(Fraction(self._return.numerator, self._return.denominator))

    def _step(self, at: _Round, deck: Sequence[int], do: str) -> _Round | None:
        """The round after one card more; none when the guess was wrong."""
        before, after = rank(deck[at.shown - 1]), rank(deck[at.shown])
        if do == SKIP:
            return _Round(at.shown + 1, at.right, at.skips + 1, at.worth)
        if not maths.wins(do, before, after):
            return None
        return _Round(at.shown + 1, at.right + 1, at.skips, _guessed(at.worth, do, before))

    def _guess(
        self, at: _Round, deck: Sequence[int], guess: str, stake: int, most: int
    ) -> Multiplier | None:
        """What the round would be worth after a guess; none where that is not open."""
        if at.shown == CARDS:
            return None
        worth = _guessed(at.worth, guess, rank(deck[at.shown - 1]))
        return worth if self._fits(worth, stake, most) else None

    def _fits(self, worth: Multiplier, stake: int, most: int) -> bool:
        """Whether it is neither more than the game's maximum nor than the house can pay."""
        within = worth.numerator * self._max.denominator <= self._max.numerator * worth.denominator
        return within and worth.payout_units(stake) <= most

    def _check_open(self, at: _Round, deck: Sequence[int], do: str, stake: int, most: int) -> None:
        """Refuses with ChoiceNotOpen."""
        if do == SKIP:
            if at.shown >= CARDS - 1:
                raise ChoiceNotOpen(
                    "The last card cannot be skipped to; guess or cash out.", param="do"
                )
        elif self._guess(at, deck, do, stake, most) is None:
            raise ChoiceNotOpen(
                f"Guessing {do} here could pay more than this round's maximum; "
                "guess the other way, skip or cash out.",
                param="do",
            )

    def _open(self, at: _Round, deck: Sequence[int], stake: int, most: int) -> Standing | Ended:
        """The round as it stands, or its end when nothing could be added to it."""
        sides = {guess: self._guess(at, deck, guess, stake, most) for guess in GUESSES}
        stuck = at.shown >= CARDS - 1 and not any(sides.values())
        least = _times(at.worth, _LEAST_FACTOR)
        if at.right and (stuck or not self._fits(least, stake, most)):
            return self._paid(at, deck, stake, COMPLETE)
        before = rank(deck[at.shown - 1])
        shown = {
            **_shown(at.shown, at.skips, deck),
            "multiplier": at.worth.shown() if at.right else NOTHING,
            **{guess: _side(guess, before, worth) for guess, worth in sides.items()},
        }
        return Standing(shown, stake, at.worth.payout_units(stake) if at.right else 0)

    def _paid(self, at: _Round, deck: Sequence[int], stake: int, how: str) -> Ended:
        shown = _shown(at.shown, at.skips, deck)
        closed = {**shown, "multiplier": at.worth.shown(), "ended": how}
        return Ended(at.worth.payout_units(stake), stake, closed)


def _shown(seen: int, skips: int, deck: Sequence[int]) -> dict[str, object]:
    return {
        "cards": [cards.text(card) for card in deck[:seen]],
        "skips": skips,
        HIGHER: None,
        LOWER: None,
    }


def _side(guess: str, before: int, worth: Multiplier | None) -> Json | None:
    """What a board says of a guess: its chance in percent, two decimals, rounded down."""
    if worth is None:
        return None
    hundredths = maths.ways(guess, before) * 10_000 // RANKS
    whole, rest = divmod(hundredths, 100)
    return {"chance": f"{whole}.{rest:02d}", "multiplier": worth.shown()}


def _times(one: Multiplier, other: Multiplier) -> Multiplier:
    return Multiplier(one.numerator * other.numerator, one.denominator * other.denominator)


def _guessed(worth: Multiplier, guess: str, before: int) -> Multiplier:
    return _times(worth, Multiplier(RANKS, maths.ways(guess, before)))
