"""Any game of ours at random: parameters that it takes, choices that it knows."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from fairhouse.fairness.types import Stream
from fairhouse.games.original import Ended, Original, Stake, Standing
from fairhouse.games.types import ChoiceNotOpen
from fairhouse.kernel.money import format_units

Params = dict[str, Any]
Choice = dict[str, Any]

LEVELS = ("easy", "medium", "hard", "expert")
MASTER = (*LEVELS, "master")
RISKS = ("low", "medium", "high")
PLACES = ("straight:17", "split:1-2", "street:1", "corner:1-2-4-5", "red", "even", "dozen:1")
LONGEST = 200
"""No round of any game takes more choices."""

OUT: Choice = {"do": "cash_out"}


def _level(levels: Sequence[str]) -> Callable[[Random, Stake], Params]:
    return lambda rng, _: {"difficulty": rng.choice(levels)}


def _nothing(_: Random, __: Stake) -> Params:
    return {}


def _parts(rng: Random, stake: Stake, places: Sequence[str]) -> list[tuple[str, str]]:
    """Some places with amounts that add up to the stake."""
    chosen = rng.sample(places, min(rng.randint(1, 3), len(places), stake.units))
    cuts = sorted(rng.sample(range(1, stake.units), len(chosen) - 1))
    edges = [0, *cuts, stake.units]
    amounts = [format_units(b - a, stake.scale) for a, b in pairwise(edges)]
    return list(zip(chosen, amounts, strict=True))


def _roulette(rng: Random, stake: Stake) -> Params:
    parts = _parts(rng, stake, PLACES)
    return {"bets": [{"place": place, "amount": amount} for place, amount in parts]}


PARAMS: dict[str, Callable[[Random, Stake], Params]] = {
    "dice": lambda rng, _: {
        "target": f"{rng.randint(5, 94)}.{rng.randint(0, 99):02d}",
        "direction": rng.choice(("over", "under")),
    },
    "limbo": lambda rng, _: {"target": f"{rng.choice((1, 2, 50, 9_000))}.{rng.randint(10, 99)}"},
    "plinko": lambda rng, _: {"rows": rng.randint(8, 16), "risk": rng.choice((*RISKS, "expert"))},
    "keno": lambda rng, _: {
        "risk": rng.choice(("classic", *RISKS)),
        "numbers": rng.sample(range(1, 41), rng.randint(1, 10)),
    },
    "roulette": _roulette,
    "wheel": lambda rng, _: {
        "segments": rng.choice((10, 20, 30, 40, 50)),
        "risk": rng.choice(RISKS),
    },
    "baccarat": lambda rng, stake: {"bets": dict(_parts(rng, stake, ("player", "banker", "tie")))},
    "scarab": lambda rng, _: {"lines": rng.randint(1, 20)},
    "diamonds": _nothing,
    "cases": _level(LEVELS),
    "drill": lambda rng, _: {"drill": rng.randint(0, 2), "target": f"{rng.randint(2, 99)}.50"},
    "mines": lambda rng, _: {"mines": rng.randint(1, 24)},
    "hilo": _nothing,
    "blackjack": _nothing,
    "videopoker": _nothing,
    "flip": _nothing,
    "rps": _nothing,
    "dragontower": _level(MASTER),
    "pump": _level(LEVELS),
    "chicken": _level(LEVELS),
    "snakes": _level(MASTER),
}

CHOICES: dict[str, list[Choice]] = {
    "mines": [*({"do": "reveal", "tile": tile} for tile in range(25)), OUT],
    "hilo": [{"do": do} for do in ("higher", "lower", "skip", "cash_out")],
    "blackjack": [
        {"do": do} for do in ("hit", "stand", "double", "split", "insurance", "no_insurance")
    ],
    "videopoker": [{"do": "draw", "hold": hold} for hold in ([], [0], [1, 3], [0, 1, 2, 3, 4])],
    "flip": [{"do": do} for do in ("heads", "tails", "cash_out")],
    "rps": [{"do": do} for do in ("rock", "paper", "scissors", "cash_out")],
    "dragontower": [*({"do": "climb", "tile": tile} for tile in range(2)), OUT],
    "pump": [{"do": "pump"}, {"do": "pump"}, OUT],
    "chicken": [{"do": "cross"}, {"do": "cross"}, OUT],
    "snakes": [{"do": "roll"}, {"do": "roll"}, OUT],
}


def params_for(original: Original, rng: Random, stake: Stake) -> Params:
    """Parameters that the game takes. A new game: add a line to PARAMS, and to CHOICES."""
    return PARAMS[original.slug](rng, stake)


def tried(original: Original, rng: Random) -> list[Choice]:
    """Choices of the game in random order; some may not be open."""
    offered = CHOICES[original.slug]
    return rng.sample(offered, len(offered))


def a_round(
    original: Original, rng: Random, stream: Stream, params: Any, stake: int, most: int
) -> tuple[list[Choice], list[Standing | Ended]]:
    """Random choices to the end of a round, and how it stood after each of them."""
    taken: list[Choice] = []
    stood: list[Standing | Ended] = [original.play(stream, params, stake, (), most)]
    while isinstance(stood[-1], Standing):
        assert len(taken) < LONGEST, "a round ends"
        choice, result = _next(original, rng, stream, params, stake, most, taken)
        taken.append(choice)
        stood.append(result)
    return taken, stood


def _next(
    original: Original,
    rng: Random,
    stream: Stream,
    params: Any,
    stake: int,
    most: int,
    taken: list[Choice],
) -> tuple[Choice, Standing | Ended]:
    for choice in tried(original, rng):
        canonical = dict(original.read_choice(params, choice))
        try:
            return canonical, original.play(stream, params, stake, [*taken, canonical], most)
        except ChoiceNotOpen:
            continue
    raise AssertionError(f"{original.slug} stands open, but none of its choices is")
