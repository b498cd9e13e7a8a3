"""The demo bank over HTTP, on a real local chain."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devnet.bank.app import build
from devnet.bank.settings import BankSettings, World
from devnet.evm import BANK, EvmDevnet, temporary_devnet
from devnet.mailbox import Mailbox
from devnet.rpc_proxy import Fault, proxied
from fairhouse.chains.types import Address

SOMEBODY = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
OURS = {"x-demo-bank": "1"}
pytestmark = pytest.mark.chain


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[tuple[httpx.AsyncClient, World, EvmDevnet]]:
    """The bank without a supervisor: what it would tell one is lost, what it does happens."""
    settings = BankSettings(
        ports={"backoffice": 1, "metrics.worker": 1, "metrics.watch": 1},
        chain_url="",
        feed_key=Ed25519PrivateKey.generate(),
        control_socket=folder / "nobody.sock",
        brands={"fairhouse": "http://127.0.0.1:1"},
        made=folder / "seeded.json",
    )
    async with (
        temporary_devnet() as devnet,
        proxied(devnet.url) as proxy,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        height = await devnet.height()
        world = World(settings, devnet, proxy, Mailbox(), http, height)
        transport = httpx.ASGITransport(build(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as client:
            yield client, world, devnet
        for task in world.tasks:
            task.cancel()


async def test_the_bank_gives_shows_and_makes_trouble(tmp_path: Path):
    async with opened(tmp_path) as (client, world, devnet):
        asked = {"asset": "usdt.ethereum", "address": SOMEBODY, "amount": "12.5"}
        sent = (await client.post("/api/faucet", json=asked, headers=OURS)).json()
        await devnet.mine()

        assert 12_500_000 == await devnet.token_balance(SOMEBODY)
        for path, words in (
            (sent["url"], ("12.5 USDT", SOMEBODY)),
            (f"/explorer/address/{SOMEBODY}", (sent["tx_hash"], "12.5")),
            (f"/explorer/block/{await devnet.height()}", (sent["tx_hash"],)),
            (f"/explorer/address/{BANK}", ("Demo bank",)),
            ("/explorer", ("/explorer/block/",)),
            ("/demo", ("Faucet",)),
            ("/demo/mail", ("No mail yet",)),
        ):
            page = await client.get(path)
            assert 200 == page.status_code, path
            assert all(word in page.text for word in words), path

        await devnet.mine(3)
        body = {"depth": 4, "keep": False}
        assert 200 == (await client.post("/api/trouble/reorg", json=body, headers=OURS)).status_code
        assert 0 == await devnet.token_balance(SOMEBODY)
        gone = await client.get(sent["url"])
        assert 404 == gone.status_code
        assert "Not here" in gone.text

        cut = {"fault": "refuse", "seconds": 60}
        assert 200 == (await client.post("/api/trouble/rpc", json=cut, headers=OURS)).status_code
        assert Fault.REFUSE is world.proxy.fault
        state = (await client.get("/api/state")).json()
        assert "refuse" == state["rpc"]["fault"]
        assert state["blocks"][0]["height"] == await devnet.height()


async def test_blocks_older_than_the_bank_are_not_replaced(tmp_path: Path):
    async with opened(tmp_path) as (client, _, devnet):
        before = await devnet.rpc("eth_getBlockByNumber", "latest", False)
        body = {"depth": 2, "keep": True}

        refused = await client.post("/api/trouble/reorg", json=body, headers=OURS)

        assert 400 <= refused.status_code < 500
        assert "depth" == refused.json()["error"]["param"]
        assert before["hash"] == (await devnet.rpc("eth_getBlockByNumber", "latest", False))["hash"]


async def test_only_its_own_pages_may_ask(tmp_path: Path):
    async with opened(tmp_path) as (client, _, devnet):
        asked = {"asset": "eth.ethereum", "address": SOMEBODY, "amount": "1"}
        before = await devnet.balance(SOMEBODY)

        foreign = await client.post("/api/faucet", json=asked)
        rebound = await client.get("/api/state", headers={"host": "evil.example"})
        broken = await client.post(
            "/api/faucet", json={**asked, "address": SOMEBODY.lower().upper()}, headers=OURS
        )
        await devnet.mine()

        assert [403, 403] == [foreign.status_code, rebound.status_code]
        assert "address" == broken.json()["error"]["param"]
        assert before == await devnet.balance(SOMEBODY)
