"""Every original against the vectors of independent verifiers, in every field."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from fairhouse.fairness.types import Stream
from fairhouse.games.baccarat.rules import Baccarat
from fairhouse.games.cases.rules import Cases
from fairhouse.games.diamonds.rules import Diamonds
from fairhouse.games.drill.rules import Drill
from fairhouse.games.keno.rules import Keno
from fairhouse.games.limbo.rules import Limbo
from fairhouse.games.moles import Moles
from fairhouse.games.plinko.rules import Plinko
from fairhouse.games.roulette.rules import Roulette
from fairhouse.games.scarab.rules import Scarab
from fairhouse.games.wheel.rules import Wheel

FOLDER = Path(__file__).parent / "fairness"
IDENTITY = {"serverSeed", "serverSeedHash", "clientSeed", "nonce"}

# File, game, its parameters in the file, fields of the file that are no outcome.
CASES = [
    ("baccarat", Baccarat(), (), set()),
    ("cases", Cases(), ("difficulty",), set()),
    ("diamonds", Diamonds(), (), set()),
    ("drill", Drill(), (), set()),
    ("keno", Keno(), (), set()),
    ("limbo", Limbo(), (), {"legacyDocFormula_1e8"}),
    ("moles", Moles(), ("moles",), set()),
    ("plinko", Plinko(), ("rows", "risk"), set()),
    ("roulette", Roulette(), (), set()),
    ("slots_scarab", Scarab(), (), set()),
    ("wheel", Wheel(), ("segments", "risk"), set()),
]


@pytest.mark.parametrize(
    ("file", "game", "names", "ignored"), CASES, ids=[case[0] for case in CASES]
)
def test_facts(file, game, names, ignored):
    vectors = json.loads((FOLDER / f"{file}.json").read_text(), parse_float=Decimal)["vectors"]

    assert len(vectors) >= 50
    for vector in vectors:
        stream = Stream(vector["serverSeed"], vector["clientSeed"], vector["nonce"])
        outcome = {
            key: value
            for key, value in vector.items()
            if key not in IDENTITY | {*names} and key not in ignored
        }
        assert outcome, "a vector without an outcome proves nothing"
        found = game.facts(stream, {name: vector[name] for name in names})

        assert outcome == found
        assert as_text(outcome) == as_text(found)


def as_text(value):
    """As the files write it: 2.5, 10, never 2.50 or 1E+1."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value)
