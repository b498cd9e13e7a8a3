"""The application's own API process, started as an operator would start it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import httpx

from bench.stage import MASTER_KEY
from fairhouse.app.settings import (
    DatabaseSettings,
    HttpSettings,
    LaneSettings,
    MailSettings,
    RatesSettings,
    SecretFiles,
    Settings,
    SignerSettings,
)
from fairhouse.platform.postgres.roles import DatabaseUrls

ROOT: Final = Path(__file__).parents[1]
READY_S: Final = 120
STOP_S: Final = 30
BRAND: Final = "fairhouse"


def servers() -> list[str]:
    """The HTTP servers that the settings offer, the one that is used by default first."""
    field = HttpSettings.model_fields.get("server")
    if field is None:
        return ["uvicorn"]
    offered = [str(name) for name in get_args(field.annotation)] or [str(field.default)]
    return sorted(offered, key=lambda name: name != field.default)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def settings_of(urls: DatabaseUrls, folder: Path, server: str | None) -> Settings:
    """An installation with this database and nothing around it."""
    here, health, lanes = free_ports(3)
    key = folder / "master.key"
    key.write_text(MASTER_KEY.hex())
    http: dict[str, Any] = {
        "player_ports": {BRAND: here},
        "backoffice_port": 0,
        "metrics_ports": {"api": health},
        "public_urls": {BRAND: f"http://127.0.0.1:{here}"},
    }
    if server is not None and "server" in HttpSettings.model_fields:
        http["server"] = server
    return Settings(
        environment="bench",
        database=DatabaseSettings(owner_url=urls.owner, app_url=urls.app, worker_url=urls.worker),
        http=HttpSettings(**http),
        secrets=SecretFiles(master_key=str(key)),
        chains={},
        signer=SignerSettings(socket="", identity_key=""),
        mail=MailSettings(host="", port=0, sender=""),
        rates=RatesSettings(url="", public_key=""),
        lanes=LaneSettings(listen=f"tcp:127.0.0.1:{lanes}"),
    )


def toml(values: Mapping[str, Any], name: str = "") -> str:
    """The settings as a file: a JSON value is a TOML value."""
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    plain = {key: value for key, value in values.items() if key not in tables}
    lines = [f"[{name}]"] if name else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in tables.items():
        lines.append(toml(value, f'{name}."{key}"' if name else f'"{key}"'))
    return "\n".join(lines)


class ApiProcess:
    """`python -m fairhouse.app api`, from its start to its end."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.lanes: str = settings.lanes.listen
        """The address beside the lanes that it owns."""
        self.url: str = settings.http.public_urls[BRAND]
        self._health = f"http://127.0.0.1:{settings.http.metrics_ports['api']}/readyz"
        self._file = folder / "settings.toml"
        self._file.write_text(toml(settings.model_dump(exclude_none=True)))
        self._log = folder / "api.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Until it says that it is ready: the lanes are its own."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fairhouse.app", "--settings", str(self._file), "api"),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "FAIRHOUSE_SETTINGS": str(self._file)},
            )
        await self.until_ready()

    async def until_ready(self) -> None:
        """Raises RuntimeError with the end of its log when it ends, or after two minutes."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(READY_S):
                while not await self._is_ready(client):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise RuntimeError(f"the API does not become ready:\n{self._log_end()}") from None

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise RuntimeError(f"the API ended by itself:\n{self._log_end()}")
        try:
            return (await client.get(self._health)).status_code == 200
        except httpx.HTTPError:
            return False

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    async def stop(self) -> None:
        """Let it finish; nothing happens when it does not run."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_S)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
