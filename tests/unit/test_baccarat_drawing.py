"""Punto banco's drawing rules, case by case."""

import pytest

from fairhouse.games import cards
from fairhouse.games.baccarat.drawing import banker_draws, coup, player_draws, value

CARD = {cards.text(card): card for card in range(cards.DECK)}


def deal(*names):
    return coup([CARD[name] for name in names])


def test_values():
    assert [1, 2, 9, 0, 0, 0, 0] == [
        value(CARD[name]) for name in ("Ad", "2h", "9s", "10c", "Jd", "Qh", "Ks")
    ]


@pytest.mark.parametrize(
    ("dealt", "player", "banker", "winner"),
    [
        # A natural ends it, though the other could draw.
        (("9d", "Kd", "2d", "Kh", "9s", "9c"), (2, 9), (2, 2), "player"),
        # The player stands on 6; the banker draws on 5 and takes the fifth card.
        (("6d", "Kd", "5d", "Kh", "4s", "9c"), (2, 6), (3, 9), "banker"),
        # The player stands on 7; the banker stands on 6.
        (("7d", "Kd", "6d", "Kh", "4s", "9c"), (2, 7), (2, 6), "player"),
        # The player draws an 8; the banker stands on 3.
        (("2d", "Kd", "3d", "Kh", "8s", "9c"), (3, 0), (2, 3), "banker"),
        # The player draws a 6; the banker draws on 6 and takes the sixth card.
        (("Ad", "Kd", "6d", "Kh", "6s", "Ac"), (3, 7), (3, 7), "tie"),
        # The player draws a 5; the banker stands on 6.
        (("Ad", "Kd", "6d", "Kh", "5s", "Ac"), (3, 6), (2, 6), "tie"),
    ],
)
def test_a_coup(dealt, player, banker, winner):
    found = deal(*dealt)

    assert player == (len(found.player), found.player_total)
    assert banker == (len(found.banker), found.banker_total)
    assert winner == found.winner


def test_the_whole_table_of_the_banker():
    """By the usual summary: the banker's total, and the player's third cards it draws on."""
    usual = {0: "0123456789", 1: "0123456789", 2: "0123456789", 3: "012345679"} | {
        4: "234567",
        5: "4567",
        6: "67",
        7: "",
    }
    for banker, thirds in usual.items():
        assert thirds == "".join(str(t) for t in range(10) if banker_draws(0, banker, t))
    assert not any(banker_draws(0, banker, 5) for banker in (8, 9))
    assert [0, 1, 2, 3, 4, 5] == [one for one in range(10) if player_draws(one, 0)]
    assert not any(player_draws(one, banker) for one in range(10) for banker in (8, 9))
