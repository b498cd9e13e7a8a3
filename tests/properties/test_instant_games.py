"""Every game without steps: total over any stream, never above its top, strict about parameters."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhouse.fairness.types import Stream, choose
from fairhouse.games.baccarat.rules import SPOTS, Baccarat
from fairhouse.games.cases.rules import Cases
from fairhouse.games.diamonds.rules import Diamonds
from fairhouse.games.drill.rules import Drill
from fairhouse.games.keno.rules import Keno
from fairhouse.games.limbo.rules import Limbo
from fairhouse.games.original import CASH_OUT, Ended, Stake
from fairhouse.games.plinko.rules import Plinko
from fairhouse.games.roulette.layout import PLACES
from fairhouse.games.roulette.rules import Roulette
from fairhouse.games.scarab.rules import Scarab
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice, InvalidGameParams
from fairhouse.games.wheel.rules import Wheel
from fairhouse.kernel.money import format_units

SCALE = 8
STREAMS = st.builds(
    Stream,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.text(min_size=1, max_size=64),
    st.integers(0, 2**31),
)
STAKES = st.integers(1, 10**15)


def text_of(hundredths):
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@st.composite
def plain(draw, params):
    return draw(params), draw(STAKES)


@st.composite
def roulette_bets(draw):
    places = draw(st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=9, unique=True))
    units = [draw(st.integers(1, 10**12)) for _ in places]
    bets = [
        {"place": place, "amount": format_units(one, SCALE)}
        for place, one in zip(places, units, strict=True)
    ]
    return {"bets": bets}, sum(units)


@st.composite
def baccarat_bets(draw):
    spots = draw(st.lists(st.sampled_from(SPOTS), min_size=1, max_size=3, unique=True))
    units = [draw(st.integers(1, 10**12)) for _ in spots]
    bets = {spot: format_units(one, SCALE) for spot, one in zip(spots, units, strict=True)}
    return {"bets": bets}, sum(units)


def fixed(**params):
    return plain(st.fixed_dictionaries(params))


GAMES = {
    "baccarat": (Baccarat(), baccarat_bets()),
    "cases": (Cases(), fixed(difficulty=st.sampled_from(["easy", "medium", "hard", "expert"]))),
    "diamonds": (Diamonds(), fixed()),
    "drill": (
        Drill(),
        fixed(drill=st.integers(0, 2), target=st.integers(101, 2 * 10**8).map(text_of)),
    ),
    "keno": (
        Keno(),
        fixed(
            risk=st.sampled_from(["classic", "low", "medium", "high"]),
            numbers=st.lists(st.integers(1, 40), min_size=1, max_size=10, unique=True),
        ),
    ),
    "limbo": (Limbo(), fixed(target=st.integers(101, 10**8).map(text_of))),
    "plinko": (
        Plinko(),
        fixed(rows=st.integers(8, 16), risk=st.sampled_from(["low", "medium", "high", "expert"])),
    ),
    "roulette": (Roulette(), roulette_bets()),
    "scarab": (Scarab(), fixed(lines=st.integers(1, 20))),
    "wheel": (
        Wheel(),
        fixed(
            segments=st.sampled_from([10, 20, 30, 40, 50]),
            risk=st.sampled_from(["low", "medium", "high"]),
        ),
    ),
}
SHAPES = {
    "baccarat": {"player", "banker", "player_total", "banker_total", "winner"},
    "cases": {"place"},
    "diamonds": {"gems", "pattern"},
    "drill": {"results", "won"},
    "keno": {"drawn", "hits"},
    "limbo": {"result", "won", "chance"},
    "plinko": {"path", "bucket"},
    "roulette": {"pocket", "color", "wins"},
    "scarab": {"rounds"},
    "wheel": {"segment"},
}
"""What web and verifier read of an outcome, beside `multiplier`."""

each_game = pytest.mark.parametrize(("game", "asked"), GAMES.values(), ids=GAMES)
JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.integers(-2, 50) | st.text(max_size=3), max_size=4)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


def assert_plain_json(value):
    """Only text, integers, booleans, nulls, lists and objects: never a float or a Decimal."""
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        for inner in value.values():
            assert_plain_json(inner)
    elif isinstance(value, list):
        for inner in value:
            assert_plain_json(inner)
    else:
        assert value is None or type(value) in {str, int, bool}


@each_game
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_total_and_never_above_its_top(game, asked, data):
    params, units = data.draw(asked)
    stream = data.draw(STREAMS)
    read = game.read(params, Stake(units, SCALE))

    ended = game.play(stream, read, units, (), 10**18)

    assert isinstance(ended, Ended)
    assert units == ended.staked
    assert 0 <= ended.payout <= game.top(read).payout_units(units)
    assert_plain_json(ended.shown)
    assert SHAPES[game.slug] | {"multiplier"} == ended.shown.keys()
    assert ended == game.play(stream, read, units, (), 10**18)


@each_game
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_parameters_are_written_as_they_are_read(game, asked, data):
    params, units = data.draw(asked)
    read = game.read(params, Stake(units, SCALE))
    written = game.written(read)

    assert_plain_json(written)
    assert params.keys() == written.keys()
    assert read == game.read(json.loads(json.dumps(written)), Stake(units, SCALE))


@each_game
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_least_stake_profits(game, asked, data):
    params, units = data.draw(asked)
    win = game.win(game.read(params, Stake(units, SCALE)))
    least = win.least_stake_units()

    assert win.payout_units(least) > least


@each_game
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_draws_tell_what_the_stream_says(game, asked, data):
    params, units = data.draw(asked)
    stream = data.draw(STREAMS)
    read = game.read(params, Stake(units, SCALE))
    for draws in (game.draws(stream, read, ()), game.draws(stream, None, ())):
        assert stream.u32s(len(draws)) == [draw.number for draw in draws]
        for draw in draws:
            assert (choose(draw.number, draw.of) if draw.of else draw.number) == draw.choice
            assert draw.means


@each_game
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_foreign_parameters_are_refused_by_name(game, asked, data):
    params, units = data.draw(asked)
    with pytest.raises(InvalidGameParams) as refused:
        game.read({**params, "lucky": 7}, Stake(units, SCALE))
    assert "lucky" == refused.value.param
    if not params:
        return
    name = data.draw(st.sampled_from(sorted(params)))
    without = {key: value for key, value in params.items() if key != name}
    with pytest.raises(InvalidGameParams) as refused:
        game.read(without, Stake(units, SCALE))
    assert name == refused.value.param


@each_game
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_junk_is_refused_or_read_but_never_breaks(game, asked, data):
    params, units = data.draw(asked)
    name = data.draw(st.sampled_from(sorted(params) or ["junk"]))
    changed = {**params, name: data.draw(JUNK)}
    assert name == refused_field(game, changed, units, default=name).split("[")[0].split(".")[0]


def refused_field(game, params, units, *, default):
    """The field a refusal names; `default` when the parameters are taken."""
    try:
        read = game.read(params, Stake(units, SCALE))
    except InvalidGameParams as refused:
        return refused.param or "nothing"
    return default if game.written(read) else "nothing"


@each_game
def test_there_are_no_steps(game, asked):
    with pytest.raises(InvalidChoice):
        game.read_choice(None, {"do": CASH_OUT})
    with pytest.raises(ChoiceNotOpen):
        game.play(Stream("0", "0", 0), None, 1, ({"do": CASH_OUT},), 10)


@each_game
def test_the_table_is_plain_data(game, asked):
    assert_plain_json(game.table())
    assert game.slug == game.table()["game"]
    assert json.dumps(game.table(), sort_keys=True)


@settings(deadline=None)
@given(STREAMS)
def test_limbo_is_the_exact_quotient(stream):
    n = (stream.u32s(1)[0] >> 8) + 1
    exact = Decimal(2**24) * 99 / n

    assert int(exact) == Limbo().result(stream)


@settings(deadline=None)
@given(roulette_bets(), st.integers(1, 10**6))
def test_amounts_that_are_not_the_stake_are_refused(asked, off):
    params, units = asked
    with pytest.raises(InvalidGameParams) as refused:
        Roulette().read(params, Stake(units + off, SCALE))
    assert "bets" == refused.value.param


def test_roulette_names_the_chip_at_fault():
    def fault(*bets):
        with pytest.raises(InvalidGameParams) as refused:
            Roulette().read({"bets": [*bets]}, Stake(100, 2))
        return refused.value.param

    red = {"place": "red", "amount": "0.50"}

    assert "bets[1].place" == fault(red, {"place": "purple", "amount": "0.50"})
    assert "bets[1].place" == fault(red, red)
    assert "bets[1].amount" == fault(red, {"place": "odd", "amount": "0.505"})
    assert "bets[1].amount" == fault(red, {"place": "odd", "amount": "0"})
    assert "bets[1].amount" == fault(red, {"place": "odd", "amount": 50})
    assert "bets[1]" == fault(red, "odd")
    assert "bets[0].lucky" == fault({**red, "lucky": "1"})


def test_the_roulette_layout_is_complete():
    kinds = [place.split(":")[0] for place in PLACES]

    assert [37, 60, 12, 22, 11, 2, 1, 3, 3] == [
        kinds.count(kind)
        for kind in (
            *("straight", "split", "street", "corner", "line", "trio", "basket"),
            *("column", "dozen"),
        )
    ]
    assert 157 == len(PLACES)
    assert all(36 % len(covered) == 0 for covered in PLACES.values())
