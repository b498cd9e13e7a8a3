"""Coins from the owners become bankroll once, exactly, and never more than came."""

from uuid import UUID, uuid4

import pytest

from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import NothingToBack
from fairhouse.kernel.currencies import AssetId, CurrencyCode
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database

BRAND = BrandId(1)
ETH = AssetId("eth.ethereum")
BANKROLL = AccountKey(BRAND, AccountCode.HOUSE_BANKROLL, CurrencyCode("ETH"), lane=0)


@pytest.fixture
async def funded(worker_db: Database) -> Database:
    """Ten ether came to the hot wallet from outside."""
    hot = AccountKey(BRAND, AccountCode.HOT, ETH)
    outside = AccountKey(BRAND, AccountCode.EXTERNAL, ETH)
    async with worker_db.tx() as tx:
        line = Transfer(
            id=tx.new_id(), debit=hot, credit=outside, amount=10**19, reason="funding", ref="t"
        )
        await ledger.post(tx, transfers=[line])
    return worker_db


async def _back(db: Database, request_id: UUID, units: int) -> None:
    async with db.tx() as tx:
        await cashier.back_bankroll(
            tx,
            request_id=request_id,
            brand_id=BRAND,
            asset_id=ETH,
            units=units,
            reason="opening",
            actor="cli:test",
        )


async def test_it_is_backed_once_and_the_books_stay_exact(funded: Database) -> None:
    request_id = uuid4()

    await _back(funded, request_id, 4 * 10**9)
    await _back(funded, request_id, 4 * 10**9)

    async with funded.read() as tx:
        assert (await ledger.balance(tx, key=BANKROLL)).posted == 4 * 10**9
        assert await ledger.imbalances(tx) == []


async def test_more_than_came_is_refused_and_changes_nothing(funded: Database) -> None:
    await _back(funded, uuid4(), 4 * 10**9)

    with pytest.raises(NothingToBack) as refused:
        await _back(funded, uuid4(), 7 * 10**9)

    assert "6" in refused.value.message
    async with funded.read() as tx:
        assert (await ledger.balance(tx, key=BANKROLL)).posted == 4 * 10**9
