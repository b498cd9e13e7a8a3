"""`python -m devnet.bank FILE`: the demo bank; the supervisor writes the file and runs it."""

import asyncio
import sys
from pathlib import Path

import httpx
import uvicorn

from devnet.bank.app import build
from devnet.bank.live import Follower
from devnet.bank.settings import BankSettings, World
from devnet.evm import AnvilFailed, EvmDevnet, NotADevnet
from devnet.mailbox import Mailbox, serving
from devnet.rpc_proxy import proxied
from fairhouse.platform.telemetry import configure_logging


async def serve(settings: BankSettings) -> None:
    """Run until told to stop. Raises NotADevnet before anything when the chain is no devnet."""
    devnet = EvmDevnet(settings.chain_url, mines_itself=True)
    await devnet.check()
    mailbox, ports = Mailbox(), settings.ports
    async with (
        serving(mailbox, port=ports["smtp"]),
        proxied(settings.chain_url, port=ports["rpc"]) as proxy,
        httpx.AsyncClient(timeout=20, trust_env=False) as http,
    ):
        world = World(settings, devnet, proxy, mailbox, http, await devnet.height())
        config = uvicorn.Config(
            build(world),
            host="127.0.0.1",
            port=ports["bank"],
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        follower = asyncio.create_task(Follower(world).run())
        try:
            await uvicorn.Server(config).serve()
        finally:
            for task in (follower, *world.tasks):
                task.cancel()
            await devnet.close()


async def _wait_for_chain(settings: BankSettings) -> None:
    """The supervisor starts us beside the chain."""
    for _ in range(300):
        devnet = EvmDevnet(settings.chain_url, mines_itself=True)
        try:
            await devnet.height()
        except (httpx.HTTPError, AnvilFailed):
            await asyncio.sleep(0.1)
        else:
            return
        finally:
            await devnet.close()


async def main() -> int:
    """0 after a clean stop; 1 with a sentence when it may not run."""
    configure_logging("bank", pretty=False)
    settings = BankSettings.read(Path(sys.argv[1]))
    await _wait_for_chain(settings)
    try:
        await serve(settings)
    except NotADevnet as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
