"""The mathematics of plinko: a fair coin per row, so every bucket is an exact binomial."""

from collections.abc import Mapping
from fractions import Fraction
from math import comb
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import Setting

METHOD: Final = "enumeration: binomial weights of the buckets, exact (left and right are 2^31 each)"


def settings(pays: Mapping[tuple[int, str], tuple[int, ...]]) -> list[Setting]:
    """One line per rows and risk."""
    return [
        maths.setting(
            f"{rows} rows, {risk}",
            [
                (maths.cents(paid), Fraction(comb(rows, bucket), 2**rows))
                for bucket, paid in enumerate(buckets)
            ],
            METHOD,
        )
        for (rows, risk), buckets in pays.items()
    ]
