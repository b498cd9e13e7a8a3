"""The exact returns of the games of several steps, and how each is derived."""

import json
from fractions import Fraction
from math import comb, prod
from typing import Any

import pytest

from fairhouse.fairness.types import U32_RANGE, Stream, weight
from fairhouse.games import cards
from fairhouse.games.chicken.rules import Chicken
from fairhouse.games.dragontower.maths import best_tile
from fairhouse.games.dragontower.rules import DIFFICULTIES, DragonTower
from fairhouse.games.flip.rules import Flip
from fairhouse.games.hazards import DRAWN, survival
from fairhouse.games.hilo import maths as hilo
from fairhouse.games.hilo.rules import Hilo, rank
from fairhouse.games.pump.rules import Pump
from fairhouse.games.rps.rules import RockPaperScissors
from fairhouse.games.snakes import maths as snakes
from fairhouse.games.snakes.rules import Snakes

GRAIN = Fraction(1, 2**24)
"""What the unevenness of multiply-and-floor may do to a return."""


def plain(table) -> Any:
    """A table as whoever downloads it has it."""
    return json.loads(json.dumps(table))


def ratios(rungs):
    return [Fraction(numerator, denominator) for numerator, denominator in rungs]


@pytest.mark.parametrize("return_bp", [9_800, 9_600])
@pytest.mark.parametrize("make", [Flip, DragonTower, RockPaperScissors, Hilo])
def test_a_return_that_can_be_chosen_is_the_return_of_every_setting(make, return_bp):
    for setting in make(return_bp).maths():
        assert abs(setting.rtp - Fraction(return_bp, 10_000)) < GRAIN, setting.label


def test_the_tower_pays_98_percent_of_tiles_over_eggs_to_the_power_of_rows():
    table = plain(DragonTower().table())

    for name, (tiles, eggs) in table["tiles_and_eggs"].items():
        fair = [Fraction(tiles, eggs) ** row for row in range(1, 10)]
        assert ratios(table["rungs"][name]) == [Fraction(98, 100) * one for one in fair]
    assert abs(best_tile(DIFFICULTIES["easy"]) - Fraction(3, 4)) < GRAIN


def test_the_top_of_the_master_tower_is_the_number_the_field_shows():
    assert plain(DragonTower().table())["rungs"]["master"][-1] == [9_800 * 4**9, 10_000]


@pytest.mark.parametrize("game", [Pump(), Chicken()], ids=["pump", "chicken"])
def test_hazards_return_what_was_published_for_their_tables(game):
    within = {"pump": ("0.9768", "0.9844"), "chicken": ("0.9775", "0.984")}[game.slug]
    least, most = (Fraction(one) for one in within)

    for difficulty, drawn in DRAWN.items():
        cents = game.multipliers[difficulty]
        assert len(cents) == game.places - drawn + 1
        for steps, paid in enumerate(cents):
            fair = Fraction(comb(game.places - steps, drawn), comb(game.places, drawn))
            exact = survival(steps, drawn, game.places)
            assert abs(exact - fair) < GRAIN * fair
            assert steps == 0 or least <= fair * Fraction(paid, 100) <= most


def test_chicken_read_as_the_vectors_read_it_would_not_be_its_own_table():
    after_one_lane = survival(2, 1, 20) * Fraction(103, 100)

    assert Fraction(927, 1000) - after_one_lane < GRAIN
    assert abs(survival(1, 1, 20) * Fraction(103, 100) - Fraction("0.9785")) < GRAIN


def test_every_open_guess_of_hilo_is_fair_at_every_card():
    for card in range(cards.DECK):
        before = rank(card)
        for guess in (hilo.HIGHER, hilo.LOWER):
            ways = sum(hilo.wins(guess, before, rank(after)) for after in range(cards.DECK))
            assert 1 <= hilo.ways(guess, before) <= 12
            assert Fraction(ways, cards.DECK) * Fraction(13, hilo.ways(guess, before)) == 1


@pytest.mark.parametrize("pick", [max, min])
def test_hilo_returns_the_same_to_the_best_and_to_the_worst_player(pick):
    # Value per unit of what the round is worth, by cards left and rank; a player may stop at 1,
    # guess either way, or skip; one that has not guessed yet may not stop.
    stopping = [Fraction(1)] * 13
    never_guessed = [Fraction(1)] * 13
    for _ in range(12):
        mean = sum(stopping, Fraction(0)) / 13
        guesses = [
            [
                Fraction(1, hilo.ways(guess, before))
                * sum(
                    (stopping[after] for after in range(13) if hilo.wins(guess, before, after)),
                    Fraction(0),
                )
                for guess in (hilo.HIGHER, hilo.LOWER)
            ]
            for before in range(13)
        ]
        waiting = sum(never_guessed, Fraction(0)) / 13
        never_guessed = [pick(*two, waiting) for two in guesses]
        stopping = [pick(Fraction(1), mean, *two) for two in guesses]

    assert stopping == never_guessed == [Fraction(1)] * 13


def test_hilo_at_the_exact_weights_of_cards_stays_within_what_its_sheet_says():
    shares = [Fraction(0)] * 13
    for card in range(cards.DECK):
        shares[rank(card)] += Fraction(weight(card, cards.DECK), U32_RANGE)
    for before in range(13):
        for guess in (hilo.HIGHER, hilo.LOWER):
            won = sum(
                (shares[after] for after in range(13) if hilo.wins(guess, before, after)),
                Fraction(0),
            )
            factor = Fraction(13, hilo.ways(guess, before))
            assert abs(won * factor - 1) < Fraction(1, 2**25)


def test_a_later_roll_of_snakes_is_exactly_fair_and_the_first_returns_98_percent():
    ways = [6 - abs(7 - total) for total in range(2, 13)]
    game = plain(Snakes().table())
    returns = {}
    for name, first in game["first_roll_hundredths_of_2_to_12"].items():
        later = game["later_rolls_hundredths_of_2_to_12"][name]
        returns[name] = Fraction(sum(a * b for a, b in zip(ways, first, strict=True)), 3600)
        assert sum(a * b for a, b in zip(ways, later, strict=True)) == 3600

    assert returns.pop("easy") == Fraction(1765, 1800)
    assert set(returns.values()) == {Fraction(98, 100)}
    assert sum(snakes.sums()) == 1


def test_the_public_easy_board_of_snakes_would_ruin_the_house():
    copied = (400, 250, 140, 111, 101, 0, 101, 111, 140, 250, 400)
    ways = [6 - abs(7 - total) for total in range(2, 13)]

    assert sum(a * b for a, b in zip(ways, copied, strict=True)) > 1.26 * 3600


def test_rock_paper_scissors_is_above_98_percent_only_by_twenty_ties():
    settings = RockPaperScissors().maths()
    nominal = Fraction(98, 100) + Fraction(2, 100) * Fraction(1, 3**20)

    assert all(abs(setting.rtp - nominal) < GRAIN for setting in settings)
    assert prod([3] * 20) == 3**20


def returned(game, params, wanted, rounds):
    """The mean of what many rounds pay on a stake of a million units, by one fixed way to play."""
    paid = 0
    for nonce in range(rounds):
        stream = Stream("5eed" * 16, "a fixed player", nonce)
        choices = []
        result = game.play(stream, params, 10**6, choices, 10**12)
        while type(result).__name__ == "Standing":
            choices.append(wanted(choices, result))
            result = game.play(stream, params, 10**6, choices, 10**12)
        paid += result.payout
    return paid / rounds / 10**6


@pytest.mark.parametrize(
    ("game", "params", "choice", "count", "spread"),
    [
        (Flip(), {}, {"do": "heads"}, 2, 0.05),
        (RockPaperScissors(), {}, {"do": "rock"}, 1, 0.03),
        (Hilo(), {}, {"do": "higher"}, 1, 0.06),
        (Pump(), {"difficulty": "medium"}, {"do": "pump"}, 3, 0.03),
        (Chicken(), {"difficulty": "hard"}, {"do": "cross"}, 3, 0.05),
        (DragonTower(), {"difficulty": "easy"}, {"do": "climb", "tile": 2}, 4, 0.05),
        (Snakes(), {"difficulty": "easy"}, {"do": "roll"}, 2, 0.03),
    ],
    ids=lambda value: getattr(value, "slug", None),
)
def test_played_rounds_return_what_the_sheet_says(game, params, choice, count, spread):
    read = game.read(params, None)

    def wanted(choices, standing):
        return {"do": "cash_out"} if standing.worth and len(choices) >= count else choice

    assert abs(returned(game, read, wanted, 6_000) - 0.98) < spread
