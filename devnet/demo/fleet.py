"""The demo's processes: what each runs, and how one knows that it is ready."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import httpx

from devnet.chain_state import mend_state
from devnet.demo.children import ChildSpec
from devnet.demo.places import Places
from devnet.demo.prepare import signer_command
from devnet.evm import AnvilSettings

PLATFORM: Final = ("worker", "watch", "api", "backoffice")
PROBE_TIMEOUT_S: Final = 2.0

Ready = Callable[[], Awaitable[bool]]


def http_ready(url: str) -> Ready:
    """Whether a GET answers 200."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=PROBE_TIMEOUT_S, trust_env=False) as client:
                return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def chain_ready(url: str) -> Ready:
    """Whether the node answers calls."""

    async def ready() -> bool:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
        try:
            async with httpx.AsyncClient(timeout=PROBE_TIMEOUT_S, trust_env=False) as client:
                return (await client.post(url, json=asked)).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def socket_ready(path: Path) -> Ready:
    """Whether somebody listens on a Unix socket."""

    async def ready() -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(str(path))
        except OSError:
            return False
        writer.close()
        return True

    return ready


def file_ready(path: Path) -> Ready:
    """Whether a file is there."""
    return lambda: asyncio.to_thread(path.exists)


def specs(places: Places, ports: Mapping[str, int]) -> dict[str, ChildSpec]:
    """All children by name, in the order in which they start."""
    found = [_database(places, ports), _chain(places, ports), _bank(places, ports)]
    found.append(_signer(places))
    found += [_platform(places, ports, name) for name in PLATFORM]
    return {spec.name: spec for spec in found}


def _module(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-m", *arguments]


def _database(places: Places, ports: Mapping[str, int]) -> ChildSpec:
    urls = places.database_urls
    port = str(ports["database"])
    return ChildSpec(
        name="database",
        command=_module("devnet.demo.database", str(places.postgres), port, str(urls)),
        log=places.logs / "database.log",
        ready=file_ready(urls),
        stop_s=40,
        ready_s=180,
        before=lambda: urls.unlink(missing_ok=True),
    )


def _chain(places: Places, ports: Mapping[str, int]) -> ChildSpec:
    state = places.chain_state
    settings = AnvilSettings(ports["chain"], state=state)
    return ChildSpec(
        name="chain",
        command=settings.command(),
        log=places.logs / "chain.log",
        ready=chain_ready(f"http://127.0.0.1:{ports['chain']}"),
        before=lambda: mend_state(state),
    )


def _bank(places: Places, ports: Mapping[str, int]) -> ChildSpec:
    return ChildSpec(
        name="bank",
        command=_module("devnet.bank", str(places.bank_settings)),
        log=places.logs / "bank.log",
        ready=http_ready(f"http://127.0.0.1:{ports['bank']}/healthz"),
        stop_s=5,
    )


def _signer(places: Places) -> ChildSpec:
    policy, path = str(places.signer / "policy.toml"), str(places.signer_socket)
    return ChildSpec(
        name="signer",
        command=signer_command(places, "run", "--policy", policy, "--socket", path),
        log=places.logs / "signer.log",
        ready=socket_ready(places.signer_socket),
        before=lambda: places.signer_socket.unlink(missing_ok=True),
    )


def _platform(places: Places, ports: Mapping[str, int], name: str) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=_module("fairhouse.app", name),
        log=places.logs / f"{name}.log",
        ready=http_ready(f"http://127.0.0.1:{ports[f'metrics.{name}']}/readyz"),
        environment={"FAIRHOUSE_SETTINGS": str(places.settings)},
        stop_s=20,
        ready_s=120,
    )
