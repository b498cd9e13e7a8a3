"""Any interleaving of transfers, holds, posts, voids, repetitions, races and crashes.

A plain in-memory model runs beside the real ledger on PostgreSQL. After every step each account
stands where the model says, and every invariant of the books holds.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal
from fairhouse.ledger import api
from fairhouse.ledger.types import (
    AccountCode,
    AccountKey,
    AlreadyResolved,
    Balance,
    HoldMismatch,
    InsufficientFunds,
    Kind,
    Transfer,
)
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.postgres.roles import DatabaseUrls

T = TypeVar("T")
ETH = CurrencyCode("ETH")
PLAYERS = 3
places = st.integers(0, PLAYERS)
amounts = st.integers(1, 60)
legs = st.tuples(places, places, amounts, st.booleans()).filter(lambda leg: leg[0] != leg[1])


class Crash(Exception):
    """The process dies before the commit."""


class Model:
    """What two-phase double entry means, in the plainest words. Account 0 is the house."""

    def __init__(self) -> None:
        self.posted = [0] * (PLAYERS + 1)
        self.out = [0] * (PLAYERS + 1)
        self.coming = [0] * (PLAYERS + 1)

    def apply(self, transfer: Transfer, debit: int, credit: int, held: int) -> None:
        """`held` is the amount of the hold that is resolved, or made."""
        sign = {Kind.SINGLE: 0, Kind.PENDING: 1, Kind.POST: -1, Kind.VOID: -1}[transfer.kind]
        self.out[debit] += sign * held
        self.coming[credit] += sign * held
        if transfer.kind in {Kind.SINGLE, Kind.POST}:
            self.posted[debit] -= transfer.amount
            self.posted[credit] += transfer.amount

    def copy(self) -> "Model":
        twin = Model()
        twin.posted, twin.out, twin.coming = [*self.posted], [*self.out], [*self.coming]
        return twin

    def is_possible(self) -> bool:
        """No player below zero, holds counted."""
        return all(self.posted[n] >= self.out[n] for n in range(1, PLAYERS + 1))


class LedgerMachine(RuleBasedStateMachine):
    """Each example has accounts of its own in one database."""

    def __init__(self, db: Database, runner: asyncio.Runner) -> None:
        super().__init__()
        self.db = db
        self.runner = runner
        self.model = Model()
        self.accounts = [
            AccountKey(1, AccountCode.HOUSE_BANKROLL, ETH, owner=uuid4()),
            *(AccountKey(1, AccountCode.PLAYER_CASH, ETH, owner=uuid4()) for _ in range(PLAYERS)),
        ]
        self.done: list[Transfer] = []
        self.open_holds: dict[UUID, Transfer] = {}
        self.closed_holds: list[Transfer] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def post(self, *transfers: Transfer, crash: bool = False) -> None:
        async with self.db.tx() as tx:
            await api.post(tx, transfers=transfers)
            if crash:
                raise Crash

    def made(self, leg: tuple[int, int, int, bool]) -> Transfer:
        debit, credit, amount, pending = leg
        return Transfer(
            id=uuid4(),
            debit=self.accounts[debit],
            credit=self.accounts[credit],
            amount=amount,
            reason="machine",
            ref="machine",
            kind=Kind.PENDING if pending else Kind.SINGLE,
        )

    def note(self, model: Model, transfer: Transfer) -> None:
        debit, credit = (self.accounts.index(key) for key in (transfer.debit, transfer.credit))
        hold = self.open_holds.get(transfer.pending_id or transfer.id, transfer)
        model.apply(transfer, debit, credit, hold.amount)

    def keep(self, transfers: Sequence[Transfer]) -> None:
        """The transfers happened."""
        for transfer in transfers:
            self.note(self.model, transfer)
            self.done.append(transfer)
            if transfer.kind is Kind.PENDING:
                self.open_holds[transfer.id] = transfer
            if transfer.pending_id is not None:
                self.closed_holds.append(self.open_holds.pop(transfer.pending_id))

    def refusal_of(self, *transfers: Transfer) -> type[Refusal] | None:
        try:
            self.run(self.post(*transfers))
        except Refusal as refusal:
            return type(refusal)
        return None

    @rule(chosen=st.lists(legs, min_size=1, max_size=5))
    def linked_batch(self, chosen: list[tuple[int, int, int, bool]]) -> None:
        batch = [self.made(leg) for leg in chosen]
        wanted = self.model.copy()
        for transfer in batch:
            self.note(wanted, transfer)

        assert self.refusal_of(*batch) is (None if wanted.is_possible() else InsufficientFunds)
        if wanted.is_possible():
            self.keep(batch)

    @precondition(lambda self: self.open_holds)
    @rule(data=st.data(), void=st.booleans())
    def resolve(self, data: st.DataObject, void: bool) -> None:
        hold = data.draw(st.sampled_from([*self.open_holds.values()]))
        amount = data.draw(st.integers(1, hold.amount))
        resolution = (
            api.void_of(hold, id_=uuid4())
            if void
            else api.post_of(hold, id_=uuid4(), amount=amount)
        )
        # A post can be refused no more: its hold has kept the money.
        assert self.refusal_of(resolution) is None
        self.keep([resolution])

    @precondition(lambda self: self.open_holds)
    @rule(data=st.data())
    def post_too_much(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from([*self.open_holds.values()]))
        greedy = api.post_of(hold, id_=uuid4(), amount=hold.amount + 1)
        assert self.refusal_of(greedy) is HoldMismatch

    @precondition(lambda self: self.closed_holds)
    @rule(data=st.data(), void=st.booleans())
    def resolve_again(self, data: st.DataObject, void: bool) -> None:
        hold = data.draw(st.sampled_from(self.closed_holds))
        make = api.void_of if void else api.post_of
        assert self.refusal_of(make(hold, id_=uuid4())) is AlreadyResolved

    @precondition(lambda self: self.done)
    @rule(data=st.data(), times=st.integers(1, 3))
    def repeat(self, data: st.DataObject, times: int) -> None:
        """The client never got the answer: the same transfers again, alone or in company."""
        again = data.draw(st.lists(st.sampled_from(self.done), min_size=1, max_size=4))
        for _ in range(times):
            assert self.refusal_of(*again) is None

    @precondition(lambda self: self.done)
    @rule(data=st.data(), leg=legs)
    def conflicting_repetition(self, data: st.DataObject, leg: tuple[int, int, int, bool]) -> None:
        old = data.draw(st.sampled_from(self.done))
        fresh = self.made(leg)
        other = Transfer(
            id=old.id, debit=fresh.debit, credit=fresh.credit, amount=fresh.amount + 100,
            reason="machine", ref="machine", kind=fresh.kind,
        )  # fmt: skip
        assert self.refusal_of(fresh, other) is IdempotencyConflict

    @rule(leg=legs)
    def crash_before_commit(self, leg: tuple[int, int, int, bool]) -> None:
        transfer = self.made(leg)
        try:
            self.run(self.post(transfer, crash=True))
        except (Crash, InsufficientFunds):
            return
        raise AssertionError("the crash did not happen")

    @precondition(lambda self: self.open_holds)
    @rule(data=st.data(), racers=st.integers(2, 5))
    def race_for_a_hold(self, data: st.DataObject, racers: int) -> None:
        hold = data.draw(st.sampled_from([*self.open_holds.values()]))
        makers = data.draw(
            st.lists(st.sampled_from([api.post_of, api.void_of]), min_size=racers, max_size=racers)
        )
        resolutions = [make(hold, id_=uuid4()) for make in makers]
        winners = self.race([[resolution] for resolution in resolutions], AlreadyResolved)
        assert len(winners) == 1
        self.keep(winners)

    @rule(batches=st.lists(st.lists(legs, min_size=1, max_size=3), min_size=2, max_size=5))
    def race_for_money(self, batches: list[list[tuple[int, int, int, bool]]]) -> None:
        """Whoever wins, the winners together must have been possible."""
        made = [[self.made(leg) for leg in batch] for batch in batches]
        self.keep(self.race(made, InsufficientFunds))
        assert self.model.is_possible()

    def race(self, batches: list[list[Transfer]], refusal: type[Refusal]) -> list[Transfer]:
        async def all_at_once() -> list[BaseException | None]:
            posts = (self.post(*batch) for batch in batches)
            return await asyncio.gather(*posts, return_exceptions=True)

        results = self.run(all_at_once())
        assert all(result is None or type(result) is refusal for result in results), results
        return [
            transfer
            for batch, result in zip(batches, results, strict=True)
            if result is None
            for transfer in batch
        ]

    @invariant()
    def the_model_agrees(self) -> None:
        async def standing() -> list[Balance]:
            async with self.db.read() as tx:
                return [await api.balance(tx, key=key) for key in self.accounts]

        model = self.model
        expected = [*zip(model.posted, model.out, model.coming, strict=True)]
        actual = [(b.posted, b.pending_out, b.pending_in) for b in self.run(standing())]
        assert expected == actual

    @invariant()
    def the_books_are_exact(self) -> None:
        async def found() -> list[object]:
            async with self.db.read() as tx:
                return [*await api.imbalances(tx)]

        assert self.run(found()) == []


def test_every_interleaving_keeps_the_books(database_urls: DatabaseUrls):
    with asyncio.Runner() as runner:
        db = runner.run(Database.connect(database_urls.app, PoolSettings(size_max=6)))
        try:
            run_state_machine_as_test(
                lambda: LedgerMachine(db, runner),  # type: ignore[arg-type]
                settings=settings(
                    max_examples=25,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
                ),
            )
        finally:
            runner.run(db.close())
