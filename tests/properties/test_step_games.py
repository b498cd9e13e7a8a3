"""Games of several steps: whatever is chosen, a round stays within its rules and its money."""

import json
from functools import cache
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairhouse.fairness.types import Stream
from fairhouse.games.blackjack.rules import Blackjack
from fairhouse.games.chicken.rules import Chicken
from fairhouse.games.dragontower.rules import DIFFICULTIES, DragonTower
from fairhouse.games.flip.rules import Flip
from fairhouse.games.hilo.rules import Hilo
from fairhouse.games.original import Ended, Stake, Standing
from fairhouse.games.params import NoParams
from fairhouse.games.pump.rules import Pump
from fairhouse.games.rps.rules import RockPaperScissors
from fairhouse.games.snakes.rules import Snakes
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice, InvalidGameParams
from fairhouse.games.videopoker.rules import VideoPoker

NONE = NoParams()
LEVELS = ("easy", "medium", "hard", "expert")
DO = {
    "flip": ["heads", "tails"],
    "rps": ["rock", "paper", "scissors"],
    "hilo": ["higher", "lower", "skip"],
    "pump": ["pump"],
    "chicken": ["cross"],
    "snakes": ["roll"],
    "blackjack": ["hit", "stand", "double", "split", "insurance", "no_insurance"],
}
LADDERS = [
    (Flip(), [{}]),
    (RockPaperScissors(), [{}]),
    (Hilo(), [{}]),
    (Pump(), [{"difficulty": one} for one in LEVELS]),
    (Chicken(), [{"difficulty": one} for one in LEVELS]),
    (Snakes(), [{"difficulty": one} for one in (*LEVELS, "master")]),
    (DragonTower(), [{"difficulty": one} for one in (*LEVELS, "master")]),
]
GAMES = [*LADDERS, (Blackjack(), [{}]), (VideoPoker(), [{}])]
IDS = [game.slug for game, _ in GAMES]
LONGEST = 60
"""No round of any of these games takes more choices."""


@cache
def top_of(slug):
    """The largest payout per stake that its sheet declares; what is added later is taken off."""
    [game] = [game for game, _ in GAMES if game.slug == slug]
    return max(setting.top for setting in game.maths())


@st.composite
def streams(draw):
    return Stream(
        draw(st.integers(0, 2**256 - 1)).to_bytes(32, "big").hex(),
        draw(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=9)),
        draw(st.integers(0, 10**6)),
    )


@st.composite
def settings(draw, games=LADDERS):
    """A game, its parameters, a stake, and what the house can pay: at least its first win."""
    game, offered = draw(st.sampled_from(games))
    stake = Stake(draw(st.integers(1, 10**9)), 6)
    params = game.read(draw(st.sampled_from(offered)), stake)
    least = game.top(params).payout_units(stake.units)
    return game, params, stake.units, least + draw(st.integers(0, 10**12))


def choices_of(game, params):
    """Every choice that the game knows with these parameters, but the cash-out."""
    if game.slug == "dragontower":
        return [{"do": "climb", "tile": tile} for tile in range(params.row.tiles)]
    if game.slug == "videopoker":
        return [
            {"do": "draw", "hold": list(places)}
            for count in range(6)
            for places in combinations(range(5), count)
        ]
    return [{"do": do} for do in DO[game.slug]]


def played(data, stream, game, params, stake, most, *, cash_out=False):
    """Rounds as a player would make them; every position from the opening to the end."""
    positions = [([], game.play(stream, params, stake, [], most))]
    offered = choices_of(game, params)
    if cash_out and game.slug not in {"blackjack", "videopoker"}:
        offered.append({"do": "cash_out"})
    while isinstance(positions[-1][1], Standing):
        taken = positions[-1][0]
        assert len(taken) < LONGEST
        left = list(offered)
        while left:
            choice = left.pop(data.draw(st.integers(0, len(left) - 1)))
            try:
                result = game.play(stream, params, stake, [*taken, choice], most)
            except ChoiceNotOpen:
                continue
            positions.append(([*taken, choice], result))
            break
        else:
            result = game.play(stream, params, stake, [*taken, {"do": "cash_out"}], most)
            positions.append(([*taken, {"do": "cash_out"}], result))
    return positions


def no_float(value):
    if isinstance(value, dict):
        return all(no_float(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(no_float(inner) for inner in value)
    return value is None or type(value) in {str, int, bool}


@given(st.data(), settings(), streams(), st.booleans())
def test_any_legal_play_stays_within_the_house_s_maximum(data, setting, stream, cash_out):
    game, params, stake, most = setting

    for _, result in played(data, stream, game, params, stake, most, cash_out=cash_out):
        assert no_float(result.shown)
        assert json.loads(json.dumps(result.shown)) == result.shown
        assert result.staked == stake
        if isinstance(result, Standing):
            assert 0 <= result.worth <= most
            assert "ended" not in result.shown
        else:
            assert 0 <= result.payout <= most
            assert result.shown["ended"]
            assert (result.payout == 0) == (result.shown["multiplier"] == "0.0000")


@given(st.data(), settings(GAMES), streams())
def test_a_round_replayed_is_the_round_that_was_played(data, setting, stream):
    game, params, stake, most = setting

    for choices, result in played(data, stream, game, params, stake, most, cash_out=True):
        stored = json.loads(json.dumps([game.read_choice(params, one) for one in choices]))
        again = game.read(json.loads(json.dumps(game.written(params))), Stake(stake, 6))
        assert result == game.play(stream, again, stake, stored, most)


@given(st.data(), settings(GAMES), streams())
def test_no_payout_is_above_the_declared_maximum(data, setting, stream):
    game, params, stake, _ = setting
    boundless = 10**30
    _, ended = played(data, stream, game, params, stake, boundless)[-1]

    assert isinstance(ended, Ended)
    assert ended.payout - (ended.staked - stake) <= top_of(game.slug) * stake


@given(st.data(), settings(), streams())
def test_a_cash_out_pays_what_the_round_is_worth(data, setting, stream):
    game, params, stake, most = setting

    for choices, result in played(data, stream, game, params, stake, most):
        if isinstance(result, Ended):
            continue
        if result.worth == 0 and result.shown["multiplier"] == "0.0000":
            with pytest.raises(ChoiceNotOpen) as refused:
                game.play(stream, params, stake, [*choices, {"do": "cash_out"}], most)
            assert refused.value.param == "do"
            continue
        cashed = game.play(stream, params, stake, [*choices, {"do": "cash_out"}], most)
        assert isinstance(cashed, Ended)
        assert cashed.payout == result.worth
        assert cashed.shown["ended"] == "cash_out"
        assert cashed.shown["multiplier"] == result.shown["multiplier"]


@given(st.data(), settings(GAMES), streams())
def test_draws_are_the_numbers_of_the_stream_in_order(data, setting, stream):
    game, params, stake, most = setting
    choices, _ = played(data, stream, game, params, stake, most)[-1]

    for taken in ([], choices):
        draws = game.draws(stream, params, taken)
        assert [draw.number for draw in draws] == stream.u32s(len(draws))
        for draw in draws:
            expected = draw.number * draw.of >> 32 if draw.of else draw.number
            assert draw.choice == expected
            assert draw.means


@given(settings(GAMES), st.dictionaries(st.text(max_size=8), st.integers(), max_size=2))
def test_choices_that_the_game_does_not_know_are_refused_by_field(setting, odd):
    game, params, _, _ = setting
    assume("do" not in odd)
    known = choices_of(game, params)[0]

    for choice in (odd, {**odd, "do": "fold"}, {**odd, "do": 7}, {**odd, "do": None}):
        with pytest.raises(InvalidChoice) as refused:
            game.read_choice(params, choice)
        assert refused.value.param == "do"
    extra = {name: value for name, value in odd.items() if name not in known}
    assume(extra)
    with pytest.raises(InvalidChoice) as refused:
        game.read_choice(params, {**known, **extra})
    assert refused.value.param in {name[:40] for name in extra}


@given(st.one_of(st.integers(), st.booleans(), st.none(), st.text(max_size=3), st.floats()))
def test_a_tile_outside_the_row_is_refused(tile):
    tower = DragonTower()
    params = tower.read({"difficulty": "medium"}, Stake(1, 6))
    assume(not (type(tile) is int and 0 <= tile < DIFFICULTIES["medium"].tiles))

    with pytest.raises(InvalidChoice) as refused:
        tower.read_choice(params, {"do": "climb", "tile": tile})
    assert refused.value.param == "tile"


@pytest.mark.parametrize(("game", "offered"), GAMES, ids=IDS)
def test_parameters_are_read_strictly(game, offered):
    stake = Stake(1, 6)
    for params in offered:
        assert game.written(game.read(params, stake)) == params
        with pytest.raises(InvalidGameParams) as refused:
            game.read({**params, "luck": 1}, stake)
        assert refused.value.param == "luck"
        for name in params:
            for value in ("nightmare", 1, None, [], "Easy"):
                with pytest.raises(InvalidGameParams) as refused:
                    game.read({**params, name: value}, stake)
                assert refused.value.param == name
            with pytest.raises(InvalidGameParams) as refused:
                game.read({}, stake)
            assert refused.value.param == name


@pytest.mark.parametrize(("game", "offered"), GAMES, ids=IDS)
def test_what_the_house_must_be_able_to_pay_is_at_least_the_least_win(game, offered):
    for params in offered:
        read = game.read(params, Stake(1, 6))
        win, top = game.win(read), game.top(read)
        assert win.numerator > win.denominator
        assert win.numerator * top.denominator <= top.numerator * win.denominator


@pytest.mark.parametrize(("game", "offered"), GAMES, ids=IDS)
def test_the_table_is_plain_data_without_floats(game, offered):
    assert no_float(json.loads(json.dumps(game.table())))
    assert game.table()["game"] == game.slug
    assert game.has_steps


@given(streams())
def test_a_round_ends_by_itself_where_the_next_step_could_pay_too_much(stream):
    game = Flip()
    # 1.96 fits, 3.92 does not.
    opened = game.play(stream, NONE, 100, [], 300)
    side = "tails" if stream.u32s(1)[0] <= 2**31 else "heads"
    won = game.play(stream, NONE, 100, [{"do": side}], 300)

    assert isinstance(opened, Standing)
    assert won == Ended(
        196,
        100,
        {
            "flips": side[0].upper(),
            "multiplier": "1.9600",
            "next_multiplier": None,
            "ended": "complete",
        },
    )


def test_hilo_ends_where_no_guess_is_within_its_maximum():
    game, top = Hilo(), Hilo().top(NONE)
    for nonce in range(30):
        stream = Stream("a11e" * 16, "lucky", nonce)
        choices, result = [], game.play(stream, NONE, 100, [], 10**30)
        while isinstance(result, Standing):
            choices.append(lucky(game, stream, choices))
            result = game.play(stream, NONE, 100, choices, 10**30)
        best = top.payout_units(100) * 13**4

        assert result.shown["ended"] == "complete"
        assert result.payout <= best
        assert best * 12 < result.payout * 13 or len(cards_of(result)) > 50


def lucky(game, stream, choices):
    """A guess that will be right, or a skip: what somebody who knew the seeds would do."""
    for do in ("higher", "lower", "skip"):
        try:
            result = game.play(stream, NONE, 100, [*choices, {"do": do}], 10**30)
        except ChoiceNotOpen:
            continue
        if result.shown.get("ended") != "wrong":
            return {"do": do}
    raise AssertionError("a card is always skipped or guessed")


def cards_of(result) -> list[str]:
    return result.shown["cards"]


def test_hilo_refuses_the_guess_that_could_pay_too_much_and_the_skip_to_the_last_card():
    game = Hilo()
    stream = Stream("5eed" * 16, "skips", 0)
    skips = [{"do": "skip"}] * 50
    standing = game.play(stream, NONE, 100, skips, 1_287)

    assert len(cards_of(standing)) == 51
    with pytest.raises(ChoiceNotOpen):
        game.play(stream, NONE, 100, [*skips, {"do": "skip"}], 1_287)
    last = game.play(stream, NONE, 100, [*skips, {"do": "higher"}], 1_287)
    assert last.shown["ended"] in {"wrong", "complete"}
    assert len(cards_of(last)) == 52
