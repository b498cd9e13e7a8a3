"""A beacon of our own, for where no public one can be reached."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fairhouse.fairness.beacons import QUICKNET, message_of
from fairhouse.fairness.codecs import bls
from fairhouse.fairness.types import BeaconInfo
from fairhouse.kernel.outcomes import Done, Outcome, Unknown

LOCAL: Final = "local"


class LocalBeacon:
    """Signs its rounds when their time has come, never before; the same key, the same rounds."""

    def __init__(self, seed: bytes, clock: Callable[[], datetime]) -> None:
        """`seed`: at least 32 secret bytes, the same in every process."""
        self._secret = bls.secret_from(seed)
        self._clock = clock
        self._info = BeaconInfo(
            name=LOCAL,
            public_key=bls.short_public_key(self._secret),
            genesis_s=QUICKNET.genesis_s,
            period_s=QUICKNET.period_s,
            chain_hash="",
        )

    @property
    def info(self) -> BeaconInfo:
        """Its own key, quicknet's calendar."""
        return self._info

    async def signature(self, number: int) -> Outcome[bytes]:
        """Done once the round's time has come, Unknown before."""
        if int(self._clock().timestamp() * 1000) < self._info.published_ms(number):
            return Unknown(f"round {number} is still to come")
        return Done(bls.sign_short(self._secret, message_of(number)))
