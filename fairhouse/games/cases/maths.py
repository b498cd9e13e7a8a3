"""The mathematics of cases: the numbers that reach each row, counted."""

from collections.abc import Mapping

from fairhouse.games import maths
from fairhouse.games.original import Setting
from fairhouse.games.thresholds import Rows


def settings(tables: Mapping[str, Rows]) -> list[Setting]:
    """One line per difficulty."""
    return [
        maths.setting(difficulty, rows.odds(), maths.ENUMERATION)
        for difficulty, rows in tables.items()
    ]
