"""What an operator proves the house with, on the loopback ports: books, custody, chains.

`/proof/trial-balance`: debits and credits of every account code, by unit. `/proof/custody/<chain>`:
every custody account of every brand against the chain at one block, to the last base unit.
`/healthz/chains`: how far each chain was read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairhouse.app.process import Process
from fairhouse.cashier.api import unbooked_deposits
from fairhouse.chains import api as chains
from fairhouse.chains.types import UnknownChain
from fairhouse.custody import api as custody
from fairhouse.custody.ports import Node
from fairhouse.custody.types import CustodyPolicy, Reconciled
from fairhouse.kernel.currencies import ChainId
from fairhouse.ledger.api import trial_balance
from fairhouse.platform.database import Database


@dataclass(frozen=True, slots=True)
class Proof:
    """Reads, and writes nothing."""

    db: Database

    def add_books(self, run: Process) -> None:
        """The trial balance."""
        run.probes["/proof/trial-balance"] = self.trial_balance

    def add_custody(self, run: Process, node: Node, policy: CustodyPolicy) -> None:
        """One chain's reconciliation."""
        path = f"/proof/custody/{policy.spec.chain}"
        run.probes[path] = lambda: self.custody(node, policy)

    async def trial_balance(self) -> Mapping[str, Any]:
        """Whole units as text; each unit's debits and credits are equal."""
        by_unit: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        async with self.db.read() as tx:
            for row in await trial_balance(tx):
                by_unit[row.unit].append(
                    {
                        "brand_id": row.brand_id,
                        "account": row.code,
                        "debits": str(row.debits),
                        "credits": str(row.credits),
                    }
                )
            return {"at": tx.now.isoformat(), "units": by_unit}

    async def custody(self, node: Node, policy: CustodyPolicy) -> Mapping[str, Any]:
        """The books at the block that was read last. Raises NodeUnavailable."""
        chain = policy.spec.chain
        async with self.db.read() as tx:
            head = await chains.head(tx, chain=chain)
            rows = await custody.reconcile(
                tx,
                node=node,
                policy=policy,
                height=head.height,
                uncredited=await unbooked_deposits(tx, chain=chain, height=head.height),
            )
        return {
            "chain": chain,
            "height": head.height,
            "block_hash": head.hash,
            "rows": [_row(row) for row in rows],
        }

    async def heads(self, of: Iterable[ChainId]) -> Mapping[str, Any]:
        """How far each chain was read, and what its node says."""
        found: dict[str, Any] = {}
        async with self.db.read() as tx:
            for chain in of:
                try:
                    head = await chains.head(tx, chain=chain)
                except UnknownChain:
                    continue
                found[chain] = {
                    "height": head.height,
                    "hash": head.hash,
                    "node_height": head.node_height,
                    "healthy": head.healthy,
                    "last_error": head.last_error,
                }
        return found


def _row(row: Reconciled) -> Mapping[str, Any]:
    return {
        "brand_id": row.brand_id,
        "asset": row.asset,
        "account": row.account,
        "addresses": list(row.addresses),
        "ledger": str(row.ledger),
        "in_flight": str(row.in_flight),
        "uncredited": str(row.uncredited),
        "chain": str(row.chain),
        "difference": str(row.difference),
    }
