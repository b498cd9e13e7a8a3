"""Mines, exactly as the field plays it.

Source: the published scheme of the field (see `fairness`): the mines are the first `m` tiles drawn
from 25 without replacement; after `k` reveals a round is worth 0.99 * C(25, k) / C(25 - m, k).
A round is worth 99 % of its stake at whatever reveal one stops, hence also where it stops by
itself.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import comb
from typing import Final, cast

from fairhouse.fairness.types import U32_RANGE, Stream, weight
from fairhouse.games.mines.types import (
    TILES,
    InvalidTile,
    MinesField,
    MinesParams,
    Reveal,
    TileTaken,
)
from fairhouse.games.types import InvalidGameParams, Multiplier

MINES_MAX: Final = TILES - 1


def parse_params(mines: int) -> MinesParams:
    """Refuses with InvalidGameParams."""
    if not 1 <= mines <= MINES_MAX:
        raise InvalidGameParams(
            f"mines must be from 1 to {MINES_MAX}.", param="mines", minimum=1, maximum=MINES_MAX
        )
    return MinesParams(mines)


def parse_tile(tile: int) -> int:
    """Refuses with InvalidTile."""
    if not 0 <= tile < TILES:
        raise InvalidTile(f"tile must be from 0 to {TILES - 1}.", param="tile")
    return tile


def mines_of(params: Mapping[str, object]) -> int:
    """The number of mines in stored parameters."""
    count = params["mines"]
    assert isinstance(count, int)
    return count


def field_of(progress: Mapping[str, object]) -> MinesField:
    """The field in a stored round."""
    revealed, reveals_max = progress["revealed"], progress["reveals_max"]
    assert isinstance(revealed, list)
    assert isinstance(reveals_max, int)
    tiles = cast(list[int], revealed)
    return MinesField(tuple(tiles), reveals_max)


def tiles_turned(progress: Mapping[str, object]) -> list[int]:
    """Every tile a round turned over, the mine included, in order: its steps."""
    hit = progress.get("hit")
    turned = list(field_of(progress).revealed)
    return [*turned, hit] if isinstance(hit, int) else turned


def shown(params: MinesParams, field: MinesField) -> dict[str, object]:
    """An open field as it is stored and shown: nothing in it is secret."""
    reveals = len(field.revealed)
    return {
        "revealed": list(field.revealed),
        "reveals_max": field.reveals_max,
        "multiplier": multiplier(params, reveals).shown() if reveals else "0.0000",
    }


def positions(stream: Stream, params: MinesParams) -> list[int]:
    """The mined tiles in the order drawn."""
    return stream.drawn(params.mines, TILES)


def safe_tiles(params: MinesParams) -> int:
    """How many tiles hold no mine."""
    return TILES - params.mines


def multiplier(params: MinesParams, reveals: int) -> Multiplier:
    """What a round is worth per stake after `reveals` safe tiles, at least one."""
    assert 1 <= reveals <= safe_tiles(params)
    return Multiplier(99 * comb(TILES, reveals), 100 * comb(safe_tiles(params), reveals))


def payout_units(params: MinesParams, reveals: int, stake_units: int) -> int:
    """What a cash-out pays now: 0 before the first reveal."""
    return multiplier(params, reveals).payout_units(stake_units) if reveals else 0


def reveals_within(params: MinesParams, stake_units: int, profit_max_units: int) -> int:
    """How many reveals the house can pay: the most whose profit stays within the maximum."""
    reveals = 0
    for count in range(1, safe_tiles(params) + 1):
        if payout_units(params, count, stake_units) - stake_units > profit_max_units:
            break
        reveals = count
    return reveals


def reveal(stream: Stream, params: MinesParams, field: MinesField, tile: int) -> Reveal:
    """Turn one tile over. Refuses with TileTaken."""
    if tile in field.revealed:
        raise TileTaken(f"Tile {tile} is already revealed; choose another.", param="tile")
    assert len(field.revealed) < field.reveals_max, "a complete round takes no step"
    if tile in positions(stream, params):
        return Reveal(field, hit_mine=True, complete=False)
    after = MinesField((*field.revealed, tile), field.reveals_max)
    return Reveal(after, hit_mine=False, complete=len(after.revealed) == field.reveals_max)


def abandoned_payout_units(params: MinesParams, field: MinesField, stake_units: int) -> int:
    """What a round that nobody finished pays: what was won so far or the stake, the better."""
    return max(payout_units(params, len(field.revealed), stake_units), stake_units)


def exact_return(params: MinesParams, reveals: int) -> Fraction:
    """The theoretical return of revealing `reveals` chosen tiles and cashing out, exactly.

    Enumerates every draw by its weight among the 2**32 numbers: the chance that none of the tiles
    0 to `reveals` - 1 is mined. By the symmetry of a shuffle other tiles differ by less than
    2**-27; this picks the ones that multiply-and-floor favours first.
    """
    # Chance per count of mines drawn so far that all of them lie above the chosen tiles. A draw
    # from n tiles left picks a place; the chosen tiles are the first places until one is drawn.
    chance = Fraction(1)
    for drawn in range(params.mines):
        left = TILES - drawn
        safe = sum(weight(place, left) for place in range(reveals, left))
        chance *= Fraction(safe, U32_RANGE)
    paid = multiplier(params, reveals)
    return chance * Fraction(paid.numerator, paid.denominator)


def table() -> dict[str, object]:
    """Every number that decides money, as data to be hashed and published."""
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
                    multiplier(MinesParams(mines), count) for count in range(1, TILES - mines + 1)
                )
            ]
            for mines in range(1, MINES_MAX + 1)
        },
    }
