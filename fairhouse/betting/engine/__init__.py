"""The lane owner: queue, forming of batches, the writer, memory, leases."""

from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.work import Exclusive
from fairhouse.betting.engine.writer import LaneWriter, WriterSettings

__all__ = ["Exclusive", "House", "LaneWriter", "WriterSettings"]
