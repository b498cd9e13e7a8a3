"""The books against each chain, by a loop of its own: what differs is reported, and what goes on
differing pauses the flows of its brand (LED-11).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from fairhouse.audit import api as audit
from fairhouse.audit.types import Significant
from fairhouse.brands import api as brands
from fairhouse.cashier.api import unbooked_deposits
from fairhouse.chains import api as chains
from fairhouse.chains.types import UnknownChain
from fairhouse.custody import api as custody
from fairhouse.custody.ports import Node
from fairhouse.custody.types import CustodyPolicy, Reconciled
from fairhouse.platform.database import Database, Tx

EVERY_S: Final = 60.0
PAUSED_AFTER: Final = 3
"""Cycles in a row."""
JOB: Final = "job:variance"
Compare = Callable[[], Awaitable[Sequence[Reconciled]]]
_Key = tuple[int, str, str]


def comparison(db: Database, node: Node, policy: CustodyPolicy) -> Compare:
    """A chain's custody accounts at the block that was read last. Raises NodeUnavailable."""

    async def compare() -> Sequence[Reconciled]:
        async with db.read() as tx:
            try:
                head = await chains.head(tx, chain=policy.spec.chain)
            except UnknownChain:
                return ()
            return await custody.reconcile(
                tx,
                node=node,
                policy=policy,
                height=head.height,
                uncredited=await unbooked_deposits(tx, chain=policy.spec.chain, height=head.height),
            )

    return compare


class VarianceWatch:
    """One chain's differences from cycle to cycle."""

    def __init__(self, db: Database, compare: Compare) -> None:
        self._db = db
        self._compare = compare
        self._seen: dict[_Key, int] = {}

    async def step(self) -> int:
        """Report what differs for the first time, and what does so no more; pause what goes on."""
        found = {
            (row.brand_id, str(row.asset), str(row.account)): row
            for row in await self._compare()
            if row.difference
        }
        async with self._db.tx() as tx:
            for key, row in found.items():
                await self._judge(tx, row, self._seen.get(key, 0) + 1)
            for key in self._seen.keys() - found.keys():
                await _note(tx, key, before="differs", after={"difference": "0"})
        self._seen = {key: self._seen.get(key, 0) + 1 for key in found}
        return 0

    async def _judge(self, tx: Tx, row: Reconciled, cycles: int) -> None:
        key = (row.brand_id, str(row.asset), str(row.account))
        if cycles == 1:
            after = {
                "ledger": str(row.ledger),
                "in_flight": str(row.in_flight),
                "uncredited": str(row.uncredited),
                "chain": str(row.chain),
                "difference": str(row.difference),
            }
            await _note(tx, key, before="equal", after=after)
        if cycles == PAUSED_AFTER:
            reason = f"{row.account} of {row.asset} differs from its chain by {row.difference}."
            for switch in (brands.WITHDRAWALS, brands.DEPOSITS):
                await brands.pause(
                    tx,
                    brand_id=brands.brand(row.brand_id).id,
                    switch=switch,
                    reason=reason,
                    actor=JOB,
                )


async def _note(tx: Tx, key: _Key, *, before: str, after: dict[str, str]) -> None:
    brand_id, asset, account = key
    await audit.significant(
        tx,
        kind=Significant.VARIANCE,
        brand_id=brand_id,
        actor=JOB,
        subject=f"{brand_id}/{account}/{asset}",
        reason="the books and the chain differ" if before == "equal" else "they agree again",
        before={"state": before},
        after={**after},
    )
