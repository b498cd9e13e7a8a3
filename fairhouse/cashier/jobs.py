"""The cashier's part of the worker: bounded steps for `platform.loops`.

A deposit or withdrawal that cannot be moved is logged and left for the next step; it stops neither
the others nor the loop.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from fairhouse.cashier.engine import deposits, withdrawals
from fairhouse.cashier.store import deposits as deposit_store
from fairhouse.cashier.store import withdrawals as withdrawal_store
from fairhouse.cashier.types import CashierPolicy, Withdrawal, WithdrawalId
from fairhouse.chains.types import UnknownChain
from fairhouse.kernel.currencies import ChainId
from fairhouse.platform.database import Database, DatabaseBusy, DatabaseUnavailable, Tx
from fairhouse.screening import api as screening
from fairhouse.screening.types import Subject

BATCH: Final = 200
REJUDGE_EVERY: Final = timedelta(seconds=1)

_log = structlog.get_logger("cashier")
_stuck = Counter("fairhouse_cashier_stuck_total", "Items that a step could not move", ["kind"])


def loops(
    jobs: "CashierJobs", chains: Iterable[ChainId]
) -> Mapping[str, tuple[int, Callable[[], Awaitable[int]]]]:
    """Name → (seconds between idle steps, step), for `platform.loops.run_loop`.

    A step is safe in several processes at once and to be interrupted anywhere.
    """
    return {
        **{
            f"cashier.{chain}.deposits": (1, partial(jobs.step_deposits, chain)) for chain in chains
        },
        "cashier.withdrawals": (1, jobs.step_withdrawals),
        "cashier.receivables": (5, jobs.step_receivables),
    }


@dataclass(frozen=True, slots=True)
class CashierJobs:
    """Steps over all brands; each returns how many items it looked at with a reason to go on."""

    db: Database
    policies: Mapping[int, CashierPolicy]
    before_verdict: Callable[[Tx, Withdrawal], Awaitable[None]] | None = None
    """Tells whoever must know of a request before it is judged, in the same transaction."""

    async def step_deposits(self, chain: ChainId) -> int:
        """Take in the chain's news, then judge what they move."""
        try:
            while await deposits.take_in(self.db, chain=chain, policies=self.policies):
                pass
        except UnknownChain:
            return 0
        async with self.db.tx() as tx:
            answered = await screening.take_news(tx, subject=Subject.DEPOSIT)
            await deposit_store.set_due(tx, answered)
        ids = await deposits.to_judge(self.db, chain=chain, limit=BATCH)

        async def judge(tx: Tx, id_: UUID) -> None:
            await deposits.judge(tx, deposit_id=deposits.DepositId(id_), policies=self.policies)

        moved = await self._each("deposit", ids, judge)
        return moved if len(ids) == BATCH else 0

    async def step_receivables(self) -> int:
        """Pay off what players owe from what they have."""
        async with self.db.tx() as tx:
            return await deposits.collect(tx)

    async def step_withdrawals(self) -> int:
        """Judge the undecided, order what passes, follow what is on its way."""
        async with self.db.read() as tx:
            undecided = await withdrawal_store.undecided(
                tx, judged_before=tx.now - REJUDGE_EVERY, limit=BATCH
            )
            in_flight = await withdrawal_store.in_flight(tx, limit=BATCH)

        async def advance(tx: Tx, id_: UUID) -> None:
            await withdrawals.advance(
                tx,
                withdrawal_id=WithdrawalId(id_),
                policies=self.policies,
                before_verdict=self.before_verdict,
            )

        async def follow(tx: Tx, id_: UUID) -> None:
            await withdrawals.follow(tx, withdrawal_id=WithdrawalId(id_), policies=self.policies)

        await self._each("withdrawal", undecided, advance)
        await self._each("withdrawal", in_flight, follow)
        return 0

    async def _each(
        self, kind: str, ids: Iterable[UUID], move: Callable[[Tx, UUID], Awaitable[None]]
    ) -> int:
        """One transaction each; one item's trouble is its own, and sends it to the back."""
        moved = 0
        for id_ in ids:
            try:
                async with self.db.tx() as tx:
                    await move(tx, id_)
                moved += 1
            except DatabaseUnavailable:
                raise
            except DatabaseBusy:
                continue
            except Exception as error:  # noqa: BLE001 - the others must go on
                _stuck.labels(kind).inc()
                _log.error("item is stuck", kind=kind, id=str(id_), exc_info=error)
                async with self.db.tx() as tx:
                    await _SET_STUCK[kind](tx, id_)
        return moved


_SET_STUCK: Final = {
    "deposit": deposit_store.set_stuck,
    "withdrawal": withdrawal_store.set_stuck,
}
