"""The mathematics of keno: hits follow the hypergeometric distribution."""

from collections.abc import Mapping

from fairhouse.games import maths
from fairhouse.games.original import Setting


def settings(
    pays: Mapping[tuple[str, int], tuple[int, ...]], drawn: int, size: int
) -> list[Setting]:
    """One line per risk and count of chosen numbers."""
    return [
        maths.setting(
            f"{risk}, {chosen} chosen",
            [
                (maths.cents(paid), maths.hypergeometric(hits, chosen, drawn, size))
                for hits, paid in enumerate(by_hits)
            ],
            maths.UNIFORM,
        )
        for (risk, chosen), by_hits in pays.items()
    ]
