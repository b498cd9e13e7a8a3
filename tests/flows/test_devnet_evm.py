"""The local chain keeps what it is told to keep, and refuses to be anything but a devnet."""

import asyncio
import json
from pathlib import Path

import pytest

from devnet.contracts import build
from devnet.evm import (
    FORWARDER,
    USDT,
    Anvil,
    AnvilFailed,
    AnvilSettings,
    EvmDevnet,
    NotADevnet,
    free_port,
    temporary_devnet,
)
from fairhouse.chains.codecs import evm

SOMEBODY = evm.checksummed(b"\x11" * 20)

pytestmark = pytest.mark.chain


def test_the_artifacts_are_what_the_sources_compile_to():
    assert build.compile_all() == json.loads(build.ARTIFACTS.read_text())


async def test_faucet_sends_real_coins_and_tokens():
    async with temporary_devnet() as devnet:
        await devnet.settle(await devnet.give_coins(SOMEBODY, 5))
        await devnet.settle(await devnet.give_tokens(SOMEBODY, 7_000_000))

        assert await devnet.balance(SOMEBODY) == 5
        assert await devnet.token_balance(SOMEBODY) == 7_000_000


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_the_chain_survives_a_restart(tmp_path: Path, end: str):
    settings = AnvilSettings(free_port(), state=tmp_path / "chain.json", block_time_s=1)
    with Anvil(settings) as anvil:
        await restart(anvil, end)
    assert anvil.pid is None


async def restart(anvil: Anvil, end: str) -> None:
    devnet = EvmDevnet(anvil.url, mines_itself=True)
    await devnet.set_up()
    await devnet.settle(await devnet.give_tokens(SOMEBODY, 3))
    genesis = (await devnet.rpc("eth_getBlockByNumber", "0x0", False))["hash"]
    height = await devnet.height()
    while await devnet.height() < height + 3:  # the state is saved every second
        await asyncio.sleep(0.2)

    anvil.stop() if end == "stop" else anvil.kill()
    anvil.start()

    await devnet.set_up()
    assert (await devnet.rpc("eth_getBlockByNumber", "0x0", False))["hash"] == genesis
    assert await devnet.height() >= height
    assert await devnet.token_balance(SOMEBODY) == 3
    assert await devnet.rpc("eth_getCode", FORWARDER, "latest") != "0x"
    await devnet.close()


async def test_a_taken_port_is_told():
    async with temporary_devnet() as devnet:
        port = int(devnet.url.rpartition(":")[2])
        with pytest.raises(AnvilFailed, match="taken"):
            Anvil(AnvilSettings(port)).start()


async def test_another_chain_id_is_refused():
    async with temporary_devnet() as devnet:
        await devnet.rpc("anvil_setChainId", 1)
        with pytest.raises(NotADevnet):
            await devnet.check()
        await devnet.rpc("anvil_setChainId", 31337)
        assert await devnet.rpc("eth_getCode", USDT, "latest") != "0x"


async def test_reorg_replaces_blocks_and_keeps_what_it_is_told():
    async with temporary_devnet() as devnet:
        lost = await devnet.give_coins(SOMEBODY, 1)
        await devnet.settle(lost)
        kept = await devnet.give_coins(SOMEBODY, 2)
        await devnet.settle(kept)
        await devnet.mine(2)
        height = await devnet.height()
        raw = await devnet.raw_of(kept)
        await devnet.reorg(3, [(raw, 2)])

        assert await devnet.height() == height
        receipt = await devnet.rpc("eth_getTransactionReceipt", kept)
        assert int(receipt["blockNumber"], 16) == height
        assert await devnet.balance(SOMEBODY) == 3
