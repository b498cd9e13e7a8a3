"""A withdrawal, walked at random over toy books.

Whatever player, staff, worker and chain do, no more is paid than was held.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fairhouse.cashier import postings
from fairhouse.cashier.rules import (
    TERMINAL,
    WITHDRAWAL_TRANSITIONS,
    FamilyNews,
    Settlement,
    mirror_family,
)
from fairhouse.cashier.types import (
    IN_FLIGHT,
    UNDECIDED,
    OnChainFailure,
    WithdrawalState,
)
from fairhouse.ledger.types import AccountCode
from tests.properties.cashier_cases import BRAND, OF, PLAYER, Books, new_withdrawal


class WithdrawalWalk(RuleBasedStateMachine):
    """One withdrawal pulled at by everybody, with a custody that signs and a chain that fails."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.cash = postings.cash_key(BRAND, OF.currency, PLAYER)
        self.books.sums[self.cash] = 10**9
        self.withdrawal = new_withdrawal()
        self.books.post([postings.hold(self.withdrawal)])
        self.paid_on_chain = 0
        self.families: dict[int, FamilyNews] = {}
        self.on_failure = OnChainFailure.REQUEUE

    def _go(self, state: WithdrawalState) -> None:
        assert state in WITHDRAWAL_TRANSITIONS[self.withdrawal.state]
        self.withdrawal = replace(self.withdrawal, state=state)

    @rule(state=st.sampled_from([WithdrawalState.CANCELLED, WithdrawalState.REJECTED]))
    def cancel_or_reject(self, state: WithdrawalState) -> None:
        if self.withdrawal.state in UNDECIDED:
            self._go(state)
            self.books.post(postings.release(self.withdrawal))

    @rule(state=st.sampled_from([WithdrawalState.WAITING, WithdrawalState.APPROVED]))
    def review(self, state: WithdrawalState) -> None:
        if self.withdrawal.state in UNDECIDED and self.withdrawal.state is not state:
            self._go(state)

    @precondition(lambda self: self.withdrawal.state is WithdrawalState.APPROVED)
    @rule()
    def order(self) -> None:
        self._go(WithdrawalState.ORDERED)
        # One family per attempt: custody answers a repetition with the same family.
        self.families.setdefault(self.withdrawal.attempt, FamilyNews.PLANNED)

    @rule(
        news=st.sampled_from(
            [
                FamilyNews.SIGNED,
                FamilyNews.BROADCAST,
                FamilyNews.CONFIRMED,
                FamilyNews.FAILED,
                FamilyNews.NEVER_SIGNED,
            ]
        )
    )
    def custody_goes_on(self, news: FamilyNews) -> None:
        now = self.families.get(self.withdrawal.attempt)
        if now is None or news not in FAMILY_TRANSITIONS[now]:
            return
        self.families[self.withdrawal.attempt] = news
        if news is FamilyNews.CONFIRMED:
            self.paid_on_chain += self.withdrawal.base_units

    @rule(is_repeated=st.booleans())
    def follow(self, is_repeated: bool) -> None:
        before = self.withdrawal
        if before.state not in IN_FLIGHT:
            return
        step = mirror_family(
            before.state,
            self.families[before.attempt],
            attempt=before.attempt + 1,
            attempts_max=3,
            on_failure=self.on_failure,
        )
        for _ in range(2 if is_repeated else 1):
            if step.settlement is Settlement.PAY:
                self.books.post(postings.pay(before))
            elif step.settlement is Settlement.RELEASE:
                self.books.post(postings.release(before))
        if step.state is not before.state:
            self._go(step.state)
        if step.settlement is Settlement.REORDER:
            self.withdrawal = replace(self.withdrawal, attempt=before.attempt + 1)

    @invariant()
    def never_more_is_paid_than_was_held(self) -> None:
        held = len(self.books.held) * self.withdrawal.units
        posted = 10**9 - self.books.at(AccountCode.PLAYER_CASH)
        fee = self.books.at(AccountCode.FEE_REVENUE)

        assert self.paid_on_chain in {0, self.withdrawal.base_units}
        assert self.paid_on_chain <= (held + posted - fee) * 10**9

    @invariant()
    def the_end_is_paid_or_given_back(self) -> None:
        state = self.withdrawal.state
        if state is WithdrawalState.CONFIRMED:
            assert self.paid_on_chain == self.withdrawal.base_units
            assert 10**9 - self.withdrawal.units == self.books.available()
            assert 0 == self.books.at(AccountCode.WITHDRAWAL_HOLD)
        elif state in TERMINAL:
            assert self.paid_on_chain == 0
            assert self.books.available() == 10**9
        else:
            assert self.books.available() == 10**9 - self.withdrawal.units


FAMILY_TRANSITIONS = {
    FamilyNews.PLANNED: {FamilyNews.SIGNED, FamilyNews.NEVER_SIGNED},
    FamilyNews.SIGNED: {FamilyNews.BROADCAST, FamilyNews.CONFIRMED, FamilyNews.FAILED},
    FamilyNews.BROADCAST: {FamilyNews.SIGNED, FamilyNews.CONFIRMED, FamilyNews.FAILED},
    FamilyNews.CONFIRMED: set[FamilyNews](),
    FamilyNews.FAILED: set[FamilyNews](),
    FamilyNews.NEVER_SIGNED: set[FamilyNews](),
}


TestWithdrawalWalk = WithdrawalWalk.TestCase
TestWithdrawalWalk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_what_is_over_stays_over():
    assert {"CONFIRMED", "CANCELLED", "REJECTED", "FAILED"} == set(TERMINAL)
    assert all(not WITHDRAWAL_TRANSITIONS[state] for state in TERMINAL)
    assert not IN_FLIGHT & UNDECIDED
    assert set(WithdrawalState) == IN_FLIGHT | UNDECIDED | TERMINAL


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_nothing_in_flight_can_be_cancelled_or_rejected(state: WithdrawalState):
    assert not WITHDRAWAL_TRANSITIONS[state] & {
        WithdrawalState.CANCELLED,
        WithdrawalState.REJECTED,
    }


def test_a_fee_bump_does_not_step_back_from_broadcast():
    step = mirror_family(
        WithdrawalState.BROADCAST,
        FamilyNews.SIGNED,
        attempt=1,
        attempts_max=1,
        on_failure=OnChainFailure.RELEASE,
    )

    assert step.state is WithdrawalState.BROADCAST
    assert step.settlement is Settlement.KEEP
