"""A real local EVM chain: anvil as a process, and what only a devnet may do to it.

The chain's state is written to a file every second, so it survives a restart; a kill loses at most
the last second, which followers see as a small reorg. Everything here refuses a public chain.
"""

import asyncio
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx
import rlp  # pyright: ignore[reportMissingTypeStubs]
from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak

from devnet.chain_state import mend_state
from devnet.contracts.build import bytecode
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address, TxHash

ROOT: Final = Path(__file__).resolve().parent.parent
CHAIN_NUMBER: Final = 31337
BLOCK_TIME_S: Final = 2
READY_TIMEOUT_S: Final = 20
STOP_TIMEOUT_S: Final = 10

# The accounts of anvil's well-known mnemonic, unlocked in the node.
BANK: Final = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
"""Pays out test coins."""
ISSUER: Final = Address("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")
"""Deploys the contracts, in a fixed order, so that their addresses are known beforehand."""


class NotADevnet(Exception):
    """The node is not a local anvil: nothing here may touch it."""


class AnvilFailed(Exception):
    """Anvil did not start, or refused what it was asked."""


def contract_address(deployer: Address, nonce: int) -> Address:
    """Where a contract lands that `deployer` creates with its `nonce`-th transaction."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    fields = [evm.address_bytes(deployer), number]
    encoded = cast("bytes", rlp.encode(fields))  # pyright: ignore[reportUnknownMemberType]
    return evm.checksummed(keccak(encoded)[-20:])


USDT: Final = contract_address(ISSUER, 0)
"""The test USDT, 6 decimals."""
TOKENS_MADE: Final = 10**15
"""Base units that the issuer makes at a time: a thousand million USDT."""

FORWARDER: Final = contract_address(ISSUER, 1)
"""Moves coins by internal calls, as exchanges do."""


# --- The process


def anvil_binary() -> Path:
    """Where anvil is: FAIRHOUSE_ANVIL, the npm package, or PATH."""
    named = os.environ.get("FAIRHOUSE_ANVIL")
    if named:
        return Path(named)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"anvil-{platform.system().lower()}-{machine}"
    installed = ROOT / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    if installed.exists():
        return installed
    found = shutil.which("anvil")
    if found is None:
        raise AnvilFailed(
            "anvil (the local EVM chain) is missing: run `make setup`, or install Foundry's anvil "
            "1.7 and name it in FAIRHOUSE_ANVIL."
        )
    return Path(found)


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True, slots=True)
class AnvilSettings:
    """How to run one chain."""

    port: int
    state: Path | None = None
    """The file that holds the chain; None keeps it in memory."""
    block_time_s: int | None = BLOCK_TIME_S
    """Seconds between blocks; None mines only when told to."""
    genesis_time: int | None = None
    """Unix seconds of the first block; None is now. Two chains of one second have one genesis."""
    log: Path | None = None

    def command(self) -> list[str]:
        """The command line."""
        mining = ["--no-mining"]
        if self.block_time_s is not None:
            mining = ["--block-time", str(self.block_time_s)]
        keeping: list[str] = []
        if self.state is not None:
            keeping = ["--state", str(self.state), "--state-interval", "1"]
        if self.genesis_time is not None:
            keeping += ["--timestamp", str(self.genesis_time)]
        return [
            str(anvil_binary()),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--chain-id", str(CHAIN_NUMBER), "--slots-in-an-epoch", "2", "--silent"),
            *mining,
            *keeping,
        ]


class Anvil:
    """One running anvil, from `start` to `stop`."""

    def __init__(self, settings: AnvilSettings) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it and wait until it answers. Raises AnvilFailed."""
        assert self.pid is None
        if not _is_free(self.settings.port):
            raise AnvilFailed(f"Port {self.settings.port} is taken; stop what uses it.")
        if self.settings.state is not None:
            self.settings.state.parent.mkdir(parents=True, exist_ok=True)
            mend_state(self.settings.state)
        log = self.settings.log
        output = log.open("ab") if log is not None else subprocess.DEVNULL
        try:
            # A session of its own: Ctrl-C reaches the supervisor, which stops us in order.
            self._process = subprocess.Popen(
                self.settings.command(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            if not isinstance(output, int):
                output.close()
        self._wait_ready(self._process)

    def stop(self) -> None:
        """Stop it cleanly: the state file is written once more."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it without a goodbye: at most the last second is lost."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                raise AnvilFailed(f"anvil ended at once with code {process.returncode}.")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.settings.port)) == 0:
                    return
            time.sleep(0.02)
        self.kill()
        raise AnvilFailed(f"anvil did not answer within {READY_TIMEOUT_S} s.")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


# --- What a devnet may do


class EvmDevnet:
    """The chain seen by its maker: mines, rewrites, hands out coins. Every send is real."""

    def __init__(self, url: str, *, mines_itself: bool) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)
        self._mines_itself = mines_itself
        self.url = url

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def rpc(self, method: str, *params: object) -> Any:
        """One JSON-RPC call. Raises AnvilFailed with the node's words."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = (await self._client.post("/", json=request)).json()
        if "error" in answer:
            raise AnvilFailed(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    async def check(self) -> None:
        """Raises NotADevnet unless the node is an anvil with the devnet's chain id."""
        version = await self.rpc("web3_clientVersion")
        number = int(await self.rpc("eth_chainId"), 16)
        if number != CHAIN_NUMBER or not str(version).lower().startswith("anvil/"):
            raise NotADevnet(f"{self.url} is {version} with chain id {number}, not a devnet.")

    async def set_up(self) -> None:
        """Deploy the contracts that are not there yet."""
        await self.check()
        for address, code in (
            (USDT, _usdt_code("Test Tether USD", "USDT", 6)),
            (FORWARDER, bytecode("Forwarder")),
        ):
            if await self.rpc("eth_getCode", address, "latest") == "0x":
                assert address == await self._create(code)
        if await self.token_balance(ISSUER) == 0:
            await self.call(ISSUER, USDT, "mint(address,uint256)", ISSUER, TOKENS_MADE)

    async def deploy(self, contract: str) -> Address:
        """Another contract of devnet/contracts without constructor arguments, for tests."""
        return await self._create(bytecode(contract))

    async def deploy_token(self, name: str, symbol: str, decimals: int) -> Address:
        """Another ERC-20, which may well call itself USDT."""
        return await self._create(_usdt_code(name, symbol, decimals))

    async def _create(self, code: str) -> Address:
        tx_hash = await self.send(ISSUER, None, data=code)
        await self.settle(tx_hash)
        receipt = await self.rpc("eth_getTransactionReceipt", tx_hash)
        return evm.from_hex(receipt["contractAddress"])

    async def send(
        self, sender: Address, to: Address | None, *, value_wei: int = 0, data: str = "0x"
    ) -> TxHash:
        """A transaction of one of the unlocked accounts, into the mempool."""
        request: dict[str, object] = {"from": sender, "value": hex(value_wei), "data": data}
        if to is not None:
            request["to"] = to
        return TxHash(await self.rpc("eth_sendTransaction", request))

    async def give_coins(self, to: Address, value_wei: int) -> TxHash:
        """A native transfer from the bank."""
        return await self.send(BANK, to, value_wei=value_wei)

    async def give_tokens(
        self, to: Address, base_units: int, *, contract: Address = USDT
    ) -> TxHash:
        """A token transfer from the issuer, who makes the units first when short of them."""
        held = await self.token_balance(ISSUER, contract)
        if held < base_units:
            wanted = max(base_units, TOKENS_MADE)
            await self.call(ISSUER, contract, "mint(address,uint256)", ISSUER, wanted)
        data = "0x" + evm.encode_token_transfer(to, base_units).hex()
        return await self.send(ISSUER, contract, data=data)

    async def call(
        self,
        sender: Address,
        contract: Address,
        signature: str,
        *arguments: object,
        value_wei: int = 0,
    ) -> TxHash:
        """Call a contract's function, named as `transfer(address,uint256)`, and mine it."""
        data = calldata(signature, *arguments)
        tx_hash = await self.send(sender, contract, value_wei=value_wei, data=data)
        await self.settle(tx_hash)
        return tx_hash

    async def token_balance(self, owner: Address, contract: Address = USDT) -> int:
        """Base units held now."""
        request = {"to": contract, "data": calldata("balanceOf(address)", owner)}
        return int(await self.rpc("eth_call", request, "latest"), 16)

    async def balance(self, owner: Address) -> int:
        """Wei held now."""
        return int(await self.rpc("eth_getBalance", owner, "latest"), 16)

    async def height(self) -> int:
        """The newest block's height."""
        return int(await self.rpc("eth_blockNumber"), 16)

    async def mine(self, count: int = 1) -> None:
        """Mine so many blocks now."""
        await self.rpc("anvil_mine", hex(count))

    async def settle(self, tx_hash: TxHash, *, timeout_s: float = 30) -> None:
        """Wait until the transaction is mined; mines when the chain does not do it itself."""
        deadline = time.monotonic() + timeout_s
        while await self.rpc("eth_getTransactionReceipt", tx_hash) is None:
            if time.monotonic() > deadline:
                raise AnvilFailed(f"{tx_hash} was not mined within {timeout_s} s.")
            if not self._mines_itself:
                await self.mine()
            else:
                await asyncio.sleep(0.1)

    async def reorg(self, depth: int, keep: Sequence[tuple[str, int]] = ()) -> None:
        """Replace the last `depth` blocks by as many others.

        Their transactions are lost, but for `keep`: raw transactions (hex) and the place among the
        new blocks, from 0, where each is mined again.
        """
        await self.rpc("anvil_reorg", depth, [list(item) for item in keep])

    async def rollback(self, depth: int) -> None:
        """Take the last `depth` blocks away."""
        await self.rpc("anvil_rollback", depth)

    async def raw_of(self, tx_hash: TxHash) -> str:
        """The signed bytes of a transaction, hex with 0x: what a reorg may keep."""
        return await self.rpc("eth_getRawTransactionByHash", tx_hash)

    async def drop(self, tx_hash: TxHash) -> None:
        """Forget a waiting transaction."""
        await self.rpc("anvil_dropTransaction", tx_hash)


def calldata(signature: str, *arguments: object) -> str:
    """ABI calldata of a function given as `name(type,type)`, hex with 0x."""
    inner = signature[signature.index("(") + 1 : -1]
    types = inner.split(",") if inner else []
    return "0x" + (keccak(signature.encode())[:4] + abi_encode(types, arguments)).hex()


def _usdt_code(name: str, symbol: str, decimals: int) -> str:
    arguments = abi_encode(["string", "string", "uint8"], [name, symbol, decimals])
    return bytecode("TestUSDT") + arguments.hex()


@asynccontextmanager
async def temporary_devnet(
    *, block_time_s: int | None = None, genesis_time: int | None = None
) -> AsyncGenerator[EvmDevnet]:
    """A fresh chain in memory with its contracts deployed; for tests."""
    settings = AnvilSettings(free_port(), block_time_s=block_time_s, genesis_time=genesis_time)
    with Anvil(settings) as anvil:
        devnet = EvmDevnet(anvil.url, mines_itself=block_time_s is not None)
        try:
            await devnet.set_up()
            yield devnet
        finally:
            await devnet.close()
