"""What custody needs from the outside: somebody who signs. Nodes are `chains.ports`."""

from typing import Protocol

from fairhouse.chains.codecs.orders import Hello, Refused, Signed, SignRequest
from fairhouse.kernel.outcomes import Unknown


class Signer(Protocol):
    """The process that holds the keys."""

    async def sign(self, request: SignRequest) -> Signed | Refused | Unknown:
        """The same order gets the same bytes, however often it is sent.

        Unknown: the order may have been signed or not; only the same order may follow.
        """
        ...

    async def hello(self) -> Hello | Unknown:
        """Who is there, under which policy, and whether it is halted."""
        ...

    async def halt(self, reason: str) -> bool:
        """Ask the signer to sign nothing more; True when it confirmed."""
        ...
