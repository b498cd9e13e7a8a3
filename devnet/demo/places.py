"""Where everything of one demo lies, and the ports that it listens on."""

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "fairhouse": 8080,
    "nightowl": 8082,
    "backoffice": 8081,
    "bank": 8090,
    "metrics.api": 8085,
    "metrics.backoffice": 8086,
    "metrics.worker": 8083,
    "metrics.watch": 8084,
    "database": 25432,
    "chain": 18545,
    "rpc": 18546,
    "smtp": 18025,
}
BRANDS: Final[Mapping[int, str]] = {1: "fairhouse", 2: "nightowl"}
"""Brand id to slug; a brand's player port carries its slug."""
_SOCKET_PATH_MAX: Final = 90
_TRIES: Final = 200


@dataclass(frozen=True, slots=True)
class Places:
    """Every path of a demo, from its data folder."""

    data: Path

    @property
    def settings(self) -> Path:
        return self.data / "settings.toml"

    @property
    def bank_settings(self) -> Path:
        return self.data / "bank.json"

    @property
    def ports(self) -> Path:
        return self.data / "ports.json"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def signer(self) -> Path:
        return self.data / "signer"

    @property
    def vaults(self) -> Path:
        """The vaults' public keys, as the signer published and signed them."""
        return self.signer / "vaults.json"

    @property
    def chain(self) -> Path:
        return self.data / "chain"

    @property
    def chain_state(self) -> Path:
        return self.chain / "state.json"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def database_urls(self) -> Path:
        """Written by the database's process when it is ready."""
        return self.data / "run" / "database.json"

    @property
    def lock(self) -> Path:
        """Held while a demo runs."""
        return self.data / "demo.lock"

    @property
    def ready(self) -> Path:
        """Process id and ports of a demo, while it is ready."""
        return self.data / "ready.json"

    @property
    def seeded(self) -> Path:
        """Which demo data was made."""
        return self.data / "seeded.json"

    @property
    def sockets(self) -> Path:
        """In the data folder, or a private folder elsewhere where that path is too long."""
        inside = self.data.resolve() / "run"
        if len(str(inside)) <= _SOCKET_PATH_MAX:
            return inside
        digest = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"fairhouse-{os.geteuid()}-{digest}"

    @property
    def control_socket(self) -> Path:
        return self.sockets / "demo.sock"

    @property
    def signer_socket(self) -> Path:
        return self.sockets / "signer.sock"

    def make_folders(self) -> None:
        """All folders, private to us but for the one that PostgreSQL's user passes through."""
        self.data.mkdir(parents=True, exist_ok=True)
        for folder in (self.keys, self.signer, self.chain, self.logs, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.database_urls.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def choose_ports(
    places: Places, *, anywhere: bool = False
) -> tuple[dict[str, int], list[tuple[str, int, int]]]:
    """A free port for each name, and what had to move: (name, wanted, chosen).

    The usual ports are wanted at each start; a taken one gives way to the next free. `anywhere`
    takes any free ports, for tests, and the folder remembers them.
    """
    wanted = dict(DEFAULT_PORTS)
    if places.ports.exists():
        wanted |= {str(k): int(v) for k, v in json.loads(places.ports.read_text()).items()}
    elif anywhere:
        wanted = dict.fromkeys(wanted, 0)
    chosen: dict[str, int] = {}
    moved: list[tuple[str, int, int]] = []
    for name, port in wanted.items():
        # A database server that outlived its demo keeps its port and is taken over.
        keeps = name == "database" and port != 0
        chosen[name] = port if keeps else _next_free(port, set(chosen.values()))
        if port not in (0, chosen[name]):
            moved.append((name, port, chosen[name]))
    if anywhere:
        places.ports.write_text(json.dumps(chosen, indent=2))
    return chosen, moved


def _next_free(port: int, taken: set[int]) -> int:
    if port == 0:
        return _any_free()
    for candidate in range(port, port + _TRIES):
        is_others = candidate != port and candidate in DEFAULT_PORTS.values()
        if candidate not in taken and not is_others and _is_free(candidate):
            return candidate
    return _any_free()


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
