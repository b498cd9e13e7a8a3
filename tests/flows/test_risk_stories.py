"""Stories that end in a hold, and the honest ones beside them that do not."""

from datetime import timedelta

import pytest

from fairhouse.platform.database import Database
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Kind
from tests.conftest import SettableClock
from tests.flows.risk_kit import Teller, install, names, player

K = Kind


@pytest.fixture
async def teller(worker_db: Database, clock: SettableClock) -> Teller:
    await install(worker_db)
    return Teller(worker_db, clock)


async def test_pass_through_is_held_and_play_is_not(teller: Teller):
    for who, moved in ((1, 10), (2, 1_500)):
        await teller.tell(player(who), K.DEPOSIT, 1_000)
        teller.clock.advance(minutes=5)
        await teller.tell(player(who), K.BET, 1_500, moved=moved)
        teller.clock.advance(minutes=5)
    held = await teller.tell(player(1), K.WITHDRAWAL_REQUESTED, 900, address="a")
    free = await teller.tell(player(2), K.WITHDRAWAL_REQUESTED, 900, address="b")

    assert names(held) == {"pass_through"}
    assert "$10.00 of $1,000.00" in held[0].explanation["en"]
    assert free == []


async def test_a_big_deposit_after_old_turnover_is_still_pass_through(teller: Teller):
    await teller.tell(player(1), K.DEPOSIT, 100)
    teller.clock.advance(days=1)
    await teller.tell(player(1), K.BET, 50_000, moved=50_000)
    teller.clock.advance(days=3)
    await teller.tell(player(1), K.DEPOSIT, 8_000)
    teller.clock.advance(minutes=5)
    held = await teller.tell(player(1), K.WITHDRAWAL_REQUESTED, 8_000, address="a")

    assert "pass_through" in names(held)


@pytest.mark.parametrize(
    ("amounts", "is_held"),
    [([1_500, 1_900, 1_450], True), ([1_500, 1_900], False), ([1_500, 1_900, 1_450, 2_500], False)],
)
async def test_structuring(teller: Teller, amounts: list[int], is_held: bool):
    found = []
    for amount in sorted(amounts, reverse=True):
        teller.clock.advance(hours=11)
        found += await teller.tell(player(1), K.DEPOSIT, amount)

    assert is_held == ("structuring" in names(found))


async def test_a_drain_stops_under_its_cap(teller: Teller):
    """Many accounts, each of them modest: what goes out unheld stays under the brand's cap."""
    paid = 0
    for number in range(150):
        teller.clock.advance(seconds=10)
        who = player(1_000 + number)
        found = await teller.tell(who, K.WITHDRAWAL_REQUESTED, 990, address=f"own {number}")
        paid += 0 if "drain" in names(found) else usd(990)

    assert usd(101 * 990) == paid <= usd(100_000)


async def test_an_account_takeover_is_held_and_a_traveller_is_not(teller: Teller):
    owner, traveller, changer = player(1), player(2), player(3)
    for who in (owner, traveller, changer):
        await teller.tell(who, K.LOGIN, device=f"home {who.int}", country="DE")
        await teller.tell(who, K.WITHDRAWAL_REQUESTED, 50, address=f"wallet {who.int}")
    teller.clock.advance(days=20)
    # The traveller: another country, the own phone, a new wallet.
    await teller.tell(traveller, K.LOGIN, device="home 2", country="TR")
    free = await teller.tell(traveller, K.WITHDRAWAL_REQUESTED, 90, address="new 2")
    # A new phone and a new password, the known wallet.
    await teller.tell(changer, K.LOGIN, device="phone", country="DE")
    await teller.tell(changer, K.CREDENTIAL_CHANGED)
    free += await teller.tell(changer, K.WITHDRAWAL_REQUESTED, 90, address="wallet 3")
    # The thief.
    await teller.tell(owner, K.LOGIN, device="laptop", country="VN")
    await teller.tell(owner, K.CREDENTIAL_CHANGED)
    teller.clock.advance(minutes=10)
    held = await teller.tell(owner, K.WITHDRAWAL_REQUESTED, 90, address="thief")

    assert free == []
    assert names(held) == {"account_takeover"}


@pytest.mark.parametrize(("minutes", "is_held"), [(2, True), (3, False)])
async def test_five_failed_deposits_in_ten_minutes(teller: Teller, minutes: int, is_held: bool):
    found = []
    for _ in range(5):
        found += await teller.tell(player(1), K.DEPOSIT_FAILED)
        teller.clock.advance(minutes=minutes)
    assert is_held == ("deposits_failed" in names(found))


async def test_a_deposit_between_failures_begins_anew(teller: Teller):
    found = []
    for number in range(6):
        found += await teller.tell(player(1), K.DEPOSIT_FAILED)
        teller.clock.advance(minutes=1)
        if number == 3:
            await teller.tell(player(1), K.DEPOSIT, 5)
            teller.clock.advance(seconds=1)
    assert "deposits_failed" not in names(found)


async def test_a_wallet_of_two_accounts_is_held(teller: Teller):
    first = await teller.tell(player(1), K.WITHDRAWAL_REQUESTED, 40, address="same")
    second = await teller.tell(player(2), K.WITHDRAWAL_REQUESTED, 40, address="same")
    assert first == []
    assert names(second) == {"shared_payout_address"}


async def test_logins_of_two_countries_within_an_hour_score_and_hold_nothing(teller: Teller):
    await teller.tell(player(1), K.LOGIN, device="a", country="DE")
    teller.clock.advance(minutes=20)
    found = await teller.tell(player(1), K.LOGIN, device="b", country="BR")
    # Behind a VPN there is no country.
    await teller.tell(player(2), K.LOGIN, device="c", country="DE")
    vpn = await teller.tell(player(2), K.LOGIN, device="d", country=None)

    assert [(one.rule, one.case_id) for one in found] == [("impossible_travel", None)]
    assert vpn == []


async def test_a_bonus_played_without_risk_is_held(teller: Teller):
    await teller.tell(player(1), K.DEPOSIT, 100)
    await teller.tell(player(1), K.BONUS, 100)
    teller.clock.advance(hours=1)
    await teller.tell(player(1), K.BET, 4_000, moved=120)
    found = await teller.tell(player(1), K.WITHDRAWAL_REQUESTED, 190, address="a")
    assert "bonus_low_risk_play" in names(found)


async def test_source_of_funds_is_asked_for_once(teller: Teller):
    found = []
    for _ in range(8):
        teller.clock.advance(days=2)
        found += await teller.tell(player(1), K.DEPOSIT, 5_000)
    asked = [one for one in found if one.rule == "source_of_funds"]
    assert len(asked) == 1
    assert asked[0].explanation["de"].startswith("Einzahlungen von")


async def test_withdrawals_too_fast_are_held(teller: Teller):
    found = []
    for _ in range(4):
        found.append(await teller.tell(player(1), K.WITHDRAWAL_REQUESTED, 40, address="home"))
        teller.clock.advance(minutes=10)
    assert [names(one) for one in found] == [set(), set(), set(), {"velocity_withdrawals"}]
    assert timedelta(minutes=40) == teller.clock.time - teller.facts[0].at
