"""The health tests of the random source: silent on good bytes, loud on every kind of bad ones."""

import os
import random
from collections.abc import Callable

import pytest

from fairhouse.platform.entropy import (
    BLOCK_BYTES,
    PROPORTION_CUTOFF,
    REPETITION_CUTOFF,
    START_BYTES,
    WINDOW,
    Entropy,
    RngUnhealthy,
)


def stuck(count: int) -> bytes:
    return b"\x07" * count


def poor(seed: int) -> Callable[[int], bytes]:
    """A quarter of its bytes are zero."""
    chance = random.Random(seed)
    return lambda count: bytes(
        0 if chance.random() < 0.25 else chance.randrange(256) for _ in range(count)
    )


def circling(count: int) -> bytes:
    """As a generator restored from a snapshot: good bytes, the same again and again."""
    return random.Random(5).randbytes(count)


def short(count: int) -> bytes:
    return os.urandom(count)[:-1]


def gone(count: int) -> bytes:
    raise OSError("no such device")


def from_parts(*parts: bytes) -> Callable[[int], bytes]:
    """These bytes, then good ones."""
    left = bytearray(b"".join(parts))

    def source(count: int) -> bytes:
        found = bytes(left[:count])
        del left[:count]
        return found + os.urandom(count - len(found))

    return source


def test_cutoffs_are_those_of_the_standard():
    """C = 1 + ceil(40 / 8); and 1 + critbinom(511, 2^-8, 1 - 2^-40) beside the first byte."""
    assert (6, 20) == (REPETITION_CUTOFF, PROPORTION_CUTOFF)


async def test_good_bytes_pass():
    entropy = Entropy()

    assert entropy.start()
    for _ in range(200):
        await entropy.examine()
    assert len(entropy.draw(32)) == 32
    assert entropy.is_healthy


@pytest.mark.parametrize("source", [stuck, poor(1), short, gone])
def test_bad_sources_do_not_start(source):
    entropy = Entropy(source)

    assert not entropy.start()
    with pytest.raises(RngUnhealthy):
        entropy.draw(32)


def test_a_circle_is_found_at_the_second_draw():
    entropy = Entropy(circling)
    assert len(entropy.draw(32)) == 32
    with pytest.raises(RngUnhealthy) as refused:
        entropy.draw(32)
    assert refused.value.fields["test"] == "duplicate"


@pytest.mark.parametrize(("run", "healthy"), [(5, True), (6, False)])
def test_repetitions_are_counted_across_draws(run: int, healthy: bool):
    numbers = b"\x01" + b"\x00" * run + b"\x01"
    entropy = Entropy(from_parts(numbers))
    for _ in numbers:
        entropy._read(1)

    assert entropy.is_healthy is healthy


@pytest.mark.parametrize(("of_first", "healthy"), [(19, True), (20, False)])
def test_proportions_are_counted_by_window(of_first: int, healthy: bool):
    others = [number % 255 + 1 for number in range(WINDOW - of_first)]
    window = bytearray(others)
    for place in range(of_first):
        window.insert(place * 20, 0)
    entropy = Entropy(from_parts(bytes(window)))
    # Byte by byte: whole blocks would be compared too.
    for _ in window:
        entropy._read(1)

    assert entropy.is_healthy is healthy


def test_a_block_that_comes_twice_is_found_and_memory_is_bounded():
    block = os.urandom(BLOCK_BYTES)
    entropy = Entropy(from_parts(block, os.urandom(64), block))
    entropy._read(2 * BLOCK_BYTES + 64)
    assert not entropy.is_healthy

    entropy = Entropy()
    for _ in range(10):
        entropy._read(START_BYTES * 4)
    assert len(entropy._seen) == len(entropy._blocks) == 4_096


def test_a_failure_stays_even_when_the_source_recovers():
    entropy = Entropy(from_parts(bytes(START_BYTES)))
    assert not entropy.start()

    for _ in range(3):
        with pytest.raises(RngUnhealthy):
            entropy.draw(8)
    assert not entropy.is_healthy


def test_two_processes_never_share_a_state():
    """After a fork parent and child draw on, and no block of either is one of the other."""
    entropy = Entropy()
    entropy.start()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(entropy.draw(64) for _ in range(32)))
        os._exit(0)
    os.close(writer)
    mine = b"".join(entropy.draw(64) for _ in range(32))
    with os.fdopen(reader, "rb") as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)

    assert len(theirs) == len(mine) == 2_048
    places = range(0, 2_048, BLOCK_BYTES)
    blocks = [side[at : at + BLOCK_BYTES] for side in (mine, theirs) for at in places]
    assert len(set(blocks)) == len(blocks)
