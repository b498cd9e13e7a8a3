"""The lanes that this process owns: leases kept, lost lanes noticed, sequence numbers given."""

import os
import socket
import time
from typing import Final

import structlog

from fairhouse.betting.store import lanes
from fairhouse.betting.tables import LaneHold
from fairhouse.betting.types import LaneElsewhere
from fairhouse.platform.database import Connection

_log = structlog.get_logger("betting")

_RETRY_S: Final = 0.2
_RENEWALS_PER_LEASE: Final = 3


class Leases:
    """What is ours, as far as we know; the fence in every batch knows for certain."""

    def __init__(self, wanted: tuple[int, ...], lease_s: float) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"
        self._wanted = wanted
        self._lease_s = lease_s
        self._held: dict[int, LaneHold] = {}
        self._due_at_s = time.monotonic()
        self.fresh: set[int] = set()
        """Taken, and their journal not yet folded (`upkeep.catch_up`)."""

    def __contains__(self, lane: int) -> bool:
        return lane in self._held

    @property
    def is_complete(self) -> bool:
        """Whether all wanted lanes are ours."""
        return len(self._held) == len(self._wanted)

    @property
    def house_lane(self) -> int:
        """The lane whose house accounts this owner books to: one house row per batch."""
        return min(self._held)

    def wait_s(self) -> float:
        """Seconds until `keep` is due; 0 when it is."""
        return max(self._due_at_s - time.monotonic(), 0)

    def due_now(self) -> None:
        """A fence did not hold: look at once."""
        self._due_at_s = 0

    def forget(self) -> None:
        """The connection is gone: nothing is ours until it is taken again."""
        self._held.clear()
        self.fresh.clear()
        self._due_at_s = 0

    def epochs(self, used: set[int]) -> dict[int, int]:
        """The epochs of these lanes, in the order in which they are locked."""
        return {lane: self._held[lane].epoch for lane in sorted(used)}

    def epoch(self, lane: int) -> int:
        """Refuses with LaneElsewhere when the lane is not ours."""
        hold = self._held.get(lane)
        if hold is None:
            raise elsewhere()
        return hold.epoch

    def next_seq(self, lane: int) -> int:
        """The lane's next sequence number; one that is not committed is left out for ever."""
        hold = self._held[lane]
        hold.lane_seq += 1
        return hold.lane_seq

    async def keep(self, connection: Connection, *, take_more: bool) -> bool:
        """Renew what is ours and take what we want and may; False when lanes were lost."""
        lost: set[int] = set()
        if self._held:
            epochs = self.epochs(set(self._held))
            kept = await lanes.renew(connection, self.owner, epochs, self._lease_s)
            lost = set(self._held) - set(kept)
            self._held = {lane: self._held[lane] for lane in kept}
            self.fresh -= lost
        if lost:
            _log.warning("lanes lost", lanes=sorted(lost))
        missing = [lane for lane in self._wanted if lane not in self._held]
        if missing and take_more:
            taken = await lanes.take(connection, self.owner, missing, self._lease_s)
            self._held.update({hold.lane: hold for hold in taken})
            self.fresh |= {hold.lane for hold in taken}
            if taken:
                _log.info("lanes taken", lanes=sorted(hold.lane for hold in taken))
        pause_s = self._lease_s / _RENEWALS_PER_LEASE
        if not self.is_complete:
            pause_s = min(_RETRY_S, pause_s)
        self._due_at_s = time.monotonic() + pause_s
        return not lost

    async def release(self, connection: Connection) -> None:
        """Give everything up, so that nobody has to wait for it."""
        self._held.clear()
        await lanes.release(connection, self.owner)


def elsewhere() -> LaneElsewhere:
    """The refusal for a lane that is not ours, or is being handed over."""
    return LaneElsewhere(
        "Bets of this player are being taken over by another process; repeat in a moment with the "
        "same id.",
        retry_after_ms=500,
    )
