"""House limits: whatever staff set, the strictest rule binds and the road never takes more."""

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.betting import rules
from fairhouse.betting.types import ANY_GAME, HouseLimit, HouseLimitOutOfRange, Source
from fairhouse.kernel.currencies import CurrencyCode

USDT = CurrencyCode("USDT")
UNITS = st.none() | st.integers(1, 10**12)
SHARE = st.none() | st.integers(1, rules.PROFIT_SHARE_MAX_BP)
BANKROLL = st.integers(-(10**6), 10**15)


def rows(game: str) -> st.SearchStrategy[HouseLimit]:
    return st.builds(
        HouseLimit,
        brand_id=st.just(1),
        game=st.just(game),
        currency=st.just(USDT),
        stake_min=UNITS,
        stake_max=UNITS,
        profit_share_bp=SHARE,
    )


SETS = st.lists(st.sampled_from([ANY_GAME, "dice"]), unique=True).flatmap(
    lambda games: st.tuples(*(rows(game) for game in games))
)


@given(BANKROLL, SETS)
def test_the_highest_minimum_and_the_lowest_maximum_bind(
    bankroll: int, found: tuple[HouseLimit, ...]
):
    policy = rules.POLICIES[USDT]
    within = rules.effective(USDT, bankroll, found)
    share = max(bankroll, 0) * policy.stake_max_share_bp // 10_000
    minima = [row.stake_min for row in found if row.stake_min is not None]
    maxima = [row.stake_max for row in found if row.stake_max is not None]
    shares = [row.profit_share_bp for row in found if row.profit_share_bp is not None]

    assert within.limits.stake_min == max([policy.stake_min, *minima])
    assert within.limits.stake_max == min([share, *maxima])
    assert within.profit_share_bp == min(shares, default=policy.profit_max_share_bp)
    assert within.limits.profit_max == max(bankroll, 0) * within.profit_share_bp // 10_000


@given(BANKROLL, SETS)
def test_the_source_that_is_shown_is_one_that_says_so(bankroll: int, found: tuple[HouseLimit, ...]):
    within = rules.effective(USDT, bankroll, found)
    by_game = {Source.CURRENCY: ANY_GAME, Source.GAME: "dice"}
    of = {row.game: row for row in found}

    if within.stake_max_by in by_game:
        assert of[by_game[within.stake_max_by]].stake_max == within.limits.stake_max
    if within.stake_min_by in by_game:
        assert of[by_game[within.stake_min_by]].stake_min == within.limits.stake_min
    if within.profit_by in by_game:
        assert of[by_game[within.profit_by]].profit_share_bp == within.profit_share_bp


@given(rows(ANY_GAME), rows("dice"))
def test_what_may_be_set_leaves_a_stake(every: HouseLimit, dice: HouseLimit):
    """Whichever of the two comes first, both together pass only when some stake fits."""
    try:
        rules.check_wished(every, [])
        rules.check_wished(dice, [every])
    except HouseLimitOutOfRange:
        allowed = False
    else:
        allowed = True
    nothing = {(row.stake_min, row.stake_max, row.profit_share_bp) for row in (every, dice)} & {
        (None, None, None)
    }
    within = rules.effective(USDT, 10**18, [every, dice])
    alone = rules.effective(USDT, 10**18, [every])
    fits = all(one.limits.stake_min <= one.limits.stake_max for one in (within, alone))

    assert allowed is (fits and not nothing)
