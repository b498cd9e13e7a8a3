"""What an adapter answers: it is done, it is refused for good, or nobody knows."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The other side did it."""

    value: T


@dataclass(frozen=True, slots=True)
class Rejected:
    """The other side refused, and will refuse the same again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that proves nothing: keep the hold, ask again with the same bytes."""

    reason: str


Outcome = Done[T] | Rejected | Unknown
