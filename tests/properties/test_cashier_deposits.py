"""A deposit, walked at random over toy books.

Whatever a chain says in whatever order, a deposit is worth its amount exactly once or not at all.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fairhouse.cashier import postings
from fairhouse.cashier.rules import (
    DEPOSIT_TRANSITIONS,
    confirmations_at,
    recognised_units,
    required_confirmations,
    step_deposit,
    take_back,
)
from fairhouse.cashier.tables import ETH
from fairhouse.cashier.types import (
    BOOKED,
    Deposit,
    DepositMove,
    DepositState,
    Receivable,
    Sighting,
    SightingState,
)
from fairhouse.kernel.currencies import ASSETS
from fairhouse.kernel.ids import uuid7
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.screening.types import Verdict
from tests.properties.cashier_cases import (
    BRAND,
    DUSTY,
    OF,
    PLAYER,
    POLICY,
    RATE,
    Books,
    new_deposit,
)


class DepositWalk(RuleBasedStateMachine):
    """One deposit on a chain that changes its mind, while its player spends and earns."""

    base_units = DUSTY

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.deposit = new_deposit(self.base_units)
        self.head = 100
        self.receivable: Receivable | None = None
        self.house = AccountKey(BRAND, AccountCode.HOUSE_BANKROLL, OF.currency)
        self.cash = postings.cash_key(BRAND, OF.currency, PLAYER)
        self.bets = 0

    # --- the chain

    @rule(depth=st.integers(0, 6))
    def mine_into_block(self, depth: int) -> None:
        self.deposit = replace(
            self.deposit,
            sighting=Sighting(SightingState.INCLUDED, self.head - depth, f"0x{self.head}"),
        )

    @rule()
    def vanish(self) -> None:
        self.deposit = replace(self.deposit, sighting=Sighting(SightingState.GONE))

    @rule()
    def back_to_mempool(self) -> None:
        self.deposit = replace(self.deposit, sighting=Sighting(SightingState.MEMPOOL))

    @rule(blocks=st.integers(-3, 5))
    def move_head(self, blocks: int) -> None:
        self.head += blocks

    # --- the player

    @rule(share=st.integers(1, 100))
    def lose_bets(self, share: int) -> None:
        stake = self.books.available() * share // 100
        if stake > 0:
            self._bet(self.cash, self.house, stake)

    @rule(units=st.integers(1, 2 * 10**9))
    def win_bets(self, units: int) -> None:
        self._bet(self.house, self.cash, units)

    def _bet(self, debit: AccountKey, credit: AccountKey, units: int) -> None:
        self.bets += 1
        id_ = uuid7(1, self.bets.to_bytes(10, "big"))
        self.books.post(
            [Transfer(id=id_, debit=debit, credit=credit, amount=units, reason="bet", ref="")]
        )

    # --- the worker

    @rule(is_paused=st.booleans(), is_repeated=st.booleans(), screened=st.sampled_from([*Verdict]))
    def judge(self, is_paused: bool, is_repeated: bool, screened: Verdict) -> None:
        before = self.deposit
        step = step_deposit(
            before, self.head, reaches_minimum=True, is_paused=is_paused, screened=screened
        )
        assert step.state is before.state or step.state in DEPOSIT_TRANSITIONS[before.state]
        transfers = self._transfers(before, step.move)
        for _ in range(2 if is_repeated else 1):
            self.books.post(transfers)
        rounds = before.rounds + (step.move in {DepositMove.CREDIT, DepositMove.HOLD})
        self.deposit = replace(
            before, state=step.state, confirmations=step.confirmations, rounds=rounds
        )

    def _transfers(self, deposit: Deposit, move: DepositMove) -> list[Transfer]:
        if move is DepositMove.HOLD:
            return postings.hold_back(deposit, round_=deposit.rounds + 1)
        if move is DepositMove.REVERSE_HOLD:
            return postings.reverse_uncredited(deposit)
        if move in {DepositMove.CREDIT, DepositMove.RELEASE}:
            owed = self.receivable.open_units if self.receivable else 0
            self.receivable = None
            return postings.credit(
                deposit,
                round_=deposit.rounds + (move is DepositMove.CREDIT),
                since=deposit.state,
                returned_units=owed,
                rate_id=RATE,
                value=1,
            )
        if move is DepositMove.REVERSE_CREDIT:
            back = take_back(deposit.units, self.books.available())
            if back.owed_units:
                self.receivable = Receivable(
                    deposit_id=deposit.id,
                    round=deposit.rounds,
                    brand_id=BRAND,
                    player_id=PLAYER,
                    asset=ETH,
                    owed_units=back.owed_units,
                    repaid_units=0,
                )
            return postings.reverse_credit(deposit, taken_units=back.taken_units)
        assert move is DepositMove.NONE
        return []

    @rule()
    def collect(self) -> None:
        owed = self.receivable
        if owed is None:
            return
        units = take_back(owed.open_units, self.books.available()).taken_units
        if units:
            self.books.post(postings.repay(owed, units=units))
            owed = replace(owed, repaid_units=owed.repaid_units + units)
            self.receivable = owed if owed.open_units else None

    # --- what always holds

    @invariant()
    def the_books_show_the_coins_only_while_they_are_booked(self) -> None:
        is_booked = self.deposit.state in BOOKED
        is_held = self.deposit.state is DepositState.HELD
        is_credited = is_booked and not is_held

        assert (self.base_units if is_booked else 0) == self.books.at(AccountCode.DEPOSIT_ADDRESSES)
        assert (self.base_units % 10**9 if is_credited else 0) == self.books.at(AccountCode.DUST)
        assert (self.base_units if is_held else 0) == self.books.at(AccountCode.COMPLIANCE_HOLD)

    @invariant()
    def the_player_got_it_once_or_owes_it(self) -> None:
        owed = self.books.at(AccountCode.REORG_RECEIVABLE)
        taken_from_house = -self.books.at(AccountCode.HOUSE_BANKROLL)
        credited = self.books.at(AccountCode.PLAYER_CASH) - taken_from_house
        is_credited = self.deposit.state in BOOKED and self.deposit.state is not DepositState.HELD
        expected = self.deposit.units if is_credited else 0

        assert expected == credited - owed // 10**9
        assert (self.receivable.open_units if self.receivable else 0) * 10**9 == owed
        assert self.books.at(AccountCode.PLAYER_CASH) >= 0

    @invariant()
    def both_sides_of_clearing_agree(self) -> None:
        chain_side = self.books.at(AccountCode.CLEARING_BASE)

        assert self.books.at(AccountCode.CLEARING) * 10**9 == chain_side


class DustlessWalk(DepositWalk):
    """All of it can be owed, with nothing left over."""

    base_units = 10**18


TestDustlessWalk = DustlessWalk.TestCase
TestDustlessWalk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDepositWalk = DepositWalk.TestCase
TestDepositWalk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(units=st.integers(1, 10**12), unsettled=st.integers(0, 10**12))
def test_more_at_stake_never_needs_fewer_blocks(units: int, unsettled: int):
    alone = required_confirmations(POLICY, units, unsettled_units=0)
    together = required_confirmations(POLICY, units, unsettled_units=unsettled)

    assert together >= alone
    assert together == required_confirmations(POLICY, units + unsettled, unsettled_units=0)


@given(height=st.integers(1, 10**6), head=st.integers(1, 10**6))
def test_confirmations_count_the_own_block_and_stop_at_what_is_required(height: int, head: int):
    deposit = replace(
        new_deposit(), sighting=Sighting(SightingState.INCLUDED, height, "0x"), required=12
    )

    assert confirmations_at(deposit, head) == max(0, min(head - height + 1, 12))


@pytest.mark.parametrize(
    ("reaches", "state", "move"),
    [
        (True, DepositState.CREDITED, DepositMove.CREDIT),
        (False, DepositState.BELOW_MINIMUM, DepositMove.SUSPEND),
    ],
)
def test_the_last_confirmation_books_it(reaches: bool, state: DepositState, move: DepositMove):
    deposit = replace(new_deposit(), sighting=Sighting(SightingState.INCLUDED, 10, "0x"))

    early = step_deposit(deposit, 11, reaches_minimum=reaches, is_paused=False)
    ripe = step_deposit(deposit, 12, reaches_minimum=reaches, is_paused=False)

    assert (early.state, early.confirmations) == (DepositState.CONFIRMING, 2)
    assert (ripe.state, ripe.move, ripe.confirmations) == (state, move, 3)


def test_nothing_is_credited_in_a_pause_but_what_is_lost_is_taken_back():
    ripe = replace(new_deposit(), sighting=Sighting(SightingState.INCLUDED, 10, "0x"))
    lost = replace(
        new_deposit(), state=DepositState.CREDITED, sighting=Sighting(SightingState.GONE)
    )

    held = step_deposit(ripe, 99, reaches_minimum=True, is_paused=True)
    reversed_ = step_deposit(lost, 99, reaches_minimum=True, is_paused=True)

    assert (held.state, held.move) == (DepositState.CONFIRMING, DepositMove.NONE)
    assert reversed_.move is DepositMove.REVERSE_CREDIT


def test_small_deposits_stand_in_suspense_until_they_are_released():
    books = Books()
    small = new_deposit(base_units=10**12 + 3)
    books.post(postings.suspend(small, round_=1))

    assert books.at(AccountCode.SUSPENSE_BELOW_MINIMUM) == 10**12 + 3
    assert books.at(AccountCode.PLAYER_CASH) == 0

    books.post(
        postings.credit(
            replace(small, rounds=1),
            round_=1,
            since=DepositState.BELOW_MINIMUM,
            returned_units=0,
            rate_id=RATE,
            value=1,
        )
    )

    assert books.at(AccountCode.SUSPENSE_BELOW_MINIMUM) == 0
    assert books.at(AccountCode.PLAYER_CASH) == 1_000
    assert books.at(AccountCode.DUST) == 3
    assert books.at(AccountCode.DEPOSIT_ADDRESSES) == 10**12 + 3


def test_a_suspended_deposit_that_leaves_the_chain_leaves_nothing_behind():
    books = Books()
    small = new_deposit(base_units=10**12)
    books.post(postings.suspend(small, round_=1))
    books.post(
        postings.reverse_uncredited(replace(small, rounds=1, state=DepositState.BELOW_MINIMUM))
    )

    assert set(books.sums.values()) == {0}


@given(st.integers(0, 2**256 - 1))
def test_an_amount_beyond_the_ledger_is_never_credited(base_units: int):
    units = recognised_units(base_units, ASSETS[ETH])

    assert (units is None) == (base_units // 10**9 >= 2**63)
    assert recognised_units(base_units, None) is None


def test_what_is_wholly_owed_goes_to_the_debt_alone():
    transfers = postings.credit(
        new_deposit(10**18),
        round_=2,
        since=DepositState.CONFIRMING,
        returned_units=10**9,
        rate_id=RATE,
        value=1,
    )

    assert [(item.credit.code, item.amount) for item in transfers] == [
        (AccountCode.REORG_RECEIVABLE, 10**18)
    ]
