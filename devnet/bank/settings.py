"""What the supervisor tells the bank, and the bank's one place for things alive."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devnet.evm import EvmDevnet
from devnet.mailbox import Mailbox
from devnet.player import Api
from devnet.rpc_proxy import RpcProxy
from fairhouse.app.settings import read_key

FOLDER: Final = Path(__file__).resolve().parent
CHAIN: Final = "ethereum"


@dataclass(frozen=True, slots=True)
class BankSettings:
    """Read from the file that the supervisor writes."""

    ports: Mapping[str, int]
    chain_url: str
    feed_key: Ed25519PrivateKey
    control_socket: Path
    brands: Mapping[str, str]
    """Slug to the address of its player app."""
    made: Path
    """The demo's file of what was made, with the authenticator secrets of its logins."""

    @staticmethod
    def read(file: Path) -> "BankSettings":
        """Raises OSError, ValueError or KeyError when the file is not one of the supervisor's."""
        found: dict[str, Any] = json.loads(file.read_text())
        return BankSettings(
            ports=found["ports"],
            chain_url=found["chain_url"],
            feed_key=Ed25519PrivateKey.from_private_bytes(read_key(found["feed_key"])),
            control_socket=Path(found["control_socket"]),
            brands=found["brands"],
            made=Path(found["made"]),
        )

    def metrics_url(self, process: str) -> str:
        """The loopback address of a process's health pages."""
        return f"http://127.0.0.1:{self.ports[f'metrics.{process}']}"


@dataclass(slots=True)
class World:
    """Everything alive in the bank."""

    settings: BankSettings
    devnet: EvmDevnet
    proxy: RpcProxy
    mailbox: Mailbox
    http: httpx.AsyncClient
    born_height: int
    """The chain's height when the bank began: older blocks cannot be replaced."""
    fake_token: str | None = None
    faulty_until: float = 0.0
    """Monotonic time at which the RPC's fault ends."""
    player: Api | None = None
    """The demo player's session, for calls that are repeated or late."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
