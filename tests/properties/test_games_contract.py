"""Every release of every game keeps the contract of `games.original`, whatever is played."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.fairness.types import Stream
from fairhouse.games import catalogue
from fairhouse.games.original import Ended, Stake, Standing
from fairhouse.games.types import InvalidChoice, InvalidGameParams
from tests.originals import a_round, params_for

RELEASES = [
    pytest.param(game, id=f"{game.info.slug}-{game.info.version}-{game.info.variant}")
    for game in catalogue.ALL
]


def a_stream(rng: Random) -> Stream:
    return Stream(rng.randbytes(32).hex(), f"client {rng.randint(0, 99)}", rng.randint(0, 10**6))


def is_plain(value: object) -> bool:
    """JSON without a float."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and is_plain(one) for name, one in value.items())
    if isinstance(value, list | tuple):
        return all(is_plain(one) for one in value)
    return value is None or isinstance(value, str | int | bool)


@pytest.mark.parametrize("game", RELEASES)
@given(seed=st.integers(0, 2**32))
def test_a_round_keeps_the_contract(game, seed):
    rng, original = Random(seed), game.original
    stake = Stake(rng.choice((1, 7, 10**4, 10**9)), 6)
    params = original.read(params_for(original, rng, stake), stake)
    assert original.read(json.loads(json.dumps(original.written(params))), stake) == params
    win, top = original.win(params), original.top(params)
    assert win.numerator > win.denominator
    first = top.payout_units(stake.units)
    most = first + rng.choice((0, 1, stake.units, 10**12))
    stream = a_stream(rng)
    choices, stood = a_round(original, rng, stream, params, stake.units, most)

    again = original.play(stream, params, stake.units, json.loads(json.dumps(choices)), most)
    assert again == stood[-1], "the same choices, out of storage, give the same round"
    for count, result in enumerate(stood):
        assert is_plain(result.shown)
        assert "choices" not in result.shown
        assert "cash_out" not in result.shown
        before = stood[count - 1] if count else None
        assert result.staked >= (before.staked if before else stake.units)
        if isinstance(result, Standing):
            assert 0 <= result.worth <= most
    end = stood[-1]
    assert isinstance(end, Ended)
    assert 0 <= end.payout <= (most if original.has_steps else first)
    assert isinstance(end.shown["multiplier"], str)
    assert original.has_steps or not choices
    shown = float(str(end.shown["multiplier"]))
    assert abs(shown - end.payout / end.staked) <= 0.0001 + 1 / end.staked
    draws = original.draws(stream, params, choices)
    numbers = stream.u32s(max(len(draws), 1))
    assert [one.number for one in draws] == numbers[: len(draws)]


@pytest.mark.parametrize("game", RELEASES)
def test_what_is_unknown_is_refused_by_name(game):
    rng, original, stake = Random(1), game.original, Stake(10**6, 6)
    good = params_for(original, rng, stake)
    with pytest.raises(InvalidGameParams) as odd:
        original.read({**good, "surprise": 1}, stake)
    assert odd.value.param == "surprise"
    for name in good:
        for value in (None, True, -1, 10**30, "x" * 600, 1.5, [[]], {"a": 1}):
            with pytest.raises(InvalidGameParams) as refused:
                original.read({**good, name: value}, stake)
            assert str(refused.value.param).startswith(name)
        with pytest.raises(InvalidGameParams):
            original.read({key: one for key, one in good.items() if key != name}, stake)
    params = original.read(good, stake)
    for choice in ({}, {"do": "nothing"}, {"do": 1}, {"do": ["cash_out"]}):
        with pytest.raises(InvalidChoice):
            original.read_choice(params, choice)


def test_every_game_can_be_played_at_random():
    for slug in catalogue.GAMES:
        original = catalogue.usual(slug).original
        assert params_for(original, Random(1), Stake(10**6, 6)) is not None
