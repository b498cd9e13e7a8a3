"""Two implementations of every game, in Python and in TypeScript, written apart, agree."""

import os
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from fairhouse.games import catalogue
from fairhouse.games.types import Kind
from tests.properties.agreeing import ESBUILD, Asked, bundled, facts_asked, played_again, rounds
from tools import verifier_tables

BETS: Final = int(os.environ.get("FAIRHOUSE_EXAMPLES", "0")) * 20 or 2_000
FACTS: Final = 100
DIFFERENCES_SHOWN: Final = 3

needs_node = pytest.mark.skipif(
    not ESBUILD.exists(), reason="the web app's packages are not installed: run `make web`"
)
RELEASES: Final = [game for game in catalogue.ALL if game.info.kind is not Kind.LIVE]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(tmp_path_factory.mktemp("verifier"))


def _differences(asked: list[Asked], answers: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for one, answer in zip(asked, answers, strict=True):
        said = dict(answer)
        said.pop("draws", None)
        if "refused" in one.answer and "refused" in said:
            continue
        if said != one.answer:
            found.append(f"asked {one.line}\n ours {one.answer}\n TypeScript {said}")
    return found


@needs_node
@pytest.mark.parametrize(
    "game", RELEASES, ids=lambda game: f"{game.info.slug}-{game.info.version}-{game.info.variant}"
)
def test_every_round_is_the_same(game: catalogue.Game, verifier: Path):
    usual = catalogue.USUAL[game.info.slug] is game
    rng = Random(f"{game.info.slug}{game.info.version}{game.info.variant}")
    asked: list[Asked] = []
    for _ in range(BETS if usual else BETS // 10):
        asked += rounds(game.original, game.info.table_hash, rng)

    differences = _differences(asked, played_again(verifier, [one.line for one in asked]))

    text = "\n\n".join(differences[:DIFFERENCES_SHOWN])
    assert not differences, f"{len(differences)} of {len(asked)} differ\n{text}"


@needs_node
@pytest.mark.parametrize("game", catalogue.USUAL.values(), ids=lambda game: game.info.slug)
def test_every_outcome_has_the_same_names(game: catalogue.Game, verifier: Path):
    if game.info.kind is Kind.LIVE:
        pytest.skip("decided by a chain, see tests/vectors/test_crash_vectors.py")
    rng = Random(f"facts {game.info.slug}")
    asked = [facts_asked(game.original, rng) for _ in range(FACTS)]

    assert [] == _differences(asked, played_again(verifier, [one.line for one in asked]))


def test_the_verifier_has_the_published_tables():
    assert verifier_tables.text() == verifier_tables.FILE.read_text(), (
        "run: python -m tools.verifier_tables"
    )
