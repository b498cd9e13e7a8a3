"""`python -m fairhouse.app backoffice`: the staff's pages, and the watch over the audit log.

It reads chains through a node of its own, to compare the books with them; it has neither the order
key nor the signer's socket.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from fairhouse.app import wiring
from fairhouse.app.brand_watch import follow_brands
from fairhouse.app.process import Listen, process
from fairhouse.app.settings import Settings
from fairhouse.audit.jobs import EVERY_S, watch_audit
from fairhouse.backoffice.http import BackofficeDeps, backoffice_app, edge_settings
from fairhouse.backoffice.types import Condition, Part, Reconciliation
from fairhouse.cashier.api import unbooked_deposits
from fairhouse.chains import api as chains
from fairhouse.custody import api as custody
from fairhouse.custody.ports import Node
from fairhouse.custody.types import CustodyPolicy
from fairhouse.identity.api import Passwords
from fairhouse.platform.database import Database
from fairhouse.platform.http import edge

PROBE_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Watchman:
    """Asks the other processes how they fare, on their loopback ports."""

    client: httpx.AsyncClient
    ports: dict[str, int]

    async def parts(self) -> Sequence[Part]:
        """All of them at once; what does not answer within a second is silent."""
        asked = [self._part(name, port) for name, port in sorted(self.ports.items())]
        return await asyncio.gather(*asked)

    async def _part(self, name: str, port: int) -> Part:
        try:
            answer = await self.client.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.HTTPError as error:
            return Part(name, Condition.SILENT, str(error) or type(error).__name__)
        if answer.status_code == 200:
            return Part(name, Condition.WELL, "")
        loops = answer.json().get("loops", {})
        return Part(name, Condition.ILL, "; ".join(f"{key}: {why}" for key, why in loops.items()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The books against every chain."""

    db: Database
    chains: Sequence[tuple[Node, CustodyPolicy]]

    async def reconcile(self) -> Sequence[Reconciliation]:
        """At the block that was read last. Refuses with NodeUnavailable and UnknownChain."""
        return [await self._reconcile(node, policy) for node, policy in self.chains]

    async def _reconcile(self, node: Node, policy: CustodyPolicy) -> Reconciliation:
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
        return Reconciliation(chain, head.height, rows)


async def main(settings: Settings) -> None:
    """Run until stopped."""
    async with process("backoffice", settings) as run:
        db = await run.database(settings.database.app_url)
        await follow_brands(run, db, stores=True)
        client = httpx.AsyncClient(trust_env=False, timeout=PROBE_TIMEOUT_S)
        ports = {
            name: port for name, port in settings.http.metrics_ports.items() if name != run.name
        }
        watchman = Watchman(await run.stack.enter_async_context(client), ports)
        compared: list[tuple[Node, CustodyPolicy]] = []
        for chain, spec in wiring.chain_specs(settings).items():
            node = wiring.nodes(spec, settings.chains[chain])[0]
            run.stack.push_async_callback(node.close)
            compared.append((node, wiring.custody_policy(spec)))
        seal, passwords = wiring.sealer(settings), Passwords()
        run.stack.callback(passwords.close)
        deps = BackofficeDeps(
            db=db,
            sealer=seal,
            passwords=passwords,
            policies=wiring.policies(settings),
            is_https=settings.http.is_https,
            environment=settings.environment,
            parts=watchman.parts,
            reconcile=Comparison(db, compared).reconcile,
            player_url=wiring.player_url(settings),
        )
        edged = edge(backoffice_app(deps), edge_settings(deps))  # pyright: ignore[reportArgumentType]
        port = settings.http.backoffice_port
        run.listens.append(Listen(edged, [port], settings.http.trusted_proxies))
        run.loop("audit", EVERY_S, lambda: watch_audit(db, seal))

        async def ready() -> None:
            async with db.read() as tx:
                await tx.fetchval("select 1")

        await run.run(ready)
