"""Who analyses coins for us."""

from dataclasses import dataclass
from typing import Protocol

from fairhouse.kernel.outcomes import Outcome
from fairhouse.screening.types import Finding, Movement


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider has found so far."""

    is_ready: bool
    """False: it is still analysing; ask again."""
    findings: tuple[Finding, ...] = ()


class KytProvider(Protocol):
    """Know-your-transaction: told of movements, asked what it found.

    Both calls are safe to repeat. Done; Rejected: it will never answer about this one; Unknown:
    silence, an error of theirs, or an answer that proves nothing.
    """

    @property
    def name(self) -> str:
        """Stands beside every verdict."""
        ...

    async def register(self, movement: Movement) -> Outcome[str]:
        """Tell of a movement; Done carries the provider's id of it."""
        ...

    async def report(self, movement: Movement, external_id: str) -> Outcome[Report]:
        """What it found."""
        ...
