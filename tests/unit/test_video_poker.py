"""Video poker: hands, draws, and the return of best play counted over all hands."""

import json
from itertools import combinations
from math import comb

import pytest

from fairhouse.fairness.types import Stream
from fairhouse.games import cards
from fairhouse.games.original import Ended, Stake, Standing
from fairhouse.games.params import NoParams
from fairhouse.games.types import InvalidChoice
from fairhouse.games.videopoker import enumeration, maths
from fairhouse.games.videopoker.hands import hand
from fairhouse.games.videopoker.rules import VideoPoker

NONE = NoParams()
GAME = VideoPoker()
DECK = {cards.text(card): card for card in range(cards.DECK)}


def five(texts):
    return [DECK[text] for text in texts.split()]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("royal_flush", "10s As Ks Js Qs"),
        ("straight_flush", "Ah 2h 3h 4h 5h"),
        ("straight_flush", "9c 10c Jc Qc Kc"),
        ("four_of_a_kind", "2d 2h 2s 2c Ad"),
        ("full_house", "2d 2h 2s Ac Ad"),
        ("flush", "2d 4d 6d 8d Ad"),
        ("straight", "Ad 2d 3d 4d 5h"),
        ("straight", "10s As Ks Js Qd"),
        ("three_of_a_kind", "2d 2h 2s 3c Ad"),
        ("two_pair", "2d 2h 3s 3c Ad"),
        ("jacks_or_better", "Jd Jh 3s 4c Ad"),
        ("none", "10d 10h 3s 4c Ad"),
        ("none", "Qd Kh Ad 2c 3d"),
    ],
)
def test_hands_by_name(name, texts):
    assert name == hand(five(texts))
    assert name == hand(five(texts)[::-1])


def test_all_hands_dealt_are_as_often_as_the_books_say():
    assert enumeration.dealt_hands(GAME.pays) == {
        "royal_flush": 4,
        "straight_flush": 36,
        "four_of_a_kind": 624,
        "full_house": 3_744,
        "flush": 5_108,
        "straight": 10_200,
        "three_of_a_kind": 54_912,
        "two_pair": 123_552,
        "jacks_or_better": 337_920,
    }


@pytest.mark.parametrize(
    "texts", ["2d 7h 8h Jh Ac", "10h Jh Qh Kh Kd", "4d 5d 6d 7d Js", "3d 3h 9s Qc Qd"]
)
def test_sums_over_draws_agree_with_going_through_them_one_by_one(texts):
    dealt = five(texts)
    sums = enumeration.worth_of_holds(
        GAME.pays, [(cards.rank(card), cards.suit(card)) for card in dealt]
    )
    left = [card for card in range(cards.DECK) if card not in dealt]

    for mask in [mask for mask in range(32) if mask.bit_count() >= 3]:
        held = [card for place, card in enumerate(dealt) if mask >> place & 1]
        draws = combinations(left, 5 - len(held))
        paid = sum(GAME.pays.get(hand([*held, *drawn]), 0) for drawn in draws)
        assert paid == sums[mask]


def test_best_play_counted_over_every_hand_and_hold_is_what_is_kept():
    assert dict(maths.BEST_PLAY) == enumeration.best_play(GAME.pays)


def test_best_play_returns_98_944_percent():
    (setting,) = GAME.maths()

    assert f"{float(setting.rtp):.6f}" == "0.989445"
    assert setting.top == 800
    assert enumeration.DEALT == comb(52, 5)


def test_jacks_or_better_at_the_full_pay_table_is_the_99_5439_percent_of_the_books():
    full_pay = {**GAME.pays, "straight_flush": 50, "four_of_a_kind": 25}
    counts = enumeration.best_play(full_pay)
    paid = sum(full_pay[name] * count for name, count in counts.items())

    assert f"{paid / (enumeration.DEALT * enumeration.COMMON):.6f}" == "0.995439"


def test_cards_not_held_are_replaced_in_order():
    for nonce in range(200):
        stream = Stream("c4rd" * 16, "draws", nonce)
        facts = json.loads(json.dumps(GAME.facts(stream, {})))
        opened = GAME.play(stream, NONE, 7, [], 10**6)
        ended = GAME.play(stream, NONE, 7, [{"do": "draw", "hold": [1, 4]}], 10**6)
        first, coming = facts["initial"], facts["coming"]

        assert isinstance(opened, Standing)
        assert isinstance(ended, Ended)
        assert opened.shown["cards"] == first
        assert opened.worth == 7 * GAME.pays.get(hand([DECK[card] for card in first]), 0)
        final = [coming[0], first[1], coming[1], coming[2], first[4]]
        shown = json.loads(json.dumps(ended.shown))
        assert shown["cards"] == final
        assert shown["initial"] == first
        assert shown["held"] == [1, 4]
        assert ended.payout == 7 * GAME.pays.get(hand([DECK[card] for card in final]), 0)


def test_places_to_hold_are_sorted_and_checked():
    assert GAME.read_choice(NONE, {"do": "draw", "hold": [3, 0]}) == {"do": "draw", "hold": [0, 3]}
    assert GAME.read({}, Stake(1, 6)) == NONE
    for hold in ([5], [-1], [1, 1], ["1"], [True], [1.0], "01", None, 3, {"0": 1}, [[0]]):
        with pytest.raises(InvalidChoice) as refused:
            GAME.read_choice(NONE, {"do": "draw", "hold": hold})
        assert refused.value.param == "hold"
    with pytest.raises(InvalidChoice) as refused:
        GAME.read_choice(NONE, {"do": "draw"})
    assert refused.value.param == "hold"
