"""What fairness needs from outside: rounds of a public beacon."""

from typing import Protocol

from fairhouse.fairness.types import BeaconInfo
from fairhouse.kernel.outcomes import Outcome


class Beacon(Protocol):
    """Hands out the verified signatures of one beacon's rounds."""

    @property
    def info(self) -> BeaconInfo:
        """Which beacon it is."""
        ...

    async def signature(self, number: int) -> Outcome[bytes]:
        """The signature of a round, verified: Done; Unknown while it is not to be had.

        Answers in a few seconds at most; never Rejected for a round that is still to come.
        """
        ...
