"""`python -m fairhouse.app watch`: follows the chains and writes what it saw. It moves no money."""

from fairhouse.app import wiring
from fairhouse.app.brand_watch import follow_brands
from fairhouse.app.process import process
from fairhouse.app.proof import Proof
from fairhouse.app.settings import Settings
from fairhouse.chains.engine.watcher import Watcher


async def main(settings: Settings) -> None:
    """Run until stopped."""
    async with process("watch", settings) as run:
        db = await run.database(settings.database.worker_url)
        await follow_brands(run, db)
        for chain, spec in wiring.chain_specs(settings).items():
            known = settings.chains[chain]
            node, *witnesses = wiring.nodes(spec, known)
            for each in (node, *witnesses):
                run.stack.push_async_callback(each.close)
            watcher = Watcher(db, spec, node, witnesses=witnesses)
            run.loop(f"watch {chain}", known.poll_s, watcher.step)

        run.probes["/healthz/chains"] = lambda: Proof(db).heads(wiring.chain_specs(settings))

        async def ready() -> None:
            async with db.read() as tx:
                await tx.fetchval("select 1")

        await run.run(ready)
