"""What the catalogue says of crash and slide."""

from collections.abc import Mapping
from typing import Final

from fairhouse.games.crash import rules
from fairhouse.games.crash.types import CRASH, SLIDE
from fairhouse.games.fingerprints import table_hash
from fairhouse.games.types import GameInfo, GameSlug, Kind, UnknownGame, shown_share

VERSION: Final = "1"
VARIANT: Final = "standard"
_SHARE_DECIMALS: Final = 6


def _info(slug: str, name: str) -> GameInfo:
    table = rules.table(slug)
    return_bp = rules.RETURN_BP[slug]
    rtp = shown_share(return_bp, 10_000, _SHARE_DECIMALS)
    return GameInfo(
        slug=GameSlug(slug),
        name=name,
        version=VERSION,
        variant=VARIANT,
        kind=Kind.LIVE,
        table=table,
        table_hash=table_hash(VERSION, table),
        rtp=rtp,
        edge=shown_share(10_000 - return_bp, 10_000, _SHARE_DECIMALS),
        rtp_most=rtp,
        max_multiplier=f"{rules.shown(rules.MOST)}00",
    )


INFO: Final[Mapping[GameSlug, GameInfo]] = {
    GameSlug(CRASH): _info(CRASH, "Crash"),
    GameSlug(SLIDE): _info(SLIDE, "Slide"),
}


def live_game(slug: str) -> GameInfo:
    """Refuses with UnknownGame."""
    found = INFO.get(GameSlug(slug))
    if found is None:
        raise UnknownGame(f"Unknown live game; choose one of {', '.join(INFO)}.", param="game")
    return found
