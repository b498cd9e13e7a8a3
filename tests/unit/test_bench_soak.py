"""The soak's arithmetic: latencies in constant memory, a held rate, drift between thirds."""

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable

from bench.growth_data import Size
from bench.histogram import BUCKETS, bucket_of, quantile_s
from bench.load import Load, parsed
from bench.paced import SLOTS, Pacer
from bench.soak import Memory, soak_lines, thirds_of
from bench.stage import bettor
from fairhouse.kernel.ids import uuid7

Ready = tuple[selectors.SelectorKey, int]


def counted(waits_s: list[float]) -> list[int]:
    counts = [0] * BUCKETS
    for wait_s in waits_s:
        counts[bucket_of(wait_s)] += 1
    return counts


def test_a_histogram_knows_quantiles_to_two_per_cent():
    rng = random.Random(3)
    waits_s = sorted(rng.lognormvariate(-6, 1) for _ in range(50_000))
    for share in (0.5, 0.99):
        exact = waits_s[int(share * len(waits_s))]
        assert abs(quantile_s(counted(waits_s), share) / exact - 1) < 0.025
    assert 0.0 == quantile_s(counted([]), 0.5)


def test_a_histogram_takes_any_wait():
    assert [0, 0, BUCKETS - 1] == [bucket_of(wait_s) for wait_s in (0.0, 1e-9, 1e9)]


class Leap(selectors.SelectSelector):
    """Waits for nothing: the time leaps instead."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Ready]:
        self.now_s += timeout or 0.0
        return super().select(0)


class HurriedLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands while anybody has something to do, and then leaps to the next
    timer: what happens in it depends on no machine.
    """

    def __init__(self) -> None:
        self._leap = Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now_s


def paced(bet: Callable[[], Awaitable[None]], rate: float, seconds: float) -> Pacer:
    """A pacer that has run."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        pacer = Pacer(bet, rate, seconds, runner.get_loop().time)
        runner.run(pacer.run())
    return pacer


def test_a_pace_is_held_and_every_bet_answered():
    answered = 0

    async def bet() -> None:
        nonlocal answered
        await asyncio.sleep(0.001)
        answered += 1

    pacer = paced(bet, rate=500, seconds=0.6)
    assert answered == pacer.due - pacer.left_out == sum(one.answered for one in pacer.thirds)
    assert (298, 0) == (pacer.due, pacer.left_out)


def test_what_is_too_slow_is_left_out_and_late():
    async def bet() -> None:
        await asyncio.sleep(0.4)

    pacer = paced(bet, rate=10_000, seconds=0.6)
    assert sum(one.answered for one in pacer.thirds) == pacer.due - pacer.left_out == 2 * SLOTS
    assert pacer.left_out > 3_000
    assert quantile_s(pacer.thirds[-1].counts, 0.99) > 0.5


def answer(first: int, last: int, left_out: int = 0) -> dict[str, object]:
    thirds = [{"answered": count, "counts": counted([0.005] * count)} for count in (first, 9, last)]
    return {"answered": first + 9 + last, "left_out": left_out, "thirds": thirds}


def verdicts(first: int, last: int, owner_mb: list[float]) -> list[str]:
    memory = Memory(owner_mb=owner_mb, postgres_mb=[50.0] * len(owner_mb))
    return [line.verdict for line in soak_lines(answer(first, last), 100, 30, memory, "")]


def test_a_soak_passes_when_nothing_drifts():
    assert ["PASS"] * 4 == verdicts(1000, 1000, [100.0, 101.0, 102.0])
    assert "PASS" == verdicts(1000, 2000, [100.0] * 3)[0]


def test_a_soak_misses_when_the_rate_falls_or_memory_grows():
    assert ["MISS", "PASS", "MISS", "PASS"] == verdicts(1000, 890, [100.0, 105.0, 111.0])


def test_a_soak_misses_when_the_rate_is_not_held():
    memory = Memory(owner_mb=[100.0] * 3, postgres_mb=[50.0] * 3)
    found = [soak_lines(answer(9, 9, left), 100, 30, memory, "")[0].verdict for left in (30, 31)]
    assert ["PASS", "MISS"] == found


def test_thirds_of_samples():
    assert (1.5, 5.5) == thirds_of([1, 2, 3, 4, 5, 6])
    assert (4.0, 4.0) == thirds_of([4.0])


def test_active_players_are_spread_over_all_and_over_the_lanes():
    size = Size(accounts=10_000_000, active=100_000, rows=50_000_000)
    assert 99 == size.stride
    assert (size.active - 1) * size.stride < size.accounts
    assert set(range(16)) == {bettor(k * size.stride).lane for k in range(64)}
    assert size.whole_rows == size.rows
    assert 1 == Size(1000, 1000, 0).stride


def test_players_are_the_same_in_sql_and_here():
    number = 4_711
    text = f"{1_765_000_000_000 + number:012x}70008{number:015x}"
    assert text == bettor(number).player_id.hex
    assert bettor(number).player_id == uuid7(1_765_000_000_000 + number, number.to_bytes(10, "big"))


def test_what_a_load_generator_says():
    seen = parsed(
        '{"requests": 1010, "micros": 2000000, "refused": 10, "broken": 0,'
        ' "waits_us": [[1500, 900], [8950, 109], [20000, 1]]}'
    )
    assert (500.0, 1.55, 9.0, 10, 0) == (
        seen.rate,
        seen.p50_ms,
        seen.p99_ms,
        seen.refused,
        seen.broken,
    )


def test_two_load_generators_are_one_crowd():
    fast = Load(900, 2.0, {1000: 900}, refused=0, broken=1)
    slow = Load(100, 2.1, {1000: 40, 30_000: 60}, refused=50, broken=0)
    both = Load.together([fast, slow])
    assert (1000, 2.1, 50, 1) == (both.answered, both.seconds, both.refused, both.broken)
    assert (1.05, 30.05) == (both.p50_ms, both.p99_ms)
