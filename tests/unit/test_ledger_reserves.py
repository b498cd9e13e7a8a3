"""What is owed against what is kept, judged on the careful side."""

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger.rules.reserves import reserves
from fairhouse.ledger.types import CHART, AccountCode, Reserve, Side, TrialRow

ETH = CurrencyCode("ETH")


def row(code: AccountCode, unit: str, balance: int, brand_id: int = 1) -> TrialRow:
    on_credit = CHART[code].side is Side.CREDIT
    return TrialRow(brand_id, unit, code, 0 if on_credit else balance, balance if on_credit else 0)


def eth(*rows: TrialRow) -> Reserve:
    return next(item for item in reserves(rows) if item.currency == ETH)


def test_everything_owed_is_covered_or_the_shortfall_is_named():
    held = row(AccountCode.WITHDRAWAL_HOLD, "ETH", 3)
    cash = row(AccountCode.PLAYER_CASH, "ETH", 7)
    hot = row(AccountCode.HOT, "eth.ethereum", 9_999_999_999)
    transit = row(AccountCode.IN_TRANSIT, "eth.ethereum", 1)

    assert eth(cash, held, hot) == Reserve(ETH, owed=10, kept=9)
    assert eth(cash, held, hot).shortfall == 1
    assert eth(cash, held, hot, transit).shortfall == 0


def test_what_is_nobodys_yet_is_owed_and_rounded_up():
    assert eth(row(AccountCode.SUSPENSE_BELOW_MINIMUM, "eth.ethereum", 1)).owed == 1


def test_a_negative_account_makes_the_reserve_smaller():
    assert eth(row(AccountCode.HOT, "eth.ethereum", -1)).kept == -1
    assert eth(row(AccountCode.SUSPENSE_UNIDENTIFIED, "eth.ethereum", -1)).owed == 0


def test_the_houses_own_and_play_money_do_not_count():
    rows = (
        row(AccountCode.HOUSE_BANKROLL, "ETH", 50),
        row(AccountCode.GAS_TANK, "eth.ethereum", 10**18),
        row(AccountCode.REORG_RECEIVABLE, "eth.ethereum", 10**18),
        row(AccountCode.PLAYER_CASH, "PLAY", 50),
    )

    assert eth(*rows) == Reserve(ETH, owed=0, kept=0)
    assert "PLAY" not in {item.currency for item in reserves(rows)}
