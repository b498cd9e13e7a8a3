"""Mines, exactly as the field plays it.

Source: the published scheme of the field (see `fairness`): the mines are the first `m` tiles drawn
from 25 without replacement; after `k` reveals a round is worth 0.99 * C(25, k) / C(25 - m, k).
A round is worth 99 % of its stake at whatever reveal one stops, hence also where it stops by
itself.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Final, cast

from fairhouse.fairness.types import U32_RANGE, Stream, weight
from fairhouse.games import choices as choosing
from fairhouse.games import params as reading
from fairhouse.games.mines.types import TILES, MinesParams
from fairhouse.games.original import CASH_OUT, Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.types import ChoiceNotOpen, Multiplier

MINES_MAX: Final = TILES - 1
RETURN_BP: Final = 9_900
"""The field's usual return, in basis points."""

REVEAL: Final = "reveal"
_CHOICES: Final[choosing.Choices] = {REVEAL: ("tile",), CASH_OUT: ()}


def positions(stream: Stream, params: MinesParams) -> list[int]:
    """The mined tiles in the order drawn."""
    return stream.drawn(params.mines, TILES)


def safe_tiles(params: MinesParams) -> int:
    """How many tiles hold no mine."""
    return TILES - params.mines


@lru_cache(maxsize=4_096)
def multiplier(params: MinesParams, reveals: int, return_bp: int = RETURN_BP) -> Multiplier:
    """What a round is worth per stake after `reveals` safe tiles, at least one."""
    assert 1 <= reveals <= safe_tiles(params)
    share = Fraction(return_bp, 10_000)
    return Multiplier(
        share.numerator * comb(TILES, reveals),
        share.denominator * comb(safe_tiles(params), reveals),
    )


def reveals_within(params: MinesParams, stake: int, most: int, return_bp: int = RETURN_BP) -> int:
    """How many reveals the house can pay: the most that are worth at most `most` units."""
    reveals = 0
    for count in range(1, safe_tiles(params) + 1):
        if multiplier(params, count, return_bp).payout_units(stake) > most:
            break
        reveals = count
    return reveals


def chance_of_reveals(params: MinesParams, reveals: int) -> Fraction:
    """That none of the tiles 0 to `reveals` - 1 is mined, exactly.

    Enumerates every draw by its weight among the 2**32 numbers. By the symmetry of a shuffle other
    tiles differ by less than 2**-27; this picks the ones that multiply-and-floor favours first.
    """
    # Chance per count of mines drawn so far that all of them lie above the chosen tiles. A draw
    # from n tiles left picks a place; the chosen tiles are the first places until one is drawn.
    chance = Fraction(1)
    for drawn in range(params.mines):
        left = TILES - drawn
        safe = sum(weight(place, left) for place in range(reveals, left))
        chance *= Fraction(safe, U32_RANGE)
    return chance


def exact_return(params: MinesParams, reveals: int, return_bp: int = RETURN_BP) -> Fraction:
    """The theoretical return of revealing `reveals` chosen tiles and cashing out, exactly."""
    paid = multiplier(params, reveals, return_bp)
    return chance_of_reveals(params, reveals) * Fraction(paid.numerator, paid.denominator)


class Mines:
    """A field of 25 tiles, some of them mines: reveal, or take the winnings."""

    slug = "mines"
    name = "Mines"
    has_steps = True

    def __init__(self, return_bp: int = RETURN_BP) -> None:
        """`return_bp`: what a round returns at every stop, in basis points."""
        self._return_bp = return_bp

    def table(self) -> Json:
        """Every number that decides money."""
        return {
            "game": "mines",
            "mapping": "mined = first m of a Fisher-Yates shuffle by splice of 0..24; "
            "each place = floor(u32 * left / 2^32)",
            "tiles": TILES,
            "payout": "floor(stake_units * numerator / denominator)",
            "multipliers": {
                str(mines): [
                    [one.numerator, one.denominator]
                    for one in (
                        self._multiplier(MinesParams(mines), count)
                        for count in range(1, TILES - mines + 1)
                    )
                ]
                for mines in range(1, MINES_MAX + 1)
            },
        }

    def read(self, params: Json, stake: Stake) -> MinesParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "mines")
        return MinesParams(reading.whole(params, "mines", 1, MINES_MAX))

    def written(self, params: MinesParams) -> Json:
        """As stored and shown."""
        return {"mines": params.mines}

    def read_choice(self, params: MinesParams, choice: Json) -> Json:
        """`reveal` with a `tile` from 0 to 24, or `cash_out`. Refuses with InvalidChoice."""
        if choosing.what(choice, _CHOICES) == CASH_OUT:
            return {"do": CASH_OUT}
        return {"do": REVEAL, "tile": choosing.whole(choice, "tile", 0, TILES - 1)}

    def play(
        self, stream: Stream, params: MinesParams, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """The field after these choices.

        It is cashed out by itself when nothing is left to reveal, or as far as the house can pay.
        """
        safe = [_tile(choice) for choice in choices if choice["do"] == REVEAL]
        newest = choices[-1] if choices else None
        reveals_max = max(1, reveals_within(params, stake, most, self._return_bp))
        if newest is None:
            return self._standing(params, stake, safe, reveals_max)
        if newest["do"] == CASH_OUT:
            if not safe:
                raise ChoiceNotOpen("Reveal a tile first; then there is something to take.")
            return self._ended(stream, params, stake, safe, reveals_max, ended=CASH_OUT)
        tile = safe.pop()
        if tile in safe:
            raise ChoiceNotOpen(f"Tile {tile} is already revealed; choose another.", param="tile")
        if tile in positions(stream, params):
            return self._ended(stream, params, stake, safe, reveals_max, ended="mine", hit=tile)
        safe.append(tile)
        if len(safe) == reveals_max:
            return self._ended(stream, params, stake, safe, reveals_max, ended="complete")
        return self._standing(params, stake, safe, reveals_max)

    def win(self, params: MinesParams) -> Multiplier:
        """The first tile's, unless it is worth no more than the stake."""
        return next(
            one
            for count in range(1, safe_tiles(params) + 1)
            if (one := self._multiplier(params, count)).numerator > one.denominator
        )

    def top(self, params: MinesParams) -> Multiplier:
        """The first tile's: a round is cashed out by itself as far as the house can pay."""
        return self._multiplier(params, 1)

    def draws(
        self, stream: Stream, params: MinesParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The mines in the order drawn; unknown without their number."""
        if params is None:
            return []
        return [
            Draw(number, TILES - taken, number * (TILES - taken) >> 32, f"tile {tile}")
            for taken, (number, tile) in enumerate(
                zip(stream.u32s(params.mines), positions(stream, params), strict=True)
            )
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """The mines in the order drawn, and sorted, from 0."""
        reading.only(params, "mines")
        drawn = positions(stream, MinesParams(reading.whole(params, "mines", 1, MINES_MAX)))
        return {"drawOrder0": drawn, "minePositions0": sorted(drawn)}

    def maths(self) -> list[Setting]:
        """Every number of mines, with every number of reveals."""
        return [
            self._setting(MinesParams(mines), reveals)
            for mines in range(1, MINES_MAX + 1)
            for reveals in range(1, TILES - mines + 1)
        ]

    def _setting(self, params: MinesParams, reveals: int) -> Setting:
        paid = self._multiplier(params, reveals)
        top, hit = Fraction(paid.numerator, paid.denominator), chance_of_reveals(params, reveals)
        return Setting(
            label=f"{params.mines} mines, cash out after {reveals}",
            rtp=top * hit,
            hit_rate=hit,
            variance=top * top * hit * (1 - hit),
            top=top,
            top_chance=hit,
            method="enumeration of all draws, each weighed by its numbers of 2^32",
        )

    def _multiplier(self, params: MinesParams, reveals: int) -> Multiplier:
        return multiplier(params, reveals, self._return_bp)

    def _shown(self, params: MinesParams, safe: list[int], reveals_max: int) -> dict[str, object]:
        """As stored and shown: nothing in it is secret."""
        worth = self._multiplier(params, len(safe)).shown() if safe else "0.0000"
        return {"revealed": safe, "reveals_max": reveals_max, "multiplier": worth}

    def _standing(
        self, params: MinesParams, stake: int, safe: list[int], reveals_max: int
    ) -> Standing:
        worth = self._multiplier(params, len(safe)).payout_units(stake) if safe else 0
        following = self._multiplier(params, len(safe) + 1).shown()
        shown = {**self._shown(params, safe, reveals_max), "next_multiplier": following}
        return Standing(shown, stake, worth)

    def _ended(
        self,
        stream: Stream,
        params: MinesParams,
        stake: int,
        safe: list[int],
        reveals_max: int,
        *,
        ended: str,
        hit: int | None = None,
    ) -> Ended:
        """The round is over: now the mines are shown."""
        shown = self._shown(params, safe, reveals_max)
        payout = 0 if hit is not None else self._multiplier(params, len(safe)).payout_units(stake)
        if hit is not None:
            shown["multiplier"] = "0.0000"
        mined = {"mines": sorted(positions(stream, params)), "hit": hit, "ended": ended}
        return Ended(payout, stake, {**shown, **mined})


def _tile(choice: Json) -> int:
    return cast(int, choice["tile"])
