"""Where prices come from."""

from typing import Protocol

from fairhouse.kernel.outcomes import Outcome


class PriceSource(Protocol):
    """Hands out signed price lists; it is not trusted, its signature is."""

    async def fetch(self) -> Outcome[bytes]:
        """The newest signed document as bytes: Done, Rejected (it will never serve us), Unknown."""
        ...
