"""How lanes are shared: all of them, fairly, by those who stay."""

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.betting.engine.leases import share_of
from fairhouse.betting.tables import OwnerSight
from fairhouse.betting.types import LANES

ALL = range(LANES)


def owner(name, lanes=ALL, is_leaving=False):
    return OwnerSight(name, frozenset(lanes), is_leaving)


def test_shares():
    one, two, three = owner("a"), owner("b"), owner("c")
    assert share_of("a", [one]) == 16
    assert [share_of(name, [one, two]) for name in "ab"] == [8, 8]
    assert [share_of(name, [three, one, two]) for name in "abc"] == [6, 5, 5]


def test_who_leaves_has_none():
    staying, leaving = owner("a"), owner("b", is_leaving=True)
    assert [share_of(name, [staying, leaving]) for name in "ab"] == [16, 0]


def test_owners_of_different_halves_keep_them():
    low, high = owner("a", range(8)), owner("b", range(8, 16))
    assert [share_of(name, [low, high]) for name in "ab"] == [8, 8]


@given(st.sets(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=20), st.data())
def test_every_lane_is_somebodys_and_shares_differ_by_one_at_most(names, data):
    leaving = data.draw(st.sets(st.sampled_from(sorted(names)), max_size=len(names) - 1))
    owners = [
        owner(name, is_leaving=name in leaving)
        for name in data.draw(st.permutations(sorted(names)))
    ]
    shares = [share_of(one.name, owners) for one in owners if not one.is_leaving]

    assert sum(shares) == LANES
    assert max(shares) - min(shares) <= 1
    assert all(share_of(name, owners) == 0 for name in leaving)
