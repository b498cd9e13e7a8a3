"""Randomness whose health is watched: what seeds are drawn from.

The source is the operating system's generator, which is reseeded from hardware and shares nothing
between processes. On everything drawn, and on a sample every second, run the continuous tests of
NIST SP 800-90B §4.4 on bytes at full entropy (8 bits a byte): the repetition count and the adaptive
proportion test, each with a false alarm in 2^40; and no block of 16 bytes may come twice among the
last thousands, which catches a generator that was copied or turns in circles. A start-up test comes
first. One failure stops for good: only a new process, after somebody looked, draws again.
"""

import os
from collections import Counter, deque
from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Final

import structlog
from prometheus_client import Counter as Counted
from prometheus_client import Gauge

from fairhouse.kernel.refusals import Unavailable

Source = Callable[[int], bytes]

FALSE_ALARM_BITS: Final = 40
ENTROPY_BITS: Final = 8
REPETITION_CUTOFF: Final = 1 + FALSE_ALARM_BITS // ENTROPY_BITS
WINDOW: Final = 512
START_BYTES: Final = 4_096
SAMPLE_BYTES: Final = 1_024
BLOCK_BYTES: Final = 16
BLOCKS_KEPT: Final = 4_096

_log: Final = structlog.get_logger("platform.entropy")
_healthy: Final = Gauge("fairhouse_rng_healthy", "1 while the random source passes its tests.")
_examined: Final = Counted("fairhouse_rng_examined_bytes", "Random bytes that were tested.")
_failures: Final = Counted("fairhouse_rng_failures", "Failed tests of the source.", ["test"])


class RngUnhealthy(Unavailable):
    """The source of randomness failed its tests: nothing that needs chance is accepted."""

    code = "rng_unhealthy"


def proportion_cutoff() -> int:
    """The least count of a window's first byte that is rarer than the false alarm allows.

    1 + the critical value of Binomial(511, 2^-8) (SP 800-90B §4.4.2), by exact sums.
    """
    chance, rest = Fraction(1, 1 << ENTROPY_BITS), WINDOW - 1
    allowed, tail, count = Fraction(1, 1 << FALSE_ALARM_BITS), Fraction(0), rest
    while True:
        tail += comb(rest, count) * chance**count * (1 - chance) ** (rest - count)
        if tail > allowed:
            return count + 2
        count -= 1


PROPORTION_CUTOFF: Final = proportion_cutoff()


class Entropy:
    """A source of random bytes that stops when its bytes stop looking random."""

    def __init__(self, source: Source = os.urandom) -> None:
        self._source = source
        self._failed: str | None = None
        self._last = -1
        self._run = 0
        self._window: list[int] = []
        self._blocks: deque[bytes] = deque()
        self._seen: Counter[bytes] = Counter()
        _healthy.set(1)

    @property
    def is_healthy(self) -> bool:
        """Whether every test has passed until now."""
        return self._failed is None

    def check(self) -> None:
        """Refuses with RngUnhealthy after a failure."""
        if self._failed is not None:
            raise RngUnhealthy(
                "Bets are stopped: the source of randomness failed its health tests. Nothing was "
                "taken; open rounds can be finished, they were decided before.",
                test=self._failed,
            )

    def draw(self, count: int) -> bytes:
        """`count` random bytes that passed the tests. Refuses with RngUnhealthy."""
        self.check()
        found = self._read(count)
        self.check()
        return found

    def start(self) -> bool:
        """The test before first use (SP 800-90B §4.3); its bytes are thrown away."""
        self._read(START_BYTES)
        return self.is_healthy

    async def examine(self) -> int:
        """Look at a sample, as a loop does every second."""
        if self.is_healthy:
            self._read(SAMPLE_BYTES)
        return 0

    def _read(self, count: int) -> bytes:
        try:
            found = self._source(count)
        except OSError as error:
            _log.exception("the random source cannot be read", error=repr(error))
            self._fail("read")
            return b""
        if len(found) != count:
            self._fail("read")
        _examined.inc(len(found))
        self._test_bytes(found)
        self._test_blocks(found)
        return found

    def _test_bytes(self, found: bytes) -> None:
        for byte in found:
            self._run = self._run + 1 if byte == self._last else 1
            self._last = byte
            if self._run >= REPETITION_CUTOFF:
                self._fail("repetition")
            self._window.append(byte)
            if len(self._window) == WINDOW:
                if self._window.count(self._window[0]) >= PROPORTION_CUTOFF:
                    self._fail("proportion")
                self._window.clear()

    def _test_blocks(self, found: bytes) -> None:
        for at in range(0, len(found) - BLOCK_BYTES + 1, BLOCK_BYTES):
            block = found[at : at + BLOCK_BYTES]
            if self._seen[block]:
                self._fail("duplicate")
            self._seen[block] += 1
            self._blocks.append(block)
            if len(self._blocks) > BLOCKS_KEPT:
                oldest = self._blocks.popleft()
                self._seen[oldest] -= 1
                if not self._seen[oldest]:
                    del self._seen[oldest]

    def _fail(self, test: str) -> None:
        _failures.labels(test).inc()
        _healthy.set(0)
        if self._failed is None:
            self._failed = test
            _log.critical("the random source failed its tests: bets are stopped", test=test)
