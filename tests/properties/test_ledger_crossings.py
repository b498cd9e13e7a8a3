"""Value crosses between the books without a base unit gained or lost."""

from dataclasses import replace
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.kernel.currencies import ASSETS, Asset, AssetId, ChainId, CurrencyCode
from fairhouse.kernel.money import UNITS_MAX
from fairhouse.ledger.rules import crossings
from fairhouse.ledger.rules.transfers import movements, prepare
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Side, Transfer

PLAYER = UUID(int=5)
# 18 decimals over scale 9, 6 over 6, and any other surplus up to 18.
assets = st.sampled_from([*ASSETS.values()]) | st.builds(
    lambda decimals: replace(ASSETS[AssetId("eth.ethereum")], decimals=decimals),
    st.integers(9, 27),
)


def surplus(asset: Asset) -> int:
    return 10**asset.surplus_decimals


def standing(transfers: list[Transfer]) -> dict[AccountKey, int]:
    """Balances on the normal side after these posted transfers."""
    batch = prepare(transfers)
    return {
        key: (moved.credits_posted - moved.debits_posted)
        * (1 if key.rule.side is Side.CREDIT else -1)
        for key, moved in movements(batch.values(), batch, {}).items()
    }


def crossed_in(asset: Asset, base_units: int, crossing_id: UUID | None = None) -> list[Transfer]:
    return crossings.crossing_in(
        crossing_id=crossing_id or uuid4(),
        asset=asset,
        base_units=base_units,
        chain_account=AccountKey(1, AccountCode.DEPOSIT_ADDRESSES, asset.id),
        currency_account=AccountKey(1, AccountCode.PLAYER_CASH, asset.currency, owner=PLAYER),
        reason="deposit",
        ref="dep_1",
    )


def crossed_out(asset: Asset, units: int, pending_id: UUID | None = None) -> list[Transfer]:
    return crossings.crossing_out(
        crossing_id=uuid4(),
        asset=asset,
        units=units,
        currency_account=AccountKey(1, AccountCode.PLAYER_CASH, asset.currency, owner=PLAYER),
        chain_account=AccountKey(1, AccountCode.WITHDRAWAL_IN_FLIGHT, asset.id),
        reason="withdrawal",
        ref="wdr_1",
        pending_id=pending_id,
    )


@given(
    asset=assets,
    arriving=st.lists(st.integers(1, UNITS_MAX) | st.integers(1, 10**10), min_size=1, max_size=8),
    shares=st.lists(st.integers(1, 100), max_size=8),
)
def test_clearing_in_base_units_is_clearing_scaled_and_the_rest_is_dust(
    asset: Asset, arriving: list[int], shares: list[int]
):
    transfers = [leg for base_units in arriving for leg in crossed_in(asset, base_units)]
    credited = sum(base_units // surplus(asset) for base_units in arriving)
    leaving = [credited * share // 1000 for share in shares]
    transfers += [leg for units in leaving if units for leg in crossed_out(asset, units)]

    found = standing(transfers)

    clearing = found.get(crossings.clearing_key(1, asset), 0)
    clearing_base = found[crossings.clearing_base_key(1, asset)]
    dust = found.get(crossings.dust_key(1, asset), 0)
    assert clearing_base == clearing * surplus(asset)
    assert dust == sum(base_units % surplus(asset) for base_units in arriving)
    # All that came, less what left, is what clearing and dust hold together.
    assert clearing_base + dust == sum(arriving) - sum(leaving) * surplus(asset)
    assert found[AccountKey(1, AccountCode.DEPOSIT_ADDRESSES, asset.id)] == sum(arriving)
    assert clearing == credited - sum(leaving)


@given(asset=assets, base_units=st.integers(1, UNITS_MAX))
def test_the_same_observation_crosses_with_the_same_ids(asset: Asset, base_units: int):
    crossing_id = uuid4()
    first, again = (crossed_in(asset, base_units, crossing_id) for _ in range(2))

    assert first == again
    assert len({leg.id for leg in first}) == len(first)


def test_what_is_less_than_a_ledger_unit_is_all_dust():
    asset = ASSETS[AssetId("eth.ethereum")]
    legs = crossed_in(asset, 999_999_999)

    assert [(leg.reason, leg.amount) for leg in legs] == [
        ("deposit", 999_999_999),
        ("dust", 999_999_999),
    ]


def test_a_held_crossing_posts_its_hold():
    asset = ASSETS[AssetId("usdt.ethereum")]
    hold = crossings.crossing_hold(
        hold_id=uuid4(),
        asset=asset,
        units=70,
        currency_account=AccountKey(1, AccountCode.PLAYER_CASH, asset.currency, owner=PLAYER),
        reason="withdrawal",
        ref="wdr_1",
    )
    currency_leg, chain_leg = crossed_out(asset, 70, pending_id=hold.id)

    assert hold.kind is Kind.PENDING
    assert currency_leg.kind is Kind.POST
    assert (currency_leg.debit, currency_leg.credit) == (hold.debit, hold.credit)
    assert chain_leg.kind is Kind.SINGLE


def test_two_assets_of_one_currency_clear_apart():
    one = ASSETS[AssetId("usdt.ethereum")]
    other = Asset(AssetId("usdt.other"), CurrencyCode("USDT"), ChainId("other"), 18, False)

    assert crossings.clearing_key(1, one) != crossings.clearing_key(1, other)
