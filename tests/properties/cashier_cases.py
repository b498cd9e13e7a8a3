"""Toy books and ready-made deposits and withdrawals for the cashier's properties."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from fairhouse.brands.types import BrandId
from fairhouse.cashier.tables import DEMO_ASSETS, ETH
from fairhouse.cashier.types import (
    Deposit,
    DepositId,
    DepositState,
    Sighting,
    SightingState,
    Withdrawal,
    WithdrawalId,
    WithdrawalState,
)
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import ETHEREUM, CurrencyCode, asset
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.money import to_ledger_units
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BRAND = BrandId(1)
PLAYER = PlayerId(UUID(int=7))
RATE = UUID(int=9)
OF = asset(ETH)
POLICY = DEMO_ASSETS[ETH]
DUSTY = 10**18 + 7


class Books:
    """Just enough of a ledger: unique ids, sums, floors and holds."""

    def __init__(self) -> None:
        self.transfers: dict[UUID, Transfer] = {}
        self.sums: dict[AccountKey, int] = defaultdict(int)
        self.held: dict[UUID, Transfer] = {}

    def post(self, transfers: Iterable[Transfer]) -> None:
        for item in transfers:
            assert item.amount > 0
            if item.id in self.transfers:
                assert self.transfers[item.id] == item, "an id was used for two things"
                continue
            self.transfers[item.id] = item
            if item.kind is Kind.PENDING:
                self.held[item.id] = item
                continue
            if item.kind in {Kind.POST, Kind.VOID}:
                assert self.held.pop(cast(UUID, item.pending_id)), "resolved twice"
            if item.kind is not Kind.VOID:
                self.sums[item.debit] -= item.amount
                self.sums[item.credit] += item.amount

    def at(self, code: AccountCode) -> int:
        """The balance of a code, counted on its normal side."""
        return sum(
            amount if key.rule.side == "credit" else -amount
            for key, amount in self.sums.items()
            if key.code is code
        )

    def available(self) -> int:
        held = sum(item.amount for item in self.held.values())
        return self.at(AccountCode.PLAYER_CASH) - held


def new_deposit(base_units: int = DUSTY, number: int = 1) -> Deposit:
    units, _ = to_ledger_units(base_units, OF)
    return Deposit(
        id=DepositId(uuid7(1_700_000_000_000, number.to_bytes(10, "big"))),
        brand_id=BRAND,
        player_id=PLAYER,
        chain=ETHEREUM,
        tx_hash=f"0x{number:064x}",
        idx="n",
        asset=ETH,
        contract=None,
        address="0xdeposit",
        from_address="0xsender",
        base_units=base_units,
        seen_base_units=base_units,
        units=units,
        state=DepositState.SEEN,
        sighting=Sighting(SightingState.MEMPOOL),
        confirmations=0,
        required=3,
        rounds=0,
        rate_id=None,
        value=None,
        balance_after=None,
        seen_at=NOW,
        credited_at=None,
    )


def new_withdrawal() -> Withdrawal:
    return Withdrawal(
        id=WithdrawalId(uuid7(1_700_000_000_000, bytes(10))),
        brand_id=BRAND,
        player_id=PLAYER,
        asset=ETH,
        currency=CurrencyCode("ETH"),
        chain=ETHEREUM,
        units=400_000_000,
        fee_units=500_000,
        base_units=399_500_000 * 10**9,
        destination="0xwallet",
        state=WithdrawalState.CHECKING,
        checks=(),
        rate_id=RATE,
        value=1,
        lookalike_accepted=False,
        attempt=0,
        tx_hash=None,
        note=None,
        requested_at=NOW,
        updated_at=NOW,
    )
