"""Every maths sheet is what the games' code gives now."""

from decimal import Decimal
from fractions import Fraction

import pytest

from fairhouse.games.limbo.rules import Limbo
from fairhouse.games.plinko.rules import Plinko
from fairhouse.games.releases import Release, by_return, one_table
from tools import maths_sheets
from tools.maths_sheets import FOLDER, INDEX, deviation, file_of, index, odds, percent, sheet, times

GAMES = maths_sheets.usual()
STALE = "run `make maths` and commit docs/maths"


@pytest.mark.parametrize("releases", GAMES, ids=[game[0].original.slug for game in GAMES])
def test_a_sheet_is_up_to_date(releases):
    assert sheet(releases) == file_of(releases).read_text(), STALE


def test_the_index_is_up_to_date():
    assert index(GAMES) == (FOLDER / INDEX).read_text(), STALE


def test_there_is_no_other_sheet():
    named = {file_of(releases).name for releases in GAMES} | {INDEX}

    assert named == {file.name for file in FOLDER.glob("*")}


@pytest.mark.parametrize("releases", GAMES, ids=[game[0].original.slug for game in GAMES])
def test_no_way_to_bet_returns_less_than_three_quarters(releases):
    """Every setting of every variant, and its largest win has odds that are told (GAM-08)."""
    for release in releases:
        for one in maths_sheets.settings_of(release):
            assert Fraction(3, 4) <= one.rtp < 1, one.label
            assert 0 < one.top_chance <= 1, one.label
            assert one.variance >= 0, one.label
            assert one.rtp <= one.top, one.label


def test_the_newest_version_is_the_one_told():
    old = [*by_return(Limbo, "1"), *one_table(Plinko(), "1")]
    new = Release(Limbo(9_700), "2", "97")

    assert [[new], [old[-1]]] == maths_sheets.usual([*old, new])


def test_numbers_are_shown_as_they_are():
    assert "97.2973 %" == percent(Fraction(36, 37))
    assert "0.0000 %" == percent(Fraction(1, 10**8))
    assert "1,000.5000×" == times(Fraction(2001, 2))
    assert "0.3333×" == times(Fraction(1, 3))
    assert ["never", "1 in 2.06", "1 in 32,768"] == [
        odds(Fraction(0)),
        odds(Fraction(18, 37)),
        odds(Fraction(1, 32_768)),
    ]
    assert "1 in 2.00e24" == odds(Fraction(1, 2 * 10**24))
    assert "1.4142" == deviation(Fraction(2))
    assert Decimal("5.8378") == Decimal(deviation(Fraction(36, 37) * (36 - Fraction(36, 37))))
