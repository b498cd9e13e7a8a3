"""The signer over its local socket, and the worker's order-signing key.

Every exchange has a connection of its own and a deadline. Whatever goes wrong on the way is
Unknown: the order may have been signed.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhouse.chains.codecs.orders import (
    ORDER_DOMAIN,
    HaltRequest,
    Hello,
    HelloRequest,
    MalformedOrder,
    Refused,
    Signed,
    SignerAnswer,
    SignerRequest,
    SignRequest,
    decode_answer,
    encode_request,
    frame,
    frame_length,
    halt_message,
)
from fairhouse.kernel.outcomes import Unknown


class OrderKey:
    """The worker's Ed25519 key. The signer's policy pins its public half."""

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return "OrderKey(…)"

    @property
    def public_hex(self) -> str:
        """What goes into the signer's policy as `worker_key`."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign_order(self, order: bytes) -> bytes:
        """The signature over an order's canonical bytes."""
        return self._key.sign(ORDER_DOMAIN + order)

    def sign_halt(self, reason: str, issued_at: int) -> bytes:
        """The signature over a request to halt."""
        return self._key.sign(halt_message(reason, issued_at))


def create_order_key(path: Path) -> OrderKey:
    """A fresh key as hex in a new file of mode 0600. Raises FileExistsError."""
    seed = os.urandom(32)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(seed.hex() + "\n")
    return OrderKey(seed)


def read_order_key(path: Path) -> OrderKey:
    """The key in a file. Raises ValueError when others may read it or it is no key."""
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} can be read by others; chmod 600 it")
    return OrderKey(bytes.fromhex(path.read_text().strip()))


class SignerSocket:
    """Satisfies `custody.ports.Signer`."""

    def __init__(
        self, path: Path, key: OrderKey, clock: Callable[[], datetime], *, timeout_s: float = 5.0
    ) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._timeout_s = timeout_s

    async def sign(self, request: SignRequest) -> Signed | Refused | Unknown:
        """One order, one answer."""
        answer = await self._ask(request)
        if isinstance(answer, Hello):
            return Unknown("the signer answered another question")
        return answer

    async def hello(self) -> Hello | Unknown:
        """Who is there."""
        answer = await self._ask(HelloRequest())
        return answer if isinstance(answer, Hello) else Unknown(str(answer))

    async def halt(self, reason: str) -> bool:
        """True when the signer says that it is halted now."""
        issued_at = int(self._clock().timestamp())
        signature = self._key.sign_halt(reason, issued_at)
        answer = await self._ask(HaltRequest(reason, issued_at, "worker", signature))
        return isinstance(answer, Hello) and answer.halted is not None

    async def _ask(self, request: SignerRequest) -> SignerAnswer | Unknown:
        try:
            async with asyncio.timeout(self._timeout_s):
                reader, writer = await asyncio.open_unix_connection(str(self._path))
                try:
                    writer.write(frame(encode_request(request)))
                    await writer.drain()
                    length = frame_length(await reader.readexactly(4))
                    return decode_answer(await reader.readexactly(length))
                finally:
                    writer.close()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, MalformedOrder) as error:
            return Unknown(f"the signer does not answer: {type(error).__name__}")
