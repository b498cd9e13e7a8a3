"""`fairhouse fairness stream`: the very bytes that decide bets, and outcomes as uniform bytes."""

import subprocess
import sys
from collections import Counter
from itertools import islice

import pytest

from fairhouse.app.fairness import stream
from tests.randomness import statistics

COMMAND = [sys.executable, "-m", "fairhouse.app", "fairness", "stream"]


def printed(*options: str) -> bytes:
    return subprocess.run([*COMMAND, *options], capture_output=True, check=True, timeout=60).stdout


def test_raw_bytes_are_those_of_the_bets():
    bets = stream.streams(stream.seeded(5))
    expected = b"".join(bet.digest(number) for bet in islice(bets, 3) for number in range(4))

    assert expected == printed("--raw", "--seed", "5", "--bytes", str(len(expected)))
    assert [bet.nonce for bet in islice(stream.streams(), 3)] == [0, 1, 2]


def test_without_a_seed_nothing_repeats():
    one, other = (printed("--raw", "--bytes", "4096") for _ in range(2))

    assert len(one) == len(other) == 4_096
    assert one != other


def test_outcomes_are_what_the_numbers_choose():
    lines = printed("--game", "roulette", "--outcomes", "20", "--seed", "1").split()
    bets = islice(stream.streams(stream.seeded(1)), 3)

    assert [int(line) for line in lines] == [
        choice for bet in bets for choice in bet.choices(8, 37)
    ][:20]


@pytest.mark.parametrize("of", [2, 37, 10_001])
def test_outcomes_as_bytes_are_uniform(of: int):
    blocks = stream.outcome_bytes(stream.streams(stream.seeded(of)), of)
    counts = Counter(byte for block in islice(blocks, 60) for byte in block)

    assert statistics.fits(counts, dict.fromkeys(range(256), 1 / 256)) > 0.001


def test_a_skewed_outcome_shows_in_its_bytes():
    """A wheel that stops on its last pocket twice as often is not laundered by the packing."""

    good = stream.outcomes(stream.streams(stream.seeded(2)), 38)
    skewed = (min(outcome, 36) for outcome in good)
    counts = Counter(byte for block in islice(stream.packed(skewed, 37), 60) for byte in block)

    assert statistics.fits(counts, dict.fromkeys(range(256), 1 / 256)) < 1e-6


def test_who_reads_no_more_ends_it():
    with subprocess.Popen([*COMMAND, "--raw"], stdout=subprocess.PIPE) as endless:
        assert endless.stdout is not None
        assert len(endless.stdout.read(10)) == 10
        endless.stdout.close()
        assert endless.wait(timeout=30) == 0
