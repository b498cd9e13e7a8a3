"""Every original of several steps against the vectors of independent verifiers, in every field."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from fairhouse.fairness.rules import commitment
from fairhouse.fairness.types import Stream
from fairhouse.games.blackjack.rules import Blackjack
from fairhouse.games.chicken.rules import Chicken
from fairhouse.games.dragontower.rules import DragonTower
from fairhouse.games.flip.rules import Flip
from fairhouse.games.hilo.rules import Hilo
from fairhouse.games.pump.rules import Pump
from fairhouse.games.rps.rules import RockPaperScissors
from fairhouse.games.snakes.rules import Snakes
from fairhouse.games.videopoker.rules import VideoPoker

FOLDER = Path(__file__).parent / "fairness"
IDENTITY = {"serverSeed", "serverSeedHash", "clientSeed", "nonce"}

GAMES = [
    (Blackjack(), []),
    (Chicken(), ["difficulty"]),
    (DragonTower(), ["difficulty"]),
    (Flip(), []),
    (Hilo(), []),
    (Pump(), ["difficulty"]),
    (RockPaperScissors(), []),
    (Snakes(), []),
    (VideoPoker(), []),
]


@pytest.mark.parametrize(("game", "names"), GAMES, ids=[game.slug for game, _ in GAMES])
def test_facts_answer_every_field(game, names):
    data = json.loads((FOLDER / f"{game.slug}.json").read_text(), parse_float=Decimal)

    assert data["count"] == len(data["vectors"]) == 50
    for vector in data["vectors"]:
        stream = Stream(vector["serverSeed"], vector["clientSeed"], vector["nonce"])
        params = {name: vector[name] for name in names}
        outcome = {
            name: value for name, value in vector.items() if name not in {*IDENTITY, *params}
        }
        found = game.facts(stream, params)

        assert vector["serverSeedHash"] == commitment(vector["serverSeed"])
        assert outcome == found
        assert as_text(outcome) == as_text(found)


def as_text(value):
    """As the files write it: 2.5, 10, never 2.50 or 1E+1."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value)
