"""What the bank's page shows live: processes, books, chain, road, codes, and what happened."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
from pyotp.totp import TOTP

from devnet.bank import trouble
from devnet.bank.explorer import latest_blocks
from devnet.bank.settings import World
from devnet.demo.control import ask
from devnet.demo.logins import LOGINS, Made, for_bank
from devnet.evm import AnvilFailed
from devnet.player import Refused, Unanswered

CODE_LIFE_S: Final = 30
FOLLOW_EVERY_S: Final = 2.0
_GLANCE_S: Final = 1.5

Json = dict[str, Any]


async def state(world: World, *, after: int) -> Json:
    """Everything for one refresh of the page; what does not answer is None."""
    control, books, watched, blocks = await asyncio.gather(
        _control(world, after),
        _page(world, "worker", "/healthz/books"),
        _page(world, "watch", "/healthz/chains"),
        _blocks(world),
    )
    return {
        **control,
        "books": books,
        "chains": watched,
        "blocks": blocks,
        "rpc": {
            "fault": world.proxy.fault.value,
            "seconds_left": max(0, round(world.faulty_until - time.monotonic())),
        },
        "codes": codes(world),
    }


async def _control(world: World, after: int) -> Json:
    try:
        return await ask(world.settings.control_socket, do="state", after=after)
    except OSError:
        return {"processes": [], "lines": []}


async def _page(world: World, process: str, path: str) -> Json | None:
    """A health page. A process that is down or has none answers nothing."""
    url = world.settings.metrics_url(process) + path
    try:
        answer = await world.http.get(url, timeout=_GLANCE_S)
        return answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None


async def _blocks(world: World) -> list[Json]:
    try:
        return await latest_blocks(world.devnet, 10)
    except (httpx.HTTPError, AnvilFailed):
        return []


def codes(world: World) -> list[Json]:
    """Every login with its present authenticator code."""
    made = Made.beside(world.settings.made)
    left = CODE_LIFE_S - int(time.time()) % CODE_LIFE_S
    return [
        {
            **{key: value for key, value in login.items() if key != "totp"},
            "code": TOTP(login["totp"]).now() if login["totp"] else None,
            "seconds_left": left,
        }
        for login in for_bank(made.totp)
    ]


class Follower:
    """Tells the demo player's deposits and withdrawals as they move, from the public API alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[str, str] | None = None

    async def run(self) -> None:
        """For ever; the platform may come and go."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                await self._look()
            except (Refused, Unanswered, httpx.HTTPError, OSError, KeyError):
                continue

    async def _look(self) -> None:
        if f"player {LOGINS[0].name}" not in Made.beside(self._world.settings.made).steps:
            return
        api = await trouble.demo_player(self._world)
        found: dict[str, str] = {}
        for item in (await api.get("/v1/deposits"))["deposits"]:
            found[item["id"]] = _deposit_line(item)
        for item in (await api.get("/v1/withdrawals"))["withdrawals"]:
            found[item["id"]] = await self._withdrawal_line(item)
        seen, self._seen = self._seen, found
        if seen is None:
            return
        for id_, line in found.items():
            if seen.get(id_) != line:
                await trouble.note(self._world, id_, line)

    async def _withdrawal_line(self, item: Mapping[str, Any]) -> str:
        line = f"{item['amount']} {item['currency']} {item['state'].lower()}"
        waiting = [check["code"] for check in item["checks"] if check["state"].lower() != "passed"]
        if item["state"].lower() == "waiting" and waiting:
            line += f" ({', '.join(waiting)})"
        if item["tx_hash"]:
            line += f", {item['tx_hash'][:12]}…"
            tx = await self._world.devnet.rpc("eth_getTransactionByHash", item["tx_hash"])
            if tx is not None:
                line += f", nonce {int(tx['nonce'], 16)}"
        return line


def _deposit_line(item: Mapping[str, Any]) -> str:
    line = f"{item['amount']} {item['currency']} {item['state'].lower()}"
    if item["state"].lower() == "confirming":
        line += f" {item['confirmations']}/{item['required']}"
    return line
