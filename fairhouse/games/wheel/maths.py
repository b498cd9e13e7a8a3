"""The mathematics of the wheel."""

from collections.abc import Mapping

from fairhouse.games import maths
from fairhouse.games.original import Setting


def settings(pays: Mapping[tuple[int, str], tuple[int, ...]]) -> list[Setting]:
    """One line per number of segments and risk."""
    return [
        maths.setting(
            f"{segments} segments, {risk}",
            [
                (maths.cents(paid), maths.chance_of(segment, segments))
                for segment, paid in enumerate(places)
            ],
            maths.ENUMERATION,
        )
        for (segments, risk), places in pays.items()
    ]
