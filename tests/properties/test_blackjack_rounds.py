"""Blackjack: every round against a second reckoning, and the rules in single deals."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.fairness.types import Stream
from fairhouse.games.blackjack import maths
from fairhouse.games.blackjack.rules import Blackjack
from fairhouse.games.original import Ended, Stake, Standing
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice

GAME = Blackjack()
PARAMS = GAME.read({}, Stake(100, 0))
MOST = 10**9
COUNTS = {"J": 10, "Q": 10, "K": 10, "A": 1}


def play(stream, *words, stake=100):
    return GAME.play(stream, PARAMS, stake, [{"do": word} for word in words], MOST)


def over(stream, *words, stake=100) -> Ended:
    """A round that these choices end."""
    result = play(stream, *words, stake=stake)
    assert isinstance(result, Ended)
    return result


def deal_with(wanted, *words):
    """The first stream whose round after these choices is as wanted."""
    for nonce in range(20_000):
        stream = Stream("b1ac" * 16, "deals", nonce)
        try:
            result = play(stream, *words)
        except ChoiceNotOpen:
            continue
        if wanted(json.loads(json.dumps(result.shown))):
            return stream
    raise AssertionError("no such deal among twenty thousand")


def counted(cards):
    """The points of a hand of texts, reckoned by trying every ace both ways."""
    values = [COUNTS.get(card[:-1]) or int(card[:-1]) for card in cards]
    totals = {sum(values) + 10 * high for high in range(values.count(1) + 1)}
    return max((one for one in totals if one <= 21), default=min(totals))


def owed(shown, stake):
    """What a round that is over owes, from what it shows."""
    dealer = counted(shown["dealer"])
    natural = dealer == 21 and len(shown["dealer"]) == 2
    insurance = int(shown["insurance"] or 0)
    paid = 3 * insurance if natural else 0
    for hand in shown["hands"]:
        points, bet = counted(hand["cards"]), int(hand["stake"])
        own = points == 21 and len(hand["cards"]) == 2 and len(shown["hands"]) == 1
        if points > 21:
            continue
        if own or natural:
            paid += bet if own and natural else (bet + bet * 3 // 2 if own else 0)
        elif dealer > 21 or points >= dealer:
            paid += bet if points == dealer else 2 * bet
    return paid


@given(st.data(), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_round_pays_what_a_second_reckoning_owes(data, nonce, stake):
    stream = Stream("fe17" * 16, "any", nonce)
    choices = []
    result = GAME.play(stream, PARAMS, stake, choices, MOST)
    staked = [result.staked]
    while isinstance(result, Standing):
        shown = json.loads(json.dumps(result.shown))
        assert result.worth == 0
        assert len(shown["dealer"]) == 1
        choices = [*choices, {"do": data.draw(st.sampled_from(shown["actions"]))}]
        result = GAME.play(stream, PARAMS, stake, choices, MOST)
        staked.append(result.staked)

    shown = json.loads(json.dumps(result.shown))
    assert staked == sorted(staked)
    assert result.staked == sum(int(hand["stake"]) for hand in shown["hands"]) + int(
        shown["insurance"] or 0
    )
    assert result.payout == owed(shown, stake)
    assert result.payout <= GAME.top(PARAMS).payout_units(stake)
    assert all(hand["total"] == counted(hand["cards"]) for hand in shown["hands"])
    assert shown["dealer_total"] == counted(shown["dealer"])
    dealt = GAME.draws(stream, PARAMS, choices)
    shown_cards = [card for hand in shown["hands"] for card in hand["cards"]] + shown["dealer"]
    assert sorted(draw.means for draw in dealt) == sorted(shown_cards) or not choices


def refused(stream, *words):
    with pytest.raises(ChoiceNotOpen) as found:
        play(stream, *words)
    assert found.value.param == "do"
    return True


def test_a_blackjack_is_paid_three_to_two_at_once():
    stream = deal_with(lambda shown: shown.get("ended") == "blackjack")
    result = play(stream, stake=101)

    assert isinstance(result, Ended)
    assert result.payout == 101 + 151
    assert result.shown["multiplier"] == "2.4950"


def test_the_dealer_peeks_under_a_ten_and_takes_the_stake_only():
    stream = deal_with(
        lambda shown: (
            shown.get("ended") == "dealer_blackjack" and shown["hands"][0]["state"] == "lost"
        )
    )
    result = play(stream)

    assert isinstance(result, Ended)
    assert (result.payout, result.staked) == (0, 100)


def test_insurance_is_asked_under_an_ace_before_anything_else():
    stream = deal_with(lambda shown: "insurance" in shown.get("actions", []))
    opened = play(stream)

    assert opened.shown["actions"] == ["insurance", "no_insurance"]
    assert opened.shown["active"] is None
    assert all(refused(stream, word) for word in ("hit", "stand", "double", "split"))
    insured, plain = play(stream, "insurance"), play(stream, "no_insurance")
    assert (insured.staked, plain.staked) == (150, 100)
    assert insured.shown["insurance"] == "50"
    assert plain.shown["insurance"] is None
    if isinstance(insured, Standing):
        assert refused(stream, "insurance", "insurance")
        assert refused(stream, "no_insurance", "no_insurance")


def test_insurance_pays_two_to_one_when_the_dealer_has_it():
    stream = deal_with(
        lambda shown: (
            shown.get("ended") == "dealer_blackjack" and shown["hands"][0]["state"] == "lost"
        ),
        "insurance",
    )

    assert over(stream, "insurance").payout == 150
    assert over(stream, "no_insurance").payout == 0
    assert over(stream, "insurance").shown["multiplier"] == "1.0000"


def test_an_insured_blackjack_against_a_blackjack_is_even_money():
    stream = deal_with(
        lambda shown: (
            shown.get("ended") == "dealer_blackjack" and shown["hands"][0]["state"] == "push"
        ),
        "insurance",
    )

    assert over(stream, "insurance").payout == 250
    assert over(stream, "no_insurance").payout == 100


def test_a_stake_of_one_unit_cannot_be_halved_for_insurance():
    stream = deal_with(lambda shown: "insurance" in shown.get("actions", []))

    assert play(stream, stake=1).shown["actions"] == ["no_insurance"]
    with pytest.raises(ChoiceNotOpen):
        play(stream, "insurance", stake=1)


def test_a_hand_is_not_doubled_after_a_hit():
    stream = deal_with(lambda shown: "ended" not in shown, "hit")

    assert refused(stream, "hit", "double")


def test_doubling_takes_one_card_and_twice_the_stake():
    stream = deal_with(lambda shown: shown["hands"][0]["state"] == "won", "double")
    result = play(stream, "double")

    assert isinstance(result, Ended)
    assert (result.staked, result.payout) == (200, 400)
    assert result.shown["multiplier"] == "2.0000"


def test_cards_of_unlike_ranks_are_not_split_even_when_both_count_ten():
    def kings_and_queens(shown):
        ranks = {card[:-1] for card in shown["hands"][0]["cards"]}
        return ranks == {"K", "Q"} and "hit" in shown.get("actions", [])

    assert refused(deal_with(kings_and_queens), "split")


def test_a_pair_is_split_once_and_may_be_doubled_after():
    def pair_again(shown):
        first = [card[:-1] for card in shown["hands"][0]["cards"]]
        return shown["active"] == 0 and len(set(first)) == 1

    stream = deal_with(pair_again, "split")
    split = play(stream, "split")

    assert split.staked == 200
    assert refused(stream, "split", "split")
    assert play(stream, "split", "double").staked == 300


def test_split_aces_get_one_card_each_and_twenty_one_is_no_blackjack():
    stream = deal_with(
        lambda shown: (
            "ended" in shown
            and [card[:-1] for card in (shown["hands"][0]["cards"][0],)] == ["A"]
            and shown["hands"][0]["total"] == 21
            and shown["hands"][0]["state"] == "won"
        ),
        "split",
    )
    result = play(stream, "split")
    hands = json.loads(json.dumps(result.shown))["hands"]

    assert [len(hand["cards"]) for hand in hands] == [2, 2]
    assert hands[0]["state"] == "won"
    assert result.staked == 200


def test_a_hand_that_is_bust_loses_though_the_dealer_shows_the_hole_card_only():
    stream = deal_with(lambda shown: shown.get("ended") == "bust", "hit")
    result = over(stream, "hit")

    assert result.payout == 0
    assert len(json.loads(json.dumps(result.shown))["dealer"]) == 2


def test_words_of_other_games_are_unknown():
    with pytest.raises(InvalidChoice):
        GAME.read_choice(PARAMS, {"do": "cash_out"})


def value(card):
    return COUNTS.get(card[:-1]) or int(card[:-1])


def best_choice(shown, strategy):
    """What the dynamic programme says of a position."""
    if "no_insurance" in shown["actions"]:
        return "no_insurance"
    hand = shown["hands"][shown["active"]]
    values = sorted(value(card) for card in hand["cards"])
    up = value(shown["dealer"][0])
    if len(values) == 2:
        said = strategy[values[0], values[1], up]
        if said in shown["actions"]:
            return said
    return maths.hit_or_stand(up, sum(values), ace=1 in values)


def test_best_play_is_the_known_basic_strategy():
    strategy = maths.strategy()

    assert all(strategy[8, 8, up] == "split" for up in range(1, 11))
    assert all(strategy[10, 10, up] == "stand" for up in range(1, 11))
    assert all(strategy[5, 5, up] == "double" for up in range(2, 10))
    assert all(strategy[5, 6, up] == "double" for up in range(2, 11))
    assert [up for up in range(1, 11) if strategy[6, 10, up] == "stand"] == [2, 3, 4, 5, 6]
    assert maths.hit_or_stand(7, 17, ace=False) == "stand"
    assert maths.INSURANCE_RETURN < 1


def test_best_play_returns_99_43_percent():
    (setting,) = maths.settings()

    assert f"{float(setting.rtp):.6f}" == "0.994296"
    assert setting.top == 5


def test_the_field_s_number_is_met_by_playing():
    strategy = maths.strategy()
    net, rounds = 0, 20_000
    for nonce in range(rounds):
        stream = Stream("0dd5" * 16, "best play", nonce)
        words = []
        result = play(stream)
        while isinstance(result, Standing):
            words.append(best_choice(json.loads(json.dumps(result.shown)), strategy))
            result = play(stream, *words)
        net += result.payout - result.staked

    # Three standard errors of 20,000 rounds with a variance of 1.31.
    assert abs(1 + net / rounds / 100 - 0.9943) < 0.0245
