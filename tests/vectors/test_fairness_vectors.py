"""The streams and games against vectors that independent verifiers made."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from fairhouse.fairness.rules import commitment, stream
from fairhouse.games.dice import rules as dice
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import MinesParams

FOLDER = Path(__file__).parent / "fairness"


def vectors(name):
    return json.loads((FOLDER / f"{name}.json").read_text(), parse_float=Fraction)["vectors"]


def stream_of(vector):
    return stream(vector["serverSeed"], vector["clientSeed"], vector["nonce"])


@pytest.mark.parametrize("name", ["floats", "dice", "mines"])
def test_commitments(name):
    assert len(vectors(name)) == 50
    for vector in vectors(name):
        assert vector["serverSeedHash"] == commitment(vector["serverSeed"])


def test_streams_across_five_rounds():
    for vector in vectors("floats"):
        floats = [float(one) for one in vector["first40Floats"]]

        assert floats == [number / 2**32 for number in stream_of(vector).u32s(40)]


def test_dice():
    for vector in vectors("dice"):
        assert vector["result"] == Fraction(dice.roll(stream_of(vector)), 100)


def test_mines():
    for vector in vectors("mines"):
        found = mines.positions(stream_of(vector), MinesParams(vector["mines"]))
        assert vector["drawOrder0"] == found
        assert vector["minePositions0"] == sorted(found)
