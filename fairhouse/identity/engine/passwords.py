"""Hashing and checking passwords, off the event loop and bounded.

argon2id (RFC 9106) costs tens of milliseconds and megabytes each, on purpose. Two threads do it, so
that a flood of logins can take two cores and a known amount of memory, and no more; beyond the
queue's bound callers are told to come again. Nothing here touches the database: a transaction is
never open while a password is hashed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fairhouse.identity.rules import (
    check_password_length,
    check_password_strength,
    normal_password,
)
from fairhouse.identity.types import PasswordChallenge, PasswordHash, PasswordProof
from fairhouse.kernel.refusals import Unavailable

T = TypeVar("T")

_NOBODYS: Final = "the password of nobody"


@dataclass(frozen=True, slots=True)
class HashCost:
    """argon2id's parameters; raising them re-hashes each password at its next login."""

    time: int = 2
    memory_kib: int = 32 * 1024
    """OWASP's floor is 19 MiB at time 2."""
    parallelism: int = 1


class Passwords:
    """The one place where passwords are seen."""

    def __init__(
        self, cost: HashCost | None = None, *, threads: int = 2, waiting_max: int = 64
    ) -> None:
        chosen = cost or HashCost()
        self._hasher = PasswordHasher(
            time_cost=chosen.time,
            memory_cost=chosen.memory_kib,
            parallelism=chosen.parallelism,
        )
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._waiting_max = waiting_max
        self._waiting = 0
        self._dummy = self._hasher.hash(_NOBODYS)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def nobodys_hash(self) -> str:
        """What a stranger's password is checked against, at the same cost as a player's."""
        return self._dummy

    async def hash(
        self, password: str, *, known: tuple[str, ...], param: str = "password"
    ) -> PasswordHash:
        """Check the strength, then hash. `known`: what an attacker would try first.

        Refuses with WeakPassword, and with Unavailable when too many wait.
        """
        normal = check_password_length(password, param=param)

        def work() -> PasswordHash:
            check_password_strength(normal, known=known, param=param)
            return PasswordHash(self._hasher.hash(normal))

        return await self._run(work)

    async def check(self, challenge: PasswordChallenge, password: str) -> PasswordProof:
        """The same work for a right, a wrong and a nobody's password.

        Refuses with Unavailable when too many wait.
        """
        normal = normal_password(password)

        def work() -> PasswordProof:
            matches = self._matches(challenge.phc, normal) and challenge.player_id is not None
            rehashed = None
            if matches and self._hasher.check_needs_rehash(challenge.phc):
                rehashed = self._hasher.hash(normal)
            return PasswordProof(challenge, matches=matches, rehashed=rehashed)

        return await self._run(work)

    async def matches(self, phc: str | None, password: str) -> bool:
        """The bare comparison, for staff; None stands for nobody."""
        normal = normal_password(password)
        found = phc or self._dummy
        return await self._run(lambda: self._matches(found, normal)) and phc is not None

    def _matches(self, phc: str, password: str) -> bool:
        try:
            return self._hasher.verify(phc, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._waiting_max:
            raise Unavailable("Too many people log in at the moment; try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
