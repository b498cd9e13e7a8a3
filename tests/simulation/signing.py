"""The real signer (judge, policy, journal on disk, socket) in this process, on the world's clock.

A process of its own would take a second per restart and read the machine's clock; `die` and
`start` do the same to its state: what the journal holds is all that survives.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from devnet.evm import CHAIN_NUMBER, USDT
from fairhouse.chains.codecs.orders import Hello, Refused, Signed, SignRequest
from fairhouse.chains.codecs.vaults import SignedVault
from fairhouse.custody.adapters.signer_socket import OrderKey, SignerSocket
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.kernel.outcomes import Unknown
from signer.journal import Journal
from signer.keystore import Keys
from signer.policy import read_policy
from signer.server import Server, SocketSettings
from signer.service import Service
from tests.signing import APPROVER, ETHER, POLICY

ORDER_KEY = OrderKey(b"\x02" * 32)
Clock = Callable[[], datetime]


class SignerHouse:
    """Starts, dies and starts again."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._keys = Keys(b"\x03" * 32)
        self._life: AsyncExitStack | None = None
        self.socket = folder / "s.sock"
        text = POLICY.format(
            worker_key=ORDER_KEY.public_hex,
            approver=APPROVER.public_key().public_bytes_raw().hex(),
            contract=USDT,
            number=CHAIN_NUMBER,
            new_per_tx=5 * ETHER,
            new_per_day=20 * ETHER,
        )
        (folder / "policy.toml").write_text(text)

    @property
    def is_alive(self) -> bool:
        return self._life is not None

    @property
    def identity(self) -> str:
        return self._keys.identity_key()

    def vault(self) -> SignedVault:
        return self._keys.vault(1, ETHEREUM)

    async def start(self) -> None:
        """From what the journal holds."""
        if self._life is not None:
            return
        life = AsyncExitStack()
        journal = Journal(self._folder)
        life.callback(journal.close)
        policy = read_policy(self._folder / "policy.toml")
        service = Service(self._keys, policy, journal, lambda: int(self._clock().timestamp()))
        server = Server(service, SocketSettings(self.socket, idle_timeout_s=5))
        await life.enter_async_context(server.listening())
        self._life = life

    async def die(self) -> None:
        if self._life is not None:
            await self._life.aclose()
        self._life = None


class SignerLine:
    """The worker's line to the signer, which may lose answers."""

    def __init__(self, house: SignerHouse, clock: Clock) -> None:
        self._client = SignerSocket(house.socket, ORDER_KEY, clock, timeout_s=5)
        self.loses = 0
        """So many of the next answers never arrive."""

    async def sign(self, request: SignRequest) -> Signed | Refused | Unknown:
        answer = await self._client.sign(request)
        if self.loses:
            self.loses -= 1
            return Unknown("the answer was lost")
        return answer

    async def hello(self) -> Hello | Unknown:
        return await self._client.hello()

    async def halt(self, reason: str) -> bool:
        return await self._client.halt(reason)
