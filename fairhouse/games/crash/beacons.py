"""Which beacon a round takes: decided when betting opens, never afterwards."""

import asyncio
from typing import Final

import structlog

from fairhouse.fairness.api import Beacon
from fairhouse.kernel.outcomes import Done

PROBE_S: Final = 2.0

_log = structlog.get_logger("crash")


class Beacons:
    """A public beacon where there is one, and our own for when it cannot be reached."""

    def __init__(self, local: Beacon, public: Beacon | None = None) -> None:
        self._local = local
        self._public = public

    async def choose(self, now_ms: int) -> Beacon:
        """The public one if it tells its newest round now, else the local one.

        The choice is made before anything of the round's own beacon round can be known.
        """
        public = self._public
        if public is None:
            return self._local
        newest = public.info.first_round_at(now_ms) - 1
        try:
            answer = await asyncio.wait_for(public.signature(max(newest, 1)), PROBE_S)
        except TimeoutError:
            answer = None
        if isinstance(answer, Done):
            return public
        _log.warning("no public beacon can be reached", beacon=public.info.name)
        return self._local

    def named(self, name: str, public_key: bytes) -> Beacon | None:
        """The beacon that a round has taken; None when this process has no such one."""
        for one in (self._public, self._local):
            if one is not None and (one.info.name, one.info.public_key) == (name, public_key):
                return one
        return None
