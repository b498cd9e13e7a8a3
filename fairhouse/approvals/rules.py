"""Who may approve what, decided without a database."""

from collections.abc import Mapping
from uuid import UUID

from fairhouse.approvals.types import SecondPersonNeeded, Wish, WishDecided, WishOutdated


def check_open(wish: Wish) -> None:
    """Refuses with WishDecided."""
    if not wish.is_open:
        raise WishDecided("Somebody has decided about this wish already.", param="wish_id")


def check_approval(wish: Wish, *, staff_id: UUID, current: Mapping[str, object] | None) -> None:
    """Whether this person may approve it now; `current` is what holds, None where nothing can have
    changed meanwhile. Refuses with SecondPersonNeeded and WishOutdated.
    """
    if wish.wished_by == staff_id:
        raise SecondPersonNeeded("You wished this yourself; another person must approve it.")
    if current is not None and dict(current) != dict(wish.before):
        raise WishOutdated(
            "What this was to replace was changed since; reject it and wish anew.",
            param="wish_id",
        )
