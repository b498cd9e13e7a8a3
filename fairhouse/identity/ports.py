"""What identity asks of the outside world, and which ways in a brand offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fairhouse.identity.types import Proven


class ContractWallets(Protocol):
    """Wallets that are contracts say themselves whether a signature is theirs (EIP-1271)."""

    async def is_valid(
        self, *, chain_id: int, address: str, digest: bytes, signature: bytes
    ) -> bool | None:
        """None when no node of that chain answers: then nothing is proven."""
        ...


class IdentityProvider(Protocol):
    """An issuer that people log in at, by the authorization code flow with PKCE."""

    async def begin(self, *, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
        """Where to send the browser. Refuses with WayUnavailable."""
        ...

    async def finish(self, *, code: str, nonce: str, verifier: str, redirect_uri: str) -> Proven:
        """Who it was. Refuses with AssertionRefused and WayUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """The bot whose token signs what Telegram says of its users."""

    name: str
    token: str = field(repr=False)

    @property
    def bot_id(self) -> str:
        """The public half of the token."""
        return self.token.partition(":")[0]


class TextSender(Protocol):
    """Sends short texts to telephones."""

    async def send(self, *, number: str, text: str, reference: str) -> None:
        """`number` is E.164. Refuses with WayUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Phones:
    """Who sends codes for a brand, and how much that may cost."""

    sender: TextSender
    per_number_per_hour: int = 3
    per_number_per_day: int = 6
    per_brand_per_day: int = 500
    countries: frozenset[str] = frozenset()
    """ISO 3166-1 alpha-2 codes that are sent to; none: all but premium and internet numbers."""


@dataclass(frozen=True, slots=True)
class WaysOffered:
    """The ways in that a brand's operator has configured."""

    passkeys: bool = True
    wallets: frozenset[str] = frozenset({"ethereum", "solana"})
    chain_ids: frozenset[int] = frozenset({1})
    """Ethereum chains whose wallets are let in."""
    contracts: ContractWallets | None = None
    telegram: TelegramBot | None = None
    oidc: Mapping[str, IdentityProvider] = field(default_factory=dict[str, IdentityProvider])
    phones: Phones | None = None
