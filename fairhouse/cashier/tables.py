"""The demo's policy, in one place. A brand's own policy has the same form."""

from collections.abc import Mapping

from fairhouse.brands.types import BrandId
from fairhouse.cashier.types import AssetPolicy, CashierPolicy, ConfirmationTier, Explorer
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.risk.types import AddressAge, ApprovalTier, RiskPolicy, usd
from fairhouse.screening.types import LISTS_ONLY, ScreeningPolicy

ETH = AssetId("eth.ethereum")
USDT = AssetId("usdt.ethereum")
_ETH_UNIT = 10**9
_USDT_UNIT = 10**6

DEMO_ASSETS: Mapping[AssetId, AssetPolicy] = {
    ETH: AssetPolicy(
        asset=ETH,
        minimum_deposit=_ETH_UNIT // 1_000,
        confirmations=(
            ConfirmationTier(up_to_units=_ETH_UNIT, blocks=3),
            ConfirmationTier(up_to_units=10 * _ETH_UNIT, blocks=6),
            ConfirmationTier(up_to_units=None, blocks=12),
        ),
        minimum_withdrawal=_ETH_UNIT // 200,
        maximum_withdrawal=50 * _ETH_UNIT,
        withdrawal_fee=_ETH_UNIT // 2_000,
    ),
    USDT: AssetPolicy(
        asset=USDT,
        minimum_deposit=1 * _USDT_UNIT,
        confirmations=(
            ConfirmationTier(up_to_units=1_000 * _USDT_UNIT, blocks=3),
            ConfirmationTier(up_to_units=10_000 * _USDT_UNIT, blocks=6),
            ConfirmationTier(up_to_units=None, blocks=12),
        ),
        minimum_withdrawal=5 * _USDT_UNIT,
        maximum_withdrawal=100_000 * _USDT_UNIT,
        withdrawal_fee=1 * _USDT_UNIT,
    ),
}

DEMO_RISK = RiskPolicy(
    day_count=20,
    day_value=usd(50_000),
    brand_hour_value=usd(250_000),
    address_ages=(
        AddressAge(from_value=0, age_s=0),
        AddressAge(from_value=usd(100), age_s=20),
    ),
    approval_tiers=(
        ApprovalTier(from_value=usd(1_000), approvals=1),
        ApprovalTier(from_value=usd(10_000), approvals=2),
    ),
    step_up_from_value=0,
)


def demo_policy(
    brand_id: BrandId,
    explorers: Mapping[ChainId, Explorer],
    *,
    players_may_cancel: bool = True,
    screening: ScreeningPolicy = LISTS_ONLY,
) -> CashierPolicy:
    """What the demo's brands use; explorers come from settings, cancelling from the brand."""
    return CashierPolicy(
        brand_id=brand_id,
        assets=DEMO_ASSETS,
        explorers=explorers,
        risk=DEMO_RISK,
        screening=screening,
        players_may_cancel=players_may_cancel,
    )
