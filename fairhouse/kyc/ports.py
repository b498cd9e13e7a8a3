"""Who verifies people for us."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fairhouse.kernel.outcomes import Outcome
from fairhouse.kyc.types import Tier, VendorWord


@dataclass(frozen=True, slots=True)
class Callback:
    """A webhook as it came: the raw body, and its headers in lower case."""

    headers: Mapping[str, str]
    body: bytes


class KycVendor(Protocol):
    """A vendor of identity verification."""

    @property
    def name(self) -> str:
        """Stands beside every word."""
        ...

    def verify(self, callback: Callback) -> VendorWord | None:
        """Read a webhook whose signature fits the raw body; None: nothing about a decision.

        Checked in constant time and before anything is parsed. Refuses with WebhookRefused.
        """
        ...

    def read(self, body: bytes) -> VendorWord | None:
        """The same of a body that was verified when it came."""
        ...

    async def begin(self, user: str, tier: Tier) -> Outcome[str]:
        """The address where this user is verified; the same user may begin again."""
        ...

    async def applicant(self, user: str) -> Outcome[str]:
        """The vendor's id of a user; Rejected: it does not know them."""
        ...

    async def word(self, applicant_id: str) -> Outcome[VendorWord]:
        """What it says of an applicant now: the truth that a lost webhook would have told."""
        ...
