"""The games as data: every release with its table's hash, its return and its largest win.

Returns are taken from `published.json`, which `make publish-games` computes from each game's exact
mathematics; a test computes it again. What is published never changes: a changed table is a new
version.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fairhouse.games.fingerprints import table_hash
from fairhouse.games.original import Original
from fairhouse.games.releases import RELEASES, Release
from fairhouse.games.types import GameInfo, GameSlug, Kind, UnknownGame

PUBLISHED_FILE: Final = Path(__file__).with_name("published.json")
SHEETS: Final = Path(__file__).with_name("sheets")

_SHARE_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """A release that bets can be made on, and what the catalogue says of it."""

    original: Original
    info: GameInfo


def published() -> dict[str, dict[str, dict[str, str]]]:
    """Slug to "version/variant" to what was published of it."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(PUBLISHED_FILE.read_text())
    return found


@lru_cache(maxsize=64)
def sheet(slug: str, version: str, variant: str) -> list[dict[str, str]]:
    """A release's settings with their exact mathematics, as `make publish-games` wrote them.

    Live games have none: their return is the same at every target.
    """
    file = SHEETS.joinpath(f"{slug}.json")
    if not file.exists():
        return []
    found: dict[str, list[dict[str, str]]] = json.loads(file.read_text())
    return found[f"{version}/{variant}"]


def _game(release: Release, said: Mapping[str, Any]) -> Game:
    original = release.original
    key = f"{release.version}/{release.variant}"
    numbers = said.get(original.slug, {}).get(key)
    assert numbers is not None, f"{original.slug} {key} is not published: make publish-games"
    table = original.table()
    rtp = Decimal(numbers["rtp"])
    return Game(
        original,
        GameInfo(
            slug=GameSlug(original.slug),
            name=original.name,
            version=release.version,
            variant=release.variant,
            kind=Kind.STEPS if original.has_steps else Kind.INSTANT,
            table=table,
            table_hash=table_hash(release.version, table),
            rtp=numbers["rtp"],
            edge=f"{1 - rtp:.{_SHARE_DECIMALS}f}",
            rtp_most=numbers["rtp_most"],
            max_multiplier=numbers["max_multiplier"],
        ),
    )


def _usual(games: tuple[Game, ...]) -> dict[GameSlug, Game]:
    """Per game the newest version's first variant."""
    newest: dict[GameSlug, Game] = {}
    for one in games:
        before = newest.get(one.info.slug)
        if before is None or before.info.version != one.info.version:
            newest[one.info.slug] = one
    return newest


ALL: Final = tuple(_game(release, said) for said in (published(),) for release in RELEASES)
"""Every release ever published, the oldest of a game first."""

USUAL: Final[Mapping[GameSlug, Game]] = _usual(ALL)
"""What a brand offers that has chosen nothing else."""

GAMES: Final[Mapping[GameSlug, GameInfo]] = {slug: one.info for slug, one in USUAL.items()}

_BY_HASH: Final = {(one.info.slug, one.info.table_hash): one for one in ALL}
assert len(_BY_HASH) == len(ALL), "two releases of a game share a table"


def usual(slug: str) -> Game:
    """The release of a game that is usual. Refuses with UnknownGame."""
    found = USUAL.get(GameSlug(slug))
    if found is None:
        raise UnknownGame(f"Unknown game; choose one of {', '.join(USUAL)}.", param="game")
    return found


def game(slug: str) -> GameInfo:
    """Refuses with UnknownGame."""
    return usual(slug).info


def of_bet(slug: str, hash_: str) -> Game:
    """The release that a bet was made on: its rules decide about it for ever."""
    return _BY_HASH[GameSlug(slug), hash_]


def release(slug: str, version: str | None, variant: str | None) -> Game:
    """A release by its names; the newest version and its first variant where none is named.

    Refuses with UnknownGame.
    """
    newest = usual(slug).info.version if version is None else version
    for one in ALL:
        info = one.info
        if info.slug == slug and info.version == newest and variant in (None, info.variant):
            return one
    named = newest if variant is None else f"{newest} ({variant})"
    raise UnknownGame(f"{slug} has no version {named[:40]}.", param="game_version")
