"""The slot machine: lines, wilds, free rounds, its limit, and its mathematics another way."""

import json
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import pytest

from fairhouse.fairness.rules import commitment
from fairhouse.fairness.types import Stream
from fairhouse.games.original import Stake
from fairhouse.games.scarab import machine, maths, windows
from fairhouse.games.scarab.rules import Scarab, line_wins

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/scarab_free_rounds.json").read_text())[
    "vectors"
][0]
FREE = Stream(VECTOR["serverSeed"], VECTOR["clientSeed"], VECTOR["nonce"])


def test_the_fields_bet_with_free_rounds():
    assert VECTOR["serverSeedHash"] == commitment(VECTOR["serverSeed"])
    assert {"centerPositionsPerRound": VECTOR["centerPositionsPerRound"]} == Scarab().facts(
        FREE, {}
    )


def test_the_scatters_are_where_the_field_has_them():
    assert [12, 19, 29, 18, 14] == [strip.index(machine.SCATTER) for strip in machine.REELS]
    assert all(strip.count(machine.SCATTER) == 1 for strip in machine.REELS)
    assert (30, 30, 30, 30, 41) == machine.STOPS


def test_free_rounds_pay_with_the_first():
    scarab = Scarab()
    params = scarab.read({"lines": 20}, Stake(2_000, 2))
    ended = scarab.play(FREE, params, 2_000, (), 0)
    rounds: Any = ended.shown["rounds"]

    assert [False, *[True] * 15] == [one["free"] for one in rounds]
    assert rounds[0]["scatters"] >= 3
    pays = sum(Fraction(win["multiplier"]) for one in rounds for win in one["wins"])
    assert pays > 0
    assert ended.payout == int(2_000 * pays / 20)


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        ("jack jack jack king king", ("jack", 3)),
        ("jack scarab jack scarab eye", ("jack", 4)),
        ("scarab scarab jack jack jack", ("jack", 5)),
        ("scarab scarab scarab jack eye", ("scarab", 3)),
        ("scarab scarab scarab pharaoh pharaoh", ("pharaoh", 5)),
        ("scarab scarab scarab lotus eye", ("scarab", 3)),
        ("scarab scarab scarab scatter eye", ("scarab", 3)),
        ("scarab scarab scarab scarab scarab", ("scarab", 5)),
        ("scarab scarab scatter scarab scarab", None),
        ("scatter scatter scatter scatter scatter", None),
        ("eye eye jack eye eye", None),
        ("jack eye eye eye eye", None),
    ],
)
def test_lines(symbols, expected):
    found = machine.line_win(symbols.split())

    assert expected == (found and (found.symbol, found.count))


def test_lines_are_twenty_different_ones():
    assert 20 == len(machine.LINES) == len({*machine.LINES})
    assert all(len(rows) == 5 and {*rows} <= {0, 1, 2} for rows in machine.LINES)


def test_one_line_by_plain_enumeration():
    """Every combination of symbols on the middle line, against the states read reel by reel."""
    counts = [{symbol: strip.count(symbol) for symbol in {*strip}} for strip in machine.REELS]
    total = square = hits = 0
    for symbols in product(*counts):
        win = machine.line_win(symbols)
        if win is None:
            continue
        ways = prod(count[symbol] for count, symbol in zip(counts, symbols, strict=True))
        total += win.pays * ways
        square += win.pays**2 * ways
        hits += ways
    every = prod(machine.STOPS)
    one = maths.round_moments(1)

    assert Fraction(total, every) == one.mean
    assert Fraction(square, every) == one.square
    assert 1 - Fraction(hits, every) == one.nothing + one.nothing_free


def test_free_rounds_by_their_own_chances():
    """One scatter a reel, in one of three rows: the chance of three or more of five."""
    chances = [Fraction(3, stops) for stops in machine.STOPS]
    free = sum(
        prod(chance if shown else 1 - chance for chance, shown in zip(chances, which, strict=True))
        for which in product((0, 1), repeat=5)
        if sum(which) >= 3
    )

    assert free == maths.round_moments(20).free
    endless = 1 / (1 - 15 * free)
    assert endless - Fraction(1, 10**6) < maths.expected_rounds() < endless


def test_the_return_is_a_lines_times_the_rounds():
    mean = maths.round_moments(1).mean * maths.expected_rounds()
    settings = Scarab().maths()

    assert {mean} == {setting.rtp for setting in settings}
    assert Fraction(9_648, 10_000) < mean < Fraction(9_649, 10_000)
    deviations = [setting.variance for setting in settings]
    assert sorted(deviations, reverse=True) == deviations


def test_the_limit_hardly_ever_matters():
    assert maths.limit_takes_at_most() < Fraction(1, 10**10)


@pytest.mark.parametrize("lines", [1, 5, 10, 20])
def test_the_best_window_is_below_the_limit_and_there(lines):
    best, ways = windows.best_window(lines)

    assert 0 < best <= machine.WIN_MAX * lines
    assert ways >= 1
    assert best <= max(machine.PAYS[machine.WILD].values()) * lines


def test_the_best_window_of_twenty_lines_by_trying_its_neighbours():
    """Hill climbing from many stops never beats branch and bound."""
    best, _ = windows.best_window(20)
    reached = 0
    strides = (1, 7, 11, 13, 17)
    for start in range(60):
        stops = [start * stride % size for stride, size in zip(strides, machine.STOPS, strict=True)]
        reached = max(reached, climb(stops))

    assert reached <= best
    assert reached > best // 4


def climb(stops):
    """From these stops, one reel at a time to its best stop, until nothing improves."""
    paid = -1
    while (now := pays_of(stops)) > paid:
        paid = now
        for reel, size in enumerate(machine.STOPS):
            tried = [[*stops[:reel], stop, *stops[reel + 1 :]] for stop in range(size)]
            stops = max(tried, key=pays_of)
    return paid


def pays_of(stops):
    return sum(win.pays for _, win in line_wins(machine.window(stops), 20))
