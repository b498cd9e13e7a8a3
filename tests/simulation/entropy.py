"""All chance of a run, from its seed: the actions', and what the platform asks the machine for."""

import hashlib
import os
import random
from collections.abc import Generator
from contextlib import contextmanager

_BEHIND_SECRETS = "_urandom"


class Entropy:
    """Random bytes that a seed and a label repeat; `begin` starts the stream of a label."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._label = ""
        self._count = 0

    def begin(self, label: str) -> None:
        """From here on the bytes depend on the seed and this label alone."""
        self._label = label
        self._count = 0

    def take(self, size: int) -> bytes:
        """As `os.urandom`."""
        self._count += 1
        text = f"{self._seed}/{self._label}/{self._count}"
        return hashlib.shake_256(text.encode()).digest(size)


@contextmanager
def seeded(entropy: Entropy) -> Generator[None]:
    """While it lasts the machine's source of chance (also behind `secrets`) is the seed's."""
    before = os.urandom
    os.urandom = entropy.take
    setattr(random, _BEHIND_SECRETS, entropy.take)
    try:
        yield
    finally:
        os.urandom = before
        setattr(random, _BEHIND_SECRETS, before)
