"""What the ledger announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class BooksFoundImbalanced:
    """The invariants job found the books broken: somebody must be woken."""

    TYPE: ClassVar[str] = "ledger.books_found_imbalanced"
    VERSION: ClassVar[int] = 1

    brand_id: int
    invariant: str
    subject: str
    expected: str
    actual: str
