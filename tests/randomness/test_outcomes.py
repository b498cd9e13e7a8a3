"""Final outcomes of every game against exact chances, and against everything they must not know.

`make test` looks at a few thousand seeded bets: a biased mapping fails for certain, chance never
fails. `make soak` sets FAIRHOUSE_DRAWS and draws fresh seeds: then, all tests together, good
randomness fails once in a hundred soaks (99 %, Holm's correction), which a second soak tells apart.
"""

import os
from collections import Counter
from itertools import islice, pairwise

import pytest

from fairhouse.app.fairness.answers import games
from fairhouse.app.fairness.stream import outcomes as scaled
from fairhouse.app.fairness.stream import seeded, streams
from fairhouse.fairness.types import Stream
from tests.randomness import statistics
from tests.randomness.outcomes import Look, looks

DRAWS = int(os.environ.get("FAIRHOUSE_DRAWS", "0"))
SIZE = DRAWS or 2_000
BARS_AND_OTHERS = {"bars", "floats", "bcgame_2020", "dice_primedice_sha512", "scarab"}


def bets(count: int, seed: int) -> list[Stream]:
    source = streams() if DRAWS else streams(seeded(seed))
    return list(islice(source, count))


def p_values(look: Look, of: list[Stream]) -> dict[str, float]:
    """Fit, and independence from the bet before, the nonce and the player."""
    found = [look.categories(bet) for bet in of]
    places = {category: place for place, category in enumerate(look.chances)}
    firsts = [places[one[0]] for one in found]
    return {
        f"{look.name}: fits": statistics.fits(
            Counter(category for one in found for category in one), look.chances
        ),
        f"{look.name}: the bet before": statistics.independent(pairwise(firsts)),
        f"{look.name}: the nonce": statistics.independent(
            (first, bet.nonce % 2) for first, bet in zip(firsts, of, strict=True)
        ),
        f"{look.name}: serial correlation": statistics.serial_correlation(firsts),
        f"{look.name}: runs": statistics.runs(firsts),
    }


def test_every_game_s_outcomes_at_99_percent():
    everything: dict[str, float] = {}
    for number, look in enumerate(looks()):
        everything |= p_values(look, bets(SIZE, number))

    assert len(everything) > 100
    assert [] == statistics.holm(everything, 0.01), sorted(everything.items(), key=lambda x: x[1])


def test_no_game_is_left_out():
    seen = {look.game for look in looks()}
    unseen = {name for name in games() if "crash" not in name and "slide" not in name} - seen

    assert unseen <= BARS_AND_OTHERS


@pytest.mark.parametrize("of", [2, 7, 10, 37])
def test_coupons_of_scaled_numbers(of: int):
    source = streams() if DRAWS else streams(seeded(of))
    values = list(islice(scaled(source, of), SIZE * 5))

    assert statistics.coupons(values, of) > 0.0001


def test_every_order_of_five_is_equally_likely():
    orders = [bet.drawn(5, 5) for bet in bets(max(SIZE, 6_000), 3)]

    assert statistics.permutations(orders) > 0.0001


def test_players_with_neighbouring_seeds_have_nothing_in_common():
    """The same nonces under client seeds that differ in one character."""
    server_seed = "0123456789abcdef" * 4

    def first(player: int, nonce: int) -> int:
        return Stream(server_seed, f"player {player}", nonce).choices(1, 12)[0]

    pairs = [(first(1, nonce), first(2, nonce)) for nonce in range(SIZE)]
    assert statistics.independent(pairs) > 0.0001


def test_a_biased_mapping_is_found():
    """What the battery is for: a byte modulo 37, a number used twice, a pocket skipped."""
    look = next(look for look in looks() if look.game == "roulette")
    of = bets(60_000, 9)
    modulo = Counter(bet.digest(0)[0] % 37 for bet in of)
    skipping = Counter(min(bet.choices(1, 38)[0], 36) for bet in of)
    sticky = [place for bet in of for place in [bet.choices(1, 37)[0]] * 2]

    assert statistics.fits(modulo, look.chances) < 1e-4
    assert statistics.fits(skipping, look.chances) < 1e-4
    assert statistics.independent(pairwise(sticky)) < 1e-4
    assert statistics.runs(sticky) < 1e-4
