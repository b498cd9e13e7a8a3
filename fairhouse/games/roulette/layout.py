"""The layout of a European table: every place a chip can lie, and the pockets it covers."""

from collections.abc import Iterator
from typing import Final

POCKETS: Final = 37
_ROWS: Final = 12
_COLUMNS: Final = 3

REDS: Final = frozenset({1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36})

Places = dict[str, frozenset[int]]


def color(pocket: int) -> str:
    """green for zero, else red or black."""
    if pocket == 0:
        return "green"
    return "red" if pocket in REDS else "black"


def _places() -> Iterator[tuple[str, frozenset[int]]]:
    for pocket in range(POCKETS):
        yield f"straight:{pocket}", frozenset({pocket})
    yield from _splits()
    for row in range(_ROWS):
        first = _COLUMNS * row + 1
        yield f"street:{first}", frozenset(range(first, first + 3))
    yield from _corners()
    for row in range(_ROWS - 1):
        first = _COLUMNS * row + 1
        yield f"line:{first}", frozenset(range(first, first + 6))
    yield "trio:0-1-2", frozenset({0, 1, 2})
    yield "trio:0-2-3", frozenset({0, 2, 3})
    yield "basket:0", frozenset({0, 1, 2, 3})
    for column in range(1, _COLUMNS + 1):
        yield f"column:{column}", frozenset(range(column, POCKETS, _COLUMNS))
    for dozen in range(1, 4):
        yield f"dozen:{dozen}", frozenset(range(12 * dozen - 11, 12 * dozen + 1))
    numbers = frozenset(range(1, POCKETS))
    yield "red", REDS
    yield "black", numbers - REDS
    yield "even", frozenset(range(2, POCKETS, 2))
    yield "odd", frozenset(range(1, POCKETS, 2))
    yield "low", frozenset(range(1, 19))
    yield "high", frozenset(range(19, POCKETS))


def _splits() -> Iterator[tuple[str, frozenset[int]]]:
    for other in range(1, _COLUMNS + 1):
        yield f"split:0-{other}", frozenset({0, other})
    for pocket in range(1, POCKETS):
        if pocket % _COLUMNS:
            yield f"split:{pocket}-{pocket + 1}", frozenset({pocket, pocket + 1})
        if pocket + _COLUMNS < POCKETS:
            yield f"split:{pocket}-{pocket + _COLUMNS}", frozenset({pocket, pocket + _COLUMNS})


def _corners() -> Iterator[tuple[str, frozenset[int]]]:
    for pocket in range(1, POCKETS - _COLUMNS):
        if pocket % _COLUMNS:
            numbers = (pocket, pocket + 1, pocket + 3, pocket + 4)
            yield f"corner:{'-'.join(map(str, numbers))}", frozenset(numbers)


PLACES: Final[Places] = dict(_places())
"""Every place by its name."""

RETURNED: Final = 36
"""A winning chip returns 36 / (pockets covered) times itself: 35 to 1 on a single number."""


def pays(place: str) -> int:
    """What a winning chip returns per unit, the chip included: 36 straight, 2 on red."""
    return RETURNED // len(PLACES[place])
