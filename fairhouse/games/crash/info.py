"""What the catalogue says of crash and slide."""

from collections.abc import Mapping
from typing import Final

from fairhouse.games.catalogue import table_hash
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import CRASH, SLIDE
from fairhouse.games.types import GameInfo, GameSlug, UnknownGame, shown_share

VERSION: Final = "1"
_SHARE_DECIMALS: Final = 6


def _info(slug: str, name: str) -> GameInfo:
    table = rules.table(slug)
    return_bp = rules.RETURN_BP[slug]
    return GameInfo(
        slug=GameSlug(slug),
        name=name,
        version=VERSION,
        table=table,
        table_hash=table_hash(VERSION, table),
        rtp=shown_share(return_bp, 10_000, _SHARE_DECIMALS),
        edge=shown_share(10_000 - return_bp, 10_000, _SHARE_DECIMALS),
        multi_step=True,
    )


INFO: Final[Mapping[str, GameInfo]] = {
    CRASH: _info(CRASH, "Crash"),
    SLIDE: _info(SLIDE, "Slide"),
}


def live_game(slug: str) -> GameInfo:
    """Refuses with UnknownGame."""
    found = INFO.get(slug)
    if found is None:
        raise UnknownGame(f"Unknown live game; choose one of {', '.join(INFO)}.", param="game")
    return found
